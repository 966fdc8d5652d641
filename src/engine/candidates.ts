import type { LoadedConfig } from "../config/file.ts";
import { InferError } from "../core/error.ts";
import { parseRef } from "../core/ref.ts";
import type { Provider } from "../providers/types.ts";
import { credentialOf, findProvider, type KnownProvider, knownProviders } from "./directory.ts";

export type Service = "text" | "embedding" | "speech";

/** One backend to try. */
export interface Candidate {
  provider: KnownProvider;
  /** As the vendor knows it; `null` when the provider has to choose. */
  model: string | null;
  /** `null` when none is needed. Not to be printed. */
  key: string | null;
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
  const providers = knownProviders(loaded);
  const named = (ref: string, reason: string): Candidate => fromRef(ref, reason, wanted.service, providers, loaded);
  const fallbacks = wanted.fallback.map((ref) => named(ref, "--fallback"));
  if (wanted.provider !== undefined) {
    const provider = demand(wanted.provider, providers);
    const model = wanted.model === undefined ? undefined : withoutPrefix(wanted.model, provider);
    return [candidate(provider, model, "--provider", wanted.service, loaded), ...fallbacks];
  }
  if (wanted.model !== undefined) return [named(wanted.model, "--model"), ...fallbacks];
  const configured = wanted.service === "text" ? configuredModels(loaded) : [];
  if (configured.length > 0) {
    return [...configured.map((ref) => named(ref, `agents.defaults.model in ${loaded.path}`)), ...fallbacks];
  }
  const automatic = firstWithCredential(wanted.service, providers, loaded);
  if (automatic) return [automatic, ...fallbacks];
  if (fallbacks.length > 0) return fallbacks;
  throw nothingConfigured(wanted.service, providers);
}

function nothingConfigured(service: Service, providers: readonly KnownProvider[]): InferError {
  const variables = providers.flatMap((provider) => (provider[service] ? provider.env.slice(0, 1) : []));
  return new InferError("auth", `No provider for ${WORDS[service]} is set up.`, {
    hint: `Set a key, for example OPENAI_API_KEY (or ${variables.slice(1, 4).join(", ")}), or name a local server: --model ollama/<model>`,
  });
}

function fromRef(
  text: string,
  reason: string,
  service: Service,
  providers: readonly KnownProvider[],
  loaded: LoadedConfig,
): Candidate {
  const ref = parseRef(text);
  if (ref) return candidate(demand(ref.provider, providers), ref.model, reason, service, loaded);
  const [primary] = configuredModels(loaded);
  const provider = (primary && parseRef(primary)?.provider) || DEFAULT_PROVIDER;
  return candidate(demand(provider, providers), text.trim(), reason, service, loaded);
}

function candidate(
  provider: KnownProvider,
  asked: string | undefined,
  reason: string,
  service: Service,
  loaded: LoadedConfig,
): Candidate {
  const credential = credentialOf(provider, loaded.env);
  const model = asked ?? defaultModel(provider, service);
  const found: Candidate = {
    provider,
    model: model ?? null,
    key: "key" in credential ? credential.key : null,
    keySource: "key" in credential ? credential.source : "no key",
    reason,
  };
  const about = { provider: provider.id, model };
  if (!provider[service]) {
    found.problem = new InferError("not_found", `infer has no ${WORDS[service]} through ${provider.name}.`, {
      ...about,
      hint: `Providers that have it: ${idsServing(service, knownProviders(loaded))}`,
    });
  } else if ("missing" in credential) {
    found.problem = new InferError("auth", credential.missing, about);
  } else if (model === undefined && service === "text") {
    const hint = `Name one: --model ${provider.id}/<model>`;
    found.problem = new InferError("usage", `${provider.name} has no default model.`, { ...about, hint });
  }
  return found;
}

function idsServing(service: Service, providers: readonly KnownProvider[]): string {
  return providers.flatMap((provider) => (provider[service] ? [provider.id] : [])).join(", ");
}

/** An explicit choice is only ever the one that was named. */
function demand(name: string, providers: readonly KnownProvider[]): KnownProvider {
  const provider = findProvider(providers, name);
  if (provider) return provider;
  throw new InferError("not_found", `There is no provider "${name}".`, {
    hint: `Known: ${providers.map(({ id }) => id).join(", ")}. Others can be declared under models.providers in the config.`,
  });
}

function firstWithCredential(
  service: Service,
  providers: readonly KnownProvider[],
  loaded: LoadedConfig,
): Candidate | undefined {
  for (const provider of providers) {
    if (!provider[service]) continue;
    const credential = credentialOf(provider, loaded.env);
    if ("missing" in credential) continue;
    // A local server counts once the user has said so, with a key or in the config; an embedded engine always does.
    const chosen = credential.key !== null || provider.configPath !== undefined || !isServer(provider);
    const model = defaultModel(provider, service);
    if (!chosen || (service === "text" && model === undefined)) continue;
    return candidate(provider, model, `the first provider with a credential (${credential.source})`, service, loaded);
  }
  return undefined;
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
  if (typeof model === "string") return [model];
  return [...(model?.primary ? [model.primary] : []), ...(model?.fallbacks ?? [])];
}

/** `--provider openrouter --model openrouter/auto` names the provider twice. */
function withoutPrefix(model: string, provider: Provider): string {
  const ref = model.includes("/") ? parseRef(model) : null;
  const names = [provider.id, ...(provider.aliases ?? [])];
  return ref && names.includes(ref.provider) ? ref.model : model;
}
