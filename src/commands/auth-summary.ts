import { defaultModels, visionModels } from "../config/agent.ts";
import type { LoadedConfig } from "../config/file.ts";
import { readOpenclaw } from "../config/openclaw.ts";
import type { SavedCredential } from "../config/saved.ts";
import { storePath } from "../config/store.ts";
import type { Context } from "../core/context.ts";
import { parseRef } from "../core/ref.ts";
import type { CredentialCheck } from "../engine/check.ts";
import { findProvider, knownProviders } from "../engine/directory.ts";
import type { Keyring } from "../engine/keyring.ts";
import { DEFAULT_PROVIDER } from "../providers/table.ts";
import type { ProviderAuth } from "./provider-auth.ts";

/** OpenClaw warns of a login a day before it ends. */
const WARN_AFTER_MS = 24 * 60 * 60 * 1000;

/** One provider of the status. */
export type AuthRow = ProviderAuth & { check?: CredentialCheck };

interface Parts {
  providers: AuthRow[];
  saved: readonly SavedCredential[];
  store: "keychain" | "file";
}

/** `infer model auth status --json`, in OpenClaw's shape. */
export async function summary(context: Context, keyring: Keyring, { providers, saved, store }: Parts) {
  const { loaded } = keyring;
  const { config, path, agent } = loaded;
  const [primary, ...fallbacks] = defaultModels(loaded).refs;
  const [imageModel = "", ...imageFallbacks] = seeingModels(loaded);
  const models = config.agents?.defaults?.models ?? {};
  const aliases = Object.entries(models).flatMap(([ref, { alias }]) => (alias?.trim() ? [[alias.trim(), ref]] : []));
  const isMissing = new Set(
    providers.filter(({ effective }) => effective.kind === "missing").map((row) => row.provider),
  );
  const resolved = primary ?? (await firstModel(keyring));
  const logins = saved.filter(({ kind }) => kind !== "api_key").map((one) => health(one, context.now()));
  return {
    configPath: path,
    agentDir: agent.folder ?? null,
    defaultModel: primary ?? resolved,
    resolvedDefault: resolved.includes("/") ? resolved : `${DEFAULT_PROVIDER}/${resolved}`,
    fallbacks,
    imageModel,
    imageFallbacks,
    aliases: Object.fromEntries(aliases),
    allowed: Object.keys(models),
    auth: {
      storePath: storePath(context) ?? null,
      store,
      shellEnvFallback: { enabled: false, appliedKeys: [] },
      providersWithOAuth: providers.flatMap(({ provider, profiles: { oauth, token } }) =>
        oauth + token > 0 ? [`${provider} (${oauth + token})`] : [],
      ),
      missingProvidersInUse: providersInUse(keyring)
        .filter((id) => isMissing.has(id))
        .toSorted(),
      providers,
      unusableProfiles: (await readOpenclaw(context, loaded)).unusable.map((profile) => ({
        ...profile,
        ...(profile.until !== undefined && { remainingMs: profile.until - context.now() }),
      })),
      oauth: {
        warnAfterMs: WARN_AFTER_MS,
        profiles: logins,
        providers: [...new Set(logins.map(({ provider }) => provider))].map((provider) => {
          const profiles = logins.filter((login) => login.provider === provider);
          const { status, expiresAt, remainingMs } = profiles[0] ?? { status: "missing" };
          return { provider, status, expiresAt, remainingMs, profiles };
        }),
      },
    },
  };
}

/** The providers that the default models need. */
export function providersInUse({ loaded }: Keyring): string[] {
  const refs = [...defaultModels(loaded).refs, ...seeingModels(loaded)];
  return [...new Set(refs.flatMap((ref) => providerOf(ref) ?? []))];
}

function providerOf(ref: string): string | undefined {
  try {
    return parseRef(ref)?.provider;
  } catch {
    // What is wrong with the config is said by whoever runs with it.
    return undefined;
  }
}

/** OpenClaw's "image model": the one that describes pictures, where the config names one. */
function seeingModels(loaded: LoadedConfig): string[] {
  const { refs, mustSee } = visionModels(loaded);
  return mustSee ? [] : refs;
}

/** What a run without a model would take, as far as that can be told without asking anybody. */
async function firstModel(keyring: Keyring): Promise<string> {
  const { selectCandidates } = await import("../engine/candidates.ts");
  const fallback = findProvider(knownProviders(keyring.loaded), DEFAULT_PROVIDER)?.text?.defaultModel ?? "";
  try {
    const [first] = await selectCandidates({ service: "text", fallback: [], probe: false }, keyring);
    return first && first.model !== null ? `${first.provider.id}/${first.model}` : `${DEFAULT_PROVIDER}/${fallback}`;
  } catch {
    return `${DEFAULT_PROVIDER}/${fallback}`;
  }
}

function health({ id, provider, kind, expires, refresh }: SavedCredential, now: number) {
  const remainingMs = expires === undefined ? undefined : expires - now;
  return {
    profileId: id,
    provider,
    type: kind,
    status: statusOf(remainingMs, kind, refresh !== undefined),
    ...(expires !== undefined && { expiresAt: expires }),
    ...(remainingMs !== undefined && { remainingMs }),
    source: "store",
    label: id,
  };
}

function statusOf(remainingMs: number | undefined, kind: SavedCredential["kind"], renews: boolean): string {
  if (remainingMs === undefined) return kind === "token" ? "static" : "ok";
  // What has ended and renews itself is as good as new.
  if (remainingMs <= 0) return renews ? "expiring" : "expired";
  return remainingMs <= WARN_AFTER_MS ? "expiring" : "ok";
}
