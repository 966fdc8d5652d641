import { afterAll, describe, expect, test } from "bun:test";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { googleAdc } from "../../../src/auth/google.ts";
import type { Applicant } from "../../../src/auth/scheme.ts";
import { InferError } from "../../../src/core/error.ts";
import { FaultServer, respond, type Seen } from "../../hazards/fault-server.ts";
import { fakeContext, runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const NOW = 1_800_000_000_000;
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const SIGNAL = new AbortController().signal;
const TOKEN = "ya29.the-access-token";
/** Nobody listens there: whoever asks it fails the test by the time that it takes. */
const NOWHERE = { GCE_METADATA_HOST: "127.0.0.1:1" };

function file(content: unknown): string {
  const path = folder.file(`${Bun.randomUUIDv7()}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function applicant(more: Partial<Applicant> = {}): Applicant {
  const { env, ...rest } = more;
  return { providerId: "google-vertex", providerName: "Vertex", named: true, env: { ...NOWHERE, ...env }, ...rest };
}

/** A token endpoint, and whatever else is asked of Google, by path. */
function google(answers: Record<string, unknown> = { "/token": { access_token: TOKEN, expires_in: 3599 } }) {
  return FaultServer.start((socket, { path }) => {
    const answer = answers[path];
    if (answer === undefined) respond(socket, 404, "{}");
    else
      respond(socket, 200, typeof answer === "string" ? answer : JSON.stringify(answer), {
        "metadata-flavor": "Google",
      });
  });
}

const formOf = (seen: Seen | undefined): Record<string, string> => Object.fromEntries(new URLSearchParams(seen?.body));

async function open(path: string, more: Partial<Applicant> = {}, context = fakeContext({ now: () => NOW })) {
  const found = await googleAdc.find(context, applicant({ env: { GOOGLE_APPLICATION_CREDENTIALS: path }, ...more }));
  if (!found) throw new Error("nothing found");
  return { session: await found.open(SIGNAL), found, context };
}

const serviceAccount = (server: FaultServer) => ({
  type: "service_account",
  project_id: "project-of-the-key",
  private_key_id: "kid-1",
  private_key: PEM,
  client_email: "robot@project.iam.gserviceaccount.com",
  token_uri: `${server.url}/token`,
});
const user = (server: FaultServer) => ({
  type: "authorized_user",
  client_id: "client",
  client_secret: "client-secret",
  refresh_token: "refresh-token",
  quota_project_id: "project-of-the-quota",
  token_uri: `${server.url}/token`,
});

describe("a service account", () => {
  test("signs its own claims, which the public key verifies", async () => {
    await using server = await google();
    const { session, found, context } = await open(file(serviceAccount(server)));
    expect(session).toEqual({
      headers: { authorization: `Bearer ${TOKEN}` },
      settings: { project: "project-of-the-key" },
    });
    const form = formOf(server.seen[0]);
    expect(server.seen[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(form.grant_type).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [header = "", claims = "", signature = ""] = form.assertion?.split(".") ?? [];
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
    expect(decode(header)).toEqual({ alg: "RS256", typ: "JWT", kid: "kid-1" });
    expect(decode(claims)).toEqual({
      iss: "robot@project.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: `${server.url}/token`,
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    });
    const verifier = createVerify("RSA-SHA256").update(`${header}.${claims}`);
    expect(verifier.verify(publicKey, signature, "base64url")).toBe(true);
    expect(found.source).toBe("GOOGLE_APPLICATION_CREDENTIALS");
    expect([...context.secrets]).toContainValues([PEM, TOKEN, form.assertion ?? ""]);
  });

  test("asks once for as long as the token is good", async () => {
    await using server = await google();
    let now = NOW;
    const context = fakeContext({ now: () => now });
    const { found } = await open(file(serviceAccount(server)), {}, context);
    await found.open(SIGNAL);
    expect(server.seen).toHaveLength(1);
    now += 3_590_000;
    await found.open(SIGNAL);
    expect(server.seen).toHaveLength(2);
  });

  test("with a key that is none is refused without the key", async () => {
    await using server = await google();
    const error = await rejection(open(file({ ...serviceAccount(server), private_key: "MIIsecret" })));
    expect(error.type).toBe("auth");
    expect(error.message).toContain("not an RSA key in PEM");
    expect(error.message).not.toContain("MIIsecret");
  });
});

describe("a login by gcloud", () => {
  test("is refreshed, and billed to its project", async () => {
    await using server = await google();
    const { session } = await open(file(user(server)));
    expect(formOf(server.seen[0])).toEqual({
      grant_type: "refresh_token",
      client_id: "client",
      client_secret: "client-secret",
      refresh_token: "refresh-token",
    });
    expect(session).toEqual({
      headers: { authorization: `Bearer ${TOKEN}`, "x-goog-user-project": "project-of-the-quota" },
      settings: { project: "project-of-the-quota" },
    });
  });

  test("is found where gcloud keeps it, and named by its path", async () => {
    await using server = await google();
    for (const [variable, ...below] of [["CLOUDSDK_CONFIG"], ["HOME", ".config", "gcloud"], ["APPDATA", "gcloud"]]) {
      const home = folder.file(Bun.randomUUIDv7());
      const place = join(home, ...below);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "application_default_credentials.json"), JSON.stringify(user(server)));
      const found = await googleAdc.find(fakeContext(), applicant({ env: { [variable ?? ""]: home } }));
      expect(found?.source).toBe(join(place, "application_default_credentials.json"));
      expect((await found?.open(SIGNAL))?.headers?.authorization).toBe(`Bearer ${TOKEN}`);
    }
  });

  test("that Google refuses is an auth error in Google's words, with the way out", async () => {
    await using server = await FaultServer.start((socket) =>
      respond(socket, 400, '{"error":"invalid_grant","error_description":"Token has been expired or revoked."}'),
    );
    const error = await rejection(open(file(user(server))));
    expect(error).toMatchObject({
      type: "auth",
      message: `127.0.0.1:${server.port} answered 400: invalid_grant, Token has been expired or revoked.`,
      details: { status: 400, hint: "Log in again: gcloud auth application-default login" },
    });
    expect(error.retryable).toBe(false);
  });

  test.each([
    [429, "rate_limited"],
    [503, "provider_error"],
  ] as const)("a %i of the token endpoint passes", async (status, type) => {
    await using server = await FaultServer.start((socket) => respond(socket, status, "busy"));
    expect(await rejection(open(file(user(server))))).toMatchObject({ type, retryable: true });
  });
});

describe("an account that another acts for", () => {
  test("is impersonated with the source's token", async () => {
    await using server = await google({
      "/token": { access_token: "ya29.source", expires_in: 3599 },
      "/impersonate:generateAccessToken": { accessToken: TOKEN, expireTime: new Date(NOW + 3_600_000).toISOString() },
    });
    const { session } = await open(
      file({
        type: "impersonated_service_account",
        service_account_impersonation_url: `${server.url}/impersonate:generateAccessToken`,
        source_credentials: user(server),
        delegates: ["projects/-/serviceAccounts/between"],
      }),
    );
    expect(session.headers?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(server.seen[1]?.headers.authorization).toBe("Bearer ya29.source");
    expect(JSON.parse(server.seen[1]?.body ?? "")).toEqual({
      scope: ["https://www.googleapis.com/auth/cloud-platform"],
      lifetime: "3600s",
      delegates: ["projects/-/serviceAccounts/between"],
    });
  });
});

describe("workload identity", () => {
  const external = (server: FaultServer, credential_source: object, more: object = {}) => ({
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${server.url}/token`,
    credential_source,
    ...more,
  });

  test("exchanges the token of a file", async () => {
    await using server = await google();
    const subject = file("the.subject.token\n");
    const { session, context } = await open(file(external(server, { file: subject })));
    expect(session).toEqual({ headers: { authorization: `Bearer ${TOKEN}` } });
    expect(formOf(server.seen[0])).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      subject_token: "the.subject.token",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    });
    expect(context.secrets.has("the.subject.token")).toBe(true);
  });

  test("exchanges the token of an address, in JSON, and acts for a service account", async () => {
    await using server = await google({
      "/subject": { value: "subject-by-url" },
      "/token": { access_token: "ya29.federated", expires_in: 3599 },
      "/act": { accessToken: TOKEN, expireTime: "2030-01-01T00:00:00Z" },
    });
    const source = {
      url: `${server.url}/subject`,
      headers: { metadata: "True" },
      format: { type: "json", subject_token_field_name: "value" },
    };
    const more = { service_account_impersonation_url: `${server.url}/act`, client_id: "id", client_secret: "secret" };
    const { session } = await open(file(external(server, source, more)));
    expect(server.seen.map(({ path }) => path)).toEqual(["/subject", "/token", "/act"]);
    expect(server.seen[0]?.headers.metadata).toBe("True");
    expect(formOf(server.seen[1]).subject_token).toBe("subject-by-url");
    expect(server.seen[1]?.headers.authorization).toBe(`Basic ${btoa("id:secret")}`);
    expect(server.seen[2]?.headers.authorization).toBe("Bearer ya29.federated");
    expect(session.headers?.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test("from a program is refused in words", async () => {
    await using server = await google();
    const error = await rejection(open(file(external(server, { executable: { command: "x" } }))));
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("from a file or an address only") });
  });
});

describe("the metadata server", () => {
  const METADATA = {
    "/": "computeMetadata/\n",
    "/computeMetadata/v1/instance/service-accounts/default/token": { access_token: TOKEN, expires_in: 3000 },
    "/computeMetadata/v1/project/project-id": "project-of-the-machine",
  };

  test("gives a token and the project, once the provider is named", async () => {
    await using server = await google(METADATA);
    const env = { GCE_METADATA_HOST: `127.0.0.1:${server.port}` };
    expect(await googleAdc.find(fakeContext(), applicant({ env, named: false }))).toBeNull();
    expect(server.seen).toEqual([]);
    const found = await googleAdc.find(fakeContext(), applicant({ env }));
    expect(found?.source).toBe(`the metadata server 127.0.0.1:${server.port}`);
    expect(await found?.open(SIGNAL)).toEqual({
      headers: { authorization: `Bearer ${TOKEN}` },
      settings: { project: "project-of-the-machine" },
    });
    expect(server.seen.every(({ headers }) => headers["metadata-flavor"] === "Google")).toBe(true);
  });

  test("is asked past every proxy, and leads nowhere else", async () => {
    const seen: { url: string; proxy: unknown; redirect: unknown }[] = [];
    const fetch = (async (url: URL, { proxy, redirect }: BunFetchRequestInit) => {
      seen.push({ url: String(url), proxy, redirect });
      return Response.json({ access_token: TOKEN, expires_in: 9 }, { headers: { "metadata-flavor": "Google" } });
    }) as unknown as typeof globalThis.fetch;
    const env = { GCE_METADATA_HOST: "", HTTP_PROXY: "http://proxy.example:1" };
    const found = await googleAdc.find(fakeContext({ fetch, env }), applicant({ env }));
    await found?.open(SIGNAL);
    const base = "http://metadata.google.internal";
    expect(seen.map(({ url }) => url)).toEqual([
      `${base}/`,
      `${base}/computeMetadata/v1/instance/service-accounts/default/token`,
      `${base}/computeMetadata/v1/project/project-id`,
    ]);
    expect(seen.every(({ proxy, redirect }) => proxy === false && redirect === "manual")).toBe(true);
  });

  test("a redirect of its is no token", async () => {
    await using other = await google({ "/": { access_token: "stolen", expires_in: 9 } });
    await using server = await FaultServer.start((socket, { path }) =>
      respond(socket, path === "/" ? 200 : 302, "", { "metadata-flavor": "Google", location: `${other.url}/` }),
    );
    const env = { GCE_METADATA_HOST: `127.0.0.1:${server.port}` };
    const found = await googleAdc.find(fakeContext(), applicant({ env }));
    expect(await rejection(Promise.resolve(found?.open(SIGNAL)))).toMatchObject({ type: "auth" });
    expect(other.seen).toEqual([]);
  });

  test("Ctrl-C while it is looked for ends the run", async () => {
    await using server = await FaultServer.start(() => undefined);
    const controller = new AbortController();
    const reason = new InferError("interrupted", "Interrupted by SIGINT.");
    setTimeout(() => controller.abort(reason), 30);
    const env = { GCE_METADATA_HOST: `127.0.0.1:${server.port}` };
    const looking = googleAdc.find(fakeContext({ signal: controller.signal }), applicant({ env }));
    expect(await rejection(looking)).toBe(reason);
  });

  test.each([
    ["somebody else", (server: FaultServer) => server],
    ["nobody", () => null],
  ])("%s is no metadata server", async (_, who) => {
    await using server = await FaultServer.start((socket) => respond(socket, 200, "hello"));
    const port = who(server)?.port ?? 1;
    expect(
      await googleAdc.find(fakeContext(), applicant({ env: { GCE_METADATA_HOST: `127.0.0.1:${port}` } })),
    ).toBeNull();
  });

  test("that never answers is not waited for", async () => {
    await using server = await FaultServer.start(() => undefined);
    const started = performance.now();
    expect(
      await googleAdc.find(fakeContext(), applicant({ env: { GCE_METADATA_HOST: `127.0.0.1:${server.port}` } })),
    ).toBeNull();
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("what is found", () => {
  test("a key goes into Google's own header, and needs no project", async () => {
    const key = { text: "AIza-key", source: "GOOGLE_CLOUD_API_KEY", origin: "env" as const };
    const express = await googleAdc.find(fakeContext(), applicant({ key }));
    expect(await express?.open(SIGNAL)).toEqual({
      key: "AIza-key",
      baseUrl: "https://aiplatform.googleapis.com/v1/publishers/google",
    });
    const settings = { project: "p", location: "us-central1" };
    const regional = await googleAdc.find(fakeContext(), applicant({ key, settings }));
    expect(await regional?.open(SIGNAL)).toEqual({ key: "AIza-key" });
    const claude = await googleAdc.find(fakeContext(), applicant({ key, providerId: "anthropic-vertex" }));
    expect(await claude?.open(SIGNAL)).toEqual({ key: "AIza-key" });
  });

  test("OpenClaw's marker is no key", async () => {
    const key = {
      text: "gcp-vertex-credentials",
      source: "models.providers.google-vertex.apiKey",
      origin: "env" as const,
    };
    expect(await googleAdc.find(fakeContext(), applicant({ key }))).toBeNull();
  });

  test("a file chooses nobody by itself: project and location have to be told as well", async () => {
    await using server = await google();
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file(serviceAccount(server)) };
    const unnamed = (settings: Record<string, string>) =>
      googleAdc.find(fakeContext(), applicant({ env, named: false, settings }));
    expect(await unnamed({})).toBeNull();
    expect(await unnamed({ project: "p" })).toBeNull();
    expect(await unnamed({ project: "p", location: "us-central1" })).not.toBeNull();
    expect(server.seen).toEqual([]);
  });

  test.each([
    ["there is no such file", undefined],
    ["it is not JSON", "{"],
    ["infer does not know its kind of login", { type: "gdch_service_account" }],
    ["client_email is not as it should be", { type: "service_account", private_key: "x" }],
    ["a token address that is not https", { ...user({ url: "http://example.com" } as FaultServer) }],
  ])("a file that cannot be used says so when it is opened: %s", async (words, content) => {
    const path = content === undefined ? folder.file("absent.json") : file(content);
    const error = await rejection(open(path));
    expect(error.type).toBe("auth");
    expect(error.message).toContain(words);
    expect(error.message).toContain(path);
  });
});

describe("model run", () => {
  async function run(id: string, model: string, answer: string, base: string, env: Record<string, string> = {}) {
    await using server = await FaultServer.start((socket, { path }) => {
      if (path === "/token") respond(socket, 200, JSON.stringify({ access_token: TOKEN, expires_in: 3599 }));
      else respond(socket, 200, answer, { "content-type": "application/json" });
    });
    const config = file({ models: { providers: { [id]: { baseUrl: server.url + base } } } });
    const adc = file(serviceAccount(server));
    const argv = ["model", "run", "--prompt", "Hi", "--model", `${id}/${model}`, "--config", config, "--json"];
    const result = await runInProcess(argv, { env: { ...NOWHERE, GOOGLE_APPLICATION_CREDENTIALS: adc, ...env } });
    return { document: JSON.parse(result.stdout), seen: server.seen.at(-1), result };
  }

  const GEMINI = JSON.stringify({ candidates: [{ content: { parts: [{ text: "ok" }] }, finishReason: "STOP" }] });
  const CLAUDE = JSON.stringify({ type: "message", content: [{ type: "text", text: "ok" }], stop_reason: "end_turn" });

  test("google-vertex with a service account", async () => {
    const { document, seen } = await run(
      "google-vertex",
      "gemini-3-flash-preview",
      GEMINI,
      "/v1/projects/p/locations/global/publishers/google",
    );
    expect(document).toMatchObject({ ok: true, provider: "google-vertex", outputs: [{ text: "ok" }] });
    expect(seen?.path).toBe(
      "/v1/projects/p/locations/global/publishers/google/models/gemini-3-flash-preview:streamGenerateContent?alt=sse",
    );
    expect(seen?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(seen?.headers["x-goog-api-key"]).toBeUndefined();
  });

  test("google-vertex with a key", async () => {
    const { seen } = await run("google-vertex", "gemini-3-flash-preview", GEMINI, "/v1", {
      GOOGLE_CLOUD_API_KEY: "AIza-key",
    });
    expect(seen?.headers["x-goog-api-key"]).toBe("AIza-key");
    expect(seen?.headers.authorization).toBeUndefined();
  });

  test("anthropic-vertex: the model in the path, the version in the body", async () => {
    const { document, seen } = await run("anthropic-vertex", "claude-sonnet-4-5@20250929", CLAUDE, "");
    expect(document).toMatchObject({ ok: true, provider: "anthropic-vertex", outputs: [{ text: "ok" }] });
    expect(seen?.path).toBe("/models/claude-sonnet-4-5@20250929:streamRawPredict");
    expect(seen?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const body = JSON.parse(seen?.body ?? "{}");
    expect(body.anthropic_version).toBe("vertex-2023-10-16");
    expect(body).not.toContainKey("model");
  });

  test("without anything set up says what to do", async () => {
    const argv = ["model", "run", "--prompt", "x", "--model", "google-vertex/gemini-3-flash-preview", "--json"];
    const { error } = await runInProcess(argv, { env: NOWHERE });
    expect(error).toMatchObject({
      type: "auth",
      message: expect.stringMatching(
        /^No credential for Google Vertex AI: run `gcloud auth application-default login`/,
      ),
    });
  });
});

describe("the addresses", () => {
  /** Where a request goes, without sending it anywhere. */
  async function urlOf(id: string, model: string, env: Record<string, string>): Promise<string> {
    await using server = await google();
    let url = "";
    const fetch = (async (address: string | URL | Request, init?: RequestInit) => {
      if (String(address).startsWith(server.url)) return globalThis.fetch(address, init);
      url = String(address);
      return new Response('{"error":{"message":"seen"}}', { status: 418 });
    }) as typeof globalThis.fetch;
    const adc = file(serviceAccount(server));
    const argv = ["model", "run", "--prompt", "x", "--model", `${id}/${model}`, "--json"];
    await runInProcess(argv, { env: { ...NOWHERE, GOOGLE_APPLICATION_CREDENTIALS: adc, ...env }, fetch });
    return url;
  }

  test.each([
    [{}, "aiplatform.googleapis.com/v1/projects/project-of-the-key/locations/global"],
    [{ GOOGLE_CLOUD_PROJECT: "mine" }, "aiplatform.googleapis.com/v1/projects/mine/locations/global"],
    [
      { GOOGLE_CLOUD_LOCATION: "europe-west1" },
      "europe-west1-aiplatform.googleapis.com/v1/projects/project-of-the-key/locations/europe-west1",
    ],
    [{ GOOGLE_CLOUD_LOCATION: "us" }, "aiplatform.us.rep.googleapis.com/v1/projects/project-of-the-key/locations/us"],
    [{ GOOGLE_CLOUD_LOCATION: "eu" }, "aiplatform.eu.rep.googleapis.com/v1/projects/project-of-the-key/locations/eu"],
  ])("%j", async (env, place) => {
    expect(await urlOf("google-vertex", "gemini-x", env)).toBe(
      `https://${place}/publishers/google/models/gemini-x:streamGenerateContent?alt=sse`,
    );
    expect(await urlOf("anthropic-vertex", "claude-x", env)).toBe(
      `https://${place}/publishers/anthropic/models/claude-x:streamRawPredict`,
    );
  });

  test("a key without a project goes the express way", async () => {
    expect(await urlOf("google-vertex", "gemini-x", { GOOGLE_CLOUD_API_KEY: "AIza-key" })).toBe(
      "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-x:streamGenerateContent?alt=sse",
    );
  });
});
