import { InferError } from "../core/error.ts";
import { runEngine } from "./engine.ts";

export interface LocalVoice {
  id: string;
  name: string;
  /** BCP 47. */
  language: string;
  gender?: string;
  description: string;
}

/** The voices of the embedded flite; the first is the default. */
export const LOCAL_VOICES: readonly LocalVoice[] = [
  { id: "slt", name: "SLT", language: "en-US", gender: "female", description: "US English, the clearest of the three" },
  { id: "rms", name: "RMS", language: "en-US", gender: "male", description: "US English, calm and low" },
  { id: "awb", name: "AWB", language: "en-GB", gender: "male", description: "English with a Scottish accent" },
];

const SPEED = { slowest: 0.25, fastest: 4 };

/**
 * Speaks English text: a complete WAV file, 16 kHz, mono, 16-bit PCM.
 * Throws `usage` for an unknown voice or an impossible speed, `empty_result` when nothing in the text can be spoken.
 */
export async function speakLocally(
  request: { text: string; voice: string; speed?: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const { text, voice, speed = 1 } = request;
  if (!LOCAL_VOICES.some(({ id }) => id === voice)) {
    throw new InferError("usage", `The local provider has no voice "${voice}".`, {
      hint: `Its voices are ${LOCAL_VOICES.map(({ id }) => id).join(", ")}.`,
    });
  }
  if (!(speed >= SPEED.slowest && speed <= SPEED.fastest)) {
    throw new InferError("usage", `The speed must be from ${SPEED.slowest} to ${SPEED.fastest}, not ${speed}.`);
  }
  return runEngine("speak", { text, voice, speed }, signal);
}
