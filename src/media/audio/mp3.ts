import { type FrameHeader, type FrameKind, framesInARow } from "./frames.ts";

export interface Mp3Header extends FrameHeader {
  /** As in the header: 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5. */
  version: number;
  bitrateIndex: number;
  mono: boolean;
  /** The header's four bytes. */
  bytes: Uint8Array;
}

/** MPEG audio, layer 3, ISO 11172-3 and 13818-3: http://www.mp3-tech.org/programmer/frame_header.html */
export const MP3: FrameKind<Mp3Header> = { headerSize: 4, read: readHeader };

/** kbit/s of layer 3; index 0 is "free", of which nobody makes use. */
const BITRATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES: Readonly<Record<number, readonly number[]>> = {
  3: [44_100, 48_000, 32_000],
  2: [22_050, 24_000, 16_000],
  0: [11_025, 12_000, 8000],
};

function readHeader(bytes: Uint8Array): Mp3Header | undefined {
  const [sync = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (bytes.length < 4 || sync !== 0xff || (second & 0xe6) !== 0xe2) return undefined;
  const version = (second >> 3) & 3;
  const sampleRate = RATES[version]?.[(third >> 2) & 3];
  const bitrateIndex = third >> 4;
  if (!sampleRate || bitrateIndex === 0 || bitrateIndex === 15) return undefined;
  const mono = fourth >> 6 === 3;
  const name = { 3: "1", 2: "2", 0: "2.5" }[version];
  return {
    length: frameLength(version, bitrateIndex, sampleRate) + ((third >> 1) & 1),
    samples: version === 3 ? 1152 : 576,
    sampleRate,
    terms: `MPEG ${name} layer 3, ${sampleRate} Hz, ${mono ? "mono" : "stereo"}`,
    version,
    bitrateIndex,
    mono,
    bytes: bytes.slice(0, 4),
  };
}

function frameLength(version: number, bitrateIndex: number, sampleRate: number): number {
  const bitrate = (version === 3 ? BITRATES_1 : BITRATES_2)[bitrateIndex] ?? 0;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * bitrate) / sampleRate);
}

/** What a first frame says that holds no sound: how many follow. */
export interface InfoFrame {
  /** `undefined` where the writer did not know. */
  frames: number | undefined;
}

/** `undefined` when the frame is one of sound. */
export function readInfoFrame(bytes: Uint8Array, header: Mp3Header): InfoFrame | undefined {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // Some writers count the checksum that may follow the header, some do not.
  for (const at of [4, 6].map((start) => start + sideSize(header))) {
    const name = frame.toString("latin1", at, at + 4);
    if ((name === "Xing" || name === "Info") && frame.length >= at + 12) {
      const hasFrames = (frame.readUInt32BE(at + 4) & 1) === 1;
      return { frames: (hasFrames && frame.readUInt32BE(at + 8)) || undefined };
    }
  }
  // Of Fraunhofer's encoder, always at the same place.
  return frame.toString("latin1", 36, 40) === "VBRI" ? { frames: undefined } : undefined;
}

/** Bytes between the header and what it describes. */
function sideSize({ version, mono }: Mp3Header): number {
  if (version === 3) return mono ? 17 : 32;
  return mono ? 9 : 17;
}

/**
 * One MP3: the frames with sound of all pieces, and before them a new Xing frame, by which players know how long it is.
 * It is read twice, as that frame comes first. Throws `provider_error`.
 */
export async function* joinMp3(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  let first: Mp3Header | undefined;
  let frames = 0;
  let size = 0;
  let isConstant = true;
  for await (const { header } of soundFrames(paths)) {
    first ??= header;
    isConstant &&= header.bitrateIndex === first.bitrateIndex;
    frames++;
    size += header.length;
  }
  if (!first) return;
  yield infoFrame(first, isConstant ? "Info" : "Xing", frames, size);
  for await (const { bytes } of soundFrames(paths)) yield bytes;
}

async function* soundFrames(paths: readonly string[]): AsyncGenerator<{ header: Mp3Header; bytes: Uint8Array }> {
  for await (const frame of framesInARow(paths, MP3)) if (!readInfoFrame(frame.bytes, frame.header)) yield frame;
}

/** A frame of silence with the counts in it. http://gabriel.mp3-tech.org/mp3infotag.html: the bytes are all of the file's. */
function infoFrame(first: Mp3Header, name: "Info" | "Xing", frames: number, size: number): Uint8Array {
  const at = 4 + sideSize(first);
  const needed = at + 16;
  let { bitrateIndex } = first;
  while (frameLength(first.version, bitrateIndex, first.sampleRate) < needed) bitrateIndex++;
  const frame = Buffer.alloc(frameLength(first.version, bitrateIndex, first.sampleRate));
  frame.set(first.bytes);
  // No checksum, and no padding.
  frame[1] = (first.bytes[1] ?? 0) | 1;
  frame[2] = (bitrateIndex << 4) | ((first.bytes[2] ?? 0) & 0x0c);
  frame.write(name, at, "latin1");
  frame.writeUInt32BE(HAS_FRAMES | HAS_BYTES, at + 4);
  frame.writeUInt32BE(frames, at + 8);
  frame.writeUInt32BE(frame.length + size, at + 12);
  return frame;
}

const HAS_FRAMES = 1;
const HAS_BYTES = 2;
