import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import type { SpeechRequest, SpeechRoute } from "../../../src/protocols/speech-wire.ts";
import { vydraSpeech } from "../../../src/protocols/vydra-speech.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked } from "../../support/speech.ts";

const ROUTE: SpeechRoute = { model: "elevenlabs/tts", baseUrl: "https://www.vydra.ai/api/v1" };
const POLL = "https://www.vydra.ai/api/v1/jobs/j1";
const read = (json: unknown, from = ROUTE.baseUrl) => vydraSpeech.read?.(json, ROUTE, new URL(from));

function built(request: Partial<SpeechRequest> = {}, route = ROUTE) {
  const asked = speechAsked({ voice: "21m00Tcm4TlvDq8ikWAM", ...request });
  const { request: http, ignored } = vydraSpeech.build(asked, route);
  return { ...http, body: JSON.parse(String(http.body)) as unknown, ignored };
}

const BODY = { text: "Hello there", voice_id: "21m00Tcm4TlvDq8ikWAM" };

describe("build", () => {
  test("a text and a voice", () => {
    expect(vydraSpeech).toMatchObject({ answer: "json", job: true });
    expect(built()).toEqual({
      method: "POST",
      url: "https://www.vydra.ai/api/v1/models/elevenlabs/tts",
      headers: { "content-type": "application/json" },
      body: BODY,
      ignored: [],
    });
  });

  test.each([
    ["https://vydra.ai/api/v1", "https://www.vydra.ai/api/v1/models/elevenlabs/tts"],
    ["https://vydra.ai", "https://www.vydra.ai/api/v1/models/elevenlabs/tts"],
    ["https://gateway.example/vydra/", "https://gateway.example/vydra/models/elevenlabs/tts"],
  ])("base %s", (baseUrl, url) => {
    expect(built({}, { ...ROUTE, baseUrl }).url).toBe(url);
  });

  test("nothing that Vydra has no word for", () => {
    expect(built({ speed: 2, instructions: "Whisper", options: { stability: 1 } })).toMatchObject({
      body: BODY,
      ignored: [
        { key: "speed", value: 2 },
        { key: "instructions", value: "Whisper" },
      ],
    });
    expect(built({ speed: 2 }).body).toEqual(BODY);
  });
});

describe("read", () => {
  test.each([
    { audioUrl: "https://cdn.example/1.mp3" },
    { status: "completed", audioUrls: ["https://cdn.example/1.mp3", "https://cdn.example/2.mp3"] },
    { url: "https://cdn.example/cover.png", audioUrl: "https://cdn.example/1.mp3" },
    { id: "j1", status: "processing", outputUrl: " https://cdn.example/1.mp3 " },
    { data: [{ assets: [{ audioUrl: "https://cdn.example/1.mp3" }] }] },
    { output: ["https://cdn.example/1.mp3"] },
  ])("audio: %j", (json) => {
    expect(read(json)).toEqual({ url: "https://cdn.example/1.mp3" });
  });

  test("a picture's address is not the audio's", () => {
    expect(read({ status: "completed", imageUrl: "https://cdn.example/1.png" })).toEqual({});
  });

  test("a job, and its state", () => {
    const next = { request: { method: "GET" as const, url: POLL, headers: {} }, afterMs: 2500 };
    expect(read({ jobId: "j1", status: "Queued" })).toEqual({ next: { ...next, state: "queued" } });
    expect(read({ id: "j1" })).toEqual({ next });
    expect(read({ status: "processing" }, POLL)).toEqual({ next: { ...next, state: "processing" } });
  });

  test("neither", () => {
    expect(() => read({ status: "processing" })).toThrow("it has neither an address of the audio nor the id of a job");
    expect(read({ status: "completed" })).toEqual({});
  });

  test.each([
    [{ id: "j1", status: "failed", message: "Failed", error: "The text is too long" }, "The text is too long"],
    [{ id: "j1", status: "ERROR", error: { message: "Out of capacity" } }, "Out of capacity"],
    [{ id: "j1", status: "failed", audioUrl: "https://cdn.example/1.mp3" }, "The job failed."],
    [{ error: "No such voice" }, "No such voice"],
    [{ message: "No such voice" }, "No such voice"],
  ])("a failure: %j", (json, said) => {
    expect(failureInside(read(json)?.failure, 200).message).toBe(said);
  });
});

test("the row: OpenClaw's names, variables and voice", () => {
  expect(SPEECH_SERVICES.vydra).toEqual({
    protocol: "vydra-speech",
    defaultModel: "elevenlabs/tts",
    knownModels: ["elevenlabs/tts"],
    baseUrlEnv: ["VYDRA_BASE_URL"],
    optionEnv: { model: ["VYDRA_TTS_MODEL"], voice: ["VYDRA_TTS_VOICE_ID"] },
    defaultVoice: "21m00Tcm4TlvDq8ikWAM",
    voices: [{ id: "21m00Tcm4TlvDq8ikWAM", name: "Rachel" }],
    formats: { mp3: { ask: "mp3" } },
    defaultFormat: "mp3",
  });
});
