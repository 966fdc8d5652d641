import { viewOf } from "../view.ts";
import type { FileReader } from "./file-reader.ts";

/** A page of an Ogg stream, RFC 3533. */
export interface OggPage {
  /** Its first packet began on the page before. */
  isContinued: boolean;
  /** The first of its stream. */
  isFirst: boolean;
  /** The last of its stream. */
  isLast: boolean;
  /** What has been heard at its end, in the codec's own units; `undefined` where no packet ends on it. */
  granule: number | undefined;
  serial: number;
  /** The sizes of the packets' parts: one of 255 bytes goes on in the next. */
  lacing: Uint8Array;
  payload: Uint8Array;
  /** Whether its checksum is right. */
  isIntact: boolean;
}

const HEADER = 27;
const CAPTURE = 0x5367_674f;
const CHECKSUM_AT = 22;
const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;
const NO_GRANULE = 0xffff_ffff_ffff_ffffn;

/** The page that begins here, and the reader behind it. Its bytes are good until the reader is asked again. */
export async function nextPage(reader: FileReader): Promise<OggPage | "end" | "broken"> {
  if (reader.left === 0) return "end";
  const header = await reader.peek(HEADER + 255);
  if (header.length < HEADER || viewOf(header).getUint32(0, true) !== CAPTURE) return "broken";
  const parts = header[26] ?? 0;
  const size = HEADER + parts + header.subarray(HEADER, HEADER + parts).reduce((sum, part) => sum + part, 0);
  const bytes = await reader.peek(size);
  if (header.length < HEADER + parts || bytes.length < size) return "broken";
  reader.skip(size);
  const view = viewOf(bytes);
  const flags = view.getUint8(5);
  const granule = view.getBigUint64(6, true);
  return {
    isContinued: (flags & CONTINUED) !== 0,
    isFirst: (flags & FIRST) !== 0,
    isLast: (flags & LAST) !== 0,
    granule: granule === NO_GRANULE ? undefined : Number(BigInt.asIntN(64, granule)),
    serial: view.getUint32(14, true),
    lacing: bytes.subarray(HEADER, HEADER + parts),
    payload: bytes.subarray(HEADER + parts),
    isIntact: view.getUint32(CHECKSUM_AT, true) === checksum(bytes),
  };
}

/** The page as it is written, with this place in its stream. */
export function writePage(page: Omit<OggPage, "isIntact">, sequence: number): Uint8Array {
  const bytes = new Uint8Array(HEADER + page.lacing.length + page.payload.length);
  const view = viewOf(bytes);
  view.setUint32(0, CAPTURE, true);
  bytes[5] = (page.isContinued ? CONTINUED : 0) | (page.isFirst ? FIRST : 0) | (page.isLast ? LAST : 0);
  view.setBigUint64(6, page.granule === undefined ? NO_GRANULE : BigInt(page.granule), true);
  view.setUint32(14, page.serial, true);
  view.setUint32(18, sequence, true);
  bytes[26] = page.lacing.length;
  bytes.set(page.lacing, HEADER);
  bytes.set(page.payload, HEADER + page.lacing.length);
  view.setUint32(CHECKSUM_AT, checksum(bytes), true);
  return bytes;
}

/** Whether the last page of an Ogg file is there in full and says that it is the last. `tail`: 64 KiB, or all of it. */
export function endsAsOgg(tail: Uint8Array): boolean {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  const page = end.subarray(Math.max(0, end.lastIndexOf("OggS")));
  const parts = page[26];
  if (parts === undefined) return false;
  const size = HEADER + parts + page.subarray(HEADER, HEADER + parts).reduce((sum, part) => sum + part, 0);
  return page.length >= size && ((page[5] ?? 0) & LAST) !== 0;
}

/** CRC-32 with 0x04c11db7, neither reflected nor inverted, over the page with zeros where the checksum stands. */
function checksum(page: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < page.length; at++) {
    const byte = at >= CHECKSUM_AT && at < CHECKSUM_AT + 4 ? 0 : (page[at] ?? 0);
    crc = (crc << 8) ^ (TABLE[(crc >>> 24) ^ byte] ?? 0);
  }
  return crc >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  return crc >>> 0;
});
