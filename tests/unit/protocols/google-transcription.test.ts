import { describe, expect, test } from "bun:test";
import { googleTranscription } from "../../../src/protocols/google-transcription.ts";
import type { TranscriptionRequest, TranscriptionRoute } from "../../../src/protocols/transcription-wire.ts";
import { failure } from "../../support/failure.ts";
import { bodyText } from "../../support/images.ts";
import { MP3, MP3_BASE64, recorded, transcriptionRouteTo } from "../../support/recordings.ts";

const GOOGLE = transcriptionRouteTo("google");
const read = (json: unknown) => googleTranscription.read(json, GOOGLE);

async function sent(request: Partial<TranscriptionRequest>, route: Partial<TranscriptionRoute> = {}) {
  const { request: http, ignored } = googleTranscription.build(recorded(request), { ...GOOGLE, ...route });
  return { ...http, body: JSON.parse(await bodyText(http)) as unknown, ignored };
}

describe("a recording", () => {
  test("is inside the question", async () => {
    expect(await sent({ times: true })).toEqual({
      method: "POST",
      url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash-preview:generateContent",
      headers: { "content-type": "application/json" },
      body: {
        contents: [
          {
            role: "user",
            parts: [{ text: "Transcribe the audio." }, { inlineData: { mimeType: "audio/mpeg", data: MP3_BASE64 } }],
          },
        ],
      },
      ignored: [],
    });
  });

  test("is asked about in the user's words, with the language as one more sentence", async () => {
    const { body, ignored } = await sent({ prompt: " Write down what Ada says. ", language: "de-AT" });
    expect(body).toMatchObject({
      contents: [{ parts: [{ text: "Write down what Ada says. The language spoken is de-AT." }, {}] }],
    });
    expect(ignored).toEqual([]);
  });

  test("is named without its codec", async () => {
    const { body } = await sent({ audio: { ...MP3, mimeType: "audio/ogg; codecs=opus" } });
    expect(body).toMatchObject({ contents: [{ parts: [{}, { inlineData: { mimeType: "audio/ogg" } }] }] });
  });

  test("goes to the model that is named", async () => {
    const { url } = await sent({}, { model: "models/gemini-3.1-pro-preview" });
    expect(url).toBe("https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-pro-preview:generateContent");
  });
});

describe("an answer", () => {
  test("is what the model says, without what it thinks", () => {
    const parts = [{ text: "I hear two people.", thought: true }, { text: "Hello, " }, { text: "world.\n" }];
    const usageMetadata = {
      promptTokenCount: 202,
      candidatesTokenCount: 12,
      thoughtsTokenCount: 30,
      totalTokenCount: 244,
      promptTokensDetails: [{ modality: "AUDIO", tokenCount: 192 }],
    };
    expect(read({ candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }], usageMetadata })).toEqual({
      text: "Hello, world.",
      usage: { inputTokens: 202, outputTokens: 42, totalTokens: 244, reasoningTokens: 30 },
    });
  });

  test("with tokens that are no numbers is a text all the same", () => {
    const candidates = [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }];
    expect(read({ candidates, usageMetadata: { promptTokenCount: "12" } })).toEqual({ text: "Hi" });
  });

  test("may be that nothing was said", () => {
    expect(read({ candidates: [{ content: { role: "model" }, finishReason: "STOP" }] })).toEqual({ text: "" });
  });

  test.each([
    [{ promptFeedback: { blockReason: "SAFETY" } }, "The recording was blocked (SAFETY)."],
    [{ promptFeedback: { blockReason: "OTHER", blockReasonMessage: "Not this one." } }, "Not this one."],
    [{ candidates: [{ finishReason: "RECITATION" }] }, "The transcript was blocked (RECITATION)."],
    [{ candidates: [{ finishReason: "SAFETY", finishMessage: "Unsafe." }] }, "Unsafe."],
  ])("%j is a refusal", (json, refusal) => {
    expect(read(json)).toEqual({ text: "", refusal });
  });

  test("that is cut off is not handed on as if it were whole", () => {
    const candidates = [{ content: { parts: [{ text: "Hello, wor" }] }, finishReason: "MAX_TOKENS" }];
    const { type, message, retryable, details } = failure(() => read({ candidates }));
    expect({ type, message, retryable, hint: details.hint }).toEqual({
      type: "provider_error",
      message: "The transcript is cut off: it is longer than the model's longest answer.",
      retryable: false,
      hint: "Split the recording into shorter ones, or name a model made for transcripts: --model openai/gpt-4o-transcribe.",
    });
  });

  test("may be an error", () => {
    const error = { code: 400, message: "Unsupported MIME type: audio/x-wma", status: "INVALID_ARGUMENT" };
    expect(read({ error }).failure).toEqual(error);
  });

  test.each([
    [{}, "candidates is missing."],
    [{ candidates: [] }, "candidates is missing."],
    [
      { candidates: [{ content: { parts: [{ text: 7 }] } }] },
      "candidates.0.content.parts.0.text: a number where a string belongs.",
    ],
  ])("%j is refused", (json, reason) => {
    const { type, message } = failure(() => read(json));
    expect({ type, message }).toEqual({
      type: "provider_error",
      message: `The answer cannot be understood: ${reason}`,
    });
  });
});
