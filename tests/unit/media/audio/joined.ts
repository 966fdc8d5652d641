import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SpeechFormat } from "../../../../src/core/capability.ts";
import { type AudioPiece, joinAudio } from "../../../../src/media/audio/join.ts";

const FOLDER = join(import.meta.dir, "../../../support/audio");

/**
 * Tones of 440 Hz (300 ms) and 660 Hz (250 ms) by real encoders: `lame`, `opusenc`, `sox`, and ffmpeg 5.1 for the others
 * (AAC, the tagged MP3, the streamed WAV, the Opus of 250 ms, Vorbis).
 */
export function tone(name: string): string {
  return join(FOLDER, `tone-${name}`);
}

export function toneBytes(name: string): Buffer {
  return readFileSync(tone(name));
}

/** One file of these, in memory. */
export async function joined(format: SpeechFormat, ...pieces: (string | AudioPiece)[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const parts = pieces.map((piece) => (typeof piece === "string" ? { path: piece } : piece));
  for await (const chunk of joinAudio(format, parts)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
