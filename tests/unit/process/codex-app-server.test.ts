import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InferError, StdoutClosed } from "../../../src/core/error.ts";
import { askCodex, type CodexQuestion } from "../../../src/process/codex-app-server.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const FAKE = join(import.meta.dir, "../../support/fake-codex.ts");
const RPC = join(import.meta.dir, "../../../src/process/rpc-program.ts");
const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

type Message = Record<string, unknown> & { method?: string; params?: Record<string, unknown> };

interface Asked {
  question?: Partial<CodexQuestion>;
  model?: string | null;
  signal?: AbortSignal;
  show?: (piece: string) => Promise<void>;
}

/** One question to the fake, with what it received; `shown` are the pieces in order. */
function ask(fault: string, { question, model = "gpt-5.5", signal, show }: Asked = {}) {
  const log = folder.file(`${Bun.randomUUIDv7()}.jsonl`);
  const shown: string[] = [];
  const env = {
    PATH: process.env.PATH,
    OPENCLAW_CODEX_APP_SERVER_BIN: process.execPath,
    OPENCLAW_CODEX_APP_SERVER_ARGS: `"${FAKE}" '${fault}' ${log}`,
    CODEX_API_KEY: "sk-codex-0123456789",
  };
  const answer = askCodex(
    { env, cwd: folder.path },
    { prompt: "Hi", images: [], ...question },
    model,
    signal ?? new AbortController().signal,
    show ?? (async (piece) => void shown.push(piece)),
  );
  const seen = (): Message[] =>
    readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Message);
  const params = (method: string): Record<string, unknown>[] =>
    seen().flatMap((message) => (message.method === method ? [message.params ?? {}] : []));
  return { answer, shown, seen, params, log };
}

/** Once the first line is in the log, or once `method` has come. */
async function received(log: string, method: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (existsSync(log) && readFileSync(log, "utf8").includes(`"${method}"`)) return;
    await Bun.sleep(10);
  }
  throw new Error(`${method} did not come`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a question", () => {
  test("is asked in a thread that may do nothing, and the answer is shown as it comes", async () => {
    const { answer, shown, seen, params } = ask("");
    expect(await answer).toEqual({
      text: "Hello there",
      finishReason: "stop",
      usage: { inputTokens: 10, outputTokens: 3, totalTokens: 13, reasoningTokens: 1, cachedInputTokens: 2 },
    });
    expect(shown).toEqual(["Hello", " there"]);
    const methods = seen().flatMap(({ method }) => (method ? [method] : []));
    expect(methods.slice(0, 2)).toEqual(["initialize", "initialized"]);
    expect(methods.slice(2, 5).sort()).toEqual(["account/read", "model/list", "thread/start"]);
    expect(methods[5]).toBe("turn/start");
    expect(params("initialize")[0]).toMatchObject({ clientInfo: { name: "infer" } });
    expect(params("thread/start")[0]).toMatchObject({
      model: "gpt-5.5",
      approvalPolicy: "never",
      sandbox: "read-only",
      ephemeral: true,
      environments: [],
      config: { web_search: "disabled", "features.shell_tool": false },
    });
    expect(params("turn/start")).toEqual([
      { threadId: "thread-1", input: [{ type: "text", text: "Hi", text_elements: [] }] },
    ]);
  });

  test("runs in an empty folder of its own, which is gone afterwards, as is the program", async () => {
    const { answer, seen, params } = ask("");
    await answer;
    const [{ cwd, pid } = {}] = seen();
    expect(params("thread/start")[0]?.cwd).toBe(cwd);
    expect(existsSync(String(cwd))).toBe(false);
    expect(isAlive(Number(pid))).toBe(false);
  });

  test("is the last thing that the process waits for", async () => {
    const script = `
      const { RpcProgram } = await import(${JSON.stringify(RPC)});
      const quiet = { notification() {}, request() {} };
      await RpcProgram.start({ env: process.env }, ["/bin/cat"], "/", quiet)[Symbol.asyncDispose]();
      const over = performance.now();
      process.once("beforeExit", () => console.log(performance.now() - over));
    `;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    expect(Number(await new Response(child.stdout).text())).toBeWithin(0, 250);
  });

  test("carries the system prompt and pictures in order", async () => {
    const images = [
      { mimeType: "image/png", base64: "AAAA" },
      { mimeType: "image/webp", base64: "BBBB" },
    ];
    const { answer, params } = ask("", { question: { system: "Be brief", images } });
    await answer;
    expect(params("thread/start")[0]?.baseInstructions).toBe("Be brief");
    expect(params("turn/start")[0]?.input).toEqual([
      { type: "text", text: "Hi", text_elements: [] },
      { type: "image", url: "data:image/png;base64,AAAA" },
      { type: "image", url: "data:image/webp;base64,BBBB" },
    ]);
  });

  test("says how hard to think only when it was said", async () => {
    const { answer, params } = ask("", { question: { effort: "low" } });
    await answer;
    expect(params("turn/start")[0]).toMatchObject({ effort: "low" });
  });

  test("without a model leaves the choice to Codex", async () => {
    const { answer, params } = ask("", { model: null });
    await answer;
    expect(params("thread/start")[0]).not.toContainKey("model");
  });

  test.each([
    ["one piece", "All at once"],
    ["asides", "First.\n\nSecond."],
    ["garbage", "Hello there"],
    ["retried", "Hello there"],
  ])("%s: the answer is the answer", async (fault, text) => {
    const { answer, shown } = ask(fault);
    expect((await answer).text).toBe(text);
    expect(shown.join("")).toBe(text);
  });

  test("to a version that does not know the newer members is asked without them", async () => {
    const { answer, params } = ask("old");
    expect((await answer).text).toBe("Hello there");
    const [first, second] = params("thread/start");
    expect(first).toContainKey("environments");
    expect(second).toMatchObject({ approvalPolicy: "never", sandbox: "read-only", ephemeral: true });
    expect(second).not.toContainAnyKeys(["environments", "config"]);
  });

  test("every approval is refused", async () => {
    const { answer, seen } = ask("approvals");
    expect((await answer).text).toBe("Hello there");
    const answers = seen().filter(({ id }) => typeof id === "string");
    expect(answers.map(({ result, error }) => result ?? error)).toEqual([
      { decision: "decline" },
      { decision: "decline" },
      { permissions: {}, scope: "turn" },
      { action: "decline", content: null, _meta: null },
      { answers: {} },
      { contentItems: [], success: false },
      { decision: "denied" },
      { decision: "decline" },
      { code: -32601, message: "infer does not do this." },
    ]);
  });
});

describe("a failure", () => {
  test.each([
    ["usage limit", { type: "rate_limited", message: "You've hit your usage limit." }],
    ["unauthorized", { type: "auth", message: "401" }],
    ["disconnected", { type: "network", message: "gone", retryable: true }],
    ["policy", { type: "refused", message: "No." }],
    ["bad request", { type: "provider_error", message: "no such thing" }],
    ["error alone", { type: "provider_error", message: "It broke." }],
    ["interrupted", { type: "provider_error", message: "Codex ended the turn as interrupted." }],
    ["blank", { type: "empty_result" }],
    ["logged out", { type: "auth", message: "Codex is not logged in." }],
    ["overloaded", { type: "provider_error", retryable: true }],
    ["malformed", { type: "provider_error", message: expect.stringContaining("item/agentMessage/delta") }],
  ])("%s is told by its type", async (fault, expected) => {
    expect(await rejection(ask(fault).answer)).toMatchObject(expected);
  });

  test("a crash in the middle says how it ended and what it said last, without colours", async () => {
    const { answer, shown } = ask("crash");
    const error = await rejection(answer);
    expect(error.type).toBe("provider_error");
    expect(error.message).toEndWith(
      "ended with exit code 101 before the answer was complete. thread 'main' panicked · out of luck",
    );
    expect(shown).toEqual(["Half an ans"]);
  });

  test("a program that does not start says so as well, without the keys that it was given", async () => {
    const error = await rejection(ask("no start").answer);
    expect(error.message).toEndWith(
      "ended with exit code 1 before the answer was complete. config.toml: broken, key [redacted]",
    );
  });

  test("a model that Codex does not have, unless the user's own provider has it", async () => {
    const { answer, params } = ask("", { model: "gpt-nope" });
    const error = await rejection(answer);
    expect(error).toMatchObject({ type: "not_found", message: 'Codex has no model "gpt-nope".' });
    expect(error.details.hint).toContain("gpt-5.5");
    expect(params("turn/start")).toEqual([]);
    expect((await ask("own provider", { model: "gpt-nope" }).answer).text).toBe("Hello there");
  });

  test("a picture for a model that takes text only", async () => {
    const question = { images: [{ mimeType: "image/png", base64: "AAAA" }] };
    const { answer, params } = ask("text only", { question });
    expect((await rejection(answer)).type).toBe("usage");
    expect(params("turn/start")).toEqual([]);
    expect((await ask("text only").answer).text).toBe("Hello there");
  });

  test("no such program", async () => {
    const env = { PATH: folder.path };
    const asked = askCodex(
      { env, cwd: folder.path },
      { prompt: "x", images: [] },
      null,
      new AbortController().signal,
      async () => {},
    );
    const error = await rejection(asked);
    expect(error).toMatchObject({ type: "not_found", message: 'There is no program "codex".' });
    expect(error.details.hint).toContain("npm install -g @openai/codex");
  });

  test("whoever cannot show the answer any more ends it", async () => {
    const { answer, seen } = ask("", { show: () => Promise.reject(new StdoutClosed()) });
    expect(await answer.catch((thrown: unknown) => thrown)).toBeInstanceOf(StdoutClosed);
    expect(isAlive(Number(seen()[0]?.pid))).toBe(false);
  });
});

describe("an abort", () => {
  const timeout = (): InferError => new InferError("timeout", "too late");

  test("in silence interrupts the turn, and the program is gone", async () => {
    const controller = new AbortController();
    const { answer, log, seen, params } = ask("silence", { signal: controller.signal });
    await received(log, "turn/start");
    await Bun.sleep(50);
    controller.abort(timeout());
    expect(await rejection(answer)).toMatchObject({ type: "timeout", message: "too late" });
    expect(params("turn/interrupt")).toEqual([{ threadId: "thread-1", turnId: "turn-1" }]);
    expect(isAlive(Number(seen()[0]?.pid))).toBe(false);
  });

  test("ends a program that closes its ears: SIGTERM, then SIGKILL", async () => {
    const controller = new AbortController();
    const { answer, log, seen } = ask("stubborn", { signal: controller.signal });
    await received(log, "turn/start");
    controller.abort(timeout());
    expect((await rejection(answer)).type).toBe("timeout");
    expect(seen().some(({ signal }) => signal === "SIGTERM")).toBe(true);
    expect(isAlive(Number(seen()[0]?.pid))).toBe(false);
  });

  test("before anything is started starts nothing", async () => {
    const { answer, log } = ask("", { signal: AbortSignal.abort(timeout()) });
    expect((await rejection(answer)).type).toBe("timeout");
    expect(existsSync(log)).toBe(false);
  });
});
