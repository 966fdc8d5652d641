import { type LoadedConfig, unsetVariable } from "../config/file.ts";
import type { SecretValue } from "../config/schema.ts";
import type { KnownProvider } from "./directory.ts";

type Env = LoadedConfig["env"];

/**
 * A key to send, or why there is none; `source` says where it comes from and is safe to print. `spoiled`: the user gave
 * one, and it cannot be used.
 */
type Credential = { key: string | null; source: string } | { missing: string; spoiled: boolean };

/** The same answer for the run path and for every inventory. */
export function credentialOf(provider: KnownProvider, env: Env): Credential {
  const fromConfig =
    provider.apiKey === undefined ? undefined : readSecret(provider.apiKey, `${provider.configPath}.apiKey`, env);
  if (fromConfig && "text" in fromConfig) return sendable(fromConfig.text, fromConfig.source);
  for (const name of provider.env) {
    const key = env[name]?.trim();
    if (key) return sendable(key, name);
  }
  if (provider.keyless || isLoopback(provider.baseUrl)) return { key: null, source: "no key needed" };
  if (fromConfig) return { missing: fromConfig.missing, spoiled: true };
  const ways = [
    ...(provider.env.length > 0 ? [`set ${provider.env.join(" or ")}`] : []),
    `put apiKey into models.providers.${provider.id} of the config`,
  ];
  return { missing: `No key for ${provider.name}: ${ways.join(", or ")}.`, spoiled: false };
}

/**
 * The config's own headers, or why one of them cannot be had. `secrets` are the values to keep out of print: by the
 * header's name, or because the config keeps them somewhere else.
 */
export function headersOf(
  provider: KnownProvider,
  { env, interpolated }: Pick<LoadedConfig, "env" | "interpolated">,
): { headers: Record<string, string>; secrets: string[] } | { missing: string } {
  const headers: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(provider.customHeaders ?? {})) {
    const place = `${provider.configPath}.headers.${name}`;
    const secret = readSecret(value, place, env);
    if ("missing" in secret) return secret;
    if (!HEADER_NAME.test(name) || UNSENDABLE.test(secret.text))
      return { missing: `${place} cannot be sent as a header.` };
    headers[name.toLowerCase()] = secret.text;
    const isBrought = secret.source !== place || [...interpolated].some((part) => secret.text.includes(part));
    // `Bearer abc` is said as `abc`, too.
    if (isBrought || SECRET_HEADER.test(name)) secrets.push(secret.text, secret.text.replace(/^\w+ /, ""));
  }
  return { headers, secrets };
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const UNSENDABLE = /[^\t\x20-\x7e]/;
const SECRET_HEADER = /auth|key|token|secret|cookie|pass|credential/i;

/** A text of the config that may stand somewhere else. `place` is its path, for messages. */
function readSecret(
  value: SecretValue,
  place: string,
  env: Env,
): { text: string; source: string } | { missing: string } {
  if (typeof value === "string") {
    const unset = unsetVariable(value);
    if (unset) return { missing: `${place} names the variable ${unset}, which is not set.` };
    return value.trim() === "" ? { missing: `${place} is blank.` } : { text: value.trim(), source: place };
  }
  if (value.source !== "env") {
    return { missing: `${place} is a secret reference of source "${value.source}", which is not supported yet.` };
  }
  const text = env[value.id]?.trim();
  return text ? { text, source: value.id } : { missing: `${place} names the variable ${value.id}, which is not set.` };
}

export function isLoopback(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
}

function sendable(key: string, source: string): Credential {
  // A header cannot carry these, and fetch's own error would quote the key.
  if (/[^\x21-\x7e]/.test(key)) {
    return {
      missing: `The key in ${source} cannot be sent: it has blanks or control characters inside.`,
      spoiled: true,
    };
  }
  return { key, source };
}
