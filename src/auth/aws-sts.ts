import { InferError } from "../core/error.ts";
import type { HttpRequest } from "../http/client.ts";
import type { AwsWorld } from "./aws-credentials.ts";
import { askAws, awsEndpoint } from "./aws-service.ts";
import { type AwsCredentials, signRequest } from "./aws-signature.ts";

interface Role {
  role: string;
  sessionName?: string | undefined;
  region: string;
}

interface AssumedRole extends Role {
  externalId?: string | undefined;
  seconds?: string | undefined;
  mfaSerial?: string | undefined;
  /** The one that has the role, for messages. */
  profile: string;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function assumeRole(
  world: AwsWorld,
  { role, sessionName, region, externalId, seconds, mfaSerial, profile }: AssumedRole,
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  if (mfaSerial) {
    throw new InferError("auth", `The AWS profile "${profile}" wants an MFA code, which infer does not ask for.`, {
      hint: `Run: eval "$(aws configure export-credentials --profile ${profile} --format env)"`,
    });
  }
  const request = action(world, region, "AssumeRole", {
    RoleArn: role,
    RoleSessionName: sessionName,
    DurationSeconds: seconds,
    ExternalId: externalId,
  });
  world.context.secrets.add(credentials.secretAccessKey);
  const signed = await signRequest(request, { credentials, service: "sts", region, now: world.context.now() });
  return ask(world, signed, signal);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: nothing signs it. */
export async function assumeRoleWithWebIdentity(
  world: AwsWorld,
  { role, sessionName, region, token }: Role & { token: string },
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const request = action(world, region, "AssumeRoleWithWebIdentity", {
    RoleArn: role,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
  });
  return ask(world, request, signal);
}

function action(
  { env }: AwsWorld,
  region: string,
  name: string,
  members: Record<string, string | undefined>,
): HttpRequest {
  const all = { Action: name, Version: "2011-06-15", ...members, RoleSessionName: members.RoleSessionName || "infer" };
  const form = new URLSearchParams(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return {
    method: "POST",
    url: `${awsEndpoint(env, "STS") ?? `https://sts.${region}.amazonaws.com`}/`,
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: form.toString(),
  };
}

async function ask({ context }: AwsWorld, request: HttpRequest, signal: AbortSignal): Promise<AwsCredentials> {
  const said = (body: string): string | undefined => element(body, "Message");
  const xml = await askAws(context, { request, who: "AWS STS", said }, signal);
  const [accessKeyId, secretAccessKey] = [element(xml, "AccessKeyId"), element(xml, "SecretAccessKey")];
  const sessionToken = element(xml, "SessionToken");
  if (!accessKeyId || !secretAccessKey || !sessionToken) {
    throw new InferError("provider_error", "AWS STS answered without credentials.");
  }
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** The text of an element that stands once in STS's flat answers. */
function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => ENTITIES[entity] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
