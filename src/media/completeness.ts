import { endsAsOgg } from "./audio/ogg.ts";
import { readWavHeader } from "./audio/wav.ts";
import { isWholeSvg } from "./svg.ts";
import { viewOf } from "./view.ts";

/**
 * Whether a file ends as its format says that it must. A transfer that broke off without an error looks like a picture
 * or a recording from its beginning; formats without an end of their own count as whole, as do those whose end is told by
 * reading all of it (MP3, AAC: see `soundIn`). What stands behind the end does no harm.
 */
export function isWhole(mimeType: string | undefined, head: Uint8Array, tail: Uint8Array, size: number): boolean {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  switch (mimeType) {
    case "image/png":
    case "image/apng": {
      // The last chunk: its length 0, its name, its checksum of four bytes. Some writers pad behind it.
      const last = end.lastIndexOf("\0\0\0\0IEND");
      return last !== -1 && last + 12 <= end.length;
    }
    case "image/jpeg":
      return end.indexOf(JPEG_END, Math.max(0, jpegScanAt(head) - (size - end.length))) !== -1;
    case "image/gif":
      // Any byte may be a semicolon: the end is the last one that says something.
      return end.findLast((byte) => byte !== 0) === 0x3b;
    case "image/webp":
      // RIFF says how much follows its first eight bytes.
      return head.length >= 12 && size >= viewOf(head).getUint32(4, true) + 8;
    case "image/bmp":
      // Some writers leave the field empty.
      return head.length >= 6 && size >= viewOf(head).getUint32(2, true);
    case "image/avif":
    case "image/heic":
    case "image/heif":
    case "image/heic-sequence":
    case "image/heif-sequence":
    case "audio/mp4":
    case "audio/x-m4a":
      return hasWholeBoxes(head, size);
    case "audio/wav": {
      const header = readWavHeader(head);
      return size >= (header?.dataAt ?? 0) + (header?.dataSize ?? 0);
    }
    case "audio/ogg":
    case "audio/ogg; codecs=opus":
      return endsAsOgg(tail);
    case "image/svg+xml":
      return isWholeSvg(head, tail);
    default:
      return true;
  }
}

const JPEG_END = Buffer.from([0xff, 0xd9]);
const JPEG_SCAN = 0xda;

/**
 * Where the picture itself begins: an end before that is the end of the small preview in the header. The end of the head
 * when the header is longer than that.
 */
function jpegScanAt(head: Uint8Array): number {
  const view = viewOf(head);
  for (let at = 2; at + 4 <= head.length; ) {
    if (head[at] !== 0xff) return at;
    // A marker may be padded.
    if (head[at + 1] === 0xff) at++;
    else if (head[at + 1] === JPEG_SCAN) return at;
    else at += 2 + view.getUint16(at + 2);
  }
  return head.length;
}

/** ISO 14496-12: boxes one after the other, each begins with its size. The last one, with the pixels, is the largest. */
function hasWholeBoxes(head: Uint8Array, size: number): boolean {
  const view = viewOf(head);
  let boxes = 0;
  for (let at = 0; at < size; boxes++) {
    if (at + 8 > head.length) return boxes > 1;
    let length = view.getUint32(at);
    // To the end of the file; also what padding with zeros looks like.
    if (length === 0) return boxes > 1;
    if (length === 1) length = at + 16 <= head.length ? Number(view.getBigUint64(at + 8)) : 16;
    // Behind the last box stands something else.
    if (length < 8) return boxes > 1;
    at += length;
    if (at > size) return false;
  }
  return boxes > 1;
}
