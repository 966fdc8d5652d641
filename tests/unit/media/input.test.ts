import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferError } from "../../../src/core/error.ts";
import { type HttpRequest, send } from "../../../src/http/client.ts";
import type { ByteSource } from "../../../src/http/source.ts";
import { type InputHead, openInput, readInput } from "../../../src/media/input.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";

const PNG_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PNG = Buffer.from(PNG_BASE64, "base64");
const PNG_PERCENT = Array.from(PNG, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "infer-input-"));
  writeFileSync(join(folder, "a.png"), PNG);
  writeFileSync(join(folder, "lies.txt"), PNG);
  writeFileSync(join(folder, "lies.png"), "just text");
  writeFileSync(join(folder, "naïve name%20#?.png"), PNG);
  writeFileSync(join(folder, "empty.png"), "");
  mkdirSync(join(folder, "folder.png"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface World {
  stdin?: string;
  limit?: number;
  allow?: boolean;
  signal?: AbortSignal;
}

function read(file: string, { stdin = "", limit = 1024, allow = true, signal }: World = {}) {
  const context = fakeContext({ cwd: folder, stdin: { kind: "pipe", text: stdin } });
  const options = { limit, allowPrivateNetwork: allow, signal: signal ?? new AbortController().signal };
  return readInput(context, file, options);
}

async function failure(file: string, world?: World): Promise<InferError> {
  const thrown: unknown = await read(file, world).then(
    () => new Error("it went well"),
    (error: unknown) => error,
  );
  if (thrown instanceof InferError) return thrown;
  throw thrown;
}

describe("a path", () => {
  test("relative to the working directory, told as an absolute path", async () => {
    const { origin, bytes, mimeType } = await read("a.png");
    expect(origin).toBe(join(folder, "a.png"));
    expect(Buffer.from(bytes).equals(PNG)).toBe(true);
    expect(mimeType).toBe("image/png");
  });

  test("that is absolute", async () => {
    expect((await read(join(folder, "a.png"))).origin).toBe(join(folder, "a.png"));
  });

  test("with odd characters is taken as it is", async () => {
    expect((await read("naïve name%20#?.png")).mimeType).toBe("image/png");
  });

  test("type by content, not by name", async () => {
    expect((await read("lies.txt")).mimeType).toBe("image/png");
    expect((await read("lies.png")).mimeType).toBeUndefined();
  });

  test("missing → not_found", async () => {
    const error = await failure("nothing.png");
    expect(error.type).toBe("not_found");
    expect(error.message).toContain(join(folder, "nothing.png"));
  });

  test("below a file → not_found", async () => {
    expect((await failure("a.png/b.png")).type).toBe("not_found");
  });

  test("a folder → io that says so", async () => {
    const error = await failure("folder.png", { limit: 1024 * 1024 });
    expect(error.type).toBe("io");
    expect(error.message).toContain("folder");
  });

  test("empty → usage", async () => {
    const error = await failure("empty.png");
    expect(error.type).toBe("usage");
    expect(error.message).toContain("empty");
  });

  test("larger than the limit by one byte → usage; at the limit it passes", async () => {
    const error = await failure("a.png", { limit: PNG.length - 1 });
    expect(error.type).toBe("usage");
    expect(error.message).toContain("larger");
    expect((await read("a.png", { limit: PNG.length })).bytes).toHaveLength(PNG.length);
  });

  test("far larger than the memory is refused without being read", async () => {
    const path = join(folder, "sparse.png");
    writeFileSync(path, PNG);
    truncateSync(path, 64 * 1024 ** 3);
    expect((await failure("sparse.png")).type).toBe("usage");
  });
});

describe("-", () => {
  test("is stdin", async () => {
    expect(await read("-", { stdin: "hello" })).toEqual({
      origin: "-",
      bytes: new TextEncoder().encode("hello"),
      mimeType: undefined,
    });
  });

  test("empty, or too large → usage", async () => {
    expect((await failure("-")).type).toBe("usage");
    expect((await failure("-", { stdin: "x".repeat(1025) })).type).toBe("usage");
  });
});

describe("a data: URL", () => {
  test.each([
    ["base64", `data:image/png;base64,${PNG_BASE64}`],
    ["base64 in capitals", `DATA:image/png;BASE64,${PNG_BASE64}`],
    ["base64 without padding", `data:image/png;base64,${PNG_BASE64.replace(/=+$/, "")}`],
    ["base64 broken into lines", `data:image/png;base64,${PNG_BASE64.replace(/(.{20})/g, "$1\r\n")}`],
    ["base64 that is percent-encoded", `data:image/png;base64,${encodeURIComponent(PNG_BASE64)}`],
    ["base64 after a space", `data:image/png; base64,${PNG_BASE64}`],
    ["without a type", `data:;base64,${PNG_BASE64}`],
    ["with parameters", `data:image/png;name=a.png;base64,${PNG_BASE64}`],
    ["the wrong type: content counts", `data:text/plain;base64,${PNG_BASE64}`],
    ["percent-encoded bytes", `data:image/png,${PNG_PERCENT}`],
  ])("%s", async (_name, url) => {
    const { origin, bytes, mimeType } = await read(url);
    expect(origin).toBe("data:");
    expect(Buffer.from(bytes).equals(PNG)).toBe(true);
    expect(mimeType).toBe("image/png");
  });

  test("percent-encoded text", async () => {
    const { bytes } = await read("data:text/plain;charset=utf-8,a%20b%2Cc,%C3%A9é");
    expect(new TextDecoder().decode(bytes)).toBe("a b,c,éé");
  });

  test.each([
    "data:",
    "data:image/png;base64",
    "data:image/png;base64,@@@@",
    "data:image/png;base64,AA=A",
    "data:;base64,A",
  ])("%s → usage, and the data is not repeated", async (url) => {
    const error = await failure(url);
    expect(error.type).toBe("usage");
    expect(error.message).not.toContain("@@@@");
  });

  test("empty, or too large → usage", async () => {
    expect((await failure("data:image/png;base64,")).type).toBe("usage");
    expect((await failure("data:,")).type).toBe("usage");
    expect((await failure(`data:image/png;base64,${PNG_BASE64}`, { limit: 10 })).type).toBe("usage");
  });
});

describe("a URL", () => {
  async function withServer<T>(
    answer: (request: Request) => Response,
    use: (origin: string) => Promise<T>,
  ): Promise<T> {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
    return await use(`http://127.0.0.1:${server.port}`);
  }

  test("is downloaded, its type by content and not by header", async () => {
    const headers = { "content-type": "text/plain" };
    await withServer(
      () => new Response(PNG, { headers }),
      async (origin) => {
        const input = await read(`${origin}/x.txt`);
        expect(input.origin).toBe(`${origin}/x.txt`);
        expect(input.mimeType).toBe("image/png");
        expect(Buffer.from(input.bytes).equals(PNG)).toBe(true);
      },
    );
  });

  test.each([
    [404, "not_found"],
    [500, "provider_error"],
    [204, "provider_error"],
  ] as const)("HTTP %d → %s with the status", async (status, type) => {
    await withServer(
      () => new Response(null, { status }),
      async (origin) => {
        const error = await failure(`${origin}/x`);
        expect(error.type).toBe(type);
        expect(error.details.status).toBe(status);
      },
    );
  });

  test("empty → usage", async () => {
    await withServer(
      () => new Response(""),
      async (origin) => {
        expect((await failure(origin)).type).toBe("usage");
      },
    );
  });

  test("without end is cut off at the limit", async () => {
    let sent = 0;
    const body = () =>
      new ReadableStream({
        async pull(controller) {
          sent += 1024;
          controller.enqueue(new Uint8Array(1024));
          await Bun.sleep(0);
        },
      });
    await withServer(
      () => new Response(body()),
      async (origin) => {
        const error = await failure(origin, { limit: 4096 });
        expect(error.message).toContain("larger than");
        expect(sent).toBeLessThan(10_000_000);
      },
    );
  });

  test("on a private address needs leave", async () => {
    await withServer(
      () => new Response(PNG),
      async (origin) => {
        expect((await failure(origin, { allow: false })).type).toBe("refused");
      },
    );
  });

  test("that stalls ends with the signal's reason", async () => {
    const reason = new InferError("timeout", "too slow");
    const controller = new AbortController();
    await withServer(
      () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(PNG.subarray(0, 8)) })),
      async (origin) => {
        setTimeout(() => controller.abort(reason), 30);
        expect(await failure(origin, { signal: controller.signal })).toBe(reason);
      },
    );
  });

  test("that tells more than the limit is refused before its body is there", async () => {
    // The body never comes.
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n"));
    });
    const error = await failure(await listening(server), { limit: 4999 });
    server.close();
    expect({ type: error.type, isTooLarge: error.message.includes("is larger than") }).toEqual({
      type: "usage",
      isTooLarge: true,
    });
  });

  test.each(["http://", "https://", "http://:80/x", "https://user:secret@:443"])(
    "%s is no address: usage",
    async (url) => {
      const error = await failure(url);
      expect(error.type).toBe("usage");
      expect(error.message).toMatch(/is no address\.$/);
      expect(error.message).not.toContain("secret");
    },
  );

  test.each(["file:///etc/passwd", "ftp://example.com/x"])("%s is no address that --file takes", async (url) => {
    expect(await failure(url)).toMatchObject({
      type: "usage",
      message: expect.stringContaining(url.split(":")[0] ?? ""),
    });
  });
});

describe("openInput", () => {
  let litter: AsyncDisposableStack;
  let arrivals = "";
  const realTmp = process.env.TMPDIR;
  beforeEach(() => {
    litter = new AsyncDisposableStack();
    arrivals = mkdtempSync(join(folder, "tmp-"));
    process.env.TMPDIR = arrivals;
  });
  afterEach(async () => {
    if (realTmp === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = realTmp;
    await litter.disposeAsync();
    expect(readdirSync(arrivals)).toEqual([]);
  });

  const OPTIONS = { limit: 1024 ** 3, allowPrivateNetwork: true, signal: new AbortController().signal };

  function open(file: string, accepts?: (begun: InputHead) => void, context = fakeContext({ cwd: folder })) {
    return openInput(context, file, { ...OPTIONS, litter, ...(accepts && { accepts }) });
  }

  async function sent(source: ByteSource): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.open()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  test("what is added to a file while it is sent is left out", async () => {
    const path = join(folder, "growing.txt");
    writeFileSync(path, "first");
    const { source, size } = await open(path);
    appendFileSync(path, " and second");
    expect({ size, told: source.size, sent: await sent(source) }).toEqual({ size: 5, told: 5, sent: "first" });
  });

  test("a file that shrinks is told as that, and not as the network", async () => {
    const path = join(folder, "shrinking.bin");
    writeFileSync(path, "x".repeat(3_000_000));
    const { source } = await open(path);
    truncateSync(path, 2_000_000);
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => new Response(await request.text()),
    });
    const request: HttpRequest = { method: "POST", url: server.url.href, headers: {}, body: source };
    const error = await rejection(send(fakeContext(), request, OPTIONS.signal));
    expect({ type: error.type, message: error.message, retryable: error.retryable }).toEqual({
      type: "io",
      message: `${path} changed while it was sent.`,
      retryable: false,
    });
  });

  test("a file that is gone by then is told as that", async () => {
    const path = join(folder, "gone.txt");
    writeFileSync(path, "here");
    const { source } = await open(path);
    rmSync(path);
    expect((await rejection(sent(source))).type).toBe("not_found");
  });

  test("of what is not wanted, no more is fetched than it is known by, and nothing is written", async () => {
    const context = fakeContext({ cwd: folder });
    let fetched = 0;
    let isOver = false;
    context.stdio.stdin = async function* () {
      try {
        for (;;) {
          fetched += 65_536;
          yield new Uint8Array(65_536);
        }
      } finally {
        isOver = true;
      }
    };
    const heads: InputHead[] = [];
    const refuse = (begun: InputHead): void => {
      heads.push(begun);
      throw new InferError("usage", "not that");
    };
    expect((await rejection(open("-", refuse, context))).message).toBe("not that");
    expect({ fetched, isOver, files: readdirSync(arrivals) }).toEqual({ fetched: 524_288, isOver: true, files: [] });
    expect(heads.map(({ origin, head, mimeType }) => [origin, head.length, mimeType])).toEqual([
      ["-", 524_288, undefined],
    ]);
  });

  test.each(["a.png", `data:;base64,${PNG_BASE64}`, "-"])("%s: asked once, with all there is of it", async (file) => {
    const heads: InputHead[] = [];
    const context = fakeContext({ cwd: folder });
    context.stdio.stdin = async function* () {
      yield PNG.subarray(0, 7);
      yield PNG.subarray(7);
    };
    const input = await open(file, (begun) => heads.push(begun), context);
    expect(heads).toHaveLength(1);
    expect(heads[0]).toMatchObject({ origin: input.origin, mimeType: "image/png", extension: "png" });
    expect(Buffer.from(heads[0]?.head ?? []).equals(PNG)).toBe(true);
    expect(input.size).toBe(PNG.length);
  });

  test("of a large one that is wanted, every byte arrives", async () => {
    const bytes = Buffer.alloc(1_500_001, "0123456789");
    const context = fakeContext();
    context.stdio.stdin = async function* () {
      for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
    };
    const { source, size, head } = await open("-", () => undefined, context);
    expect({ size, head: head.length, isSame: (await sent(source)) === bytes.toString() }).toEqual({
      size: 1_500_001,
      head: 524_288,
      isSame: true,
    });
  });

  test("nothing at all → usage", async () => {
    const context = fakeContext({ stdin: { kind: "pipe", text: "" } });
    expect((await rejection(open("-", undefined, context))).message).toBe("- is empty.");
    expect((await rejection(open("empty.png"))).message).toEndWith("empty.png is empty.");
  });
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}
