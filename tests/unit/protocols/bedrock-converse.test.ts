import { describe, expect, test } from "bun:test";
import { AnswerReader } from "../../../src/protocols/answer.ts";
import { bedrockConverse } from "../../../src/protocols/bedrock-converse.ts";
import { failureOf } from "../../../src/protocols/failure.ts";
import type { Route, Step, TextRequest } from "../../../src/protocols/wire.ts";
import { failure } from "../../support/failure.ts";

const BASE = "https://bedrock-runtime.us-east-1.amazonaws.com";
const ROUTE: Route = { model: "amazon.nova-lite-v1:0", baseUrl: BASE, quirks: {} };
const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const ADAPTIVE = "us.anthropic.claude-opus-4-6-v1";

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const built = bedrockConverse.build({ prompt: "Hi", images: [], ...request }, { ...ROUTE, ...route });
  return { ...built.request, body: JSON.parse(String(built.request.body)), ignored: built.ignored };
}

const read = (event: string, payload: unknown): Step =>
  bedrockConverse.readFrame({ event, data: JSON.stringify(payload) });

describe("build", () => {
  test("a prompt alone", () => {
    expect(build()).toEqual({
      method: "POST",
      url: `${BASE}/model/amazon.nova-lite-v1%3A0/converse-stream`,
      headers: { "content-type": "application/json" },
      body: { messages: [{ role: "user", content: [{ text: "Hi" }] }] },
      ignored: [],
    });
  });

  test("system, several images, limit and temperature 0", () => {
    const images = ["png", "jpeg", "gif", "webp"].map((format) => ({ mimeType: `image/${format}`, base64: "AAAA" }));
    expect(build({ system: "Be brief", images, maxTokens: 64, temperature: 0 }).body).toEqual({
      messages: [
        {
          role: "user",
          content: [
            { image: { format: "png", source: { bytes: "AAAA" } } },
            { image: { format: "jpeg", source: { bytes: "AAAA" } } },
            { image: { format: "gif", source: { bytes: "AAAA" } } },
            { image: { format: "webp", source: { bytes: "AAAA" } } },
            { text: "Hi" },
          ],
        },
      ],
      system: [{ text: "Be brief" }],
      inferenceConfig: { maxTokens: 64, temperature: 0 },
    });
  });

  test("an ARN is one segment of the path", () => {
    const model = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5";
    expect(build({}, { model, baseUrl: "https://gw.example/aws/?v=1" }).url).toBe(
      "https://gw.example/aws/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-5/converse-stream?v=1",
    );
  });

  test("a thinking budget comes on top of the answer, for Claude before adaptive thinking", () => {
    expect(build({ thinking: "low", maxTokens: 500 }, { model: CLAUDE }).body).toMatchObject({
      inferenceConfig: { maxTokens: 4596 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 4096 } },
    });
    const alone = build({ thinking: "medium" }, { model: CLAUDE }).body;
    expect(alone.inferenceConfig.maxTokens).toBeGreaterThan(
      alone.additionalModelRequestFields.thinking.budget_tokens + 1000,
    );
    const limited = build({ thinking: "max" }, { model: CLAUDE, maxTokens: 8000 }).body;
    expect(limited).toMatchObject({
      inferenceConfig: { maxTokens: 8000 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 6976 } },
    });
  });

  test("an effort, for Claude with adaptive thinking", () => {
    expect(build({ thinking: "high" }, { model: ADAPTIVE }).body).toEqual({
      messages: [{ role: "user", content: [{ text: "Hi" }] }],
      additionalModelRequestFields: { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
    });
    expect(build({ thinking: "adaptive", maxTokens: 9 }, { model: ADAPTIVE }).body).toMatchObject({
      inferenceConfig: { maxTokens: 9 },
      additionalModelRequestFields: { thinking: { type: "adaptive" } },
    });
  });

  test("off is said to Claude, and leaves limit and temperature alone", () => {
    const { body, ignored } = build({ thinking: "off", maxTokens: 9, temperature: 0.5 }, { model: CLAUDE });
    expect(body.inferenceConfig).toEqual({ maxTokens: 9, temperature: 0.5 });
    expect(body.additionalModelRequestFields).toEqual({ thinking: { type: "disabled" } });
    expect(ignored).toEqual([]);
  });

  test("no temperature while Claude thinks", () => {
    for (const model of [CLAUDE, ADAPTIVE]) {
      const { body, ignored } = build({ thinking: "high", temperature: 0 }, { model });
      expect(body.inferenceConfig ?? {}).not.toHaveProperty("temperature");
      expect(ignored).toEqual([{ key: "temperature", value: 0 }]);
    }
  });

  test.each(["amazon.nova-pro-v1:0", "us.deepseek.r1-v1:0", "openai.gpt-oss-120b-1:0"])(
    "thinking is nothing that this wire can say to %s",
    (model) => {
      const { body, ignored } = build({ thinking: "high", temperature: 0, maxTokens: 9 }, { model });
      expect(body).toEqual({
        messages: [{ role: "user", content: [{ text: "Hi" }] }],
        inferenceConfig: { maxTokens: 9, temperature: 0 },
      });
      expect(ignored).toEqual([{ key: "thinking", value: "high" }]);
    },
  );
});

describe("readFrame", () => {
  test.each<[string, string, unknown, Step]>([
    ["the start", "messageStart", { role: "assistant", p: "abc" }, {}],
    ["text", "contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hel" }, p: "abcd" }, { text: "Hel" }],
    [
      "reasoning",
      "contentBlockDelta",
      { contentBlockIndex: 0, delta: { reasoningContent: { text: "hm" } } },
      { reasoning: "hm" },
    ],
    [
      "a signature is no reasoning",
      "contentBlockDelta",
      { contentBlockIndex: 0, delta: { reasoningContent: { signature: "xyz" } } },
      {},
    ],
    ["tool use is no text", "contentBlockStart", { start: { toolUse: { name: "f", toolUseId: "1" } } }, {}],
    ["tool input is no text", "contentBlockDelta", { delta: { toolUse: { input: "{}" } } }, {}],
    ["the end of a block", "contentBlockStop", { contentBlockIndex: 0 }, {}],
    [
      "usage, the last",
      "metadata",
      { usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 }, metrics: { latencyMs: 9 } },
      { end: true, usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 } },
    ],
    [
      "cached input, which is counted apart",
      "metadata",
      {
        usage: {
          inputTokens: 5,
          outputTokens: 7,
          totalTokens: 42,
          cacheReadInputTokens: 20,
          cacheWriteInputTokens: 10,
        },
      },
      { end: true, usage: { inputTokens: 35, outputTokens: 7, totalTokens: 42, cachedInputTokens: 20 } },
    ],
    ["the end without usage", "metadata", { metrics: {} }, { end: true }],
    ["an event of tomorrow", "somethingNew", { a: 1 }, {}],
  ])("%s", (_name, event, payload, step) => {
    expect(read(event, payload)).toEqual(step);
  });

  /** The values of API_runtime_MessageStopEvent. */
  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["guardrail_intervened", "content_filter"],
    ["content_filtered", "content_filter"],
    ["tool_use", "tool_calls"],
    ["malformed_model_output", "other"],
    ["malformed_tool_use", "other"],
  ] as const)("stopReason %s → %s", (stopReason, finishReason) => {
    expect(read("messageStop", { stopReason, additionalModelResponseFields: null })).toEqual({ finishReason });
  });

  /** The exceptions of API_runtime_ConverseStreamOutput, and those that come before a stream as a rule. */
  test.each([
    ["throttlingException", "rate_limited", 429, true],
    ["modelStreamErrorException", "provider_error", 424, true],
    ["internalServerException", "provider_error", 500, true],
    ["serviceUnavailableException", "provider_error", 503, true],
    ["modelTimeoutException", "provider_error", 408, true],
    ["validationException", "provider_error", 400, false],
    ["accessDeniedException", "auth", 403, false],
    ["resourceNotFoundException", "not_found", 404, false],
    ["serviceQuotaExceededException", "rate_limited", 400, false],
    ["somethingNewException", "provider_error", undefined, false],
  ] as const)("%s → %s", (event, type, status, retryable) => {
    const step = bedrockConverse.readFrame({ event, data: '{"message":"in its own words"}', failed: true });
    const error = failure(() => new AnswerReader(200).push(step));
    expect(error).toMatchObject({ type, message: "in its own words", retryable });
    expect(error.details.status).toBe(status);
  });

  test("an exception says what the model's server said, and something when it has no words", () => {
    const push = (data: string) => () =>
      new AnswerReader(200).push(bedrockConverse.readFrame({ event: "modelStreamErrorException", data, failed: true }));
    expect(failure(push('{"message":"It broke.","originalMessage":"no GPU","originalStatusCode":500}')).message).toBe(
      "It broke. (no GPU)",
    );
    expect(failure(push("")).message).toBe("The stream ended with modelStreamErrorException.");
  });

  test("content that the vendor's filter blocked is a refusal", () => {
    const data = '{"message":"Output blocked by content filtering policy"}';
    const step = bedrockConverse.readFrame({ event: "validationException", data, failed: true });
    expect(failure(() => new AnswerReader(200).push(step)).type).toBe("refused");
  });

  test.each([
    ["not JSON", "contentBlockDelta", "<html>"],
    ["null", "messageStop", "null"],
    ["text that is none", "contentBlockDelta", '{"delta":{"text":1}}'],
    ["a count that is none", "metadata", '{"usage":{"inputTokens":"1"}}'],
    ["no type", undefined, "{}"],
  ])("malformed → provider_error: %s", (_name, event, data) => {
    expect(failure(() => bedrockConverse.readFrame({ event, data })).type).toBe("provider_error");
  });
});

describe("readWhole, of /converse", () => {
  test("an answer", () => {
    expect(
      bedrockConverse.readWhole({
        output: {
          message: {
            role: "assistant",
            content: [
              { reasoningContent: { reasoningText: { text: "hm", signature: "x" } } },
              { text: "Hel" },
              { text: "lo" },
            ],
          },
        },
        stopReason: "end_turn",
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        metrics: { latencyMs: 3 },
      }),
    ).toEqual({
      text: "Hello",
      reasoning: "hm",
      finishReason: "stop",
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      end: true,
    });
  });

  test("an error that came as a 200", () => {
    const step = bedrockConverse.readWhole({ message: "no such thing" });
    expect(failure(() => new AnswerReader(200).push(step)).message).toBe("no such thing");
  });
});

/** What AWS answers over HTTP: the kind in a header, the words in `message` or `Message`. */
describe("HTTP errors", () => {
  const answer = (status: number, type: string, body: object) =>
    failureOf({ status, headers: new Headers({ "x-amzn-errortype": type }), body: JSON.stringify(body), now: 0 });
  const ON_DEMAND =
    "Invocation of model ID anthropic.claude-sonnet-4-5-20250929-v1:0 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.";

  test.each([
    [400, "ValidationException", "provider_error", false],
    [400, "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/", "provider_error", false],
    [403, "AccessDeniedException", "auth", false],
    [403, "UnrecognizedClientException", "auth", false],
    [400, "ExpiredTokenException", "auth", false],
    [404, "ResourceNotFoundException", "not_found", false],
    [408, "ModelTimeoutException", "provider_error", true],
    [424, "ModelErrorException", "provider_error", false],
    [429, "ThrottlingException", "rate_limited", true],
    [429, "ModelNotReadyException", "rate_limited", true],
    [400, "ServiceQuotaExceededException", "rate_limited", false],
    [500, "InternalServerException", "provider_error", true],
    [503, "ServiceUnavailableException", "provider_error", true],
  ] as const)("%d %s → %s", (status, type, expected, retryable) => {
    expect(answer(status, type, { message: "words" })).toMatchObject({ type: expected, message: "words", retryable });
  });

  test("the advice about inference profiles stays whole", () => {
    expect(answer(400, "ValidationException", { message: ON_DEMAND })).toMatchObject({
      type: "provider_error",
      message: ON_DEMAND,
    });
  });

  test("a model that Bedrock does not have is not found, though it is a 400", () => {
    expect(answer(400, "ValidationException", { message: "The provided model identifier is invalid." }).type).toBe(
      "not_found",
    );
  });

  test("IAM writes Message with a capital", () => {
    const Message = "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel";
    expect(answer(403, "AccessDeniedException", { Message })).toMatchObject({ type: "auth", message: Message });
  });
});
