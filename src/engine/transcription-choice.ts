import { defaultModels } from "../config/agent.ts";
import type { LoadedConfig } from "../config/file.ts";
import { parseRef } from "../core/ref.ts";
import { TRANSCRIPTION_SERVICES } from "../providers/transcription.ts";
import type { Candidate, Chooser, Specialist } from "./candidates.ts";
import { departed } from "./departure.ts";
import type { KnownProvider } from "./directory.ts";
import { findProvider } from "./directory.ts";
import { mediaEntries, mediaTerms } from "./media-choice.ts";

/** How backends that write down recordings are chosen. */
export function transcriptionSpecialist(loaded: LoadedConfig): Specialist {
  const isKnown = (id: string): boolean => Object.hasOwn(TRANSCRIPTION_SERVICES, id);
  return {
    configured: (chooser) => mediaEntries(chooser, loaded, { kind: "audio", isKnown }),
    at: (provider) => {
      const { transcription } = provider;
      return transcription ? departed(provider, transcription, loaded.env) : provider;
    },
    defaultModel: async ({ transcription }) => transcription?.defaultModel,
    inOrder: (providers) => inOrder(providers, loaded),
    onTerms: (candidate, named) => ({
      ...candidate,
      env: loaded.env,
      ...(!named && { media: mediaTerms(loaded, "audio", candidate.provider) }),
    }),
    advice: FIRST_STEPS,
    here: (chooser) => programHere(chooser, loaded),
  };
}

const FIRST_STEPS =
  "Set a key, for example OPENAI_API_KEY, GROQ_API_KEY or DEEPGRAM_API_KEY, or install whisper.cpp and set WHISPER_CPP_MODEL to the path of its model";

/** OpenClaw's order: whoever answers in text, then whom the config has, then as the table has them. */
function inOrder(providers: readonly KnownProvider[], loaded: LoadedConfig): KnownProvider[] {
  const order = Object.keys(TRANSCRIPTION_SERVICES);
  const [primary] = defaultModels(loaded).refs;
  const active = findProvider(providers, (primary && parseRef(primary)?.provider) ?? "");
  const rank = (provider: KnownProvider): number => {
    if (provider === active) return -2;
    const place = order.indexOf(provider.id);
    if (provider.configPath !== undefined) return -1;
    return place === -1 ? order.length : place;
  };
  return providers.toSorted((a, b) => rank(a) - rank(b));
}

/** A program of the user's own that is on this machine, with its model. */
async function programHere(chooser: Chooser, { env }: LoadedConfig): Promise<Candidate | undefined> {
  const { findTranscriber, TRANSCRIBERS } = await import("./transcription-program.ts");
  for (const id of TRANSCRIBERS) {
    const program = await findTranscriber(id, env);
    if ("missing" in program) continue;
    return chooser.candidate(chooser.find(id), program.model, "a program on this machine");
  }
  return undefined;
}
