import type { LoadedConfig } from "../config/file.ts";
import { unsetVariable } from "../config/file.ts";
import { APIS, type ConfiguredModel, type SecretValue } from "../config/schema.ts";
import { CUSTOM_AUTH } from "../providers/custom.ts";
import { PROVIDERS } from "../providers/table.ts";
import type { Provider } from "../providers/types.ts";

/** A provider as this user has it: its row, and what the config says about it. */
export interface KnownProvider extends Provider {
  /** `models.providers.<id>` as the config has it, for messages; `undefined` when it says nothing. */
  configPath?: string;
  apiKey?: SecretValue;
  models: readonly ConfiguredModel[];
}

/** A key to send, or why there is none. `source` says where it comes from and is safe to print. */
export type Credential = { key: string | null; source: string } | { missing: string };

/** Every provider infer can reach: the rows, redirected by the config, then the ones that only the config knows. */
export function knownProviders({ config }: LoadedConfig): KnownProvider[] {
  const configured = { ...config.models?.providers };
  const known = PROVIDERS.map((row): KnownProvider => {
    const names = [row.id, ...(row.aliases ?? [])].filter((name) => Object.hasOwn(configured, name));
    const plain: KnownProvider = { ...row, models: [] };
    const merged = names.reduce((provider, name) => configure(provider, name, config), plain);
    for (const name of names) delete configured[name];
    return merged;
  });
  const custom = Object.keys(configured).map((id) =>
    configure({ id, name: id, env: [], baseUrl: "", models: [] }, id, config),
  );
  return [...known, ...custom];
}

export function findProvider(providers: readonly KnownProvider[], name: string): KnownProvider | undefined {
  const id = name.toLowerCase();
  return (
    providers.find((provider) => provider.id.toLowerCase() === id) ??
    providers.find((provider) => provider.aliases?.includes(id))
  );
}

/** The same answer for the run path and for every inventory. */
export function credentialOf(provider: KnownProvider, env: LoadedConfig["env"]): Credential {
  const place = `${provider.configPath}.apiKey`;
  const fromConfig = provider.apiKey === undefined ? undefined : configKey(provider.apiKey, place, env);
  if (fromConfig && "key" in fromConfig) return fromConfig;
  for (const name of provider.env) {
    const key = env[name]?.trim();
    if (key) return sendable(key, name);
  }
  if (provider.keyless || isLoopback(provider.baseUrl)) return { key: null, source: "no key needed" };
  if (fromConfig) return fromConfig;
  const ways = [
    ...(provider.env.length > 0 ? [`set ${provider.env.join(" or ")}`] : []),
    `put apiKey into models.providers.${provider.id} of the config`,
  ];
  return { missing: `No key for ${provider.name}: ${ways.join(", or ")}.` };
}

export function isLoopback(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}

function configure(provider: KnownProvider, name: string, config: LoadedConfig["config"]): KnownProvider {
  const entry = config.models?.providers?.[name];
  if (!entry) return provider;
  const configPath = `models.providers.${name}`;
  const protocol = entry.api ? APIS[entry.api] : undefined;
  const merged: KnownProvider = {
    ...provider,
    configPath,
    baseUrl: entry.baseUrl ?? provider.baseUrl,
    headers: { ...provider.headers, ...entry.headers },
    models: entry.models ?? provider.models,
    ...(entry.apiKey !== undefined && { apiKey: entry.apiKey }),
  };
  const changed = protocol !== undefined && protocol !== provider.text?.protocol;
  if (!provider.text || changed) {
    const wire = protocol ?? "openai-chat";
    const defaultModel = provider.text?.defaultModel;
    merged.text = { protocol: wire, ...(defaultModel && { defaultModel }) };
    merged.auth = CUSTOM_AUTH[wire] ?? [];
  }
  return merged;
}

function configKey(value: SecretValue, place: string, env: LoadedConfig["env"]): Credential {
  if (typeof value === "string") {
    const unset = unsetVariable(value);
    if (unset) return { missing: `${place} names the variable ${unset}, which is not set.` };
    return value.trim() === "" ? { missing: `${place} is blank.` } : sendable(value.trim(), place);
  }
  if (value.source !== "env") {
    return { missing: `${place} is a secret reference of source "${value.source}", which is not supported yet.` };
  }
  const key = env[value.id]?.trim();
  return key ? sendable(key, value.id) : { missing: `${place} names the variable ${value.id}, which is not set.` };
}

function sendable(key: string, source: string): Credential {
  // A header cannot carry these, and fetch's own error would quote the key.
  if (/[^\x21-\x7e]/.test(key)) {
    return { missing: `The key in ${source} cannot be sent: it has blanks or control characters inside.` };
  }
  return { key, source };
}
