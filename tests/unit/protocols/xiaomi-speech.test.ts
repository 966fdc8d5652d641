import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { xiaomiSpeech } from "../../../src/protocols/xiaomi-speech.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("xiaomi");
const read = (json: unknown) => xiaomiSpeech.read?.(json, ROUTE, new URL(ROUTE.baseUrl));

function built(request: Partial<SpeechRequest> = {}, route = ROUTE) {
  const { request: http, ignored } = xiaomiSpeech.build(speechAsked({ voice: "mimo_default", ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as unknown, ignored };
}

const SPOKEN = { role: "assistant", content: "Hello there" };
const BODY = { model: "mimo-v2.5-tts", messages: [SPOKEN], audio: { format: "mp3", voice: "mimo_default" } };

describe("build", () => {
  test("the text is what the assistant says", () => {
    expect(xiaomiSpeech.answer).toBe("json");
    expect(built({ form: { ask: "wav" }, voice: "Mia" })).toEqual({
      method: "POST",
      url: "https://api.xiaomimimo.com/v1/chat/completions",
      headers: { "content-type": "application/json" },
      body: { ...BODY, audio: { format: "wav", voice: "Mia" } },
      ignored: [],
    });
  });

  test("how to speak is what the user says; what was asked for comes before the config's", () => {
    const messages = (style: string) => [{ role: "user", content: style }, SPOKEN];
    expect(built({ options: { style: " Bright and fast " } }).body).toEqual({
      ...BODY,
      messages: messages("Bright and fast"),
    });
    expect(built({ instructions: "Whisper", options: { style: "Bright" } })).toMatchObject({
      body: { ...BODY, messages: messages("Whisper") },
      ignored: [],
    });
  });

  test.each([{ style: "  " }, { style: 7 }, { style: null }])("%j is left out", (options) => {
    expect(built({ options }).body).toEqual(BODY);
  });

  test("there is no member for a rate", () => {
    expect(built({ speed: 1.5 })).toMatchObject({ body: BODY, ignored: [{ key: "speed", value: 1.5 }] });
  });

  describe("a voice by its description", () => {
    const route = { ...ROUTE, model: "mimo-v2.5-tts-voicedesign" };

    test("has none by name, and is always described", () => {
      expect(built({}, route)).toMatchObject({ ignored: [] });
      expect(built({}, route).body).toEqual({
        model: "mimo-v2.5-tts-voicedesign",
        messages: [
          {
            role: "user",
            content: "A clear and friendly grown-up voice that talks at an easy pace, as if to a good acquaintance.",
          },
          SPOKEN,
        ],
        audio: { format: "mp3" },
      });
    });

    test("the user's own description; a voice that was named is told as ignored", () => {
      expect(built({ voice: "Mia", instructions: "An old sailor" }, route)).toMatchObject({
        body: { messages: [{ role: "user", content: "An old sailor" }, SPOKEN], audio: { format: "mp3" } },
        ignored: [{ key: "voice", value: "Mia" }],
      });
    });
  });
});

describe("read", () => {
  test("audio, and what was counted", () => {
    const json = {
      id: "1",
      choices: [
        { index: 0, finish_reason: "stop", message: { role: "assistant", content: "", audio: { data: "SUQz" } } },
      ],
      usage: { prompt_tokens: 4, completion_tokens: 30, total_tokens: 34 },
    };
    expect(read(json)).toEqual({ audio: "SUQz", usage: { inputTokens: 4, outputTokens: 30, totalTokens: 34 } });
    expect(read({ ...json, usage: null })).toEqual({ audio: "SUQz" });
  });

  test.each([
    { choices: [] },
    { choices: [{ message: { audio: null }, finish_reason: "stop" }] },
    { choices: [{ message: { audio: { data: "" } } }] },
    { choices: null },
  ])("nothing is left to the engine: %j", (json) => {
    expect(read(json)).toEqual({});
  });

  test("a refusal", () => {
    const choices = (content: string | null) => ({
      choices: [{ finish_reason: "content_filter", message: { content } }],
    });
    expect(read(choices(" Not this. "))).toEqual({ refusal: "Not this." });
    expect(read(choices(null))).toEqual({ refusal: "The text was blocked (content_filter)." });
  });

  test("an error inside a 200", () => {
    const step = read({ error: { message: "Param Incorrect", type: "invalid_request_error", code: "400" } });
    expect(failureInside(step?.failure, 200)).toMatchObject({ type: "provider_error", message: "Param Incorrect" });
  });

  test("what it is not", () => {
    expect(() => read([])).toThrow("a list where an object belongs");
    expect(() => read({ choices: [{ message: { audio: { data: 1 } } }] })).toThrow("cannot be understood");
  });
});

test("the row: OpenClaw's names, variables and voices", () => {
  const named = (id: string) => ({ id, name: id });
  expect(SPEECH_SERVICES.xiaomi).toEqual({
    protocol: "xiaomi-speech",
    defaultModel: "mimo-v2.5-tts",
    knownModels: ["mimo-v2.5-tts", "mimo-v2-tts", "mimo-v2.5-tts-voicedesign"],
    auth: [{ header: "api-key" }],
    baseUrlEnv: ["XIAOMI_BASE_URL"],
    optionEnv: { model: ["XIAOMI_TTS_MODEL"], voice: ["XIAOMI_TTS_VOICE"], format: ["XIAOMI_TTS_FORMAT"] },
    defaultVoice: "mimo_default",
    voices: ["mimo_default", "default_zh", "default_en", "Mia", "Chloe", "Milo", "Dean"].map(named),
    formats: { mp3: { ask: "mp3" }, wav: { ask: "wav" } },
    defaultFormat: "mp3",
  });
});
