import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "../../src/capabilities/doctor/check.ts";
import { FaultServer } from "../hazards/fault-server.ts";
import { infer, type Run, type RunOptions } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const KEY = "sk-doctor-e2e-0123456789";
/** A network namespace of its own has no way out, not even to loopback. */
const noNetwork = Bun.spawnSync(["unshare", "-rn", "true"]).exitCode === 0 ? ["unshare", "-rn"] : undefined;

let homes = 0;

function home(files: Record<string, string> = {}): string {
  const path = folder.file(`home-${homes++}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** With `--json`, which has to be one document. */
async function doctor(options: RunOptions, args: string[] = []): Promise<Run & { ok: boolean; checks: Check[] }> {
  const run = await infer(["doctor", "--json", ...args], options);
  return { ...run, ...(JSON.parse(run.stdout) as { ok: boolean; checks: Check[] }) };
}

const statusOf = (checks: readonly Check[], id: string): string | undefined =>
  checks.find((check) => check.id === id)?.status;

describe("infer doctor", () => {
  test("no environment at all", async () => {
    const { code, ok, checks, stderr } = await doctor({ cwd: folder.path });
    expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect(ok).toBe(true);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(checks.find(({ id }) => id === "binary")?.message).not.toContain("source");
  });

  test.skipIf(!noNetwork)("an empty home and no network: fast, and it stays empty", async () => {
    const HOME = home();
    const started = performance.now();
    const { code, stdout } = await infer(["doctor"], { env: { HOME }, under: noNetwork ?? [] });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(code).toBe(0);
    expect(stdout).toContain("warn  credentials");
    expect(stdout).toContain("0 failed");
    expect(stdout).not.toContain("\u001b");
    expect(readdirSync(HOME)).toEqual([]);
  });

  test("a broken config fails, and is not the end of it", async () => {
    const HOME = home({ ".openclaw/openclaw.json": `{ models: { providers: { a: { apiKey: "${KEY}" "x" } } } }` });
    const { code, ok, checks, stdout } = await doctor({ env: { HOME, GROQ_API_KEY: KEY } });
    expect(code).toBe(1);
    expect(ok).toBe(false);
    expect(statusOf(checks, "config")).toBe("fail");
    expect(statusOf(checks, "credentials.groq")).toBe("ok");
    expect(statusOf(checks, "folders.state")).toBe("ok");
    expect(stdout).not.toContain("sk-doctor");
  });

  test.skipIf(process.platform === "win32")("wrong modes", async () => {
    const store = ".local/state/infer/auth.json";
    const HOME = home({ [store]: JSON.stringify({ version: 1, profiles: {} }) });
    chmodSync(join(HOME, store), 0o644);
    const { code, checks } = await doctor({ env: { HOME } });
    expect(code).toBe(0);
    expect(checks.find(({ id }) => id === "store")).toMatchObject({
      status: "warn",
      fix: `chmod 600 ${join(HOME, store)}`,
    });
  });

  test("a dead proxy", async () => {
    await using gone = await FaultServer.start(() => undefined);
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const env = { HOME: home(), ALL_PROXY: `http://me:pass-word-9@127.0.0.1:${port}` };
    const { code, checks, stdout, stderr } = await doctor({ env });
    expect(code).toBe(1);
    expect(statusOf(checks, "proxy")).toBe("fail");
    // The Gateway and the local servers are not behind it.
    expect(statusOf(checks, "gateway")).toBe("ok");
    expect(stdout + stderr).not.toContain("pass-word");
  });

  test("a server that hangs costs its time and no more", async () => {
    await using silent = await FaultServer.start(() => undefined);
    const config = JSON.stringify({ models: { providers: { ollama: { baseUrl: silent.url } } } });
    const env = {
      HOME: home({ ".openclaw/openclaw.json": config }),
      HTTPS_PROXY: silent.url,
      GROQ_API_KEY: KEY,
      OPENCLAW_GATEWAY_URL: silent.url.replace("http", "ws"),
    };
    const started = performance.now();
    const { code, checks } = await doctor({ env });
    expect(performance.now() - started).toBeLessThan(8000);
    expect(checks.filter(({ status }) => status === "warn").map(({ id }) => id)).toEqual([
      "clock",
      "servers.ollama",
      "gateway",
    ]);
    expect(code).toBe(0);
    const short = performance.now();
    await doctor({ env }, ["--timeout-ms", "200"]);
    expect(performance.now() - short).toBeLessThan(2000);
  });

  test("help and a wrong flag", async () => {
    expect((await infer(["doctor", "--help"])).stdout).toContain("Check config, credentials, network");
    expect((await infer(["doctor", "--fix"])).code).toBe(2);
  });
});
