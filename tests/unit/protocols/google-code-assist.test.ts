import { describe, expect, test } from "bun:test";
import { googleCodeAssist } from "../../../src/protocols/google-code-assist.ts";
import type { Route, Step, TextRequest } from "../../../src/protocols/wire.ts";
import { failure } from "../../support/failure.ts";

const ROUTE: Route = {
  model: "gemini-3-flash-preview",
  baseUrl: "https://cloudcode-pa.googleapis.com",
  quirks: {},
  project: "p",
};

function build(request: Partial<TextRequest> = {}, route: Partial<Route> = {}) {
  const { request: http, ignored } = googleCodeAssist.build(
    { prompt: "Hi", images: [], ...request },
    { ...ROUTE, ...route },
  );
  return { ...http, body: JSON.parse(String(http.body)) as object, ignored };
}

describe("build", () => {
  test("Gemini's request in an envelope, with the model and the project beside it", () => {
    expect(build({ system: "Be brief", maxTokens: 9 }, { project: "mine" })).toEqual({
      method: "POST",
      url: "https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse",
      headers: { "content-type": "application/json" },
      body: {
        model: "gemini-3-flash-preview",
        project: "mine",
        request: {
          contents: [{ role: "user", parts: [{ text: "Hi" }] }],
          systemInstruction: { parts: [{ text: "Be brief" }] },
          generationConfig: { maxOutputTokens: 9 },
        },
      },
      ignored: [],
    });
  });

  test("without a project Google is not asked, and there is something to do", () => {
    const error = failure(() => build({}, { project: undefined }));
    expect(error).toMatchObject({ type: "usage", details: { hint: expect.stringContaining("GOOGLE_CLOUD_PROJECT") } });
  });

  test("a server of the user's own may know its project", () => {
    const route = { project: undefined, baseUrl: "http://127.0.0.1:9/x" };
    expect(build({}, route).body).not.toContainKey("project");
  });

  test("what Gemini cannot express is told here, too", () => {
    expect(build({ thinking: "adaptive" }).ignored).toEqual([{ key: "thinking", value: "adaptive" }]);
  });

  test.each(["https://x/", "https://x/v1internal", "https://x/v1internal/"])("the base %s", (baseUrl) => {
    expect(build({}, { baseUrl }).url).toBe("https://x/v1internal:streamGenerateContent?alt=sse");
  });
});

describe("readFrame", () => {
  const read = (message: unknown): Step => googleCodeAssist.readFrame({ data: JSON.stringify(message) });

  test("takes the answer out of its envelope", () => {
    const response = {
      candidates: [{ content: { parts: [{ text: "Hello" }] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
    };
    const step: Step = {
      text: "Hello",
      finishReason: "stop",
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    };
    expect(read({ response, traceId: "t" })).toEqual(step);
    expect(googleCodeAssist.readWhole({ response })).toEqual(step);
  });

  test("an envelope without an answer is a message without news", () => {
    expect(read({ traceId: "t" })).toEqual({});
  });

  test("an error is the provider's own object", () => {
    const error = { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" };
    expect(read({ error })).toEqual({ failure: error });
  });

  test("an answer that is none", () => {
    expect(failure(() => read({ response: { candidates: 7 } })).type).toBe("provider_error");
    expect(failure(() => googleCodeAssist.readFrame({ data: "<html>" })).type).toBe("provider_error");
  });
});
