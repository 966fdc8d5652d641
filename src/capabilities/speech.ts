import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import { LOCAL_VOICES, type LocalVoice, speakLocally } from "../local/speak.ts";
import { unspeakableLetters } from "../local/speakable-text.ts";

/** Enough to recognise the script by. */
const MOST_LETTERS = 20;

export interface SpeechRun {
  text: string;
  voice?: string | undefined;
  /** 1 is the voice's normal rate. */
  speed?: number | undefined;
  candidates: readonly Candidate[];
}

/** `tts.convert`: the audio as one file's bytes. */
export async function speak(context: Context, run: SpeechRun): Promise<Uint8Array> {
  const plan = { candidates: run.candidates, mayRepeat: () => true };
  return tryCandidates(context, plan, async (_candidate, { signal }) => {
    const { id: voice } = findVoice(run.voice);
    const speech = { text: run.text, voice, ...(run.speed !== undefined && { speed: run.speed }) };
    const bytes = await speakLocally(speech, signal);
    const unspoken = unspeakableLetters(run.text);
    if (unspoken) context.report.warnings.push(unspokenWarning(unspoken));
    return bytes;
  });
}

/** `tts.voices`: what can be asked of a provider. Throws when it has no speech. */
export function voicesOf({ problem }: Candidate): readonly LocalVoice[] {
  if (problem) throw problem;
  return LOCAL_VOICES;
}

function findVoice(name: string | undefined): LocalVoice {
  const voice = LOCAL_VOICES.find(({ id }) => name === undefined || id === name);
  if (voice) return voice;
  throw new InferError("not_found", `There is no voice "${name}".`, {
    hint: `Voices: ${LOCAL_VOICES.map(({ id }) => id).join(", ")}`,
  });
}

function unspokenWarning(letters: string): string {
  const some = letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS)}…` : letters;
  return `The embedded voices read English; these characters were left out: ${some}`;
}
