import { isAbsolute } from "node:path";
import * as v from "valibot";
import { readIfThere } from "../config/text-file.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { containerCredentials, instanceCredentials, instanceIsThere } from "./aws-metadata.ts";
import { type AwsFiles, type AwsProfile, readAwsFiles } from "./aws-profile.ts";
import type { AwsCredentials } from "./aws-signature.ts";
import { ssoCredentials } from "./aws-sso.ts";
import { assumeRole, assumeRoleWithWebIdentity } from "./aws-sts.ts";

/** What the chain needs to know of the world. */
export interface AwsWorld {
  context: Context;
  /** The environment, with the config's own `env` block beneath it. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Where AWS credentials are; nothing has been asked of the network yet. */
export interface AwsSource {
  /** To be printed. */
  source: string;
  load(signal: AbortSignal): Promise<AwsCredentials>;
}

/**
 * Finds AWS credentials in the SDKs' order: the environment, the profile, web identity, the container, the instance.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 *
 * `named`: the user has chosen a provider of AWS's. Otherwise only variables count, as in OpenClaw: whoever has a default
 * profile on disk has it for something else, mostly.
 */
export async function findAwsCredentials(world: AwsWorld, named: boolean): Promise<AwsSource | null> {
  const { env } = world;
  const fromEnv = staticCredentials(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN);
  if (fromEnv) return { source: "AWS_ACCESS_KEY_ID", load: async () => fromEnv };
  const profile = env.AWS_PROFILE?.trim();
  if (profile || named) {
    const found = fromFiles(world, await readAwsFiles(env), profile || "default", Boolean(profile));
    if (found) return found;
  }
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: role } = env;
  if (tokenFile && role) {
    const identity = { tokenFile, role, sessionName: env.AWS_ROLE_SESSION_NAME, region: regionOf(env) };
    return { source: "AWS_WEB_IDENTITY_TOKEN_FILE", load: (signal) => webIdentity(world, identity, signal) };
  }
  const container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"].find(
    (name) => env[name],
  );
  if (container) return { source: container, load: (signal) => containerCredentials(world, signal) };
  if (!named || !(await instanceIsThere(world))) return null;
  return { source: "the role of this EC2 instance", load: (signal) => instanceCredentials(world, signal) };
}

/** The chosen profile's region, which counts after the variables. */
export async function profileRegion({ env }: AwsWorld): Promise<string | undefined> {
  return (await readAwsFiles(env)).profiles.get(env.AWS_PROFILE?.trim() || "default")?.region;
}

function regionOf(env: AwsWorld["env"], profile?: AwsProfile): string {
  return env.AWS_REGION?.trim() || env.AWS_DEFAULT_REGION?.trim() || profile?.region || "us-east-1";
}

function staticCredentials(id?: string, secret?: string, token?: string): AwsCredentials | null {
  const [accessKeyId, secretAccessKey, sessionToken] = [id?.trim(), secret?.trim(), token?.trim()];
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

type Load = AwsSource["load"];

function fromFiles(world: AwsWorld, files: AwsFiles, name: string, isAsked: boolean): AwsSource | null {
  const source = `the AWS profile ${name}`;
  if (!files.profiles.has(name)) {
    return isAsked ? { source, load: async () => fail(`There is no AWS profile "${name}".`) } : null;
  }
  const load = profileLoad(world, files, name, []);
  return load && { source, load };
}

/** How to get a profile's credentials, by what it says of itself; `null` when it has none. */
function profileLoad(world: AwsWorld, files: AwsFiles, name: string, above: readonly string[]): Load | null {
  const profile = files.profiles.get(name);
  if (!profile) return null;
  const { role_arn: role, source_profile: base, credential_source: ambient } = profile;
  const keys = staticCredentials(profile.aws_access_key_id, profile.aws_secret_access_key, profile.aws_session_token);
  // A role's source may be the very profile that has the role, as long as it has keys.
  if (keys && above.length > 0) return async () => keys;
  if (role && (base || ambient)) {
    const bottom = base ? sourceProfile(world, files, base, [...above, name]) : ambientLoad(world, ambient ?? "");
    return async (signal) =>
      assumeRole(
        world,
        {
          role,
          sessionName: profile.role_session_name,
          externalId: profile.external_id,
          seconds: profile.duration_seconds,
          mfaSerial: profile.mfa_serial,
          profile: name,
          region: regionOf(world.env, profile),
        },
        await bottom(signal),
        signal,
      );
  }
  if (keys) return async () => keys;
  const { web_identity_token_file: tokenFile, credential_process: command } = profile;
  if (role && tokenFile) {
    const identity = { tokenFile, role, sessionName: profile.role_session_name, region: regionOf(world.env, profile) };
    return (signal) => webIdentity(world, identity, signal);
  }
  if (command) return (signal) => processCredentials(world, name, command, signal);
  if (profile.sso_session || profile.sso_start_url) {
    return (signal) => ssoCredentials(world, files, { ...profile, name }, signal);
  }
  return null;
}

function sourceProfile(world: AwsWorld, files: AwsFiles, name: string, above: readonly string[]): Load {
  const isCircle = above.slice(0, -1).includes(name);
  const load = isCircle ? null : profileLoad(world, files, name, above);
  if (load) return load;
  const problem = isCircle ? "leads back to itself" : "has no credentials, or does not exist";
  return async () => fail(`The AWS profile "${name}", which "${above.at(-1)}" builds on, ${problem}.`);
}

/** `credential_source`: where a role on top of no profile gets its keys. */
function ambientLoad(world: AwsWorld, source: string): Load {
  const { env } = world;
  const keys = staticCredentials(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN);
  switch (source) {
    case "Environment":
      return async () => keys ?? fail("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set.");
    case "EcsContainer":
      return (signal) => containerCredentials(world, signal);
    case "Ec2InstanceMetadata":
      return (signal) => instanceCredentials(world, signal);
    default:
      return async () => fail(`credential_source is "${source}", which AWS does not have.`);
  }
}

interface WebIdentity {
  tokenFile: string;
  role: string;
  sessionName?: string | undefined;
  region: string;
}

async function webIdentity(world: AwsWorld, identity: WebIdentity, signal: AbortSignal): Promise<AwsCredentials> {
  const { tokenFile } = identity;
  const path = isAbsolute(tokenFile) ? tokenFile : `${world.context.cwd}/${tokenFile}`;
  const token = (await readIfThere(path))?.trim();
  if (!token) return fail(`The web identity token ${tokenFile} is not there, or it is blank.`);
  world.context.secrets.add(token);
  return assumeRoleWithWebIdentity(world, { ...identity, token }, signal);
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
const processAnswer = v.object({
  Version: v.literal(1),
  AccessKeyId: v.string(),
  SecretAccessKey: v.string(),
  SessionToken: v.optional(v.string()),
});

async function processCredentials(
  world: AwsWorld,
  profile: string,
  command: string,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { runCredentialProcess } = await import("./aws-process.ts");
  const where = `credential_process of the AWS profile "${profile}"`;
  const output = await runCredentialProcess(world, command, where, signal);
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), processAnswer), output);
  if (!answer.success) return fail(`${where} did not print credentials as AWS wants them.`);
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.output;
  const credentials = staticCredentials(AccessKeyId, SecretAccessKey, SessionToken);
  return credentials ?? fail(`${where} printed blank credentials.`);
}

function fail(message: string): never {
  throw new InferError("auth", message, {
    hint: "See `aws configure list` and `aws configure list-profiles`, or choose another with AWS_PROFILE.",
  });
}
