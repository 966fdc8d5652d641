import { InferError } from "../../core/error.ts";
import { FileReader } from "./file-reader.ts";

/** What the header of a frame says. */
export interface FrameHeader {
  /** Bytes, with the header. */
  length: number;
  samples: number;
  sampleRate: number;
  /** What has to be the same in all of a file, in words: `MPEG 2 layer 3, 24000 Hz, mono`. */
  terms: string;
}

/** A format that is nothing but frames in a row, each with a header of its own: MP3, AAC in ADTS. */
export interface FrameKind<Header extends FrameHeader> {
  /** Bytes. */
  headerSize: number;
  /** `undefined` where no frame begins. */
  read(bytes: Uint8Array): Header | undefined;
}

export interface Frame<Header extends FrameHeader> {
  header: Header;
  /** Good until the next one is asked for. */
  bytes: Uint8Array;
  /** Whether all of it is there: the file may end before the frame does. */
  whole: boolean;
}

/** The frames of a file; tags (ID3, APE) and whatever else stands between them are left out. */
export async function* framesOf<Header extends FrameHeader>(
  reader: FileReader,
  kind: FrameKind<Header>,
): AsyncGenerator<Frame<Header>> {
  let last: Header | undefined;
  while (reader.left > 0) {
    const tag = await tagSize(reader);
    if (tag > 0) {
      reader.skip(tag);
      continue;
    }
    const start = await reader.peek(kind.headerSize);
    const header = kind.read(start);
    if (header && (last || (await isFollowed(reader, kind, header)))) {
      const bytes = await reader.peek(header.length);
      yield { header, bytes, whole: bytes.length === header.length };
      reader.skip(header.length);
      last = header;
    } else {
      // The beginning of a header that is no longer there.
      if (last && start.length < kind.headerSize && start[0] === SYNC)
        yield { header: last, bytes: start, whole: false };
      last = undefined;
      await seek(reader, kind);
    }
  }
}

/** Every frame begins with it. */
const SYNC = 0xff;

/** Bytes that are looked through at once for a frame. */
const SEARCH = 4096;

async function seek<Header extends FrameHeader>(reader: FileReader, kind: FrameKind<Header>): Promise<void> {
  const bytes = await reader.peek(SEARCH + kind.headerSize);
  const end = Math.min(SEARCH, bytes.length);
  let at = 1;
  while (at < end && !(bytes[at] === SYNC && kind.read(bytes.subarray(at)))) at++;
  reader.skip(at);
}

/** Two bytes look like a frame now and then: one that is none has no other behind it. */
async function isFollowed<Header extends FrameHeader>(
  reader: FileReader,
  kind: FrameKind<Header>,
  header: Header,
): Promise<boolean> {
  const start = reader.position;
  reader.skip(header.length);
  try {
    if (reader.left < kind.headerSize || (await tagSize(reader)) > 0) return true;
    return kind.read(await reader.peek(kind.headerSize))?.terms === header.terms;
  } finally {
    reader.position = start;
  }
}

/** Bytes of the tag that begins here; 0 where none does. */
async function tagSize(reader: FileReader): Promise<number> {
  const head = Buffer.from(await reader.peek(32));
  const name = head.toString("latin1", 0, 8);
  if (name.startsWith("ID3") && head.length >= 10) {
    // https://id3.org/id3v2.4.0-structure: seven bits to a byte; a footer is as long as the header.
    const sizes = [...head.subarray(6, 10)];
    if (sizes.some((byte) => byte > 0x7f)) return 0;
    return 10 + sizes.reduce((sum, byte) => sum * 128 + byte, 0) + ((head[5] ?? 0) & 0x10 ? 10 : 0);
  }
  if (name.startsWith("TAG")) return 128;
  if (name === "APETAGEX" && head.length === 32) {
    // https://wiki.hydrogenaudio.org/index.php?title=APE_Tags_Header: the size is without the header.
    return head.readUInt32LE(20) & 0x2000_0000 ? 32 + head.readUInt32LE(12) : 32;
  }
  return 0;
}

/** Enough that chance does not make them: bare samples begin with what looks like a frame now and then. */
const IN_A_ROW = 4;

/** Whether a file, of which this is the beginning, is frames of a kind from its first byte on, or from a tag before them. */
export function beginsWithFrames<Header extends FrameHeader>(head: Uint8Array, kind: FrameKind<Header>): boolean {
  if (Buffer.from(head.subarray(0, 3)).toString("latin1") === "ID3") return true;
  let terms: string | undefined;
  let at = 0;
  let count = 0;
  for (; count < IN_A_ROW && at + kind.headerSize <= head.length; count++) {
    const header = kind.read(head.subarray(at, at + kind.headerSize));
    if (!header || (terms !== undefined && header.terms !== terms)) return false;
    terms = header.terms;
    at += header.length;
  }
  return count > 1;
}

/** That frames of two kinds are not put in a row. */
function checkTerms(one: FrameHeader, other: FrameHeader): void {
  if (one.terms === other.terms) return;
  const terms = `${one.terms}, and ${other.terms}`;
  throw new InferError("provider_error", `The parts of the speech do not fit together: ${terms}.`);
}

/** The whole frames of several files. Throws `provider_error` when they do not fit together. */
export async function* framesInARow<Header extends FrameHeader>(
  paths: readonly string[],
  kind: FrameKind<Header>,
): AsyncGenerator<Frame<Header>> {
  let first: Header | undefined;
  for (const path of paths) {
    await using reader = await FileReader.open(path);
    for await (const frame of framesOf(reader, kind)) {
      if (!frame.whole) continue;
      first ??= frame.header;
      checkTerms(first, frame.header);
      yield frame;
    }
  }
}
