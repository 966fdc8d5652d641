import { expect, test } from "bun:test";
import { speakableText, textPieces, unspeakableLetters } from "../../../src/local/speakable-text.ts";

test.each([
  ["“It’s” naïve", `"It's" naive`],
  ["now—or never", "now, or never"],
  ["a\u0000b\u001b[c", "a b [c"],
  ["ﬁne ½ £5", "fine 1/2  pound 5"],
  ["😀", ""],
])("spells %j as %j", (text, spelled) => {
  expect(speakableText(text)).toBe(spelled);
});

test("breaks a word that no one could say", () => {
  const words = speakableText("a".repeat(950)).split(" ");
  expect(Math.max(...words.map((word) => word.length))).toBe(100);
  expect(words.join("")).toBe("a".repeat(950));
});

test("keeps a short text in one piece", () => {
  expect(textPieces("One. Two. Three.")).toEqual(["One. Two. Three."]);
  expect(textPieces("")).toEqual([]);
});

test.each([
  ["sentences", `${"It was the best of times. ".repeat(100)}End.`, /[.]$/],
  ["words", "word ".repeat(1000).trim(), /word$/],
  ["one word", "x".repeat(5000), /x$/],
])("cuts %s where it hurts least and loses nothing", (_, text, end) => {
  const pieces = textPieces(text);
  expect(pieces.length).toBeGreaterThan(2);
  for (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(1000);
    expect(piece).toMatch(end);
  }
  expect(pieces.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
});

test.each([
  ["Hello, café – 50 € “fine” ½ 😀\n", ""],
  ["Привет, Bob, привет", "Привет".split("").concat("п").join("")],
  ["日本 and ٣", "日本٣"],
])("unspeakableLetters(%j) is %j", (text, letters) => {
  expect(unspeakableLetters(text)).toBe(letters);
});
