import { runEngine, type Speech } from "./engine.ts";

export interface Voice {
  id: string;
  name: string;
  /** BCP 47. */
  language: string;
  gender?: string;
  description: string;
}

/** The voices of the embedded flite; the first is the default. */
export const LOCAL_VOICES: readonly Voice[] = [
  { id: "slt", name: "SLT", language: "en-US", gender: "female", description: "US English, the clearest of the three" },
  { id: "rms", name: "RMS", language: "en-US", gender: "male", description: "US English, calm and low" },
  { id: "awb", name: "AWB", language: "en-GB", gender: "male", description: "English with a Scottish accent" },
];

/**
 * Speaks English text in one of `LOCAL_VOICES`: a complete WAV file, 16 kHz, mono, 16-bit PCM.
 * Throws `empty_result` when nothing in the text can be spoken.
 */
export async function speakLocally(speech: Speech, signal: AbortSignal): Promise<Uint8Array> {
  return runEngine("speak", speech, signal);
}
