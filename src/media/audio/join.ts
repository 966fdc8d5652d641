import type { SpeechFormat } from "../../core/capability.ts";
import { joinAdts } from "./adts.ts";
import { inBlocks } from "./file-reader.ts";
import { joinMp3 } from "./mp3.ts";
import { joinOpus } from "./opus.ts";
import { type AudioPiece, joinPcm, joinWav } from "./samples.ts";

export type { AudioPiece } from "./samples.ts";

/** FLAC is not among them: its frames are numbered, and its head has a checksum of all samples. */
const JOINS: Readonly<Partial<Record<SpeechFormat, (pieces: readonly AudioPiece[]) => AsyncIterable<Uint8Array>>>> = {
  wav: joinWav,
  pcm: joinPcm,
  mp3: (pieces) => joinMp3(pieces.map(({ path }) => path)),
  opus: (pieces) => joinOpus(pieces.map(({ path }) => path)),
  aac: (pieces) => joinAdts(pieces.map(({ path }) => path)),
};

/** The formats of which several files can become one. */
export const JOINABLE: ReadonlySet<SpeechFormat> = new Set(Object.keys(JOINS) as SpeechFormat[]);

/**
 * One valid file out of several, in order, without a click where they meet. Also worth it for a single one: bare samples
 * get a header, and what its header says of the length becomes true. Memory does not grow with the files. Throws
 * `provider_error` when they are not of one kind, or damaged, and `io`.
 */
export async function* joinAudio(format: SpeechFormat, pieces: readonly AudioPiece[]): AsyncGenerator<Uint8Array> {
  const join = JOINS[format];
  if (!join) throw new Error(`${format} cannot be joined`);
  yield* inBlocks(join(pieces));
}
