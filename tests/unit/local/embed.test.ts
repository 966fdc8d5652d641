import { beforeAll, describe, expect, test } from "bun:test";
import { makeAssets } from "../../../src/local/assets/stage.ts";
import { embedLocally } from "../../../src/local/embed.ts";

const signal = new AbortController().signal;

beforeAll(() => makeAssets(), 120_000);

function similarity(a: number[] | undefined, b: number[] | undefined): number {
  if (!a || !b) throw new Error("a vector is missing");
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}

describe("embedLocally", () => {
  test("puts a paraphrase nearer than an unrelated sentence that shares words", async () => {
    const texts = ["How old are you?", "What is your age?", "How are the old bridges built?"];
    const [question, paraphrase, unrelated] = (await embedLocally(texts, signal)).vectors;
    expect(similarity(question, paraphrase)).toBeGreaterThan(0.7);
    expect(similarity(question, paraphrase)).toBeGreaterThan(similarity(question, unrelated) + 0.2);
  });

  test("gives vectors of 512 numbers and unit length, in the order of the texts, across batches", async () => {
    const texts = Array.from(
      { length: 40 },
      (_, index) => `The number is ${index}. ${"It goes on. ".repeat(index % 7)}`,
    );
    const vectors = (await embedLocally(texts, signal)).vectors;
    expect(vectors).toHaveLength(40);
    for (const vector of vectors) {
      expect(vector).toHaveLength(512);
      expect(similarity(vector, vector)).toBeCloseTo(1, 4);
    }
    const [alone] = (await embedLocally([texts[36] ?? ""], signal)).vectors;
    expect(similarity(alone, vectors[36])).toBeCloseTo(1, 4);
    expect(similarity(alone, vectors[37])).toBeLessThan(0.999);
  });

  test("takes odd and very long texts", async () => {
    const texts = ["😀", "\u0000", "日本語のテキスト", "-h", "x".repeat(200_000), "the end ".repeat(25_000)];
    const vectors = (await embedLocally(texts, signal)).vectors;
    expect(vectors.flat().every(Number.isFinite)).toBe(true);
    expect(vectors).toHaveLength(texts.length);
  });

  test("says which texts are longer than the model reads", async () => {
    const texts = ["short", "the end ".repeat(60), "the end ".repeat(80), "x".repeat(5000)];
    expect((await embedLocally(texts, signal)).cut).toEqual([2, 3]);
  });

  test("says which texts are not in the script of its language", async () => {
    const texts = ["Hello, 日本", "日本語", "Привет мир", "42", "😀 !", "Guten Tag"];
    expect((await embedLocally(texts, signal)).unknown).toEqual([1, 2, 4]);
  });

  test("takes no texts for no vectors", async () => {
    expect((await embedLocally([], signal)).vectors).toEqual([]);
  });
});
