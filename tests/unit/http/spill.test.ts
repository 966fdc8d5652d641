import { describe, expect, test } from "bun:test";
import { readSpilling } from "../../../src/http/spill.ts";
import { rejection } from "../../support/failure.ts";

/** More than stays in the document. */
const LARGE = 100_000;

interface Kept {
  bytes: Buffer;
}

async function* pieces(text: string | Uint8Array, cuts: (left: number) => number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, cuts(bytes.length - at));
    yield bytes.slice(at, at + size);
    at += size;
  }
}

interface Read {
  text: string;
  cut: boolean;
  files: Buffer[];
  opened: number;
  /** The most bytes that were handed over at once. */
  largest: number;
}

async function read(
  text: string | Uint8Array,
  cuts: (left: number) => number = (left) => left,
  options?: Parameters<typeof readSpilling>[2],
): Promise<Read> {
  let opened = 0;
  let largest = 0;
  const { spilled, ...rest } = await readSpilling<Kept>(
    pieces(text, cuts),
    async () => {
      opened++;
      const written: Buffer[] = [];
      return {
        write: async (bytes) => {
          largest = Math.max(largest, bytes.length);
          // A copy, as the promise says that it has to be.
          written.push(Buffer.from(bytes));
        },
        end: async () => ({ bytes: Buffer.concat(written) }),
      };
    },
    options,
  );
  return { ...rest, files: spilled.map(({ bytes }) => bytes), opened, largest };
}

const random = (size: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(65_536))).subarray(0, size);
const bytesOf = (size: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(size / 65_536) }, () => random(65_536))).subarray(0, size);
/** A generator that gives the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("long base64", () => {
  test.each([
    ["in one piece", (left: number) => left],
    ["in pieces of 1 byte", () => 1],
    ["in pieces of 2 bytes", () => 2],
    ["in pieces of 3 bytes", () => 3],
    ["in pieces of 16 KiB", () => 16_384],
  ])("%s: in files, the rest in the document", async (_, cuts) => {
    const files = [bytesOf(LARGE), bytesOf(LARGE + 1), bytesOf(LARGE + 2)];
    const data = files.map((bytes) => ({ b64_json: bytes.toString("base64"), note: 'a "quoted" \\ 日本\n' }));
    const { text, files: spilled, cut } = await read(JSON.stringify({ created: 1, data }), cuts);
    expect(JSON.parse(text)).toEqual({
      created: 1,
      data: [0, 1, 2].map((index) => ({ b64_json: `$spilled:${index}`, note: 'a "quoted" \\ 日本\n' })),
    });
    for (const [index, bytes] of files.entries()) expect(spilled[index]?.equals(bytes)).toBe(true);
    expect(cut).toBe(false);
  });

  test("cut anywhere, whatever of it is escaped", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = numbers(seed);
      const bytes = bytesOf(Math.floor(70_000 + next() * 60_000));
      let base64 = bytes.toString(next() < 0.5 ? "base64" : "base64url");
      if (next() < 0.5) base64 = base64.replace(/(.{76})/g, next() < 0.5 ? "$1\\r\\n" : "$1\\n");
      if (next() < 0.5) base64 = base64.replaceAll("/", "\\/");
      if (next() < 0.5)
        base64 = base64.replaceAll("+", next() < 0.5 ? "\\u002B" : "\\u002b").replaceAll("=", "\\u003d");
      const prefix = ["", "data:image/png;base64,", "data:image\\/png;charset=x;base64,"][Math.floor(next() * 3)];
      const document = `{"a":"${"\\\\".repeat(Math.floor(next() * 3))}","b":"${prefix}${base64}","c":["\\"",""]}`;
      const most = [5, 300, 9000, 70_000][Math.floor(next() * 4)] ?? 1;
      const { text, files } = await read(document, () => Math.ceil(next() * most));
      expect(JSON.parse(text).b).toBe("$spilled:0");
      expect(JSON.parse(text).c).toEqual(['"', ""]);
      expect({ seed, same: files[0]?.equals(bytes) }).toEqual({ seed, same: true });
    }
  });

  test("is never held as a whole", async () => {
    const { largest, files } = await read(`{"a":"${bytesOf(3_000_000).toString("base64")}"}`, () => 10_000);
    expect(files[0]).toHaveLength(3_000_000);
    expect(largest).toBeLessThan(100_000);
  });

  test("escapes in one large piece take no longer than the piece is long", async () => {
    const bytes = Buffer.alloc(3_000_000, 255);
    const started = performance.now();
    const { files } = await read(`{"a":"${bytes.toString("base64").replaceAll("/", "\\/")}"}`);
    expect(files[0]?.equals(bytes)).toBe(true);
    // Where every escape looks for the end again it is more than a minute.
    expect(performance.now() - started).toBeLessThan(5000);
  }, 120_000);

  test("one that is too large is refused, and none for what others are", async () => {
    const value = bytesOf(LARGE).toString("base64");
    const document = JSON.stringify([value, value]);
    expect((await read(document, () => 1000, { most: LARGE })).files).toHaveLength(2);
    for (const cuts of [() => 1000, (left: number) => left]) {
      const error = await rejection(read(document, cuts, { most: LARGE - 1 }));
      expect(error).toMatchObject({ type: "provider_error", message: expect.stringContaining("is larger than") });
    }
  });

  test("short base64 stays in the document", async () => {
    const short = bytesOf(1000).toString("base64");
    expect(await read(JSON.stringify({ a: short }))).toMatchObject({ text: JSON.stringify({ a: short }), opened: 0 });
  });
});

describe("long hex", () => {
  const HEX = { decoding: "hex" } as const;

  test.each([
    ["in one piece", (left: number) => left],
    ["in pieces of 1 byte", () => 1],
    ["in pieces of 3 bytes", () => 3],
    ["in pieces of 16 KiB", () => 16_384],
  ])("%s: in files, the rest in the document", async (_, cuts) => {
    const files = [bytesOf(LARGE), bytesOf(LARGE + 1)];
    const [lower = "", upper = ""] = [files[0]?.toString("hex"), files[1]?.toString("hex").toUpperCase()];
    const document = { data: [{ audio: lower }, { audio: upper }], note: 'a "quoted" \\ 日本\n' };
    const { text, files: spilled, cut } = await read(JSON.stringify(document), cuts, HEX);
    expect(JSON.parse(text)).toEqual({
      data: [{ audio: "$spilled:0" }, { audio: "$spilled:1" }],
      note: 'a "quoted" \\ 日本\n',
    });
    for (const [index, bytes] of files.entries()) expect(spilled[index]?.equals(bytes)).toBe(true);
    expect(cut).toBe(false);
  });

  test("cut anywhere, whatever of it is escaped", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const next = numbers(seed);
      const bytes = bytesOf(Math.floor(40_000 + next() * 30_000));
      let hex = bytes.toString("hex");
      if (next() < 0.5) hex = hex.toUpperCase();
      if (next() < 0.5) hex = hex.replace(/(.{75})/g, next() < 0.5 ? "$1\\r\\n" : "$1\\t");
      if (next() < 0.5) hex = hex.replaceAll("7", "\\u0037").replaceAll("c", "\\u0063");
      const most = [1, 5, 300, 9000][Math.floor(next() * 4)] ?? 1;
      const { text, files } = await read(`{"a":"${hex}","b":["\\"",""]}`, () => Math.ceil(next() * most), HEX);
      expect(JSON.parse(text)).toEqual({ a: "$spilled:0", b: ['"', ""] });
      expect({ seed, same: files[0]?.equals(bytes) }).toEqual({ seed, same: true });
    }
  });

  test.each([
    ["base64", bytesOf(LARGE).toString("base64")],
    ["a data: URL", `data:audio/mpeg;base64,${"0123456789abcdef".repeat(10_000)}`],
    ["words", "lorem ipsum ".repeat(20_000)],
  ])("%s is none: it stays as it is", async (_, value) => {
    const document = JSON.stringify({ value });
    for (const cuts of [() => 1000, (left: number) => left]) {
      expect(await read(document, cuts, HEX)).toMatchObject({ text: document, opened: 0, cut: false });
    }
  });

  test("half a byte, or a foreign letter: an error, and no half of a file", async () => {
    const good = "0aF9".repeat(25_000);
    for (const wrong of ["0", "g", "=", " 00", "\\/", "\\u0067", "\\u00e9", '\\"', "\\b"]) {
      for (const cuts of [() => 1000, () => 1]) {
        const error = await rejection(read(`{"a":"${good}${wrong}"}`, cuts, HEX));
        expect(error).toMatchObject({
          type: "provider_error",
          message: "The answer cannot be understood: a file in it is not hex.",
        });
      }
    }
  });

  test("one that is too large is refused", async () => {
    const document = JSON.stringify([bytesOf(LARGE).toString("hex")]);
    expect((await read(document, () => 1000, { ...HEX, most: LARGE })).files).toHaveLength(1);
    const error = await rejection(read(document, () => 1000, { ...HEX, most: LARGE - 1 }));
    expect(error).toMatchObject({ type: "provider_error", message: expect.stringContaining("is larger than") });
  });

  test("in the middle of it: cut", async () => {
    const { cut, files } = await read(`{"a":"${bytesOf(LARGE).toString("hex")}`, () => 1000, HEX);
    expect({ cut, files }).toEqual({ cut: true, files: [] });
  });
});

describe("a long text", () => {
  test.each([
    ["words", "lorem ipsum ".repeat(20_000)],
    ["other scripts", "日本語".repeat(50_000)],
    ["escapes", 'a"\\\n\t\u0001'.repeat(20_000)],
    ["a web page", "<p>x</p>".repeat(20_000)],
    ["a data: URL that is no base64", `data:text/plain,${"x".repeat(LARGE)}`],
    ["an address", `https://example.com/${"x".repeat(LARGE)}`],
  ])("%s: stays as it is", async (_, value) => {
    const document = JSON.stringify({ before: "x", value, after: [value.slice(0, 10)] });
    for (const cuts of [() => 1000, (left: number) => left]) {
      expect(await read(document, cuts)).toMatchObject({ text: document, opened: 0, cut: false });
    }
  });

  test("a long text, and a picture after it", async () => {
    const bytes = bytesOf(LARGE);
    const words = "lorem ipsum ".repeat(20_000);
    const { text, files } = await read(JSON.stringify([words, bytes.toString("base64"), words]), () => 4096);
    expect(JSON.parse(text)).toEqual([words, "$spilled:0", words]);
    expect(files[0]?.equals(bytes)).toBe(true);
  });

  test.each([
    [LARGE, " and this is what it shows"],
    [LARGE, '\nA "cat" \\ 日本'],
    [LARGE - 1, ")\n\nA cat"],
    [LARGE, "1st of two"],
    [LARGE, "\u00e9t\u00e9"],
  ])("behind a data: URL of %d bytes, in the same string: %j stays", async (size, words) => {
    const bytes = bytesOf(size);
    const value = `data:image/png;base64,${bytes.toString("base64")}`;
    // In JSON, with everything escaped that may be.
    const escaped = JSON.stringify(words).replaceAll(/[^\x20-\x7e]/g, (char) => {
      return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
    for (const cuts of [() => 5, () => 1000, (left: number) => left]) {
      const { text, files } = await read(`["${value}${escaped.slice(1)},"after"]`, cuts);
      const [said, after] = JSON.parse(text);
      expect(said).toMatch(/^\$spilled:0(?!\d)/);
      // Ends of lines are a part of base64.
      expect(said.slice("$spilled:0".length).trim()).toBe(words.trim());
      expect(after).toBe("after");
      expect(files[0]?.equals(bytes)).toBe(true);
    }
  });

  test("behind a data: URL without padding its first letter may be lost, and nothing else", async () => {
    const bytes = bytesOf(99_999);
    const { text, files } = await read(`["data:image/png;base64,${bytes.toString("base64")}\\nI see"]`, () => 1000);
    expect(JSON.parse(text)).toEqual(["$spilled:0 see"]);
    expect(files[0]?.equals(bytes)).toBe(true);
  });

  test("that begins as a picture and is none: an error, and no half of a picture", async () => {
    const good = "QUJD".repeat(25_000);
    for (const wrong of ["§", "!", " x", "\\u00e9", "\\u2028", "\\b", '\\"', "==QUJD", "A"]) {
      const error = await rejection(read(`{"a":"${good}${wrong}"}`, () => 1000));
      expect(error).toMatchObject({ type: "provider_error", message: expect.stringContaining("not base64") });
    }
  });
});

describe("an answer that is broken", () => {
  const large = bytesOf(LARGE).toString("base64");
  test.each([
    ["in the middle of a picture", `{"a":"${large}`, true],
    ["in the middle of an escape", '{"a":"x\\', true],
    ["in the middle of a short text", '{"a":"x', true],
    ["between two values", '{"a":"x",', false],
    ["by being no JSON", "<html>It's down</html>", false],
    ["by being empty", "", false],
  ])("%s", async (_, document, cut) => {
    const found = await read(document, () => 1000);
    expect(found.cut).toBe(cut);
    expect(found.files).toEqual([]);
    expect(() => JSON.parse(found.text)).toThrow();
  });

  test("invalid UTF-8 does not stop it", async () => {
    const { text } = await read(Buffer.from('{"a":"\xff"}', "latin1"));
    expect(JSON.parse(text)).toEqual({ a: "\ufffd" });
  });

  test("without end: refused, wherever its bytes are", async () => {
    const endless = (piece: string) =>
      (async function* () {
        yield new TextEncoder().encode('{"a":"');
        for (;;) yield new TextEncoder().encode(piece);
      })();
    for (const piece of ["lorem ipsum ".repeat(5000), '","'.repeat(20_000)]) {
      const error = await rejection(readSpilling(endless(piece), () => Promise.reject(new Error("no picture"))));
      expect(error).toMatchObject({ type: "provider_error", message: expect.stringContaining("larger than 64 MiB") });
    }
  }, 30_000);
});
