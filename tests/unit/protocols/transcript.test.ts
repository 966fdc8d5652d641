import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { bareLanguage, pairs, seconds, transcriptStep, unsent } from "../../../src/protocols/transcript.ts";
import { recorded } from "../../support/recordings.ts";

test.each([
  ["en", "en"],
  ["de-AT", "de"],
  ["pt_BR", "pt"],
  ["zh-Hant-TW", "zh"],
  [" EN-us ", "en"],
  ["yue", "yue"],
  ["", undefined],
  [undefined, undefined],
])("the language %p is %p to those who know bare codes", (language, code) => {
  expect(bareLanguage(language)).toBe(code);
});

test("fields are text in their order, and a list is as many of them", () => {
  expect(pairs({ model: "m", n: 2, on: true, "times[]": ["word", "segment"], language: [] })).toEqual([
    ["model", "m"],
    ["n", "2"],
    ["on", "true"],
    ["times[]", "word"],
    ["times[]", "segment"],
  ]);
});

test("hints without a place are told in the user's words, and those not given are not", () => {
  const request = recorded({ language: "de-AT", prompt: "" });
  expect(unsent(request, ["language", "prompt"])).toEqual([{ key: "language", value: "de-AT" }]);
});

describe("seconds", () => {
  test.each([
    [3.32, 3.32],
    ["8.47", 8.47],
    [0, 0],
  ])("%p are %p", (told, read) => {
    expect(v.parse(seconds, told)).toBe(read);
  });

  test.each(["", "soon", true, null, Number.NaN])("%p are none", (told) => {
    expect(v.safeParse(seconds, told).success).toBe(false);
  });
});

describe("a step", () => {
  test("has its texts trimmed, and nothing in it that says nothing", () => {
    const segments = [
      { start: 0, end: 1, text: " Hello." },
      { start: 1, end: 2, text: "  " },
    ];
    const words = [
      { start: 0, end: 1, word: " Hello." },
      { start: 1, end: 1, word: " " },
    ];
    expect(transcriptStep({ text: " Hello.\n", language: "", durationSeconds: 0, segments, words, usage: {} })).toEqual(
      {
        text: "Hello.",
        durationSeconds: 0,
        segments: [{ start: 0, end: 1, text: "Hello." }],
        words: [{ start: 0, end: 1, word: "Hello." }],
      },
    );
    expect(transcriptStep({ text: "", language: null, segments: [], words: undefined, usage: null })).toEqual({
      text: "",
    });
  });

  test("begins no earlier than the recording, and ends no earlier than it begins", () => {
    const times = [
      { start: -0.02, end: 1 },
      { start: -2, end: -1 },
      { start: 3, end: 2.5 },
    ];
    const clamped = [
      { start: 0, end: 1 },
      { start: 0, end: 0 },
      { start: 3, end: 3 },
    ];
    const segments = times.map((time) => ({ ...time, text: "a" }));
    const words = times.map((time) => ({ ...time, word: "a" }));
    expect(transcriptStep({ text: "a", durationSeconds: -1, segments, words })).toEqual({
      text: "a",
      segments: clamped.map((time) => ({ ...time, text: "a" })),
      words: clamped.map((time) => ({ ...time, word: "a" })),
    });
  });
});
