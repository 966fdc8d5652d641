import type { SpeechFormat } from "../../core/capability.ts";
import { InferError } from "../../core/error.ts";
import { ADTS } from "./adts.ts";
import { FileReader } from "./file-reader.ts";
import { flacIn } from "./flac.ts";
import { type FrameHeader, type FrameKind, framesOf } from "./frames.ts";
import { MP3, readInfoFrame } from "./mp3.ts";
import { OPUS_RATE, opusPages, preSkip } from "./opus.ts";
import { wavsIn } from "./wav-file.ts";

/** What a file of speech holds. */
export interface Sound {
  /** Where the format tells without decoding. */
  seconds?: number;
  /** There is no sound in it, not even silence. Also of what is not of the format at all. */
  empty: boolean;
  /** It ends as it must, as far as the format tells. */
  whole: boolean;
}

/** `sampleRate`: it is bare samples (16 bit, one channel). Memory does not grow with the file. Throws `io`. */
export async function soundIn(path: string, format: SpeechFormat, sampleRate?: number): Promise<Sound> {
  await using reader = await FileReader.open(path);
  if (sampleRate !== undefined || format === "pcm") return bareSound(reader, sampleRate);
  switch (format) {
    case "wav":
      return await wavSound(reader);
    case "mp3":
      return await mp3Sound(reader);
    case "aac":
      return await framesSound(reader, ADTS);
    case "opus":
      return await opusSound(reader);
    case "flac":
      return await flacSound(reader);
  }
}

/** Not of the format, or nothing but its beginning. */
const NOTHING: Sound = { empty: true, whole: false };

function bareSound({ size }: FileReader, sampleRate: number | undefined): Sound {
  const samples = Math.floor(size / 2);
  return { ...(sampleRate && { seconds: samples / sampleRate }), empty: samples === 0, whole: true };
}

async function wavSound(reader: FileReader): Promise<Sound> {
  const { parts, whole } = await wavsIn(reader);
  if (parts.length === 0) return NOTHING;
  const seconds = parts.reduce((sum, { header, size }) => sum + size / header.bytesPerSecond, 0);
  return {
    ...(Number.isFinite(seconds) && { seconds: toMicroseconds(seconds) }),
    empty: parts.every(({ size }) => size === 0),
    whole,
  };
}

async function mp3Sound(reader: FileReader): Promise<Sound> {
  let promised = 0;
  let there = 0;
  const sound = await framesSound(reader, MP3, ({ header, bytes }) => {
    // Some writers count the frame that holds the count, some do not.
    there++;
    const info = readInfoFrame(bytes, header);
    promised += info?.frames ?? 0;
    return info === undefined;
  });
  return { ...sound, whole: sound.whole && there >= promised };
}

async function framesSound<Header extends FrameHeader>(
  reader: FileReader,
  kind: FrameKind<Header>,
  isSound: (frame: { header: Header; bytes: Uint8Array }) => boolean = () => true,
): Promise<Sound> {
  let seconds = 0;
  let cut = false;
  for await (const frame of framesOf(reader, kind)) {
    if (!frame.whole) cut = true;
    else if (isSound(frame)) seconds += frame.header.samples / frame.header.sampleRate;
  }
  return seconds === 0 ? NOTHING : { seconds: toMicroseconds(seconds), empty: false, whole: !cut };
}

async function opusSound(reader: FileReader): Promise<Sound> {
  let samples = 0;
  let skipped = 0;
  let whole = false;
  try {
    for await (const page of opusPages(reader)) {
      if (page.kind === "head") skipped += preSkip(page);
      samples += page.samples - page.excess;
      whole = page.isLast;
    }
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "provider_error") throw thrown;
    whole = false;
  }
  return samples <= skipped ? NOTHING : { seconds: (samples - skipped) / OPUS_RATE, empty: false, whole };
}

async function flacSound(reader: FileReader): Promise<Sound> {
  const flac = await flacIn(reader);
  if (!flac) return NOTHING;
  const { sampleRate, samples, empty, whole } = flac;
  return { ...(samples > 0 && sampleRate > 0 && { seconds: samples / sampleRate }), empty, whole };
}

/** Of a sum of many fractions. */
function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
