import * as v from "valibot";
import { readIfThere } from "../config/text-file.ts";
import { InferError } from "../core/error.ts";
import type { AwsWorld } from "./aws-credentials.ts";
import { awsRefusal } from "./aws-service.ts";
import type { AwsCredentials } from "./aws-signature.ts";
import { askMachine, type MachineAnswer, patience, throwIfOver } from "./machine-metadata.ts";

/** What both services answer. */
const answer = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ AccessKeyId: v.string(), SecretAccessKey: v.string(), Token: v.string() }),
);
const refusal = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ message: v.optional(v.string()), Message: v.optional(v.string()) }),
);

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export async function containerCredentials({ context, env }: AwsWorld, signal: AbortSignal): Promise<AwsCredentials> {
  const url = agentUrl(env);
  const tokenFile = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token = (tokenFile ? await readIfThere(tokenFile) : env.AWS_CONTAINER_AUTHORIZATION_TOKEN)?.trim();
  if (token) context.secrets.add(token);
  const headers: Record<string, string> = token ? { authorization: token } : {};
  return readCredentials("The container's agent", await askMachine(context, url, { headers, signal }));
}

/** The host of ECS's agent, for which a path is enough. */
const ECS = "http://169.254.170.2";

function agentUrl(env: AwsWorld["env"]): URL {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  if (relative) {
    // `@elsewhere.example/` would make the host a user's name, and another host.
    const url = relative.startsWith("/") ? URL.parse(ECS + relative) : null;
    if (url?.origin === ECS) return url;
    throw new InferError("auth", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path.", {
      hint: "It begins with a slash. A whole address goes into AWS_CONTAINER_CREDENTIALS_FULL_URI.",
    });
  }
  const url = URL.parse(env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? "");
  if (url && mayBeAsked(url)) return url;
  throw new InferError("auth", "AWS_CONTAINER_CREDENTIALS_FULL_URI is not https, and no host that AWS allows.", {
    hint: "Over http it has to be loopback, or the address of the container's own agent.",
  });
}

/** The token must not go wherever a variable says: ECS's and EKS's agents, this machine, or a server that proves itself. */
function mayBeAsked({ protocol, hostname }: URL): boolean {
  if (protocol === "https:") return true;
  return (
    protocol === "http:" &&
    /^(?:localhost|127(?:\.\d+){3}|\[::1\]|169\.254\.170\.(?:2|23)|\[fd00:ec2::23\])$/.test(hostname)
  );
}

/** Away from EC2 nobody answers there at all. */
const PATIENCE_MS = 1000;
const TOKEN_SECONDS = "21600";
const ROLES = "/latest/meta-data/iam/security-credentials/";

/** Whether this is an EC2 instance, as far as it may be asked. */
export async function instanceIsThere({ context, env }: AwsWorld): Promise<boolean> {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === "true") return false;
  using limit = patience(context, PATIENCE_MS);
  const { signal } = limit;
  try {
    const token = await instanceToken({ context, env }, signal);
    return (await askMachine(context, instanceUrl(env, ROLES), { headers: asked(token), signal })).status === 200;
  } catch (thrown) {
    throwIfOver(context, thrown);
    return false;
  }
}

/** IMDSv2: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
export async function instanceCredentials(world: AwsWorld, signal: AbortSignal): Promise<AwsCredentials> {
  const { context, env } = world;
  const who = "The EC2 instance's metadata service";
  const headers = asked(await instanceToken(world, signal));
  const roles = await askMachine(context, instanceUrl(env, ROLES), { headers, signal });
  const role = roles.body.split("\n")[0]?.trim();
  if (roles.status !== 200 || !role) throw awsRefusal(who, roles.status, "the instance has no role");
  return readCredentials(who, await askMachine(context, instanceUrl(env, ROLES + role), { headers, signal }));
}

async function instanceToken({ context, env }: AwsWorld, signal: AbortSignal): Promise<string> {
  const headers = { "x-aws-ec2-metadata-token-ttl-seconds": TOKEN_SECONDS };
  const { status, body } = await askMachine(context, instanceUrl(env, "/latest/api/token"), {
    method: "PUT",
    headers,
    signal,
  });
  if (status !== 200) throw awsRefusal("The EC2 instance's metadata service", status, undefined);
  context.secrets.add(body.trim());
  return body.trim();
}

function asked(token: string): Record<string, string> {
  return { "x-aws-ec2-metadata-token": token };
}

function instanceUrl(env: AwsWorld["env"], path: string): URL {
  const isIpv6 = env.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE?.toLowerCase() === "ipv6";
  const own = env.AWS_EC2_METADATA_SERVICE_ENDPOINT?.trim().replace(/\/+$/, "");
  const url = URL.parse((own || (isIpv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")) + path);
  if (url) return url;
  throw new InferError("auth", "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL.");
}

function readCredentials(who: string, { status, body }: MachineAnswer): AwsCredentials {
  if (status !== 200) {
    const said = v.safeParse(refusal, body);
    throw awsRefusal(who, status, said.success ? (said.output.message ?? said.output.Message) : undefined);
  }
  const credentials = v.safeParse(answer, body);
  if (!credentials.success) throw new InferError("provider_error", `${who} answered without credentials.`);
  const { AccessKeyId, SecretAccessKey, Token } = credentials.output;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
}
