import type { ConfiguredProvider } from "../config/schema.ts";
import { type Persona, type TtsSettings, ttsSettings } from "../config/tts.ts";
import { activePersona, readTtsPrefs } from "../config/tts-prefs.ts";
import { InferError } from "../core/error.ts";
import type { SpeechPersona } from "../protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../providers/speech.ts";
import { type Candidate, type Chooser, configuredBy, type Specialist } from "./candidates.ts";
import { redirect } from "./configured.ts";
import { departed } from "./departure.ts";
import { type KnownProvider, knownProviders, unknownProvider } from "./directory.ts";
import type { Keyring } from "./keyring.ts";

/** What the config, the environment and the user's preferences say of how one provider speaks. */
export interface SpeechSettings {
  /** The provider's block of the config, and over it the persona's, in OpenClaw's spelling. Unchecked. */
  options: Readonly<Record<string, unknown>>;
  /** Whose voice it is, where the provider may be told in words. */
  persona?: SpeechPersona;
  /** Of one request. */
  timeoutMs?: number;
  /** Characters of the longest text that the config allows. */
  maxTextLength?: number;
}

/** How backends that speak are chosen. `channel`: the config may have a voice for it. */
export async function speechSpecialist(keyring: Keyring, channel: string | undefined): Promise<Specialist> {
  const speech = new SpeechConfig(keyring, await speechSetup(keyring, channel));
  return {
    configured: (chooser) => speech.configured(chooser),
    at: (provider) => speech.at(provider),
    defaultModel: async (provider) => speech.modelOf(provider),
    inOrder: inSpeechOrder,
    onTerms: (candidate) => speech.onTerms(candidate),
  };
}

export interface SpeechSetup {
  settings: TtsSettings;
  persona: Persona | undefined;
  /** The provider that is named, as it was written, and where. */
  primary?: { name: string; place: string };
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
  return { settings, persona, ...(found?.[0] !== undefined && { primary: { name: found[0], place: found[1] } }) };
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

  /** The named one, then, as OpenClaw has it, every other that is set up. */
  async configured(chooser: Chooser): Promise<Candidate[]> {
    const { primary } = this.setup;
    if (!primary) return [];
    const first = await this.#primary(chooser, primary);
    const others: Candidate[] = [];
    for (const provider of inSpeechOrder(knownProviders(this.keyring.loaded))) {
      if (!provider.speech || provider.embedded || provider.id === first.provider.id) continue;
      if (!(await configuredBy(this.at(provider), this.keyring))) continue;
      if (!provider.speech.withoutModel && this.modelOf(provider) === undefined) continue;
      const reason = `set up beside ${first.provider.id}`;
      others.push({ ...(await chooser.candidate(provider, this.modelOf(provider), reason)), spare: true });
    }
    return [first, ...others].map((candidate) => this.onTerms(candidate));
  }

  /** OpenClaw may know a provider that infer does not: it is skipped, and the others still count. */
  async #primary(chooser: Chooser, { name, place }: { name: string; place: string }): Promise<Candidate> {
    try {
      const provider = chooser.find(name);
      return await chooser.candidate(provider, this.modelOf(provider), place);
    } catch (thrown) {
      if (!(thrown instanceof InferError)) throw thrown;
      return chooser.candidate({ ...unknownProvider(name), problem: thrown }, undefined, place);
    }
  }

  /** The provider as its block of the config has it: its own address and key are the nearer ones. */
  at(provider: KnownProvider): KnownProvider {
    if (!provider.speech) return provider;
    const block = this.setup.settings.of(namesOf(provider));
    const own = withWebUrl(departed(provider, provider.speech, this.keyring.loaded.env));
    if (!block) return own;
    const { options, path } = block;
    const baseUrl = textOf(options.baseUrl) ?? textOf(options.endpoint);
    const settings = Object.keys(provider.settings ?? {}).flatMap((name) => {
      const value = textOf(options[name]);
      return value === undefined ? [] : [[name, value] as const];
    });
    // The config's schema has seen to their types.
    const { headers } = options as Pick<ConfiguredProvider, "headers">;
    const apiKey = this.#keyIn(provider, options);
    const entry = { ...(baseUrl && { baseUrl }), ...(apiKey && { apiKey }), ...(headers && { headers }) };
    return {
      ...withWebUrl(redirect(own, entry, path)),
      ...(settings.length > 0 && { settingValues: { ...own.settingValues, ...Object.fromEntries(settings) } }),
    };
  }

  /** The block's own, or, where nothing else says one, what the vendor called its key before. */
  #keyIn(provider: KnownProvider, options: Readonly<Record<string, unknown>>): ConfiguredProvider["apiKey"] {
    const { keyOption } = provider.speech ?? {};
    const isElsewhere = this.#options(provider).apiKey !== undefined;
    const key = options.apiKey ?? (keyOption === undefined || isElsewhere ? undefined : options[keyOption]);
    return key as ConfiguredProvider["apiKey"];
  }

  modelOf(provider: KnownProvider): string | undefined {
    if (provider.speech?.withoutModel === "always") return undefined;
    return textOf(this.#options(provider).model) ?? provider.speech?.defaultModel;
  }

  onTerms(candidate: Candidate): Candidate {
    const { provider } = candidate;
    const { persona, settings } = this.setup;
    const binding = persona && bindingOf(persona, provider);
    const isMissing = persona !== undefined && binding === undefined;
    const speaks = persona && !(isMissing && persona.fallbackPolicy === "provider-defaults");
    const timeoutMs = numberOf(this.#options(provider).timeoutMs) ?? settings.timeoutMs;
    const problem =
      isMissing && persona.fallbackPolicy === "fail"
        ? new InferError("usage", `The persona ${persona.id} has no settings for ${provider.id}, and wants some.`, {
            hint: `Add personas.${persona.id}.providers.${provider.id}, or another fallbackPolicy.`,
          })
        : undefined;
    return {
      ...candidate,
      env: this.keyring.loaded.env,
      speech: {
        options: this.#options(provider),
        ...(speaks && { persona: { id: persona.id, label: persona.label, prompt: persona.prompt ?? {} } }),
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(settings.maxTextLength !== undefined && { maxTextLength: settings.maxTextLength }),
      },
      ...(problem && { problem: candidate.problem ?? problem }),
    };
  }

  /** Nearest first: the persona's, the block's, the environment's. */
  #options(provider: KnownProvider): Record<string, unknown> {
    const { settings, persona } = this.setup;
    const { env } = this.keyring.loaded;
    const fromEnv = Object.entries(provider.speech?.optionEnv ?? {}).flatMap(([name, variables]) => {
      const value = variables.map((variable) => env[variable]?.trim()).find(Boolean);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(fromEnv),
      ...settings.of(namesOf(provider))?.options,
      ...(persona && bindingOf(persona, provider)),
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

function bindingOf({ providers }: Persona, provider: KnownProvider): Record<string, unknown> | undefined {
  const name = namesOf(provider).find((one) => Object.hasOwn(providers, one));
  return name === undefined ? undefined : providers[name];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() ? value.trim() : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
