import { viewOf } from "../view.ts";

/** What the header of a WAV says. */
export interface WavHeader extends WavForm {
  /** Where the samples begin. */
  dataAt: number;
  /** Bytes of samples; `undefined` where the writer did not know yet. */
  dataSize: number | undefined;
  /** All of the `fmt ` chunk behind its name and size. */
  fmt: Uint8Array;
}

/** How the samples are written. */
export interface WavForm {
  /** 1 is PCM, 3 float, 6 A-law, 7 µ-law; of the extensible form, what it stands for. */
  encoding: number;
  channels: number;
  sampleRate: number;
  bitsPerSample: number;
  /** Bytes of one sample of all channels. */
  blockSize: number;
  bytesPerSecond: number;
}

const EXTENSIBLE = 0xfffe;
const PCM = 1;

/** Of a WAV, from its beginning; `undefined` when it is none, or its samples do not begin in there. */
export function readWavHeader(head: Uint8Array): WavHeader | undefined {
  if (nameAt(head, 0) !== "RIFF" || nameAt(head, 8) !== "WAVE") return undefined;
  const view = viewOf(head);
  let fmt: Uint8Array | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const name = nameAt(head, at);
    const size = view.getUint32(at + 4, true);
    if (name === "data")
      return (
        fmt && { ...formOf(fmt), fmt, dataAt: at + 8, dataSize: truthful(size, at + 8, view.getUint32(4, true) + 8) }
      );
    if (name === "fmt ") fmt = head.slice(at + 8, at + 8 + size);
    if (name === "fmt " && (size < 16 || (fmt?.length ?? 0) < size)) return undefined;
    // Chunks begin at even places.
    at += 8 + size + (size % 2);
  }
  return undefined;
}

/**
 * Who writes into a pipe does not know the size: 0, 0xffffffff, or, from sox and others, what 0x7fffffff leaves. No samples
 * at all are believed of a file that has something else behind them.
 */
function truthful(size: number, dataAt: number, fileSize: number): number | undefined {
  if (size === 0) return fileSize > dataAt && fileSize < UNKNOWN_FROM ? 0 : undefined;
  return size >= UNKNOWN_FROM ? undefined : size;
}

const UNKNOWN_FROM = 0x7fff_0000;

function formOf(fmt: Uint8Array): WavForm {
  const view = viewOf(fmt);
  const tag = view.getUint16(0, true);
  return {
    encoding: tag === EXTENSIBLE && fmt.length >= 26 ? view.getUint16(24, true) : tag,
    channels: view.getUint16(2, true),
    sampleRate: view.getUint32(4, true),
    bytesPerSecond: view.getUint32(8, true),
    blockSize: Math.max(1, view.getUint16(12, true)),
    bitsPerSample: view.getUint16(14, true),
  };
}

/** The bytes of samples that a file of this size has, whole samples only. */
export function wavDataSize({ dataAt, dataSize, blockSize }: WavHeader, fileSize: number): number {
  const there = Math.max(0, fileSize - dataAt);
  const size = Math.min(dataSize ?? there, there);
  return size - (size % blockSize);
}

/** Everything before the samples. Sizes that 32 bits cannot hold are written as unknown. */
export function wavHeader(fmt: Uint8Array, dataSize: number): Uint8Array {
  const header = new Uint8Array(28 + fmt.length);
  const view = viewOf(header);
  header.set(Buffer.from("RIFF"), 0);
  view.setUint32(4, Math.min(header.length - 8 + dataSize + (dataSize % 2), UNKNOWN), true);
  header.set(Buffer.from("WAVEfmt "), 8);
  view.setUint32(16, fmt.length, true);
  header.set(fmt, 20);
  header.set(Buffer.from("data"), 20 + fmt.length);
  view.setUint32(24 + fmt.length, Math.min(dataSize, UNKNOWN), true);
  return header;
}

const UNKNOWN = 0xffff_ffff;

/** The `fmt ` chunk of bare samples: 16 bit, little endian, one channel. With it a header has 44 bytes. */
function monoFmt(sampleRate: number): Uint8Array {
  const fmt = new Uint8Array(16);
  const view = viewOf(fmt);
  view.setUint16(0, PCM, true);
  view.setUint16(2, 1, true);
  view.setUint32(4, sampleRate, true);
  view.setUint32(8, 2 * sampleRate, true);
  view.setUint16(12, 2, true);
  view.setUint16(14, 16, true);
  return fmt;
}

/** The same for what has no header. */
export function monoHeader(sampleRate: number): WavHeader {
  const fmt = monoFmt(sampleRate);
  return { ...formOf(fmt), fmt, dataAt: 0, dataSize: undefined };
}

/** Of the samples alone, so that equal ones can be put in a row. */
export function sameForm(one: WavForm, other: WavForm): boolean {
  return describeForm(one) === describeForm(other);
}

/** `PCM, 16 bit, 24000 Hz, 1 channel` */
export function describeForm({ encoding, bitsPerSample, sampleRate, channels }: WavForm): string {
  const name = encoding === PCM ? "PCM" : `encoding ${encoding}`;
  return `${name}, ${bitsPerSample} bit, ${sampleRate} Hz, ${channels} ${channels === 1 ? "channel" : "channels"}`;
}

export function is16Bit({ encoding, bitsPerSample, blockSize, channels }: WavForm): boolean {
  return encoding === PCM && bitsPerSample === 16 && blockSize === 2 * channels;
}

function nameAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at, at + 4)).toString("latin1");
}
