import type { LoadedConfig } from "../config/file.ts";
import { InferError } from "../core/error.ts";
import { webUrl } from "../http/client.ts";
import type { ServiceOverride } from "../providers/types.ts";
import type { KnownProvider } from "./directory.ts";

/** A provider as one of its services departs from its row. What the config says of the provider still comes first. */
export function overridden(
  provider: KnownProvider,
  override: ServiceOverride,
  env: LoadedConfig["env"],
): KnownProvider {
  const { env: variables, auth, headers, baseUrl, baseUrlEnv = [] } = override;
  const own: KnownProvider = {
    ...provider,
    ...(variables && { env: variables }),
    ...(auth && { auth }),
    ...(headers && { headers: { ...provider.headers, ...headers } }),
  };
  if (provider.hasOwnBaseUrl) return own;
  if (override.ownKeys) {
    delete own.apiKey;
    own.unsaved = true;
  }
  const name = baseUrlEnv.find((variable) => env[variable]?.trim());
  const value = name === undefined ? undefined : env[name]?.trim();
  if (value !== undefined) return moved(own, name ?? "", value);
  return baseUrl === undefined || provider.isMoved ? own : { ...own, baseUrl };
}

function moved(provider: KnownProvider, name: string, baseUrl: string): KnownProvider {
  if (webUrl(baseUrl)) return { ...provider, baseUrl, isMoved: true };
  const hint = "Write it with its scheme: https://host/path";
  return { ...provider, problem: new InferError("usage", `${name}: expected an http(s) URL.`, { hint }) };
}
