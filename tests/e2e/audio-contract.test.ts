import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { LLMock } from "@copilotkit/aimock";
import { RECORDINGS, samples } from "../support/audio.ts";
import { infer, inferJson } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const config = folder.file("openclaw.json");
const mock = new LLMock({ port: 0 });

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const { mp3 } = RECORDINGS;

beforeAll(async () => {
  const audio = { audio: base64(mp3.bytes), format: "mp3" };
  mock.onSpeech("Good morning", audio);
  mock.onElevenLabsTTS("Good evening", audio);
  // Bare samples, as Gemini sends them.
  const contentType = "audio/L16;codec=pcm;rate=24000";
  mock.onMessage(/Good night/, { audio: { b64Json: base64(samples(2400, 1000)), contentType } });
  mock.onTranscription({
    transcription: {
      text: "Good morning to you.",
      language: "english",
      duration: 1.5,
      segments: [{ id: 0, start: 0, end: 1.5, text: " Good morning to you." }],
      words: [
        { word: "Good", start: 0, end: 0.4 },
        { word: "morning", start: 0.4, end: 0.9 },
      ],
    },
  });
  await mock.start();
  const providers = {
    openai: { baseUrl: `${mock.url}/v1`, apiKey: "sk-test-openai" },
    groq: { baseUrl: `${mock.url}/v1`, apiKey: "sk-test-groq" },
    elevenlabs: { baseUrl: mock.url, apiKey: "sk-test-elevenlabs" },
    google: { baseUrl: mock.url, apiKey: "sk-test-google" },
    mine: { baseUrl: `${mock.url}/v1` },
  };
  await writeFile(config, JSON.stringify({ models: { providers } }));
  await writeFile(folder.file("talk.mp3"), mp3.bytes);
});

afterAll(async () => {
  await mock.stop();
  folder[Symbol.dispose]();
});

const speak = (provider: string, text: string, ...more: string[]): string[] => {
  const output = folder.file(`${provider.replaceAll("/", "-")}.mp3`);
  return ["tts", "convert", "--text", text, "--output", output, "--config", config, ...more];
};
const hear = (...more: string[]): string[] => [
  ...["audio", "transcribe", "--file", folder.file("talk.mp3"), "--config", config],
  ...more,
];

describe("audio against a multi-vendor mock that nobody here wrote", () => {
  test.each([
    ["openai", "Good morning", ["--provider", "openai"]],
    ["elevenlabs", "Good evening", ["--provider", "elevenlabs"]],
    ["mine", "Good morning", ["--model", "mine/kokoro", "--voice", "anybody"]],
  ])("%s speaks", async (provider, text, flags) => {
    const { code, envelope } = await inferJson(speak(provider, text, ...flags));
    expect(envelope.error).toBeNull();
    expect(code).toBe(0);
    expect(envelope).toMatchObject({ provider, outputs: [{ format: "mp3", mimeType: "audio/mpeg" }] });
    const [output] = envelope.outputs;
    const path = output && "path" in output ? output.path : "";
    expect(Buffer.from(await Bun.file(path).bytes()).equals(mp3.bytes)).toBeTrue();
  });

  test("google's bare samples become a WAV, whatever the file was to be called", async () => {
    const { envelope } = await inferJson(speak("google", "Good night", "--provider", "google"));
    expect(envelope.error).toBeNull();
    expect(envelope.outputs).toMatchObject([{ format: "wav", mimeType: "audio/wav", size: 44 + 4800 }]);
    expect(envelope.outputs[0]).toHaveProperty("path", folder.file("google.wav"));
    expect(envelope.warnings?.join()).toContain("google.wav");
  });

  test("the words of a recording, and nothing else", async () => {
    expect(await infer(hear("--model", "groq/whisper-large-v3"))).toMatchObject({
      code: 0,
      stdout: "Good morning to you.\n",
      stderr: "",
    });
  });

  test("times", async () => {
    const { envelope } = await inferJson(hear("--model", "openai/whisper-1"));
    expect(envelope.outputs).toMatchObject([
      {
        text: "Good morning to you.",
        kind: "audio.transcription",
        durationSeconds: 1.5,
        segments: [
          { start: 0, end: 1.5, text: "Good morning to you.", words: [{ word: "Good" }, { word: "morning" }] },
        ],
      },
    ]);
    const { stdout } = await infer(hear("--model", "mine/whisper", "--format", "srt"));
    expect(stdout).toBe("1\n00:00:00,000 --> 00:00:01,500\nGood morning to you.\n");
  });
});
