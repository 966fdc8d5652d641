import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import { inworldSpeech } from "../../../src/protocols/inworld-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { SPEECH_PROVIDERS, SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("inworld");
const read = (json: unknown) => inworldSpeech.read?.(json, ROUTE, new URL(ROUTE.baseUrl));

function built(request: Partial<SpeechRequest> = {}, route = ROUTE) {
  const asked = speechAsked({ voice: "Sarah", form: { ask: "MP3" }, ...request });
  const { request: http, ignored } = inworldSpeech.build(asked, route);
  return { ...http, body: JSON.parse(String(http.body)) as unknown, ignored };
}

const BODY = {
  text: "Hello there",
  voiceId: "Sarah",
  modelId: "inworld-tts-1.5-max",
  audioConfig: { audioEncoding: "MP3" },
};

describe("build", () => {
  test("a text", () => {
    expect(built()).toEqual({
      method: "POST",
      url: "https://api.inworld.ai/tts/v1/voice:stream",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
  });

  test("its lines end by themselves", () => {
    expect(inworldSpeech).toMatchObject({ answer: "ndjson" });
    expect(inworldSpeech.endsWithWord).toBeUndefined();
    expect(inworldSpeech.encoding).toBeUndefined();
  });

  test("a base of one's own", () => {
    expect(built({}, { ...ROUTE, baseUrl: "https://gateway.example/inworld/" }).url).toBe(
      "https://gateway.example/inworld/tts/v1/voice:stream",
    );
  });

  test("bare samples, at a rate that is known", () => {
    expect(built({ form: { ask: "PCM", sampleRate: 48_000 } }).body).toEqual({
      ...BODY,
      audioConfig: { audioEncoding: "PCM", sampleRateHertz: 48_000 },
    });
  });

  test("a rate, a temperature, and words, which it does not take", () => {
    expect(built({ speed: 1.25, instructions: "Whisper", options: { temperature: 0.8 } })).toMatchObject({
      body: { ...BODY, audioConfig: { audioEncoding: "MP3", speakingRate: 1.25 }, temperature: 0.8 },
      ignored: [{ key: "instructions", value: "Whisper" }],
    });
  });

  test.each([0, -1, 2.1, "0.8", null, Number.NaN])("temperature %p is left out", (temperature) => {
    expect(built({ options: { temperature } }).body).toEqual(BODY);
  });

  test("the ends of its range", () => {
    expect(built({ options: { temperature: 2 } }).body).toEqual({ ...BODY, temperature: 2 });
    expect(built({ options: { temperature: 0.01 } }).body).toEqual({ ...BODY, temperature: 0.01 });
  });

  test("a voice and a model, as they are", () => {
    expect(built({ voice: "Ashley" }, { ...ROUTE, model: "inworld-tts-2" }).body).toMatchObject({
      voiceId: "Ashley",
      modelId: "inworld-tts-2",
    });
  });
});

describe("read", () => {
  test("a piece", () => {
    expect(read({ result: { audioContent: "SUQz", usage: { processedCharactersCount: 11 } } })).toEqual({
      audio: "SUQz",
    });
  });

  test.each([{ result: { audioContent: "" } }, { result: {} }, { result: null }, {}])("nothing: %j", (json) => {
    expect(read(json)).toEqual({});
  });

  test.each([
    [3, "Voice not found", "provider_error", false],
    [5, "Unknown model", "not_found", false],
    [7, "Not for you", "auth", false],
    [8, "Too many", "rate_limited", true],
    [13, "Oops", "provider_error", true],
    [14, "Away", "provider_error", true],
    [16, "Invalid key", "auth", false],
    [2, "Unknown", "provider_error", false],
  ] as const)("an error in a line: gRPC's %d", (code, message, type, retryable) => {
    const step = read({ error: { code, message, details: [] } });
    const error = failureInside(step?.failure, 200);
    expect({ type: error.type, message: error.message, retryable: error.retryable }).toEqual({
      type,
      message,
      retryable,
    });
  });

  test.each([[[]], [{ result: "x" }], ["x"]])("what it is not: %j", (json) => {
    expect(() => read(json)).toThrow("cannot be understood");
  });
});

test("the row: OpenClaw's names, and a key that is base64 already", () => {
  const { defaultModel, knownModels, defaultVoice, voiceList, voiceNote, longest, speed, formats } =
    SPEECH_SERVICES.inworld ?? {};
  expect({ defaultModel, knownModels, defaultVoice, voiceList, voiceNote, longest, speed, formats }).toEqual({
    defaultModel: "inworld-tts-1.5-max",
    knownModels: ["inworld-tts-1.5-max", "inworld-tts-1.5-mini", "inworld-tts-1-max", "inworld-tts-1"],
    defaultVoice: "Sarah",
    voiceList: "inworld",
    voiceNote: { formats: ["opus"] },
    longest: { characters: 2000 },
    speed: { min: 0.5, max: 1.5 },
    formats: {
      mp3: { ask: "MP3" },
      wav: { ask: "PCM", sampleRate: 48_000 },
      opus: { ask: "OGG_OPUS" },
      pcm: { ask: "PCM", sampleRate: 24_000 },
    },
  });
  expect(SPEECH_PROVIDERS.find(({ id }) => id === "inworld")).toEqual({
    id: "inworld",
    name: "Inworld",
    env: ["INWORLD_API_KEY"],
    baseUrl: "https://api.inworld.ai",
    auth: [{ header: "authorization", prefix: "Basic " }],
  });
});
