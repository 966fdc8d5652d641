import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openaiCodex } from "../../../src/auth/codex.ts";
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
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}
const withAccount = (account: string, more: object = {}): string =>
  jwt({ ...more, "https://api.openai.com/auth": { chatgpt_account_id: account } });

function saved(more: Partial<SavedCredential> = {}): SavedCredential {
  return {
    id: "openai-codex:codex-cli",
    provider: "openai-codex",
    kind: "oauth",
    secret: withAccount("account-of-the-token"),
    expires: NOW + 3_600_000,
    source: "the Codex CLI's login",
    own: false,
    place: "codex",
    file: "auth.json",
    ...more,
  };
}

const applicant = (more: Partial<Applicant>): Applicant => ({
  providerId: "openai-codex",
  providerName: "ChatGPT",
  env: {},
  named: true,
  ...more,
});

describe("a login of Codex", () => {
  test("is sent with the headers of the backend", async () => {
    const context = fakeContext({ now: () => NOW });
    const login = saved();
    const found = await openaiCodex.find(context, applicant({ saved: login }));
    expect(found?.source).toBe("the Codex CLI's login");
    const session = await found?.open(SIGNAL);
    const { session_id: id, "x-client-request-id": request, ...headers } = session?.headers ?? {};
    expect(session?.key).toBe(login.secret as string);
    expect(headers).toEqual({
      "chatgpt-account-id": "account-of-the-token",
      originator: "infer",
      "openai-beta": "responses=experimental",
      accept: "text/event-stream",
    });
    expect(id).toMatch(UUID);
    expect(request).toBe(id);
    expect(context.secrets.has(login.secret as string)).toBe(true);
  });

  test("names the account that was saved with it first", async () => {
    const found = await openaiCodex.find(
      fakeContext({ now: () => NOW }),
      applicant({ saved: saved({ accountId: "account-of-the-file" }) }),
    );
    expect((await found?.open(SIGNAL))?.headers?.["chatgpt-account-id"]).toBe("account-of-the-file");
  });

  test.each(["not-a-token", jwt({}), jwt({ "https://api.openai.com/auth": {} }), "a.!!!.c"])(
    "without an account cannot be used: %s",
    async (secret) => {
      const found = await openaiCodex.find(fakeContext({ now: () => NOW }), applicant({ saved: saved({ secret }) }));
      const error = await rejection(Promise.resolve(found?.open(SIGNAL)));
      expect(error).toMatchObject({ type: "auth", details: { hint: "Log in again: codex login" } });
      expect(error.message).not.toContain(secret);
    },
  );

  test("that has ended is renewed at OpenAI, with Codex's public client", async () => {
    const renewed = withAccount("account-of-the-new-token", { exp: NOW / 1000 + 7200 });
    await using server = await FaultServer.start((socket) =>
      respond(socket, 200, JSON.stringify({ access_token: renewed, refresh_token: "refresh-2", expires_in: 7200 })),
    );
    const fetch = ((address: string | URL | Request, init?: RequestInit) =>
      globalThis.fetch(
        String(address).replace("https://auth.openai.com", server.url),
        init,
      )) as typeof globalThis.fetch;
    const env = { HOME: folder.file("home") };
    mkdirSync(env.HOME, { recursive: true });
    const context = fakeContext({ fetch, now: () => NOW, env });
    const login = saved({ expires: NOW - 1, refresh: "refresh-1" });
    const found = await openaiCodex.find(context, applicant({ env, saved: login }));
    const session = await found?.open(SIGNAL);
    expect(session?.key).toBe(renewed);
    expect(session?.headers?.["chatgpt-account-id"]).toBe("account-of-the-new-token");
    expect(server.seen[0]?.path).toBe("/oauth/token");
    expect(Object.fromEntries(new URLSearchParams(server.seen[0]?.body))).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    });
    await found?.open(SIGNAL);
    expect(server.seen).toHaveLength(1);
  });

  test("there is none", async () => {
    expect(await openaiCodex.find(fakeContext(), applicant({}))).toBeNull();
  });
});

describe("model run", () => {
  const FRAMES = [
    { type: "response.output_text.delta", delta: "ok" },
    { type: "response.completed", response: { status: "completed", output: [] } },
  ];

  async function run(more: string[] = []) {
    await using server = await FaultServer.start((socket) =>
      respond(socket, 200, FRAMES.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(""), {
        "content-type": "text/event-stream",
      }),
    );
    const home = folder.file(Bun.randomUUIDv7());
    mkdirSync(home);
    const access_token = withAccount("account-1", { exp: Math.floor(Date.now() / 1000) + 7200 });
    writeFileSync(join(home, "auth.json"), JSON.stringify({ tokens: { access_token, refresh_token: "r" } }));
    const config = join(home, "config.json");
    writeFileSync(config, JSON.stringify({ models: { providers: { "openai-codex": { baseUrl: server.url } } } }));
    const argv = ["model", "run", "--prompt", "Hi", "--model", "openai-codex/gpt-5.5", "--config", config, "--json"];
    const result = await runInProcess([...argv, ...more], { env: { CODEX_HOME: home } });
    return { document: JSON.parse(result.stdout), seen: server.seen[0], access_token };
  }

  test("openai-codex with the login of Codex: instructions, and nothing that the backend refuses", async () => {
    const { document, seen, access_token } = await run(["--max-tokens", "9", "--temperature", "0.5"]);
    expect(document).toMatchObject({ ok: true, provider: "openai-codex", outputs: [{ text: "ok" }] });
    expect(document.ignoredOverrides).toEqual([
      { key: "maxTokens", value: 9 },
      { key: "temperature", value: 0.5 },
    ]);
    expect(seen?.path).toBe("/responses");
    expect(seen?.headers).toMatchObject({
      authorization: `Bearer ${access_token}`,
      "chatgpt-account-id": "account-1",
      originator: "infer",
      "openai-beta": "responses=experimental",
      accept: "text/event-stream",
    });
    expect(JSON.parse(seen?.body ?? "{}")).toEqual({
      model: "gpt-5.5",
      instructions: "You are a helpful assistant.",
      input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }],
      stream: true,
      store: false,
    });
  });

  test("a system prompt takes the place of the instructions", async () => {
    const { seen } = await run(["--system", "Be brief"]);
    expect(JSON.parse(seen?.body ?? "{}").instructions).toBe("Be brief");
  });
});
