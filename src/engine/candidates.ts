import type { LoadedConfig } from "../config/file.ts";
import { InferError } from "../core/error.ts";
import { parseRef } from "../core/ref.ts";
import { didYouMean } from "../core/suggest.ts";
import { DEFAULT_PROVIDER, FIRST_STEPS } from "../providers/table.ts";
import type { Provider } from "../providers/types.ts";
import { credentialOf, headersOf } from "./credential.ts";
import { findProvider, type KnownProvider, knownProviders, unknownProvider } from "./directory.ts";

/** What a provider may offer, by the member of its row. */
export type ServiceName = "text" | "embedding" | "speech";

/** One backend to try. */
export interface Candidate {
  provider: KnownProvider;
  /** As the vendor knows it; `null` when the provider has to choose. */
  model: string | null;
  /** `null` when none is needed. Not to be printed. */
  key: string | null;
  /** The config's own headers. Not to be printed. */
  headers: Record<string, string>;
  /** Those of the headers' values that are not plain text in the config. */
  secrets: readonly string[];
  /** Where the key comes from, to be printed. */
  keySource: string;
  /** Why this one was chosen, to be printed. */
  reason: string;
  /** Set when it cannot be tried: it is skipped with this error, before anything is sent. */
  problem?: InferError;
}

interface Wanted {
  service: ServiceName;
  provider?: string | undefined;
  model?: string | undefined;
  fallback: readonly string[];
}

const WORDS: Readonly<Record<ServiceName, string>> = { text: "text models", embedding: "embeddings", speech: "speech" };

/**
 * Chooses the backends, in the order in which they are tried: what argv names, else the configured default and its
 * fallbacks, else the first provider with a credential, else the embedded engines.
 */
export function selectCandidates(wanted: Wanted, loaded: LoadedConfig): Candidate[] {
  const choice = new Choice(wanted.service, loaded);
  const fallbacks = wanted.fallback.map((ref) => choice.byRef(ref, "--fallback"));
  if (wanted.provider !== undefined) return [choice.byProvider(wanted.provider, wanted.model), ...fallbacks];
  if (wanted.model !== undefined) return [choice.byRef(wanted.model, "--model"), ...fallbacks];
  const configured = choice.byConfig();
  if (configured.length > 0) return [...configured, ...fallbacks];
  const automatic = choice.byCredential();
  if (automatic) return [automatic, ...fallbacks];
  if (fallbacks.length > 0) return fallbacks;
  throw choice.nothing();
}

/** The ways to choose a backend for one service. */
class Choice {
  readonly #providers: readonly KnownProvider[];

  constructor(
    readonly service: ServiceName,
    readonly loaded: LoadedConfig,
  ) {
    this.#providers = knownProviders(loaded);
  }

  byProvider(name: string, model: string | undefined): Candidate {
    const provider = this.#find(name);
    return this.#candidate(provider, model === undefined ? undefined : withoutPrefix(model, provider), "--provider");
  }

  byRef(text: string, reason: string): Candidate {
    const ref = parseRef(text);
    if (ref) return this.#candidate(this.#find(ref.provider), ref.model, reason);
    const [primary] = configuredModels(this.loaded);
    const provider = (primary && parseRef(primary)?.provider) || DEFAULT_PROVIDER;
    const candidate = this.#candidate(this.#find(provider), text.trim(), reason);
    const hint = `A model is named with its provider: --model <provider>/${text.trim()}`;
    return candidate.problem ? { ...candidate, problem: candidate.problem.with({ hint }) } : candidate;
  }

  byConfig(): Candidate[] {
    const refs = this.service === "text" ? configuredModels(this.loaded) : [];
    return refs.map((ref) => this.#configured(ref, `agents.defaults.model in ${this.loaded.path}`));
  }

  byCredential(): Candidate | undefined {
    for (const provider of this.#serving()) {
      const credential = credentialOf(provider, this.loaded.env);
      if (provider.problem || "missing" in credential) continue;
      // A local server counts once the user has said so, with a key or in the config; an embedded engine always does.
      const chosen = credential.key !== null || provider.configPath !== undefined || provider.embedded;
      const model = defaultModel(provider, this.service);
      if (!chosen || (this.service === "text" && model === undefined)) continue;
      return this.#candidate(provider, model, `the first provider with a credential (${credential.source})`);
    }
    return undefined;
  }

  /** Says what is missing: a key that is there and cannot be used comes before the advice to set one. */
  nothing(): InferError {
    for (const provider of this.#serving()) {
      const credential = credentialOf(provider, this.loaded.env);
      if ("missing" in credential && credential.spoiled) {
        return new InferError("auth", credential.missing, { provider: provider.id });
      }
    }
    return new InferError("auth", `No provider for ${WORDS[this.service]} is set up.`, { hint: FIRST_STEPS });
  }

  /** OpenClaw may know providers that infer does not: one of them is skipped, and its fallbacks still count. */
  #configured(ref: string, reason: string): Candidate {
    try {
      return this.byRef(ref, reason);
    } catch (thrown) {
      if (!(thrown instanceof InferError)) throw thrown;
      const provider = { ...unknownProvider(ref.split("/")[0] ?? ref), problem: thrown };
      return this.#candidate(provider, ref.slice(provider.id.length + 1) || undefined, reason);
    }
  }

  #serving(): KnownProvider[] {
    return this.#providers.filter((provider) => provider[this.service] !== undefined);
  }

  #find(name: string): KnownProvider {
    const provider = findProvider(this.#providers, name);
    if (provider) return provider;
    const ids = this.#providers.map(({ id }) => id);
    const known = `Known: ${ids.join(", ")}. Others can be declared under models.providers in the config.`;
    const guess = didYouMean(name, ids);
    throw new InferError("not_found", `There is no provider "${name}".`, { hint: guess ? `${guess} ${known}` : known });
  }

  #candidate(provider: KnownProvider, asked: string | undefined, reason: string): Candidate {
    const credential = credentialOf(provider, this.loaded.env);
    const headers = headersOf(provider, this.loaded);
    const model = asked ?? defaultModel(provider, this.service);
    const problem = this.#problem(provider, model, missingIn(credential) ?? missingIn(headers));
    return {
      provider,
      model: model ?? null,
      ...("key" in credential
        ? { key: credential.key, keySource: credential.source }
        : { key: null, keySource: "no key" }),
      ...("headers" in headers ? headers : { headers: {}, secrets: [] }),
      reason,
      ...(problem && { problem }),
    };
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
    if (missing !== undefined) return new InferError("auth", missing);
    if (model !== undefined) return undefined;
    const hint = `Name one: --model ${provider.id}/<model>`;
    return new InferError("usage", `${provider.name} has no default model.`, { hint });
  }
}

function defaultModel(provider: KnownProvider, service: ServiceName): string | undefined {
  const configured = service === "text" && provider.configPath !== undefined ? provider.models[0]?.id : undefined;
  return configured ?? provider[service]?.defaultModel;
}

function missingIn(secret: object): string | undefined {
  return "missing" in secret && typeof secret.missing === "string" ? secret.missing : undefined;
}

function configuredModels({ config }: LoadedConfig): string[] {
  const model = config.agents?.defaults?.model;
  const refs = typeof model === "string" ? [model] : [model?.primary ?? "", ...(model?.fallbacks ?? [])];
  return refs.filter((ref) => ref.trim() !== "");
}

/** `--provider openrouter --model openrouter/auto` names the provider twice. */
function withoutPrefix(model: string, provider: Provider): string {
  const ref = model.includes("/") ? parseRef(model) : null;
  const names = [provider.id, ...(provider.aliases ?? [])];
  return ref && names.includes(ref.provider) ? ref.model : model;
}
