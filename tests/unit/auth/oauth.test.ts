import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { oauthLogin } from "../../../src/auth/oauth.ts";
import { loadConfig } from "../../../src/config/file.ts";
import { readSaved, type SavedCredential } from "../../../src/config/saved.ts";
import { InferError } from "../../../src/core/error.ts";
import { type FakeContext, fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const NOW = 1_800_000_000_000;
const CLIENT = { tokenUrl: "https://auth.example.com/oauth/token", clientId: "client-1" };

let folder: TemporaryFolder;
let codex: string;
let requests: { url: string; form: Record<string, string>; type: string | null }[];
let answer: (at: number) => Response | Promise<Response>;

beforeEach(() => {
  folder = new TemporaryFolder();
  codex = folder.file(".codex/auth.json");
  requests = [];
  answer = (at) => Response.json({ access_token: `access-${at}`, refresh_token: `refresh-${at}`, expires_in: 3600 });
});
afterEach(() => folder[Symbol.dispose]());

const fetch = (async (url: string, init: RequestInit) => {
  const form = Object.fromEntries(new URLSearchParams(String(init.body)));
  requests.push({ url, form, type: new Headers(init.headers).get("content-type") });
  return answer(requests.length);
}) as unknown as typeof globalThis.fetch;

function world(env: Record<string, string> = {}): FakeContext {
  return fakeContext({ env: { HOME: folder.path, INFER_KEYCHAIN: "off", ...env }, now: () => NOW, fetch });
}

function codexLogin(expires: number, more = {}): void {
  mkdirSync(dirname(codex), { recursive: true });
  const claims = Buffer.from(JSON.stringify({ exp: expires / 1000 })).toString("base64url");
  const tokens = { access_token: `h.${claims}.s`, refresh_token: "refresh-0", account_id: "me", ...more };
  writeFileSync(codex, JSON.stringify({ tokens }));
}

async function saved(context: FakeContext): Promise<SavedCredential> {
  const [first] = await readSaved(context, await loadConfig(context));
  const credential = await first?.read();
  if (!credential) throw new Error("nothing is saved");
  return credential;
}

async function open(context = world(), client: typeof CLIENT | null = CLIENT): Promise<string | undefined> {
  const session = await oauthLogin(context, await saved(context), client ?? undefined).open(
    new AbortController().signal,
  );
  return session.key;
}

const store = () => JSON.parse(readFileSync(folder.file(".local/state/infer/auth.json"), "utf8")).profiles;

describe("a login", () => {
  test("that is good for more than a minute is sent as it is", async () => {
    codexLogin(NOW + 61_000);
    expect(await open()).toStartWith("h.");
    expect(requests).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([".codex"]);
  });

  test("that ends within a minute is renewed, and kept in infer's own store alone", async () => {
    codexLogin(NOW + 59_000);
    const before = readFileSync(codex, "utf8");
    const context = world();
    expect(await open(context)).toBe("access-1");
    expect(requests).toEqual([
      {
        url: CLIENT.tokenUrl,
        form: { grant_type: "refresh_token", refresh_token: "refresh-0", client_id: "client-1" },
        type: "application/x-www-form-urlencoded",
      },
    ]);
    expect(readFileSync(codex, "utf8")).toBe(before);
    expect(store()).toEqual({
      "openai-codex:codex-cli": {
        type: "oauth",
        provider: "openai-codex",
        access: "access-1",
        refresh: "refresh-1",
        expires: NOW + 3_600_000,
        accountId: "me",
        renews: "codex",
      },
    });
    for (const secret of ["access-1", "refresh-1", "refresh-0"]) expect(context.secrets).toContain(secret);
    // From now on it is the one that is used.
    expect(await open()).toBe("access-1");
    expect(requests).toHaveLength(1);
    expect(readdirSync(folder.file(".local/state/infer"))).toEqual(["auth.json"]);
  });

  test("keeps its refresh token when there is no new one, and its end where its own token tells it", async () => {
    codexLogin(NOW);
    const token = `h.${Buffer.from(JSON.stringify({ exp: NOW / 1000 + 600 })).toString("base64url")}.s`;
    answer = () => Response.json({ access_token: token });
    await open();
    expect(store()["openai-codex:codex-cli"]).toMatchObject({ refresh: "refresh-0", expires: NOW + 600_000 });
  });

  test("of which only the refresh token is left gets an access token", async () => {
    codexLogin(NOW, { access_token: null });
    expect(await open()).toBe("access-1");
  });

  test("that two want at once is renewed once", async () => {
    codexLogin(NOW);
    answer = async (at) => {
      await Bun.sleep(50);
      return Response.json({ access_token: `access-${at}`, refresh_token: `refresh-${at}`, expires_in: 3600 });
    };
    const opened = await Promise.all(Array.from({ length: 5 }, () => open()));
    expect(new Set(opened)).toEqual(new Set(["access-1"]));
    expect(requests).toHaveLength(1);
  });

  test.each(["a file where the state folder belongs", "a folder that nobody can make"])(
    "is renewed without a lock where there is %s, and that it could not be kept is said",
    async (place) => {
      codexLogin(NOW);
      const state = place.startsWith("a file") ? codex : "/proc/nope";
      const context = world({ XDG_STATE_HOME: state });
      expect(await open(context)).toBe("access-1");
      expect(context.report.warnings).toEqual([
        expect.stringMatching(`could not be kept: ${state}/infer cannot be written`),
      ]);
    },
  );

  test("is renewed without a home, too", async () => {
    codexLogin(NOW);
    const context = fakeContext({
      env: { CODEX_HOME: dirname(codex), INFER_KEYCHAIN: "off" },
      now: () => NOW,
      fetch,
    });
    expect(await open(context)).toBe("access-1");
    expect(context.report.warnings).toEqual([
      "The renewed login of openai-codex could not be kept: There is no home folder to keep the key in.",
    ]);
  });
});

describe("a login that is renewed while the run ends", () => {
  async function ended(reason: InferError, byRun: boolean): Promise<InferError> {
    codexLogin(NOW);
    const [run, attempt] = [new AbortController(), new AbortController()];
    const context = { ...world(), signal: run.signal, endsAt: NOW };
    // The whole answer is there by then, and nothing is saved yet.
    context.secrets.add = (secret) => {
      if (secret === "refresh-1") (byRun ? run : attempt).abort(reason);
      return context.secrets;
    };
    return rejection(oauthLogin(context, await saved(world()), CLIENT).open(attempt.signal));
  }

  test.each([
    ["Ctrl-C", new InferError("interrupted", "Interrupted by SIGINT.", { exitCode: 130 }), true],
    ["SIGTERM", new InferError("interrupted", "Interrupted by SIGTERM.", { exitCode: 143 }), true],
    ["the deadline", new InferError("timeout", "Too late."), false],
  ] as const)("%s: what the vendor gave is kept, and the run ends all the same", async (_, reason, byRun) => {
    expect(await ended(reason, byRun)).toBe(reason);
    expect(store()["openai-codex:codex-cli"]).toMatchObject({ access: "access-1", refresh: "refresh-1" });
    expect(readdirSync(folder.file(".local/state/infer"))).toEqual(["auth.json"]);
  });

  test("a store that somebody else holds is not waited for", async () => {
    mkdirSync(folder.file(".local/state/infer"), { recursive: true });
    const held = { pid: process.pid, host: hostname(), token: "theirs" };
    writeFileSync(folder.file(".local/state/infer/auth.json.lock"), JSON.stringify(held));
    const started = performance.now();
    const reason = new InferError("interrupted", "Interrupted by SIGINT.");
    expect(await ended(reason, true)).toBe(reason);
    expect(performance.now() - started).toBeWithin(1900, 5000);
  });
});

test("a lock that somebody took over meanwhile is noticed before the refresh token is spent", async () => {
  codexLogin(NOW);
  const context = world();
  const login = await saved(context);
  const lock = folder.file(".local/state/infer/auth.json.renewal.lock");
  const latest = async (): Promise<SavedCredential> => {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), token: "theirs" }));
    return login;
  };
  const error = await rejection(oauthLogin(context, { ...login, latest }, CLIENT).open(new AbortController().signal));
  expect(error).toMatchObject({ type: "io", retryable: true });
  expect(requests).toEqual([]);
});

describe("what goes wrong", () => {
  test("a refusal is auth, with the vendor's words and the way to log in again", async () => {
    codexLogin(NOW);
    answer = () =>
      Response.json(
        { error: "invalid_grant", error_description: "Your refresh token was used before." },
        { status: 400 },
      );
    const error = await rejection(open());
    expect(error.type).toBe("auth");
    expect(error.message).toContain("Your refresh token was used before.");
    expect(error.details).toMatchObject({ status: 400, hint: "Log in again: codex login" });
    expect(readdirSync(folder.file(".local/state/infer"))).toEqual([]);
  });

  test("the hint is that of the tool whose login it is", async () => {
    const agent = folder.file(".openclaw/agents/main/agent/auth-profiles.json");
    mkdirSync(dirname(agent), { recursive: true });
    const profile = { type: "oauth", provider: "p", access: "a", refresh: "r", expires: NOW };
    writeFileSync(agent, JSON.stringify({ profiles: { "p:x": profile } }));
    answer = () => new Response("no", { status: 401 });
    const error = await rejection(open());
    expect([error.type, error.details.hint]).toEqual(["auth", "Log in again: openclaw models auth login --provider p"]);
  });

  test("a busy or broken vendor is no refusal", async () => {
    codexLogin(NOW);
    answer = () => new Response("busy", { status: 429 });
    expect((await rejection(open())).type).toBe("rate_limited");
    answer = () => new Response("<html>", { status: 503 });
    expect(await rejection(open())).toMatchObject({ type: "provider_error", details: { retryable: true } });
    answer = () => Response.json({ token: "?" });
    expect((await rejection(open())).type).toBe("provider_error");
  });

  test("an expired one that nothing can renew says so", async () => {
    codexLogin(NOW, { refresh_token: null });
    expect((await rejection(open())).message).toBe(`The login in ${codex} (Codex CLI) has expired.`);
    codexLogin(NOW);
    expect((await rejection(open(world(), null))).type).toBe("auth");
    expect(requests).toEqual([]);
  });

  test("one that nothing can renew is used to its end", async () => {
    codexLogin(NOW + 30_000, { refresh_token: null });
    expect(await open()).toStartWith("h.");
  });

  test("no token is ever in what is said", async () => {
    codexLogin(NOW);
    answer = () => Response.json({ error: { message: "bad refresh-0" } }, { status: 400 });
    const context = world();
    const error = await rejection(open(context));
    // The output takes out what the context knows.
    expect(context.secrets).toContain("refresh-0");
    expect(error.message).toContain("bad");
  });
});
