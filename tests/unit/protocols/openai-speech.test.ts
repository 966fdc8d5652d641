import { describe, expect, test } from "bun:test";
import { openaiSpeech } from "../../../src/protocols/openai-speech.ts";
import type { SpeechRequest, SpeechRoute } from "../../../src/protocols/speech-wire.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const OPENAI = speechRouteTo("openai");

function built(request: Partial<SpeechRequest>, route: SpeechRoute = OPENAI) {
  const { request: http, ignored } = openaiSpeech.build(speechAsked({ voice: "coral", ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as Record<string, unknown>, ignored };
}

const BODY = { model: "gpt-4o-mini-tts", input: "Hello there", voice: "coral", response_format: "mp3" };

test("a text", () => {
  expect(openaiSpeech.answer).toBe("body");
  expect(built({})).toEqual({
    method: "POST",
    url: "https://api.openai.com/v1/audio/speech",
    headers: { "content-type": "application/json" },
    body: BODY,
    ignored: [],
  });
});

test("all that can be asked for", () => {
  const { body, ignored } = built({ speed: 1.5, instructions: "Whisper", form: { ask: "opus" } });
  expect(body).toEqual({ ...BODY, response_format: "opus", speed: 1.5, instructions: "Whisper" });
  expect(ignored).toEqual([]);
});

test("a server that wants no voice is told none", () => {
  expect(built({ voice: undefined }).body).toEqual({
    model: "gpt-4o-mini-tts",
    input: "Hello there",
    response_format: "mp3",
  });
});

describe("where it goes", () => {
  test.each([
    ["http://127.0.0.1:8880/v1/", "http://127.0.0.1:8880/v1/audio/speech"],
    ["https://mine.openai.azure.com/openai/v1", "https://mine.openai.azure.com/openai/v1/audio/speech"],
    [
      "https://mine.openai.azure.com/openai/deployments/tts?api-version=2025-03-01-preview",
      "https://mine.openai.azure.com/openai/deployments/tts/audio/speech?api-version=2025-03-01-preview",
    ],
  ])("%s", (baseUrl, url) => {
    expect(built({}, { ...OPENAI, baseUrl }).url).toBe(url);
  });
});

describe("words on how to speak", () => {
  const persona = { id: "alfred", prompt: { style: "warm" } };
  const options = { instructions: "Be brisk" };

  test("what is asked for comes before the config, and that before the persona", () => {
    expect(built({ instructions: "Whisper", options, persona }).body.instructions).toBe("Whisper");
    expect(built({ options, persona }).body.instructions).toBe("Be brisk");
    expect(built({ persona }).body.instructions).toBe("Persona: alfred\nStyle: warm");
  });

  test("tts-1 takes none: what was asked for is told as ignored", () => {
    const { body, ignored } = built({ instructions: "Whisper", options, persona }, { ...OPENAI, model: "tts-1" });
    expect(body).toEqual({ ...BODY, model: "tts-1" });
    expect(ignored).toEqual([{ key: "instructions", value: "Whisper" }]);
    expect(built({ options, persona }, { ...OPENAI, model: "tts-1" }).ignored).toEqual([]);
  });

  test("a dated model takes them", () => {
    const model = "gpt-4o-mini-tts-2025-12-15";
    expect(built({ instructions: "Whisper" }, { ...OPENAI, model }).body.instructions).toBe("Whisper");
  });

  test("at another address any model may", () => {
    const route = { ...OPENAI, model: "kokoro", baseUrl: "http://127.0.0.1:8880/v1" };
    expect(built({ instructions: "Whisper" }, route).body.instructions).toBe("Whisper");
  });

  test.each(["openrouter", "deepinfra"])("%s has no member for them", (id) => {
    const { body, ignored } = built({ instructions: "Whisper", options, persona }, speechRouteTo(id));
    expect(body.instructions).toBeUndefined();
    expect(ignored).toEqual([{ key: "instructions", value: "Whisper" }]);
  });
});

describe("the config's settings", () => {
  test("a rate, and a nearer one", () => {
    expect(built({ options: { speed: 1.25 } }).body.speed).toBe(1.25);
    expect(built({ options: { speed: 1.25 }, speed: 0.5 }).body.speed).toBe(0.5);
  });

  test.each([0.1, 5, "fast", null, Number.NaN])("the rate %p is left out", (speed) => {
    expect(built({ options: { speed } }).body).toEqual(BODY);
  });

  test.each(["extraBody", "extra_body"])("%s stands beside the rest, and wins", (name) => {
    const options = { [name]: { stream_format: "audio", voice: { id: "voice_1234" } } };
    expect(built({ options }).body).toEqual({ ...BODY, stream_format: "audio", voice: { id: "voice_1234" } });
  });

  test.each([[["a"]], ["a"], [null]])("an extraBody that is no object is left out: %j", (extraBody) => {
    expect(built({ options: { extraBody } }).body).toEqual(BODY);
  });
});

test("OpenRouter takes a choice of providers", () => {
  const provider = { order: ["deepinfra"], allow_fallbacks: false };
  const { url, body } = built({ voice: "af_alloy", options: { provider } }, speechRouteTo("openrouter"));
  expect(url).toBe("https://openrouter.ai/api/v1/audio/speech");
  expect(body).toEqual({
    model: "hexgrad/kokoro-82m",
    input: "Hello there",
    voice: "af_alloy",
    response_format: "mp3",
    provider,
  });
});

test("DeepInfra has a member of its own for what is not OpenAI's", () => {
  const options = { extraBody: { exaggeration: 0.7 } };
  const { url, body } = built({ voice: "af_bella", options }, speechRouteTo("deepinfra"));
  expect(url).toBe("https://api.deepinfra.com/v1/openai/audio/speech");
  expect(body).toEqual({
    model: "hexgrad/Kokoro-82M",
    input: "Hello there",
    voice: "af_bella",
    response_format: "mp3",
    extra_body: { exaggeration: 0.7 },
  });
});
