import type { FileReader } from "./file-reader.ts";
import { readWavHeader, type WavHeader, wavDataSize } from "./wav.ts";

/** Bytes of a WAV's beginning that are looked through for its samples. */
const HEAD = 64 * 1024;

/** One of the WAVs in a file. */
export interface WavPart {
  header: WavHeader;
  /** Where its samples begin, from the beginning of the file. */
  at: number;
  /** Bytes of samples, whole samples only. */
  size: number;
}

export interface WavFile {
  /** One after the other: some who send as they speak put a header before every piece. Empty: it is no WAV. */
  parts: WavPart[];
  /** The samples that are promised are there, and nothing stands behind them that may be sound as well. */
  whole: boolean;
}

/** Throws `io`. */
export async function wavsIn(reader: FileReader): Promise<WavFile> {
  const parts: WavPart[] = [];
  for (let start = 0; ; ) {
    reader.position = start;
    const header = readWavHeader(await reader.peek(HEAD));
    if (!header) return { parts, whole: false };
    const at = start + header.dataAt;
    parts.push({ header, at, size: wavDataSize(header, reader.size - start) });
    // The writer did not know where it ends.
    if (header.dataSize === undefined) return { parts, whole: true };
    const end = at + header.dataSize;
    if (end > reader.size) return { parts, whole: false };
    const behind = await nextWav(reader, end, (end - start) % 2);
    if (typeof behind === "boolean") return { parts, whole: behind };
    start = behind;
  }
}

/** Where another WAV begins, beyond what is told about this one; else whether that is all there is. */
async function nextWav(reader: FileReader, end: number, padding: number): Promise<number | boolean> {
  let at = end;
  let odd = padding;
  for (;;) {
    // Chunks begin at even places, but not everybody's.
    reader.position = at + odd;
    if (odd === 1 && !(await nameHere(reader))) reader.position = at;
    if (reader.left < 8) return true;
    const name = await nameHere(reader);
    if (name === "RIFF") return reader.position;
    const size = Buffer.from(await reader.peek(8)).readUInt32LE(4);
    if (name === undefined || size > reader.left - 8) return false;
    at = reader.position + 8 + size;
    odd = size % 2;
  }
}

/** `LIST`, `id3 `; `undefined` for what can be no chunk's name. */
async function nameHere(reader: FileReader): Promise<string | undefined> {
  const name = Buffer.from(await reader.peek(4)).toString("latin1");
  return /^[\x20-\x7e]{4}$/.test(name) ? name : undefined;
}
