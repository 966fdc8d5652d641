import { createHash } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { InferError, messageOf } from "../core/error.ts";
import { isWhole } from "./completeness.ts";
import { sniff } from "./sniff.ts";
import { isSvg } from "./svg.ts";

/** A file that is complete, and not yet under its final name. */
export interface StoredFile {
  path: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** By content; `undefined` when the bytes are nothing that is known. */
  kind: { mimeType: string; extension: string } | undefined;
  /** Enough of the beginning to find what the header says. */
  head: Uint8Array;
  /** Whether the end is there, as far as the format tells. */
  whole: boolean;
}

/** Headers with a preview in them put the size of a picture far behind. */
const HEAD = 512 * 1024;
/** Some writers put something of their own behind a picture. */
const TAIL = 64 * 1024;

/**
 * A file as it arrives: written beside its destination, so that it can be renamed there, and removed unless it was. What
 * it is and its checksum are found on the way; memory does not grow with it.
 */
export class PartFile implements AsyncDisposable {
  readonly #hash = createHash("sha256");
  readonly #head: Uint8Array[] = [];
  #headSize = 0;
  readonly #tail = new Tail();
  #size = 0;
  #moved = false;

  private constructor(
    readonly path: string,
    readonly handle: FileHandle,
  ) {}

  static async create(folder: string): Promise<PartFile> {
    const path = join(folder, `.${Bun.randomUUIDv7().slice(-12)}.part`);
    try {
      return new PartFile(path, await open(path, "wx", 0o644));
    } catch (thrown) {
      throw unwritable(folder, thrown);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#hash.update(bytes);
    this.#size += bytes.length;
    if (this.#headSize < HEAD) {
      const piece = bytes.slice(0, HEAD - this.#headSize);
      this.#head.push(piece);
      this.#headSize += piece.length;
    }
    this.#tail.push(bytes);
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done);
        done += bytesWritten;
      }
    } catch (thrown) {
      throw unwritable(this.path, thrown);
    }
  }

  /** Everything has arrived: it is on the disk, and known for what it is. */
  async end(): Promise<StoredFile> {
    try {
      await this.handle.sync();
      await this.handle.close();
    } catch (thrown) {
      throw unwritable(this.path, thrown);
    }
    const head = Buffer.concat(this.#head.splice(0));
    const known = await sniff(head);
    // To others it is XML, or nothing that is known.
    const kind = !known?.mimeType.startsWith("image/") && isSvg(head) ? SVG : known;
    return {
      path: this.path,
      size: this.#size,
      sha256: this.#hash.digest("hex"),
      kind,
      head,
      whole: isWhole(kind?.mimeType, head, this.#tail.bytes(), this.#size),
    };
  }

  /** Gives it its name, over whatever had it before. */
  async moveTo(path: string): Promise<void> {
    await rename(this.path, path);
    this.#moved = true;
  }

  /**
   * Its bytes, once it has ended. Where the system allows that its name goes first: a reader that takes no more bytes
   * holds this up until the process is ended, and nothing of it may stay.
   */
  async *readNameless(): AsyncGenerator<Uint8Array> {
    const handle = await open(this.path);
    try {
      await unlink(this.path).catch(() => undefined);
      yield* handle.createReadStream({ autoClose: false });
    } finally {
      await handle.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#moved) return;
    await this.handle.close().catch(() => undefined);
    await unlink(this.path).catch(() => undefined);
  }
}

/** The last bytes of many; with room for as many again, so that they move only now and then. */
class Tail {
  readonly #buffer = new Uint8Array(2 * TAIL);
  #size = 0;

  push(bytes: Uint8Array): void {
    const last = bytes.subarray(-TAIL);
    if (this.#size + last.length > this.#buffer.length) {
      const kept = TAIL - last.length;
      this.#buffer.copyWithin(0, this.#size - kept, this.#size);
      this.#size = kept;
    }
    this.#buffer.set(last, this.#size);
    this.#size += last.length;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(Math.max(0, this.#size - TAIL), this.#size);
  }
}

const SVG = { mimeType: "image/svg+xml", extension: "svg" };

function unwritable(path: string, thrown: unknown): InferError {
  const [why] = messageOf(thrown).split(", ");
  return new InferError("io", `${path} cannot be written: ${why}`, { cause: thrown });
}
