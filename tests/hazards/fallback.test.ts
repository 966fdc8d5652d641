import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { type Behaviour, beginStream, chunk, FaultServer, respond } from "./fault-server.ts";
import { WIRES } from "./wires.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const WIRE = WIRES["openai-chat"];
const JSON_TYPE = { "content-type": "application/json" };
const DEADLINE_MS = 1200;

const silent: Behaviour = () => undefined;
const halfway: Behaviour = (socket) => {
  beginStream(socket, "text/event-stream");
  chunk(socket, WIRE?.message('{"choices":[{"index":0,"delta":{"content":"Half an ans"}}]}') ?? "");
};
const refusing =
  (status: number, message: string): Behaviour =>
  (socket) =>
    respond(socket, status, WIRE?.error(status, message) ?? "", JSON_TYPE);
const answering: Behaviour = (socket) => respond(socket, 200, WIRE?.whole({ pieces: ["Hello!"] }) ?? "", JSON_TYPE);

/** A chain of three, each a server of its own; what it came to, and how long it took. */
async function chain(first: Behaviour, second: Behaviour, third: Behaviour, more: readonly string[] = ["--json"]) {
  await using one = await FaultServer.start(first);
  await using two = await FaultServer.start(second);
  await using three = await FaultServer.start(third);
  const servers = { one, two, three };
  const entries = Object.entries(servers).map(([id, { url }]) => [id, { baseUrl: url, apiKey: "k" }]);
  const config = folder.file(`${Bun.randomUUIDv7()}.json`);
  await writeFile(config, JSON.stringify({ models: { providers: Object.fromEntries(entries) } }));
  const refs = ["--model", "one/m", "--fallback", "two/m", "--fallback", "three/m"];
  const limit = ["--config", config, "--timeout-ms", String(DEADLINE_MS)];
  const started = performance.now();
  const run = await runInProcess(["model", "run", "--prompt", "Hi", ...refs, ...limit, ...more]);
  const tookMs = performance.now() - started;
  return { ...run, tookMs, asked: [one, two, three].map(({ seen }) => seen.length) };
}

/** Each try as `provider outcome type`. */
function told(attempts: { provider: string; outcome: string; error?: { type: string } }[]): string[] {
  return attempts.map(({ provider, outcome, error }) => [provider, outcome, error?.type].filter(Boolean).join(" "));
}

/** Its share is a third of the time, less what the start took. */
const STALLS: [string, Behaviour, string][] = [
  ["before its answer", silent, "one did not answer within"],
  ["in the middle of its answer", halfway, "one began to answer and did not finish within"],
];

describe.each(STALLS)("a chain of three, the first stalled %s", (_, stalled, stall) => {
  test.each([
    [500, "out of order", ["two failed provider_error", "two failed provider_error", "two failed provider_error"]],
    [401, "bad key", ["two failed auth"]],
  ] as const)("the second answers %i: the third answers within the deadline", async (status, words, second) => {
    const { stdout, exitCode, tookMs, asked } = await chain(stalled, refusing(status, words), answering);
    const { ok, provider, outputs, attempts } = JSON.parse(stdout);
    expect({ ok, provider, exitCode }).toEqual({ ok: true, provider: "three", exitCode: 0 });
    expect(outputs).toMatchObject([{ text: "Hello!" }]);
    expect(tookMs).toBeLessThan(DEADLINE_MS);
    expect(told(attempts)).toEqual(["one failed timeout", ...second, "three success"]);
    expect(attempts[0].error.message).toStartWith(stall);
    expect(attempts[1].error.message).toBe(words);
    expect(asked).toEqual([1, second.length, 1]);
  });

  test("the second stalls as well: the third answers within the deadline", async () => {
    const { stdout, tookMs } = await chain(stalled, silent, answering);
    const { provider, attempts } = JSON.parse(stdout);
    expect(provider).toBe("three");
    expect(tookMs).toBeLessThan(DEADLINE_MS);
    expect(told(attempts)).toEqual(["one failed timeout", "two failed timeout", "three success"]);
  });

  test("all fail: each cause is told with who it was, and the first gives the exit code", async () => {
    const { stdout, exitCode, tookMs } = await chain(stalled, refusing(401, "bad key"), refusing(404, "no such model"));
    const { ok, error, attempts } = JSON.parse(stdout);
    expect({ ok, exitCode, type: error.type }).toEqual({ ok: false, exitCode: 7, type: "timeout" });
    for (const cause of [`one/m: ${stall}`, "two/m: bad key", "three/m: no such model"]) {
      expect(error.message).toContain(cause);
    }
    expect(told(attempts)).toEqual(["one failed timeout", "two failed auth", "three failed not_found"]);
    expect(tookMs).toBeLessThan(DEADLINE_MS);
  });
});

test("a chain whose last stalls: the end of the time hides no other cause", async () => {
  const { stdout, exitCode, tookMs } = await chain(refusing(401, "bad key"), refusing(500, "out of order"), silent);
  const { error } = JSON.parse(stdout);
  expect({ exitCode, type: error.type }).toEqual({ exitCode: 3, type: "auth" });
  for (const cause of ["one/m: bad key", "two/m: out of order", "three/m: three did not answer within"]) {
    expect(error.message).toContain(cause);
  }
  expect(tookMs).toBeLessThan(DEADLINE_MS + 500);
});

test("without --json all causes are on stderr, and stdout is empty", async () => {
  const { stdout, stderr } = await chain(silent, refusing(401, "bad key"), refusing(404, "no such model"), []);
  expect(stdout).toBe("");
  for (const cause of ["one did not answer", "bad key", "no such model"]) expect(stderr).toContain(cause);
});
