/** Pictures of every kind, and servers that hand them out. */
import { deflateSync } from "node:zlib";

const GIF = Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64");

/** A real picture, whole. */
export async function picture(format: "png" | "jpeg" | "webp", width = 8, height = 6): Promise<Buffer> {
  return Buffer.from(await new Bun.Image(GIF).resize(width, height)[format]().bytes());
}

/** A PNG of one grey, whole: a small file, and as large a picture as is wanted. */
export function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const bytes = Buffer.alloc(12 + data.length);
    bytes.writeUInt32BE(data.length, 0);
    bytes.write(type, 4, "latin1");
    bytes.set(data, 8);
    bytes.writeUInt32BE(Bun.hash.crc32(bytes.subarray(4, -4)), 8 + data.length);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const data = deflateSync(Buffer.alloc((width + 1) * height));
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

/** What a server was asked. */
export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: Buffer;
}

/** A server that takes whole requests, however long, and answers what the test says. */
export class PictureServer implements Disposable {
  readonly asked: Asked[] = [];
  readonly #server: Bun.Server<undefined>;

  constructor(answer: (asked: Asked, count: number) => Response | Promise<Response>) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: async (request) => {
        const { pathname, search } = new URL(request.url);
        const body = Buffer.from(await request.arrayBuffer());
        const asked = { method: request.method, path: pathname + search, headers: request.headers, body };
        this.asked.push(asked);
        return answer(asked, this.asked.length);
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** The same server under a name: another origin. */
  get otherUrl(): string {
    return `http://localhost:${this.#server.port}`;
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}

const BLOCK = crypto.getRandomValues(new Uint8Array(65_536));

/** A PNG of any length that is whole as far as its chunks tell, in pieces. */
export function* largePng(size: number): Generator<Uint8Array> {
  const head = Buffer.alloc(41);
  Buffer.from("89504e470d0a1a0a0000000d4948445200000400000003000806", "hex").copy(head);
  const end = Buffer.from("000000000000000049454e44ae426082", "hex");
  head.writeUInt32BE(size - head.length - end.length, 33);
  head.write("IDAT", 37, "latin1");
  yield head;
  for (let left = size - head.length - end.length; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, left);
  yield end;
}

/** Bytes in base64, in pieces. */
export function* base64Pieces(pieces: Iterable<Uint8Array>): Generator<string> {
  let rest: Uint8Array = new Uint8Array();
  for (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 3);
    yield bytes.subarray(0, whole).toString("base64");
    rest = bytes.subarray(whole);
  }
  yield Buffer.from(rest).toString("base64");
}

/** A body that is made while it is read. */
export function streamed(pieces: Iterable<string | Uint8Array>): ReadableStream {
  const iterator = pieces[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const next = iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(typeof next.value === "string" ? Buffer.from(next.value, "latin1") : next.value);
    },
  });
}
