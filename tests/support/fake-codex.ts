import { appendFileSync } from "node:fs";

/**
 * A `codex app-server` as its README describes it, with the messages of 0.169 cut down to what matters. The first
 * argument is what goes wrong; everything that it receives is written to the file of the second.
 */
const [fault = "", log = ""] = process.argv.slice(2);
type Message = { id?: number | string; method?: string; params?: Record<string, unknown>; result?: unknown };

const THREAD = "thread-1";
const TURN = "turn-1";
const say = (message: object | string): void => {
  process.stdout.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
};
const tell = (method: string, params: object): void =>
  say({ method, params: { threadId: THREAD, turnId: TURN, ...params } });
const message = (id: string, text: string, phase: string | null = null): object => ({
  item: { type: "agentMessage", id, text, phase, moderation: null },
});
const begin = (id: string, phase: string | null = null): void => tell("item/started", message(id, "", phase));
const piece = (id: string, delta: string): void => tell("item/agentMessage/delta", { itemId: id, delta });
const complete = (id: string, text: string, phase: string | null = null): void =>
  tell("item/completed", message(id, text, phase));

function end(status = "completed", error: object | null = null): void {
  const total = {
    totalTokens: 13,
    inputTokens: 10,
    cachedInputTokens: 2,
    cacheWriteInputTokens: 0,
    outputTokens: 3,
    reasoningOutputTokens: 1,
  };
  tell("thread/tokenUsage/updated", { tokenUsage: { total, last: total, modelContextWindow: 1000 } });
  tell("turn/completed", { turn: { id: TURN, items: [], status, error } });
}

function answer(): void {
  begin("m1");
  piece("m1", "\n Hello ");
  piece("m1", "there");
  piece("m1", "\n");
  complete("m1", "\n Hello there\n");
  end();
}

const APPROVALS = [
  "item/commandExecution/requestApproval",
  "item/fileChange/requestApproval",
  "item/permissions/requestApproval",
  "mcpServer/elicitation/request",
  "item/tool/requestUserInput",
  "item/tool/call",
  "execCommandApproval",
  "item/somethingNew/requestApproval",
  "attestation/generate",
];
let unanswered = APPROVALS.length;

const TURNS: Record<string, () => void> = {
  "one piece": () => {
    begin("m1");
    complete("m1", "All at once");
    end();
  },
  asides: () => {
    begin("m0", "commentary");
    piece("m0", "Let me think.");
    complete("m0", "Let me think.", "commentary");
    tell("item/started", { item: { type: "reasoning", id: "r1", summary: [], content: [] } });
    begin("m1", "final_answer");
    piece("m1", "First.");
    complete("m1", "First.", "final_answer");
    begin("m2", "final_answer");
    complete("m2", "Second.", "final_answer");
    end();
  },
  approvals: () => {
    for (const [at, method] of APPROVALS.entries())
      say({ id: `s${at}`, method, params: { threadId: THREAD, turnId: TURN, itemId: "c1" } });
  },
  crash: () => {
    begin("m1");
    piece("m1", "Half an ans");
    process.stderr.write("\u001b[31mthread 'main' panicked\u001b[0m\nout of luck\n", () => process.exit(101));
  },
  silence: () => begin("m1"),
  garbage: () => {
    say("Welcome to Codex!");
    say("{not json");
    say("[1,2]");
    say("");
    say({ id: 999, result: {} });
    say({ method: "something/new", params: { anything: 1 } });
    answer();
  },
  malformed: () => say({ method: "item/agentMessage/delta", params: { delta: 7 } }),
  blank: () => {
    begin("m1");
    complete("m1", "  \n");
    end();
  },
  retried: () => {
    tell("error", { error: { message: "Reconnecting... 1/5", codexErrorInfo: null }, willRetry: true });
    answer();
  },
  "usage limit": () => {
    tell("error", {
      error: { message: "You've hit your usage limit.", codexErrorInfo: "usageLimitExceeded" },
      willRetry: false,
    });
    end("failed", {
      message: "You've hit your usage limit.",
      codexErrorInfo: "usageLimitExceeded",
      additionalDetails: null,
    });
  },
  unauthorized: () =>
    end("failed", { message: "401", codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 401 } } }),
  disconnected: () =>
    end("failed", { message: "gone", codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } } }),
  policy: () => end("failed", { message: "No.", codexErrorInfo: "CyberPolicy" }),
  "bad request": () => end("failed", { message: '{"error":{"message":"no such thing"}}', codexErrorInfo: "other" }),
  "error alone": () => {
    tell("error", { error: { message: "It broke.", codexErrorInfo: "other" } });
    end("failed");
  },
  interrupted: () => end("interrupted"),
};

function take({ id, method, params, result }: Message): void {
  const reply = (value: object): void => say({ id, result: value });
  const refuse = (code: number, text: string): void => say({ id, error: { code, message: text } });
  switch (method) {
    case "initialize":
      if (fault === "no start")
        process.stderr.write(`config.toml: broken, key ${process.env.CODEX_API_KEY}\n`, () => process.exit(1));
      else reply({ userAgent: "codex/0.169.0", codexHome: "/", platformFamily: "unix", platformOs: "linux" });
      return;
    case "account/read":
      if (fault === "logged out") reply({ account: null, requiresOpenaiAuth: true });
      else if (fault === "old") refuse(-32601, "unknown method");
      else reply({ account: { type: "chatgpt" }, requiresOpenaiAuth: true });
      return;
    case "model/list": {
      const inputModalities = fault === "text only" ? ["text"] : ["text", "image"];
      if (fault === "old") refuse(-32601, "unknown method");
      else reply({ data: [{ id: "gpt-5.5", model: "gpt-5.5", inputModalities }], nextCursor: null });
      return;
    }
    case "thread/start":
      if (fault === "old" && "environments" in (params ?? {})) refuse(-32600, "unknown field environments");
      else if (fault === "overloaded") refuse(-32001, "Server overloaded; retry later.");
      else
        reply({
          thread: { id: THREAD },
          model: "gpt-5.5",
          modelProvider: fault === "own provider" ? "mine" : "openai",
        });
      return;
    case "turn/start":
      reply({ turn: { id: TURN, items: [], status: "inProgress", error: null } });
      tell("turn/started", { turn: { id: TURN, items: [], status: "inProgress", error: null } });
      (TURNS[fault] ?? answer)();
      return;
    case "turn/interrupt":
      reply({});
      if (fault === "silence") end("interrupted");
      return;
    case undefined:
      if (typeof id === "string" && (result !== undefined || id)) unanswered--;
      if (unanswered === 0) answer();
  }
}

if (fault === "stubborn") {
  TURNS.stubborn = () => undefined;
  process.on("SIGTERM", () => appendFileSync(log, '{"signal":"SIGTERM"}\n'));
  setInterval(() => undefined, 1000);
}
appendFileSync(log, `${JSON.stringify({ pid: process.pid, cwd: process.cwd(), argv: process.argv.slice(2) })}\n`);
let rest = "";
for await (const chunk of process.stdin) {
  const lines = (rest + String(chunk)).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    appendFileSync(log, `${line}\n`);
    take(JSON.parse(line) as Message);
  }
}
