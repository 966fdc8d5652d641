import { type FrameHeader, type FrameKind, framesInARow } from "./frames.ts";

/** AAC in ADTS, ISO 13818-7: https://wiki.multimedia.cx/index.php/ADTS */
export const ADTS: FrameKind<FrameHeader> = { headerSize: 7, read: readHeader };

const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
] as const;

function readHeader(bytes: Uint8Array): FrameHeader | undefined {
  const [sync = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = bytes;
  if (bytes.length < 7 || sync !== 0xff || (second & 0xf6) !== 0xf0) return undefined;
  const sampleRate = RATES[(third >> 2) & 15];
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
  if (!sampleRate || length < 7) return undefined;
  const channels = ((third & 1) << 2) | (fourth >> 6);
  return {
    length,
    samples: 1024 * ((seventh & 3) + 1),
    sampleRate,
    terms: `AAC profile ${third >> 6}, ${sampleRate} Hz, channel layout ${channels}`,
  };
}

/** The frames of all pieces, one after the other. Throws `provider_error` when they do not fit together. */
export async function* joinAdts(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of framesInARow(paths, ADTS)) yield bytes;
}
