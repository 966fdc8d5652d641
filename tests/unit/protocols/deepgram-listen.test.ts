import { describe, expect, test } from "bun:test";
import { deepgramListen } from "../../../src/protocols/deepgram-listen.ts";
import type { TranscriptionRequest, TranscriptionRoute } from "../../../src/protocols/transcription-wire.ts";
import { failure } from "../../support/failure.ts";
import { bodyText } from "../../support/images.ts";
import { recorded, transcriptionRouteTo } from "../../support/recordings.ts";

const DEEPGRAM = transcriptionRouteTo("deepgram");
const read = (json: unknown) => deepgramListen.read(json, DEEPGRAM);

async function sent(request: Partial<TranscriptionRequest>, route: Partial<TranscriptionRoute> = {}) {
  const { request: http, ignored } = deepgramListen.build(recorded(request), { ...DEEPGRAM, ...route });
  return { ...http, body: await bodyText(http), ignored };
}

describe("a recording", () => {
  test("is the body, as it is", async () => {
    expect(await sent({})).toEqual({
      method: "POST",
      url: "https://api.deepgram.com/v1/listen?model=nova-3&smart_format=true&detect_language=true",
      headers: { "content-type": "audio/mpeg" },
      body: "mp3 bytes",
      ignored: [],
    });
  });

  test("goes with the language as it was given, and asks for utterances where times are wanted", async () => {
    const { url, ignored } = await sent({ language: "de-AT", prompt: "Ada", times: true });
    expect(url).toBe(
      "https://api.deepgram.com/v1/listen?model=nova-3&smart_format=true&language=de-AT&utterances=true",
    );
    expect(ignored).toEqual([{ key: "prompt", value: "Ada" }]);
  });

  test("has the config's options, which come before what is sent unasked", async () => {
    const options = { detect_language: true, punctuate: true, smart_format: false, tag: "a b&c" };
    const { url } = await sent({}, { options });
    expect(url).toBe(
      "https://api.deepgram.com/v1/listen?model=nova-3&smart_format=false&detect_language=true&punctuate=true&tag=a+b%26c",
    );
  });

  test("goes with the language of now, and not with the config's wish to find it out", async () => {
    const options = { detect_language: true, language: "fr", punctuate: true };
    const { url } = await sent({ language: "en" }, { options });
    expect(url).toBe("https://api.deepgram.com/v1/listen?model=nova-3&smart_format=true&language=en&punctuate=true");
  });

  test("goes to another base with its query", async () => {
    const { url } = await sent({}, { baseUrl: "https://proxy.example/deepgram/v1/?team=7" });
    expect(url).toBe(
      "https://proxy.example/deepgram/v1/listen?model=nova-3&smart_format=true&detect_language=true&team=7",
    );
  });
});

const metadata = { request_id: "52cc0efe-fa77-4aa7-b79c-0dda09de2f14", duration: 25.933313, channels: 1 };

describe("an answer", () => {
  test("has words as they are written, and utterances as segments", () => {
    const words = [
      { word: "yeah", start: 0.08, end: 0.32, confidence: 0.99, punctuated_word: "Yeah.", speaker: 0 },
      { word: "as", start: 0.96, end: 1.2, confidence: 0.98 },
    ];
    const utterances = [
      { start: 0.08, end: 0.32, confidence: 0.99, channel: 0, transcript: "Yeah.", speaker: 0, id: "u1" },
      { start: 0.96, end: 1.2, confidence: 0.98, channel: 0, transcript: "as" },
    ];
    const alternatives = [{ transcript: "Yeah. as", confidence: 0.99, words }, { transcript: "Ya as" }];
    expect(read({ metadata, results: { channels: [{ alternatives, detected_language: "en" }], utterances } })).toEqual({
      text: "Yeah. as",
      language: "en",
      durationSeconds: 25.933313,
      segments: [
        { start: 0.08, end: 0.32, text: "Yeah.", speaker: "0" },
        { start: 0.96, end: 1.2, text: "as" },
      ],
      words: [
        { start: 0.08, end: 0.32, word: "Yeah.", speaker: "0" },
        { start: 0.96, end: 1.2, word: "as" },
      ],
    });
  });

  test("of several channels is a text of each, and their words as they were said", () => {
    const channel = (transcript: string, start: number) => ({
      alternatives: [{ transcript, words: [{ word: transcript, start, end: start + 0.5 }] }],
    });
    const channels = [channel("hello", 2), channel("", 0), channel("goodbye", 1)];
    const utterances = [
      { start: 2, end: 2.5, transcript: "hello" },
      { start: 1, end: 1.5, transcript: "goodbye" },
    ];
    expect(read({ results: { channels, utterances } })).toEqual({
      text: "hello\ngoodbye",
      segments: [
        { start: 1, end: 1.5, text: "goodbye" },
        { start: 2, end: 2.5, text: "hello" },
      ],
      words: [
        { start: 1, end: 1.5, word: "goodbye" },
        { start: 2, end: 2.5, word: "hello" },
      ],
    });
  });

  test.each([
    ["a blank transcript", [{ alternatives: [{ transcript: "", words: [] }] }]],
    ["no alternative", [{ alternatives: [] }]],
    ["no channel", []],
  ])("with %s says that nothing was heard", (_, channels) => {
    expect(read({ metadata, results: { channels } })).toEqual({ text: "", durationSeconds: 25.933313 });
  });

  test("may be an error", () => {
    const told = {
      err_code: "Bad Request",
      err_msg: "failed to process audio: corrupt or unsupported data",
      request_id: "r",
    };
    expect(read(told).failure).toEqual(told);
  });

  test.each([
    // What comes where the config names a callback.
    [{ request_id: "52cc0efe" }, "results.channels is missing."],
    [{ results: {} }, "results.channels is missing."],
    [{ results: { channels: {} } }, "results.channels: an object where a list belongs."],
    [
      { results: { channels: [{ alternatives: {} }] } },
      "results.channels.0.alternatives: an object where a list belongs.",
    ],
    [
      { results: { channels: [{ alternatives: [{ transcript: 7 }] }] } },
      "results.channels.0.alternatives.0.transcript: a number where a string belongs.",
    ],
  ])("%j is refused", (json, reason) => {
    const { type, message } = failure(() => read(json));
    expect({ type, message }).toEqual({
      type: "provider_error",
      message: `The answer cannot be understood: ${reason}`,
    });
  });

  test("what is wrong beside the text is left out", () => {
    const words = [
      { word: "hi", start: 0, end: 1 },
      { word: "oh", start: 1 },
    ];
    const channels = [{ alternatives: [{ transcript: "Hi", words }], detected_language: 7 }];
    expect(read({ metadata: { duration: "x" }, results: { channels, utterances: {} }, err_code: 0 })).toEqual({
      text: "Hi",
      words: [{ word: "hi", start: 0, end: 1 }],
    });
  });
});
