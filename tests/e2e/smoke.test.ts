import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SmokeResult } from "../../src/capabilities/smoke.ts";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { infer, type Run, type RunOptions, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const KEY = "sk-smoke-e2e-0123456789";
const JSON_TYPE = { "content-type": "application/json" };
const python = Bun.which("python3");
let good: FaultServer;
let bad: FaultServer;
let silent: FaultServer;
let home: string;

beforeAll(async () => {
  const answer = JSON.stringify({ choices: [{ message: { content: "OK" }, finish_reason: "stop" }] });
  good = await FaultServer.start((socket) => respond(socket, 200, answer, JSON_TYPE));
  const refusal = JSON.stringify({
    error: { message: `No: ${KEY} ]]></failure>\u0000\u001b[31m & "quotes"\ud800 ünï` },
  });
  bad = await FaultServer.start((socket) => respond(socket, 401, refusal, JSON_TYPE));
  silent = await FaultServer.start(() => undefined);
  home = withProviders("home", { good, bad });
});
afterAll(async () => {
  for (const server of [good, bad, silent]) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function withProviders(name: string, servers: Record<string, FaultServer>): string {
  const path = folder.file(name);
  mkdirSync(join(path, ".openclaw"), { recursive: true });
  const entries = Object.entries(servers).map(([id, { url }]) => [
    id,
    { baseUrl: url, apiKey: KEY, models: [{ id: "m" }] },
  ]);
  writeFileSync(
    join(path, ".openclaw/openclaw.json"),
    JSON.stringify({ models: { providers: Object.fromEntries(entries) } }),
  );
  return path;
}

interface Document {
  ok: boolean;
  total: number;
  passed: number;
  failed: number;
  error?: { type: string };
  results: SmokeResult[];
}

/** With `--json`, which has to be one document. */
async function smoke(args: string[], options: RunOptions): Promise<Run & { document: Document }> {
  const run = await infer(["smoke", "--json", ...args], options);
  return { ...run, document: JSON.parse(run.stdout) };
}

describe("infer smoke", () => {
  test("no environment at all: the embedded engines, and nothing is written", async () => {
    const cwd = folder.file("empty");
    mkdirSync(cwd);
    const { code, document, stderr } = await smoke([], { cwd });
    expect(document).toMatchObject({ ok: true, failed: 0 });
    expect(document.results.every(({ provider }) => provider === "local")).toBe(true);
    expect(document.passed).toBeGreaterThanOrEqual(2);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(readdirSync(cwd)).toEqual([]);
  });

  test("one good and one bad provider: exit 10, and no key is printed", async () => {
    const env = { HOME: home };
    const { code, document, stdout, stderr } = await smoke(["--capability", "model.run"], { env });
    expect(document).toMatchObject({ ok: false, total: 2, passed: 1, failed: 1 });
    expect(document.results).toMatchObject([
      { provider: "good", model: "m", capability: "model.run", outcome: "success", status: 200 },
      { provider: "bad", model: "m", capability: "model.run", outcome: "failed", status: 401, error: { type: "auth" } },
    ]);
    expect(code).toBe(10);
    expect(stdout + stderr).not.toContain(KEY);
    const text = await infer(["smoke", "--capability", "model.run"], { env });
    expect(text.code).toBe(10);
    expect(text.stdout).toMatch(/^pass {2}model\.run {2}good\/m/);
    expect(text.stdout).toEndWith("1 of 2 passed, 1 failed\n");
    expect(text.stdout).not.toContain("\u001b");
    expect(text.stdout + text.stderr).not.toContain(KEY);
  });

  test.skipIf(!python)("JUnit, as python3 reads it", async () => {
    const cwd = folder.file("reports");
    mkdirSync(cwd);
    const { code } = await smoke(["--junit", "smoke.xml"], { env: { HOME: home }, cwd });
    expect(code).toBe(10);
    expect(readdirSync(cwd)).toEqual(["smoke.xml"]);
    expect(readFileSync(join(cwd, "smoke.xml"), "utf8")).not.toContain(KEY);
    const read = `
import json, sys, xml.etree.ElementTree as et
root = et.parse(sys.argv[1]).getroot()
suite = root.find("testsuite")
cases = [[c.get("classname"), c.get("name"), [[f.tag, f.get("type"), f.get("message")] for f in c]] for c in suite]
print(json.dumps([root.tag, root.attrib, suite.attrib, cases]))`;
    const parsed = Bun.spawnSync([python ?? "", "-c", read, join(cwd, "smoke.xml")], { env: { PYTHONUTF8: "1" } });
    const [tag, counts, suite, cases] = JSON.parse(parsed.stdout.toString());
    expect(tag).toBe("testsuites");
    expect(counts).toMatchObject({ tests: "5", failures: "1", errors: "0", skipped: "0" });
    expect(suite.name).toBe("infer smoke");
    expect(cases).toContainEqual(["model.run", "good/m", []]);
    const [, , [failure]] = cases.find(([, name]: [string, string]) => name === "bad/m");
    expect(failure.slice(0, 2)).toEqual(["failure", "auth"]);
    expect(failure[2]).toContain(`]]></failure>[31m & "quotes"`);
    expect(failure[2]).toContain("ünï");
  });

  test("a folder that is not there: io, before anything is asked", async () => {
    const seen = good.seen.length;
    const { code, document } = await smoke(["--junit", "/no/such/smoke.xml"], { env: { HOME: home } });
    expect(document).toMatchObject({ ok: false, error: { type: "io" } });
    expect(code).toBe(11);
    expect(good.seen.length).toBe(seen);
  });

  test("one that hangs: the deadline is kept", async () => {
    const HOME = withProviders("slow", { good, silent });
    const started = performance.now();
    const { code, document } = await smoke(["--capability", "model", "--timeout-ms", "1000"], { env: { HOME } });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(document.results.map(({ error }) => error?.type)).toEqual([undefined, "timeout"]);
    expect(code).toBe(10);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s: what is complete, and %d", async (signal, exitCode) => {
    const HOME = withProviders(`stopped-${signal}`, { good, silent });
    const report = folder.file(`${signal}.xml`);
    const child = spawn(["smoke", "--json", "--capability", "model.run", "--junit", report], { env: { HOME } });
    const seen = silent.seen.length;
    while (silent.seen.length === seen) await Bun.sleep(20);
    await Bun.sleep(300);
    child.kill(signal);
    const document: Document = JSON.parse(await new Response(child.stdout).text());
    expect(await child.exited).toBe(exitCode);
    expect(document).toMatchObject({ ok: false, total: 2, passed: 1, error: { type: "interrupted" } });
    expect(document.results).toMatchObject([{ provider: "good", outcome: "success" }]);
    expect(readFileSync(report, "utf8")).toContain('tests="2" failures="0" errors="0" skipped="1"');
  });

  test("exit codes of what cannot be asked", async () => {
    const env = { HOME: folder.file("nobody") };
    expect((await smoke(["--capability", "model.run"], { env })).code).toBe(3);
    expect((await smoke(["--provider", "nobody"], { env })).code).toBe(4);
    expect((await smoke(["--capability", "model.walk"], { env })).code).toBe(4);
    const unset = await smoke(["--provider", "openai"], { env });
    expect(unset.document).toMatchObject({ total: 4, failed: 4, results: [{ error: { type: "auth" } }, {}, {}, {}] });
    expect(unset.code).toBe(10);
  });

  test("a broken config is said as such", async () => {
    const HOME = folder.file("broken");
    mkdirSync(join(HOME, ".openclaw"), { recursive: true });
    writeFileSync(join(HOME, ".openclaw/openclaw.json"), "{");
    const { code, document } = await smoke([], { env: { HOME } });
    expect(document).toMatchObject({ ok: false, error: { type: "usage" } });
    expect(code).toBe(2);
  });
});
