import type { LoadedConfig } from "../config/file.ts";
import { InferError } from "../core/error.ts";
import { parseRef } from "../core/ref.ts";
import type { Provider } from "../providers/types.ts";
import { credentialOf, headersOf } from "./credential.ts";
import { findProvider, type KnownProvider, knownProviders, unknownProvider } from "./directory.ts";

export type Service = "text" | "embedding" | "speech";

/** One backend to try. */
export interface Candidate {
  provider: KnownProvider;
  /** As the vendor knows it; `null` when the provider has to choose. */
  model: string | null;
  /** `null` when none is needed. Not to be printed. */
  key: string | null;
  /** The config's own headers. Not to be printed. */
  headers: Record<string, string>;
  /** Where the key comes from, to be printed. */
  keySource: string;
  /** Why this one was chosen, to be printed. */
  reason: string;
  /** Set when it cannot be tried: it is skipped with this error, before anything is sent. */
  problem?: InferError;
}

export interface Wanted {
  service: Service;
  provider?: string | undefined;
  model?: string | undefined;
  fallback: readonly string[];
}

const WORDS: Readonly<Record<Service, string>> = { text: "text models", embedding: "embeddings", speech: "speech" };

/** OpenClaw's own default, for a model that is named without its provider. */
const DEFAULT_PROVIDER = "openai";

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
    readonly service: Service,
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
    return this.#candidate(this.#find(provider), text.trim(), reason);
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
      const chosen = credential.key !== null || provider.configPath !== undefined || !isServer(provider);
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
    const variables = this.#serving().flatMap(({ env }) => env.find((name) => name.endsWith("_API_KEY")) ?? []);
    return new InferError("auth", `No provider for ${WORDS[this.service]} is set up.`, {
      hint: `Set a key, for example ${variables[0]} (or ${variables.slice(1, 4).join(", ")}), or name a local server: --model ollama/<model>`,
    });
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
    throw new InferError("not_found", `There is no provider "${name}".`, {
      hint: `Known: ${this.#providers.map(({ id }) => id).join(", ")}. Others can be declared under models.providers in the config.`,
    });
  }

  #candidate(provider: KnownProvider, asked: string | undefined, reason: string): Candidate {
    const credential = credentialOf(provider, this.loaded.env);
    const model = asked ?? defaultModel(provider, this.service);
    const headers = headersOf(provider, this.loaded.env);
    const problem = this.#problem(provider, model, "missing" in credential ? credential : headers);
    return {
      provider,
      model: model ?? null,
      key: "key" in credential ? credential.key : null,
      headers: "headers" in headers ? headers.headers : {},
      keySource: "key" in credential ? credential.source : "no key",
      reason,
      ...(problem && { problem }),
    };
  }

  #problem(provider: KnownProvider, model: string | undefined, secrets: object): InferError | undefined {
    if (provider.problem) return provider.problem;
    if (!provider[this.service]) {
      const ids = this.#serving().map(({ id }) => id);
      return new InferError("not_found", `infer has no ${WORDS[this.service]} through ${provider.name}.`, {
        hint: `Providers that have it: ${ids.join(", ")}`,
      });
    }
    const engine = this.service === "text" ? undefined : provider[this.service]?.engine;
    if (engine !== undefined && model !== engine) {
      return new InferError("not_found", `${provider.name} have no model "${model}".`, {
        hint: `Use --model ${provider.id}/${engine}, or leave --model out.`,
      });
    }
    if ("missing" in secrets) return new InferError("auth", String(secrets.missing));
    if (model !== undefined) return undefined;
    const hint = `Name one: --model ${provider.id}/<model>`;
    return new InferError("usage", `${provider.name} has no default model.`, { hint });
  }
}

function isServer(provider: Provider): boolean {
  return provider.baseUrl !== "";
}

function defaultModel(provider: KnownProvider, service: Service): string | undefined {
  if (service === "embedding" || service === "speech") return provider[service]?.engine;
  return provider.configPath !== undefined && provider.models[0] ? provider.models[0].id : provider.text?.defaultModel;
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
