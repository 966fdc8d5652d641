import type { HttpRequest } from "../http/client.ts";
import type { ByteSource } from "../http/source.ts";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Temporary credentials have one. */
  sessionToken?: string;
}

export interface SigningScope {
  credentials: AwsCredentials;
  service: string;
  region: string;
  /** Milliseconds since the epoch: AWS refuses a signature that is more than five minutes off. */
  now: number;
}

/** Signs a finished request in its headers: Signature Version 4. */
export async function signRequest(request: HttpRequest, scope: SigningScope): Promise<HttpRequest> {
  const { AwsV4Signer } = await import("aws4fetch");
  const { method, url, body } = request;
  const content = typeof body === "object" ? { "x-amz-content-sha256": await hashOf(body) } : {};
  const headers = { ...request.headers, ...content };
  const text = typeof body === "string" ? { body } : {};
  const signed = await new AwsV4Signer({ ...signerOptions(scope), ...text, method, url, headers }).sign();
  return { ...request, headers: Object.fromEntries(signed.headers) };
}

/** Bytes that are read as they are sent are read once more, for the signature. */
async function hashOf(body: ByteSource): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of body.open()) hasher.update(chunk);
  return hasher.digest("hex");
}

/** How long a minted key lasts: AWS's generators allow 12 hours at most, and one command needs no more than this. */
const KEY_SECONDS = 3600;

/**
 * A short-term Bedrock API key: a signed address in base64, which AWS's own generators put together like this.
 * https://github.com/aws/aws-bedrock-token-generator-js
 */
export async function mintBedrockKey(scope: Omit<SigningScope, "service">): Promise<string> {
  const { AwsV4Signer } = await import("aws4fetch");
  const url = `https://bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Expires=${KEY_SECONDS}`;
  const options = signerOptions({ ...scope, service: "bedrock" });
  const signed = await new AwsV4Signer({ ...options, method: "POST", url, signQuery: true }).sign();
  const address = signed.url.href.replace("https://", "");
  return `bedrock-api-key-${Buffer.from(`${address}&Version=1`).toString("base64")}`;
}

function signerOptions({ credentials, service, region, now }: SigningScope) {
  const datetime = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
  return { ...credentials, service, region, datetime };
}
