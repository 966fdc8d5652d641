import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A tone of 440 Hz, 24 kHz, one channel, as real encoders write it: ffmpeg 5.1 with libmp3lame (ID3v2 and an Info frame,
 * as ElevenLabs' files have them), its own AAC and libopus (WebM); opusenc 0.2; sox 14.4 (FLAC).
 */
interface Recording {
  bytes: Uint8Array;
  mimeType: string;
  extension: string;
  /** As a decoder plays it. */
  seconds: number;
}

export const RECORDINGS = {
  wav: recording("tone.wav", "audio/wav", 0.15),
  mp3: recording("tone.mp3", "audio/mpeg", 0.6),
  /** Opus in Ogg. */
  opus: recording("tone.ogg", "audio/ogg; codecs=opus", 0.6),
  flac: recording("tone.flac", "audio/flac", 0.15),
  /** AAC in ADTS frames. */
  aac: recording("tone.aac", "audio/aac", 0.68),
  m4a: recording("tone.m4a", "audio/mp4", 0.64),
  /** Opus in WebM. */
  webm: recording("tone.webm", "audio/webm", 0.6),
  /** Bare samples: 16 bit, little endian. */
  pcm: recording("tone.pcm", "audio/pcm", 0.15),
} as const satisfies Record<string, Recording>;

export type RecordingFormat = keyof typeof RECORDINGS;

export const SAMPLE_RATE = 24_000;

/** Bare samples that all have one value. */
export function samples(count: number, value = 0): Uint8Array {
  return new Uint8Array(new Int16Array(count).fill(value).buffer);
}

/** A WAV of bare samples: 16 bit, one channel. */
export function wav(data: Uint8Array, sampleRate = SAMPLE_RATE): Uint8Array {
  return Buffer.concat([wavHeader(data.length, sampleRate), data]);
}

/** The 44 bytes before that many bytes of samples. */
export function wavHeader(dataSize: number, sampleRate = SAMPLE_RATE): Uint8Array {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + dataSize, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataSize, 40);
  return header;
}

/** The header of a WAV that is written while it is made: ffmpeg and OpenAI leave the sizes at their largest. */
export function endlessWavHeader(sampleRate = SAMPLE_RATE): Uint8Array {
  const header = Buffer.from(wavHeader(0, sampleRate));
  header.writeUInt32LE(0xffff_ffff, 4);
  header.writeUInt32LE(0xffff_ffff, 40);
  return header;
}

/** What a WAV holds; throws when its sizes are not those of the file. */
export function wavContent(file: Uint8Array): { sampleRate: number; samples: Int16Array } {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (view.toString("latin1", 0, 4) !== "RIFF" || view.toString("latin1", 8, 12) !== "WAVE") throw new Error("no WAV");
  if (view.readUInt32LE(4) !== view.length - 8) throw new Error(`RIFF size ${view.readUInt32LE(4)} of ${view.length}`);
  let sampleRate = 0;
  for (let at = 12; at + 8 <= view.length; ) {
    const name = view.toString("latin1", at, at + 4);
    const size = view.readUInt32LE(at + 4);
    if (name === "fmt ") sampleRate = view.readUInt32LE(at + 12);
    if (name === "data") {
      if (at + 8 + size > view.length) throw new Error(`data of ${size} bytes in ${view.length}`);
      return { sampleRate, samples: new Int16Array(new Uint8Array(view.subarray(at + 8, at + 8 + size)).buffer) };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error("no data chunk");
}

function recording(name: string, mimeType: string, seconds: number): Recording {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  return { bytes: new Uint8Array(readFileSync(join(import.meta.dir, "audio", name))), mimeType, extension, seconds };
}
