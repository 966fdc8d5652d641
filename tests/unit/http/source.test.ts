import { describe, expect, test } from "bun:test";
import { Base64Member, jsonBody } from "../../../src/http/json-body.ts";
import { multipart, type Part } from "../../../src/http/multipart.ts";
import { type ByteSource, base64Source, joined, memorySource } from "../../../src/http/source.ts";

const BYTES = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7919) >> 3);

/** The same bytes in pieces of these sizes, over and over. */
function inPieces(bytes: Uint8Array, sizes: readonly number[], size: number | undefined = bytes.length): ByteSource {
  return {
    size,
    async *open() {
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const length = sizes[turn % sizes.length] ?? 1;
        yield bytes.subarray(at, at + length);
        at += length;
      }
    },
  };
}

async function bytesOf(source: ByteSource): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open()) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

describe("base64 of a source", () => {
  test.each([[[1]], [[2]], [[3]], [[4, 1]], [[1, 2, 5, 0, 7]], [[4096]], [[20_000]]])("pieces of %j", async (sizes) => {
    for (const length of [0, 1, 2, 3, 4, 5, 6, 1000, 9998, 9999, 10_000]) {
      const bytes = BYTES.subarray(0, length);
      const source = base64Source(inPieces(bytes, sizes));
      const text = await bytesOf(source);
      expect(text.toString("latin1")).toBe(Buffer.from(bytes).toString("base64"));
      expect(source.size).toBe(text.length);
    }
  });

  test("can be read again, and has no size where the bytes have none", async () => {
    const source = base64Source(inPieces(BYTES, [10]));
    expect((await bytesOf(source)).equals(await bytesOf(source))).toBe(true);
    expect(base64Source({ size: undefined, open: memorySource("x").open }).size).toBeUndefined();
  });
});

describe("joined", () => {
  test("in order, and with the size of all", async () => {
    const source = joined([memorySource("a"), memorySource(""), inPieces(BYTES, [333]), memorySource("é")]);
    const bytes = await bytesOf(source);
    expect(bytes.equals(Buffer.concat([Buffer.from("a"), BYTES, Buffer.from("é")]))).toBe(true);
    expect(source.size).toBe(bytes.length);
    expect((await bytesOf(source)).equals(bytes)).toBe(true);
  });

  test("without a size as soon as one has none", () => {
    expect(joined([memorySource("a"), { size: undefined, open: memorySource("b").open }]).size).toBeUndefined();
    expect(joined([]).size).toBe(0);
  });
});

describe("a JSON body with files in it", () => {
  test("is what JSON would be with the files as text", async () => {
    const file = (length: number): Uint8Array => BYTES.subarray(0, length);
    const body = (value: (bytes: Uint8Array, prefix?: string) => unknown) => ({
      model: "m",
      n: 1,
      none: null,
      left: undefined,
      text: 'a "quoted" \\ \u0000 日本\n',
      image: value(file(10)),
      images: [{ image_url: value(file(9_999), "data:image/png;base64,") }, [value(file(1)), value(file(0))]],
    });
    const source = jsonBody(body((bytes, prefix) => new Base64Member(inPieces(bytes, [77]), prefix)));
    const bytes = await bytesOf(source);
    const expected = body((one, prefix = "") => prefix + Buffer.from(one).toString("base64"));
    expect(bytes.toString()).toBe(JSON.stringify(expected));
    expect(source.size).toBe(bytes.length);
  });

  test("no text of the user's is taken for a file", async () => {
    const nasty = ["\u0000", "\\u0000", '"\u0000"', "", "$spilled:0"];
    const source = jsonBody({ prompt: nasty, file: new Base64Member(memorySource("abc")), more: nasty });
    expect(JSON.parse((await bytesOf(source)).toString())).toEqual({ prompt: nasty, file: "YWJj", more: nasty });
  });

  test("without files it is plain JSON, and a file in plain JSON is a bug that shows", async () => {
    expect((await bytesOf(jsonBody({ a: ["b"] }))).toString()).toBe('{"a":["b"]}');
    expect(() => JSON.stringify({ a: new Base64Member(memorySource("abc")) })).toThrow("plain JSON");
  });
});

describe("a form, read by Bun's own parser", () => {
  const NAMES = ["picture.png", 'a "quoted" name.png', "日本 é.png", "percent%22.png", "semi;colon.png"];
  const parts: Part[] = [
    { name: "prompt", value: 'Two\r\nlines, --a "quote" and 日本' },
    { name: "empty", value: "" },
    ...NAMES.map((filename, index) => ({
      name: "image[]",
      filename,
      mimeType: "image/png",
      source: inPieces(BYTES.subarray(0, 3000 * index), [1000, 1]),
    })),
    { name: "last", value: "--infer-\r\n--" },
  ];

  test("has every field and every file, in order, byte for byte", async () => {
    const { contentType, body } = multipart(parts);
    const bytes = await bytesOf(body);
    expect(body.size).toBe(bytes.length);
    const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
    expect([...form.keys()]).toEqual(["prompt", "empty", ...NAMES.map(() => "image[]"), "last"]);
    expect(form.get("prompt")).toBe('Two\r\nlines, --a "quote" and 日本');
    expect(form.get("empty")).toBe("");
    expect(form.get("last")).toBe("--infer-\r\n--");
    for (const [index, file] of form.getAll("image[]").entries()) {
      if (typeof file === "string") throw new Error("a file came as text");
      expect(file.type).toBe("image/png");
      expect(Buffer.from(await file.arrayBuffer()).equals(BYTES.subarray(0, 3000 * index))).toBe(true);
    }
  });

  const python = Bun.which("python3");
  test.skipIf(python === null)("and by Python's (needs python3)", async () => {
    const { contentType, body } = multipart(parts);
    const script = `
import sys, json, email.parser, email.policy
raw = b"Content-Type: " + sys.argv[1].encode() + b"\\r\\n\\r\\n" + sys.stdin.buffer.read()
message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(raw)
print(json.dumps([[p.get_param("name", header="content-disposition"), p.get_content_type(), len(p.get_payload(decode=True))] for p in message.iter_parts()]))
`;
    const child = Bun.spawn([python ?? "", "-c", script, contentType], {
      stdin: new Uint8Array(await bytesOf(body)),
      stdout: "pipe",
    });
    const found: [string, string, number][] = JSON.parse(await new Response(child.stdout).text());
    expect(found.map(([name]) => name)).toEqual(parts.map(({ name }) => name));
    expect(found.filter(([, type]) => type === "image/png")).toHaveLength(NAMES.length);
  });

  test("a name cannot end its header", async () => {
    const hostile = 'a"\r\nX-Evil: 1\r\n\r\nb';
    const { body } = multipart([
      { name: hostile, filename: hostile, mimeType: "image/png", source: memorySource("x") },
    ]);
    const text = (await bytesOf(body)).toString();
    expect(text).not.toContain("\r\nX-Evil");
    expect(text).toContain('name="a%22%0D%0AX-Evil: 1%0D%0A%0D%0Ab"');
  });

  test("has no size when a file has none", () => {
    const source: ByteSource = { size: undefined, open: memorySource("x").open };
    expect(multipart([{ name: "a", filename: "b", mimeType: "c/d", source }]).body.size).toBeUndefined();
  });
});
