import { describe, expect, test } from "bun:test";
import { createHash, createHmac } from "node:crypto";
import { mintBedrockKey, signRequest } from "../../../src/auth/aws-signature.ts";
import type { HttpRequest } from "../../../src/http/client.ts";
import { memorySource } from "../../../src/http/source.ts";

const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const NOW = Date.UTC(2015, 7, 30, 12, 36);
const UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

interface Vector {
  name: string;
  method: "GET" | "POST";
  target: string;
  headers?: Record<string, string>;
  token?: string;
  signature: string;
}

const get = (name: string, target: string, signature: string, more: Partial<Vector> = {}): Vector => ({
  name,
  method: "GET",
  target,
  signature,
  ...more,
});
const post = (name: string, target: string, signature: string, more: Partial<Vector> = {}): Vector => ({
  ...get(name, target, signature, more),
  method: "POST",
});

/** What a plain `GET /` comes to. */
const VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

/**
 * AWS's own suite, by its names: https://github.com/awslabs/aws-c-auth, tests/aws-signing-test-suite/v4. Left out are the
 * cases that no URL can be (unnormalized paths, raw white space and UTF-8 in a path, a header on several lines), and
 * post-x-www-form-urlencoded, which signs `content-type` and `content-length`: aws4fetch leaves both out, as AWS allows.
 */
const VECTORS: Vector[] = [
  get("get-vanilla", "/", VANILLA),
  get("get-vanilla-query", "/", VANILLA),
  get(
    "get-vanilla-empty-query-key",
    "/?Param1=value1",
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  ),
  get(
    "get-vanilla-query-order-key-case",
    "/?Param2=value2&Param1=value1",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ),
  get(
    "get-vanilla-query-order-encoded",
    "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
  ),
  get(
    "get-vanilla-query-unreserved",
    `/?${UNRESERVED}=${UNRESERVED}`,
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ),
  get("get-vanilla-utf8-query", "/?ሴ=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
  get("get-unreserved", `/${UNRESERVED}`, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
  get("get-slash-normalized", "//", VANILLA),
  get("get-slashes-normalized", "//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
  get("get-slash-dot-slash-normalized", "/./", VANILLA),
  get(
    "get-slash-pointless-dot-normalized",
    "/./example",
    "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  ),
  get("get-relative-normalized", "/example/..", VANILLA),
  get("get-relative-relative-normalized", "/example1/example2/../..", VANILLA),
  get("get-header-key-duplicate", "/", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", {
    headers: { "My-Header1": "value2,value2,value1" },
  }),
  get("get-header-value-order", "/", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01", {
    headers: { "My-Header1": "value4,value1,value3,value2" },
  }),
  get("get-header-value-trim", "/", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", {
    headers: { "My-Header1": " value1", "My-Header2": ' "a   b   c"' },
  }),
  get("get-vanilla-with-session-token", "/", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8", {
    token: "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
  }),
  post("post-vanilla", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
  post("post-vanilla-query", "/?Param1=value1", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
  post("post-header-key-sort", "/", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c", {
    headers: { "My-Header1": "value1" },
  }),
  post("post-header-value-case", "/", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d", {
    headers: { "My-Header1": "VALUE1" },
  }),
];

describe("AWS's own test vectors", () => {
  test.each(VECTORS)("$name", async ({ method, target, headers = {}, token, signature }) => {
    const request: HttpRequest = { method, url: `https://example.amazonaws.com${target}`, headers };
    const credentials = { ...CREDENTIALS, ...(token && { sessionToken: token }) };
    const signed = await signRequest(request, { credentials, service: "service", region: "us-east-1", now: NOW });
    expect(signed.headers["x-amz-date"]).toBe("20150830T123600Z");
    expect(signed.headers.authorization).toStartWith(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;",
    );
    expect(signed.headers.authorization).toEndWith(`, Signature=${signature}`);
  });
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Signature Version 4 as AWS's page has it, in its own few lines: nothing of the signer's is in it. */
function signatureOf(canonical: string, date: string, region: string): string {
  const scope = `${date.slice(0, 8)}/${region}/bedrock/aws4_request`;
  const key = [region, "bedrock", "aws4_request"].reduce<Buffer>(
    hmac,
    hmac(`AWS4${CREDENTIALS.secretAccessKey}`, date.slice(0, 8)),
  );
  return hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")).toString("hex");
}

const ARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc";

describe("a Bedrock request", () => {
  test("for an ARN: the encoded path is encoded again, the session token is signed, and the body counts", async () => {
    const body = '{"messages":[{"role":"user","content":[{"text":"wörld 👋"}]}]}';
    const url = `https://bedrock-runtime.eu-west-1.amazonaws.com/model/${encodeURIComponent(ARN)}/converse-stream`;
    const request: HttpRequest = { method: "POST", url, headers: { "content-type": "application/json" }, body };
    const credentials = { ...CREDENTIALS, sessionToken: "token+/=" };
    const signed = await signRequest(request, { credentials, service: "bedrock", region: "eu-west-1", now: NOW });

    const canonical = [
      "POST",
      "/model/arn%253Aaws%253Abedrock%253Aeu-west-1%253A123456789012%253Aapplication-inference-profile%252Fabc/converse-stream",
      "",
      "host:bedrock-runtime.eu-west-1.amazonaws.com",
      "x-amz-date:20150830T123600Z",
      "x-amz-security-token:token+/=",
      "",
      "host;x-amz-date;x-amz-security-token",
      sha256(body),
    ].join("\n");
    expect(signed).toEqual({
      method: "POST",
      url,
      body,
      headers: {
        "content-type": "application/json",
        "x-amz-date": "20150830T123600Z",
        "x-amz-security-token": "token+/=",
        authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=${signatureOf(canonical, "20150830T123600Z", "eu-west-1")}`,
      },
    });
  });

  test("whose body is read as it is sent carries its hash, which is signed", async () => {
    const request: HttpRequest = {
      method: "POST",
      url: "https://x.example/",
      headers: {},
      body: memorySource("wörld"),
    };
    const signed = await signRequest(request, {
      credentials: CREDENTIALS,
      service: "bedrock",
      region: "us-east-1",
      now: NOW,
    });
    const canonical = [
      "POST",
      "/",
      "",
      "host:x.example",
      `x-amz-content-sha256:${sha256("wörld")}`,
      "x-amz-date:20150830T123600Z",
      "",
      "host;x-amz-content-sha256;x-amz-date",
      sha256("wörld"),
    ].join("\n");
    expect(signed.headers["x-amz-content-sha256"]).toBe(sha256("wörld"));
    expect(signed.headers.authorization).toEndWith(signatureOf(canonical, "20150830T123600Z", "us-east-1"));
    expect(signed.body).toBe(request.body);
  });

  test("has another signature for another body, time, region and secret", async () => {
    const sign = async (change: { body?: string; now?: number; region?: string; secret?: string }) => {
      const request: HttpRequest = { method: "POST", url: "https://x.example/", headers: {}, body: change.body ?? "a" };
      const signed = await signRequest(request, {
        credentials: { ...CREDENTIALS, ...(change.secret && { secretAccessKey: change.secret }) },
        service: "bedrock",
        region: change.region ?? "us-east-1",
        now: change.now ?? NOW,
      });
      return signed.headers.authorization?.split("Signature=")[1];
    };
    const all = [{}, { body: "b" }, { now: NOW + 1000 }, { region: "us-east-2" }, { secret: "other" }];
    expect(new Set(await Promise.all(all.map(sign))).size).toBe(all.length);
    expect(await sign({})).toBe(await sign({}));
  });
});

describe("a Bedrock API key made of credentials", () => {
  test("is the signed address that AWS's generators make", async () => {
    const credentials = { ...CREDENTIALS, sessionToken: "token+/=" };
    const key = await mintBedrockKey({ credentials, region: "us-west-2", now: NOW });
    expect(key).toStartWith("bedrock-api-key-");
    const address = Buffer.from(key.slice("bedrock-api-key-".length), "base64").toString();
    expect(address).toStartWith("bedrock.amazonaws.com/?Action=CallWithBearerToken&");
    expect(address).toEndWith("&Version=1");

    const query = new URL(`https://${address}`).searchParams;
    const signature = query.get("X-Amz-Signature") ?? "";
    query.delete("X-Amz-Signature");
    // Added when everything is signed.
    query.delete("Version");
    expect(Object.fromEntries(query)).toEqual({
      Action: "CallWithBearerToken",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIDEXAMPLE/20150830/us-west-2/bedrock/aws4_request",
      "X-Amz-Date": "20150830T123600Z",
      "X-Amz-Expires": "3600",
      "X-Amz-Security-Token": "token+/=",
      "X-Amz-SignedHeaders": "host",
    });
    const canonical = [
      "POST",
      "/",
      [...query]
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .sort()
        .join("&"),
      "host:bedrock.amazonaws.com",
      "",
      "host",
      sha256(""),
    ].join("\n");
    expect(signature).toBe(signatureOf(canonical, "20150830T123600Z", "us-west-2"));
  });
});
