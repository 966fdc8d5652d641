import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { LLMock } from "@copilotkit/aimock";
import { beginStream, chunk, FaultServer } from "../hazards/fault-server.ts";
import { infer, inferJson, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const config = folder.file("openclaw.json");
const mock = new LLMock({ port: 0 });
let stalled: FaultServer;

beforeAll(async () => {
  mock.onMessage("hi", { content: "Hello from the mock.", usage: { input_tokens: 12, output_tokens: 5 } });
  await mock.start();
  stalled = await FaultServer.start((socket) => {
    beginStream(socket, "text/event-stream");
    chunk(socket, 'data: {"choices":[{"delta":{"content":"partial"}}]}\n\n');
  });
  const providers = {
    openai: { baseUrl: `${mock.url}/v1`, apiKey: "sk-test-openai" },
    chat: { baseUrl: `${mock.url}/v1`, apiKey: "sk-test-chat", api: "openai-completions" },
    anthropic: { baseUrl: mock.url, apiKey: "sk-test-anthropic" },
    google: { baseUrl: mock.url, apiKey: "sk-test-google" },
    ollama: { baseUrl: mock.url },
    stalled: { baseUrl: stalled.url },
  };
  await writeFile(config, JSON.stringify({ models: { providers } }));
});

afterAll(async () => {
  await mock.stop();
  await stalled[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const run = (model: string, ...more: string[]): string[] => [
  "model",
  "run",
  "--prompt",
  "hi",
  "--model",
  model,
  "--config",
  config,
  ...more,
];

describe("model run against a multi-vendor mock that nobody here wrote", () => {
  const models = [
    "openai/gpt-5.5",
    "chat/any",
    "anthropic/claude-opus-4-8",
    "google/gemini-2.5-flash",
    "ollama/gemma4",
  ];
  for (const model of models) {
    test(`${model}: the envelope`, async () => {
      const { code, envelope, stderr } = await inferJson(run(model, "--max-tokens", "64"));
      expect(envelope).toMatchObject({
        ok: true,
        capability: "model.run",
        transport: "local",
        provider: model.split("/")[0],
        model: model.slice(model.indexOf("/") + 1),
        attempts: [{ outcome: "success", status: 200 }],
        outputs: [{ text: "Hello from the mock.", mediaUrl: null, finishReason: "stop" }],
        error: null,
      });
      expect(envelope.usage).toBeDefined();
      expect(stderr).toBe("");
      expect(code).toBe(0);
    });

    test(`${model}: the text and nothing else`, async () => {
      expect(await infer(run(model))).toEqual({ code: 0, stdout: "Hello from the mock.\n", stderr: "" });
    });
  }

  test("usage is the vendor's", async () => {
    const { envelope } = await inferJson(run("openai/gpt-5.5"));
    expect(envelope.usage).toMatchObject({ inputTokens: 12, outputTokens: 5, totalTokens: 17 });
  });

  test("a model the mock has no answer for: its own words", async () => {
    const { code, envelope } = await inferJson([
      "model",
      "run",
      "--prompt",
      "unheard of",
      "--model",
      "chat/x",
      "--config",
      config,
    ]);
    expect(envelope.error).toMatchObject({ type: "not_found", status: 404, provider: "chat", model: "x" });
    expect(envelope.error?.message).toContain("No fixture matched");
    expect(code).toBe(4);
  });
});

describe("exactly one JSON document", () => {
  const cases: [name: string, args: string[], type: string, code: number][] = [
    ["unknown flag", ["model", "run", "--promt", "x"], "usage", 2],
    ["unknown command", ["modle", "run"], "usage", 2],
    ["no command", [], "usage", 2],
    ["a group", ["model"], "usage", 2],
    ["missing prompt", ["model", "run"], "usage", 2],
    ["no credential", ["model", "run", "--prompt", "x"], "auth", 3],
    ["unknown provider", ["model", "run", "--prompt", "x", "--model", "nosuch/x"], "not_found", 4],
    [
      "missing file",
      ["model", "run", "--prompt", "x", "--model", "ollama/x", "--file", "/no/such.png"],
      "not_found",
      4,
    ],
    ["missing config", ["model", "run", "--prompt", "x", "--config", "/no/such.json"], "not_found", 4],
    ["unknown capability", ["inspect", "--name", "nope"], "not_found", 4],
    ["constructor", ["constructor"], "usage", 2],
  ];
  for (const [name, args, type, code] of cases) {
    test(`${name}: ${type}, exit ${code}`, async () => {
      const result = await inferJson(args);
      expect(result.envelope).toMatchObject({ ok: false, error: { type } });
      expect(result.code).toBe(code);
      expect(result.stderr).toBe("");
      const text = await infer(args);
      expect(text.stdout).toBe("");
      expect(text.stderr).toMatch(/^infer: /m);
      expect(text.stderr).not.toContain("\u001b");
      expect(text.code).toBe(code);
    });
  }

  test("the audio and the document cannot share stdout", async () => {
    const { code, envelope } = await inferJson(["tts", "convert", "--text", "x", "--output", "-"]);
    expect(envelope.error?.type).toBe("usage");
    expect(code).toBe(2);
  });

  test("--version and --help, too, wherever --json stands", async () => {
    for (const args of [
      ["--version", "--json"],
      ["--json", "--version"],
    ]) {
      expect(JSON.parse((await infer(args)).stdout)).toMatchObject({ version: expect.stringMatching(/^\d/) });
    }
    expect(JSON.parse((await infer(["model", "run", "--help", "--json"])).stdout).help).toContain("--prompt");
  });

  test("an agent that the config does not have", async () => {
    const { code, envelope } = await inferJson(run("openai/gpt-5.5", "--agent", "work"));
    expect(envelope.error).toMatchObject({ type: "not_found", message: expect.stringContaining("work") });
    expect(code).toBe(4);
  });

  test("the capability is null when argv names none", async () => {
    expect((await inferJson(["modle", "run"])).envelope.capability).toBeNull();
    expect((await inferJson(["model", "run", "--bogus"])).envelope.capability).toBe("model.run");
  });

  test("timeout", async () => {
    const { code, envelope } = await inferJson(run("stalled/x", "--timeout-ms", "800"));
    expect(envelope).toMatchObject({
      error: { type: "timeout" },
      attempts: [{ outcome: "failed", status: 200 }],
      outputs: [],
    });
    expect(code).toBe(7);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    test(signal, async () => {
      const before = stalled.seen.length;
      const child = spawn(run("stalled/x", "--json"));
      while (stalled.seen.length === before) await Bun.sleep(5);
      await Bun.sleep(20);
      child.kill(signal);
      const envelope = JSON.parse(await new Response(child.stdout).text());
      expect(envelope).toMatchObject({
        ok: false,
        error: { type: "interrupted" },
        attempts: [{ error: { type: "interrupted" } }],
      });
      expect(await child.exited).toBe(code);
    });
  }

  test("Ctrl-C while stdin is awaited", async () => {
    const child = spawn(["model", "run", "--prompt", "-", "--json"], { stdin: "open" });
    await Bun.sleep(100);
    child.kill("SIGINT");
    expect(JSON.parse(await new Response(child.stdout).text())).toMatchObject({ error: { type: "interrupted" } });
    expect(await child.exited).toBe(130);
  });
});

describe("the OpenClaw forms run unchanged", () => {
  for (const prefix of [["infer"], ["capability"], ["openclaw", "infer"], ["openclaw", "capability"]]) {
    test(prefix.join(" "), async () => {
      const { code, envelope } = await inferJson([...prefix, ...run("openai/gpt-5.5")]);
      expect(envelope.ok).toBe(true);
      expect(code).toBe(0);
    });
  }

  test("list: OpenClaw's members", async () => {
    const { stdout } = await infer(["list", "--json"]);
    const rows = JSON.parse(stdout);
    expect(rows[0]).toEqual({
      id: "model.run",
      transports: ["local"],
      description: "Run a one-shot inference turn through the selected model provider.",
    });
  });

  test("inspect: OpenClaw's members, and the schema", async () => {
    const one = JSON.parse((await infer(["inspect", "--name", "model.run", "--json"])).stdout);
    expect(Object.keys(one)).toEqual(["id", "description", "transports", "flags", "resultShape"]);
    expect(one.flags).toContain("--thinking");
    const schema = JSON.parse((await infer(["inspect", "--schema", "--json"])).stdout);
    expect(schema.required).toContain("attempts");
  });
});
