import { expect, test } from "bun:test";
import { gradiumSpeech } from "../../../src/protocols/gradium-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

function built(request: Partial<SpeechRequest>) {
  const asked = speechAsked({ voice: "YTpq7expH9539ERJ", form: { ask: "wav" }, ...request });
  const { request: http, ignored } = gradiumSpeech.build(asked, speechRouteTo("gradium"));
  return { ...http, body: JSON.parse(String(http.body)) as unknown, ignored };
}

const BODY = {
  text: "Hello there",
  voice_id: "YTpq7expH9539ERJ",
  only_audio: true,
  output_format: "wav",
  json_config: '{"padding_bonus":0}',
};

test("a text", () => {
  expect(gradiumSpeech.answer).toBe("body");
  expect(built({})).toEqual({
    method: "POST",
    url: "https://api.gradium.ai/api/post/speech/tts",
    headers: { "content-type": "application/json" },
    body: BODY,
    ignored: [],
  });
});

test("it has no rates, and cannot be told how to speak", () => {
  expect(built({ speed: 1.5, instructions: "Whisper" })).toMatchObject({
    body: BODY,
    ignored: [
      { key: "speed", value: 1.5 },
      { key: "instructions", value: "Whisper" },
    ],
  });
});
