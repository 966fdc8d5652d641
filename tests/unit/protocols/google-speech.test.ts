import { describe, expect, test } from "bun:test";
import { failureInside } from "../../../src/protocols/failure.ts";
import { googleSpeech } from "../../../src/protocols/google-speech.ts";
import type { SpeechPersona, SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { speechAsked, speechRouteTo } from "../../support/speech.ts";

const ROUTE = speechRouteTo("google");
const form = { ask: "pcm", sampleRate: 24_000 };
const read = (json: unknown) => googleSpeech.read?.(json, ROUTE, new URL(ROUTE.baseUrl));

interface Sent {
  contents: { role: string; parts: { text: string }[] }[];
}

function built(request: Partial<SpeechRequest> = {}, route = ROUTE) {
  const { request: http, ignored } = googleSpeech.build(speechAsked({ voice: "Kore", form, ...request }), route);
  return { ...http, body: JSON.parse(String(http.body)) as Sent, ignored };
}

const prompt = (request: Partial<SpeechRequest>) => built(request).body.contents[0]?.parts[0]?.text;

describe("build", () => {
  test("a text", () => {
    expect(googleSpeech.answer).toBe("json");
    expect(built() as unknown).toEqual({
      method: "POST",
      url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-flash-tts-preview:generateContent",
      headers: { "content-type": "application/json" },
      body: {
        contents: [{ role: "user", parts: [{ text: "Hello there" }] }],
        generationConfig: {
          responseModalities: ["AUDIO"],
          speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
        },
      },
      ignored: [],
    });
  });

  test("without a voice", () => {
    expect(built({ voice: undefined }).body).toMatchObject({ generationConfig: { responseModalities: ["AUDIO"] } });
    expect(JSON.stringify(built({ voice: undefined }).body)).not.toContain("speechConfig");
  });

  test.each([
    ["gemini-2.5-pro-preview-tts", "gemini-2.5-pro-preview-tts"],
    ["gemini-3.1-flash-tts", "gemini-3.1-flash-tts-preview"],
  ])("model %s", (model, sent) => {
    expect(built({}, { ...ROUTE, model }).url).toBe(
      `https://generativelanguage.googleapis.com/v1beta/models/${sent}:generateContent`,
    );
  });

  test("there is no member for a rate", () => {
    expect(built({ speed: 1.5 })).toMatchObject({ ignored: [{ key: "speed", value: 1.5 }] });
    expect(prompt({ speed: 1.5 })).toBe("Hello there");
  });
});

describe("how to speak, in words", () => {
  const HOW =
    "Speak the words under TRANSCRIPT, and only those. Everything before them says how, and is not to be heard.";
  const PERSONA: SpeechPersona = {
    id: "alfred",
    label: "Alfred",
    prompt: {
      profile: "A butler.",
      scene: "A library at night.",
      sampleContext: "He has just come in.",
      style: "dry",
      accent: "British",
      pacing: "slow",
      constraints: ["Never laugh.", "  ", "No shouting."],
    },
  };

  test("as they were asked for", () => {
    const request = { instructions: "Cheerfully, as to a child" };
    expect(prompt(request)).toBe(`${HOW}

### DIRECTOR'S NOTES
Cheerfully, as to a child

### TRANSCRIPT
Hello there`);
    expect(built(request).ignored).toEqual([]);
  });

  test("a persona, all of it", () => {
    const options = { promptTemplate: "audio-profile-v1", personaPrompt: "Address the listener as Sir." };
    expect(prompt({ persona: PERSONA, options, instructions: "Whisper" })).toBe(`${HOW}

# AUDIO PROFILE: Alfred
A butler.

## THE SCENE
A library at night.

### DIRECTOR'S NOTES
Style: dry
Accent: British
Pacing: slow
Constraint: Never laugh.
Constraint: No shouting.
Address the listener as Sir.
Whisper

### SAMPLE CONTEXT
He has just come in.

### TRANSCRIPT
Hello there`);
  });

  test("a persona with next to nothing", () => {
    const options = { promptTemplate: "audio-profile-v1" };
    expect(prompt({ persona: { id: "alfred", prompt: {} }, options })).toBe(
      `${HOW}\n\n# AUDIO PROFILE: alfred\n\n### TRANSCRIPT\nHello there`,
    );
    expect(prompt({ persona: { id: "alfred", label: " ", prompt: { style: " " } }, options })).toBe(
      `${HOW}\n\n# AUDIO PROFILE: alfred\n\n### TRANSCRIPT\nHello there`,
    );
  });

  test("the template without a persona, and the provider's own words without either", () => {
    expect(prompt({ options: { promptTemplate: "audio-profile-v1" } })).toBe(`${HOW}\n\n### TRANSCRIPT\nHello there`);
    expect(prompt({ options: { personaPrompt: "Be kind." } })).toBe(
      `${HOW}\n\n### DIRECTOR'S NOTES\nBe kind.\n\n### TRANSCRIPT\nHello there`,
    );
    expect(prompt({ persona: PERSONA, options: { personaPrompt: "Be kind." } })).toContain("# AUDIO PROFILE: Alfred\n");
  });

  test("a persona counts only where the config wants one told", () => {
    expect(prompt({ persona: PERSONA })).toBe("Hello there");
    expect(prompt({ persona: PERSONA, instructions: "Whisper" })).toBe(
      `${HOW}\n\n### DIRECTOR'S NOTES\nWhisper\n\n### TRANSCRIPT\nHello there`,
    );
  });

  test("a profile and a name before everything", () => {
    const options = { audioProfile: "A calm studio voice.", speakerName: "Ann" };
    expect(prompt({ options })).toBe("A calm studio voice.\n\nSpeaker name: Ann\n\nHello there");
    expect(prompt({ options: { speakerName: "Ann" }, instructions: "Whisper" })).toBe(
      `Speaker name: Ann\n\n${HOW}\n\n### DIRECTOR'S NOTES\nWhisper\n\n### TRANSCRIPT\nHello there`,
    );
  });

  test.each([{ audioProfile: " " }, { speakerName: 7 }, { personaPrompt: null }, { promptTemplate: "" }])(
    "%j is left out",
    (options) => {
      expect(prompt({ options })).toBe("Hello there");
    },
  );

  test("another template", () => {
    expect(() => prompt({ options: { promptTemplate: "audio-profile-v2" } })).toThrow(
      'promptTemplate of google: expected "audio-profile-v1", received "audio-profile-v2".',
    );
  });
});

describe("read", () => {
  const sound = (part: object, rest: object = {}) => ({ candidates: [{ content: { parts: [part] }, ...rest }] });

  test.each([
    ["audio/L16;codec=pcm;rate=24000", 24_000],
    ["audio/L16; rate=16000", 16_000],
    ["audio/pcm;rate=48000", 48_000],
    ["audio/L16", 24_000],
    [undefined, 24_000],
  ])("bare samples: %s", (mimeType, sampleRate) => {
    const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 40, totalTokenCount: 43 };
    expect(
      read({ ...sound({ inlineData: { mimeType, data: "AAAA" } }, { finishReason: "STOP" }), usageMetadata }),
    ).toEqual({
      audio: ["AAAA"],
      sampleRate,
      usage: { inputTokens: 3, outputTokens: 40, totalTokens: 43 },
    });
  });

  test("in the other spelling, behind a part without audio", () => {
    const parts = [{ text: "ok" }, { inline_data: { mime_type: "audio/L16;rate=8000", data: "$spilled:0" } }];
    expect(read({ candidates: [{ content: { parts } }] })).toEqual({ audio: ["$spilled:0"], sampleRate: 8000 });
  });

  test("in several parts, of one rate", () => {
    const parts = (...rates: number[]) => {
      return rates.map((rate, at) => ({ inlineData: { mimeType: `audio/L16;rate=${rate}`, data: `$spilled:${at}` } }));
    };
    const answer = { candidates: [{ content: { parts: parts(8000, 8000) }, finishReason: "STOP" }] };
    expect(read(answer)).toEqual({ audio: ["$spilled:0", "$spilled:1"], sampleRate: 8000 });
    expect(() => read({ candidates: [{ content: { parts: parts(8000, 16_000) } }] })).toThrow("several sample rates");
  });

  test("words in its place", () => {
    const parts = [{ text: "I cannot " }, { text: "speak." }];
    expect(read({ candidates: [{ content: { parts }, finishReason: "STOP" }] })).toEqual({ words: "I cannot speak." });
  });

  test("audio of another kind is not understood", () => {
    expect(() => read(sound({ inlineData: { mimeType: "audio/ogg", data: "T2dn" } }))).toThrow(
      "the audio is audio/ogg where bare samples belong",
    );
  });

  test.each([
    [{ promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }, "The text was blocked (PROHIBITED_CONTENT)."],
    [{ promptFeedback: { blockReason: "OTHER", blockReasonMessage: "Not this." } }, "Not this."],
    [{ candidates: [{ finishReason: "SAFETY" }] }, "No audio came (SAFETY)."],
    [{ candidates: [{ finishReason: "RECITATION", finishMessage: "Too close to a song." }] }, "Too close to a song."],
  ])("a refusal: %j", (json, refusal) => {
    expect(read(json)).toEqual({ refusal });
  });

  test.each([
    [{ candidates: [{ finishReason: "OTHER" }] }, "No audio came (OTHER)."],
    [{ candidates: [{ finishReason: "LANGUAGE", finishMessage: "Not this language." }] }, "Not this language."],
    [
      sound({ inlineData: { mimeType: "audio/L16", data: "AAAA" } }, { finishReason: "MAX_TOKENS" }),
      "The text is too long: the audio was cut short (MAX_TOKENS).",
    ],
  ])("a failure: %j", (json, message) => {
    const error = failureInside(read(json)?.failure, 200);
    expect([error.type, error.message, error.retryable]).toEqual(["provider_error", message, false]);
  });

  test("an error inside a 200", () => {
    const error = failureInside(
      read({ error: { code: 429, message: "Slow down", status: "RESOURCE_EXHAUSTED" } })?.failure,
      200,
    );
    expect([error.type, error.message]).toEqual(["rate_limited", "Slow down"]);
  });

  test.each([{}, { candidates: [] }, { candidates: [{ finishReason: "STOP", content: { parts: [{ text: " " }] } }] }])(
    "nothing is left to the engine: %j",
    (json) => {
      expect(read(json)).toEqual({});
    },
  );
});

test("the row: OpenClaw's names and voices", () => {
  const { voices = [], ...row } = SPEECH_SERVICES.google ?? {};
  expect(row as unknown).toEqual({
    label: "Google",
    protocol: "google-speech",
    defaultModel: "gemini-3.1-flash-tts-preview",
    knownModels: ["gemini-3.1-flash-tts-preview", "gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts"],
    defaultVoice: "Kore",
    formats: { wav: { ask: "pcm", sampleRate: 24_000 }, pcm: { ask: "pcm", sampleRate: 24_000 } },
    defaultFormat: "wav",
    longest: { bytes: 4000 },
  });
  expect(voices).toHaveLength(30);
  expect([voices[0], voices[29]]).toEqual([
    { id: "Zephyr", name: "Zephyr", description: "Bright" },
    { id: "Sulafat", name: "Sulafat", description: "Warm" },
  ]);
});
