import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { BINARY, infer, oneEnvelope, type Run, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const KEY = "sk-test-THE-KEY-0123456789";

let folder: TemporaryFolder;
let env: Record<string, string>;
beforeEach(() => {
  folder = new TemporaryFolder();
  env = { HOME: folder.path, XDG_STATE_HOME: folder.file("state"), INFER_KEYCHAIN: "off" };
});
afterEach(() => folder[Symbol.dispose]());

const store = (): string => folder.file("state/infer/auth.json");
const stored = () => JSON.parse(readFileSync(store(), "utf8")).profiles;

async function auth(args: string[], stdin?: string): Promise<Run> {
  const run = await infer(["model", "auth", ...args], { env, ...(stdin !== undefined && { stdin }) });
  expect(run.stdout + run.stderr).not.toContain(KEY);
  return run;
}

describe("the compiled binary", () => {
  test("logs in from a pipe, uses the key, and logs out", async () => {
    let sent: string | null = null;
    using server = Bun.serve({
      port: 0,
      fetch(request) {
        sent = request.headers.get("authorization");
        const piece = { choices: [{ delta: { content: "hello" }, finish_reason: "stop" }] };
        return new Response(`data: ${JSON.stringify(piece)}\n\ndata: [DONE]\n\n`, {
          headers: { "content-type": "text/event-stream" },
        });
      },
    });
    const config = folder.file("config.json");
    const provider = { baseUrl: `${server.url}v1`, api: "openai-completions" };
    writeFileSync(config, JSON.stringify({ models: { providers: { mine: provider } } }));
    const flags = ["--provider", "mine", "--config", config];

    const login = await auth(["login", ...flags, "--api-key", "-", "--json"], `${KEY}\n`);
    expect([login.code, login.stderr]).toEqual([0, ""]);
    expect(JSON.parse(login.stdout)).toEqual({ provider: "mine", profile: "mine:default", storedIn: store() });
    if (process.platform !== "win32") expect(statSync(store()).mode & 0o777).toBe(0o600);

    const run = await infer(["model", "run", "--prompt", "hi", "--model", "mine/m", "--config", config], { env });
    expect(run).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
    expect(String(sent)).toBe(`Bearer ${KEY}`);

    const status = await auth(["status", ...flags, "--json"]);
    expect(JSON.parse(status.stdout).auth.providers).toMatchObject([
      { provider: "mine", source: `mine:default in ${store()}` },
    ]);
    const logout = await auth(["logout", ...flags, "--json"]);
    expect(JSON.parse(logout.stdout)).toEqual({ provider: "mine", removedProfiles: ["mine:default"] });
    expect(stored()).toEqual({});
    expect(readdirSync(folder.file("state/infer"))).toEqual(["auth.json"]);
  });

  test("without a key and a terminal it is a usage error, in an envelope with --json", async () => {
    const run = await auth(["login", "--provider", "openai", "--json"]);
    expect(run.code).toBe(2);
    expect(oneEnvelope(run.stdout).error).toMatchObject({
      type: "usage",
      hint: expect.stringContaining("--api-key -"),
    });
  });

  test("reads OpenClaw's databases", async () => {
    const { Database } = await import("bun:sqlite");
    const agent = folder.file(".openclaw/agents/main/agent");
    mkdirSync(agent, { recursive: true });
    {
      using db = new Database(`${agent}/openclaw-agent.sqlite`);
      db.run("PRAGMA journal_mode = WAL");
      db.run("CREATE TABLE auth_profile_store (store_key TEXT PRIMARY KEY, store_json TEXT, updated_at INTEGER)");
      const profiles = { "groq:x": { type: "api_key", provider: "groq", key: KEY } };
      db.run("INSERT INTO auth_profile_store VALUES ('primary', ?, 1)", [JSON.stringify({ version: 1, profiles })]);
    }
    const run = await auth(["status", "--json"]);
    expect(JSON.parse(run.stdout).auth.providers[0]).toMatchObject({
      provider: "groq",
      source: `groq:x in ${agent}/openclaw-agent.sqlite`,
    });
    expect(readdirSync(agent)).toEqual(["openclaw-agent.sqlite"]);
  });
});

/** Runs the binary on a terminal of its own, types, and tells what was seen and how the terminal was left. */
const ON_TERMINAL = `
import os, pty, select, signal, sys, termios, time, json
typed = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execve(sys.argv[2], sys.argv[2:], dict(os.environ))
before = termios.tcgetattr(terminal)
seen, step, raw, status = b"", 0, None, None
deadline = time.time() + 20
while time.time() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.05)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if data: seen += data
        else: ready = []
    if b"Key for" in seen and step < len(typed):
        if raw is None: raw = not (termios.tcgetattr(terminal)[3] & termios.ECHO)
        if typed[step].startswith("SIG"): os.kill(child, getattr(signal, typed[step]))
        else: os.write(terminal, typed[step].encode())
        step += 1
        time.sleep(0.1)
    if status is None:
        done, code = os.waitpid(child, os.WNOHANG)
        if done: status = code
    elif not ready: break
try: after = termios.tcgetattr(terminal) == before
except termios.error: after = None
code = None if status is None else (os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
if status is None: os.kill(child, signal.SIGKILL)
print(json.dumps({"seen": seen.decode("utf8", "replace"), "code": code, "raw": raw, "restored": after}))
`;

const python = Bun.which("python3");

describe.skipIf(python === null || process.platform === "win32")("on a terminal (needs python3)", () => {
  async function type(...typed: string[]) {
    const args = ["model", "auth", "login", "--provider", "openai"];
    const child = Bun.spawn([python ?? "", "-c", ON_TERMINAL, JSON.stringify(typed), BINARY, ...args], {
      env: { ...env, PATH: process.env.PATH ?? "" },
      stdout: "pipe",
      stderr: "inherit",
    });
    const out: { seen: string; code: number; raw: boolean; restored: boolean } = JSON.parse(
      await new Response(child.stdout).text(),
    );
    expect(out.seen).not.toContain(KEY.slice(3));
    expect(out.raw).toBe(true);
    expect(out.restored).toBe(true);
    return out;
  }

  test("the key is asked for and shown as stars", async () => {
    const { seen, code } = await type(KEY, "\r");
    expect(seen).toStartWith(`Key for OpenAI: ${"*".repeat(KEY.length)}\r\n`);
    expect(seen).toContain("openai:default is saved in");
    expect([code, stored()["openai:default"].key]).toEqual([0, KEY]);
  });

  test("a backspace takes back, and a bracketed paste with its line end is taken whole", async () => {
    const { code } = await type("xy\u007f\u007f\u007f", `\u001b[200~${KEY}\u001b[201~`, "\u001b[D\u001b[3~\n");
    expect([code, stored()["openai:default"].key]).toEqual([0, KEY]);
  });

  test("Ctrl-C is 130, and nothing is saved", async () => {
    const { code, seen } = await type("sk-", "\u0003");
    expect(code).toBe(130);
    expect(seen).toContain("Interrupted");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("SIGTERM is 143", async () => {
    expect((await type("sk-", "SIGTERM")).code).toBe(143);
  });

  test("a terminal that goes away is 129, and does not end it without a word", async () => {
    const { code, seen } = await type("sk-", "SIGHUP");
    expect(seen).toContain("Interrupted by SIGHUP.");
    expect(code).toBe(129);
  });

  test("Ctrl-D and Enter alone are no key", async () => {
    expect((await type("\u0004")).code).toBe(2);
    expect((await type("\r")).code).toBe(2);
  });
});

describe("a browser", () => {
  test("comes back with a code that is worth a key", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        const body = (await request.json()) as { code: string };
        return body.code === "c" ? Response.json({ key: KEY }) : new Response("", { status: 403 });
      },
    });
    const config = folder.file("config.json");
    writeFileSync(
      config,
      JSON.stringify({ models: { providers: { openrouter: { baseUrl: `${server.url}api/v1` } } } }),
    );
    const flags = ["--provider", "openrouter", "--method", "browser", "--config", config, "--json"];
    const child = spawn(["model", "auth", "login", ...flags], { env });
    let stderr = "";
    for await (const chunk of child.stderr) {
      stderr += new TextDecoder().decode(chunk);
      const page = /http\S+/.exec(stderr)?.[0];
      if (!page || !stderr.endsWith("\n")) continue;
      const callback = new URL(page).searchParams.get("callback_url") ?? "";
      const reply = await fetch(`${callback.replace("localhost", "127.0.0.1")}?code=c`);
      expect(await reply.text()).toContain("You are logged in");
    }
    const stdout = await new Response(child.stdout).text();
    expect([await child.exited, JSON.parse(stdout).profile]).toEqual([0, "openrouter:default"]);
    expect(stdout + stderr).not.toContain(KEY);
    expect(stored()["openrouter:default"].key).toBe(KEY);
  });
});
