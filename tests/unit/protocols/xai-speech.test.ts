import { describe, expect, test } from "bun:test";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { xaiSpeech } from "../../../src/protocols/xai-speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

function built(request: Partial<SpeechRequest>) {
  const { request: http, ignored } = xaiSpeech.build(speechAsked({ voice: "eve", ...request }), speechRouteTo("xai"));
  return { ...http, body: JSON.parse(String(http.body)) as Record<string, unknown>, ignored };
}

const BODY = { text: "Hello there", voice_id: "eve", language: "en", output_format: { codec: "mp3" } };

test("a text", () => {
  expect(xaiSpeech.answer).toBe("body");
  expect(built({})).toEqual({
    method: "POST",
    url: "https://api.x.ai/v1/tts",
    headers: { "content-type": "application/json" },
    body: BODY,
    ignored: [],
  });
});

test("another form, and a rate", () => {
  expect(built({ form: { ask: "pcm", sampleRate: 24_000 }, speed: 1.2 }).body).toEqual({
    ...BODY,
    output_format: { codec: "pcm" },
    speed: 1.2,
  });
});

test("it cannot be told how to speak", () => {
  expect(built({ instructions: "Whisper" })).toMatchObject({
    body: BODY,
    ignored: [{ key: "instructions", value: "Whisper" }],
  });
});

describe("the config's settings", () => {
  test.each([
    [{ language: "pt-BR", languageCode: "de" }, "pt-br"],
    [{ languageCode: "DE" }, "de"],
    [{ language: "auto" }, "auto"],
    [{ language: 7 }, "en"],
  ])("%j", (options, language) => {
    expect(built({ options }).body).toEqual({ ...BODY, language });
  });

  test("a rate, and a nearer one", () => {
    expect(built({ options: { speed: 0.8 } }).body.speed).toBe(0.8);
    expect(built({ options: { speed: 0.8 }, speed: 1.4 }).body.speed).toBe(1.4);
    expect(built({ options: { speed: 2 } }).body).toEqual(BODY);
  });
});
