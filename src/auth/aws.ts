import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { HttpRequest } from "../http/client.ts";
import { type AwsSource, type AwsWorld, findAwsCredentials, profileRegion } from "./aws-credentials.ts";
import { awsEndpoint } from "./aws-service.ts";
import { type AwsCredentials, mintBedrockKey, type SigningScope, signRequest } from "./aws-signature.ts";
import type { Applicant, AuthScheme, Found, Session } from "./scheme.ts";

const missing =
  "set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run `aws configure`.";

/** Amazon Bedrock: an API key as it is, or requests signed with AWS credentials. */
export const awsSigv4: AuthScheme = {
  missing,
  find: (context, applicant) => findAws(context, applicant, sign, "BEDROCK_RUNTIME"),
};

/** Bedrock's OpenAI-like side takes API keys alone: one is made of AWS credentials where there is none. */
export const awsBearer: AuthScheme = { missing, find: (context, applicant) => findAws(context, applicant, mint) };

type Seal = (context: Context, request: HttpRequest, scope: Omit<SigningScope, "service">) => Promise<HttpRequest>;

async function sign(_context: Context, request: HttpRequest, scope: Parameters<Seal>[2]): Promise<HttpRequest> {
  return signRequest(request, { ...scope, service: "bedrock" });
}

async function mint(context: Context, request: HttpRequest, scope: Parameters<Seal>[2]): Promise<HttpRequest> {
  const key = await mintBedrockKey(scope);
  context.secrets.add(key);
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } };
}

/** `service`: the one whose address a variable of AWS's may change. */
async function findAws(
  context: Context,
  { env, key, named }: Applicant,
  seal: Seal,
  service?: "BEDROCK_RUNTIME",
): Promise<Found | null> {
  const world: AwsWorld = { context, env };
  const baseUrl = service && awsEndpoint(env, service);
  const place = async (): Promise<Session> => {
    const region = await profileRegion(world);
    return { ...(baseUrl && { baseUrl }), ...(region && { settings: { region } }) };
  };
  if (key) {
    const { text, source, origin } = key;
    return { source, origin, open: async () => ({ ...(await place()), key: sendable(text, source) }) };
  }
  const found = await findAwsCredentials(world, named);
  if (!found) return null;
  const load = once(found, context);
  return {
    source: found.source,
    origin: "scheme",
    async open(signal) {
      const credentials = await load(signal);
      return {
        ...(await place()),
        async sign(request, settings) {
          // The config's own header wins.
          if (request.headers.authorization !== undefined) return request;
          const region = regionIn(request.url) ?? settings.region ?? "us-east-1";
          return seal(context, request, { credentials, region, now: context.now() });
        },
      };
    },
  };
}

/** A try that is repeated does not ask STS again; what failed is asked again. */
function once(found: AwsSource, context: Context): (signal: AbortSignal) => Promise<AwsCredentials> {
  let loaded: AwsCredentials | undefined;
  return async (signal) => {
    loaded ??= await found.load(signal);
    const { accessKeyId, secretAccessKey, sessionToken } = loaded;
    context.secrets.add(secretAccessKey);
    if (sessionToken !== undefined) context.secrets.add(sessionToken);
    sendable(accessKeyId, found.source);
    sendable(sessionToken ?? "", found.source);
    return loaded;
  };
}

/** fetch's own error would quote what a header cannot carry. */
function sendable(text: string, source: string): string {
  if (!/[^\x21-\x7e]/.test(text)) return text;
  throw new InferError("auth", `What ${source} holds cannot be sent: it has blanks or control characters inside.`);
}

/** An address of AWS's own names the region that a signature has to be for, whatever else is set. */
function regionIn(url: string): string | undefined {
  const host = URL.parse(url)?.hostname ?? "";
  return /(?:^|\.)bedrock(?:-runtime|-mantle)?(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(host)?.[1];
}
