import { describe, expect, test } from "bun:test";
import { elevenlabsSpeech } from "../../../src/protocols/elevenlabs-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { failure } from "../../support/failure.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const VOICE = "pMsXgVXv3BLzUgSXRplE";
const form = { ask: "mp3_44100_128" };

function built(request: Partial<SpeechRequest>, route = speechRouteTo("elevenlabs")) {
  const { request: http, ignored } = elevenlabsSpeech.build(speechAsked({ voice: VOICE, form, ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as Record<string, unknown>, ignored };
}

const SETTINGS = { stability: 0.5, similarity_boost: 0.75, style: 0, use_speaker_boost: true, speed: 1 };
const BODY = { text: "Hello there", model_id: "eleven_multilingual_v2", voice_settings: SETTINGS };

test("a text", () => {
  expect(elevenlabsSpeech.answer).toBe("body");
  expect(built({})).toEqual({
    method: "POST",
    url: "https://api.elevenlabs.io/v1/text-to-speech/pMsXgVXv3BLzUgSXRplE?output_format=mp3_44100_128",
    headers: { "content-type": "application/json" },
    body: BODY,
    ignored: [],
  });
});

test.each(["https://api.eu.residency.elevenlabs.io/", "https://api.eu.residency.elevenlabs.io/v1"])("%s", (baseUrl) => {
  expect(built({}, speechRouteTo("elevenlabs", { baseUrl })).url).toBe(
    "https://api.eu.residency.elevenlabs.io/v1/text-to-speech/pMsXgVXv3BLzUgSXRplE?output_format=mp3_44100_128",
  );
});

test("a rate comes before the config's", () => {
  const options = { voiceSettings: { speed: 0.9 } };
  expect(built({ options }).body.voice_settings).toEqual({ ...SETTINGS, speed: 0.9 });
  expect(built({ options, speed: 1.1 }).body.voice_settings).toEqual({ ...SETTINGS, speed: 1.1 });
});

test("it cannot be told how to speak", () => {
  expect(built({ instructions: "Whisper" })).toMatchObject({
    body: BODY,
    ignored: [{ key: "instructions", value: "Whisper" }],
  });
});

describe("the config's settings", () => {
  test("all of them", () => {
    const options = {
      voiceSettings: { stability: 0.3, similarityBoost: 1, style: 0.4, useSpeakerBoost: false, speed: 0.95 },
      seed: 42,
      languageCode: "EN",
      applyTextNormalization: "On",
      latencyTier: 3,
    };
    const { url, body } = built({ options });
    expect(url).toBe(
      "https://api.elevenlabs.io/v1/text-to-speech/pMsXgVXv3BLzUgSXRplE?output_format=mp3_44100_128&optimize_streaming_latency=3",
    );
    expect(body).toEqual({
      text: "Hello there",
      model_id: "eleven_multilingual_v2",
      seed: 42,
      apply_text_normalization: "on",
      language_code: "en",
      voice_settings: { stability: 0.3, similarity_boost: 1, style: 0.4, use_speaker_boost: false, speed: 0.95 },
    });
  });

  test("what is of another kind, or out of range, is left out", () => {
    const voiceSettings = { stability: 1.5, similarityBoost: "high", style: -1, useSpeakerBoost: "yes", speed: 9 };
    const options = { voiceSettings, seed: 1.5, languageCode: 7, applyTextNormalization: " ", latencyTier: 9 };
    expect(built({ options })).toMatchObject({ url: built({}).url, body: BODY });
    expect(built({ options: { voiceSettings: "loud", seed: 4_294_967_296 } }).body).toEqual(BODY);
  });

  test("Eleven v3 has no tiers of latency", () => {
    const route = speechRouteTo("elevenlabs", { model: "eleven_v3" });
    expect(built({ options: { latencyTier: 2 } }, route).url).toBe(
      "https://api.elevenlabs.io/v1/text-to-speech/pMsXgVXv3BLzUgSXRplE?output_format=mp3_44100_128",
    );
  });
});

describe("a voice is an id", () => {
  test.each(["Rachel", "Rachel the Great", "../../v1/user", "a".repeat(41), "abcdefghij\u001b[2J", undefined])(
    "%p is none",
    (voice) => {
      const error = failure(() => built({ voice }));
      expect(error.type).toBe("usage");
      expect(error.message).not.toContain("\u001b");
      expect(error.details.hint).toContain("infer tts voices --provider elevenlabs");
    },
  );

  test.each(["a".repeat(10), "a".repeat(40)])("%s is one", (voice) => {
    expect(built({ voice }).url).toContain(`/v1/text-to-speech/${voice}?`);
  });
});
