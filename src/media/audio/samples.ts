import { InferError } from "../../core/error.ts";
import { FileReader } from "./file-reader.ts";
import {
  describeForm,
  is16Bit,
  monoHeader,
  readWavHeader,
  sameForm,
  type WavHeader,
  wavDataSize,
  wavHeader,
} from "./wav.ts";

/** Long enough for no click, too short to be heard as a fade. */
const FADE_SECONDS = 0.005;

/** Bytes of a WAV's beginning that are looked through for its samples. */
const HEAD = 64 * 1024;

/** One file of several that become one. */
export interface AudioPiece {
  path: string;
  /** It is bare samples: 16 bit, little endian, one channel, so many a second. For `wav` they get a header. */
  sampleRate?: number | undefined;
}

/** Samples as they are in one file. */
interface Samples {
  path: string;
  header: WavHeader;
  /** Bytes. */
  size: number;
}

/** One WAV; its sizes are true whatever those of the pieces were. Throws `provider_error`. */
export async function* joinWav(pieces: readonly AudioPiece[]): AsyncGenerator<Uint8Array> {
  const parts = await samplesOf(pieces);
  const [first] = parts;
  if (!first) return;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  yield wavHeader(first.header.fmt, size);
  yield* inARow(parts);
  if (size % 2 === 1) yield new Uint8Array(1);
}

/** The samples alone. */
export async function* joinPcm(pieces: readonly AudioPiece[]): AsyncGenerator<Uint8Array> {
  // Only the length of the fade depends on it.
  const rate = pieces.find((piece) => piece.sampleRate !== undefined)?.sampleRate ?? USUAL_RATE;
  yield* inARow(await samplesOf(pieces.map(({ path, sampleRate = rate }) => ({ path, sampleRate }))));
}

/** Of bare samples whose rate nobody told. */
const USUAL_RATE = 24_000;

async function samplesOf(pieces: readonly AudioPiece[]): Promise<Samples[]> {
  const parts: Samples[] = [];
  for (const { path, sampleRate } of pieces) {
    await using reader = await FileReader.open(path);
    const header = sampleRate === undefined ? readWavHeader(await reader.peek(HEAD)) : monoHeader(sampleRate);
    if (!header) throw new InferError("provider_error", "A part of the speech is no WAV file that can be read.");
    const [first] = parts;
    if (first && !sameForm(first.header, header)) {
      const forms = `${describeForm(first.header)}, and ${describeForm(header)}`;
      throw new InferError("provider_error", `The parts of the speech do not fit together: ${forms}.`);
    }
    parts.push({ path, header, size: wavDataSize(header, reader.size) });
  }
  return parts;
}

async function* inARow(parts: readonly Samples[]): AsyncGenerator<Uint8Array> {
  for (const [index, part] of parts.entries()) {
    await using reader = await FileReader.open(part.path);
    reader.skip(part.header.dataAt);
    const { blockSize } = part.header;
    const fade = { in: index > 0, out: index < parts.length - 1 };
    for (let at = 0; at < part.size; ) {
      // Whole samples, so that none is cut in two.
      const most = Math.max(blockSize, HEAD - (HEAD % blockSize));
      const bytes = await reader.peek(Math.min(most, part.size - at));
      if (bytes.length === 0) throw new InferError("io", `${part.path} became shorter while it was read.`);
      reader.skip(bytes.length);
      yield is16Bit(part.header) ? faded(bytes, at, part, fade) : bytes;
      at += bytes.length;
    }
  }
}

/** Softer towards the joints. `at`: where in the samples these bytes stand. */
function faded(
  bytes: Uint8Array,
  at: number,
  { header, size }: Samples,
  fade: { in: boolean; out: boolean },
): Uint8Array {
  const { blockSize, sampleRate } = header;
  const total = size / blockSize;
  const length = Math.min(Math.round(sampleRate * FADE_SECONDS), Math.floor(total / 2));
  const first = at / blockSize;
  const last = first + bytes.length / blockSize;
  if (!(fade.in && first < length) && !(fade.out && last > total - length)) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
