import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import { LOCAL_VOICES, speakLocally, type Voice } from "../local/speak.ts";
import { unspeakableLetters } from "../local/speakable-text.ts";
import type { MediaFile } from "../media/file.ts";
import type { Provider } from "../providers/types.ts";

export interface Speech {
  text: string;
  voice?: string | undefined;
  /** 1 is the voice's normal rate. */
  speed?: number | undefined;
}

/** What speaks, by the protocol of the provider's row. */
interface Speaker {
  voices: readonly Voice[];
  speak(context: Context, speech: Speech, call: Call): Promise<MediaFile>;
}

const SPEAKERS: Record<NonNullable<Provider["speech"]>["protocol"], Speaker> = {
  "local-flite": { voices: LOCAL_VOICES, speak: speakHere },
};

/** `tts.convert`: the audio as one file. */
export async function speak(
  context: Context,
  run: { speech: Speech; candidates: readonly Candidate[] },
): Promise<MediaFile> {
  const plan = { candidates: run.candidates, mayRepeat: () => true };
  return tryCandidates(context, plan, (candidate, call) => speakerOf(candidate).speak(context, run.speech, call));
}

/** `tts.voices`: what can be asked of a provider. Throws when it has no speech. */
export function voicesOf(candidate: Candidate): readonly Voice[] {
  if (candidate.problem) throw candidate.problem;
  return speakerOf(candidate).voices;
}

function speakerOf({ provider }: Candidate): Speaker {
  if (!provider.speech) throw new Error(`${provider.id} has no speech`);
  return SPEAKERS[provider.speech.protocol];
}

/** Enough letters to recognise a script by. */
const MOST_LETTERS = 20;

async function speakHere(context: Context, { text, voice, speed = 1 }: Speech, { signal }: Call): Promise<MediaFile> {
  const bytes = await speakLocally({ text, voice: localVoice(voice).id, speed }, signal);
  const left = unspeakableLetters(text);
  if (left) {
    const some = left.length > MOST_LETTERS ? `${left.slice(0, MOST_LETTERS)}…` : left;
    context.report.warnings.push(`The embedded voices read English; these characters were left out: ${some}`);
  }
  return { bytes, mimeType: "audio/wav", extension: "wav" };
}

function localVoice(name: string | undefined): Voice {
  const voice = LOCAL_VOICES.find(({ id }) => name === undefined || id === name);
  if (voice) return voice;
  throw new InferError("not_found", `There is no voice "${name}".`, {
    hint: `Voices: ${LOCAL_VOICES.map(({ id }) => id).join(", ")}`,
  });
}
