import { describe, expect, test } from "bun:test";
import { xaiTranscription } from "../../../src/protocols/xai-transcription.ts";
import { failure } from "../../support/failure.ts";
import { MP3_PART, sentForm, transcriptionRouteTo } from "../../support/recordings.ts";

const XAI = transcriptionRouteTo("xai");
const read = (json: unknown) => xaiTranscription.read(json, XAI);

describe("a recording", () => {
  test("is the last field of a form, where xAI wants it", async () => {
    expect(await sentForm(xaiTranscription, {}, XAI)).toEqual({
      method: "POST",
      url: "https://api.x.ai/v1/stt",
      contentType: "multipart/form-data; boundary=…",
      headers: {},
      fields: ["model=grok-stt"],
      last: MP3_PART,
      ignored: [],
    });
  });

  test("goes with the bare language and the config's options; a prompt has no field, times come unasked", async () => {
    const request = { language: "en-US", prompt: "Ada", times: true };
    const { fields, last, ignored } = await sentForm(xaiTranscription, request, { ...XAI, options: { diarize: true } });
    expect(fields).toEqual(["model=grok-stt", "diarize=true", "language=en"]);
    expect(last).toEqual(MP3_PART);
    expect(ignored).toEqual([{ key: "prompt", value: "Ada" }]);
  });
});

describe("an answer", () => {
  test("has words with their times", () => {
    const words = [
      { text: "How", start: 0.14, end: 0.28 },
      { text: "old", start: 0.4, end: 0.6 },
    ];
    expect(read({ text: "How old", language: "English", duration: 1.85, words })).toEqual({
      text: "How old",
      language: "English",
      durationSeconds: 1.85,
      words: [
        { start: 0.14, end: 0.28, word: "How" },
        { start: 0.4, end: 0.6, word: "old" },
      ],
    });
  });

  test("numbers speakers from 0, and may not know the language", () => {
    const words = [{ text: "Galileo", start: 0.162, end: 0.667, speaker: 0 }];
    expect(read({ text: "Galileo", language: "", duration: 2.04, words })).toEqual({
      text: "Galileo",
      durationSeconds: 2.04,
      words: [{ start: 0.162, end: 0.667, word: "Galileo", speaker: "0" }],
    });
  });

  test("may be that nothing was said", () => {
    expect(read({ text: "", language: "", duration: 3, words: [] })).toEqual({ text: "", durationSeconds: 3 });
  });

  test("may be an error, with its code beside it", () => {
    const told = { code: "invalid-argument", error: "Unsupported audio format" };
    expect(read(told).failure).toEqual(told);
    const error = { message: "Rate limit reached", type: "rate_limit", code: "429" };
    expect(read({ error }).failure).toEqual(error);
  });

  test.each([
    [{ duration: 3 }, "text is missing."],
    [{ text: 3 }, "text: a number where a string belongs."],
  ])("%j is refused", (json, reason) => {
    const { type, message } = failure(() => read(json));
    expect({ type, message }).toEqual({
      type: "provider_error",
      message: `The answer cannot be understood: ${reason}`,
    });
  });

  test.each([{ words: "none", duration: "long", language: 7 }, { words: [{ text: "Hi", start: 0 }] }])(
    "%j beside the text is left out",
    (beside) => {
      expect(read({ text: "Hi", ...beside })).toEqual({ text: "Hi" });
    },
  );
});
