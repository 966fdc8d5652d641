import { viewOf } from "../view.ts";
import type { FileReader } from "./file-reader.ts";

/** What a FLAC tells without decoding: https://xiph.org/flac/format.html, RFC 9639. */
export interface Flac {
  sampleRate: number;
  /** Of each channel; 0 where neither the head nor the last frame tells. */
  samples: number;
  /** There is nothing behind the head. */
  empty: boolean;
  /** The last frame is there, to its last byte. */
  whole: boolean;
}

/** `undefined`: it is none, or its head is cut. Throws `io`. */
export async function flacIn(reader: FileReader): Promise<Flac | undefined> {
  const head = Buffer.from(await reader.peek(42));
  if (head.length < 42 || head.toString("latin1", 0, 4) !== "fLaC") return undefined;
  const blockSize = head.readUInt16BE(10);
  const sampleRate = head.readUIntBE(18, 3) >> 4;
  const samples = ((head[21] ?? 0) & 15) * 2 ** 32 + head.readUInt32BE(22);
  reader.skip(4);
  for (let isLast = false; !isLast; ) {
    const block = Buffer.from(await reader.peek(4));
    if (block.length < 4) return undefined;
    isLast = (block[0] ?? 0) > 0x7f;
    reader.skip(4 + block.readUIntBE(1, 3));
  }
  if (reader.left === 0) return { sampleRate, samples, empty: true, whole: false };
  const isAllSeen = reader.left <= TAIL;
  reader.skip(reader.left - Math.min(TAIL, reader.left));
  const end = lastFrame(await reader.peek(TAIL), blockSize);
  // A frame of more than 64 KiB, which no speech has, tells nothing.
  const isUnknown = end === undefined && !isAllSeen;
  const reached = end ?? 0;
  return {
    sampleRate,
    samples: samples || reached,
    empty: false,
    whole: isUnknown || (reached > 0 && reached >= samples),
  };
}

/** A frame of speech has a few KiB. */
const TAIL = 64 * 1024;

/**
 * The sample behind the frame that ends where these bytes end; `null` when none does, though frames begin in there, and
 * `undefined` when none begins.
 */
function lastFrame(bytes: Uint8Array, blockSize: number): number | null | undefined {
  let found: null | undefined;
  for (let at = bytes.length - SHORTEST_FRAME; at >= 0; at--) {
    if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8) continue;
    const frame = readFrameHeader(bytes.subarray(at, at + LONGEST_HEADER), blockSize);
    if (!frame) continue;
    // With its own checksum behind it, the checksum of a frame is 0.
    if (checksum16(bytes.subarray(at)) === 0) return frame.end;
    found = null;
  }
  return found;
}

/** Bytes. */
const SHORTEST_FRAME = 9;
const LONGEST_HEADER = 16;

function readFrameHeader(bytes: Uint8Array, usualSize: number): { end: number } | undefined {
  const [, second = 0, third = 0, fourth = 0, fifth = 0] = bytes;
  const sizeCode = third >> 4;
  const rateCode = third & 15;
  if (sizeCode === 0 || rateCode === 15 || fourth >> 4 > 10 || fourth % 2 === 1) return undefined;
  // Written as UTF-8 writes a letter, up to 36 bits.
  const ones = Math.clz32(~(fifth << 24));
  if (ones === 1 || ones > 7) return undefined;
  const numberSize = Math.max(1, ones);
  let number = ones === 0 ? fifth : fifth & (0x7f >> ones);
  for (const byte of bytes.subarray(5, 4 + numberSize)) {
    if (byte >> 6 !== 2) return undefined;
    number = number * 64 + (byte & 0x3f);
  }
  const sizeAt = 4 + numberSize;
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const rateBytes = rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  const length = sizeAt + sizeBytes + rateBytes + 1;
  if (length > bytes.length || checksum8(bytes.subarray(0, length)) !== 0) return undefined;
  const own = sizeBytes === 0 ? blockSizeOf(sizeCode) : 1 + numberAt(bytes, sizeAt, sizeBytes);
  // Where all blocks have one size, they are counted, else the samples are.
  return { end: (second % 2 === 1 ? number : number * usualSize) + own };
}

function blockSizeOf(code: number): number {
  if (code === 1) return 192;
  return code < 6 ? 576 * 2 ** (code - 2) : 256 * 2 ** (code - 8);
}

function numberAt(bytes: Uint8Array, at: number, size: number): number {
  return size === 1 ? (bytes[at] ?? 0) : viewOf(bytes).getUint16(at);
}

function checksum8(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80 ? ((sum << 1) ^ 0x07) & 0xff : sum << 1;
  }
  return sum;
}

function checksum16(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = ((sum << 8) & 0xffff) ^ (REMAINDERS[(sum >> 8) ^ byte] ?? 0);
  return sum;
}

/** Of each byte, divided by x¹⁶ + x¹⁵ + x² + 1. */
const REMAINDERS = Uint16Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 8;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? (sum << 1) ^ 0x8005 : sum << 1;
  return sum;
});
