import { describe, expect, test } from "bun:test";
import { openaiChat } from "../../../src/protocols/openai-chat.ts";
import type { Route, TextRequest, ThinkingDialect, ThinkingLevel } from "../../../src/protocols/wire.ts";

const ROUTE: Route = {
  model: "m-1",
  baseUrl: "https://api.example.com/v1",
  quirks: {},
};
const PLAIN: TextRequest = { prompt: "Hi", images: [] };

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const { request: http, ignored } = openaiChat.build({ ...PLAIN, ...request }, { ...ROUTE, ...route });
  return { ...http, body: JSON.parse(http.body ?? "null") as unknown, ignored };
}

function read(message: unknown) {
  return openaiChat.readFrame({ data: JSON.stringify(message) });
}

function delta(delta: object, finish_reason: string | null = null) {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  };
}

describe("build", () => {
  test("a prompt alone sends nothing that was not asked for", () => {
    expect(build()).toEqual({
      method: "POST",
      url: "https://api.example.com/v1/chat/completions",
      headers: { "content-type": "application/json" },
      body: {
        model: "m-1",
        messages: [{ role: "user", content: "Hi" }],
        stream: true,
        stream_options: { include_usage: true },
      },
      ignored: [],
    });
  });

  test("system, several images in order, limit and temperature 0", () => {
    const images = [
      { mimeType: "image/png", base64: "AAAA" },
      { mimeType: "image/jpeg", base64: "BBBB" },
    ];
    expect(build({ system: "Be brief", images, maxTokens: 7, temperature: 0 }).body).toEqual({
      model: "m-1",
      messages: [
        { role: "system", content: "Be brief" },
        {
          role: "user",
          content: [
            { type: "text", text: "Hi" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            { type: "image_url", image_url: { url: "data:image/jpeg;base64,BBBB" } },
          ],
        },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 7,
      temperature: 0,
    });
  });

  test("quirks: the other limit field, and no stream_options", () => {
    const { body } = build({ maxTokens: 7 }, { quirks: { maxTokensField: "max_tokens", streamOptions: false } });
    expect(body).toEqual({ model: "m-1", messages: [{ role: "user", content: "Hi" }], stream: true, max_tokens: 7 });
  });

  test.each([
    ["https://api.deepseek.com", "https://api.deepseek.com/chat/completions"],
    ["https://api.deepseek.com/", "https://api.deepseek.com/chat/completions"],
    ["http://localhost:1234/v1//", "http://localhost:1234/v1/chat/completions"],
    ["https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"],
  ])("base %s → %s", (baseUrl, url) => {
    expect(build({}, { baseUrl }).url).toBe(url);
  });

  const effort = (reasoning_effort: string) => ({ reasoning_effort });
  const router = (word: string) => ({ reasoning: { effort: word } });
  const type = (word: string) => ({ thinking: { type: word } });
  const template = (enable_thinking: boolean) => ({ chat_template_kwargs: { enable_thinking } });
  const DIALECTS: Record<ThinkingDialect, Record<ThinkingLevel, object | undefined>> = {
    effort: {
      off: effort("none"),
      minimal: effort("minimal"),
      low: effort("low"),
      medium: effort("medium"),
      high: effort("high"),
      xhigh: effort("xhigh"),
      adaptive: undefined,
      max: effort("max"),
      ultra: effort("max"),
    },
    "high-or-none": {
      off: effort("none"),
      minimal: effort("none"),
      low: effort("high"),
      medium: effort("high"),
      high: effort("high"),
      xhigh: effort("high"),
      adaptive: effort("high"),
      max: effort("high"),
      ultra: effort("high"),
    },
    openrouter: {
      off: router("none"),
      minimal: router("minimal"),
      low: router("low"),
      medium: router("medium"),
      high: router("high"),
      xhigh: router("xhigh"),
      adaptive: { reasoning: { enabled: true } },
      max: router("xhigh"),
      ultra: router("xhigh"),
    },
    deepseek: {
      off: type("disabled"),
      minimal: type("enabled"),
      low: type("enabled"),
      medium: type("enabled"),
      high: type("enabled"),
      xhigh: type("enabled"),
      adaptive: type("enabled"),
      max: type("enabled"),
      ultra: type("enabled"),
    },
    "chat-template": {
      off: template(false),
      minimal: template(true),
      low: template(true),
      medium: template(true),
      high: template(true),
      xhigh: template(true),
      adaptive: template(true),
      max: template(true),
      ultra: template(true),
    },
  };
  const cases = Object.entries(DIALECTS).flatMap(([dialect, levels]) =>
    Object.entries(levels).map(([level, fields]) => ({ dialect, level, fields })),
  );
  test.each(cases)("--thinking $level in the dialect $dialect", ({ dialect, level, fields }) => {
    const thinking = level as ThinkingLevel;
    const quirks = dialect === "effort" ? {} : { thinking: dialect as ThinkingDialect };
    const { body, ignored } = build({ thinking }, { quirks });
    const { body: plain } = build({}, { quirks });
    expect(body).toEqual({ ...(plain as object), ...fields });
    expect(ignored).toEqual(fields ? [] : [{ key: "thinking", value: level }]);
  });
});

describe("readFrame", () => {
  test("a whole stream as OpenAI sends it", () => {
    expect(read(delta({ role: "assistant", content: "", refusal: null }))).toEqual({});
    expect(read(delta({ content: "Hel" }))).toEqual({ text: "Hel" });
    expect(read(delta({}, "stop"))).toEqual({ finishReason: "stop" });
    const usage = {
      prompt_tokens: 9,
      completion_tokens: 12,
      total_tokens: 21,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 8, audio_tokens: 0 },
    };
    expect(read({ id: "c", object: "chat.completion.chunk", choices: [], usage })).toEqual({
      usage: { inputTokens: 9, outputTokens: 12, totalTokens: 21, reasoningTokens: 8, cachedInputTokens: 4 },
    });
    expect(openaiChat.readFrame({ data: "[DONE]" })).toEqual({ end: true });
    expect(openaiChat.readFrame({ data: " [DONE] " })).toEqual({ end: true });
  });

  test.each([
    ["DeepSeek, llama.cpp", delta({ content: null, reasoning_content: "hm" }), { reasoning: "hm" }],
    [
      "OpenRouter, vLLM",
      delta({ content: "", reasoning: "hm", reasoning_details: [{ type: "reasoning.text", text: "hm" }] }),
      { reasoning: "hm" },
    ],
    [
      "a server that sends both members, one of them empty",
      delta({ content: "", reasoning_content: "", reasoning: "hm" }),
      { reasoning: "hm" },
    ],
    [
      "Mistral",
      delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      { reasoning: "hm" },
    ],
    [
      "Mistral, both in one chunk",
      delta({
        content: [
          {
            type: "thinking",
            thinking: [
              { type: "text", text: "h" },
              { type: "text", text: "m" },
            ],
          },
          { type: "text", text: "So" },
          { type: "reference", reference_ids: [1] },
          { type: "text", text: "!" },
        ],
      }),
      { reasoning: "hm", text: "So!" },
    ],
  ])("reasoning is kept apart: %s", (_name, message, step) => {
    expect(read(message)).toEqual(step);
  });

  test("a refusal", () => {
    expect(read(delta({ refusal: "I can't" }))).toEqual({ refusal: "I can't" });
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["tool_calls", "tool_calls"],
    ["function_call", "tool_calls"],
    ["model_length", "other"],
    ["something_new", "other"],
  ] as const)("finish reason %s → %s", (word, finishReason) => {
    expect(read(delta({}, word))).toEqual({ finishReason });
  });

  test("finish reason `error` (Mistral, OpenRouter) is a failure, not the end of an answer", () => {
    expect(read(delta({ content: "" }, "error")).failure).toBeTruthy();
  });

  test.each([
    ["at the top (vLLM, LM Studio)", { error: { message: "out of memory", code: 500 } }],
    [
      "at the top beside choices (OpenRouter)",
      {
        id: "gen-1",
        error: { message: "out of memory", code: 500 },
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
      },
    ],
    [
      "in the choice (OpenRouter)",
      { choices: [{ delta: {}, finish_reason: "error", error: { message: "out of memory", code: 500 } }] },
    ],
  ])("an error inside a 200: %s", (_name, message) => {
    expect(read(message).failure).toEqual({ message: "out of memory", code: 500 });
  });

  test("an error as a text inside a 200", () => {
    expect(read({ error: "out of memory" }).failure).toBe("out of memory");
  });

  test("an error object without a wrapper inside a 200 (Mistral, older vLLM) is not an empty answer", () => {
    const error = { object: "error", message: "model is not loaded", type: "invalid_model", param: null, code: "1500" };
    expect(openaiChat.readWhole(error).failure).toBeTruthy();
  });

  test.each([
    ["unknown members", { ...delta({ content: "a", annotations: [] }), system_fingerprint: "fp", obfuscation: "x" }],
    ["Azure's filter results", { ...delta({ content: "a" }), prompt_filter_results: [{ prompt_index: 0 }] }],
    ["usage: null in every chunk", { ...delta({ content: "a" }), usage: null }],
  ])("ignores %s", (_name, message) => {
    expect(read(message)).toEqual({ text: "a" });
  });

  test("tool calls and role are no text", () => {
    expect(read(delta({ tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: "{}" } }] }))).toEqual({});
  });

  test.each([
    ["not JSON", "{oops"],
    ["empty", ""],
    ["null", "null"],
    ["a string", '"text"'],
    ["a number", "42"],
    ["choices is no list", '{"choices":"x"}'],
    ["content is a number", '{"choices":[{"delta":{"content":7}}]}'],
    ["a part's text is an object", '{"choices":[{"delta":{"content":[{"type":"text","text":{}}]}}]}'],
    ["usage is a list of text", '{"choices":[],"usage":{"prompt_tokens":"9"}}'],
  ])("malformed → provider_error: %s", (_name, data) => {
    expect(() => openaiChat.readFrame({ data })).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});

describe("readWhole", () => {
  test("a completion that was not streamed", () => {
    const completion = {
      id: "chatcmpl-1",
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello", refusal: null, reasoning_content: "hm" },
          finish_reason: "length",
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    };
    expect(openaiChat.readWhole(completion)).toEqual({
      text: "Hello",
      reasoning: "hm",
      finishReason: "length",
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    });
  });

  test("a list in place of an object → provider_error", () => {
    expect(() => openaiChat.readWhole([])).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});
