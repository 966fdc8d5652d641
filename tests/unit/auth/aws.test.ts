import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { awsBearer, awsSigv4 } from "../../../src/auth/aws.ts";
import { type Applicant, SCHEMES, type Session } from "../../../src/auth/scheme.ts";
import type { HttpRequest } from "../../../src/http/client.ts";
import { beginStream, chunk, endStream, FaultServer, respond } from "../../hazards/fault-server.ts";
import { WIRES } from "../../hazards/wires.ts";
import { fakeContext, runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const KEYS = { AWS_ACCESS_KEY_ID: "AKENV", AWS_SECRET_ACCESS_KEY: "env-secret", AWS_SESSION_TOKEN: "env-token" };
const KEY = { text: "bedrock-key", source: "AWS_BEARER_TOKEN_BEDROCK", origin: "env" as const };
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const signal = new AbortController().signal;

const applicant = (env: Record<string, string>, more: Partial<Applicant> = {}): Applicant => ({
  providerId: "amazon-bedrock",
  providerName: "Amazon Bedrock",
  env: { HOME: folder.path, ...env },
  named: true,
  ...more,
});

async function open(scheme: typeof awsSigv4, env: Record<string, string>, more: Partial<Applicant> = {}) {
  const context = fakeContext({ now: () => NOW });
  const found = await scheme.find(context, applicant(env, more));
  if (!found) throw new Error("nothing found");
  return { context, source: found.source, session: await found.open(signal) };
}

const REQUEST: HttpRequest = {
  method: "POST",
  url: "https://gateway.example/model/m/converse-stream",
  headers: { "content-type": "application/json" },
  body: "{}",
};

async function signed(session: Session, request = REQUEST, region = "eu-west-1"): Promise<Record<string, string>> {
  if (!session.sign) throw new Error("it does not sign");
  return (await session.sign(request, { region })).headers;
}

test("the schemes are registered, and say what to do", async () => {
  expect(await SCHEMES["aws-sigv4"]?.()).toBe(awsSigv4);
  expect(await SCHEMES["aws-bearer"]?.()).toBe(awsBearer);
  for (const scheme of [awsSigv4, awsBearer]) {
    expect(await scheme.find(fakeContext(), applicant({ AWS_EC2_METADATA_DISABLED: "true" }))).toBeNull();
    expect(scheme.missing).toContain("AWS_BEARER_TOKEN_BEDROCK");
  }
});

describe.each([
  ["aws-sigv4", awsSigv4],
  ["aws-bearer", awsBearer],
] as const)("%s with an API key", (_name, scheme) => {
  test("sends it as it is, before any other credential", async () => {
    const { session, source } = await open(scheme, KEYS, { key: KEY });
    expect(source).toBe("AWS_BEARER_TOKEN_BEDROCK");
    expect(session).toEqual({ key: "bedrock-key" });
  });

  test("that cannot be sent is an auth error that does not repeat it", async () => {
    const error = await rejection(open(scheme, {}, { key: { text: "bed rock", source: "X", origin: "env" as const } }));
    expect(error.type).toBe("auth");
    expect(error.message).not.toContain("bed rock");
  });
});

describe("aws-sigv4 with credentials", () => {
  test("signs for Bedrock in the settings' region, and the secrets are known", async () => {
    const { session, context } = await open(awsSigv4, KEYS);
    expect(session.key).toBeUndefined();
    const headers = await signed(session);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z",
      "x-amz-security-token": "env-token",
    });
    expect(headers.authorization).toStartWith(
      "AWS4-HMAC-SHA256 Credential=AKENV/20260102/eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=",
    );
    expect([...context.secrets].sort()).toEqual(["env-secret", "env-token"]);
  });

  test.each([
    ["bedrock-runtime.ap-southeast-2.amazonaws.com", "ap-southeast-2"],
    ["bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["bedrock.us-west-2.amazonaws.com", "us-west-2"],
    ["vpce-1-2.bedrock-runtime.eu-north-1.vpce.amazonaws.com", "eu-north-1"],
    ["bedrock-mantle.eu-south-1.api.aws", "eu-south-1"],
    ["gateway.example", "eu-west-1"],
    ["127.0.0.1:9", "eu-west-1"],
  ])("for %s, in %s", async (host, region) => {
    const { session } = await open(awsSigv4, KEYS);
    const headers = await signed(session, { ...REQUEST, url: `https://${host}/x` });
    expect(headers.authorization).toContain(`/${region}/bedrock/aws4_request`);
  });

  test("leaves a header of the config's alone", async () => {
    const { session } = await open(awsSigv4, KEYS);
    const headers = { authorization: "Bearer mine" };
    expect(await signed(session, { ...REQUEST, headers })).toEqual(headers);
  });

  test("a token with a line end inside is an auth error that does not repeat it", async () => {
    const error = await rejection(open(awsSigv4, { ...KEYS, AWS_SESSION_TOKEN: "env\ntoken" }));
    expect(error.type).toBe("auth");
    expect(error.message).not.toContain("token");
  });

  test("the profile tells the region, whatever the credential is", async () => {
    const config = folder.file("region-config");
    await writeFile(config, "[profile dev]\nregion = eu-west-2\n");
    const env = { ...KEYS, AWS_CONFIG_FILE: config, AWS_PROFILE: "dev" };
    expect((await open(awsSigv4, env)).session.settings).toEqual({ region: "eu-west-2" });
    expect((await open(awsSigv4, env, { key: KEY })).session).toEqual({
      key: "bedrock-key",
      settings: { region: "eu-west-2" },
    });
  });

  test.each([
    [{ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "http://vpc:1/", AWS_ENDPOINT_URL: "http://all:2" }, "http://vpc:1"],
    [{ AWS_ENDPOINT_URL: "http://all:2" }, "http://all:2"],
    [{ AWS_ENDPOINT_URL: "http://all:2", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, undefined],
    [{}, undefined],
  ] as [Record<string, string>, string | undefined][])("%p → %p", async (env, baseUrl) => {
    expect((await open(awsSigv4, { ...KEYS, ...env })).session.baseUrl).toBe(baseUrl);
    expect((await open(awsBearer, { ...KEYS, ...env })).session.baseUrl).toBeUndefined();
  });

  test("what was loaded once is not asked for again, and what failed is", async () => {
    let asked = 0;
    await using sts = await FaultServer.start((socket) => {
      asked++;
      const credentials =
        "<AccessKeyId>AK</AccessKeyId><SecretAccessKey>sec</SecretAccessKey><SessionToken>tok</SessionToken>";
      respond(socket, asked === 1 ? 503 : 200, asked === 1 ? "" : credentials);
    });
    const config = folder.file("role-config");
    await writeFile(
      config,
      "[default]\nrole_arn = arn:x\nsource_profile = default\naws_access_key_id = A\naws_secret_access_key = base\n",
    );
    const context = fakeContext();
    const found = await awsSigv4.find(context, applicant({ AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL_STS: sts.url }));
    if (!found) throw new Error("nothing found");
    expect(asked).toBe(0);
    expect(await rejection(found.open(signal))).toMatchObject({ type: "provider_error", retryable: true });
    await found.open(signal);
    await found.open(signal);
    expect(asked).toBe(2);
    expect([...context.secrets].sort()).toEqual(["base", "sec", "tok"]);
  });
});

describe("aws-bearer with credentials", () => {
  test("makes a key of them, for the region of the request, which is a secret", async () => {
    const { session, context } = await open(awsBearer, KEYS);
    const { authorization = "" } = await signed(session, REQUEST, "us-west-2");
    expect(authorization).toStartWith("Bearer bedrock-api-key-");
    const key = authorization.slice("Bearer ".length);
    const address = Buffer.from(key.slice("bedrock-api-key-".length), "base64").toString();
    expect(new URL(`https://${address}`).searchParams.get("X-Amz-Credential")).toBe(
      "AKENV/20260102/us-west-2/bedrock/aws4_request",
    );
    expect(context.secrets).toContain(key);
  });
});

/** The whole way, from the command line to a server that stands in for AWS. */
describe("a run", () => {
  const wire = WIRES["bedrock-converse"];
  const ask = async (env: Record<string, string>, ...argv: string[]) => {
    const all = { HOME: folder.path, AWS_EC2_METADATA_DISABLED: "true", ...env };
    return runInProcess(["model", "run", "--prompt", "hi", "--json", ...argv], { env: all, sleep: async () => {} });
  };
  const answering = () =>
    FaultServer.start((socket) => {
      beginStream(socket, wire?.contentType ?? "");
      for (const message of wire?.stream({ pieces: ["Hel", "lo"] }) ?? []) chunk(socket, message);
      endStream(socket);
    });

  test("with keys: signed, streamed, and answered by the default model", async () => {
    await using server = await answering();
    const env = { ...KEYS, AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url };
    const document = JSON.parse((await ask(env, "--provider", "bedrock")).stdout);
    expect(document).toMatchObject({
      ok: true,
      provider: "amazon-bedrock",
      model: "us.anthropic.claude-opus-4-6-v1",
      outputs: [{ text: "Hello" }],
      usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 },
    });
    const [seen] = server.seen;
    expect(seen?.path).toBe("/model/us.anthropic.claude-opus-4-6-v1/converse-stream");
    expect(seen?.headers.authorization).toContain("Credential=AKENV/");
    expect(seen?.headers.authorization).toContain("/eu-west-1/bedrock/");
    expect(seen?.headers["x-amz-security-token"]).toBe("env-token");
  });

  test("for an ARN: its own region counts, and the path reaches the server as it was signed", async () => {
    await using server = await answering();
    const arn = "arn:aws:bedrock:ap-south-1:123456789012:application-inference-profile/abc";
    const env = { ...KEYS, AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url };
    expect(JSON.parse((await ask(env, "--model", `aws-bedrock/${arn}`)).stdout).ok).toBe(true);
    expect(server.seen[0]?.path).toBe(`/model/${encodeURIComponent(arn)}/converse-stream`);
    expect(server.seen[0]?.headers.authorization).toContain("/ap-south-1/bedrock/");
  });

  test("OpenClaw's spelling of its default reaches AWS as AWS spells it", async () => {
    await using server = await answering();
    const env = { ...KEYS, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url };
    await ask(env, "--model", "amazon-bedrock/us.anthropic.claude-opus-4-6-v1:0");
    expect(server.seen[0]?.path).toBe("/model/us.anthropic.claude-opus-4-6-v1/converse-stream");
  });

  test("with an API key, and a refusal in AWS's own words without a secret in them", async () => {
    await using server = await FaultServer.start((socket, { headers }) => {
      const body = JSON.stringify({ Message: `not authorized: ${headers.authorization}` });
      respond(socket, 403, body, { "x-amzn-errortype": "AccessDeniedException", "x-amzn-requestid": "req-7" });
    });
    const env = { AWS_BEARER_TOKEN_BEDROCK: "bedrock-key-1", AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url };
    const run = await ask(env, "--model", "bedrock/amazon.nova-lite-v1:0");
    expect(JSON.parse(run.stdout).error).toMatchObject({
      type: "auth",
      status: 403,
      message: "not authorized: Bearer [redacted]",
      requestId: "req-7",
    });
    expect(run.exitCode).toBe(3);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer bedrock-key-1");
  });

  test("without a credential says how to get one", async () => {
    const { error } = JSON.parse((await ask({}, "--provider", "amazon-bedrock")).stdout);
    expect(error).toMatchObject({ type: "auth", provider: "amazon-bedrock" });
    expect(error.message).toContain("AWS_PROFILE");
  });

  test("with an expired SSO login says what to run", async () => {
    const config = folder.file("sso-config");
    await writeFile(
      config,
      "[profile corp]\nsso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n",
    );
    const run = await ask({ AWS_PROFILE: "corp", AWS_CONFIG_FILE: config }, "--provider", "amazon-bedrock");
    expect(JSON.parse(run.stdout).error).toMatchObject({
      type: "auth",
      hint: "Log in: aws sso login --profile corp",
    });
    expect(run.exitCode).toBe(3);
  });

  test.each([
    ["openai.gpt-oss-120b", "/chat/completions"],
    ["claude-opus-4.7", "/v1/messages"],
  ])("Mantle's %s goes to %s with a key made of the credentials", async (model, path) => {
    await using server = await FaultServer.start((socket, { headers }) =>
      respond(socket, 418, JSON.stringify({ error: { message: `seen ${headers.authorization}` } })),
    );
    const config = folder.file(`${Bun.randomUUIDv7()}.json`);
    await writeFile(
      config,
      JSON.stringify({ models: { providers: { "amazon-bedrock-mantle": { baseUrl: server.url } } } }),
    );
    const run = await ask(KEYS, "--model", `amazon-bedrock-mantle/${model}`, "--config", config);
    expect(JSON.parse(run.stdout).error.message).toBe("seen Bearer [redacted]");
    expect(server.seen[0]?.path).toBe(path);
    expect(server.seen[0]?.headers.authorization).toStartWith("Bearer bedrock-api-key-");
    expect(server.seen[0]?.headers["x-api-key"]).toBeUndefined();
    if (model.startsWith("claude"))
      expect(JSON.parse(server.seen[0]?.body ?? "").model).toBe("anthropic.claude-opus-4-7");
  });
});
