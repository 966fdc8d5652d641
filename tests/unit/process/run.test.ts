// biome-ignore-all lint/suspicious/noTemplateCurlyInString: those are a shell's variables.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { InferError } from "../../../src/core/error.ts";
import { type Finished, type Program, runProgram } from "../../../src/process/run.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const SYSTEM = { PATH: "/usr/bin:/bin" };

function run(program: Partial<Program>): Promise<Finished> {
  return runProgram({
    command: "/bin/sh",
    args: [],
    env: SYSTEM,
    cwd: folder.path,
    maxOutputBytes: 1e6,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    ...program,
  });
}

const shell = (script: string, program: Partial<Program> = {}): Promise<Finished> =>
  run({ args: ["-c", script], ...program });

const said = ({ stdout }: Finished): string => new TextDecoder().decode(stdout);

/** The process ids that a script has written down, one per line. */
function pidsIn(name: string): number[] {
  return readFileSync(folder.file(name), "utf8").trim().split("\n").map(Number);
}

function isAlive(pid: number): boolean {
  // A dead one that nobody has asked about still has its number.
  const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1] : "Z";
  try {
    process.kill(pid, 0);
    return !state?.startsWith("Z");
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 100 && isAlive(pid); turn++) await Bun.sleep(20);
  return !isAlive(pid);
}

describe("runProgram", () => {
  test("gives what was printed, and how it ended", async () => {
    const finished = await shell("printf out; printf err >&2; exit 3");
    expect({ ...finished, stdout: said(finished) }).toEqual({ exitCode: 3, stdout: "out", stderr: "err" });
  });

  test("gives bytes as they are", async () => {
    expect([...(await shell("printf '\\377\\000\\001'")).stdout]).toEqual([255, 0, 1]);
  });

  test("counts a signal as a shell does", async () => {
    expect((await shell("kill -9 $$")).exitCode).toBe(137);
  });

  test("takes its arguments for what they are: no shell reads them", async () => {
    const args = ["$HOME", "`id`", "a b", "*", "; echo x", ""];
    expect(said(await run({ command: "/usr/bin/printf", args: ["%s|", ...args] }))).toBe(
      args.map((arg) => `${arg}|`).join(""),
    );
  });

  test("writes to stdin and closes it", async () => {
    const text = "grüße\n".repeat(200_000);
    expect(said(await run({ command: "/bin/cat", stdin: text, maxOutputBytes: 1e7 }))).toBe(text);
  });

  test("has an empty stdin where there is nothing to say", async () => {
    expect(said(await run({ command: "/bin/cat" }))).toBe("");
  });

  test("does not mind a program that reads none of it", async () => {
    const finished = await run({ command: "/bin/true", stdin: "x".repeat(5e6) });
    expect(finished.exitCode).toBe(0);
  });

  test("hands down no more than it is told", async () => {
    process.env.INFER_TEST_LEAK = "leak";
    const finished = await run({ command: "/usr/bin/env", env: { ONLY: "this" } });
    delete process.env.INFER_TEST_LEAK;
    expect(said(finished).trim()).toBe("ONLY=this");
  });

  test("a variable without a value is none", async () => {
    const env = { ...SYSTEM, GONE: undefined };
    expect(said(await shell('echo "${GONE-none}"', { env }))).toBe("none\n");
  });

  test("runs where it is told", async () => {
    expect(said(await shell("pwd -P")).trim()).toBe(realpathSync(folder.path));
  });

  test("finds a bare name in the child's PATH, and never in the working directory", async () => {
    writeFileSync(folder.file("my-tool"), "#!/bin/sh\necho mine\n");
    chmodSync(folder.file("my-tool"), 0o755);
    expect(said(await run({ command: "my-tool", env: { PATH: folder.path } }))).toBe("mine\n");
    expect((await rejection(run({ command: "my-tool" }))).type).toBe("not_found");
  });

  test.each(["/nowhere/at-all", "no-such-program-anywhere"])(
    "%s is not there: not_found, with its name",
    async (command) => {
      const error = await rejection(run({ command }));
      expect(error.type).toBe("not_found");
      expect(error.message).toContain(command);
    },
  );

  test("a script for what is not there is not_found, too", async () => {
    writeFileSync(folder.file("orphan"), "#!/nowhere/interpreter\n");
    chmodSync(folder.file("orphan"), 0o755);
    expect((await rejection(run({ command: folder.file("orphan") }))).message).toContain("script");
  });

  test("what may not be run is io", async () => {
    writeFileSync(folder.file("plain.txt"), "hello");
    const error = await rejection(run({ command: folder.file("plain.txt") }));
    expect(error.type).toBe("io");
    expect(error.message).toContain("plain.txt");
  });

  test("an argument that no program can get is io", async () => {
    expect((await rejection(run({ args: ["-c", "true", "a\0b"] }))).type).toBe("io");
  });

  test("starts nothing once it is not wanted", async () => {
    const reason = new InferError("interrupted", "Stopped.");
    const error = await rejection(shell("touch started", { signal: AbortSignal.abort(reason) }));
    expect(error).toBe(reason);
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

describe("the bounds", () => {
  test("100 MB on stdout: io, and no more memory than the limit", async () => {
    const before = process.memoryUsage().rss;
    const error = await rejection(
      shell("head -c 100000000 /dev/zero; echo $$ > pid-big; sleep 60", { maxOutputBytes: 1e6 }),
    );
    expect(error.type).toBe("io");
    expect(error.message).toContain("1000000 bytes");
    expect(process.memoryUsage().rss - before).toBeLessThan(80e6);
  });

  test("exactly the limit is not too much", async () => {
    expect((await shell("head -c 5000 /dev/zero", { maxOutputBytes: 5000 })).stdout.length).toBe(5000);
    expect((await rejection(shell("head -c 5001 /dev/zero", { maxOutputBytes: 5000 }))).type).toBe("io");
  });

  test("100 MB on stderr is read and forgotten but for its end", async () => {
    const { stderr, exitCode } = await shell("head -c 100000000 /dev/zero | tr '\\0' x >&2; printf END >&2");
    expect(exitCode).toBe(0);
    expect(stderr.length).toBe(8192);
    expect(stderr.endsWith("xEND")).toBe(true);
  });

  test("a program without an end: timeout, and it is gone", async () => {
    const error = await rejection(shell("echo $$ > pid-endless; while :; do sleep 1; done", { timeoutMs: 300 }));
    expect(error.type).toBe("timeout");
    expect(error.message).toContain("300 ms");
    for (const pid of pidsIn("pid-endless")) expect(await gone(pid)).toBe(true);
  });

  test("no end to wait for is no reason to stop at once", async () => {
    expect(said(await shell("sleep 0.2; echo done", { timeoutMs: Number.POSITIVE_INFINITY, silenceMs: 2 ** 40 }))).toBe(
      "done\n",
    );
  });

  test("one that says nothing for too long: timeout", async () => {
    const error = await rejection(shell("echo begun; sleep 60", { silenceMs: 300 }));
    expect(error.type).toBe("timeout");
    expect(error.message).toContain("nothing for 300 ms");
  });

  test("one that goes on talking is not silent", async () => {
    const talk = "for i in 1 2 3 4 5 6; do printf $i >&2; sleep 0.2; done; printf end";
    expect(said(await shell(talk, { silenceMs: 900 }))).toBe("end");
  });

  test("what a signal stops is gone with all that it has started, also when it ignores SIGTERM", async () => {
    const controller = new AbortController();
    const reason = new InferError("interrupted", "Stopped.");
    const stubborn =
      "trap '' TERM INT; echo $$ > pid-stubborn; sleep 60 & echo $! >> pid-stubborn; touch ready; while :; do sleep 0.1; done";
    const running = rejection(shell(stubborn, { signal: controller.signal }));
    while (!existsSync(folder.file("ready"))) await Bun.sleep(10);
    const before = performance.now();
    controller.abort(reason);
    expect(await running).toBe(reason);
    expect(performance.now() - before).toBeLessThan(3000);
    const pids = pidsIn("pid-stubborn");
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(await gone(pid)).toBe(true);
  });

  test.each([
    ["when the run's time is over", 60_000, 300],
    ["when its own time is over, and soon the run's", 250, 300],
  ])("one that ignores SIGTERM is not waited for %s", async (_, timeoutMs, endMs) => {
    const controller = new AbortController();
    const before = performance.now();
    setTimeout(() => controller.abort(new InferError("timeout", "Too late.")), endMs);
    const stubborn = "trap '' TERM; echo $$ > pid-late; while :; do sleep 0.1; done";
    const error = await rejection(shell(stubborn, { timeoutMs, signal: controller.signal }));
    expect(error.type).toBe("timeout");
    expect(performance.now() - before).toBeWithin(240, 550);
    for (const pid of pidsIn("pid-late")) expect(await gone(pid)).toBe(true);
  });

  test("one that can tidy up gets the time for it", async () => {
    const tidy = "trap 'touch tidied; exit' TERM; touch waiting; while :; do sleep 0.05; done";
    await rejection(shell(tidy, { timeoutMs: 600 }));
    expect(existsSync(folder.file("tidied"))).toBe(true);
  });

  test("what it leaves in the background does not hold it up", async () => {
    const before = performance.now();
    const finished = await shell("sleep 30 & echo $! > pid-left; echo done");
    expect(said(finished)).toBe("done\n");
    expect(performance.now() - before).toBeLessThan(10_000);
    for (const pid of pidsIn("pid-left")) process.kill(pid, "SIGKILL");
  });
});
