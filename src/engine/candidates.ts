import type { Found } from "../auth/scheme.ts";
import { defaultModels, imageModels, resolveAlias } from "../config/agent.ts";
import type { LoadedConfig } from "../config/file.ts";
import { InferError } from "../core/error.ts";
import { parseRef } from "../core/ref.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Transport } from "../http/client.ts";
import { DEFAULT_PROVIDER, FIRST_STEPS } from "../providers/table.ts";
import type { Provider } from "../providers/types.ts";
import { forModel } from "./configured.ts";
import { headersOf, transportOf } from "./configured-request.ts";
import {
  findProvider,
  isOfUse,
  type KnownProvider,
  knownProvider,
  knownProviders,
  unknownProvider,
} from "./directory.ts";
import { isGiven, type Keyring } from "./keyring.ts";
import type { MediaProgram, MediaTerms } from "./media-choice.ts";
import { type Specialist, specialistFor } from "./specialist.ts";
import type { SpeechSettings } from "./speech-choice.ts";
import { withTerms } from "./with-terms.ts";

/** What a provider may offer, by the member of its row. */
export type ServiceName = "text" | "image" | "vision" | "embedding" | "speech" | "transcription";

/** One backend to try. */
export interface Candidate {
  provider: KnownProvider;
  /** As the vendor knows it; `null` when the provider has to choose. */
  model: string | null;
  /** `null` when it has none, and cannot be tried. */
  credential: Found | null;
  /** The config's own headers. Not to be printed. */
  headers: Record<string, string>;
  /** Those of the headers' values that are not plain text in the config. */
  secrets: readonly string[];
  /** The config's own proxy and certificates. */
  transport?: Transport;
  /** Why this one was chosen, to be printed. */
  reason: string;
  /** It stands in for the others, and nobody has named it: little time is kept for it. */
  spare?: true;
  /** What the config says of it, where media are read and argv does not name it. */
  media?: MediaTerms;
  /** What the config says of how it speaks. */
  speech?: SpeechSettings;
  /** The variables that a program on this machine is given: the config may add to the environment. */
  env?: LoadedConfig["env"];
  /** Set for a program of the user's own in place of a provider. */
  program?: MediaProgram;
  /** There while the credential has still to be looked up: gives the candidate with it. */
  complete?: () => Promise<Candidate>;
  /** Set when it cannot be tried: it is skipped with this error, before anything is sent. */
  problem?: InferError;
}

interface Wanted {
  service: ServiceName;
  provider?: string | undefined;
  model?: string | undefined;
  fallback: readonly string[];
  /** `false`: servers on this machine are not asked whether they are there. */
  probe?: false;
  /** Narrows the providers that are chosen by their credential. */
  suits?: (provider: KnownProvider) => boolean;
  /** The channel that speech is for: the config may have a voice for it. */
  channel?: string | undefined;
}

const WORDS: Readonly<Record<ServiceName, string>> = {
  text: "text models",
  image: "image models",
  vision: "descriptions of images",
  embedding: "embeddings",
  speech: "speech",
  transcription: "transcription",
};

/** The verbs that list who serves. */
const LISTS: Readonly<Record<ServiceName, string>> = {
  text: "model providers",
  image: "image providers",
  vision: "model providers",
  embedding: "model providers",
  speech: "tts providers",
  transcription: "audio providers",
};

/**
 * Chooses the backends, in the order in which they are tried: what argv names, else the configured default and its
 * fallbacks, else the first provider with a credential, else a server on this machine, else the embedded engines.
 */
export async function selectCandidates(wanted: Wanted, keyring: Keyring): Promise<Candidate[]> {
  const specialist = await specialistFor(wanted.service, keyring, wanted.channel);
  const choice = new Choice(wanted.service, keyring, wanted.probe ?? true, wanted.suits ?? (() => true), specialist);
  const fallbacks: Candidate[] = [];
  for (const ref of wanted.fallback) fallbacks.push(await choice.byRef(ref, "--fallback", "later"));
  const named = fallbacks.map((fallback) => choice.onTerms(fallback, true));
  if (wanted.provider !== undefined) {
    return [choice.onTerms(await choice.byProvider(wanted.provider, wanted.model), true), ...named];
  }
  if (wanted.model !== undefined) return [choice.onTerms(await choice.byRef(wanted.model, "--model"), true), ...named];
  const configured = await choice.byConfig();
  if (configured.length > 0) return [...configured, ...named];
  const automatic = await choice.automatic();
  if (automatic) return [choice.onTerms(automatic, false), ...named];
  if (named.length > 0) return named;
  throw await choice.nothing();
}

/**
 * What a provider is set up with, or `null`: a key, or, for a server that needs none, its place in the config. Choosing
 * the first provider and every inventory ask here, so that `configured` says what a run would find.
 */
export async function configuredBy(provider: KnownProvider, keyring: Keyring): Promise<Found | null> {
  if (provider.problem || !isOfUse(provider)) return null;
  const credential = await keyring.credentialOf(provider, false);
  if ("missing" in credential) return null;
  return isGiven(credential) || provider.configPath !== undefined ? credential : null;
}

/** The ways to choose a backend for one service. */
class Choice {
  readonly #loaded: LoadedConfig;

  constructor(
    readonly service: ServiceName,
    readonly keyring: Keyring,
    readonly probes: boolean,
    readonly suits: (provider: KnownProvider) => boolean,
    readonly specialist: Specialist | undefined,
  ) {
    this.#loaded = keyring.loaded;
  }

  async byProvider(name: string, model: string | undefined): Promise<Candidate> {
    const provider = this.find(name);
    const reason = "--provider";
    if (model !== undefined) return this.candidate(provider, namedModel(model, provider), reason);
    const candidate = await this.candidate(provider, undefined, reason);
    if (candidate.model !== null || !candidate.problem || this.service !== "text" || !provider.probe) return candidate;
    if (!this.probes || candidate.problem.type !== "usage") return candidate;
    // A server on this machine knows which models it has, or why it does not answer.
    const { firstModel } = await import("./probe.ts");
    const found = await firstModel(this.keyring, provider);
    return typeof found === "string" ? this.candidate(provider, found, reason) : { ...candidate, problem: found };
  }

  /** `later`: its credential is looked up when its turn comes, in its own share of the time. */
  async byRef(text: string, reason: string, later?: "later"): Promise<Candidate> {
    const name = resolveAlias(this.#loaded, text) ?? text;
    const ref = parseRef(name);
    if (ref) {
      const provider = this.find(ref.provider);
      return later ? this.#pending(provider, ref.model, reason) : this.candidate(provider, ref.model, reason);
    }
    // Not every vendor has models: a name alone may be all that there is to say.
    const alone = this.specialist ? this.#found(name.trim()) : undefined;
    if (alone?.[this.service]) return this.candidate(alone, undefined, reason);
    if (this.specialist?.needsProvider) {
      throw new InferError("usage", `"${name.trim()}" is not a model: write it as provider/model.`, {
        hint: `Providers: infer ${LISTS[this.service]}`,
      });
    }
    const [primary] = defaultModels(this.#loaded).refs;
    const provider = (primary && parseRef(primary)?.provider) || DEFAULT_PROVIDER;
    const candidate = await this.candidate(this.find(provider), name.trim(), reason);
    const hint = `A model is named with its provider: --model <provider>/${name.trim()}`;
    return candidate.problem ? { ...candidate, problem: candidate.problem.with({ hint }) } : candidate;
  }

  async byConfig(): Promise<Candidate[]> {
    if (this.specialist) return this.specialist.configured(this);
    const configured = this.service === "image" ? imageModels(this.#loaded) : defaultModels(this.#loaded);
    if (this.service !== "text" && this.service !== "image") return [];
    const { refs, place } = configured;
    const candidates: Candidate[] = [];
    for (const ref of refs) {
      const isFirst = candidates.length === 0;
      candidates.push(await this.configured(ref, `${place} in ${this.#loaded.path}`, isFirst ? undefined : "later"));
    }
    return candidates;
  }

  onTerms(candidate: Candidate, named: boolean): Candidate {
    const { specialist } = this;
    return specialist ? withTerms(candidate, (one) => specialist.onTerms(one, named)) : candidate;
  }

  async automatic(): Promise<Candidate | undefined> {
    const serving = this.#serving().filter(
      (provider) => !provider.problem && isOfUse(provider) && this.suits(provider),
    );
    for (const provider of serving.filter(({ embedded }) => !embedded)) {
      const own = this.specialist?.at(provider, undefined) ?? provider;
      const credential = await configuredBy(own, this.keyring);
      if (!credential || this.specialist?.unready?.(own)) continue;
      const model = await this.#defaultModel(provider);
      if (this.service !== "image" && model === undefined && !this.#goesWithoutModel(provider)) continue;
      return this.candidate(provider, model, `the first provider with a credential (${credential.source})`);
    }
    if (this.service === "text" && this.probes) {
      const local = serving.filter(({ probe: isProbed }) => isProbed);
      const { probe } = await import("./probe.ts");
      const [server] = await probe(this.keyring, local);
      if (server) return this.candidate(server.provider, server.model, "a server that answers on this machine");
    }
    const here = await this.specialist?.here?.(this);
    if (here) return here;
    // It does less than the others: a key that was meant for more must not be passed over in silence.
    const spoiled = this.specialist ? await this.#spoiled() : undefined;
    if (spoiled) throw spoiled;
    const embedded = serving.find((provider) => provider.embedded);
    return embedded && this.candidate(embedded, undefined, "the embedded engine, as nothing else is set up");
  }

  /** Says what is missing: a key that is there and cannot be used comes before the advice to set one. */
  async nothing(): Promise<InferError> {
    const hint = this.specialist?.advice ?? FIRST_STEPS;
    const advice = new InferError("auth", `No provider for ${WORDS[this.service]} is set up.`, { hint });
    return (await this.#spoiled()) ?? advice;
  }

  async #spoiled(): Promise<InferError | undefined> {
    for (const provider of this.#serving()) {
      const own = this.specialist?.at(provider, undefined) ?? provider;
      // What nobody would have been chosen for by itself says nothing here.
      const isChosen = (await this.#defaultModel(provider)) !== undefined || this.#goesWithoutModel(provider);
      if (this.specialist && !isChosen) continue;
      if (own.problem) return own.problem;
      const credential = await this.keyring.credentialOf(own, false);
      if ("missing" in credential) {
        if (!credential.spoiled) continue;
        return new InferError("auth", credential.missing, { provider: provider.id, hint: credential.hint });
      }
      const lacks = isGiven(credential) ? this.specialist?.unready?.(own) : undefined;
      if (lacks) return lacks.with({ provider: provider.id });
    }
    return undefined;
  }

  #goesWithoutModel(provider: KnownProvider): boolean {
    return this.specialist?.goesWithoutModel?.(provider) ?? false;
  }

  /** OpenClaw may know providers that infer does not: one of them is skipped, and its fallbacks still count. */
  async configured(ref: string, reason: string, later?: "later"): Promise<Candidate> {
    try {
      return await this.byRef(ref, reason, later);
    } catch (thrown) {
      if (!(thrown instanceof InferError)) throw thrown;
      const provider = { ...unknownProvider(ref.split("/")[0] ?? ref), problem: thrown };
      return this.candidate(provider, ref.slice(provider.id.length + 1) || undefined, reason);
    }
  }

  async #defaultModel(provider: KnownProvider): Promise<string | undefined> {
    if (this.specialist) return this.specialist.defaultModel(provider);
    const isText = this.service === "text" && provider.configPath !== undefined;
    return (isText ? provider.models[0]?.id : undefined) ?? provider[this.service]?.defaultModel;
  }

  /** In the order in which the first one with a credential is taken. */
  #serving(): KnownProvider[] {
    const serving = knownProviders(this.#loaded).filter((provider) => provider[this.service] !== undefined);
    if (this.specialist) return this.specialist.inOrder(serving);
    if (this.service !== "image") return serving;
    // OpenClaw's order for pictures: whoever answers in text, then all by their ids.
    const [primary] = defaultModels(this.#loaded).refs;
    const first = findProvider(serving, (primary && parseRef(primary)?.provider) || DEFAULT_PROVIDER);
    const others = serving.filter((provider) => provider !== first).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return first ? [first, ...others] : others;
  }

  find(name: string): KnownProvider {
    const provider = this.#found(name);
    if (provider) return provider;
    const known = LISTS[this.service] === LISTS.text ? knownProviders(this.#loaded) : this.#serving();
    const ids = known.map(({ id }) => id);
    const guess = didYouMean(name, ids);
    const all = `Known: ${ids.join(", ")}. Others can be declared under models.providers in the config.`;
    const hint = guess ? `${guess} See infer ${LISTS[this.service]}` : all;
    throw new InferError("not_found", `There is no provider "${name}".`, { hint });
  }

  #found(name: string): KnownProvider | undefined {
    return this.specialist?.find ? this.specialist.find(name) : knownProvider(this.#loaded, name);
  }

  /** What can be told of a candidate without its credential. */
  #pending(known: KnownProvider, model: string, reason: string): Candidate {
    const configured = forModel(known, model);
    const provider = this.specialist?.at(configured, model) ?? configured;
    const problem = this.#problem(provider, model, undefined);
    return {
      provider,
      model,
      credential: null,
      headers: {},
      secrets: [],
      reason,
      ...(problem ? { problem } : { complete: () => this.candidate(known, model, reason) }),
    };
  }

  async candidate(known: KnownProvider, asked: string | undefined, reason: string): Promise<Candidate> {
    const model = asked ?? (await this.#defaultModel(known));
    const configured = forModel(known, model);
    const provider = this.specialist?.at(configured, model) ?? configured;
    const credential = await this.keyring.credentialOf(provider, true);
    const mayStandIn = "missing" in credential && (!credential.spoiled || credential.saved);
    const login = mayStandIn ? await this.#loginOf(provider) : undefined;
    if (login) return this.candidate(login, model, reason);
    const headers = await headersOf(this.keyring, provider);
    const way = await transportOf(this.keyring, provider);
    const missing = missingIn(credential) ?? missingIn(headers) ?? missingIn(way);
    const problem = this.#problem(provider, model, missing) ?? ("problem" in way ? way.problem : undefined);
    const hint = problem?.type === "auth" && "missing" in credential ? credential.hint : undefined;
    return {
      provider,
      model: model ?? null,
      credential: "missing" in credential ? null : credential,
      ...("headers" in headers ? headers : { headers: {}, secrets: [] }),
      ...("transport" in way && way.transport && { transport: way.transport }),
      reason,
      ...(problem && { problem: problem.with({ hint }) }),
    };
  }

  /** OpenAI's subscriptions are another provider: since 2026.5.31 OpenClaw names both `openai`. */
  async #loginOf({ loginProvider }: KnownProvider): Promise<KnownProvider | undefined> {
    const other = loginProvider === undefined ? undefined : knownProvider(this.#loaded, loginProvider);
    if (!other?.[this.service]) return undefined;
    return "missing" in (await this.keyring.credentialOf(other, true)) ? undefined : other;
  }

  #problem(provider: KnownProvider, model: string | undefined, missing: string | undefined): InferError | undefined {
    if (provider.problem) return provider.problem;
    if (!provider[this.service]) {
      const ids = this.#serving().map(({ id }) => id);
      return new InferError("not_found", `infer has no ${WORDS[this.service]} through ${provider.name}.`, {
        hint: `Providers that have it: ${ids.join(", ")}`,
      });
    }
    const models = provider[this.service]?.models;
    if (models && !models.includes(model ?? "")) {
      return new InferError("not_found", `${provider.name} have no model "${model}".`, {
        hint: `Use --model ${provider.id}/${models[0]}, or leave --model out.`,
      });
    }
    const refusal = model === undefined ? undefined : this.specialist?.refuses?.(provider, model);
    if (refusal) return refusal;
    if (missing !== undefined) return new InferError("auth", missing);
    if (model !== undefined || this.#goesWithoutModel(provider)) return undefined;
    const hint = `Name one: --model ${provider.id}/<model>`;
    return new InferError("usage", `${provider.name} has no default model.`, { hint });
  }
}

function missingIn(secret: object): string | undefined {
  return "missing" in secret && typeof secret.missing === "string" ? secret.missing : undefined;
}

/** Throws `usage` for `mistral/`, which names none. */
function namedModel(model: string, provider: Provider): string {
  const name = withoutPrefix(model, provider);
  if (name !== "") return name;
  throw new InferError("usage", `"${model}" is not a model: write it as provider/model.`, {
    hint: `Leave --model out for the default of ${provider.name}.`,
  });
}

/** `--provider openrouter --model openrouter/auto` names the provider twice. */
function withoutPrefix(model: string, provider: Provider): string {
  const names = [provider.id, ...(provider.aliases ?? [])];
  const at = model.indexOf("/");
  return names.includes(model.slice(0, Math.max(0, at)).trim().toLowerCase()) ? model.slice(at + 1).trim() : model;
}
