import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import { minimaxSpeech } from "../../../src/protocols/minimax-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("minimax");
const VOICE = "English_expressive_narrator";
const read = (json: unknown) => minimaxSpeech.read?.(json, ROUTE, new URL(ROUTE.baseUrl));

function built(request: Partial<SpeechRequest> = {}, route = ROUTE) {
  const { request: http, ignored } = minimaxSpeech.build(speechAsked({ voice: VOICE, ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as unknown, ignored };
}

const BODY = {
  model: "speech-2.8-hd",
  text: "Hello there",
  stream: false,
  voice_setting: { voice_id: VOICE },
  audio_setting: { format: "mp3", sample_rate: 32_000, channel: 1 },
};

describe("build", () => {
  test("a text, whose audio comes in hex", () => {
    expect(built()).toEqual({
      method: "POST",
      url: "https://api.minimax.io/v1/t2a_v2",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
    expect(minimaxSpeech).toMatchObject({ answer: "json", encoding: "hex" });
  });

  test.each([
    ["https://api.minimaxi.com/anthropic", "https://api.minimaxi.com/v1/t2a_v2"],
    ["https://api.minimax.io/anthropic/v1/", "https://api.minimax.io/v1/t2a_v2"],
    ["https://api.minimax.io/v1", "https://api.minimax.io/v1/t2a_v2"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/t2a_v2"],
  ])("%s is a base for text", (baseUrl, url) => {
    expect(built({}, { ...ROUTE, baseUrl }).url).toBe(url);
  });

  test("every setting", () => {
    const options = { speed: 0.9, vol: 2.5, pitch: -3, emotion: "happy", languageBoost: "English" };
    expect(built({ options }).body).toEqual({
      ...BODY,
      language_boost: "English",
      voice_setting: { voice_id: VOICE, speed: 0.9, vol: 2.5, pitch: -3, emotion: "happy" },
    });
  });

  test("a rate that was asked for comes before the config's", () => {
    expect(built({ speed: 1.5, options: { speed: 0.9 } }).body).toMatchObject({
      voice_setting: { voice_id: VOICE, speed: 1.5 },
    });
  });

  test.each([
    [2.9, 2],
    [-2.9, -2],
    [-0.5, 0],
    [12, 12],
  ])("pitch %d is %d", (pitch, sent) => {
    expect(built({ options: { pitch } }).body).toMatchObject({ voice_setting: { pitch: sent } });
  });

  test.each([
    { speed: 0.4 },
    { speed: 2.1 },
    { speed: "1" },
    { vol: 0 },
    { vol: 10.5 },
    { pitch: 12.5 },
    { pitch: -13 },
    { pitch: "2" },
    { emotion: 7 },
    { emotion: "  " },
    { languageBoost: ["English"] },
    { style: "calm" },
  ])("%j is left out", (options) => {
    expect(built({ options }).body).toEqual(BODY);
  });

  test("bare samples, at a rate that is known", () => {
    expect(built({ form: { ask: "pcm", sampleRate: 24_000 } }).body).toEqual({
      ...BODY,
      audio_setting: { format: "pcm", sample_rate: 24_000, channel: 1 },
    });
  });

  test("it cannot be told how to speak", () => {
    expect(built({ instructions: "Whisper" })).toMatchObject({
      body: BODY,
      ignored: [{ key: "instructions", value: "Whisper" }],
    });
  });
});

describe("read", () => {
  const fine = { base_resp: { status_code: 0, status_msg: "success" } };

  test("audio, and nothing of how it was made", () => {
    const extra_info = { audio_format: "mp3", audio_sample_rate: 32_000, usage_characters: 11 };
    expect(read({ data: { audio: "494433", status: 2 }, extra_info, trace_id: "t", ...fine })).toEqual({
      audio: "494433",
    });
    expect(read({ data: { audio: "$spilled:0" }, ...fine })).toEqual({ audio: "$spilled:0" });
  });

  test("the rate of bare samples", () => {
    const extra_info = { audio_format: "pcm", audio_sample_rate: 24_000 };
    expect(read({ data: { audio: "0000" }, extra_info, ...fine })).toEqual({ audio: "0000", sampleRate: 24_000 });
  });

  test.each([{ data: null }, { data: { audio: "" } }, { data: {} }, {}])(
    "nothing is left to the engine: %j",
    (json) => {
      expect(read({ ...json, ...fine })).toEqual({});
    },
  );

  test.each([
    [1002, "rate limit", "rate_limited", true],
    [1004, "login fail", "auth", false],
    [1008, "insufficient balance", "rate_limited", false],
    [1026, "input new_sensitive", "refused", false],
    [2013, "invalid params", "provider_error", false],
    [1000, "unknown error", "provider_error", true],
  ] as const)("status_code %d inside a 200 is an error: %s", (status_code, status_msg, type, retryable) => {
    const step = read({ data: null, base_resp: { status_code, status_msg } });
    expect(step?.audio).toBeUndefined();
    const error = failureInside(step?.failure, 200);
    expect({ type: error.type, message: error.message, retryable: error.retryable }).toEqual({
      type,
      message: status_msg,
      retryable,
    });
  });

  test("what it is not", () => {
    expect(() => read({ data: { audio: 7 } })).toThrow("cannot be understood");
  });
});

test("the row: OpenClaw's names, variables and voices", () => {
  expect(SPEECH_SERVICES.minimax).toEqual({
    protocol: "minimax-speech",
    defaultModel: "speech-2.8-hd",
    knownModels: [
      "speech-2.8-hd",
      "speech-2.8-turbo",
      "speech-2.6-hd",
      "speech-2.6-turbo",
      "speech-02-hd",
      "speech-02-turbo",
      "speech-01-hd",
      "speech-01-turbo",
      "speech-01-240228",
    ],
    env: ["MINIMAX_OAUTH_TOKEN", "MINIMAX_CODE_PLAN_KEY", "MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY"],
    baseUrl: "https://api.minimax.io",
    optionEnv: { model: ["MINIMAX_TTS_MODEL"], voice: ["MINIMAX_TTS_VOICE_ID"] },
    defaultVoice: VOICE,
    voiceList: "minimax",
    voices: [
      { id: VOICE, name: VOICE },
      { id: "Chinese (Mandarin)_Warm_Girl", name: "Chinese (Mandarin)_Warm_Girl" },
      { id: "Chinese (Mandarin)_Lively_Girl", name: "Chinese (Mandarin)_Lively_Girl" },
      { id: "Chinese (Mandarin)_Gentle_Boy", name: "Chinese (Mandarin)_Gentle_Boy" },
      { id: "Chinese (Mandarin)_Steady_Boy", name: "Chinese (Mandarin)_Steady_Boy" },
    ],
    formats: {
      mp3: { ask: "mp3" },
      wav: { ask: "wav" },
      flac: { ask: "flac" },
      pcm: { ask: "pcm", sampleRate: 32_000 },
    },
    defaultFormat: "mp3",
    longest: { characters: 9999 },
    speed: { min: 0.5, max: 2 },
  });
});
