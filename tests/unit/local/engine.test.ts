import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { makeAssets } from "../../../src/local/assets/stage.ts";
import { embedLocally } from "../../../src/local/embed.ts";
import { speakLocally } from "../../../src/local/speak.ts";

const LONG = "It was the best of times, it was the worst of times. ".repeat(400);
const SOURCE = join(import.meta.dir, "../../../src/local");

beforeAll(() => makeAssets(), 120_000);

describe("an abort", () => {
  test("before the start rejects with its reason", async () => {
    const reason = new Error("too late");
    const signal = AbortSignal.abort(reason);
    await expect(speakLocally({ text: "Hello", voice: "slt", speed: 1 }, signal)).rejects.toBe(reason);
    await expect(embedLocally(["Hello"], signal)).rejects.toBe(reason);
  });

  test("in the middle of blocking work rejects at once with its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const running = speakLocally({ text: LONG, voice: "slt", speed: 1 }, controller.signal);
    const embedding = embedLocally(Array(5000).fill("some text"), controller.signal);
    await Bun.sleep(400);
    const start = performance.now();
    controller.abort(reason);
    expect(await Promise.allSettled([running, embedding])).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    expect(performance.now() - start).toBeLessThan(200);
  });
});

/** Runs a module of its own in a fresh process, since this one is kept alive by the test runner. */
async function runAlone(code: string): Promise<{ stdout: string; stderr: string; exitCode: number; ms: number }> {
  const start = performance.now();
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe", timeout: 20_000 });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exitCode, ms: performance.now() - start };
}

describe("a process", () => {
  test("ends by itself after success, and nothing but its own words was printed", async () => {
    const { stdout, stderr, exitCode } = await runAlone(`
      import { embedLocally } from "${SOURCE}/embed.ts";
      import { speakLocally } from "${SOURCE}/speak.ts";
      const { signal } = new AbortController();
      await Promise.all([embedLocally(["Hello"], signal), speakLocally({ text: "Hello", voice: "slt", speed: 1 }, signal)]);
      console.log("done");`);
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: "done\n", stderr: "", exitCode: 0 });
  });

  test("ends by itself after an abort, long before the speech would", async () => {
    const { stdout, stderr, exitCode, ms } = await runAlone(`
      import { speakLocally } from "${SOURCE}/speak.ts";
      const text = ${JSON.stringify(LONG)}.repeat(10);
      await speakLocally({ text, voice: "slt", speed: 1 }, AbortSignal.timeout(500)).catch((error) => console.log(error.name));`);
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: "TimeoutError\n", stderr: "", exitCode: 0 });
    expect(ms).toBeLessThan(5000);
  });

  test("loads no engine for the list of voices", async () => {
    const { stdout } = await runAlone(`
      const RealWorker = globalThis.Worker;
      let started = 0;
      globalThis.Worker = class extends RealWorker { constructor(...args) { super(...args); started++; } };
      const { LOCAL_VOICES } = await import("${SOURCE}/speak.ts");
      console.log(LOCAL_VOICES[0].id, started, Object.keys(require.cache).some((path) => /flite|wasi/.test(path)));`);
    expect(stdout).toBe("slt 0 false\n");
  });

  test("hears of a crashed engine as an internal error", async () => {
    const { stdout, stderr, exitCode } = await runAlone(`
      import { runEngine } from "${SOURCE}/engine.ts";
      const { signal } = new AbortController();
      await runEngine("speak", { text: null, voice: "slt", speed: 1 }, signal).catch((error) => {
        console.log(error.name, error.type, error.message);
      });`);
    expect(stdout).toStartWith("InferError internal The embedded engine crashed: ");
    expect(stdout).not.toContain("without an answer");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });
});
