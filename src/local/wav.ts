/** flite writes the plain form of WAV: one `fmt ` chunk of 16 bytes, one `data` chunk. */
const HEADER = 44;
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;

/** Of 32,768: a pause of the three voices peaks at 169, the shortest word above 8,000. */
const LOUDEST_SILENCE = 500;

/** The samples of a WAV as flite writes it, without a copy. */
export function wavSamples(wav: Uint8Array): Int16Array {
  return new Int16Array(wav.buffer, wav.byteOffset + HEADER, (wav.byteLength - HEADER) >> 1);
}

export function isSilent(samples: Int16Array): boolean {
  return samples.every((sample) => Math.abs(sample) <= LOUDEST_SILENCE);
}

/** One WAV out of many of the same format (the first one's), in order. `wavs` must not be empty. */
export function joinWavs(wavs: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = wavs.reduce((sum, wav) => sum + wav.byteLength - HEADER, 0);
  const joined = new Uint8Array(HEADER + size);
  let offset = HEADER;
  for (const wav of wavs) {
    if (offset === HEADER) joined.set(wav.subarray(0, HEADER));
    joined.set(wav.subarray(HEADER), offset);
    offset += wav.byteLength - HEADER;
  }
  const header = new DataView(joined.buffer);
  header.setUint32(RIFF_SIZE_AT, HEADER - 8 + size, true);
  header.setUint32(DATA_SIZE_AT, size, true);
  return joined;
}
