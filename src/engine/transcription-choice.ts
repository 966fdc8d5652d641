import { defaultModels } from "../config/agent.ts";
import type { LoadedConfig } from "../config/file.ts";
import { parseRef } from "../core/ref.ts";
import { notThere } from "../process/find-program.ts";
import { COMPATIBLE_TRANSCRIPTION, TRANSCRIPTION_SERVICES } from "../providers/transcription.ts";
import type { Candidate } from "./candidates.ts";
import type { KnownProvider } from "./directory.ts";
import { findProvider } from "./directory.ts";
import { type MediaRules, mediaAddress, mediaEntries, mediaModel, mediaTerms } from "./media-choice.ts";
import { overridden } from "./service-override.ts";
import type { Chooser, Specialist } from "./specialist.ts";

/** How backends that write down recordings are chosen. */
export function transcriptionSpecialist(loaded: LoadedConfig): Specialist {
  return {
    configured: async (chooser) => {
      const entries = await mediaEntries(chooser, loaded, AUDIO);
      return Promise.all(entries.map((entry) => ifThere(entry, chooser, loaded)));
    },
    at: (provider, model) => {
      const { transcription } = provider;
      if (!transcription || transcription.protocol === "transcription-program") return provider;
      return overridden(mediaAddress(provider, model, loaded, AUDIO), transcription, loaded.env);
    },
    defaultModel: async (provider) => mediaModel(provider, provider.transcription?.defaultModel, loaded, AUDIO),
    inOrder: (providers) => inOrder(providers, loaded),
    onTerms: (candidate, named) => ({
      ...candidate,
      env: loaded.env,
      ...(!named && { media: mediaTerms(loaded, "audio", candidate.provider) }),
    }),
    advice: FIRST_STEPS,
    needsProvider: true,
    goesWithoutModel: ({ transcription }) => transcription?.protocol === "transcription-program",
    here: (chooser) => programHere(chooser, loaded),
  };
}

const AUDIO: MediaRules = {
  kind: "audio",
  // A server of the user's own is mostly meant for something else: an entry for it has to say that it hears.
  isKnown: (id) => Object.hasOwn(TRANSCRIPTION_SERVICES, id) && TRANSCRIPTION_SERVICES[id] !== COMPATIBLE_TRANSCRIPTION,
};

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

/** A program that the config names, and that is not on this machine, cannot be tried. */
async function ifThere(candidate: Candidate, { keyring }: Chooser, { env }: LoadedConfig): Promise<Candidate> {
  const { provider, model, problem } = candidate;
  if (problem || provider.transcription?.protocol !== "transcription-program") return candidate;
  const { findTranscriber } = await import("./transcription-program.ts");
  const found = await findTranscriber(provider.id, env, model ?? undefined, keyring.context.cwd);
  if (!("missing" in found)) return candidate;
  return { ...candidate, problem: notThere(found) };
}

/** A program of the user's own that is on this machine, with its model. */
async function programHere(chooser: Chooser, { env }: LoadedConfig): Promise<Candidate | undefined> {
  const { findTranscriber, TRANSCRIBERS } = await import("./transcription-program.ts");
  for (const id of TRANSCRIBERS) {
    const program = await findTranscriber(id, env, undefined, chooser.keyring.context.cwd);
    if ("missing" in program) continue;
    return chooser.candidate(chooser.find(id), program.model, "a program on this machine");
  }
  return undefined;
}
