import { afterAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findAwsCredentials, profileRegion } from "../../../src/auth/aws-credentials.ts";
import type { AwsCredentials } from "../../../src/auth/aws-signature.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

interface Asked {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  proxy: unknown;
}

type Answer = (asked: Asked) => { status?: number; body: string } | Promise<never>;

interface World {
  env?: Record<string, string>;
  /** `~/.aws/config` */
  config?: string;
  credentials?: string;
  answer?: Answer;
  now?: number;
}

/** A home of its own, and a network that is one function. */
async function world({ env = {}, config, credentials, answer, now }: World = {}) {
  const home = folder.file(Bun.randomUUIDv7());
  await mkdir(join(home, ".aws", "sso", "cache"), { recursive: true });
  if (config !== undefined) await writeFile(join(home, ".aws", "config"), config);
  if (credentials !== undefined) await writeFile(join(home, ".aws", "credentials"), credentials);
  const asked: Asked[] = [];
  const fetch = async (input: unknown, init: BunFetchRequestInit = {}): Promise<Response> => {
    const { signal: _, proxy, ...rest } = init;
    const request = new Request(String(input), rest);
    const seen = {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
      proxy,
    };
    asked.push(seen);
    if (!answer) throw new Error(`the network was asked: ${request.url}`);
    const late = new Promise<never>((_, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
    const { status = 200, body } = await Promise.race([answer(seen), late]);
    return new Response(body, { status });
  };
  const context = fakeContext({
    cwd: home,
    fetch: Object.assign(fetch, { preconnect: () => undefined }),
    ...(now !== undefined && { now: () => now }),
  });
  const full = { HOME: home, ...env };
  return { world: { context, env: full }, home, asked };
}

const signal = new AbortController().signal;

async function load(
  setup: World,
  named = true,
): Promise<{ credentials: AwsCredentials; asked: Asked[]; source: string }> {
  const made = await world(setup);
  const found = await findAwsCredentials(made.world, named);
  if (!found) throw new Error("nothing found");
  return { credentials: await found.load(signal), asked: made.asked, source: found.source };
}

async function refused(setup: World) {
  const made = await world(setup);
  const found = await findAwsCredentials(made.world, true);
  if (!found) throw new Error("nothing found");
  return { error: await rejection(found.load(signal)), asked: made.asked };
}

const KEYS = { AWS_ACCESS_KEY_ID: "AKENV", AWS_SECRET_ACCESS_KEY: "env-secret" };
const FILE = "[default]\naws_access_key_id = AKFILE\naws_secret_access_key = file-secret\n";
const OFF = { AWS_EC2_METADATA_DISABLED: "true" };

const xml = (
  action: string,
  token = "role-token",
): string => `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <${action}Result><AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser>
    <Credentials><AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>role&amp;secret</SecretAccessKey>
    <SessionToken>${token}</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></${action}Result>
</${action}Response>`;
const stsError = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
const ROLE = { accessKeyId: "AKROLE", secretAccessKey: "role&secret", sessionToken: "role-token" };

describe("the chain", () => {
  const everything = {
    ...KEYS,
    AWS_PROFILE: "default",
    AWS_WEB_IDENTITY_TOKEN_FILE: "token",
    AWS_ROLE_ARN: "arn:role",
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/x",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "https://x",
  };
  /** Each step, once the ones before it are gone. */
  test.each([
    ["AWS_ACCESS_KEY_ID", []],
    ["the AWS profile default", ["AWS_ACCESS_KEY_ID"]],
    ["AWS_WEB_IDENTITY_TOKEN_FILE", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"]],
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN"]],
    [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
    ],
  ])("%s, and finding it asks nobody", async (source, without) => {
    const env = Object.fromEntries(Object.entries(everything).filter(([name]) => !without.includes(name)));
    const made = await world({ env, credentials: FILE });
    expect((await findAwsCredentials(made.world, false))?.source).toBe(source);
    expect(made.asked).toEqual([]);
  });

  test("a default profile on disk counts once the provider is named, and never chooses it", async () => {
    const made = await world({ credentials: FILE });
    expect(await findAwsCredentials(made.world, false)).toBeNull();
    expect((await findAwsCredentials(made.world, true))?.source).toBe("the AWS profile default");
    expect(made.asked).toEqual([]);
  });

  test("half a key is none, and neither is a blank one or a profile without keys", async () => {
    for (const env of [
      { AWS_ACCESS_KEY_ID: "AK" },
      { ...KEYS, AWS_SECRET_ACCESS_KEY: "  " },
      { AWS_WEB_IDENTITY_TOKEN_FILE: "x" },
      { AWS_PROFILE: "dev" },
    ]) {
      const made = await world({ env: { ...env, ...OFF }, config: "[profile dev]\nregion = x\n" });
      expect(await findAwsCredentials(made.world, true)).toBeNull();
    }
  });

  test("the environment's keys are trimmed and complete", async () => {
    const env = { AWS_ACCESS_KEY_ID: " AK ", AWS_SECRET_ACCESS_KEY: "s\n", AWS_SESSION_TOKEN: "t" };
    const { credentials } = await load({ env });
    expect(credentials).toEqual({ accessKeyId: "AK", secretAccessKey: "s", sessionToken: "t" });
  });
});

describe("a profile", () => {
  test("with keys, wherever the files are", async () => {
    const elsewhere = folder.file("my-credentials");
    await writeFile(elsewhere, "[dev]\naws_access_key_id=AKDEV\naws_secret_access_key=s\naws_session_token=t\n");
    const env = { AWS_PROFILE: "dev", AWS_SHARED_CREDENTIALS_FILE: elsewhere };
    expect((await load({ env })).credentials).toEqual({
      accessKeyId: "AKDEV",
      secretAccessKey: "s",
      sessionToken: "t",
    });
    expect((await load({ credentials: FILE })).credentials).toEqual({
      accessKeyId: "AKFILE",
      secretAccessKey: "file-secret",
    });
  });

  test("that is asked for and is not there is an auth error", async () => {
    const { error } = await refused({ env: { AWS_PROFILE: "nope" }, credentials: FILE });
    expect(error).toMatchObject({ type: "auth", message: 'There is no AWS profile "nope".' });
  });

  test("tells the region", async () => {
    const config = "[default]\nregion = eu-west-1\n[profile dev]\nregion = eu-west-2\n";
    expect(await profileRegion((await world({ config })).world)).toBe("eu-west-1");
    expect(await profileRegion((await world({ config, env: { AWS_PROFILE: "dev" } })).world)).toBe("eu-west-2");
    expect(await profileRegion((await world()).world)).toBeUndefined();
  });
});

describe("credential_process", () => {
  const program = (code: string): World => ({
    env: { ...OFF, PASSED: "on", OTHER_KEY: "my-secret" },
    config: `[default]\ncredential_process = "${process.execPath}" -e '${code}'\n`,
  });

  test("prints the credentials, and has the environment", async () => {
    const code =
      "console.log(JSON.stringify({Version:1,AccessKeyId:process.env.PASSED,SecretAccessKey:`s e`.slice(0,1),SessionToken:`t`}))";
    expect((await load(program(code))).credentials).toEqual({
      accessKeyId: "on",
      secretAccessKey: "s",
      sessionToken: "t",
    });
  });

  test.each([
    ["fails", "console.error(`log in first`);process.exitCode=3", /exit code 3: log in first/],
    ["repeats a key", "console.error(process.env.OTHER_KEY);process.exitCode=3", /exit code 3: \[redacted\]/],
    ["prints something else", "console.log(`my-secret`)", /did not print credentials/],
    [
      "prints another version",
      "console.log(JSON.stringify({Version:2,AccessKeyId:`a`,SecretAccessKey:`b`}))",
      /did not/,
    ],
    ["prints blanks", "console.log(JSON.stringify({Version:1,AccessKeyId:` `,SecretAccessKey:`b`}))", /blank/],
  ])("that %s is an auth error without what it printed", async (_name, code, message) => {
    const { error } = await refused(program(code));
    expect(error.type).toBe("auth");
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("my-secret");
  });

  test("that is not there is an auth error", async () => {
    const { error } = await refused({ env: OFF, config: "[default]\ncredential_process = /no/such/program x\n" });
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("/no/such/program") });
  });
});

describe("a role", () => {
  const config = `[profile dev]
role_arn = arn:aws:iam::1:role/dev
source_profile = base
external_id = ext
duration_seconds = 900
role_session_name = me
region = eu-west-1
[profile base]
aws_access_key_id = AKBASE
aws_secret_access_key = base-secret
`;
  const env = { AWS_PROFILE: "dev" };

  test("is taken over with its source's keys, signed for STS in the profile's region", async () => {
    const { credentials, asked } = await load({ env, config, answer: () => ({ body: xml("AssumeRole") }) });
    expect(credentials).toEqual(ROLE);
    const [sts] = asked;
    expect(asked).toHaveLength(1);
    expect(sts).toMatchObject({ method: "POST", url: "https://sts.eu-west-1.amazonaws.com/" });
    expect(Object.fromEntries(new URLSearchParams(sts?.body))).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::1:role/dev",
      RoleSessionName: "me",
      DurationSeconds: "900",
      ExternalId: "ext",
    });
    expect(sts?.headers.authorization).toMatch(/Credential=AKBASE\/\d{8}\/eu-west-1\/sts\/aws4_request/);
  });

  test("at the endpoint that a variable names, for the variable's region", async () => {
    const more = {
      ...env,
      AWS_REGION: "us-west-2",
      AWS_ENDPOINT_URL: "http://all:1",
      AWS_ENDPOINT_URL_STS: "http://sts:2/",
    };
    const { asked } = await load({ env: more, config, answer: () => ({ body: xml("AssumeRole") }) });
    expect(asked[0]?.url).toBe("http://sts:2/");
    expect(asked[0]?.headers.authorization).toContain("/us-west-2/sts/");
  });

  test("over another role, which is taken over first", async () => {
    const chain = `${config}[profile top]\nrole_arn = arn:top\nsource_profile = dev\n`;
    const answer: Answer = ({ body }) => ({
      body: xml("AssumeRole", body.includes("top") ? "top-token" : "role-token"),
    });
    const { credentials, asked } = await load({ env: { AWS_PROFILE: "top" }, config: chain, answer });
    expect(credentials.sessionToken).toBe("top-token");
    expect(asked.map(({ headers }) => headers["x-amz-security-token"])).toEqual([undefined, "role-token"]);
    expect(asked[1]?.headers.authorization).toContain("Credential=AKROLE/");
  });

  test("over the keys of the very same profile", async () => {
    const self =
      "[default]\nrole_arn = arn:x\nsource_profile = default\naws_access_key_id = AKSELF\naws_secret_access_key = s\n";
    const { credentials, asked } = await load({ config: self, answer: () => ({ body: xml("AssumeRole") }) });
    expect(credentials).toEqual(ROLE);
    expect(asked[0]?.headers.authorization).toContain("Credential=AKSELF/");
  });

  test("over the environment", async () => {
    const ambient = "[profile dev]\nrole_arn = arn:x\ncredential_source = Environment\n";
    // The keys of the environment come first by themselves; a config's env block may bring them.
    const made = await world({ env, config: ambient, answer: () => ({ body: xml("AssumeRole") }) });
    const found = await findAwsCredentials(made.world, true);
    expect(await rejection(found?.load(signal) ?? Promise.resolve())).toMatchObject({
      type: "auth",
      message: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
  });

  test.each([
    ["a source that is not there", "source_profile = nope", /"nope".*does not exist/],
    ["a circle", "source_profile = other\n[profile other]\nrole_arn = b\nsource_profile = dev", /leads back to itself/],
    ["an unknown source", "credential_source = Moon", /"Moon"/],
  ])("over %s is an auth error", async (_name, lines, message) => {
    const { error, asked } = await refused({ env, config: `[profile dev]\nrole_arn = arn:x\n${lines}\n` });
    expect(error.type).toBe("auth");
    expect(error.message).toMatch(message);
    expect(asked).toEqual([]);
  });

  test("with MFA says how to go about it, and asks nobody", async () => {
    const { error, asked } = await refused({
      env,
      config: config.replace("external_id", "mfa_serial = arn:mfa\nexternal_id"),
    });
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("MFA") });
    expect(error.details.hint).toContain("export-credentials --profile dev");
    expect(asked).toEqual([]);
  });

  test.each([
    [403, stsError("AccessDenied", "User: x is not authorized"), "auth", false, /AWS STS.*User: x is not authorized/],
    [503, "<html>", "provider_error", true, /AWS STS.*HTTP 503/],
    [429, stsError("Throttling", "Rate exceeded"), "rate_limited", true, /Rate exceeded/],
    [200, "<html>", "provider_error", false, /without credentials/],
  ] as const)("that STS answers with %d", async (status, body, type, retryable, message) => {
    const { error } = await refused({ env, config, answer: () => ({ status, body }) });
    expect(error).toMatchObject({ type, retryable });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("base-secret");
  });
});

describe("a web identity", () => {
  test("of the environment, which is not signed", async () => {
    const token = folder.file("identity");
    await writeFile(token, "the.jwt\n");
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ROLE_ARN: "arn:role", AWS_DEFAULT_REGION: "eu-west-3" };
    const { credentials, asked } = await load({ env, answer: () => ({ body: xml("AssumeRoleWithWebIdentity") }) });
    expect(credentials).toEqual(ROLE);
    expect(asked[0]?.url).toBe("https://sts.eu-west-3.amazonaws.com/");
    expect(asked[0]?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: "arn:role",
      RoleSessionName: "infer",
      WebIdentityToken: "the.jwt",
    });
  });

  test("of a profile", async () => {
    const made = await world({
      config: "[default]\nrole_arn = arn:x\nweb_identity_token_file = jwt\n",
      answer: () => ({ body: xml("AssumeRoleWithWebIdentity") }),
    });
    await writeFile(join(made.home, "jwt"), "here.jwt");
    expect(await (await findAwsCredentials(made.world, true))?.load(signal)).toEqual(ROLE);
    expect(made.asked[0]?.body).toContain("here.jwt");
    expect(made.world.context.secrets).toContain("here.jwt");
  });

  test("without its file is an auth error", async () => {
    const { error } = await refused({ env: { AWS_WEB_IDENTITY_TOKEN_FILE: "/no/such", AWS_ROLE_ARN: "arn:role" } });
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("/no/such") });
  });
});

describe("SSO", () => {
  const NOW = Date.UTC(2026, 0, 1);
  const LATER = "2026-01-01T01:00:00Z";
  const config = `[default]
sso_session = corp
sso_account_id = 123
sso_role_name = Dev Role
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
`;
  const legacy = `[profile old]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 123
sso_role_name = Dev
`;
  const roleCredentials = {
    accessKeyId: "AKSSO",
    secretAccessKey: "sso-secret",
    sessionToken: "sso-token",
    expiration: 1,
  };
  const answer: Answer = () => ({ body: JSON.stringify({ roleCredentials }) });

  async function sso(setup: World, name: string, login: object | null) {
    const made = await world({ now: NOW, answer, ...setup });
    const file = `${createHash("sha1").update(name).digest("hex")}.json`;
    if (login) await writeFile(join(made.home, ".aws", "sso", "cache", file), JSON.stringify(login));
    const found = await findAwsCredentials(made.world, true);
    if (!found) throw new Error("nothing found");
    return { ...made, load: () => found.load(signal) };
  }

  test("a session's login gives the role's credentials", async () => {
    const {
      load: act,
      asked,
      world: made,
    } = await sso({ config }, "corp", { accessToken: "login-token", expiresAt: LATER });
    expect(await act()).toEqual({ accessKeyId: "AKSSO", secretAccessKey: "sso-secret", sessionToken: "sso-token" });
    expect(asked).toMatchObject([
      {
        method: "GET",
        url: "https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?role_name=Dev+Role&account_id=123",
        headers: { "x-amz-sso_bearer_token": "login-token" },
      },
    ]);
    expect(made.context.secrets).toContain("login-token");
  });

  test("the older form is kept under the start URL; the endpoint may be another", async () => {
    const env = { AWS_PROFILE: "old", AWS_ENDPOINT_URL_SSO: "http://127.0.0.1:9" };
    const login = { accessToken: "login-token", expiresAt: LATER };
    const { load: act, asked } = await sso({ config: legacy, env }, "https://corp.awsapps.com/start", login);
    expect((await act()).accessKeyId).toBe("AKSSO");
    expect(asked[0]?.url).toStartWith("http://127.0.0.1:9/federation/credentials?");
  });

  test.each([
    ["has expired", { accessToken: "x", expiresAt: "2025-12-31T23:59:59Z" }, /expired/],
    ["is not there", null, /no SSO login/],
    ["cannot be read", { token: "x" }, /no SSO login/],
  ])("a login that %s: what to run", async (_name, login, message) => {
    const { load: act, asked } = await sso({ config }, "corp", login);
    const error = await rejection(act());
    expect(error.type).toBe("auth");
    expect(error.message).toMatch(message);
    expect(error.details.hint).toBe("Log in: aws sso login --profile default");
    expect(asked).toEqual([]);
  });

  test("a login that was ended elsewhere: the service's words, and what to run", async () => {
    const unauthorized: Answer = () => ({ status: 401, body: '{"message":"Session token not found or invalid"}' });
    const login = { accessToken: "x", expiresAt: LATER };
    const error = await rejection((await sso({ config, answer: unauthorized }, "corp", login)).load());
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("not found or invalid") });
    expect(error.details.hint).toContain("aws sso login");
  });

  test("a profile that is not complete", async () => {
    const { error } = await refused({ config: config.replace("sso_role_name = Dev Role\n", "") });
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("not complete") });
  });
});

const METADATA = JSON.stringify({
  Code: "Success",
  AccessKeyId: "AKMETA",
  SecretAccessKey: "meta-secret",
  Token: "meta-token",
  Expiration: "2030-01-01T00:00:00Z",
});
const META = { accessKeyId: "AKMETA", secretAccessKey: "meta-secret", sessionToken: "meta-token" };

describe("a container", () => {
  const answer: Answer = () => ({ body: METADATA });

  test("on ECS: a fixed host, no proxy, and the relative address counts", async () => {
    const env = {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/1",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://evil.example/",
      HTTP_PROXY: "http://proxy.example:1",
    };
    const { credentials, asked } = await load({ env, answer });
    expect(credentials).toEqual(META);
    expect(asked).toMatchObject([{ method: "GET", url: "http://169.254.170.2/v2/credentials/1", proxy: false }]);
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  test.each(["@evil.example/", ".evil.example/x", ":81/x", "v2/credentials", "?x", "x@evil.example"])(
    "a relative address that is no path (%s) is asked nowhere",
    async (relative) => {
      const { error, asked } = await refused({ env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative }, answer });
      expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("RELATIVE_URI") });
      expect(asked).toEqual([]);
    },
  );

  test("one that goes on for ever is not read for ever", async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/x" };
    const { error } = await refused({ env, answer: () => ({ body: "x".repeat(300 * 1024) }) });
    expect(error).toMatchObject({ type: "provider_error", message: expect.stringContaining("more than 256 KiB") });
  });

  test("on EKS: the token of a file, which counts before the variable", async () => {
    const file = folder.file("eks-token");
    await writeFile(file, "from-file\n");
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "from-variable",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
    };
    const { asked } = await load({ env, answer });
    expect(asked[0]?.headers.authorization).toBe("from-file");
    const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: _, ...rest } = env;
    expect((await load({ env: rest, answer })).asked[0]?.headers.authorization).toBe("from-variable");
  });

  test.each([
    "https://any.example/x",
    "http://localhost:8080/x",
    "http://127.0.0.1:8080/x",
    "http://127.9.9.9/x",
    "http://[::1]:1/x",
    "http://169.254.170.2/x",
    "http://[fd00:ec2::23]/x",
  ])("may be asked at %s", async (url) => {
    expect((await load({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url }, answer })).asked[0]?.url).toBe(url);
  });

  test.each([
    "http://any.example/x",
    "http://169.254.169.254/x",
    "http://10.0.0.1/x",
    "http://127.0.0.1.evil.example/x",
    "http://localhost.evil.example/",
    "ftp://127.0.0.1/x",
    "nonsense",
  ])("is not asked at %s", async (url) => {
    const { error, asked } = await refused({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url }, answer });
    expect(error.type).toBe("auth");
    expect(asked).toEqual([]);
  });

  test("that refuses, or answers with something else", async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/x" };
    const no = await refused({ env, answer: () => ({ status: 404, body: '{"message":"no task role"}' }) });
    expect(no.error).toMatchObject({ type: "auth", message: expect.stringContaining("no task role") });
    const odd = await refused({ env, answer: () => ({ body: "<html>" }) });
    expect(odd.error).toMatchObject({ type: "provider_error" });
  });
});

describe("an EC2 instance", () => {
  const imds: Answer = ({ method, url, headers }) => {
    if (method === "PUT" && url.endsWith("/latest/api/token")) {
      return headers["x-aws-ec2-metadata-token-ttl-seconds"] === "21600"
        ? { body: "imds-token" }
        : { status: 400, body: "" };
    }
    if (headers["x-aws-ec2-metadata-token"] !== "imds-token") return { status: 401, body: "" };
    if (url.endsWith("/security-credentials/")) return { body: "my-role\n" };
    return url.endsWith("/security-credentials/my-role") ? { body: METADATA } : { status: 404, body: "" };
  };

  test("gives its role's credentials by IMDSv2, without a proxy", async () => {
    const { credentials, asked, source } = await load({ answer: imds });
    expect(credentials).toEqual(META);
    expect(source).toBe("the role of this EC2 instance");
    expect(asked.every(({ url, proxy }) => url.startsWith("http://169.254.169.254/latest/") && proxy === false)).toBe(
      true,
    );
  });

  test("is not asked unless the provider is named, when that is switched off, or when something else is there", async () => {
    for (const [env, named] of [
      [{}, false],
      [OFF, true],
      [KEYS, true],
    ] as const) {
      const made = await world({ env, answer: imds });
      await findAwsCredentials(made.world, named);
      expect(made.asked).toEqual([]);
    }
  });

  test("at another endpoint, or over IPv6", async () => {
    const own = await load({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1338/" }, answer: imds });
    expect(own.asked[0]?.url).toBe("http://127.0.0.1:1338/latest/api/token");
    const ipv6 = await load({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv6" }, answer: imds });
    expect(ipv6.asked[0]?.url).toBe("http://[fd00:ec2::254]/latest/api/token");
  });

  test("that is none: nobody answers, and a second is all that is waited", async () => {
    const started = performance.now();
    const made = await world({ answer: () => new Promise<never>(() => undefined) });
    expect(await findAwsCredentials(made.world, true)).toBeNull();
    expect(performance.now() - started).toBeWithin(900, 3000);
  });

  test.each([
    ["has no role", (): Answer => (asked) => (asked.method === "PUT" ? { body: "t" } : { status: 404, body: "" })],
    ["is somebody else's server", (): Answer => () => ({ status: 404, body: "" })],
  ])("that %s gives nothing", async (_name, answer) => {
    expect(await findAwsCredentials((await world({ answer: answer() })).world, true)).toBeNull();
  });
});
