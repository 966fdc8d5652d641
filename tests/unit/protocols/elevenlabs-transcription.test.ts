import { describe, expect, test } from "bun:test";
import { elevenlabsTranscription } from "../../../src/protocols/elevenlabs-transcription.ts";
import { failure } from "../../support/failure.ts";
import { MP3_PART, sentForm, transcriptionRouteTo } from "../../support/recordings.ts";

const ELEVENLABS = transcriptionRouteTo("elevenlabs");
const read = (json: unknown) => elevenlabsTranscription.read(json, ELEVENLABS);

describe("a recording", () => {
  test("is a file in a form", async () => {
    expect(await sentForm(elevenlabsTranscription, {}, ELEVENLABS)).toEqual({
      method: "POST",
      url: "https://api.elevenlabs.io/v1/speech-to-text",
      contentType: "multipart/form-data; boundary=…",
      headers: {},
      fields: ["model_id=scribe_v2"],
      last: MP3_PART,
      ignored: [],
    });
  });

  test("goes to the same place from a base with its version", async () => {
    const route = { ...ELEVENLABS, baseUrl: "https://api.eu.residency.elevenlabs.io/v1/" };
    const { url } = await sentForm(elevenlabsTranscription, {}, route);
    expect(url).toBe("https://api.eu.residency.elevenlabs.io/v1/speech-to-text");
  });

  test("goes with its language, the config's options and the wish for times; a prompt has no field", async () => {
    const request = { language: "de-AT", prompt: "Ada", times: true };
    const route = { ...ELEVENLABS, options: { diarize: true, timestamps_granularity: "none" } };
    const { fields, ignored } = await sentForm(elevenlabsTranscription, request, route);
    expect(fields).toEqual(["model_id=scribe_v2", "diarize=true", "timestamps_granularity=word", "language_code=de"]);
    expect(ignored).toEqual([{ key: "prompt", value: "Ada" }]);
  });
});

describe("an answer", () => {
  test("has words, and not what is between them (ElevenLabs' example)", () => {
    const words = [
      { end: 0.5, logprob: -0.124, speaker_id: "speaker_1", start: 0, text: "Hello", type: "word" },
      { end: 0.5, logprob: 0, speaker_id: "speaker_1", start: 0.5, text: " ", type: "spacing" },
      { end: 1.2, logprob: -0.089, speaker_id: "speaker_1", start: 0.5, text: "world!", type: "word" },
    ];
    expect(read({ language_code: "en", language_probability: 0.98, text: "Hello world!", words })).toEqual({
      text: "Hello world!",
      language: "en",
      words: [
        { start: 0, end: 0.5, word: "Hello", speaker: "speaker_1" },
        { start: 0.5, end: 1.2, word: "world!", speaker: "speaker_1" },
      ],
    });
  });

  test("keeps sounds, and leaves out what has no times", () => {
    const words = [
      { text: "(laughter)", start: 1, end: 2, type: "audio_event", speaker_id: null, logprob: 0 },
      { text: "Well", start: null, end: null, type: "word", logprob: 0 },
      { text: "so", type: "word", logprob: 0 },
    ];
    expect(read({ language_code: "eng", text: "(laughter) Well so", words, audio_duration_secs: 2.5 })).toEqual({
      text: "(laughter) Well so",
      language: "eng",
      durationSeconds: 2.5,
      words: [{ start: 1, end: 2, word: "(laughter)" }],
    });
  });

  test("of several channels is a text of each, and their words as they were said", () => {
    const transcripts = [
      {
        language_code: "en",
        language_probability: 0.98,
        text: "Hello from channel one.",
        words: [{ end: 0.8, logprob: -0.124, speaker_id: "speaker_0", start: 0.5, text: "Hello", type: "word" }],
      },
      {
        language_code: "en",
        language_probability: 0.97,
        text: "Greetings from channel two.",
        words: [{ end: 0.7, logprob: -0.156, speaker_id: "speaker_1", start: 0.1, text: "Greetings", type: "word" }],
      },
    ];
    expect(read({ transcripts, audio_duration_secs: 9 })).toEqual({
      text: "Hello from channel one.\nGreetings from channel two.",
      language: "en",
      durationSeconds: 9,
      words: [
        { start: 0.1, end: 0.7, word: "Greetings", speaker: "speaker_1" },
        { start: 0.5, end: 0.8, word: "Hello", speaker: "speaker_0" },
      ],
    });
  });

  test("may be that nothing was said", () => {
    expect(read({ language_code: "en", text: "", words: [] })).toEqual({ text: "", language: "en" });
  });

  test("may be an error", () => {
    const told = { detail: { status: "invalid_audio", message: "The audio is too short." } };
    expect(read(told).failure).toEqual(told);
  });

  test.each([
    // What comes where the config asks for a webhook.
    [{ message: "Request processed", request_id: "r1" }, "text is missing."],
    [{ transcripts: [{ words: [] }] }, "text is missing."],
    [{ text: 3, words: [] }, "text: a number where a string belongs."],
  ])("%j is refused", (json, reason) => {
    const { type, message } = failure(() => read(json));
    expect({ type, message }).toEqual({
      type: "provider_error",
      message: `The answer cannot be understood: ${reason}`,
    });
  });

  test("what is wrong beside the text is left out", () => {
    const word = { text: "Hi", start: 0, end: 1 };
    const words = [word, { ...word, end: "x" }, { start: 0, end: 1, type: "word" }, { ...word, speaker_id: [] }];
    expect(read({ text: "Hi", language_code: 7, audio_duration_secs: {}, words })).toEqual({
      text: "Hi",
      words: [
        { word: "Hi", start: 0, end: 1 },
        { word: "Hi", start: 0, end: 1 },
      ],
    });
  });
});
