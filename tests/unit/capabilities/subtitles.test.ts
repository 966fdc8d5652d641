import { describe, expect, test } from "bun:test";
import { srt, vtt } from "../../../src/capabilities/transcribe/subtitles.ts";
import type { TranscriptSegment } from "../../../src/core/envelope.ts";

const said = (start: number, end: number, text = "x", speaker?: string): TranscriptSegment => ({
  start,
  end,
  text,
  ...(speaker !== undefined && { speaker }),
});

/** The lines with times. */
const times = (subtitles: string): string[] => subtitles.split("\n").filter((line) => line.includes(" --> "));

describe("SubRip", () => {
  test("numbers, times, text, and a blank line between them", () => {
    expect(srt([said(0, 1.5, "Hello there."), said(2, 3, "Good bye.")])).toBe(
      "1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n2\n00:00:02,000 --> 00:00:03,000\nGood bye.\n",
    );
  });

  test.each([
    [0, 1, "00:00:00,000 --> 00:00:01,000"],
    [59.9996, 61, "00:01:00,000 --> 00:01:01,000"],
    [3599.9999, 3601.25, "01:00:00,000 --> 01:00:01,250"],
    [3723.45, 3724, "01:02:03,450 --> 01:02:04,000"],
    [360_000, 360_001, "100:00:00,000 --> 100:00:01,000"],
    [-0.2, 1, "00:00:00,000 --> 00:00:01,000"],
  ])("the clock at %d s", (start, end, line) => {
    expect(times(srt([said(start, end)]))).toEqual([line]);
  });

  test("none lies over the next one, and they are in order", () => {
    expect(times(srt([said(2, 9, "b"), said(0, 5, "a"), said(4, 6, "c")]))).toEqual([
      "00:00:00,000 --> 00:00:02,000",
      "00:00:02,000 --> 00:00:04,000",
      "00:00:04,000 --> 00:00:06,000",
    ]);
  });

  test("one that ends where it begins, or before, can be seen", () => {
    expect(times(srt([said(1, 1), said(5, 4)]))).toEqual([
      "00:00:01,000 --> 00:00:01,100",
      "00:00:05,000 --> 00:00:05,100",
    ]);
  });

  test("what has no text is left out, and not numbered", () => {
    expect(srt([said(0, 1, "  "), said(1, 2, "one")])).toStartWith("1\n00:00:01,000");
    expect(srt([])).toBe("");
  });

  test("a blank line within the text does not end the subtitle", () => {
    expect(srt([said(0, 1, "one\n\ntwo\r\n\r\nthree")])).toBe("1\n00:00:00,000 --> 00:00:01,000\none two three\n");
  });

  test("lines are cut between words, at 42 characters", () => {
    const [, , ...lines] = srt([said(0, 5, "The quick brown fox jumps over the lazy dog and runs away")])
      .trimEnd()
      .split("\n");
    expect(lines).toEqual(["The quick brown fox jumps over the lazy", "dog and runs away"]);
  });

  test("speakers are named where there are several", () => {
    const two = srt([said(0, 1, "Yes.", "A"), said(1, 2, "No.", "B")]);
    expect(two).toContain("\nA: Yes.\n");
    expect(two).toContain("\nB: No.\n");
    expect(srt([said(0, 1, "Yes.", "A"), said(1, 2, "No.", "A")])).not.toContain("A:");
  });

  test("a long segment is cut where its words are known", () => {
    const words = "one two three four five. six seven eight nine ten."
      .split(" ")
      .map((word, at) => ({ word, start: at, end: at + 1 }));
    const text = words.map(({ word }) => word).join(" ");
    const long = { start: 0, end: 10, text, words };
    expect(srt([long])).toBe(
      "1\n00:00:00,000 --> 00:00:05,000\none two three four five.\n\n2\n00:00:05,000 --> 00:00:10,000\nsix seven eight nine ten.\n",
    );
    expect(times(srt([{ start: 0, end: 10, text }]))).toEqual(["00:00:00,000 --> 00:00:10,000"]);
  });

  test("a segment that is cut keeps its speaker", () => {
    const words = ["One.", "Two."].map((word, at) => ({ word, start: at * 5, end: at * 5 + 5 }));
    const long = { start: 0, end: 10, text: "One. Two.", speaker: "A", words };
    expect(srt([long, said(10, 11, "No.", "B")])).toContain("\nA: Two.\n");
  });

  test("a segment that is short enough is the vendor's, whatever its words are", () => {
    const words = [
      { word: "Yes.", start: 0, end: 1 },
      { word: "No.", start: 1, end: 2 },
    ];
    expect(times(srt([{ start: 0, end: 2, text: "Yes. No.", words }]))).toHaveLength(1);
  });
});

describe("WebVTT", () => {
  test("a head, times with a point, no numbers", () => {
    expect(vtt([said(0, 1.5, "Hello there."), said(3600, 3601, "Good bye.")])).toBe(
      "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n01:00:00.000 --> 01:00:01.000\nGood bye.\n",
    );
  });

  test("marks of its own are escaped, and no text can be taken for a time", () => {
    expect(vtt([said(0, 1, "<b>R&D</b> --> it")])).toBe(
      "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n&lt;b&gt;R&amp;D&lt;/b&gt; --&gt; it\n",
    );
  });

  test("speakers are voices", () => {
    const two = vtt([said(0, 1, "Yes.", "A <x>"), said(1, 2, "No.", "B")]);
    expect(two).toContain("\n<v A &lt;x&gt;>Yes.\n");
    expect(two).toContain("\n<v B>No.\n");
    expect(vtt([said(0, 1, "Yes.", "A")])).not.toContain("<v");
  });

  test("without a word it is still one", () => {
    expect(vtt([])).toBe("WEBVTT\n");
  });
});

test("times never go back, whatever a vendor says", () => {
  const odd = [said(3, 1), said(3, 3), said(2.9, 20), said(3.00004, 3.00005), said(0, 0)];
  const clocks = times(vtt(odd)).map((line) => line.split(" --> "));
  expect(clocks.every(([start = "", end = ""]) => end > start)).toBe(true);
  const starts = clocks.map(([start]) => start);
  expect(starts).toEqual(starts.toSorted());
});

describe("two at the same time", () => {
  test("both stay as long as they speak", () => {
    expect(times(srt([said(0, 4, "a", "A"), said(0, 2, "b", "B"), said(1, 3, "c", "C")]))).toEqual([
      "00:00:00,000 --> 00:00:04,000",
      "00:00:00,000 --> 00:00:02,000",
      "00:00:01,000 --> 00:00:03,000",
    ]);
  });

  test("one speaker's pieces do not lie over each other, whoever speaks between", () => {
    expect(times(srt([said(0, 4, "a", "A"), said(1, 5, "b", "B"), said(3.9, 6, "c", "A")]))).toEqual([
      "00:00:00,000 --> 00:00:03,900",
      "00:00:01,000 --> 00:00:05,000",
      "00:00:03,900 --> 00:00:06,000",
    ]);
  });

  test("two that begin together stay, also of nobody that is known", () => {
    expect(times(srt([said(0, 4, "a"), said(0, 2, "b"), said(3, 5, "c")]))).toEqual([
      "00:00:00,000 --> 00:00:03,000",
      "00:00:00,000 --> 00:00:02,000",
      "00:00:03,000 --> 00:00:05,000",
    ]);
  });
});

describe("a long segment without words", () => {
  const SENTENCES = [
    "The first sentence is here, and it is rather long, so that it has to be cut.",
    "The second one is not.",
    "A third one follows, with a clause that nobody could read on a single line, as it goes on and on, and ends only here.",
  ];

  test("is cut at sentences and clauses, into pieces of two lines, with the time shared out", () => {
    expect(srt([{ start: 10, end: 31.4, text: SENTENCES.join(" ") }])).toBe(
      [
        "1\n00:00:10,000 --> 00:00:17,600\nThe first sentence is here, and it is\nrather long, so that it has to be cut.\n",
        "2\n00:00:17,600 --> 00:00:19,800\nThe second one is not.\n",
        "3\n00:00:19,800 --> 00:00:27,300\nA third one follows, with a clause that\nnobody could read on a single line,\n",
        "4\n00:00:27,300 --> 00:00:31,400\nas it goes on and on, and ends only here.\n",
      ].join("\n"),
    );
  });

  test.each([
    ["English", Array(12).fill(SENTENCES.join(" ")).join(" "), " "],
    ["without a mark", Array(200).fill("word").join(" "), " "],
    ["Chinese", "今天天气很好，我们出去散步吧。".repeat(20), ""],
    ["Japanese without a mark", "今日はとても天気がいいので散歩に行きましょう".repeat(10), ""],
    ["Thai", "วันนี้อากาศดีมากเราออกไปเดินเล่นกันเถอะ".repeat(10), ""],
    ["one endless word", "x".repeat(500), ""],
    ["emoji", "👩‍👩‍👧‍👦".repeat(100), ""],
  ])("%s: no line is too long, no piece has a third one, and nothing is lost", (_, text, blank) => {
    const cues = srt([{ start: 0, end: 600, text }])
      .trimEnd()
      .split("\n\n");
    const rows = cues.map((cue) => cue.split("\n").slice(2));
    expect(cues.length).toBeGreaterThan(2);
    expect(Math.max(...rows.map((cue) => cue.length))).toBe(2);
    expect(Math.max(...rows.flat().map((row) => Bun.stringWidth(row)))).toBeLessThanOrEqual(42);
    expect(rows.flat().join(blank)).toBe(text);
  });

  test("words that do not fill their lines", () => {
    const text = "Everybody understands that subtitles containing three lines are difficult reading.";
    const cues = srt([said(0, 5, text)])
      .trimEnd()
      .split("\n\n");
    expect(cues.map((cue) => cue.split("\n").length - 2)).toEqual([2, 1]);
  });

  test("a mark stays with its word, and what opens with what follows", () => {
    const [first = ""] = srt([said(0, 9, "一二三四五六七八九十一二三四五六七八九「十」二三。")]).split("\n\n");
    expect(first.trimEnd().split("\n").slice(2)).toEqual(["一二三四五六七八九十一二三四五六七八九", "「十」二三。"]);
  });
});
