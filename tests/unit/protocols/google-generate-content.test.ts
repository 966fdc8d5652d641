import { describe, expect, test } from "bun:test";
import { googleGenerateContent } from "../../../src/protocols/google-generate-content.ts";
import type { Route, Step, TextRequest } from "../../../src/protocols/wire.ts";

const ROUTE: Route = {
  model: "gemini-3-flash-preview",
  baseUrl: "https://generativelanguage.googleapis.com/v1beta",
  quirks: {},
};

interface Body {
  contents: unknown[];
  systemInstruction?: unknown;
  generationConfig?: { thinkingConfig?: object };
}

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const { request: http, ignored } = googleGenerateContent.build(
    { prompt: "Hi", images: [], ...request },
    { ...ROUTE, ...route },
  );
  return { ...http, body: JSON.parse(http.body ?? "null") as Body, ignored };
}

function read(message: unknown) {
  return googleGenerateContent.readFrame({ data: JSON.stringify(message) });
}

const HOST = "https://generativelanguage.googleapis.com";

describe("build", () => {
  test("a prompt alone, the key in a header and not in the URL", () => {
    expect(build()).toEqual({
      method: "POST",
      url: `${HOST}/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse`,
      headers: { "content-type": "application/json" },
      body: { contents: [{ role: "user", parts: [{ text: "Hi" }] }] },
      ignored: [],
    });
  });

  test("system, several images in order, limit and temperature 0", () => {
    const images = [
      { mimeType: "image/png", base64: "AAAA" },
      { mimeType: "image/webp", base64: "BBBB" },
    ];
    expect(build({ system: "Be brief", images, maxTokens: 64, temperature: 0 }).body as object).toEqual({
      systemInstruction: { parts: [{ text: "Be brief" }] },
      contents: [
        {
          role: "user",
          parts: [
            { text: "Hi" },
            { inlineData: { mimeType: "image/png", data: "AAAA" } },
            { inlineData: { mimeType: "image/webp", data: "BBBB" } },
          ],
        },
      ],
      generationConfig: { maxOutputTokens: 64, temperature: 0 },
    });
  });

  test.each([
    [`${HOST}/v1beta/`, `${HOST}/v1beta/models/m`],
    [`${HOST}/v1`, `${HOST}/v1/models/m`],
    [`${HOST}/v1alpha`, `${HOST}/v1alpha/models/m`],
    ["http://localhost:8080/gemini", "http://localhost:8080/gemini/models/m"],
  ])("base %s → %s", (baseUrl, url) => {
    expect(build({}, { baseUrl, model: "m" }).url).toBe(`${url}:streamGenerateContent?alt=sse`);
  });

  test.each([
    ["models/gemini-2.5-flash", "/models/gemini-2.5-flash"],
    ["../../v1/files", "/models/..%2F..%2Fv1%2Ffiles"],
    ["a?b#c", "/models/a%3Fb%23c"],
    // The vendor's description has a path of its own for tuned models.
    ["tunedModels/mine-1", "/tunedModels/mine-1"],
  ])("model %s → %s", (model, path) => {
    expect(build({}, { model }).url).toBe(`${HOST}/v1beta${path}:streamGenerateContent?alt=sse`);
  });
});

describe("build on Google Cloud", () => {
  const PUBLISHER = "/v1/projects/p/locations/us-central1/publishers/google";

  test.each([PUBLISHER, `${PUBLISHER}/`, "/v1/publishers/google"])("the base %s is left as it is", (base) => {
    const { url } = build({}, { baseUrl: `https://aiplatform.googleapis.com${base}` });
    expect(url).toBe(
      `https://aiplatform.googleapis.com${base.replace(/\/$/, "")}/models/gemini-3-flash-preview:streamGenerateContent?alt=sse`,
    );
  });
});

describe("build with --thinking", () => {
  const level = (thinkingLevel: string) => ({ thinkingLevel });
  const budget = (thinkingBudget: number) => ({ thinkingBudget });
  test.each([
    ["gemini-3-flash-preview", "off", level("MINIMAL")],
    ["gemini-3-flash-preview", "minimal", level("MINIMAL")],
    ["gemini-3-flash-preview", "low", level("LOW")],
    ["gemini-3-flash-preview", "medium", level("MEDIUM")],
    ["gemini-3-flash-preview", "high", level("HIGH")],
    ["gemini-3-flash-preview", "xhigh", level("HIGH")],
    ["gemini-3-flash-preview", "max", level("HIGH")],
    ["gemini-3-flash-preview", "ultra", level("HIGH")],
    ["gemini-3-flash-preview", "adaptive", undefined],
    ["gemini-3.1-pro-preview", "high", level("HIGH")],
    ["gemini-2.5-flash", "off", budget(0)],
    ["gemini-2.5-flash", "minimal", budget(512)],
    ["gemini-2.5-flash", "low", budget(1024)],
    ["gemini-2.5-flash", "medium", budget(8192)],
    ["gemini-2.5-flash", "high", budget(24_576)],
    ["gemini-2.5-flash", "xhigh", budget(24_576)],
    ["gemini-2.5-flash", "max", budget(24_576)],
    ["gemini-2.5-flash", "ultra", budget(24_576)],
    ["gemini-2.5-flash", "adaptive", budget(-1)],
    ["gemini-2.0-flash", "high", undefined],
    ["gemma-3-27b-it", "off", undefined],
  ] as const)("%s, %s", (model, thinking, config) => {
    const { body, ignored } = build({ thinking }, { model });
    expect(body.generationConfig?.thinkingConfig).toEqual(config);
    expect(ignored).toEqual(config ? [] : [{ key: "thinking", value: thinking }]);
  });

  // ai.google.dev/gemini-api/docs/thinking: Pro models cannot stop thinking. Gemini 3 Pro refuses the level
  // "minimal", Gemini 2.5 Pro a budget below 128: both answer 400.
  test.each(["off", "minimal"] as const)("%s on a Pro model of Gemini 3 is its lowest level", (thinking) => {
    const { body } = build({ thinking }, { model: "gemini-3.1-pro-preview" });
    expect(body.generationConfig?.thinkingConfig).toEqual(level("LOW"));
  });

  test("off on Gemini 2.5 Pro is a budget that it takes", () => {
    const { body } = build({ thinking: "off" }, { model: "gemini-2.5-pro" });
    expect(body.generationConfig?.thinkingConfig).toEqual(budget(128));
  });
});

describe("readFrame", () => {
  test.each<[string, unknown, Step]>([
    [
      "text in several parts",
      { candidates: [{ content: { role: "model", parts: [{ text: "Hel" }, { text: "lo" }] }, index: 0 }] },
      { text: "Hello" },
    ],
    [
      "thoughts apart",
      { candidates: [{ content: { parts: [{ text: "hm", thought: true }, { text: "So" }] } }] },
      { reasoning: "hm", text: "So" },
    ],
    [
      "a signature with empty text",
      { candidates: [{ content: { parts: [{ text: "", thoughtSignature: "Eq" }] }, finishReason: "STOP" }] },
      { finishReason: "stop" },
    ],
    [
      "usage: thoughts are part of the output",
      {
        candidates: [{ content: { parts: [{ text: "a" }] } }],
        usageMetadata: {
          promptTokenCount: 8,
          candidatesTokenCount: 10,
          thoughtsTokenCount: 30,
          totalTokenCount: 48,
          cachedContentTokenCount: 4,
          promptTokensDetails: [{ modality: "TEXT", tokenCount: 8 }],
        },
        modelVersion: "gemini-3",
        responseId: "r",
      },
      {
        text: "a",
        usage: { inputTokens: 8, outputTokens: 40, totalTokens: 48, reasoningTokens: 30, cachedInputTokens: 4 },
      },
    ],
    [
      "usage of the first chunk, without an answer yet",
      { usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 } },
      { usage: { inputTokens: 8, totalTokens: 8 } },
    ],
    [
      "a blocked prompt",
      { promptFeedback: { blockReason: "PROHIBITED_CONTENT", safetyRatings: [] }, usageMetadata: null },
      { wholeRefusal: "The prompt was blocked (PROHIBITED_CONTENT)." },
    ],
    [
      "a blocked prompt with words",
      { promptFeedback: { blockReason: "OTHER", blockReasonMessage: "Not this." } },
      { wholeRefusal: "Not this." },
    ],
    ["function calls are no text", { candidates: [{ content: { parts: [{ functionCall: { name: "f" } }] } }] }, {}],
    ["a candidate without content", { candidates: [{ index: 0 }] }, {}],
    ["unknown members alone", { smell: "rose" }, {}],
  ])("%s", (_name, message, step) => {
    expect(read(message)).toEqual(step);
  });

  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["LANGUAGE", "other"],
    ["OTHER", "other"],
    ["MALFORMED_FUNCTION_CALL", "other"],
    ["NEW_REASON", "other"],
  ] as const)("finish reason %s → %s", (word, finishReason) => {
    expect(read({ candidates: [{ finishReason: word }] })).toEqual({ finishReason });
  });

  test.each(["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"])(
    "finish reason %s is a block, with its reason",
    (word) => {
      const step = read({ candidates: [{ finishReason: word }] });
      expect(step.finishReason).toBe("content_filter");
      expect(step.wholeRefusal).toContain(word);
      expect(read({ candidates: [{ finishReason: word, finishMessage: "Because." }] }).wholeRefusal).toBe("Because.");
    },
  );

  test("an error inside a 200", () => {
    const error = { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" };
    expect(read({ error }).failure).toEqual(error);
    expect(googleGenerateContent.readWhole({ error }).failure).toEqual(error);
  });

  test("a whole answer is read like a frame", () => {
    const whole = { candidates: [{ content: { parts: [{ text: "Hello" }] }, finishReason: "STOP" }] };
    expect(googleGenerateContent.readWhole(whole)).toEqual({ text: "Hello", finishReason: "stop" });
  });

  test.each([
    ["not JSON", "oops"],
    ["null", "null"],
    ["candidates is no list", '{"candidates":{}}'],
    ["parts is a text", '{"candidates":[{"content":{"parts":"x"}}]}'],
    ["text is a number", '{"candidates":[{"content":{"parts":[{"text":1}]}}]}'],
    ["a count is a text", '{"usageMetadata":{"promptTokenCount":"8"}}'],
  ])("malformed → provider_error: %s", (_name, data) => {
    expect(() => googleGenerateContent.readFrame({ data })).toThrow(
      expect.objectContaining({ type: "provider_error" }),
    );
  });
});
