import { describe, expect, test } from "bun:test";
import { mistralSpeech } from "../../../src/protocols/mistral-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { failure } from "../../support/failure.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("mistral");
const read = (json: unknown) => mistralSpeech.read?.(json, ROUTE, new URL(ROUTE.baseUrl));

function built(request: Partial<SpeechRequest>, route = ROUTE) {
  const { request: http, ignored } = mistralSpeech.build(speechAsked({ voice: "en_paul_neutral", ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as Record<string, unknown>, ignored };
}

const BODY = {
  model: "voxtral-mini-tts-latest",
  input: "Hello there",
  voice_id: "en_paul_neutral",
  response_format: "mp3",
};

test("a text", () => {
  expect(mistralSpeech.answer).toBe("json");
  expect(built({})).toEqual({
    method: "POST",
    url: "https://api.mistral.ai/v1/audio/speech",
    headers: { "content-type": "application/json" },
    body: BODY,
    ignored: [],
  });
});

test("another model, form and voice", () => {
  const request = { form: { ask: "opus" }, voice: "a3e8f2b1-4c9d-4a6b-8e2f-1c3d5e7a9b0c" };
  const route = speechRouteTo("mistral", { model: "voxtral-mini-tts-2603", baseUrl: "http://127.0.0.1:5000/v1/" });
  expect(built(request, route)).toMatchObject({
    url: "http://127.0.0.1:5000/v1/audio/speech",
    body: {
      model: "voxtral-mini-tts-2603",
      voice_id: "a3e8f2b1-4c9d-4a6b-8e2f-1c3d5e7a9b0c",
      response_format: "opus",
    },
  });
});

test("without a voice", () => {
  expect(built({ voice: undefined }).body).not.toHaveProperty("voice_id");
});

test("there are no members for a rate and for instructions", () => {
  const { body, ignored } = built({ speed: 1.25, instructions: "Whisper" });
  expect(body).toEqual(BODY);
  expect(ignored).toEqual([
    { key: "speed", value: 1.25 },
    { key: "instructions", value: "Whisper" },
  ]);
});

describe("the answer", () => {
  test("is audio in base64", () => {
    expect(read({ audio_data: "SUQzBA==" })).toEqual({ audio: "SUQzBA==" });
  });

  test.each([{}, { audio_data: "" }, { audio_data: null }])("%j has none", (json) => {
    expect(read(json)).toEqual({});
  });

  test.each([
    { object: "error", message: "Over quota.", type: "x", code: "1" },
    { error: { message: "Over quota." } },
    { detail: "Unauthorized" },
  ])("%j is an error", (json) => {
    expect(read(json)).toEqual({ failure: json });
  });

  test.each([[{ audio_data: 7 }], [[]], ["SUQzBA=="]])("%j is none of Mistral's", (json) => {
    expect(failure(() => read(json)).type).toBe("provider_error");
  });
});
