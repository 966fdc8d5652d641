import type { LoadedConfig } from "../config/file.ts";
import { APIS, type ConfiguredModel, type SecretValue } from "../config/schema.ts";
import { InferError } from "../core/error.ts";
import { CUSTOM_AUTH } from "../providers/custom.ts";
import { PROVIDERS } from "../providers/table.ts";
import type { Provider } from "../providers/types.ts";

/** A provider as this user has it: its row, and what the config says about it. */
export interface KnownProvider extends Provider {
  /** `models.providers.<id>` as the config has it, for messages; `undefined` when it says nothing. */
  configPath?: string;
  apiKey?: SecretValue;
  /** The config's own headers. */
  customHeaders?: Readonly<Record<string, SecretValue>>;
  models: readonly ConfiguredModel[];
  /** What is wrong with its config; said once the provider is chosen. */
  problem?: InferError;
}

/** Every provider infer can reach: the rows, redirected by the config, then the ones that only the config knows. */
export function knownProviders({ config }: LoadedConfig): KnownProvider[] {
  const configured = new Map(Object.keys(config.models?.providers ?? {}).map((name) => [name, name.toLowerCase()]));
  const known = PROVIDERS.map((row): KnownProvider => {
    const names = [...configured].filter(([, id]) => id === row.id || row.aliases?.includes(id)).map(([name]) => name);
    for (const name of names) configured.delete(name);
    return names.reduce<KnownProvider>((provider, name) => configure(provider, name, config), { ...row, models: [] });
  });
  const custom = [...configured.keys()].map((name) => configure(unknownProvider(name), name, config));
  return [...known, ...custom];
}

export function findProvider(providers: readonly KnownProvider[], name: string): KnownProvider | undefined {
  const id = name.toLowerCase();
  return (
    providers.find((provider) => provider.id.toLowerCase() === id) ??
    providers.find((provider) => provider.aliases?.includes(id))
  );
}

/** A provider of which no more than the name is known. */
export function unknownProvider(name: string): KnownProvider {
  return { id: name, name, env: [], baseUrl: "", models: [] };
}

function configure(provider: KnownProvider, name: string, config: LoadedConfig["config"]): KnownProvider {
  const entry = config.models?.providers?.[name];
  if (!entry) return provider;
  const configPath = `models.providers.${name}`;
  const merged: KnownProvider = {
    ...provider,
    configPath,
    baseUrl: entry.baseUrl ?? provider.baseUrl,
    models: entry.models ?? provider.models,
    ...(entry.headers && { customHeaders: entry.headers }),
    ...(entry.apiKey !== undefined && { apiKey: entry.apiKey }),
  };
  return speaking(merged, entry.api);
}

/** Gives the provider the wire that the config names; chat completions when nothing does. */
function speaking(provider: KnownProvider, api: string | undefined): KnownProvider {
  const isKnown = (name: string): name is keyof typeof APIS => Object.hasOwn(APIS, name);
  if (api !== undefined && !isKnown(api)) {
    const message = `${provider.configPath}.api: expected one of ${Object.keys(APIS).join(", ")}, received "${api}".`;
    return { ...provider, problem: new InferError("usage", message) };
  }
  const protocol = api ? APIS[api] : (provider.text?.protocol ?? "openai-chat");
  if (protocol === provider.text?.protocol) return provider;
  const defaultModel = provider.text?.defaultModel;
  return {
    ...provider,
    text: { protocol, ...(defaultModel && { defaultModel }) },
    auth: CUSTOM_AUTH[protocol] ?? [],
  };
}
