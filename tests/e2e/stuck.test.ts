import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { beginStream, chunk, FaultServer } from "../hazards/fault-server.ts";
import { BINARY, inferJson, oneEnvelope, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const config = folder.file("openclaw.json");
const fifo = folder.file("fifo");
const hasFifo = Bun.which("mkfifo") !== null && Bun.spawnSync(["mkfifo", fifo]).exitCode === 0;
let endless: FaultServer;

beforeAll(async () => {
  // The model's name says how large the pieces are: some sizes fill a pipe before it has taken 64 KiB.
  endless = await FaultServer.start((socket, { body }) => {
    beginStream(socket, "text/event-stream");
    const content = "x".repeat(Number(JSON.parse(body).model) || 10_000);
    const piece = `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    for (let sent = 0; sent < 300_000; sent += content.length) chunk(socket, piece);
  });
  await writeFile(config, JSON.stringify({ models: { providers: { endless: { baseUrl: endless.url } } } }));
});
afterAll(async () => {
  await endless[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const runWith = (model: string) => ["model", "run", "--prompt", "x", "--model", `endless/${model}`, "--config", config];
const RUN = runWith("m");

describe("nothing holds on for ever", () => {
  test.skipIf(!hasFifo)("a pipe that nobody writes to: the deadline and Ctrl-C both end it", async () => {
    const look = [...RUN, "--file", fifo];
    const { code, envelope } = await inferJson([...look, "--timeout-ms", "200"]);
    expect(envelope.error?.type).toBe("timeout");
    expect(code).toBe(7);
    const child = spawn([...look, "--json"]);
    await Bun.sleep(150);
    child.kill("SIGINT");
    expect(oneEnvelope(await new Response(child.stdout).text()).error?.type).toBe("interrupted");
    expect(await child.exited).toBe(130);
  });

  test.skipIf(!hasFifo)("a config out of a pipe that nobody writes to, too", async () => {
    const look = ["model", "run", "--prompt", "x", "--config", fifo];
    const { code, envelope } = await inferJson([...look, "--timeout-ms", "200"]);
    expect([code, envelope.error?.type]).toEqual([7, "timeout"]);
    for (const [signal, exit] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const child = spawn([...look, "--json"]);
      await Bun.sleep(150);
      child.kill(signal);
      expect(oneEnvelope(await new Response(child.stdout).text()).error?.type).toBe("interrupted");
      expect(await child.exited).toBe(exit);
    }
  });

  test.skipIf(process.platform === "win32")("a program that gives a secret and ignores SIGTERM", async () => {
    const program = folder.file("secret.sh");
    await writeFile(program, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n", { mode: 0o755 });
    const source = { source: "exec", command: program, passEnv: ["PATH"] };
    const apiKey = { source: "exec", provider: "vault", id: "k" };
    const models = { providers: { mine: { baseUrl: "https://mine.test", apiKey } } };
    const own = folder.file("exec.json");
    await writeFile(own, JSON.stringify({ secrets: { providers: { vault: source } }, models }));
    const asked = ["model", "run", "--prompt", "x", "--model", "mine/m", "--config", own, "--timeout-ms", "500"];
    const started = performance.now();
    const { code, envelope } = await inferJson(asked, { env: { PATH: process.env.PATH ?? "" } });
    expect([code, envelope.error?.type]).toEqual([7, "timeout"]);
    expect(performance.now() - started).toBeLessThan(900);
  });

  test.skipIf(!hasFifo)("a pipe whose writer is late is waited for", async () => {
    const gif = Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64");
    const child = spawn([...RUN, "--file", fifo, "--json", "--timeout-ms", "5000"]);
    await Bun.sleep(150);
    await writeFile(fifo, gif);
    await Bun.sleep(300);
    child.kill("SIGTERM");
    const { inputs, error } = oneEnvelope(await new Response(child.stdout).text());
    expect(error?.type).toBe("interrupted");
    expect(inputs ?? []).toEqual([{ path: fifo, mimeType: "image/gif" }]);
  });

  test.skipIf(!Bun.which("bash")).each([100, 1500, 4096, 10_000])(
    "a reader that does not read, pieces of %d: one Ctrl-C ends it",
    async (size) => {
      // The first of the two tells its process id, and becomes infer; the other holds the pipe and never reads it.
      const line = 'exec 3>&1; (echo $BASHPID >&3; exec "$INFER" "$@") | sleep 30';
      const child = Bun.spawn(["bash", "-c", line, "bash", ...runWith(String(size))], {
        env: { INFER: BINARY, PATH: process.env.PATH ?? "" },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "ignore",
      });
      const { value } = await child.stdout.getReader().read();
      const pid = Number(new TextDecoder().decode(value));
      expect(pid).toBeGreaterThan(0);
      await Bun.sleep(500);
      process.kill(pid, "SIGINT");
      const ended = await hasEnded(pid, 5000);
      child.kill("SIGKILL");
      if (!ended) process.kill(pid, "SIGKILL");
      expect(ended).toBe(true);
    },
    15_000,
  );
});

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs; waited += 50) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await Bun.sleep(50);
  }
  return false;
}
