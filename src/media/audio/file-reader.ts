import { type FileHandle, open } from "node:fs/promises";
import { InferError, messageOf } from "../../core/error.ts";

/** Twice the longest unit that is looked at as one: a page of Ogg, 65,307 bytes. */
const BUFFER = 128 * 1024;

/** A file read from front to back with a look ahead. Memory is one buffer, whatever the file. */
export class FileReader implements AsyncDisposable {
  /** Bytes from the beginning of the file. */
  position = 0;
  readonly #buffer = new Uint8Array(BUFFER);
  #start = 0;
  #end = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    /** Bytes. */
    readonly size: number,
  ) {}

  /** Throws `io`. */
  static async open(path: string): Promise<FileReader> {
    try {
      const handle = await open(path);
      return new FileReader(handle, path, (await handle.stat()).size);
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
  }

  get left(): number {
    return Math.max(0, this.size - this.position);
  }

  /** The bytes from the position on: as many as asked for (at most 64 KiB), fewer at the end. Good until the next call. */
  async peek(count: number): Promise<Uint8Array> {
    const wanted = Math.min(count, this.left);
    if (this.position < this.#start || this.position + wanted > this.#end) await this.#fill(wanted);
    const at = this.position - this.#start;
    return this.#buffer.subarray(at, Math.min(at + wanted, this.#end - this.#start));
  }

  skip(count: number): void {
    this.position += count;
  }

  async #fill(wanted: number): Promise<void> {
    this.#start = this.position;
    this.#end = this.position;
    try {
      while (this.#end - this.#start < wanted) {
        const at = this.#end - this.#start;
        const { bytesRead } = await this.handle.read(this.#buffer, at, BUFFER - at, this.#end);
        if (bytesRead === 0) return;
        this.#end += bytesRead;
      }
    } catch (thrown) {
      throw unreadable(this.path, thrown);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

/** The same bytes in pieces of a good size, each its own: what comes in may be used again by whoever made it. */
export async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = new Uint8Array(BLOCK);
  let size = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + BLOCK - size);
      block.set(part, size);
      size += part.length;
      at += part.length;
      if (size < BLOCK) continue;
      yield block;
      block = new Uint8Array(BLOCK);
      size = 0;
    }
  }
  if (size > 0) yield block.subarray(0, size);
}

const BLOCK = 64 * 1024;

function unreadable(path: string, thrown: unknown): InferError {
  return new InferError("io", `${path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
}
