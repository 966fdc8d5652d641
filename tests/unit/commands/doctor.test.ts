import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import type { Check } from "../../../src/capabilities/doctor/check.ts";
import { InferError } from "../../../src/core/error.ts";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { type CliRun, type FakeWorld, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const NOW = Date.parse("2026-11-22T12:00:00Z");
/** Long enough to be recognised in any output. */
const KEY = "sk-doctor-0123456789abcdef";

type Env = Record<string, string>;

/** Nobody is there, wherever one looks. */
const offline = (async () => {
  throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
}) as unknown as typeof fetch;

/** Answers by the address; anybody else is not there. */
function world(answers: Record<string, () => Response | Promise<Response>>): typeof fetch {
  return (async (input: string | URL | Request) => {
    const url = String(input instanceof Request ? input.url : input);
    const [, answer] = Object.entries(answers).find(([start]) => url.startsWith(start)) ?? [];
    return answer ? answer() : offline(url);
  }) as unknown as typeof fetch;
}

/** Gives up when its signal fires, as fetch does. */
function aborting(inner: typeof fetch): typeof fetch {
  return (async (input: string, init: RequestInit) => {
    const { promise, reject } = Promise.withResolvers<never>();
    init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    return Promise.race([inner(input, init), promise]);
  }) as unknown as typeof fetch;
}

let homes = 0;

/** A home of its own, with these files in it. */
function home(files: Record<string, string> = {}): string {
  const path = folder.file(`home-${homes++}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(join(path, name), text, { mode: 0o600 });
  }
  return path;
}

interface Examination extends CliRun {
  checks: Check[];
  of(id: string): Check;
}

async function doctor(env: Env, more: FakeWorld = {}, argv: string[] = []): Promise<Examination> {
  const all = { HOME: home(), INFER_KEYCHAIN: "off", ...env };
  const run = await runInProcess(["doctor", "--json", ...argv], { env: all, fetch: offline, now: () => NOW, ...more });
  const { checks } = JSON.parse(run.stdout) as { ok: boolean; checks: Check[] };
  const of = (id: string): Check => {
    const found = checks.filter((check) => check.id === id);
    if (found.length !== 1) throw new Error(`${found.length} checks ${id}: ${checks.map((check) => check.id)}`);
    return found[0] as Check;
  };
  return { ...run, checks, of };
}

const config = (value: unknown): Record<string, string> => ({ ".openclaw/openclaw.json": JSON.stringify(value) });

describe("an empty home, offline", () => {
  test("nothing fails, every id is there once, and the home stays empty", async () => {
    const HOME = home();
    const run = await doctor({ HOME });
    expect(run.exitCode).toBe(0);
    expect(run.checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect(run.checks.filter(({ status }) => status === "warn").map(({ id }) => id)).toEqual(["credentials"]);
    expect(run.of("credentials").fix).toContain("OPENAI_API_KEY");
    expect(run.of("gateway").message).toBe("Not running, and not needed.");
    expect(new Set(run.checks.map(({ id }) => id)).size).toBe(run.checks.length);
    expect(readdirSync(HOME)).toEqual([]);
    expect(run.stderr).toBe("");
  });

  test("as text: aligned, without colour, with a sum", async () => {
    const { stdout } = await runInProcess(["doctor"], { env: { HOME: home(), INFER_KEYCHAIN: "off" }, fetch: offline });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.find((line) => line.startsWith("ok    config "))).toContain("None, and none is needed.");
    expect(lines.find((line) => line.trim().startsWith("fix:"))).toContain("Set a key");
    expect(lines.at(-1)).toBe("11 ok, 1 to look at, 0 failed");
    expect(stdout).not.toContain("\u001b");
    const columns = lines.slice(0, -1).map((line) => /^(?:ok|warn|fail)\s+\S+\s+/.exec(line)?.[0].length);
    expect(new Set(columns.filter((column) => column !== undefined)).size).toBe(1);
  });

  test("without a home", async () => {
    const run = await doctor({ HOME: "" });
    expect(run.of("folders.state")).toMatchObject({ status: "warn", fix: "Set HOME or XDG_STATE_HOME." });
    expect(run.of("store").status).toBe("ok");
  });
});

describe("the config", () => {
  test("the exact error, and the other checks go on", async () => {
    const HOME = home({ ".openclaw/openclaw.json": `{ models: { providers: { acme: { baseUrl: 5 } } } }` });
    const run = await doctor({ HOME, OPENAI_API_KEY: KEY });
    expect(run.exitCode).toBe(1);
    expect(run.of("config").status).toBe("fail");
    expect(run.of("config").message).toContain("models.providers.acme.baseUrl");
    expect(run.of("config").message).toContain(`${HOME}/.openclaw/openclaw.json`);
    expect(run.of("credentials.openai").status).toBe("ok");
    expect(run.of("folders.temp").status).toBe("ok");
    expect(JSON.parse(run.stdout).ok).toBe(false);
  });

  test("which one is read, and which are not", async () => {
    const HOME = home({ ...config({}), ".config/infer/config.json": "{}", "other.json": "{}", "third.json": "{}" });
    const own = await doctor({ HOME });
    expect(own.of("config").message).toBe(
      `${HOME}/.config/infer/config.json is valid. Not read: ${HOME}/.openclaw/openclaw.json`,
    );
    const named = await doctor({ HOME, INFER_CONFIG: `${HOME}/other.json` });
    expect(named.of("config").message).toStartWith(`${HOME}/other.json is valid. Not read: ${HOME}/.config`);
    const hidden = { HOME, INFER_CONFIG: `${HOME}/other.json`, OPENCLAW_CONFIG_PATH: `${HOME}/third.json` };
    expect((await doctor(hidden)).of("config").message).toContain(`Not read: ${HOME}/third.json, ${HOME}/.config`);
    const missing = await doctor({ HOME }, {}, ["--config", `${HOME}/none.json`]);
    expect(missing.of("config")).toMatchObject({ status: "fail" });
    expect(missing.of("config").message).toContain("none.json");
    const absent = await doctor({ HOME, OPENCLAW_CONFIG_PATH: "/nowhere.json" });
    expect(absent.of("config")).toMatchObject({ status: "warn" });
    expect(absent.of("config").message).toContain("/nowhere.json");
  });
});

describe("credentials", () => {
  test("where they come from, and what spoils one; never the key itself", async () => {
    const HOME = home(config({ models: { providers: { acme: { baseUrl: "http://127.0.0.1:9/v1", apiKey: KEY } } } }));
    const run = await doctor({ HOME, GROQ_API_KEY: KEY, MISTRAL_API_KEY: `${KEY} \n x` });
    expect(run.of("credentials.groq").message).toBe("Groq: GROQ_API_KEY");
    expect(run.of("credentials.acme").message).toBe("acme: models.providers.acme.apiKey");
    expect(run.of("credentials.mistral")).toMatchObject({ status: "fail" });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).not.toContain("sk-doctor");
    expect(run.checks.some(({ id }) => id === "credentials")).toBe(false);
  });

  test("a reference without a value fails; a config without a key is a warning", async () => {
    const reference = { source: "env", provider: "default", id: "NOT_SET" };
    const HOME = home(
      config({ models: { providers: { openai: { apiKey: reference }, groq: { baseUrl: "https://groq.test" } } } }),
    );
    const run = await doctor({ HOME });
    expect(run.of("credentials.openai")).toMatchObject({ status: "fail" });
    expect(run.of("credentials.openai").message).toContain("NOT_SET");
    expect(run.of("credentials.groq")).toMatchObject({ status: "warn" });
  });

  test("a header that cannot be had fails", async () => {
    const headers = { "x-team": "a\nb" };
    const HOME = home(config({ models: { providers: { acme: { baseUrl: "http://127.0.0.1:9", headers } } } }));
    expect((await doctor({ HOME })).of("credentials.acme")).toMatchObject({ status: "fail" });
  });
});

describe.skipIf(process.platform === "win32")("the saved credentials", () => {
  const STORE = ".local/state/infer/auth.json";
  const profiles = (more: object = {}) =>
    JSON.stringify({
      version: 1,
      profiles: { "groq:default": { type: "api_key", provider: "groq", key: KEY, ...more } },
    });

  test("0600 in 0700 is ok, and counts", async () => {
    const HOME = home({ [STORE]: profiles() });
    chmodSync(join(HOME, STORE, ".."), 0o700);
    const run = await doctor({ HOME });
    expect(run.of("store")).toEqual({ id: "store", status: "ok", message: join(HOME, STORE) });
    expect(run.of("credentials.groq").status).toBe("ok");
    expect(run.stdout).not.toContain(KEY);
  });

  test("open to others: the chmod that closes it", async () => {
    const HOME = home({ [STORE]: profiles() });
    chmodSync(join(HOME, STORE), 0o644);
    chmodSync(join(HOME, STORE, ".."), 0o755);
    const run = await doctor({ HOME });
    expect(run.of("store")).toMatchObject({ status: "warn", fix: `chmod 600 ${join(HOME, STORE)}` });
    expect(run.of("store").message).toContain("0644");
    expect(run.of("store.folder")).toMatchObject({ status: "warn", fix: `chmod 700 ${join(HOME, STORE, "..")}` });
    expect(run.exitCode).toBe(0);
  });

  test("broken: fails, and nothing of it is repeated", async () => {
    const HOME = home({ [STORE]: `{"key": "${KEY}` });
    const run = await doctor({ HOME });
    expect(run.of("store")).toMatchObject({ status: "fail" });
    expect(run.checks.filter(({ id }) => id.startsWith("store")).length).toBe(1);
    expect(run.stdout).not.toContain("sk-doctor");
    expect(run.stderr).toBe("");
  });

  test("a login that is over", async () => {
    const login = { type: "token", key: undefined, token: KEY, expires: NOW - 1 };
    const run = await doctor({ HOME: home({ [STORE]: profiles(login) }) });
    expect(run.of("store.groq:default")).toMatchObject({
      status: "warn",
      fix: "infer model auth login --provider groq",
    });
    const later = await doctor({ HOME: home({ [STORE]: profiles({ ...login, expires: NOW + 1 }) }) });
    expect(later.checks.some(({ id }) => id === "store.groq:default")).toBe(false);
  });
});

describe("the proxy", () => {
  test("one that takes connections", async () => {
    await using proxy = await FaultServer.start((socket) => respond(socket, 200, ""));
    const run = await doctor({ HTTPS_PROXY: proxy.url, https_proxy: proxy.url });
    expect(run.of("proxy.https")).toMatchObject({ status: "ok" });
    expect(run.of("proxy.https").message).toBe(`127.0.0.1:${proxy.port} (HTTPS_PROXY, https_proxy) takes connections.`);
    const bare = await doctor({ ALL_PROXY: `127.0.0.1:${proxy.port}` });
    expect(bare.of("proxy").status).toBe("ok");
  });

  test("one that is dead, with nothing of its password", async () => {
    const run = await doctor({ ALL_PROXY: `http://someone:pass-word-1@127.0.0.1:${await closedPort()}` });
    expect(run.of("proxy")).toMatchObject({ status: "fail" });
    expect(run.of("proxy").message).toContain("ECONNREFUSED");
    expect(run.of("proxy").fix).toContain("unset ALL_PROXY");
    expect(run.exitCode).toBe(1);
    expect(run.stdout).not.toMatch(/someone|pass-word/);
  });

  test.each(["socks4://127.0.0.1:1080", "socks5://127.0.0.1:1080", "socks5h://p"])(
    "%s is no proxy for infer",
    async (proxy) => {
      const run = await doctor({ ALL_PROXY: proxy });
      expect(run.of("proxy")).toMatchObject({ status: "fail" });
      expect(run.of("proxy").message).toContain("socks");
    },
  );

  test("one for each scheme: each has its line", async () => {
    await using proxy = await FaultServer.start((socket) => respond(socket, 200, ""));
    const run = await doctor({ HTTP_PROXY: proxy.url, HTTPS_PROXY: "socks5://127.0.0.1:1" });
    expect(run.of("proxy.http").status).toBe("ok");
    expect(run.of("proxy.https").status).toBe("fail");
  });

  test("no address at all, and one that is switched off", async () => {
    expect((await doctor({ HTTPS_PROXY: "http://" })).of("proxy.https").status).toBe("fail");
    expect((await doctor({ ALL_PROXY: "http://127.0.0.1:1", HTTP_PROXY: "", HTTPS_PROXY: "" })).of("proxy")).toEqual({
      id: "proxy",
      status: "ok",
      message: "None is set.",
    });
  });

  test("NO_PROXY entries that exempt nothing, and variables that contradict each other", async () => {
    await using proxy = await FaultServer.start((socket) => respond(socket, 200, ""));
    const NO_PROXY = "a.com,.b.com,*.c.com,10.0.0.0/8,http://d.com,10.*,e.com:8080,::1,[::1],localhost";
    const run = await doctor({ http_proxy: proxy.url, HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY });
    expect(run.of("proxy.NO_PROXY").message).toBe(
      "Entries of NO_PROXY that exempt nothing: 10.0.0.0/8 (a range of addresses), http://d.com (a URL), 10.* (a pattern)",
    );
    expect(run.of("proxy.http_proxy").fix).toBe("unset HTTP_PROXY");
    expect(run.of("proxy.http").status).toBe("ok");
    const all = await doctor({ http_proxy: proxy.url, NO_PROXY: "*" });
    expect(all.checks.some(({ id }) => id.startsWith("proxy.NO_PROXY"))).toBe(false);
  });
});

describe("certificates", () => {
  test("a file that is missing, a folder, one without a certificate, and a good one", async () => {
    const path = folder.file("ca.pem");
    writeFileSync(path, "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
    const run = await doctor({ NODE_EXTRA_CA_CERTS: "/no/such.pem", SSL_CERT_FILE: path });
    expect(run.of("certificates.NODE_EXTRA_CA_CERTS")).toMatchObject({ status: "fail" });
    expect(run.of("certificates.SSL_CERT_FILE").message).toBe(`SSL_CERT_FILE: ${path} (1 certificate)`);
    expect(run.exitCode).toBe(1);
    const empty = folder.file("empty.pem");
    writeFileSync(empty, "hello");
    const wrong = await doctor({ NODE_EXTRA_CA_CERTS: folder.path, SSL_CERT_FILE: empty });
    expect(wrong.of("certificates.NODE_EXTRA_CA_CERTS").message).toContain("is not a file");
    expect(wrong.of("certificates.SSL_CERT_FILE").message).toContain("no certificate in it");
  });

  test("checking switched off is a warning", async () => {
    const run = await doctor({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(run.of("certificates.NODE_TLS_REJECT_UNAUTHORIZED").status).toBe("warn");
    expect(run.exitCode).toBe(0);
  });
});

describe("the clock", () => {
  const at = (ms: number, headers = {}) => ({
    "https://api.openai.com/": () => new Response("", { headers: { date: new Date(ms).toUTCString(), ...headers } }),
  });

  test.each([
    [0, "ok"],
    [4 * 60_000, "ok"],
    [-6 * 60_000, "fail"],
    [6 * 60_000, "fail"],
    [-3 * 86_400_000, "fail"],
  ])("off by %d ms: %s", async (off, status) => {
    const run = await doctor({ OPENAI_API_KEY: KEY }, { fetch: world(at(NOW + off)) });
    expect(run.of("clock").status).toBe(status as Check["status"]);
    expect(run.of("clock").message).toContain("api.openai.com");
  });

  test("says which way, and knows an answer from a cache", async () => {
    const ahead = await doctor({ OPENAI_API_KEY: KEY }, { fetch: world(at(NOW - 600_000)) });
    expect(ahead.of("clock").message).toContain("10 minutes ahead of api.openai.com");
    const behind = await doctor({ OPENAI_API_KEY: KEY }, { fetch: world(at(NOW + 86_400_000)) });
    expect(behind.of("clock").message).toContain("24 hours behind api.openai.com");
    const cached = await doctor({ OPENAI_API_KEY: KEY }, { fetch: world(at(NOW - 3_600_000, { age: "3600" })) });
    expect(cached.of("clock").status).toBe("ok");
  });

  test("unreachable, silent and without a date are warnings, and no key is sent", async () => {
    expect((await doctor({ OPENAI_API_KEY: KEY })).of("clock")).toMatchObject({ status: "warn" });
    const asked: Headers[] = [];
    const dateless = (async (input: string, init: RequestInit) => {
      if (String(input).startsWith("https://")) asked.push(new Headers(init.headers));
      return String(input).startsWith("https://") ? new Response("") : offline(input);
    }) as unknown as typeof fetch;
    const run = await doctor({ OPENAI_API_KEY: KEY }, { fetch: dateless });
    expect(run.of("clock").message).toContain("does not tell the time");
    expect(asked.length).toBe(1);
    expect(JSON.stringify(asked.map((headers) => [...headers]))).not.toContain(KEY);
  });

  test("one that answers is enough", async () => {
    const env = { OPENAI_API_KEY: KEY, GROQ_API_KEY: KEY };
    expect((await doctor(env, { fetch: world(at(NOW)) })).of("clock").status).toBe("ok");
  });
});

describe("folders", () => {
  test("one that is named and cannot be written fails", async () => {
    const file = folder.file("a-file");
    writeFileSync(file, "");
    const run = await doctor({ INFER_MEDIA_DIR: join(file, "media"), TMPDIR: "/proc" });
    expect(run.of("folders.media")).toMatchObject({ status: "fail" });
    expect(run.of("folders.media").fix).toContain("INFER_MEDIA_DIR");
    if (process.platform === "linux") expect(run.of("folders.temp")).toMatchObject({ status: "fail" });
    expect(run.of("folders.state").status).toBe("ok");
  });

  test("a home that cannot be written is a warning: keys in the environment do without", async () => {
    const file = folder.file("no-home");
    writeFileSync(file, "");
    const run = await doctor({ HOME: file });
    expect(run.of("folders.state")).toMatchObject({ status: "warn" });
    expect(run.exitCode).toBe(0);
  });

  test("nothing is left behind", async () => {
    const INFER_MEDIA_DIR = folder.file("media");
    mkdirSync(INFER_MEDIA_DIR);
    expect((await doctor({ INFER_MEDIA_DIR })).of("folders.media").message).toBe(INFER_MEDIA_DIR);
    expect(readdirSync(INFER_MEDIA_DIR)).toEqual([]);
    expect(existsSync(folder.file("other"))).toBe(false);
  });
});

describe("servers on this machine", () => {
  const tags = (count: number) =>
    JSON.stringify({ models: Array.from({ length: count }, (_, at) => ({ name: `m${at}` })) });
  const ollama = (status: number, body: string) => ({
    "http://127.0.0.1:11434/": () => new Response(body, { status, headers: { "content-type": "application/json" } }),
  });

  test("which answer, with how many models", async () => {
    const run = await doctor({}, { fetch: world(ollama(200, tags(3))) });
    expect(run.of("servers.ollama")).toMatchObject({ status: "ok" });
    expect(run.of("servers.ollama").message).toBe("Ollama (127.0.0.1:11434) answers with 3 models.");
    expect((await doctor({}, { fetch: world(ollama(200, tags(0))) })).of("servers.ollama").status).toBe("warn");
  });

  test("somebody else there is nobody, unless the server is expected", async () => {
    expect((await doctor({}, { fetch: world(ollama(404, "hi")) })).of("servers").status).toBe("ok");
    const HOME = home(config({ models: { providers: { ollama: { models: [] } } } }));
    const gone = await doctor({ HOME });
    expect(gone.of("servers.ollama")).toMatchObject({ status: "warn", fix: "Start it: ollama serve" });
  });

  test("one that nobody expects and that says nothing is told all the same", async () => {
    const silence = { "http://127.0.0.1:11434/": () => new Promise<Response>(() => undefined) };
    const run = await doctor({}, { fetch: aborting(world(silence)) }, ["--timeout-ms", "200"]);
    expect(run.of("servers.ollama")).toMatchObject({ status: "warn" });
    expect(run.of("servers.ollama").message).toContain("did not answer");
  });

  test("one that takes the connection and says nothing, in bounded time", async () => {
    await using silent = await FaultServer.start(() => undefined);
    const HOME = home(config({ models: { providers: { ollama: { baseUrl: silent.url } } } }));
    const started = performance.now();
    const run = await doctor({ HOME }, { fetch: globalThis.fetch, now: Date.now });
    expect(run.of("servers.ollama").message).toContain("did not answer within 2500 ms");
    expect(performance.now() - started).toBeLessThan(6000);
    expect(run.exitCode).toBe(0);
  });
});

describe("the Gateway", () => {
  const LIVE = JSON.stringify({ ok: true, status: "live" });

  test("live, by its default, the config's port, the config's remote and the variable", async () => {
    const live = (start: string) => ({ fetch: world({ [`${start}/healthz`]: () => new Response(LIVE) }) });
    expect((await doctor({}, live("http://127.0.0.1:18789"))).of("gateway").message).toBe("Live at 127.0.0.1:18789.");
    const port = home(config({ gateway: { port: 4000 } }));
    expect((await doctor({ HOME: port }, live("http://127.0.0.1:4000"))).of("gateway").status).toBe("ok");
    const remote = home(config({ gateway: { mode: "remote", remote: { url: "wss://gw.test/x" } } }));
    expect((await doctor({ HOME: remote }, live("https://gw.test"))).of("gateway").status).toBe("ok");
    const named = { HOME: remote, OPENCLAW_GATEWAY_URL: "ws://127.0.0.1:5000" };
    expect((await doctor(named, live("http://127.0.0.1:5000"))).of("gateway").message).toBe("Live at 127.0.0.1:5000.");
  });

  test("named and not there, somebody else, and no address", async () => {
    const gone = await doctor({ OPENCLAW_GATEWAY_URL: "ws://user:pass-word-2@127.0.0.1:5000/?token=tok-en-3" });
    expect(gone.of("gateway")).toMatchObject({ status: "warn" });
    expect(gone.stdout).not.toMatch(/pass-word|tok-en/);
    const other = { fetch: world({ "http://127.0.0.1:18789/": () => new Response("<html>", { status: 404 }) }) };
    expect((await doctor({}, other)).of("gateway").status).toBe("warn");
    expect((await doctor({ OPENCLAW_GATEWAY_URL: "nonsense" })).of("gateway").status).toBe("warn");
  });
});

describe("the environment of the program inside", () => {
  test("BUN_OPTIONS and BUN_BE_BUN are warnings", async () => {
    const run = await doctor({ BUN_OPTIONS: `--preload ${KEY}`, BUN_BE_BUN: "0" });
    expect(run.of("environment.BUN_OPTIONS")).toMatchObject({ status: "warn", fix: "unset BUN_OPTIONS" });
    expect(run.of("environment.BUN_BE_BUN").status).toBe("warn");
    expect(run.stdout).not.toContain(KEY);
  });
});

describe("the deadline and Ctrl-C", () => {
  const never = aborting((() => new Promise(() => undefined)) as unknown as typeof fetch);

  test("--timeout-ms bounds all of it, and what is known is still told", async () => {
    const run = await doctor({ OPENAI_API_KEY: KEY }, { fetch: never, now: Date.now }, ["--timeout-ms", "300"]);
    expect(run.of("clock").status).toBe("warn");
    expect(run.of("clock").message).toContain("did not answer within");
    expect(run.of("config").status).toBe("ok");
  });

  test("Ctrl-C ends it with one document", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new InferError("interrupted", "Interrupted by SIGINT.", { exitCode: 130 })), 50);
    const env = { HOME: home(), OPENAI_API_KEY: KEY };
    const run = await runInProcess(["doctor", "--json"], { env, fetch: never, signal: controller.signal });
    expect(run.exitCode).toBe(130);
    expect(JSON.parse(run.stdout).error.type).toBe("interrupted");
  });
});

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

describe("a config that cannot run", () => {
  const withModel = (model: unknown, more: object = {}) => home(config({ agents: { defaults: { model } }, ...more }));

  test.each([
    ["nosuch/x", /nosuch/],
    ["openai/", /openai\//],
    ["groq/m", /No key for Groq/],
  ])("the default model %s", async (model, why) => {
    const run = await doctor({ HOME: withModel(model), OPENAI_API_KEY: KEY });
    const check = run.of("models.text");
    expect(check.status).toBe("fail");
    expect(check.message).toMatch(why);
    expect(check.message).toContain("agents.defaults.model in ");
    expect(check.fix).toMatch(/./);
    expect(run.exitCode).toBe(1);
  });

  test("one of several is a warning, and one that runs is ok", async () => {
    const both = { primary: "openai/m", fallbacks: ["nosuch/x"] };
    expect((await doctor({ HOME: withModel(both), OPENAI_API_KEY: KEY })).of("models.text").status).toBe("warn");
    const fine = await doctor({ HOME: withModel("openai/m"), OPENAI_API_KEY: KEY });
    expect(fine.of("models.text")).toEqual({ id: "models.text", status: "ok", message: "openai/m" });
    expect(fine.checks.some(({ id }) => id === "models.vision")).toBe(false);
    const picture = home(config({ agents: { defaults: { imageGenerationModel: "groq/x", imageModel: "nosuch/y" } } }));
    const run = await doctor({ HOME: picture });
    expect([run.of("models.image").status, run.of("models.vision").status]).toEqual(["fail", "fail"]);
  });

  test.each([
    ["an address that is none", { baseUrl: "not a url" }, "baseUrl"],
    ["a model's address that is none", { baseUrl: "https://a.test", models: [{ id: "m", baseUrl: "x" }] }, "baseUrl"],
    ["a wire that nobody knows", { baseUrl: "https://a.test", api: "morse" }, ".openclaw/openclaw.json"],
    ["a model's wire", { baseUrl: "https://a.test", models: [{ id: "m", api: "morse" }] }, "models.0.api"],
    [
      "a proxy that is none",
      { baseUrl: "https://a.test", request: { proxy: { mode: "explicit-proxy", url: "::bad" } } },
      "request.proxy.url",
    ],
    ["a certificate that is none", { baseUrl: "https://a.test", request: { tls: { ca: "no" } } }, "request.tls.ca"],
  ])("%s", async (_, entry, place) => {
    const HOME = home(config({ models: { providers: { acme: { apiKey: KEY, ...entry } } } }));
    const check = (await doctor({ HOME })).of("credentials.acme");
    expect(check.status).toBe(place.includes("api") || place.includes(".openclaw") ? "warn" : "fail");
    expect(check.message).toContain(place);
    expect(check.fix).toMatch(/./);
    expect(check.fix).not.toContain("leaves this provider out");
  });

  test.each([
    ["refuses", undefined, "Start it: ollama serve"],
    ["answers 500", () => new Response("oops", { status: 500 }), "OLLAMA_HOST"],
  ])("OLLAMA_HOST names a server that %s", async (_, answer, fix) => {
    const fetch = world(answer ? { "http://127.0.0.1:11999/": answer } : {});
    const check = (await doctor({ OLLAMA_HOST: "127.0.0.1:11999" }, { fetch })).of("servers.ollama");
    expect(check).toMatchObject({ status: "warn", fix: expect.stringContaining(fix) });
  });

  test("OLLAMA_HOST that names no host", async () => {
    const check = (await doctor({ OLLAMA_HOST: "http://a b" })).of("servers.ollama");
    expect(check).toMatchObject({ status: "warn", message: expect.stringContaining("OLLAMA_HOST") });
  });

  test("more time is advised where that gives more time", async () => {
    const silence = { "http://127.0.0.1:11434/": () => new Promise<Response>(() => undefined) };
    const run = await doctor({}, { fetch: aborting(world(silence)), now: Date.now });
    expect(run.of("servers.ollama").fix).not.toContain("--timeout-ms");
    const short = await doctor({}, { fetch: aborting(world(silence)) }, ["--timeout-ms", "200"]);
    expect(short.of("servers.ollama").fix).toContain("--timeout-ms");
  });
});

describe.skipIf(process.platform === "win32")("the store, as a login finds it", () => {
  const STORE = ".local/state/infer/auth.json";

  test.each([
    ["[]", false],
    ["{}", false],
    ["null", false],
    ['{"profiles":[]}', false],
    ['{"version":99,"profiles":{}}', false],
    ["", false],
    ['\uFEFF{"version":1,"profiles":{}}', true],
    ['{"profiles":{}}', true],
  ])("%s", async (content, isFine) => {
    const HOME = home({ [STORE]: content });
    chmodSync(join(HOME, STORE, ".."), 0o700);
    expect((await doctor({ HOME })).of("store").status).toBe(isFine ? "ok" : "fail");
    const login = await runInProcess(["model", "auth", "login", "--provider", "openai"], {
      env: { HOME, INFER_KEYCHAIN: "off" },
      stdin: { kind: "pipe", text: KEY },
    });
    expect(login.exitCode).toBe(isFine ? 0 : 11);
  });

  test("one that cannot be read: why, there and here", async () => {
    const HOME = home({ [`${STORE}.real/x`]: "" });
    symlinkSync("auth.json", join(HOME, STORE));
    const { message } = (await doctor({ HOME })).of("store");
    expect(message).toContain("ELOOP");
  });

  test("pipes that nobody writes to hold nothing up", async () => {
    const HOME = home({ ".codex/x": "", ".aws/x": "", ".gemini/x": "", ".local/state/infer/x": "" });
    const pipes = [STORE, ".codex/auth.json", ".aws/config", ".gemini/oauth_creds.json", "ca.pem", "google.json"];
    for (const name of pipes) Bun.spawnSync(["mkfifo", join(HOME, name)]);
    const named = {
      NODE_EXTRA_CA_CERTS: join(HOME, "ca.pem"),
      GOOGLE_APPLICATION_CREDENTIALS: join(HOME, "google.json"),
    };
    const started = performance.now();
    const run = await doctor({ HOME, ...named, AWS_PROFILE: "p" });
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(run.of("store")).toMatchObject({ status: "fail", message: expect.stringContaining("is not a file") });
    expect(run.of("certificates.NODE_EXTRA_CA_CERTS").status).toBe("fail");
    const answer = await runInProcess(["model", "run", "--prompt", "x", "--model", "google-vertex/m", "--json"], {
      env: { HOME, INFER_KEYCHAIN: "off", GOOGLE_CLOUD_PROJECT: "p", ...named },
      fetch: offline,
    });
    expect(JSON.parse(answer.stdout).error).toMatchObject({
      type: "auth",
      message: expect.stringContaining("is not a file"),
    });
  });
});
