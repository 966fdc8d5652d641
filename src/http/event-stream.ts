import { InferError } from "../core/error.ts";
import type { Frame } from "./frames.ts";

/**
 * `application/vnd.amazon.eventstream`: binary messages with headers and two checksums. The vendor's own codec
 * (@smithy/eventstream-codec) takes 20 ms to load and reads whole messages only, so this is read here.
 * The format: https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export async function* awsEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const queue = new MessageQueue();
  for await (const chunk of body) {
    queue.push(chunk);
    for (let message = queue.take(); message; message = queue.take()) yield readMessage(message);
  }
  if (queue.size > 0) yield { data: "", unterminated: true };
}

/** Total length, length of the headers, and the checksum of these two. */
const PRELUDE = 12;
const CHECKSUM = 4;
/** The format allows 16 MiB; a length that no vendor sends must not fill the memory. */
const LONGEST_MESSAGE = 2 ** 24 - 1;

/** Cuts the bytes into messages, wherever the chunks end. */
class MessageQueue {
  size = 0;
  #pieces: Buffer[] = [];
  /** Bytes that have to be there before the next look: the prelude, then the whole message. */
  #wanted = PRELUDE;

  push(chunk: Uint8Array): void {
    this.#pieces.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    this.size += chunk.length;
  }

  take(): Buffer | null {
    if (this.size < this.#wanted) return null;
    const bytes = this.#joined();
    if (this.#wanted === PRELUDE) this.#wanted = messageLength(bytes);
    if (this.size < this.#wanted) return null;
    const rest = bytes.subarray(this.#wanted);
    const message = bytes.subarray(0, this.#wanted);
    this.#pieces = [rest];
    this.size = rest.length;
    this.#wanted = PRELUDE;
    return message;
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    if (first && this.#pieces.length === 1) return first;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }
}

function messageLength(bytes: Buffer): number {
  const total = bytes.readUInt32BE(0);
  if (Bun.hash.crc32(bytes.subarray(0, PRELUDE - CHECKSUM)) !== bytes.readUInt32BE(PRELUDE - CHECKSUM)) {
    throw new InferError("provider_error", "The answer cannot be understood: it is no AWS event stream.", {
      hint: "Check that baseUrl and api in the config fit this server.",
    });
  }
  if (total > LONGEST_MESSAGE) {
    throw new InferError("provider_error", `The stream sent a message of more than ${LONGEST_MESSAGE} bytes.`);
  }
  if (total < PRELUDE + bytes.readUInt32BE(4) + CHECKSUM) throw damaged("a message is shorter than its headers");
  return total;
}

function readMessage(message: Buffer): Frame {
  const end = message.length - CHECKSUM;
  if (Bun.hash.crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) {
    throw damaged("the checksum of a message does not fit");
  }
  const start = PRELUDE + message.readUInt32BE(4);
  const headers = readHeaders(message.subarray(PRELUDE, start));
  const data = message.toString("utf8", start, end);
  switch (headers.get(":message-type")) {
    case "exception":
      return { event: headers.get(":exception-type"), data, failed: true };
    case "error":
      // Such a message has no payload.
      return {
        event: headers.get(":error-code"),
        data: JSON.stringify({ message: headers.get(":error-message") }),
        failed: true,
      };
    default:
      return { event: headers.get(":event-type"), data };
  }
}

/** Bytes that a value takes, by its type; 6 and 7 say so themselves. */
const SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const BYTES = 6;
const STRING = 7;

/** The headers that are text: no other has a meaning here. */
function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  try {
    while (at < bytes.length) {
      const nameEnd = at + 1 + bytes.readUInt8(at);
      const name = bytes.toString("utf8", at + 1, nameEnd);
      const type = bytes.readUInt8(nameEnd);
      const isCounted = type === BYTES || type === STRING;
      const start = nameEnd + (isCounted ? 3 : 1);
      const size = isCounted ? bytes.readUInt16BE(nameEnd + 1) : SIZES[type];
      if (size === undefined || start + size > bytes.length) throw new RangeError();
      if (type === STRING) headers.set(name, bytes.toString("utf8", start, start + size));
      at = start + size;
    }
  } catch {
    throw damaged("the headers of a message cannot be read");
  }
  return headers;
}

function damaged(how: string): InferError {
  return new InferError("provider_error", `The stream is damaged: ${how}.`, { retryable: true });
}
