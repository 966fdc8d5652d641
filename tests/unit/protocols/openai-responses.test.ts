import { describe, expect, test } from "bun:test";
import { openaiResponses } from "../../../src/protocols/openai-responses.ts";
import type { Route, Step, TextRequest, ThinkingLevel } from "../../../src/protocols/wire.ts";

const ROUTE: Route = {
  model: "gpt-5.5",
  baseUrl: "https://api.openai.com/v1",
  quirks: {},
};

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const { request: http, ignored } = openaiResponses.build(
    { prompt: "Hi", images: [], ...request },
    { ...ROUTE, ...route },
  );
  return { ...http, body: JSON.parse(http.body ?? "null") as unknown, ignored };
}

function read(message: unknown) {
  return openaiResponses.readFrame({ data: JSON.stringify(message) });
}

const BODY = {
  model: "gpt-5.5",
  input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }],
  stream: true,
  store: false,
};

describe("build", () => {
  test("a prompt alone, and nothing kept on the vendor's servers", () => {
    expect(build()).toEqual({
      method: "POST",
      url: "https://api.openai.com/v1/responses",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
  });

  test("system, several images in order, limit and temperature 0", () => {
    const images = [
      { mimeType: "image/png", base64: "AAAA" },
      { mimeType: "image/webp", base64: "BBBB" },
    ];
    expect(build({ system: "Be brief", images, maxTokens: 64, temperature: 0 }).body).toEqual({
      ...BODY,
      instructions: "Be brief",
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "Hi" },
            { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AAAA" },
            { type: "input_image", detail: "auto", image_url: "data:image/webp;base64,BBBB" },
          ],
        },
      ],
      max_output_tokens: 64,
      temperature: 0,
    });
  });

  test.each([
    ["off", "none"],
    ["minimal", "minimal"],
    ["low", "low"],
    ["medium", "medium"],
    ["high", "high"],
    ["xhigh", "xhigh"],
    ["max", "max"],
    ["ultra", "max"],
  ] as const)("--thinking %s → effort %s", (thinking, effort) => {
    const { body, ignored } = build({ thinking });
    expect(body).toEqual({ ...BODY, reasoning: { effort } });
    expect(ignored).toEqual([]);
  });

  test("instructions that a server requires stand in for a system prompt that nobody gave", () => {
    const quirks = { instructions: "Help." };
    expect(build({}, { quirks }).body).toEqual({ ...BODY, instructions: "Help." });
    expect(build({ system: "Be brief" }, { quirks }).body).toEqual({ ...BODY, instructions: "Be brief" });
  });

  test("hints that a server refuses are left out and told", () => {
    const route: Partial<Route> = { quirks: { refuses: ["maxTokens", "temperature"] } };
    const { body, ignored } = build({ maxTokens: 9, temperature: 0 }, route);
    expect(body).toEqual(BODY);
    expect(ignored).toEqual([
      { key: "maxTokens", value: 9 },
      { key: "temperature", value: 0 },
    ]);
    expect(build({}, route).ignored).toEqual([]);
  });

  test("--thinking adaptive cannot be said and is told so", () => {
    const { body, ignored } = build({ thinking: "adaptive" satisfies ThinkingLevel });
    expect(body).toEqual(BODY);
    expect(ignored).toEqual([{ key: "thinking", value: "adaptive" }]);
  });

  test.each([
    ["https://api.x.ai/v1/", "https://api.x.ai/v1/responses"],
    ["https://r.openai.azure.com/openai/v1", "https://r.openai.azure.com/openai/v1/responses"],
    ["http://127.0.0.1:9", "http://127.0.0.1:9/responses"],
  ])("base %s → %s", (baseUrl, url) => {
    expect(build({}, { baseUrl }).url).toBe(url);
  });
});

const OUTPUT_TEXT = {
  type: "message",
  id: "msg_1",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text: "Hello", annotations: [], logprobs: [] }],
};
const REASONING = { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }] };
const USAGE = {
  input_tokens: 36,
  input_tokens_details: { cached_tokens: 30, cache_write_tokens: 0 },
  output_tokens: 87,
  output_tokens_details: { reasoning_tokens: 80 },
  total_tokens: 123,
};
const COUNTED = { inputTokens: 36, outputTokens: 87, totalTokens: 123, reasoningTokens: 80, cachedInputTokens: 30 };

describe("readFrame", () => {
  const place = { item_id: "msg_1", output_index: 0, content_index: 0, sequence_number: 4 };
  test.each<[string, unknown, Step]>([
    ["created", { type: "response.created", response: { id: "resp_1", status: "in_progress", output: [] } }, {}],
    ["in_progress", { type: "response.in_progress", response: { status: "in_progress" } }, {}],
    ["item added", { type: "response.output_item.added", output_index: 0, item: OUTPUT_TEXT }, {}],
    ["part added", { type: "response.content_part.added", ...place, part: { type: "output_text", text: "" } }, {}],
    ["text delta", { type: "response.output_text.delta", ...place, delta: "Hel", logprobs: [] }, { text: "Hel" }],
    ["text done repeats the text", { type: "response.output_text.done", ...place, text: "Hello" }, {}],
    ["reasoning", { type: "response.reasoning_text.delta", ...place, delta: "hm" }, { reasoning: "hm" }],
    [
      "reasoning summary",
      { type: "response.reasoning_summary_text.delta", summary_index: 0, delta: "hm" },
      { reasoning: "hm" },
    ],
    ["refusal done", { type: "response.refusal.done", ...place, refusal: "No." }, { wholeRefusal: "No." }],
    ["an event of tomorrow", { type: "response.smell.delta", delta: { rose: 1 } }, {}],
    [
      "completed",
      { type: "response.completed", response: { status: "completed", output: [REASONING, OUTPUT_TEXT], usage: USAGE } },
      { end: true, wholeText: "Hello", finishReason: "stop", usage: COUNTED },
    ],
    [
      "incomplete, token limit",
      {
        type: "response.incomplete",
        response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output: [REASONING] },
      },
      { end: true, finishReason: "length" },
    ],
    [
      "incomplete, content filter",
      {
        type: "response.incomplete",
        response: { status: "incomplete", incomplete_details: { reason: "content_filter" }, output: [] },
      },
      { end: true, finishReason: "content_filter" },
    ],
    [
      "failed",
      {
        type: "response.failed",
        response: { status: "failed", error: { code: "server_error", message: "Boom" }, output: [], usage: null },
      },
      { end: true, failure: { code: "server_error", message: "Boom" } },
    ],
  ])("%s", (_name, message, step) => {
    expect(read(message)).toEqual(step);
  });

  test("failed without a reason, or without a response, is still a failure", () => {
    expect(read({ type: "response.failed", response: { status: "failed", error: null } }).failure).toBeTruthy();
    expect(read({ type: "response.failed" }).failure).toBeTruthy();
  });

  test("an error event holds the provider's words", () => {
    const message = {
      type: "error",
      code: "rate_limit_exceeded",
      message: "Slow down",
      param: null,
      sequence_number: 1,
    };
    expect(read(message).failure).toMatchObject({ code: "rate_limit_exceeded", message: "Slow down" });
  });

  test("an error without a type, as gateways put it into a stream, keeps its words", () => {
    expect(read({ error: { message: "upstream is gone", code: 502 } }).failure).toMatchObject({
      message: "upstream is gone",
    });
  });

  test("[DONE] ends, although OpenAI does not send it", () => {
    expect(openaiResponses.readFrame({ data: "[DONE]" })).toEqual({ end: true });
  });

  test.each([
    ["not JSON", "{oops"],
    ["null", "null"],
    ["a string", '"x"'],
    ["no type", '{"delta":"x"}'],
    ["type is a number", '{"type":3}'],
    ["output is no list", '{"type":"response.completed","response":{"output":"x"}}'],
    [
      "text is a number",
      '{"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"output_text","text":1}]}]}}',
    ],
    ["a delta of text that is no text", '{"type":"response.output_text.delta","delta":{"text":"x"}}'],
  ])("malformed → provider_error: %s", (_name, data) => {
    expect(() => openaiResponses.readFrame({ data })).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});

describe("readWhole", () => {
  test("joins the text of all messages and leaves reasoning and tool items out", () => {
    const tool = { type: "web_search_call", id: "ws_1", status: "completed" };
    const second = { ...OUTPUT_TEXT, content: [{ type: "output_text", text: " world", annotations: [] }] };
    const whole = {
      id: "resp_1",
      status: "completed",
      error: null,
      incomplete_details: null,
      output: [REASONING, tool, OUTPUT_TEXT, second],
      usage: USAGE,
    };
    expect(openaiResponses.readWhole(whole)).toEqual({
      end: true,
      wholeText: "Hello world",
      finishReason: "stop",
      usage: COUNTED,
    });
  });

  test("a refusal in the content", () => {
    const whole = {
      status: "completed",
      output: [{ type: "message", content: [{ type: "refusal", refusal: "I can't." }] }],
    };
    expect(openaiResponses.readWhole(whole)).toMatchObject({ end: true, wholeRefusal: "I can't." });
  });

  test.each([{ error: { code: "server_error", message: "Boom" } }, { error: "Boom" }])(
    "an error inside a 200: %j",
    (whole) => {
      expect(openaiResponses.readWhole(whole).failure).toEqual(whole.error);
    },
  );

  test.each([null, "text", 4])("malformed → provider_error: %j", (json) => {
    expect(() => openaiResponses.readWhole(json)).toThrow(expect.objectContaining({ type: "provider_error" }));
  });
});
