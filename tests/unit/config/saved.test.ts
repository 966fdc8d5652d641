import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadConfig } from "../../../src/config/file.ts";
import { readOpenclaw } from "../../../src/config/openclaw.ts";
import { readSaved } from "../../../src/config/saved.ts";
import { type FakeContext, fakeContext } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const agent = (name = "main"): string => join(".openclaw", "agents", name, "agent");

function put(path: string, content: unknown): string {
  const file = folder.file(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function context(env: Record<string, string> = {}, options = {}): FakeContext {
  return fakeContext({ env: { HOME: folder.path, INFER_KEYCHAIN: "off", ...env }, now: () => NOW, options });
}

async function saved(world = context()) {
  const profiles = await readSaved(world, await loadConfig(world));
  return (await Promise.all(profiles.map((profile) => profile.read()))).filter((one) => one !== undefined);
}

async function idsOf(world = context()): Promise<string[]> {
  return (await saved(world)).map(({ id }) => id);
}

const key = (provider: string, text: string, more = {}) => ({ type: "api_key", provider, key: text, ...more });
const login = (provider: string, access: string, more = {}) => ({
  type: "oauth",
  provider,
  access,
  refresh: `refresh-${access}`,
  expires: NOW + HOUR,
  ...more,
});

function database(path: string, statements: readonly [sql: string, ...values: string[]][], isOpen = false): Database {
  const file = folder.file(path);
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.run("PRAGMA journal_mode = WAL");
  for (const [sql, ...values] of statements) db.run(sql, values);
  if (!isOpen) db.close();
  return db;
}

const AGENT_TABLES: [string][] = [
  ["CREATE TABLE auth_profile_store (store_key TEXT PRIMARY KEY, store_json TEXT NOT NULL, updated_at INTEGER)"],
  ["CREATE TABLE auth_profile_state (state_key TEXT PRIMARY KEY, state_json TEXT NOT NULL, updated_at INTEGER)"],
];
const SHARED_TABLES: [string][] = [
  ["CREATE TABLE auth_profile_stores (store_key TEXT PRIMARY KEY, store_json TEXT NOT NULL, updated_at INTEGER)"],
  ["CREATE TABLE auth_profile_state (store_key TEXT PRIMARY KEY, state_json TEXT NOT NULL, updated_at INTEGER)"],
];
const insert = (table: string, row: string, json: unknown): [string, string, string] => [
  `INSERT INTO ${table} VALUES (?, ?, 1)`,
  row,
  typeof json === "string" ? json : JSON.stringify(json),
];

describe("what is there", () => {
  test("nothing is nothing, and not worth a word", async () => {
    const world = context();
    expect(await saved(world)).toEqual([]);
    expect(world.report.warnings).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("no home is nothing, too", async () => {
    const world = fakeContext({ env: { INFER_KEYCHAIN: "off" } });
    expect(await saved(world)).toEqual([]);
  });

  test("infer's own come first, then OpenClaw's, then Codex's", async () => {
    put(".local/state/infer/auth.json", { version: 1, profiles: { "openai:default": key("openai", "own") } });
    const file = put(`${agent()}/auth-profiles.json`, {
      version: 1,
      profiles: { "openai:work": key("openai", "claw") },
    });
    const codex = put(".codex/auth.json", { OPENAI_API_KEY: "codex" });
    const found = await saved();
    expect(found.map(({ id, secret, own, place }) => [id, secret, own, place])).toEqual([
      ["openai:default", "own", true, "infer"],
      ["openai:work", "claw", false, "openclaw"],
      ["openai:codex-cli", "codex", false, "codex"],
    ]);
    expect(found[1]?.source).toBe(`openai:work in ${file}`);
    expect(found[2]?.source).toBe(`OPENAI_API_KEY in ${codex}`);
  });
});

describe("OpenClaw's auth-profiles.json", () => {
  test("every form of a profile", async () => {
    const profiles = {
      "a:1": key("a", "one"),
      "b:1": { type: "api_key", provider: "B", keyRef: { source: "env", provider: "default", id: "KEY_B" } },
      "c:1": { mode: "apiKey", provider: "c", apiKey: "three" },
      "d:1": { type: "api_key", provider: "d", key: { source: "file", provider: "vault", id: "/d" } },
      "e:1": { type: "token", provider: "e", token: "five", expires: NOW + 1 },
      "f:1": { type: "token", provider: "f", tokenRef: { source: "exec", provider: "pass", id: "f" } },
      "g:1": login("g", "seven", { accountId: "acc", expires: NOW + 5 }),
      "h:1": { type: "oauth", provider: "h", refresh: "only" },
      "i:1": login("openai", "chatgpt"),
      "none:1": { type: "api_key", provider: "none" },
      "blank:1": key("blank", "  "),
      "what:1": { type: "what", provider: "what", key: "x" },
      "nobody:1": { type: "api_key", key: "x" },
      "text:1": "x",
    };
    put(`${agent()}/auth-profiles.json`, { version: 1, profiles });
    const found = (await saved()).map(({ id, provider, kind, secret, refresh, expires, accountId }) =>
      [id, provider, kind, secret, refresh, expires, accountId].filter((part) => part !== undefined),
    );
    expect(found).toEqual([
      ["a:1", "a", "api_key", "one"],
      ["b:1", "b", "api_key", { source: "env", provider: "default", id: "KEY_B" }],
      ["c:1", "c", "api_key", "three"],
      ["d:1", "d", "api_key", { source: "file", provider: "vault", id: "/d" }],
      ["e:1", "e", "token", "five", NOW + 1],
      ["f:1", "f", "token", { source: "exec", provider: "pass", id: "f" }],
      ["g:1", "g", "oauth", "seven", "refresh-seven", NOW + 5, "acc"],
      ["h:1", "h", "oauth", "", "only"],
      // ChatGPT's logins are none for OpenAI's API.
      ["i:1", "openai-codex", "oauth", "chatgpt", "refresh-chatgpt", NOW + HOUR],
    ]);
  });

  test("a token that has ended, or whose end makes no sense, is not used; a login that has ended is", async () => {
    const profiles = {
      "p:old": { type: "token", provider: "p", token: "x", expires: NOW - 1 },
      "p:odd": { type: "token", provider: "p", token: "x", expires: "soon" },
      "p:login": login("p", "access", { expires: NOW - HOUR }),
      "p:key": key("p", "key"),
    };
    put(`${agent()}/auth-profiles.json`, { profiles });
    const world = context();
    expect(await idsOf(world)).toEqual(["p:login", "p:key"]);
    const { unusable } = await readOpenclaw(world, await loadConfig(world));
    expect(unusable).toEqual([
      { profileId: "p:old", provider: "p", kind: "expired", until: NOW - 1 },
      { profileId: "p:odd", provider: "p", kind: "expired", until: 0 },
    ]);
  });

  const several = {
    "p:key": key("p", "key"),
    "p:other": key("p", "other"),
    "p:token": { type: "token", provider: "p", token: "token" },
    "p:login": login("p", "login"),
  };

  test("an order of the user's is exact", async () => {
    put(`${agent()}/auth-profiles.json`, {
      profiles: several,
      order: { P: ["p:other", "gone", "p:login", "p:other"] },
    });
    expect(await idsOf()).toEqual(["p:other", "p:login"]);
  });

  test("an order of which nothing is left counts for nothing", async () => {
    put(`${agent()}/auth-profiles.json`, { profiles: several, order: { p: ["gone"] } });
    expect(await idsOf()).toEqual(["p:login", "p:token", "p:key", "p:other"]);
  });

  test("without one: logins, tokens, keys, the one that rested longest first; lastGood changes nothing", async () => {
    const usageStats = { "p:key": { lastUsed: 20 }, "p:other": { lastUsed: 10 } };
    put(`${agent()}/auth-profiles.json`, { profiles: several, usageStats, lastGood: { p: "p:key" } });
    expect(await idsOf()).toEqual(["p:login", "p:token", "p:other", "p:key"]);
  });

  test("what is resting comes last, and is told", async () => {
    put(`${agent()}/auth-profiles.json`, { profiles: several });
    put(`${agent()}/auth-state.json`, {
      usageStats: {
        "p:login": { cooldownUntil: NOW + 2 * HOUR },
        "p:token": { disabledUntil: NOW + HOUR },
        "p:key": { cooldownUntil: NOW - HOUR },
      },
    });
    const world = context();
    expect(await idsOf(world)).toEqual(["p:key", "p:other", "p:token", "p:login"]);
    const { unusable } = await readOpenclaw(world, await loadConfig(world));
    expect(unusable.map(({ profileId, kind }) => [profileId, kind])).toEqual([
      ["p:token", "disabled"],
      ["p:login", "cooldown"],
    ]);
  });

  test("OpenRouter never rests", async () => {
    const profiles = { "openrouter:a": key("openrouter", "a"), "openrouter:b": key("openrouter", "b") };
    const usageStats = { "openrouter:a": { cooldownUntil: NOW + HOUR } };
    put(`${agent()}/auth-profiles.json`, { profiles, usageStats });
    expect(await idsOf()).toEqual(["openrouter:a", "openrouter:b"]);
  });

  test("another agent has its own, and inherits the main one's", async () => {
    put(".openclaw/openclaw.json", { agents: { list: [{ id: "main", default: true }, { id: "work" }] } });
    put(`${agent()}/auth-profiles.json`, { profiles: { "a:1": key("a", "main"), "b:1": key("b", "main") } });
    put(`${agent("work")}/auth-profiles.json`, { profiles: { "a:1": key("a", "work") } });
    const found = await saved(context({}, { agent: "work" }));
    expect(found.map(({ id, secret }) => [id, secret])).toEqual([
      ["a:1", "work"],
      ["b:1", "main"],
    ]);
    expect((await saved()).map(({ secret }) => secret)).toEqual(["main", "main"]);
  });

  test.each(["{", "sk-secret-without-quotes", "[]", "null", '{"profiles": []}', "\u0000"])(
    "%j breaks nothing",
    async (text) => {
      put(`${agent()}/auth-profiles.json`, text);
      put(".codex/auth.json", text);
      put(".local/state/infer/auth.json", text);
      const world = context();
      expect(await saved(world)).toEqual([]);
      for (const warning of world.report.warnings) {
        expect(warning).toMatch(/^\S+ cannot be read, and is left out\.$/);
        expect(warning).not.toContain("secret");
      }
    },
  );
});

describe("OpenClaw's databases", () => {
  const profiles = { "p:db": key("p", "from the database"), "p:second": key("p", "second") };

  test("an agent's own", async () => {
    database(`${agent()}/openclaw-agent.sqlite`, [
      ...AGENT_TABLES,
      insert("auth_profile_store", "primary", { version: 1, profiles }),
      insert("auth_profile_state", "primary", { order: { p: ["p:second", "p:db"] } }),
    ]);
    expect(await idsOf()).toEqual(["p:second", "p:db"]);
  });

  test("reading leaves nothing behind", async () => {
    database(`${agent()}/openclaw-agent.sqlite`, [
      ...AGENT_TABLES,
      insert("auth_profile_store", "primary", { profiles }),
    ]);
    expect(await idsOf()).toEqual(["p:db", "p:second"]);
    expect(readdirSync(folder.file(agent()))).toEqual(["openclaw-agent.sqlite"]);
  });

  test("what OpenClaw has written and not merged yet is read", async () => {
    using _open = database(
      `${agent()}/openclaw-agent.sqlite`,
      [...AGENT_TABLES, insert("auth_profile_store", "primary", { profiles })],
      true,
    );
    expect(await idsOf()).toEqual(["p:db", "p:second"]);
  });

  test("the one of all agents comes after the agent's own", async () => {
    const shared = { "p:db": key("p", "shared"), "q:shared": key("q", "shared") };
    database(".openclaw/state/openclaw.sqlite", [
      ...SHARED_TABLES,
      insert("auth_profile_stores", "shared", { profiles: shared }),
      insert("auth_profile_state", "shared", { order: { p: ["p:db"] } }),
    ]);
    database(`${agent()}/openclaw-agent.sqlite`, [
      ...AGENT_TABLES,
      insert("auth_profile_store", "primary", { profiles }),
    ]);
    expect((await saved()).map(({ id, secret }) => [id, secret])).toEqual([
      ["p:db", "from the database"],
      ["q:shared", "shared"],
    ]);
  });

  test("it comes before what is left of the JSON file", async () => {
    database(`${agent()}/openclaw-agent.sqlite`, [
      ...AGENT_TABLES,
      insert("auth_profile_store", "primary", { profiles }),
    ]);
    put(`${agent()}/auth-profiles.json`, { profiles: { "p:db": key("p", "old"), "r:json": key("r", "json") } });
    expect((await saved()).map(({ secret }) => secret)).toEqual(["from the database", "second", "json"]);
  });

  test("a database without such tables, or rows, has no profiles", async () => {
    database(`${agent()}/openclaw-agent.sqlite`, [["CREATE TABLE sessions (id TEXT)"]]);
    database(".openclaw/state/openclaw.sqlite", SHARED_TABLES);
    const world = context();
    expect(await saved(world)).toEqual([]);
    expect(world.report.warnings).toEqual([]);
  });

  test("a broken one is a warning without its content", async () => {
    const file = put(`${agent()}/openclaw-agent.sqlite`, "sk-this-is-no-database".repeat(50));
    database(".openclaw/state/openclaw.sqlite", [
      ...SHARED_TABLES,
      insert("auth_profile_stores", "shared", "{sk-secret"),
    ]);
    const world = context();
    expect(await saved(world)).toEqual([]);
    expect(world.report.warnings.toSorted()).toEqual([
      `${file} cannot be read, and is left out.`,
      `${folder.file(".openclaw/state/openclaw.sqlite")} cannot be read, and is left out.`,
    ]);
  });
});

describe("the Codex CLI's login", () => {
  const token = (exp: number): string => `h.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`;

  test("its tokens are a login of openai-codex", async () => {
    const access = token((NOW + HOUR) / 1000);
    const file = put(".codex/auth.json", {
      OPENAI_API_KEY: null,
      tokens: { access_token: access, refresh_token: "refresh", account_id: "account", id_token: "x" },
    });
    const [found, ...more] = await saved();
    expect(found).toMatchObject({
      provider: "openai-codex",
      kind: "oauth",
      secret: access,
      refresh: "refresh",
      expires: NOW + HOUR,
      accountId: "account",
      own: false,
      place: "codex",
      source: `${file} (Codex CLI)`,
    });
    expect(more).toEqual([]);
  });

  test("CODEX_HOME names the folder, and a token that is no JWT ends an hour after its renewal", async () => {
    put("elsewhere/auth.json", {
      last_refresh: new Date(NOW).toISOString(),
      tokens: { access_token: "opaque", refresh_token: "refresh" },
    });
    const [found] = await saved(context({ CODEX_HOME: folder.file("elsewhere") }));
    expect(found?.expires).toBe(NOW + HOUR);
  });
});

describe("of two logins for the same account", () => {
  const store = (access: string, expires: number, more = {}) =>
    put(".local/state/infer/auth.json", {
      profiles: { "openai-codex:codex-cli": login("openai-codex", access, { expires, accountId: "me", ...more }) },
    });
  const codex = (access: string, expires: number): string =>
    put(".codex/auth.json", {
      tokens: {
        access_token: `h.${Buffer.from(JSON.stringify({ exp: expires / 1000, access })).toString("base64url")}.s`,
        refresh_token: "r",
        account_id: "me",
      },
    });

  test("the newest wins, in the tool's own place", async () => {
    codex("old", NOW);
    store("renewed", NOW + HOUR, { renews: "codex" });
    const found = await saved();
    expect(found.map(({ secret, place, own }) => [secret, place, own])).toEqual([["renewed", "codex", true]]);
    expect(found[0]).not.toHaveProperty("renews");
  });

  test("a login that the tool has renewed since is the newest", async () => {
    codex("newer", NOW + 2 * HOUR);
    store("renewed", NOW + HOUR, { renews: "codex" });
    expect((await saved()).map(({ own }) => own)).toEqual([false]);
  });

  test("OpenClaw's and Codex's are one", async () => {
    codex("newer", NOW + 2 * HOUR);
    put(`${agent()}/auth-profiles.json`, {
      profiles: {
        "openai:me": login("openai", "older", { accountId: "me" }),
        "openai:you": login("openai", "other", { accountId: "you" }),
      },
    });
    const found = await saved();
    expect(found.map(({ accountId, place, expires }) => [accountId, place, expires])).toEqual([
      ["me", "openclaw", NOW + 2 * HOUR],
      ["you", "openclaw", NOW + HOUR],
    ]);
  });

  test("a renewed one goes when its tool has logged out", async () => {
    store("renewed", NOW + HOUR, { renews: "codex" });
    expect(await saved()).toEqual([]);
  });

  test("it can be read again", async () => {
    codex("old", NOW);
    const [first] = await saved();
    store("renewed", NOW + HOUR, { renews: "codex" });
    expect((await first?.latest?.())?.secret).toBe("renewed");
  });
});

test("nothing of other tools' is written", async () => {
  const files = [
    put(`${agent()}/auth-profiles.json`, { profiles: { "a:1": key("a", "x") } }),
    put(".codex/auth.json", { OPENAI_API_KEY: "x" }),
  ];
  const before = files.map((file) => readFileSync(file, "utf8"));
  await saved();
  expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(before);
});
