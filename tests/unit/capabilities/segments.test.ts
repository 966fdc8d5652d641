import { describe, expect, test } from "bun:test";
import { groupWords, segmentsOf } from "../../../src/capabilities/transcribe/segments.ts";
import type { TranscriptWord } from "../../../src/protocols/transcription-wire.ts";

/** Each half a second long, one behind the other. */
function spoken(words: string, start = 0): TranscriptWord[] {
  return words.split(" ").map((word, at) => ({ word, start: start + at * 0.5, end: start + at * 0.5 + 0.5 }));
}

const texts = (segments: readonly { text: string }[] | undefined) => segments?.map(({ text }) => text);

describe("segmentsOf", () => {
  test("without times there are none", () => {
    expect(segmentsOf({ text: "Hello there" })).toBeUndefined();
    expect(segmentsOf({ text: "Hello there", segments: [], words: [] })).toBeUndefined();
  });

  test("the vendor's own stay as they are", () => {
    const segments = [
      { start: 0, end: 2, text: "Hello there.", speaker: "A" },
      { start: 2, end: 4, text: "Good bye." },
    ];
    expect(segmentsOf({ text: "", segments })).toEqual(segments);
  });

  test("each word belongs to the segment that it is spoken in", () => {
    const segments = [
      { start: 0, end: 1, text: "Hello there." },
      { start: 1.2, end: 2, text: "Good bye." },
    ];
    const words = [...spoken("Hello there."), ...spoken("Good bye.", 1.1)];
    expect(segmentsOf({ text: "", segments, words })).toEqual([
      { start: 0, end: 1, text: "Hello there.", words: words.slice(0, 2) },
      { start: 1.2, end: 2, text: "Good bye.", words: words.slice(2) },
    ]);
  });

  test("a word before the first and one behind the last belong to those, and a segment may have none", () => {
    const segments = [
      { start: 1, end: 2, text: "one" },
      { start: 2, end: 3, text: "[music]" },
      { start: 3, end: 4, text: "two" },
    ];
    const early = { word: "one", start: 0, end: 0.5 };
    const late = { word: "two", start: 8, end: 9 };
    expect(segmentsOf({ text: "", segments, words: [early, late] })).toEqual([
      { start: 1, end: 2, text: "one", words: [early] },
      { start: 2, end: 3, text: "[music]" },
      { start: 3, end: 4, text: "two", words: [late] },
    ]);
  });

  test("without segments they are made of the words", () => {
    const words = spoken("Hello there.");
    expect(segmentsOf({ text: "Hello there.", words })).toEqual([{ start: 0, end: 1, text: "Hello there.", words }]);
  });
});

describe("groupWords", () => {
  test.each([
    ["at the end of a sentence", spoken("Hello there. Good bye."), ["Hello there.", "Good bye."]],
    ["behind a quotation mark", spoken("“Stop!” she said."), ["“Stop!”", "she said."]],
    ["not within a number", spoken("It is 3.5 now"), ["It is 3.5 now"]],
    ["at a pause", [...spoken("one two"), ...spoken("three", 1.9)], ["one two", "three"]],
    ["not at a breath", [...spoken("one two"), ...spoken("three", 1.7)], ["one two three"]],
    ["in Chinese", spoken("你好。 再见。"), ["你好。", "再见。"]],
    ["in Hindi", spoken("नमस्ते। अलविदा।"), ["नमस्ते।", "अलविदा।"]],
    ["after seven seconds", spoken("a b c d e f g h i j k l m n o p"), ["a b c d e f g h i j k l m n", "o p"]],
  ])("cuts %s", (_, words, pieces) => {
    expect(texts(groupWords(words, words.map(({ word }) => word).join(" ")))).toEqual(pieces);
  });

  test("no piece has more than two lines of a subtitle", () => {
    const words = Array.from({ length: 30 }, (_, at) => ({ word: "abcdefghi", start: at / 10, end: (at + 1) / 10 }));
    const pieces = groupWords(words, Array(30).fill("abcdefghi").join(" "));
    expect(pieces.map((piece) => piece.words?.length)).toEqual([8, 8, 8, 6]);
    expect(Math.max(...pieces.map(({ text }) => text.length))).toBeLessThanOrEqual(84);
  });

  test("cuts where somebody else speaks, and says who", () => {
    const words = [
      { word: "Yes", start: 0, end: 0.5, speaker: "0" },
      { word: "No", start: 0.5, end: 1, speaker: "1" },
      { word: "no", start: 1, end: 1.5, speaker: "1" },
    ];
    expect(groupWords(words, "Yes No no")).toEqual([
      { start: 0, end: 0.5, text: "Yes", speaker: "0", words: words.slice(0, 1) },
      { start: 0.5, end: 1.5, text: "No no", speaker: "1", words: words.slice(1) },
    ]);
  });

  test("scripts without blanks are written as the text has them", () => {
    const words = ["今天", "天气", "很", "好", "我们", "出去"].map((word, at) => ({ word, start: at, end: at + 0.9 }));
    expect(texts(groupWords(words.slice(0, 4), "今天天气很好。"))).toEqual(["今天天气很好。"]);
    expect(texts(groupWords(words, "今天天气很好，我们出去。"))).toEqual(["今天天气很好，我们出去。"]);
  });

  test("punctuation and blanks are the text's, whatever the words have", () => {
    const words = spoken("well hello there");
    expect(texts(groupWords(words, "well, hello – there!"))).toEqual(["well, hello – there!"]);
  });

  test("a word that is heard again is found at its own place", () => {
    const words = [...spoken("no, no"), ...spoken("no more", 5)];
    expect(texts(groupWords(words, "no, no … no more"))).toEqual(["no, no …", "no more"]);
  });

  test.each([
    ["a word that is written otherwise", "we have twenty dogs and cats", "We have 20 dogs, and cats!"],
    ["all of them", "twenty one", "21"],
    ["at the end", "it costs five dollars", "It costs $5."],
    ["a word that the text leaves out", "so um I think", "So, I think."],
    ["one that is heard again later", "the twenty dogs and the cat", "20 dogs, and the cat."],
    ["one in two parts", "we gon na go", "We gonna go!"],
    ["other capitals and apostrophes", "DON'T ΟΔΟΣ café", "Don’t: οδος – cafe\u0301?"],
    ["a word that nothing was heard of", "hello there", "Hello [music] there."],
  ])("the text is as it is written: %s", (_, words, text) => {
    expect(texts(groupWords(spoken(words), text))).toEqual([text]);
  });

  test.each([
    [
      ["about twenty.", "Good bye now."],
      ["About 20.", "Good bye, now."],
    ],
    [
      ["I said", "stop now"],
      ["I said:", "“Stop” now!"],
    ],
    [
      ["good bye", "see you"],
      ["Good bye!", "(See you.)"],
    ],
    [
      ["it is twenty", "one o'clock"],
      ["It is 20", "1 o’clock."],
    ],
    [
      ["twenty one", "well yes"],
      ["21", "well, yes"],
    ],
    [
      ["你好", "再见"],
      ["你好，", "「再见」。"],
    ],
  ])("the pieces %j are %j in the text", (heard, written) => {
    const words = heard.flatMap((piece, at) => spoken(piece, at * 10));
    const blank = written[0]?.endsWith("，") ? "" : " ";
    expect(texts(groupWords(words, written.join(blank)))).toEqual(written);
  });

  test("what is heard, and not in the text at all, is no piece of it", () => {
    const words = [...spoken("yes"), ...spoken("um", 5), ...spoken("no", 10)];
    expect(texts(groupWords(words, "Yes. No."))).toEqual(["Yes.", "No."]);
  });

  test("an hour with a number in every sentence comes out word for word", () => {
    const heard = Array.from(
      { length: 900 },
      (_, at) => `well there were twenty ${at % 7 ? "of us" : "one of them"} then`,
    );
    const written = heard.map((one) =>
      one.replace("twenty one", "21").replace("twenty", "20").replace("well", "Well,").replace("then", "then."),
    );
    const words = heard.flatMap((one, at) => spoken(one, at * 5));
    expect(texts(groupWords(words, written.join(" ")))).toEqual(written);
  });

  test("what no words are told of is said between those before and those behind it", () => {
    const all = spoken(Array.from({ length: 300 }, (_, at) => `word${at}`).join(" "));
    const text = all.map(({ word }) => word).join(" ");
    const pieces = groupWords([...all.slice(0, 100), ...all.slice(200)], text);
    expect(texts(pieces)?.join(" ")).toBe(text);
    const hole = pieces.find((piece) => piece.text.includes("word150"));
    expect(hole?.end).toBe(100);
  });

  test("words that the text has nothing of do not hold up the rest", () => {
    const all = Array.from({ length: 300 }, (_, at) => `word${at}`);
    const text = [...all.slice(0, 100), ...all.slice(200)].join(" ");
    expect(texts(groupWords(spoken(all.join(" ")), text))?.join(" ")).toBe(text);
  });

  test("words of two channels, whose texts stand one behind the other, speak for themselves", () => {
    const one = Array.from({ length: 60 }, (_, at) => `apple${at}`);
    const two = Array.from({ length: 60 }, (_, at) => `pear${at}`);
    const words = one.flatMap((word, at) => [
      { word, start: at * 2, end: at * 2 + 1 },
      { word: two[at] ?? "", start: at * 2 + 1, end: at * 2 + 2 },
    ]);
    const said = texts(groupWords(words, `${one.join(" ")}\n${two.join(" ")}`))?.join(" ");
    expect(said).toBe(words.map(({ word }) => word).join(" "));
  });

  test("a piece of a script with wide signs has two lines as well", () => {
    const words = Array.from({ length: 100 }, (_, at) => ({ word: "好", start: at / 20, end: (at + 1) / 20 }));
    const pieces = groupWords(words, "好".repeat(100));
    expect(pieces.map(({ text }) => text.length)).toEqual([42, 42, 16]);
  });

  test("the end is that of the word that ends last", () => {
    const words = [
      { word: "one", start: 0, end: 2 },
      { word: "two", start: 1, end: 1.5 },
    ];
    expect(groupWords(words, "one two")).toMatchObject([{ start: 0, end: 2 }]);
  });
});
