import { describe, expect, test } from "bun:test";
import { type Frame, type Framing, readFrames } from "../../../src/http/frames.ts";

type Part = string | Uint8Array;

async function* body(parts: Iterable<Part>): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === "string" ? new TextEncoder().encode(part) : part;
}

async function frames(framing: Framing, ...parts: Part[]): Promise<Frame[]> {
  return Array.fromAsync(readFrames(body(parts), framing));
}

async function data(framing: Framing, ...parts: Part[]): Promise<string[]> {
  return (await frames(framing, ...parts)).map((frame) => frame.data);
}

/** Every way to cut the bytes into two, and the one into single bytes. */
function cuts(text: string): Uint8Array[][] {
  const bytes = new TextEncoder().encode(text);
  const pairs = Array.from({ length: bytes.length + 1 }, (_, at) => [bytes.slice(0, at), bytes.slice(at)]);
  return [...pairs, Array.from(bytes, (byte) => Uint8Array.of(byte))];
}

describe("SSE", () => {
  test.each<[string, string, string[]]>([
    ["LF", "data: a\n\ndata: b\n\n", ["a", "b"]],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]],
    ["CR", "data: a\r\rdata: b\r\r", ["a", "b"]],
    ["a BOM", "\uFEFFdata: a\n\n", ["a"]],
    ["comments", ": OPENROUTER PROCESSING\n\n:\n\ndata: a\n: x\n\n", ["a"]],
    ["data in several lines", "data: a\ndata:\ndata: b\n\n", ["a\n\nb"]],
    ["no space after the colon", "data:a\n\n", ["a"]],
    ["only one space goes", "data:  a\n\n", [" a"]],
    ["id, retry and unknown fields", "id: 1\nretry: 10\nsmell: rose\ndata: a\n\n", ["a"]],
    ["an event without data is none", "event: ping\n\ndata: a\n\n", ["a"]],
    ["no blank line at the end", "data: a\n\ndata: b", ["a", "b"]],
    ["one line end at the end", "data: a\n\ndata: b\n", ["a", "b"]],
    ["CRLF once at the end", "data: a\r\n\r\ndata: b\r\n", ["a", "b"]],
    ["many blank lines", "\n\n\ndata: a\n\n\n\ndata: b\n\n\n", ["a", "b"]],
    ["nothing", "", []],
    ["nothing but comments", ": a\n: b\n", []],
    ["no SSE at all", "<html>\n</html>\n", []],
    ["JSON with line ends escaped", 'data: {"a":"x\\ny"}\n\n', ['{"a":"x\\ny"}']],
  ])("%s, cut at every byte", async (_name, text, expected) => {
    for (const parts of cuts(text)) expect(await data("sse", ...parts)).toEqual(expected);
  });

  test("multibyte characters cut at every byte", async () => {
    for (const parts of cuts("data: é€😀日本\n\ndata: ü\n\n")) {
      expect(await data("sse", ...parts)).toEqual(["é€😀日本", "ü"]);
    }
  });

  test("an event's name comes with it, and only with it", async () => {
    expect(await frames("sse", "event: delta\ndata: a\n\ndata: b\n\n")).toEqual([
      { event: "delta", data: "a" },
      { event: undefined, data: "b" },
    ]);
  });

  test("a frame is there before the next chunk is asked for", async () => {
    let asked = 0;
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (const text of ["data: a\n\n", "data: b\n\n"]) {
        asked++;
        yield new TextEncoder().encode(text);
      }
    }
    const stream = readFrames(slow(), "sse");
    expect((await stream.next()).value?.data).toBe("a");
    expect(asked).toBe(1);
    await stream.return(undefined);
    expect(asked).toBe(1);
  });
});

describe("NDJSON", () => {
  test.each<[string, string, string[]]>([
    ["LF", '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ["CRLF", '{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ["a BOM", '\uFEFF{"a":1}\n', ['{"a":1}']],
    ["no line end at the end", '{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ["blank lines", '\n\n{"a":1}\n  \n\n{"b":2}\n\n', ['{"a":1}', '{"b":2}']],
    ["the separators of Unicode are text", '{"a":"x\u2028y\u0085z"}\n', ['{"a":"x\u2028y\u0085z"}']],
    ["nothing", "", []],
  ])("%s, cut at every byte", async (_name, text, expected) => {
    for (const parts of cuts(text)) expect(await data("ndjson", ...parts)).toEqual(expected);
  });

  test("multibyte characters cut at every byte", async () => {
    for (const parts of cuts('{"a":"é€😀日本"}\n')) {
      expect(await data("ndjson", ...parts)).toEqual(['{"a":"é€😀日本"}']);
    }
  });
});

describe("both", () => {
  test.each<[Framing, string]>([
    ["sse", "data: "],
    ["ndjson", ""],
  ])("%s: invalid UTF-8 and a character that never ends become U+FFFD", async (framing, head) => {
    const bytes = [...new TextEncoder().encode(`${head}a`), 0xff, 0xe2, 0x82];
    expect(await data(framing, Uint8Array.from(bytes))).toEqual(["a\uFFFD\uFFFD"]);
  });

  test.each<Framing>(["sse", "ndjson"])(
    "%s: an error of the body comes through, after the frames before it",
    async (framing) => {
      const broken = new Error("broken");
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(framing === "sse" ? "data: 1\n\n" : "1\n");
        throw broken;
      }
      const seen: string[] = [];
      const reading = (async () => {
        for await (const frame of readFrames(breaking(), framing)) seen.push(frame.data);
      })();
      await expect(reading).rejects.toBe(broken);
      expect(seen).toEqual(["1"]);
    },
  );

  test.each<Framing>(["sse", "ndjson"])("%s: a message without end does not fill the memory", async (framing) => {
    let sent = 0;
    const piece = new Uint8Array(8 * 1024 * 1024).fill(97);
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode("data: ");
      for (; sent < 100; sent++) yield piece;
    }
    await expect(Array.fromAsync(readFrames(endless(), framing))).rejects.toMatchObject({ type: "provider_error" });
    expect(sent).toBeLessThan(12);
  });
});
