import { InferError } from "../core/error.ts";

/** Bytes to send, which can be read again for another try: a file, something in memory, or several of them in a row. */
export interface ByteSource {
  /** Bytes; `undefined` when it cannot be known before it is read. */
  size: number | undefined;
  open(): AsyncIterable<Uint8Array>;
}

export function memorySource(data: string | Uint8Array): ByteSource {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return {
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

/** One after the other. */
export function joined(sources: readonly ByteSource[]): ByteSource {
  const sizes = sources.map(({ size }) => size);
  return {
    size: sizes.every((size) => size !== undefined)
      ? sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
      : undefined,
    async *open() {
      for (const source of sources) yield* source.open();
    },
  };
}

/** Its bytes, as many as are told; throws `io` when there are others by now. Too few or too many break a request that names a size. */
export async function* exactly(source: ByteSource): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of source.open()) {
    count += chunk.length;
    if (count > (source.size ?? count)) break;
    yield chunk;
  }
  if (source.size !== undefined && count !== source.size) {
    throw new InferError("io", "What was being sent changed while it was sent.");
  }
}

/** The same bytes in base64, without ever holding more than a piece of them. */
export function base64Source(source: ByteSource): ByteSource {
  return {
    size: source.size === undefined ? undefined : 4 * Math.ceil(source.size / 3),
    async *open() {
      let rest: Uint8Array = new Uint8Array();
      for await (const chunk of source.open()) {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        // Three bytes are four characters: what is over waits for the next piece.
        const whole = bytes.length - (bytes.length % 3);
        if (whole > 0) yield encode(bytes.subarray(0, whole));
        rest = bytes.slice(whole);
      }
      if (rest.length > 0) yield encode(rest);
    },
  };
}

function encode(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), "latin1");
}
