import { describe, expect, test } from "bun:test";
import { anthropicMessages } from "../../../src/protocols/anthropic-messages.ts";
import type { Route, Step, TextRequest, ThinkingLevel } from "../../../src/protocols/wire.ts";

const ROUTE: Route = {
  model: "claude-opus-4-8",
  baseUrl: "https://api.anthropic.com",
  quirks: {},
};
const LEVELS: readonly ThinkingLevel[] = ["minimal", "low", "medium", "high", "xhigh", "adaptive", "max", "ultra"];

interface Body {
  model: string;
  max_tokens: number;
  messages: unknown[];
  system?: string;
  temperature?: number;
  thinking?: { type: string; budget_tokens?: number };
  output_config?: { effort: string };
}

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const { request: http, ignored } = anthropicMessages.build(
    { prompt: "Hi", images: [], ...request },
    { ...ROUTE, ...route },
  );
  return { ...http, body: JSON.parse(http.body ?? "null") as Body, ignored };
}

function read(message: unknown) {
  return anthropicMessages.readFrame({ data: JSON.stringify(message) });
}

describe("build", () => {
  test("a prompt alone, with the version header and the required limit", () => {
    expect(build()).toEqual({
      method: "POST",
      url: "https://api.anthropic.com/v1/messages",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
      body: {
        model: "claude-opus-4-8",
        max_tokens: 8192,
        messages: [{ role: "user", content: "Hi" }],
        stream: true,
      } as Body,
      ignored: [],
    });
  });

  test("system, several images in order before the text, limit and temperature 0", () => {
    const images = [
      { mimeType: "image/png", base64: "AAAA" },
      { mimeType: "image/gif", base64: "BBBB" },
    ];
    expect(build({ system: "Be brief", images, maxTokens: 64, temperature: 0 }).body).toEqual({
      model: "claude-opus-4-8",
      max_tokens: 64,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            { type: "image", source: { type: "base64", media_type: "image/gif", data: "BBBB" } },
            { type: "text", text: "Hi" },
          ],
        },
      ],
      stream: true,
      system: "Be brief",
      temperature: 0,
    } as Body);
  });

  const quirks = {
    maxTokens: [
      { model: /claude-3-opus/, tokens: 4096 },
      { model: /claude/, tokens: 32_000 },
    ],
  };
  test.each([
    ["claude-3-opus-20240229", undefined, undefined, 4096],
    ["claude-opus-4-8", undefined, undefined, 32_000],
    ["glm-5", undefined, undefined, 8192],
    ["claude-opus-4-8", undefined, 1000, 1000],
    ["claude-opus-4-8", 77, 1000, 77],
  ])("max_tokens of %s, asked for %p, declared %p → %d", (model, asked, declared, expected) => {
    const { body } = build({ maxTokens: asked }, { model, quirks, maxTokens: declared });
    expect(body.max_tokens).toBe(expected);
  });

  test.each([
    ["https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"],
    ["https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/messages"],
    ["https://api.minimax.io/anthropic", "https://api.minimax.io/anthropic/v1/messages"],
    ["https://gw.example.com/v1/acc/gw/anthropic/", "https://gw.example.com/v1/acc/gw/anthropic/v1/messages"],
  ])("base %s → %s", (baseUrl, url) => {
    expect(build({}, { baseUrl }).url).toBe(url);
  });
});

describe("build on Google Cloud", () => {
  const route = { baseUrl: "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic" };

  test("the model is in the path and the version in the body", () => {
    const built = build({ system: "Be brief" }, { ...route, model: "claude-sonnet-4-6", quirks: { vertex: true } });
    expect(built).toEqual({
      method: "POST",
      url: `${route.baseUrl}/models/claude-sonnet-4-6:streamRawPredict`,
      headers: { "content-type": "application/json" },
      body: {
        anthropic_version: "vertex-2023-10-16",
        max_tokens: 8192,
        messages: [{ role: "user", content: "Hi" }],
        stream: true,
        system: "Be brief",
      } as unknown as Body,
      ignored: [],
    });
  });

  test("a dated model keeps its @", () => {
    const { url } = build({}, { ...route, model: "claude-sonnet-4-5@20250929", quirks: { vertex: true } });
    expect(url).toEndWith("/models/claude-sonnet-4-5@20250929:streamRawPredict");
  });
});

describe("build with --thinking", () => {
  test("Copilot's spelling of a version is the same model", () => {
    expect(build({ thinking: "high" }, { model: "claude-opus-4.7" }).body.thinking).toEqual({ type: "adaptive" });
    expect(build({ thinking: "high" }, { model: "claude-sonnet-4.5" }).body.thinking?.type).toBe("enabled");
  });

  test.each(["claude-opus-4-8", "claude-sonnet-4-5-20250929"])("off on %s", (model) => {
    const { body, ignored } = build({ thinking: "off", temperature: 0.5 }, { model });
    expect(body.thinking).toEqual({ type: "disabled" });
    expect(body.temperature).toBe(0.5);
    expect(ignored).toEqual([]);
  });

  test.each([
    ["minimal", "low"],
    ["low", "low"],
    ["medium", "medium"],
    ["high", "high"],
    ["xhigh", "xhigh"],
    ["max", "max"],
    ["ultra", "max"],
    ["adaptive", undefined],
  ] as const)("%s → effort %p on a model that adapts", (thinking, effort) => {
    const { body } = build({ thinking });
    expect(body.thinking).toEqual({ type: "adaptive" });
    expect(body.output_config).toEqual(effort && { effort });
    expect(body.max_tokens).toBe(8192);
  });

  test("the temperature that Anthropic would refuse beside reasoning is left out and told", () => {
    const { body, ignored } = build({ thinking: "low", temperature: 0.5 });
    expect(body).not.toHaveProperty("temperature");
    expect(ignored).toEqual([{ key: "temperature", value: 0.5 }]);
  });

  test.each(LEVELS)("%s is a budget on older models: at least 1024 and less than max_tokens", (thinking) => {
    const { body } = build({ thinking, maxTokens: 100 }, { model: "claude-sonnet-4-5-20250929" });
    expect(body.thinking?.type).toBe("enabled");
    const budget = body.thinking?.budget_tokens ?? 0;
    expect(budget).toBeGreaterThanOrEqual(1024);
    expect(body.max_tokens).toBe(budget + 100);
    expect(body).not.toHaveProperty("output_config");
  });

  test("a higher level never has a smaller budget", () => {
    const budgets = (["minimal", "low", "medium", "high", "xhigh", "max", "ultra"] as const).map(
      (thinking) => build({ thinking }, { model: "claude-sonnet-4-5" }).body.thinking?.budget_tokens ?? 0,
    );
    expect(budgets).toEqual(budgets.toSorted((a, b) => a - b));
  });

  const ceilings = [8192, 32_000].flatMap((ceiling) => LEVELS.map((level) => ({ ceiling, level })));
  test.each(ceilings)("$level shares a declared ceiling of $ceiling tokens with the answer", ({ ceiling, level }) => {
    const { body } = build({ thinking: level }, { model: "claude-sonnet-4-5", maxTokens: ceiling });
    const budget = body.thinking?.budget_tokens ?? 0;
    expect(body.max_tokens).toBeLessThanOrEqual(ceiling);
    expect(budget).toBeGreaterThanOrEqual(1024);
    expect(budget).toBeLessThan(body.max_tokens);
  });
});

describe("readFrame", () => {
  test.each<[string, unknown, Step]>([
    [
      "message_start",
      {
        type: "message_start",
        message: {
          id: "msg_1",
          type: "message",
          role: "assistant",
          content: [],
          stop_reason: null,
          usage: { input_tokens: 10, cache_creation_input_tokens: 2, cache_read_input_tokens: 5, output_tokens: 1 },
        },
      },
      { usage: { inputTokens: 17, outputTokens: 1, cachedInputTokens: 5 } },
    ],
    ["ping", { type: "ping" }, {}],
    ["block start", { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, {}],
    [
      "block start with text",
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "He" } },
      { text: "He" },
    ],
    [
      "text",
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
      { text: "Hello" },
    ],
    [
      "thinking",
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "hm" } },
      { reasoning: "hm" },
    ],
    ["signature", { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "EqQB" } }, {}],
    [
      "redacted thinking",
      { type: "content_block_start", index: 0, content_block: { type: "redacted_thinking", data: "x" } },
      {},
    ],
    [
      "tool input",
      { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"a"' } },
      {},
    ],
    ["block stop", { type: "content_block_stop", index: 0 }, {}],
    [
      "message_delta",
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 15, input_tokens: null },
      },
      { finishReason: "stop", usage: { outputTokens: 15 } },
    ],
    ["message_stop", { type: "message_stop" }, { end: true }],
    ["an event of tomorrow", { type: "message_smell", smell: "rose" }, {}],
  ])("%s", (_name, message, step) => {
    expect(read(message)).toEqual(step);
  });

  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["refusal", "content_filter"],
    ["pause_turn", "other"],
  ] as const)("stop reason %s → %s", (stop_reason, finishReason) => {
    expect(read({ type: "message_delta", delta: { stop_reason } })).toMatchObject({ finishReason });
  });

  const stop_details = { type: "refusal", category: "cyber", explanation: "This looks like an exploit." };
  test("a refusal says what Anthropic explained (stop_details)", () => {
    const step = read({ type: "message_delta", delta: { stop_reason: "refusal", stop_sequence: null, stop_details } });
    expect(step.wholeRefusal).toContain("This looks like an exploit.");
  });

  test("a refusal that was not streamed says it too", () => {
    const step = anthropicMessages.readWhole({ type: "message", content: [], stop_reason: "refusal", stop_details });
    expect(step.wholeRefusal).toContain("This looks like an exploit.");
  });

  test("an error in the middle of a stream", () => {
    const error = { type: "overloaded_error", message: "Overloaded" };
    expect(read({ type: "error", error, request_id: "req_1" }).failure).toEqual(error);
    expect(read({ type: "error" }).failure).toBeTruthy();
  });

  test("an error without a type, as gateways put it into a stream, keeps its words", () => {
    expect(read({ error: { message: "upstream is gone" } }).failure).toMatchObject({ message: "upstream is gone" });
  });

  test.each([
    ["not JSON", "event"],
    ["null", "null"],
    ["no type", '{"delta":{"text":"x"}}'],
    ["text is a number", '{"type":"content_block_delta","delta":{"type":"text_delta","text":1}}'],
    ["delta is a text", '{"type":"content_block_delta","delta":"x"}'],
    ["usage is a text", '{"type":"message_delta","delta":{},"usage":"x"}'],
  ])("malformed → provider_error: %s", (_name, data) => {
    expect(() => anthropicMessages.readFrame({ data })).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});

describe("readWhole", () => {
  test("joins the text blocks and keeps thinking apart", () => {
    const whole = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "x" },
        { type: "text", text: "Hello", citations: null },
        { type: "tool_use", id: "t", name: "f", input: {} },
        { type: "text", text: " world" },
      ],
      stop_reason: "max_tokens",
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 4, cache_creation_input_tokens: null, cache_read_input_tokens: null },
    };
    expect(anthropicMessages.readWhole(whole)).toEqual({
      text: "Hello world",
      reasoning: "hm",
      finishReason: "length",
      usage: { inputTokens: 3, outputTokens: 4 },
      end: true,
    });
  });

  test("an error inside a 200 is not an empty answer", () => {
    const error = { type: "api_error", message: "Internal server error" };
    expect(anthropicMessages.readWhole({ type: "error", error }).failure).toEqual(error);
  });

  test.each([null, "x", 1, { content: "x" }])("malformed → provider_error: %j", (json) => {
    expect(() => anthropicMessages.readWhole(json)).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});

test("a limit that the config declares leaves the thinking budget as it is", () => {
  const route = { model: "claude-sonnet-4-5", baseUrl: "https://api.anthropic.com", quirks: {}, maxTokens: 16_000 };
  const request = { prompt: "Hi", images: [], thinking: "high" as const };
  const { body } = anthropicMessages.build(request, route).request;
  expect(JSON.parse(body)).toMatchObject({ max_tokens: 16_000, thinking: { budget_tokens: 14_976 } });
});
