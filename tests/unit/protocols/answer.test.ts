import { describe, expect, test } from "bun:test";
import { InferError } from "../../../src/core/error.ts";
import { AnswerReader } from "../../../src/protocols/answer.ts";
import type { Step } from "../../../src/protocols/wire.ts";

interface Reading {
  /** What was shown after each step, the rest at the end as its last. */
  shown: string[];
  text: string;
  finishReason: string;
  usage: object | undefined;
}

function readAll(steps: readonly Step[]): Reading {
  const reader = new AnswerReader(200);
  const shown = steps.map((step) => reader.push(step));
  const { answer, rest } = reader.finish();
  return { shown: [...shown, rest], text: answer.text, finishReason: answer.finishReason, usage: answer.usage };
}

function readText(...pieces: string[]): Reading {
  return readAll([...pieces.map((text) => ({ text })), { finishReason: "stop" }]);
}

function failure(steps: readonly Step[]): InferError {
  try {
    readAll(steps);
  } catch (thrown) {
    if (thrown instanceof InferError) return thrown;
    throw thrown;
  }
  throw new Error("no failure");
}

describe("streamed pieces", () => {
  test.each<[string, string[], string]>([
    ["one piece", ["Hello"], "Hello"],
    ["several", ["Hel", "lo ", "wor", "ld"], "Hello world"],
    ["white space at both ends is trimmed", ["\n", "  ", "Hello", " ", "\n\n"], "Hello"],
    ["white space in one piece with the text", ["  Hello \n"], "Hello"],
    ["white space inside stays", ["a", " ", "\n\n", "b"], "a \n\nb"],
    ["empty pieces", ["", "a", "", "b", ""], "ab"],
    ["astral characters", ["👍", "🏽", "é"], "👍🏽é"],
  ])("%s: what was shown is the text", (_name, pieces, text) => {
    const reading = readText(...pieces);
    expect(reading.text).toBe(text);
    expect(reading.shown.join("")).toBe(text);
  });

  test("are shown as they come, white space only when something follows", () => {
    expect(readText(" a", " ", "b ", "c").shown).toEqual(["a", "", " b", " c", "", ""]);
  });

  const text = "  It's\n\n a <b>test</b>: 1 < 2, <think and more.  ";
  test("at every pair of cuts are the same text", () => {
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const reading = readText(text.slice(0, first), text.slice(first, second), text.slice(second));
        expect(reading.text).toBe(text.trim());
        expect(reading.shown.join("")).toBe(text.trim());
      }
    }
  });
});

describe("a <think> block", () => {
  const block = " \n<think>So </thin < think> hm</think>\n\n The <think> answer</think>. ";
  const answer = "The <think> answer</think>.";

  test("at the very start is left out, wherever it is cut", () => {
    for (let first = 0; first <= block.length; first++) {
      for (let second = first; second <= block.length; second++) {
        const reading = readText(block.slice(0, first), block.slice(first, second), block.slice(second));
        expect(reading.text).toBe(answer);
        expect(reading.shown.join("")).toBe(answer);
      }
    }
  });

  test("is left out character by character", () => {
    const reading = readText(...block);
    expect(reading.text).toBe(answer);
    expect(reading.shown.join("")).toBe(answer);
  });

  test("that is empty is left out", () => {
    expect(readText("<think>", "\n\n", "</think>", "\n\nHi").text).toBe("Hi");
  });

  test("is left out of a text that came whole", () => {
    expect(readAll([{ wholeText: "<think>hm</think>Hi", end: true }]).text).toBe("Hi");
  });

  test.each(["Use <think>hm</think>.", "x<think>", "<thinking>hm</thinking> Hi", "<thin", "<think", "</think> Hi"])(
    "nowhere else: %s",
    (text) => {
      expect(readText(text).text).toBe(text);
      expect(readText(...text).text).toBe(text);
    },
  );

  test("only the first is reasoning", () => {
    expect(readText("<think>a</think><think>b</think>c").text).toBe("<think>b</think>c");
  });

  test.each([[["<think>never ends"]], [["<think>", "never ", "ends </think"]], [["<think>hm</think>", " \n"]]])(
    "without an answer after it is an empty result: %p",
    (pieces) => {
      const error = failure([...pieces.map((text) => ({ text })), { finishReason: "stop" }]);
      expect(error.type).toBe("empty_result");
      expect(error.message).toContain("reasoning");
    },
  );

  test("shows nothing while it lasts", () => {
    const reader = new AnswerReader(200);
    expect(["<th", "ink>", "secret", "</thi"].map((text) => reader.push({ text }))).toEqual(["", "", "", ""]);
  });
});

describe("nothing to show", () => {
  test.each<[string, Step[]]>([
    ["no text", [{ finishReason: "stop" }]],
    ["blank text", [{ text: " \n" }, { text: "\t" }, { finishReason: "stop" }]],
    ["an end and nothing else", [{ end: true }]],
    ["blank whole text", [{ wholeText: " ", end: true }]],
  ])("%s → empty_result", (_name, steps) => {
    const error = failure(steps);
    expect(error.type).toBe("empty_result");
    expect(error.message).not.toContain("reasoning");
  });

  test("reasoning alone → empty_result that says so", () => {
    const error = failure([{ reasoning: "hm hm" }, { finishReason: "stop" }]);
    expect(error.type).toBe("empty_result");
    expect(error.message).toContain("only reasoning (5 characters)");
  });

  test("reasoning that used up the limit → the hint names --max-tokens", () => {
    const error = failure([{ reasoning: "hm" }, { finishReason: "length" }]);
    expect(error.type).toBe("empty_result");
    expect(error.details.hint).toContain("--max-tokens");
  });
});

describe("a stream that broke off", () => {
  test.each<[string, Step[]]>([
    ["before anything", []],
    ["after figures", [{ usage: { inputTokens: 3 } }]],
    ["in the middle of the text", [{ text: "Hel" }]],
    ["in the middle of reasoning", [{ reasoning: "hm" }]],
  ])("%s → network, and a new try may help", (_name, steps) => {
    const error = failure(steps);
    expect(error.type).toBe("network");
    expect(error.retryable).toBe(true);
  });
});

describe("the end", () => {
  test("length keeps the text and says why it stopped", () => {
    expect(readAll([{ text: "Hel" }, { finishReason: "length" }])).toMatchObject({
      text: "Hel",
      finishReason: "length",
    });
  });

  test("an end without a reason is `stop`", () => {
    expect(readAll([{ text: "a" }, { end: true }]).finishReason).toBe("stop");
  });

  test("complete and ended tell what has been said", () => {
    const reader = new AnswerReader(200);
    const seen = () => [reader.complete, reader.ended];
    reader.push({ text: "a" });
    expect(seen()).toEqual([false, false]);
    reader.push({ finishReason: "stop" });
    expect(seen()).toEqual([true, false]);
    reader.push({ end: true });
    expect(seen()).toEqual([true, true]);
  });

  test("wholeText counts only when no piece came before", () => {
    expect(readAll([{ text: "Hel" }, { text: "lo" }, { wholeText: "Hello", end: true }]).text).toBe("Hello");
    expect(readAll([{ reasoning: "hm" }, { wholeText: "Hello", end: true }])).toMatchObject({
      text: "Hello",
      shown: ["", "Hello", ""],
    });
  });
});

describe("a refusal", () => {
  test("is told in the model's words, also when text came before", () => {
    const error = failure([{ text: "Well, " }, { refusal: "I can't help." }, { finishReason: "stop" }]);
    expect(error.type).toBe("refused");
    expect(error.message).toBe("I can't help.");
    expect(error.retryable).toBe(false);
  });

  test("that comes in pieces is told whole, repeated words included", () => {
    const words = "I'm sorry, but I can't help with that. I can't say why, but I can say that I'm sorry.";
    const pieces = words.split(/(?= )/);
    const error = failure([...pieces.map((refusal) => ({ refusal })), { finishReason: "stop" }]);
    expect(error.message).toBe(words);
  });

  test("that the end repeats is told once", () => {
    const error = failure([{ refusal: "No." }, { wholeRefusal: "No.", end: true }]);
    expect(error.message).toBe("No.");
  });

  test("needs no end of the stream: Gemini's blocked prompt has none", () => {
    expect(failure([{ wholeRefusal: "The prompt was blocked (SAFETY)." }]).type).toBe("refused");
  });

  test.each<[string, Step[]]>([
    ["without text", [{ finishReason: "content_filter" }]],
    ["after text", [{ text: "Half an ans" }, { finishReason: "content_filter" }]],
  ])("content_filter %s", (_name, steps) => {
    expect(failure(steps).type).toBe("refused");
  });
});

describe("an error inside a 200", () => {
  test("is thrown at once with the provider's words", () => {
    const reader = new AnswerReader(200);
    reader.push({ text: "Hel" });
    expect(() => reader.push({ failure: { type: "overloaded_error", message: "Overloaded" } })).toThrow(
      expect.objectContaining({ type: "provider_error", message: "Overloaded" }),
    );
  });
});

describe("usage", () => {
  test("is merged, what comes later wins, and the total is the sum", () => {
    const { usage } = readAll([
      { usage: { inputTokens: 17, outputTokens: 1, cachedInputTokens: 5 } },
      { text: "a" },
      { finishReason: "stop", usage: { outputTokens: 15 } },
      { end: true },
    ]);
    expect(usage).toEqual({ inputTokens: 17, outputTokens: 15, cachedInputTokens: 5, totalTokens: 32 });
  });

  test("a total of the provider is kept as it is", () => {
    const { usage } = readAll([
      { text: "a", usage: { inputTokens: 1, outputTokens: 2, totalTokens: 9 } },
      { end: true },
    ]);
    expect(usage).toEqual({ inputTokens: 1, outputTokens: 2, totalTokens: 9 });
  });

  test("figures after the finish reason count", () => {
    const { usage } = readAll([{ text: "a" }, { finishReason: "stop" }, { usage: { outputTokens: 2 } }, { end: true }]);
    expect(usage).toEqual({ outputTokens: 2 });
  });

  test("no figures, no usage", () => {
    expect(readText("a").usage).toBeUndefined();
    expect(readAll([{ text: "a", usage: {} }, { end: true }]).usage).toBeUndefined();
  });
});
