import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { InferError } from "../../../src/core/error.ts";
import { COMMON_TYPES, prepareImage } from "../../../src/media/image-input.ts";
import { openInput } from "../../../src/media/input.ts";
import { type FakeContext, fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { bomb, PictureServer, picture } from "../../support/pictures.ts";

const BMP = Buffer.concat([
  Buffer.from(
    "424d3a000000000000003600000028000000010000000100000001001800000000000400000000000000000000000000000000000000",
    "hex",
  ),
  Buffer.from([0, 0, 255, 0]),
]);
const HEIC = Buffer.from("0000001c66747970686569630000000068656963000000006d696631", "hex");
const realTmp = process.env.TMPDIR;
let png: Buffer;
let folder: TemporaryFolder;
let litter: AsyncDisposableStack;

beforeAll(async () => {
  png = await picture("png", 30, 20);
});
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.file("tmp"));
  process.env.TMPDIR = folder.file("tmp");
  litter = new AsyncDisposableStack();
});
afterEach(async () => {
  if (realTmp === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = realTmp;
  await litter.disposeAsync();
  // Whatever came of it, nothing of it stays.
  expect(readdirSync(folder.file("tmp"))).toEqual([]);
  folder[Symbol.dispose]();
});

interface World {
  stdin?: string;
  limit?: number;
  allow?: boolean;
  signal?: AbortSignal;
  context?: FakeContext;
}

function open(file: string, { stdin = "", limit = 1_000_000, allow = true, signal, context }: World = {}) {
  const world = context ?? fakeContext({ cwd: folder.path, stdin: { kind: "pipe", text: stdin } });
  return openInput(world, file, {
    limit,
    allowPrivateNetwork: allow,
    signal: signal ?? new AbortController().signal,
    litter,
  });
}

async function bytesOf(source: { open(): AsyncIterable<Uint8Array> }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Where a picture may come from; each is the same one, under a wrong name or a wrong type. */
const ORIGINS: Record<string, (server: PictureServer) => string> = {
  "a path": () => {
    writeFileSync(folder.file("a b#?.txt"), png);
    return "a b#?.txt";
  },
  "an absolute path": () => {
    writeFileSync(folder.file("b.gif"), png);
    return folder.file("b.gif");
  },
  "a URL": (server) => `${server.url}/x.txt`,
  "a URL that leads on": (server) => `${server.url}/moved`,
  "a data: URL": () => `data:text/plain;base64,${png.toString("base64")}`,
  "a percent-encoded data: URL": () =>
    `data:,${[...png].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`,
  stdin: () => "-",
};

function web(): PictureServer {
  return new PictureServer(({ path }) =>
    path === "/moved"
      ? new Response(null, { status: 302, headers: { location: "/x" } })
      : new Response(new Uint8Array(png), { headers: { "content-type": "text/plain" } }),
  );
}

describe("openInput", () => {
  test.each(Object.entries(ORIGINS))("%s: known by its content, and read again for every try", async (name, locate) => {
    using server = web();
    const file = locate(server);
    const context = fakeContext({ cwd: folder.path });
    context.stdio.stdin = async function* () {
      yield png.subarray(0, 10);
      yield png.subarray(10);
    };
    const input = await open(file, { context });
    expect(input).toMatchObject({ mimeType: "image/png", extension: "png", size: png.length });
    expect(input.source.size).toBe(png.length);
    for (let times = 0; times < 2; times++) expect((await bytesOf(input.source)).equals(png)).toBe(true);
    expect(Buffer.from(input.head).equals(png)).toBe(true);
    const told = name.includes("data:")
      ? "data:"
      : name.includes("path")
        ? folder.file(file.split("/").at(-1) ?? "")
        : file;
    expect(input.origin).toBe(told);
    // A file is read from where it is; anything else is in a temporary file.
    expect(readdirSync(folder.file("tmp"))).toHaveLength(name.includes("path") ? 0 : 1);
  });

  test.skipIf(process.platform === "win32")("a named pipe", async () => {
    const pipe = folder.file("pipe");
    execFileSync("mkfifo", [pipe]);
    const opened = open(pipe);
    const writer = Bun.spawn(["sh", "-c", `cat > "$0"`, pipe], { stdin: new Uint8Array(png) });
    const input = await opened;
    expect(input).toMatchObject({ origin: pipe, mimeType: "image/png", size: png.length });
    expect((await bytesOf(input.source)).equals(png)).toBe(true);
    await writer.exited;
  });

  test("of a large file, only the beginning is read", async () => {
    writeFileSync(folder.file("sparse.png"), png);
    truncateSync(folder.file("sparse.png"), 8 * 1024 ** 3);
    const { size, head, mimeType } = await open("sparse.png", { limit: 16 * 1024 ** 3 });
    expect({ size, head: head.length, mimeType }).toEqual({
      size: 8 * 1024 ** 3,
      head: 512 * 1024,
      mimeType: "image/png",
    });
  });

  test.each<[string, World, string, RegExp]>([
    ["nothing.png", {}, "not_found", /no file/],
    [".", {}, "io", /folder/],
    ["empty.png", {}, "usage", /empty/],
    ["-", {}, "usage", /- is empty/],
    ["data:image/png;base64,", {}, "usage", /data: is empty/],
    ["data:image/png;base64,@@", {}, "usage", /data: URL/],
    ["a.png", { limit: 10 }, "usage", /larger than/],
    ["-", { stdin: "x".repeat(11), limit: 10 }, "usage", /larger than/],
    ["ftp://example.com/a.png", {}, "usage", /ftp/],
  ])("%s %j", async (file, world, type, message) => {
    writeFileSync(folder.file("empty.png"), "");
    writeFileSync(folder.file("a.png"), png);
    expect(await rejection(open(file, world))).toMatchObject({ type, message: expect.stringMatching(message) });
  });

  test("a URL: too large, not there, not allowed", async () => {
    using server = new PictureServer(
      ({ path }) => new Response(new Uint8Array(png), { status: path === "/no" ? 404 : 200 }),
    );
    expect(await rejection(open(server.url, { limit: 10 }))).toMatchObject({ type: "usage" });
    expect(await rejection(open(`${server.url}/no`))).toMatchObject({ type: "not_found" });
    const asked = server.asked.length;
    expect(await rejection(open(server.url, { allow: false }))).toMatchObject({ type: "refused" });
    expect(server.asked).toHaveLength(asked);
  });

  test("a download that stalls ends with the signal's reason", async () => {
    const reason = new InferError("timeout", "too slow");
    const controller = new AbortController();
    using server = new PictureServer(
      () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(png.subarray(0, 8)) })),
    );
    setTimeout(() => controller.abort(reason), 50);
    expect(await rejection(open(server.url, { signal: controller.signal }))).toBe(reason);
  });
});

describe("prepareImage", () => {
  async function prepare(
    bytes: Uint8Array,
    terms = { types: COMMON_TYPES, maxBytes: 1_000_000 },
    signal = new AbortController().signal,
  ) {
    writeFileSync(folder.file("in.bin"), bytes);
    const context = fakeContext({ cwd: folder.path });
    const image = await prepareImage(context, await open("in.bin", { context, limit: 1e9 }), terms, signal);
    const sent = await bytesOf(image.source);
    expect(image.source.size).toBe(sent.length);
    return { ...image, sent, warnings: context.report.warnings };
  }

  test.each(["png", "jpeg", "webp"] as const)("a %s goes as it is", async (format) => {
    const bytes = await picture(format);
    const { sent, mimeType, filename, warnings } = await prepare(bytes);
    expect(sent.equals(bytes)).toBe(true);
    expect({ mimeType, filename, warnings }).toEqual({
      mimeType: `image/${format}`,
      filename: `picture.${format === "jpeg" ? "jpg" : format}`,
      warnings: [],
    });
  });

  test("what the provider does not take is converted, and told", async () => {
    const { sent, mimeType, filename, warnings } = await prepare(BMP);
    expect({ mimeType, filename }).toEqual({ mimeType: "image/webp", filename: "picture.webp" });
    expect(await new Bun.Image(sent).metadata()).toMatchObject({ width: 1, height: 1, format: "webp" });
    expect(warnings).toEqual([expect.stringMatching(/in\.bin is image\/bmp: sent as WEBP, 1x1/)]);
  });

  test("one that is too large is made smaller until it fits, in its shape", async () => {
    // Noise cannot be made smaller by packing it better.
    const noise = Buffer.concat([BMP.subarray(0, 54), crypto.getRandomValues(new Uint8Array(60_000)).slice(0, 57_600)]);
    noise.writeInt32LE(160, 18);
    noise.writeInt32LE(120, 22);
    const large = Buffer.from(await new Bun.Image(noise).png().bytes());
    const maxBytes = 9000;
    expect(large.length).toBeGreaterThan(2 * maxBytes);
    const { sent, mimeType, warnings } = await prepare(large, { types: COMMON_TYPES, maxBytes });
    expect(sent.length).toBeLessThanOrEqual(maxBytes);
    const { width, height } = await new Bun.Image(sent).metadata();
    expect(width / height).toBeCloseTo(4 / 3, 1);
    expect(mimeType).toBe("image/webp");
    expect(warnings).toEqual([expect.stringContaining(`${width}x${height}`)]);
    const tiny = prepare(large, { types: COMMON_TYPES, maxBytes: 20 });
    expect(await rejection(tiny)).toMatchObject({ type: "usage", message: expect.stringContaining("made smaller") });
  });

  test("a JPEG stays one, and so does everything where WebP is not taken", async () => {
    const types = new Set(["image/png", "image/jpeg"]);
    expect((await prepare(BMP, { types, maxBytes: 1_000_000 })).mimeType).toBe("image/jpeg");
    const jpeg = await picture("jpeg", 400, 300);
    expect((await prepare(jpeg, { types: COMMON_TYPES, maxBytes: jpeg.length - 1 })).mimeType).toBe("image/jpeg");
  });

  const smaller = { types: COMMON_TYPES, maxBytes: 20_000 };

  test.each([
    [20_000, 1, 8000, 1],
    [1, 20_000, 1, 8000],
    [17_000, 40, 8000, 19],
    [9000, 3000, 8000, 2667],
  ])(
    "%d by %d is more than is sent: %d by %d",
    async (width, height, sentWidth, sentHeight) => {
      const terms = { types: new Set(["image/webp"]), maxBytes: 1_000_000 };
      const { sent, mimeType, warnings } = await prepare(bomb(width, height), terms);
      expect(warnings).toEqual([expect.stringContaining(` ${sentWidth}x${sentHeight},`)]);
      expect(mimeType).toBe("image/webp");
      expect(await new Bun.Image(sent).metadata()).toMatchObject({ width: sentWidth, height: sentHeight });
    },
    30_000,
  );

  test.each([
    [10_100, 10_000, "101 megapixels"],
    [60_000, 60_000, "at most 100 megapixels"],
  ])("%d by %d is refused before it is decoded", async (width, height, message) => {
    const file = bomb(width, 100);
    file.writeUInt32BE(height, 20);
    file.writeUInt32BE(Bun.hash.crc32(file.subarray(12, 29)), 29);
    const error = await rejection(prepare(file, { types: new Set(["image/webp"]), maxBytes: 1_000_000 }));
    expect(error).toMatchObject({
      type: "usage",
      message: expect.stringContaining(message),
      details: { hint: expect.stringContaining("smaller") },
    });
  });

  test("ends with the signal, in the middle of a step; out of time, it says what took it", async () => {
    const file = bomb(5000, 5000);
    expect(file.length).toBeGreaterThan(smaller.maxBytes);
    const interrupted = new InferError("interrupted", "Interrupted by SIGINT.");
    const timeout = new InferError("timeout", "The files could not be read in time.", { retryable: true, hint: "x" });
    for (const [reason, expected] of [
      [interrupted, interrupted],
      [timeout, { type: "timeout", message: expect.stringMatching(/in\.bin could not be converted in time/) }],
    ] as const) {
      const controller = new AbortController();
      const preparing = rejection(prepare(file, smaller, controller.signal));
      await Bun.sleep(100);
      const started = performance.now();
      controller.abort(reason);
      const error = await preparing;
      expect(error).toMatchObject(expected);
      expect(error.details).toMatchObject(reason.details);
      expect(performance.now() - started).toBeLessThan(200);
      // And before the first one.
      expect(await rejection(prepare(file, smaller, controller.signal))).toMatchObject(expected);
    }
  }, 30_000);

  test("what is no picture, and what cannot be decoded, with a way out", async () => {
    expect(await rejection(prepare(Buffer.from("just text")))).toMatchObject({
      type: "usage",
      message: expect.stringContaining("not a known kind of file, not a picture"),
    });
    expect(await rejection(prepare(Buffer.from("%PDF-1.7 ")))).toMatchObject({
      message: expect.stringContaining("pdf"),
    });
    const broken = await rejection(prepare(BMP.subarray(0, 40)));
    expect(broken).toMatchObject({ type: "usage", details: { hint: expect.stringContaining("PNG, JPEG or WebP") } });
    if (process.platform !== "linux") return;
    const heic = await rejection(prepare(HEIC));
    expect(heic).toMatchObject({
      type: "usage",
      message: expect.stringContaining("cannot be converted on this machine"),
    });
  });
});
