import { describe, expect, test } from "bun:test";
import { ollamaChat } from "../../../src/protocols/ollama-chat.ts";
import type { Route, Step, TextRequest } from "../../../src/protocols/wire.ts";

const ROUTE: Route = { model: "gemma4", baseUrl: "http://127.0.0.1:11434", quirks: {} };

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const { request: http, ignored } = ollamaChat.build({ prompt: "Hi", images: [], ...request }, { ...ROUTE, ...route });
  return { ...http, body: JSON.parse(http.body ?? "null") as Record<string, unknown>, ignored };
}

function read(message: unknown) {
  return ollamaChat.readFrame({ data: JSON.stringify(message) });
}

describe("build", () => {
  test("a prompt alone", () => {
    expect(build()).toEqual({
      method: "POST",
      url: "http://127.0.0.1:11434/api/chat",
      headers: { "content-type": "application/json" },
      body: { model: "gemma4", messages: [{ role: "user", content: "Hi" }], stream: true },
      ignored: [],
    });
  });

  test("system, several images without a data: prefix, limit and temperature 0", () => {
    const images = [
      { mimeType: "image/png", base64: "AAAA" },
      { mimeType: "image/webp", base64: "BBBB" },
    ];
    expect(build({ system: "Be brief", images, maxTokens: 64, temperature: 0 }).body).toEqual({
      model: "gemma4",
      messages: [
        { role: "system", content: "Be brief" },
        { role: "user", content: "Hi", images: ["AAAA", "BBBB"] },
      ],
      stream: true,
      options: { num_predict: 64, temperature: 0 },
    });
  });

  test.each([
    ["http://127.0.0.1:11434/", "http://127.0.0.1:11434/api/chat"],
    ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/api/chat"],
    ["http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/api/chat"],
    ["https://gw.example.com/ollama", "https://gw.example.com/ollama/api/chat"],
  ])("base %s → %s", (baseUrl, url) => {
    expect(build({}, { baseUrl }).url).toBe(url);
  });

  test.each([
    ["gemma4", "off", false],
    ["gemma4", "minimal", true],
    ["gemma4", "low", true],
    ["gemma4", "medium", true],
    ["gemma4", "high", true],
    ["gemma4", "xhigh", true],
    ["gemma4", "adaptive", true],
    ["gemma4", "max", true],
    ["gemma4", "ultra", true],
    ["gpt-oss:20b", "off", false],
    ["gpt-oss:20b", "minimal", "low"],
    ["gpt-oss:20b", "low", "low"],
    ["gpt-oss:20b", "medium", "medium"],
    ["gpt-oss:20b", "high", "high"],
    ["gpt-oss:20b", "xhigh", "high"],
    ["gpt-oss:20b", "adaptive", true],
    ["gpt-oss:20b", "max", "high"],
    ["gpt-oss:20b", "ultra", "high"],
  ] as const)("%s, --thinking %s → think %p", (model, thinking, think) => {
    expect(build({ thinking }, { model }).body.think).toBe(think);
  });

  test("no think member unless asked for: models that cannot think refuse it", () => {
    expect(build().body).not.toHaveProperty("think");
  });
});

describe("readFrame", () => {
  const head = { model: "gemma4", created_at: "2026-01-01T00:00:00Z" };
  test.each<[string, unknown, Step]>([
    ["text", { ...head, message: { role: "assistant", content: "Hel" }, done: false }, { text: "Hel" }],
    [
      "thinking",
      { ...head, message: { role: "assistant", content: "", thinking: "hm" }, done: false },
      { reasoning: "hm" },
    ],
    [
      "tool calls are no text",
      { ...head, message: { role: "assistant", content: "", tool_calls: [{ function: { name: "f" } }] }, done: false },
      {},
    ],
    [
      "the end",
      {
        ...head,
        message: { role: "assistant", content: "" },
        done: true,
        done_reason: "stop",
        total_duration: 174_560_334,
        prompt_eval_count: 11,
        eval_count: 18,
      },
      { end: true, finishReason: "stop", usage: { inputTokens: 11, outputTokens: 18, totalTokens: 29 } },
    ],
    [
      "the end of an old server, without reason and counts",
      { ...head, done: true },
      { end: true, finishReason: "stop", usage: {} },
    ],
    [
      "the token limit",
      { ...head, done: true, done_reason: "length", eval_count: 2 },
      { end: true, finishReason: "length", usage: { outputTokens: 2 } },
    ],
    [
      "loaded, no answer",
      { ...head, done: true, done_reason: "load" },
      { end: true, finishReason: "other", usage: {} },
    ],
    ["unknown members alone", { ...head, smell: "rose" }, {}],
  ])("%s", (_name, message, step) => {
    expect(read(message)).toEqual(step);
  });

  test("a whole answer in one object", () => {
    const whole = {
      ...head,
      message: { role: "assistant", content: "Hello", thinking: "hm" },
      done: true,
      done_reason: "stop",
    };
    expect(ollamaChat.readWhole(whole)).toEqual({
      text: "Hello",
      reasoning: "hm",
      end: true,
      finishReason: "stop",
      usage: {},
    });
  });

  test("an error in the middle of a stream", () => {
    expect(read({ error: "an error was encountered while running the model" }).failure).toBe(
      "an error was encountered while running the model",
    );
  });

  test.each([
    ["not JSON", "<html>"],
    ["null", "null"],
    ["message is a text", '{"message":"x"}'],
    ["content is a list", '{"message":{"content":["x"]}}'],
    ["done is a text", '{"done":"true"}'],
    ["a count is a text", '{"done":true,"eval_count":"1"}'],
  ])("malformed → provider_error: %s", (_name, data) => {
    expect(() => ollamaChat.readFrame({ data })).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});
