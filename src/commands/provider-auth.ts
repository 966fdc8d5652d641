import type { SavedCredential } from "../config/saved.ts";
import type { SecretValue } from "../config/schema.ts";
import { type KnownProvider, namesOf } from "../engine/directory.ts";
import type { Credential, Keyring } from "../engine/keyring.ts";

/** One provider's credential in OpenClaw's `model auth status`. */
export interface ProviderAuth {
  provider: string;
  /** Where the credential comes from; `null` when there is none. OpenClaw does not tell. */
  source: string | null;
  /** Why a credential that is there cannot be used. */
  problem?: string;
  effective: { kind: "profiles" | "env" | "models.json" | "synthetic" | "missing"; detail: string };
  profiles: { count: number; oauth: number; token: number; apiKey: number; labels: string[] };
  env?: { value: string; source: string };
  modelsJson?: { value: string; source: string };
}

interface Entry {
  provider: KnownProvider;
  credential: Credential;
}

/** What OpenClaw would say of it; a key is masked where OpenClaw masks it, and nowhere else told. */
export function providerAuth(
  { provider, credential }: Entry,
  { loaded }: Keyring,
  saved: readonly SavedCredential[],
): ProviderAuth {
  const names = namesOf(provider);
  const profiles = saved.filter((one) => names.includes(one.provider));
  const count = (kind: SavedCredential["kind"]): number => profiles.filter((one) => one.kind === kind).length;
  const variable = [...provider.env, ...(provider.ambientEnv ?? [])].find((name) => loaded.env[name]?.trim());
  const inEnv = variable === undefined ? undefined : loaded.env[variable];
  return {
    provider: provider.id,
    source: "missing" in credential ? null : credential.source,
    ...("missing" in credential && credential.spoiled && { problem: credential.missing }),
    effective: effectiveOf({ provider, credential }, loaded.env, profiles),
    profiles: {
      count: profiles.length,
      oauth: count("oauth"),
      token: count("token"),
      apiKey: count("api_key"),
      labels: profiles.map((one) => `${one.id}=${labelOf(one)}`),
    },
    ...(variable !== undefined && inEnv !== undefined && { env: { value: mask(inEnv), source: variable } }),
    ...(provider.apiKey !== undefined && {
      modelsJson: { value: told(provider.apiKey.value), source: `${loaded.path}: ${provider.configPath}.apiKey` },
    }),
  };
}

function effectiveOf(
  { provider, credential }: Entry,
  env: Readonly<Record<string, string | undefined>>,
  profiles: readonly SavedCredential[],
): ProviderAuth["effective"] {
  if ("missing" in credential) return { kind: "missing", detail: "missing" };
  const { source, origin } = credential;
  switch (origin) {
    case "saved":
      return { kind: "profiles", detail: profiles.find((one) => one.source === source)?.file ?? source };
    case "config":
      return { kind: "models.json", detail: provider.apiKey ? told(provider.apiKey.value) : source };
    case "env":
      return { kind: "env", detail: mask(env[source] ?? "") };
    case "scheme":
      return { kind: "synthetic", detail: source };
  }
}

function labelOf({ kind, secret }: SavedCredential): string {
  if (kind === "oauth") return "OAuth";
  return kind === "token" ? `token:${told(secret)}` : told(secret);
}

/** A reference is said as it is: it is no secret. */
function told(secret: SecretValue): string {
  return typeof secret === "string" ? mask(secret) : `ref(${secret.source}:${secret.id})`;
}

/** Less of a short key than this would be too much of it. */
const SHORTEST_MASKED = 16;

function mask(secret: string): string {
  const text = secret.trim();
  return text.length >= SHORTEST_MASKED ? `${text.slice(0, 2)}...${text.slice(-2)}` : "****";
}
