import { describe, expect, test } from "bun:test";
import { openrouterTranscriptions } from "../../../src/protocols/openrouter-transcriptions.ts";
import type { TranscriptionRequest, TranscriptionRoute } from "../../../src/protocols/transcription-wire.ts";
import { failure } from "../../support/failure.ts";
import { bodyText } from "../../support/images.ts";
import { MP3, MP3_BASE64, OPUS, recorded, transcriptionRouteTo } from "../../support/recordings.ts";

const OPENROUTER = transcriptionRouteTo("openrouter");
const read = (json: unknown) => openrouterTranscriptions.read(json, OPENROUTER);

async function sent(request: Partial<TranscriptionRequest>, route: Partial<TranscriptionRoute> = {}) {
  const { request: http, ignored } = openrouterTranscriptions.build(recorded(request), { ...OPENROUTER, ...route });
  return { ...http, body: JSON.parse(await bodyText(http)) as unknown, ignored };
}

describe("a recording", () => {
  test("is base64 inside JSON, with its format", async () => {
    expect(await sent({})).toEqual({
      method: "POST",
      url: "https://openrouter.ai/api/v1/audio/transcriptions",
      headers: { "content-type": "application/json" },
      body: { model: "openai/whisper-large-v3-turbo", input_audio: { data: MP3_BASE64, format: "mp3" } },
      ignored: [],
    });
  });

  test("goes with the bare language and the config's options; a prompt has no field", async () => {
    const { body, ignored } = await sent({ language: "de-AT", prompt: "Ada" }, { options: { temperature: 0 } });
    expect(body).toEqual({
      model: "openai/whisper-large-v3-turbo",
      input_audio: { data: MP3_BASE64, format: "mp3" },
      temperature: 0,
      language: "de",
    });
    expect(ignored).toEqual([{ key: "prompt", value: "Ada" }]);
  });

  test.each([
    ["wav", "wav"],
    ["flac", "flac"],
    ["m4a", "m4a"],
    ["mp4", "m4a"],
    ["mpeg", "mp3"],
    ["ogg", "ogg"],
    ["opus", "ogg"],
    ["webm", "webm"],
    ["aac", "aac"],
  ])("that ends in %s is sent as %s", async (extension, format) => {
    const { body } = await sent({ audio: { ...OPUS, extension } });
    expect(body).toMatchObject({ input_audio: { data: "b3B1cyBieXRlcw==", format } });
  });

  test("of a kind that it does not know is not sent", () => {
    const request = recorded({ audio: { ...MP3, extension: "aiff" } });
    const { type, message, details } = failure(() => openrouterTranscriptions.build(request, OPENROUTER));
    expect({ type, message, hint: details.hint }).toEqual({
      type: "usage",
      message: "OpenRouter does not take aiff recordings.",
      hint: "Convert it to one of wav, mp3, flac, m4a, ogg, webm, aac, or name another provider with --model.",
    });
  });

  test("is asked for times of those models alone that have them", async () => {
    const { body } = await sent({ times: true });
    expect(body).toEqual({
      model: "openai/whisper-large-v3-turbo",
      input_audio: { data: MP3_BASE64, format: "mp3" },
      response_format: "verbose_json",
      timestamp_granularities: ["segment", "word"],
    });
    const other = await sent({ times: true }, { model: "google/chirp-3" });
    expect(other.body).toEqual({ model: "google/chirp-3", input_audio: { data: MP3_BASE64, format: "mp3" } });
  });
});

describe("an answer", () => {
  test("is a text, with tokens where the model is paid by them", () => {
    expect(read({ text: "Hello.", usage: { seconds: 9.2, cost: 0.000102 } })).toEqual({ text: "Hello." });
    const usage = { total_tokens: 113, input_tokens: 83, output_tokens: 30, cost: 0.00034 };
    expect(read({ text: "Hello.", usage })).toEqual({
      text: "Hello.",
      usage: { inputTokens: 83, outputTokens: 30, totalTokens: 113 },
    });
  });

  test("that was asked for times has them", () => {
    const segments = [{ id: 0, start: 0, end: 9.2, text: " Hello." }];
    const words = [{ word: "Hello.", start: 0.1, end: 0.6 }];
    expect(read({ text: "Hello.", task: "transcribe", language: "english", duration: 9.2, segments, words })).toEqual({
      text: "Hello.",
      language: "english",
      durationSeconds: 9.2,
      segments: [{ start: 0, end: 9.2, text: "Hello." }],
      words: [{ start: 0.1, end: 0.6, word: "Hello." }],
    });
  });

  test("may be blank, an error, or none", () => {
    expect(read({ text: "" })).toEqual({ text: "" });
    const error = { code: 502, message: "Provider returned error", metadata: { provider_name: "Groq" } };
    expect(read({ error, user_id: "user_1" }).failure).toEqual(error);
    expect(failure(() => read({ usage: { seconds: 1 } })).message).toBe(
      "The answer cannot be understood: text is missing.",
    );
  });
});
