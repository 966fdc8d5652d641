import { expect, test } from "bun:test";
import { deepgramSpeech } from "../../../src/protocols/deepgram-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const VOICE = "aura-2-thalia-en";
const form = { ask: "mp3" };

function built(request: Partial<SpeechRequest>, baseUrl = "https://api.deepgram.com/v1") {
  const route = speechRouteTo("deepgram", { baseUrl });
  const { request: http, ignored } = deepgramSpeech.build(speechAsked({ voice: VOICE, form, ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as Record<string, unknown>, ignored };
}

test("a text", () => {
  expect(deepgramSpeech.answer).toBe("body");
  expect(speechRouteTo("deepgram")).toEqual({ model: null, baseUrl: "https://api.deepgram.com/v1" });
  expect(built({})).toEqual({
    method: "POST",
    url: "https://api.deepgram.com/v1/speak?encoding=mp3&model=aura-2-thalia-en",
    headers: { "content-type": "application/json" },
    body: { text: "Hello there" },
    ignored: [],
  });
});

test("without a voice the vendor takes its own", () => {
  expect(built({ voice: undefined }).url).toBe("https://api.deepgram.com/v1/speak?encoding=mp3");
});

test("a base with a query of its own keeps it", () => {
  expect(built({}, "https://api.eu.deepgram.com/v1/?mip_opt_out=true").url).toBe(
    "https://api.eu.deepgram.com/v1/speak?encoding=mp3&model=aura-2-thalia-en&mip_opt_out=true",
  );
});

test("a voice is a value, whatever is in it", () => {
  expect(built({ voice: "x&callback=https://example.com" }).url).toBe(
    "https://api.deepgram.com/v1/speak?encoding=mp3&model=x%26callback%3Dhttps%3A%2F%2Fexample.com",
  );
});

test("an encoding alone, as a config has it", () => {
  expect(built({ form: { ask: "linear16" } }).url).toBe(
    "https://api.deepgram.com/v1/speak?encoding=linear16&model=aura-2-thalia-en",
  );
});

test("a rate", () => {
  expect(built({ speed: 1.25 })).toMatchObject({
    url: "https://api.deepgram.com/v1/speak?encoding=mp3&model=aura-2-thalia-en&speed=1.25",
    ignored: [],
  });
});

test("it cannot be told how to speak", () => {
  expect(built({ instructions: "Whisper" })).toMatchObject({
    body: { text: "Hello there" },
    ignored: [{ key: "instructions", value: "Whisper" }],
  });
});

// https://developers.deepgram.com/docs/tts-media-output-settings#audio-format-combinations
test.each([
  ["mp3", { encoding: "mp3" }],
  ["wav", { encoding: "linear16", container: "wav", sample_rate: "24000" }],
  ["opus", { encoding: "opus", container: "ogg" }],
  ["flac", { encoding: "flac", sample_rate: "48000" }],
  ["aac", { encoding: "aac" }],
  ["pcm", { encoding: "linear16", container: "none", sample_rate: "24000" }],
] as const)("%s", (format, query) => {
  const { url } = built({ form: SPEECH_SERVICES.deepgram?.formats[format] ?? form });
  expect(Object.fromEntries(new URL(url).searchParams)).toEqual({ ...query, model: VOICE });
});
