import { InferError } from "../../core/error.ts";
import { viewOf } from "../view.ts";
import { FileReader } from "./file-reader.ts";
import { describeForm, is16Bit, monoHeader, sameForm, type WavHeader, wavHeader } from "./wav.ts";
import { type WavPart, wavsIn } from "./wav-file.ts";

/** Long enough for no click, too short to be heard as a fade. */
const FADE_SECONDS = 0.005;

/** Bytes that are taken at once. */
const BLOCK = 64 * 1024;

/** One file of several that become one. */
export interface AudioPiece {
  path: string;
  /** It is bare samples: 16 bit, little endian, one channel, so many a second. For `wav` they get a header. */
  sampleRate?: number | undefined;
}

/** Samples as they are in one file. */
interface Samples {
  path: string;
  /** Where they begin. */
  at: number;
  /** Bytes, whole samples only. */
  size: number;
  /** Bytes of one sample of all channels. */
  blockSize: number;
  /** Samples that a fade takes; 0 for what cannot be faded. */
  fade: number;
  /** What comes before it was made in one go with it: where they meet, nothing clicks. */
  goesOn?: boolean;
}

/** One WAV; its sizes are true whatever those of the pieces were. Throws `provider_error`. */
export async function* joinWav(pieces: readonly AudioPiece[]): AsyncGenerator<Uint8Array> {
  const parts: Samples[] = [];
  let first: WavHeader | undefined;
  for (const { path, sampleRate } of pieces) {
    await using reader = await FileReader.open(path);
    const own = sampleRate === undefined ? await wavParts(reader) : bare(reader, sampleRate);
    for (const [index, { header, at, size }] of own.entries()) {
      first ??= header;
      if (!sameForm(first, header)) {
        const forms = `${describeForm(first)}, and ${describeForm(header)}`;
        throw new InferError("provider_error", `The parts of the speech do not fit together: ${forms}.`);
      }
      const fade = is16Bit(header) ? fadeOf(header.sampleRate) : 0;
      parts.push({ path, at, size, blockSize: header.blockSize, fade, goesOn: index > 0 });
    }
  }
  if (!first) return;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  yield wavHeader(first.fmt, size);
  yield* inARow(parts);
  if (size % 2 === 1) yield new Uint8Array(1);
}

async function wavParts(reader: FileReader): Promise<WavPart[]> {
  const { parts } = await wavsIn(reader);
  if (parts.length === 0) {
    throw new InferError("provider_error", "A part of the speech is no WAV file that can be read.");
  }
  return parts;
}

function bare({ size }: FileReader, sampleRate: number): WavPart[] {
  return [{ header: monoHeader(sampleRate), at: 0, size: size - (size % 2) }];
}

/** The samples alone. Without a rate nobody knows how long a fade is, and there is none. */
export async function* joinPcm(pieces: readonly AudioPiece[]): AsyncGenerator<Uint8Array> {
  const rate = pieces.find((piece) => piece.sampleRate !== undefined)?.sampleRate;
  const parts: Samples[] = [];
  for (const { path, sampleRate = rate } of pieces) {
    await using reader = await FileReader.open(path);
    const fade = sampleRate === undefined ? 0 : fadeOf(sampleRate);
    parts.push({ path, at: 0, size: reader.size - (reader.size % 2), blockSize: 2, fade });
  }
  yield* inARow(parts);
}

function fadeOf(sampleRate: number): number {
  return Math.round(sampleRate * FADE_SECONDS);
}

async function* inARow(parts: readonly Samples[]): AsyncGenerator<Uint8Array> {
  for (const [index, part] of parts.entries()) {
    await using reader = await FileReader.open(part.path);
    reader.skip(part.at);
    const { blockSize } = part;
    const next = parts[index + 1];
    const fade = { in: index > 0 && !part.goesOn, out: next !== undefined && !next.goesOn };
    for (let at = 0; at < part.size; ) {
      // Whole samples, so that none is cut in two.
      const most = Math.max(blockSize, BLOCK - (BLOCK % blockSize));
      const bytes = await reader.peek(Math.min(most, part.size - at));
      if (bytes.length === 0) throw new InferError("io", `${part.path} became shorter while it was read.`);
      reader.skip(bytes.length);
      yield part.fade > 0 ? faded(bytes, at, part, fade) : bytes;
      at += bytes.length;
    }
  }
}

/** Softer towards the joints. `at`: where in the samples these bytes stand. */
function faded(
  bytes: Uint8Array,
  at: number,
  { blockSize, size, fade: longest }: Samples,
  fade: { in: boolean; out: boolean },
): Uint8Array {
  const total = size / blockSize;
  const length = Math.min(longest, Math.floor(total / 2));
  const first = at / blockSize;
  const last = first + bytes.length / blockSize;
  if (!(fade.in && first < length) && !(fade.out && last > total - length)) return bytes;
  const view = viewOf(bytes);
  for (let sample = first; sample < last; sample++) {
    const rise = fade.in ? sample / length : 1;
    const fall = fade.out ? (total - 1 - sample) / length : 1;
    const gain = Math.min(1, rise, fall);
    if (gain === 1) continue;
    for (let byte = 0; byte < blockSize; byte += 2) {
      const place = (sample - first) * blockSize + byte;
      view.setInt16(place, Math.round(view.getInt16(place, true) * gain), true);
    }
  }
  return bytes;
}
