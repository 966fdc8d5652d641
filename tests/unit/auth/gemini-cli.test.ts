import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { googleGeminiCli } from "../../../src/auth/gemini-cli.ts";
import type { Applicant } from "../../../src/auth/scheme.ts";
import type { SavedCredential } from "../../../src/config/saved.ts";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { fakeContext, runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const NOW = 1_800_000_000_000;
const SIGNAL = new AbortController().signal;
const CLIENT = { GEMINI_CLI_OAUTH_CLIENT_ID: "client", GEMINI_CLI_OAUTH_CLIENT_SECRET: "client-secret" };
const LOGIN = { access_token: "ya29.mine", refresh_token: "refresh-mine", expiry_date: NOW + 3_600_000 };

/** A home where Gemini CLI has logged in. */
function home(login: object | string): string {
  const path = folder.file(Bun.randomUUIDv7());
  mkdirSync(join(path, ".gemini"), { recursive: true });
  writeFileSync(join(path, ".gemini", "oauth_creds.json"), typeof login === "string" ? login : JSON.stringify(login));
  return path;
}

/** Google's token endpoint and Code Assist, on one server. */
function google(answers: Record<string, object> = {}) {
  const all: Record<string, object> = {
    "/token": { access_token: "ya29.renewed", expires_in: 3599 },
    "/v1internal:loadCodeAssist": { currentTier: { id: "free-tier" }, cloudaicompanionProject: "project-of-google" },
    ...answers,
  };
  return FaultServer.start((socket, { path }) =>
    respond(socket, all[path] ? 200 : 404, JSON.stringify(all[path] ?? {})),
  );
}

function worldOf(server: FaultServer) {
  const fetch = ((address: string | URL | Request, init?: RequestInit) =>
    globalThis.fetch(
      String(address).replace(/^https:\/\/(?:oauth2|cloudcode-pa)\.googleapis\.com/, server.url),
      init,
    )) as typeof globalThis.fetch;
  return fakeContext({ fetch, now: () => NOW });
}

function applicant(more: Partial<Applicant>): Applicant {
  return { providerId: "google-gemini-cli", providerName: "Gemini CLI", named: true, env: {}, ...more };
}

const saved: SavedCredential = {
  id: "google-gemini-cli:me",
  provider: "google-gemini-cli",
  kind: "oauth",
  secret: "ya29.saved",
  refresh: "refresh-saved",
  expires: NOW + 3_600_000,
  source: "OpenClaw's profile",
  own: false,
  place: "openclaw",
  file: "auth-profiles.json",
};

describe("a login that is good", () => {
  test("is sent as it is, with the project that Google tells", async () => {
    await using server = await google();
    const context = worldOf(server);
    const env = { HOME: home(LOGIN) };
    const found = await googleGeminiCli.find(context, applicant({ env, named: false }));
    expect(found?.source).toBe(join(env.HOME, ".gemini", "oauth_creds.json"));
    expect(server.seen).toEqual([]);
    expect(await found?.open(SIGNAL)).toEqual({
      headers: { authorization: "Bearer ya29.mine" },
      settings: { project: "project-of-google" },
    });
    expect(server.seen.map(({ path }) => path)).toEqual(["/v1internal:loadCodeAssist"]);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer ya29.mine");
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({
      metadata: { ideType: "IDE_UNSPECIFIED", platform: "PLATFORM_UNSPECIFIED", pluginType: "GEMINI" },
    });
    expect([...context.secrets]).toContainValues(["ya29.mine", "refresh-mine"]);
    await found?.open(SIGNAL);
    expect(server.seen).toHaveLength(1);
  });

  test("with a project that the user names asks nobody", async () => {
    await using server = await google();
    const found = await googleGeminiCli.find(
      worldOf(server),
      applicant({ env: { GEMINI_CLI_HOME: home(LOGIN) }, settings: { project: "mine" } }),
    );
    expect((await found?.open(SIGNAL))?.settings).toEqual({ project: "mine" });
    expect(server.seen).toEqual([]);
  });

  test("of OpenClaw comes before Gemini CLI's own", async () => {
    await using server = await google({ "/v1internal:loadCodeAssist": { cloudaicompanionProject: { id: "by-id" } } });
    const found = await googleGeminiCli.find(worldOf(server), applicant({ saved, env: { HOME: home(LOGIN) } }));
    expect(found?.source).toBe("OpenClaw's profile");
    expect(await found?.open(SIGNAL)).toEqual({
      headers: { authorization: "Bearer ya29.saved" },
      settings: { project: "by-id" },
    });
  });
});

describe("a login that has ended", () => {
  const ended = { ...LOGIN, expiry_date: NOW + 1000 };

  test("is renewed with the client that the user gives", async () => {
    await using server = await google();
    const context = worldOf(server);
    const found = await googleGeminiCli.find(context, applicant({ env: { ...CLIENT, HOME: home(ended) } }));
    expect((await found?.open(SIGNAL))?.headers).toEqual({ authorization: "Bearer ya29.renewed" });
    expect(Object.fromEntries(new URLSearchParams(server.seen[0]?.body))).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-mine",
      client_id: "client",
      client_secret: "client-secret",
    });
    expect([...context.secrets]).toContainValues(["client-secret", "ya29.renewed"]);
  });

  test("OpenClaw's variables for the client come first", async () => {
    await using server = await google();
    const env = { ...CLIENT, OPENCLAW_GEMINI_OAUTH_CLIENT_ID: "theirs", HOME: home(ended) };
    await (await googleGeminiCli.find(worldOf(server), applicant({ env })))?.open(SIGNAL);
    expect(new URLSearchParams(server.seen[0]?.body).get("client_id")).toBe("theirs");
  });

  test("without one says what to run, and chooses nobody by itself", async () => {
    await using server = await google();
    const env = { HOME: home(ended) };
    expect(await googleGeminiCli.find(worldOf(server), applicant({ env, named: false }))).toBeNull();
    const found = await googleGeminiCli.find(worldOf(server), applicant({ env }));
    const error = await rejection(Promise.resolve(found?.open(SIGNAL)));
    expect(error.message).toBe(`The login in ${found?.source} has expired.`);
    expect(error).toMatchObject({ type: "auth", details: { hint: expect.stringContaining("Run `gemini` once") } });
    expect(server.seen).toEqual([]);
  });
});

describe("what cannot be used", () => {
  test("no login, no home", async () => {
    expect(await googleGeminiCli.find(fakeContext(), applicant({ env: { HOME: folder.path } }))).toBeNull();
    expect(await googleGeminiCli.find(fakeContext(), applicant({}))).toBeNull();
  });

  test("a file that is none", async () => {
    const found = await googleGeminiCli.find(fakeContext(), applicant({ env: { HOME: home("{") } }));
    expect((await rejection(Promise.resolve(found?.open(SIGNAL)))).type).toBe("auth");
  });

  test("an account that Google does not let in, in Google's words", async () => {
    const reasonMessage = "Your account is not eligible for Gemini Code Assist.";
    await using server = await google({ "/v1internal:loadCodeAssist": { ineligibleTiers: [{ reasonMessage }] } });
    const found = await googleGeminiCli.find(worldOf(server), applicant({ env: { HOME: home(LOGIN) } }));
    const error = await rejection(Promise.resolve(found?.open(SIGNAL)));
    expect(error).toMatchObject({ type: "auth", message: reasonMessage });
    expect(error.details.hint).toContain("GOOGLE_CLOUD_PROJECT");
  });
});

test("model run", async () => {
  const frame = { response: { candidates: [{ content: { parts: [{ text: "ok" }] }, finishReason: "STOP" }] } };
  await using server = await FaultServer.start((socket, { path }) => {
    if (path === "/v1internal:loadCodeAssist") respond(socket, 200, '{"cloudaicompanionProject":"project-of-google"}');
    else respond(socket, 200, `data: ${JSON.stringify(frame)}\n\n`, { "content-type": "text/event-stream" });
  });
  const login = { ...LOGIN, expiry_date: Date.now() + 3_600_000 };
  const argv = ["model", "run", "--prompt", "Hi", "--model", "gemini-cli/gemini-3-flash-preview", "--json"];
  const env = { HOME: home(login), CODE_ASSIST_ENDPOINT: server.url };
  const document = JSON.parse((await runInProcess(argv, { env })).stdout);
  expect(document).toMatchObject({ ok: true, provider: "google-gemini-cli", outputs: [{ text: "ok" }] });
  const [, seen] = server.seen;
  expect(seen?.path).toBe("/v1internal:streamGenerateContent?alt=sse");
  expect(seen?.headers.authorization).toBe("Bearer ya29.mine");
  expect(JSON.parse(seen?.body ?? "{}")).toEqual({
    model: "gemini-3-flash-preview",
    project: "project-of-google",
    request: { contents: [{ role: "user", parts: [{ text: "Hi" }] }] },
  });
});
