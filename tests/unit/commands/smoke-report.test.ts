import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferError } from "../../../src/core/error.ts";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { type CliRun, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
const OK = JSON.stringify({ choices: [{ message: { content: "OK" }, finish_reason: "stop" }] });
/** What happens while the request is under way. */
let meanwhile = (): void => undefined;
let good: FaultServer;
let silent: FaultServer;
beforeAll(async () => {
  good = await FaultServer.start((socket) => {
    meanwhile();
    respond(socket, 200, OK, { "content-type": "application/json" });
  });
  silent = await FaultServer.start(() => undefined);
});
afterAll(async () => {
  await good[Symbol.asyncDispose]();
  await silent[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function smoke(argv: string[], servers: Record<string, FaultServer>, signal?: AbortSignal): Promise<CliRun> {
  const HOME = folder.file(Bun.randomUUIDv7());
  mkdirSync(join(HOME, ".openclaw"), { recursive: true });
  const providers = Object.fromEntries(
    Object.entries(servers).map(([name, { url }]) => [
      name,
      { baseUrl: `${url}/v1`, apiKey: "k", models: [{ id: "m" }] },
    ]),
  );
  writeFileSync(join(HOME, ".openclaw/openclaw.json"), JSON.stringify({ models: { providers } }));
  const world = { env: { HOME, INFER_KEYCHAIN: "off" }, cwd: folder.path, ...(signal && { signal }) };
  return runInProcess(["smoke", "--capability", "model.run", ...argv], world);
}

describe("a report that cannot be written at the end", () => {
  async function lost(...argv: string[]): Promise<CliRun> {
    const place = folder.file("vanishing");
    mkdirSync(place, { recursive: true });
    meanwhile = () => {
      rmSync(place, { recursive: true, force: true });
      writeFileSync(place, "a file by now");
    };
    const run = await smoke(["--junit", join(place, "smoke.xml"), ...argv], { good });
    meanwhile = () => undefined;
    rmSync(place, { recursive: true, force: true });
    return run;
  }

  test("the results are printed all the same, with what went wrong beside them", async () => {
    const { stdout, exitCode, stderr } = await lost("--json");
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      passed: 1,
      error: { type: "io", message: expect.stringContaining("cannot be written") },
      results: [{ provider: "good", outcome: "success" }],
    });
    expect(exitCode).toBe(11);
    expect(stderr).toContain("cannot be written");
  });

  test("as text, too", async () => {
    const { stdout, exitCode, stderr } = await lost();
    expect(stdout).toContain("1 of 1 passed");
    expect([exitCode, stderr]).toEqual([11, expect.stringContaining("cannot be written")]);
  });
});

test.each(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/stdout"])(
  "%s is where the document goes",
  async (path) => {
    const seen = good.seen.length;
    const { error } = await smoke(["--json", "--junit", path], { good });
    expect(error?.type).toBe("usage");
    expect(good.seen.length).toBe(seen);
  },
);

test("a link stays, and what it points to is written", async () => {
  mkdirSync(folder.file("target"));
  symlinkSync("target/real.xml", folder.file("link.xml"));
  await smoke(["--junit", "link.xml"], { good });
  expect(readdirSync(folder.file("target"))).toEqual(["real.xml"]);
  symlinkSync("nowhere/real.xml", folder.file("dangling.xml"));
  const { error } = await smoke(["--junit", "dangling.xml"], { good });
  expect([error?.type, existsSync(folder.file("nowhere"))]).toEqual(["io", false]);
});

test("after Ctrl-C it tells what was not made, and why", async () => {
  const controller = new AbortController();
  const end = (): void => controller.abort(new InferError("interrupted", "Interrupted by SIGINT.", { exitCode: 130 }));
  const running = smoke(["--junit", "stopped.xml", "--json"], { good, silent }, controller.signal);
  while (silent.seen.length === 0 || good.seen.length === 0) await Bun.sleep(10);
  await Bun.sleep(100);
  end();
  const { exitCode, stdout } = await running;
  expect([exitCode, JSON.parse(stdout).results.length]).toEqual([130, 1]);
  const xml = readFileSync(folder.file("stopped.xml"), "utf8");
  expect(xml).toContain('<property name="interrupted" value="Interrupted by SIGINT."/>');
  expect(xml).toMatch(/name="silent\/m"[^>]*>\s*<skipped message="Interrupted by SIGINT."/);
  expect(xml).toContain('tests="2" failures="0" errors="0" skipped="1"');
});
