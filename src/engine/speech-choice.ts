import type { ConfiguredProvider } from "../config/schema.ts";
import { type Persona, type SpeechBlock, type TtsSettings, ttsSettings } from "../config/tts.ts";
import { activePersona, readTtsPrefs } from "../config/tts-prefs.ts";
import { InferError } from "../core/error.ts";
import { filledText } from "../core/json.ts";
import { notThere } from "../process/find-program.ts";
import type { SpeechPersona } from "../protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../providers/speech.ts";
import { type Candidate, configuredBy } from "./candidates.ts";
import { redirect } from "./configured.ts";
import { type KnownProvider, knownProviders, speakingProvider, unknownProvider } from "./directory.ts";
import type { Keyring } from "./keyring.ts";
import { baseUrlOf } from "./route.ts";
import { overridden } from "./service-override.ts";
import type { Chooser, Specialist } from "./specialist.ts";

/** What the config, the environment and the user's preferences say of how one provider speaks. */
export interface SpeechSettings {
  /** The provider's block of the config, and over it the persona's, in OpenClaw's spelling. Unchecked. */
  options: Readonly<Record<string, unknown>>;
  /** Whose voice it is, where the provider may be told in words. */
  persona?: SpeechPersona;
  /** Its id. */
  activePersona?: string;
  /** Whether the active persona has settings for this provider. */
  personaBinding: "applied" | "missing" | "none";
  /** Of one request. */
  timeoutMs?: number;
  /** Characters of the longest text that the config allows. */
  maxTextLength?: number;
}

/** How backends that speak are chosen. `channel`: the config may have a voice for it. */
export async function speechSpecialist(keyring: Keyring, channel: string | undefined): Promise<Specialist> {
  const setup = await speechSetup(keyring, channel);
  const { warnings } = keyring.context.report;
  if (setup.unknownPersona && !warnings.includes(setup.unknownPersona)) warnings.push(setup.unknownPersona);
  const speech = new SpeechConfig(keyring, setup);
  return {
    configured: (chooser) => speech.configured(chooser),
    at: (provider) => speech.at(provider),
    defaultModel: async (provider) => speech.modelOf(provider),
    inOrder: inSpeechOrder,
    onTerms: (candidate) => speech.onTerms(candidate),
    find: (name) => speakingProvider(keyring.loaded, name),
    goesWithoutModel: (provider) => provider.speech?.withoutModel !== undefined,
    needsProvider: true,
    refuses: refusedModel,
    unready,
  };
}

export interface SpeechSetup {
  settings: TtsSettings;
  persona: Persona | undefined;
  /** The provider that is named, as it was written, and where. */
  primary?: { name: string; place: string };
  /** What to say when the active persona is none of the config's. */
  unknownPersona?: string;
}

/** Nearest first: the user's preference, the persona's provider, the config's. */
export async function speechSetup({ context, loaded }: Keyring, channel?: string): Promise<SpeechSetup> {
  const settings = ttsSettings(loaded, channel);
  const prefs = await readTtsPrefs(context, loaded, settings.prefsPath);
  const persona = activePersona(settings, prefs);
  const places: [string | undefined, string][] = [
    [prefs.provider, `the preference in ${prefs.place.provider}`],
    [persona?.provider, `persona ${persona?.id}`],
    [settings.provider, `${settings.place.replace(/\.providers$/, ".provider")} in ${loaded.path}`],
  ];
  const found = places.find(([name]) => name !== undefined);
  const named = prefs.persona === undefined ? settings.persona : prefs.persona;
  const isUnknown = typeof named === "string" && !persona;
  const known = settings.personas.map(({ id }) => id).join(", ") || "none";
  return {
    settings,
    persona,
    ...(found?.[0] !== undefined && { primary: { name: found[0], place: found[1] } }),
    ...(isUnknown && { unknownPersona: `There is no persona "${named}": nobody's is used. Known: ${known}.` }),
  };
}

/** Where the config has its personas, for messages. */
export function personasPlace({ place }: TtsSettings): string {
  return place.replace(/providers$/, "personas");
}

function refusedModel({ id, name, speech }: KnownProvider, model: string): InferError | undefined {
  if (speech?.withoutModel !== "always") return undefined;
  return new InferError("usage", `${name} has no models to choose from, and was given "${model}".`, {
    hint: `Use --provider ${id}, and --voice for the voice.`,
  });
}

/** Azure's key alone does not say where Azure is. */
function unready(provider: KnownProvider): InferError | undefined {
  const { protocol } = provider.speech ?? {};
  if (protocol === undefined || protocol === "speech-program" || protocol === "local-flite") return undefined;
  try {
    baseUrlOf(provider, {});
    return undefined;
  } catch (thrown) {
    if (thrown instanceof InferError) return thrown;
    throw thrown;
  }
}

/** OpenClaw's order, which is the table's. */
export function inSpeechOrder(providers: readonly KnownProvider[]): KnownProvider[] {
  const order = Object.keys(SPEECH_SERVICES);
  const rank = ({ id }: KnownProvider): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return providers.toSorted((a, b) => rank(a) - rank(b));
}

class SpeechConfig {
  constructor(
    readonly keyring: Keyring,
    readonly setup: SpeechSetup,
  ) {}

  /**
   * The named one, then, as OpenClaw has it, every other that is set up. Nobody needs to be named where the persona wants
   * settings of its own for whoever speaks: the first one with them does.
   */
  async configured(chooser: Chooser): Promise<Candidate[]> {
    const { primary, persona } = this.setup;
    if (!primary && persona?.fallbackPolicy !== "fail") return [];
    const candidates = primary ? [await this.#primary(chooser, primary)] : [];
    const beside = primary
      ? `set up beside ${candidates[0]?.provider.id}`
      : `set up, and persona ${persona?.id} is active`;
    for (const provider of inSpeechOrder(knownProviders(this.keyring.loaded))) {
      const isThere = candidates.some((one) => one.provider.id === provider.id);
      if (!provider.speech || provider.embedded || isThere) continue;
      const own = this.at(provider);
      if (!(await configuredBy(own, this.keyring)) || unready(own)) continue;
      const model = this.modelOf(provider);
      if (!provider.speech.withoutModel && model === undefined) continue;
      candidates.push({ ...(await chooser.candidate(provider, model, beside)), ...(primary && { spare: true }) });
    }
    return candidates.map((candidate) => this.onTerms(candidate));
  }

  /** OpenClaw may know a provider that infer does not: it is skipped, and the others still count. */
  async #primary(chooser: Chooser, { name, place }: { name: string; place: string }): Promise<Candidate> {
    try {
      const provider = chooser.find(name);
      return await this.#ifThere(await chooser.candidate(provider, this.modelOf(provider), place));
    } catch (thrown) {
      if (!(thrown instanceof InferError)) throw thrown;
      return chooser.candidate({ ...unknownProvider(name), problem: thrown }, undefined, place);
    }
  }

  /** A program that is not on this machine cannot be tried. */
  async #ifThere(candidate: Candidate): Promise<Candidate> {
    const { provider, model, problem } = candidate;
    if (problem || provider.speech?.protocol !== "speech-program") return candidate;
    const { findSpeechProgram } = await import("./speech-programs.ts");
    const { context, loaded } = this.keyring;
    const found = await findSpeechProgram(this.#options(provider), loaded.env, model ?? undefined, context.cwd);
    if (!("missing" in found)) return candidate;
    return { ...candidate, problem: notThere(found) };
  }

  /** The provider as its block of the config, and over it the persona's, have it: the nearer address and key win. */
  at(provider: KnownProvider): KnownProvider {
    if (!provider.speech) return provider;
    const own = withWebUrl(overridden(provider, provider.speech, this.keyring.loaded.env));
    const blocks = [this.setup.settings.of(namesOf(provider)), this.#binding(provider)];
    return blocks.reduce<KnownProvider>((before, block) => (block ? this.#redirected(before, block) : before), own);
  }

  #redirected(provider: KnownProvider, { options, path }: SpeechBlock): KnownProvider {
    const baseUrl = filledText(options.baseUrl) ?? filledText(options.endpoint);
    const settings = Object.keys(provider.settings ?? {}).flatMap((name) => {
      const value = filledText(options[name]);
      return value === undefined ? [] : [[name, value] as const];
    });
    // The config's schema has seen to their types.
    const { headers } = options as Pick<ConfiguredProvider, "headers">;
    const apiKey = this.#keyIn(provider, options);
    const entry = { ...(baseUrl && { baseUrl }), ...(apiKey && { apiKey }), ...(headers && { headers }) };
    return {
      ...withWebUrl(redirect(provider, entry, path)),
      ...(settings.length > 0 && { settingValues: { ...provider.settingValues, ...Object.fromEntries(settings) } }),
    };
  }

  /** The block's own, or, where nothing else says one, what the vendor called its key before. */
  #keyIn(provider: KnownProvider, options: Readonly<Record<string, unknown>>): ConfiguredProvider["apiKey"] {
    const { keyOption } = provider.speech ?? {};
    const isElsewhere = this.#options(provider).apiKey !== undefined;
    const key = options.apiKey ?? (keyOption === undefined || isElsewhere ? undefined : options[keyOption]);
    return key as ConfiguredProvider["apiKey"];
  }

  /** What the active persona says of a provider. */
  #binding(provider: KnownProvider): SpeechBlock | undefined {
    const { persona, settings } = this.setup;
    const name = namesOf(provider).find((one) => persona && Object.hasOwn(persona.providers, one));
    const options = name === undefined ? undefined : persona?.providers[name];
    return options && { options, path: `${personasPlace(settings)}.${persona?.id}.providers.${name}` };
  }

  modelOf(provider: KnownProvider): string | undefined {
    if (provider.speech?.withoutModel === "always") return undefined;
    return filledText(this.#options(provider).model) ?? provider.speech?.defaultModel;
  }

  onTerms(candidate: Candidate): Candidate {
    const { provider } = candidate;
    const { persona, settings } = this.setup;
    const isMissing = persona !== undefined && this.#binding(provider) === undefined;
    const speaks = persona && !(isMissing && persona.fallbackPolicy === "provider-defaults");
    const timeoutMs = numberOf(this.#options(provider).timeoutMs) ?? settings.timeoutMs;
    const problem =
      isMissing && persona.fallbackPolicy === "fail"
        ? new InferError("usage", `The persona ${persona.id} has no settings for ${provider.id}, and wants some.`, {
            hint: `Add ${personasPlace(settings)}.${persona.id}.providers.${provider.id}, or another fallbackPolicy.`,
          })
        : undefined;
    return {
      ...candidate,
      env: this.keyring.loaded.env,
      speech: {
        options: this.#options(provider),
        ...(persona && { activePersona: persona.id }),
        personaBinding: persona === undefined ? "none" : isMissing ? "missing" : "applied",
        ...(speaks && { persona: { id: persona.id, label: persona.label, prompt: persona.prompt ?? {} } }),
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(settings.maxTextLength !== undefined && { maxTextLength: settings.maxTextLength }),
      },
      ...(problem && { problem: candidate.problem ?? problem }),
    };
  }

  /** Nearest first: the persona's, the block's, the environment's. */
  #options(provider: KnownProvider): Record<string, unknown> {
    const { settings } = this.setup;
    const { env } = this.keyring.loaded;
    const fromEnv = Object.entries(provider.speech?.optionEnv ?? {}).flatMap(([name, variables]) => {
      const value = variables.map((variable) => env[variable]?.trim()).find(Boolean);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(fromEnv),
      ...settings.of(namesOf(provider))?.options,
      ...this.#binding(provider)?.options,
    };
  }
}

/** Microsoft's is a WebSocket's address, and so written by those who know it: its wire opens one at either. */
function withWebUrl(provider: KnownProvider): KnownProvider {
  const isSocket = provider.speech?.protocol === "edge-read-aloud";
  return isSocket ? { ...provider, baseUrl: provider.baseUrl.replace(/^ws(?=s?:)/i, "http") } : provider;
}

function namesOf({ id, aliases = [], speech }: KnownProvider): string[] {
  return [id, ...aliases, ...(speech?.alsoNamed ?? [])];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
