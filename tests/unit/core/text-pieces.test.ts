import { describe, expect, test } from "bun:test";
import { textPieces } from "../../../src/core/text-pieces.ts";

const MILLION = 1_000_000;

function utf8(text: string): number {
  return Buffer.byteLength(text);
}

/** All that is spoken, in its order. */
function spoken(text: string): string {
  return text.replace(/\s+/g, "");
}

describe("where a text is cut", () => {
  test.each([
    ["a short text in no place", "One. Two. Three.", 100, ["One. Two. Three."]],
    ["nothing of it", "", 10, []],
    ["blanks alone", " \n\t ", 10, []],
    ["sentences", "One is here. Two is there. Three.", 26, ["One is here. Two is there.", "Three."]],
    [
      "sentences, though a comma would be further on",
      "Go. One, two three four",
      12,
      ["Go.", "One,", "two three", "four"],
    ],
    ["questions and calls", "Is it? It is! Yes it is", 14, ["Is it? It is!", "Yes it is"]],
    ["a quotation", '"It is so." He left then.', 15, ['"It is so."', "He left then."]],
    ["a quotation that goes on", '"Stop!" he said. We all stopped.', 26, ['"Stop!" he said.', "We all stopped."]],
    [
      "a call within a sentence",
      '"Stop!" he said, and we all did stop',
      30,
      ['"Stop!" he said,', "and we all did stop"],
    ],
    [
      "a title",
      "We saw Dr. Smith, e.g. today and he was well",
      30,
      ["We saw Dr. Smith,", "e.g. today and he was well"],
    ],
    ["initials", "By J. R. Hartley of all people it was", 24, ["By J. R. Hartley of", "all people it was"]],
    ["a day", "Am 3. Oktober war es wirklich schon kalt", 30, ["Am 3. Oktober war es", "wirklich schon kalt"]],
    ["no number", "Pi is 3.14 and more. So it is, I say.", 22, ["Pi is 3.14 and more.", "So it is, I say."]],
    [
      "no abbreviation",
      "We saw Dr. Smith, e.g. today. He was well.",
      30,
      ["We saw Dr. Smith, e.g. today.", "He was well."],
    ],
    ["no initial", "By J. R. Hartley, of all. Fly fishing.", 28, ["By J. R. Hartley, of all.", "Fly fishing."]],
    ["Chinese", "今天天气很好。我们去公园！好吗？", 8, ["今天天气很好。", "我们去公园！", "好吗？"]],
    ["Japanese quotation", "「行こう。」と言った。終わり。", 9, ["「行こう。」", "と言った。終わり。"]],
    ["Arabic", "كيف حالك؟ أنا بخير، شكرا", 18, ["كيف حالك؟", "أنا بخير، شكرا"]],
    ["Hindi", "यह एक वाक्य है। यह दूसरा है।", 18, ["यह एक वाक्य है।", "यह दूसरा है।"]],
    ["paragraphs", "A heading\n\nThe text of it goes on", 26, ["A heading", "The text of it goes on"]],
    [
      "paragraphs before lines",
      "one two\n\nthree four\nfive six seven eight",
      22,
      ["one two", "three four", "five six seven eight"],
    ],
    ["lines", "first line\nsecond line\nthird line", 24, ["first line\nsecond line", "third line"]],
    ["clauses", "if it rains, we stay; else we go", 22, ["if it rains, we stay;", "else we go"]],
    ["words, evenly", "one two three four five six", 24, ["one two three", "four five six"]],
    ["words of a script without spaces", "ภาษาไทยเป็นภาษาที่ไม่มีช่องว่าง", 12, ["ภาษาไทยเป็น", "ภาษาที่ไม่มี", "ช่องว่าง"]],
    ["no bracket from what it opens", "我们去公园（今天）玩吧", 7, ["我们去公园", "（今天）玩吧"]],
    ["no bracket from what it closes", "我们去公园」今天玩吧", 7, ["我们去公园」", "今天玩吧"]],
    ["a word that is too long", "abcdefghij", 4, ["abc", "def", "ghij"]],
    ["no emoji with joiners", "👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 17, ["👨‍👩‍👧👨‍👩‍👧", "👨‍👩‍👧"]],
    ["no pair", "😀😀😀", 3, ["😀", "😀", "😀"]],
    ["no accent from its letter", "e\u0301e\u0301e\u0301", 3, ["e\u0301", "e\u0301", "e\u0301"]],
  ])("%s", (_, text, characters, pieces) => {
    expect(textPieces(text, { characters })).toEqual(pieces);
  });

  test.each([
    ["日本語。英語。", 12, ["日本語。", "英語。"]],
    ["naïve café, olé", 12, ["naïve", "café, olé"]],
    ["😀😀😀", 9, ["😀", "😀😀"]],
    ["😀😀😀", 4, ["😀", "😀", "😀"]],
    ["\ud83d\ud83d", 3, ["\ud83d", "\ud83d"]],
  ])("%j in pieces of %d bytes", (text, bytes, pieces) => {
    expect(textPieces(text, { bytes })).toEqual(pieces);
  });

  test.each([2, 3, 4, 5, 7])("a letter that is longer than %d has its pairs all the same", (characters) => {
    const family = "👨‍👩‍👧‍👦";
    const pieces = textPieces(family, { characters });
    expect(pieces.filter((piece) => !piece.isWellFormed() || piece.length > characters)).toEqual([]);
    expect(pieces.join("")).toBe(family);
  });

  test("the last piece is no single word left over", () => {
    const words = Array(101).fill("word").join(" ");
    expect(textPieces(words, { characters: 500 }).map((piece) => piece.length)).toEqual([254, 249]);
  });
});

const TEXTS: Readonly<Record<string, string>> = {
  sentences: "It was the best of times, it was the worst of times. ".repeat(20_000),
  words: "word ".repeat(200_000),
  "one word": "x".repeat(MILLION),
  Chinese: "今天天气很好，我们去公园。".repeat(77_000),
  "Chinese without a mark": "今天天气很好我们去公园".repeat(90_000),
  Thai: "ภาษาไทยเป็นภาษาที่ไม่มีช่องว่าง".repeat(32_000),
  emoji: "👨‍👩‍👧‍👦".repeat(90_000),
  mixed: "Hello, Welt! 你好。\r\n\r\nمرحبا؟ 😀 नमस्ते। 3.14 — e.g. “so”… ".repeat(18_000),
  stops: ".".repeat(MILLION),
  "stops and quotation marks": '."'.repeat(MILLION / 2),
  blanks: `a${" ".repeat(MILLION)}b`,
  "a letter with a million accents": `e${"\u0301".repeat(MILLION)}`,
  "halves of pairs": "\ud83d".repeat(MILLION),
};

describe("of a text of a million characters", () => {
  test.each(Object.keys(TEXTS))(
    "%s: nothing is lost, nothing too long, none blank",
    (name) => {
      const text = TEXTS[name] ?? "";
      for (const limit of [{ characters: 4096 }, { bytes: 500 }]) {
        const pieces = textPieces(text, limit);
        const longest = "bytes" in limit ? 500 : 4096;
        const wrong = pieces.filter((piece) => {
          const size = "bytes" in limit ? utf8(piece) : piece.length;
          return size > longest || piece === "" || piece.trim() !== piece;
        });
        expect(wrong).toEqual([]);
        expect(spoken(pieces.join(" ")) === spoken(text)).toBe(true);
      }
    },
    20_000,
  );

  test("no pair and no family is cut", () => {
    const family = "👨‍👩‍👧‍👦";
    for (const piece of textPieces(family.repeat(1000), { characters: 1000 })) {
      expect(piece.replaceAll(family, "")).toBe("");
    }
  });
});

test("100,000 characters of sentences: about as many pieces as there have to be, of about one length", () => {
  const text = "The quick brown fox jumps over the lazy dog. ".repeat(2223);
  const sizes = textPieces(text, { characters: 4096 }).map((piece) => piece.length);
  expect(sizes.length).toBe(25);
  expect(Math.min(...sizes)).toBeGreaterThan(3500);
  for (const piece of textPieces(text, { characters: 4096 })) expect(piece).toMatch(/^The .* dog\.$/);
});
