import { type Applicant, type Found, type Origin, SCHEMES } from "../auth/scheme.ts";
import type { LoadedConfig } from "../config/file.ts";
import type { UnusableProfile } from "../config/openclaw.ts";
import { loginCommand } from "../config/profile.ts";
import type { SavedCredential, SavedProfile } from "../config/saved.ts";
import type { SecretValue } from "../config/schema.ts";
import { readSecret, type Secret } from "../config/secret.ts";
import type { Context } from "../core/context.ts";
import { carriedKey } from "./authorise.ts";
import { type KnownProvider, namesOf } from "./directory.ts";

/** A credential, or why there is none; `source` says where it comes from and is safe to print. */
export type Credential = Found | Missing;

/** `spoiled`: the user gave one, and it cannot be used. */
export interface Missing {
  missing: string;
  spoiled: boolean;
  /** What to do about it. */
  hint?: string;
  /** What is spoiled was saved: another login may stand in for it. */
  saved?: true;
}

interface Key {
  text: string;
  source: string;
  origin: Origin;
}

const NO_KEY = "no key needed";

/**
 * The user's credentials, in the order of the contract: the config's own, the saved ones, the environment's. The run
 * path and every inventory ask here, so that they cannot differ. Nothing is read before it is asked for.
 */
export class Keyring {
  #saved: Promise<readonly SavedProfile[]> | undefined;
  #ended: Promise<readonly UnusableProfile[]> | undefined;
  readonly #secrets = new Map<string, Promise<Secret>>();

  constructor(
    readonly context: Context,
    readonly loaded: LoadedConfig,
  ) {}

  /** `named`: the user has chosen this provider, so that its ambient variables count. */
  async credentialOf(provider: KnownProvider, named: boolean): Promise<Credential> {
    const own = provider.profile === undefined ? provider.apiKey : undefined;
    const fromConfig = own && (await this.read(own.value, own.place));
    const configured: Key | undefined =
      fromConfig && "text" in fromConfig ? { ...fromConfig, origin: "config" } : undefined;
    const saved = configured ? undefined : await this.#savedFor(provider);
    if (provider.profile !== undefined && !saved) {
      return { missing: `There is no saved credential "${provider.profile}" for ${provider.name}.`, spoiled: true };
    }
    const kept = saved && (await this.#keptIn(saved, provider));
    const keptKey = kept && "text" in kept ? kept : undefined;
    const key = configured ?? keptKey ?? this.#fromEnv(provider, named);
    const spoiled = kept && "missing" in kept ? kept : undefined;
    const found = await this.#find(provider, named, key, spoiled ? undefined : saved);
    if (found) return found;
    if (fromConfig && "missing" in fromConfig) return { missing: fromConfig.missing, spoiled: true };
    if (provider.keyless || isLoopback(provider.baseUrl)) return plain(undefined, NO_KEY, "scheme");
    const unusable = spoiled ?? (await this.#endedToken(provider));
    return unusable ?? { missing: await this.#advice(provider), spoiled: false };
  }

  /** Every saved credential, for the inventories; the secrets are left where they are. */
  saved(): Promise<readonly SavedProfile[]> {
    this.#saved ??= import("../config/saved.ts").then(({ readSaved }) => readSaved(this.context, this.loaded));
    return this.#saved;
  }

  /** Once per place: a program that hands out secrets is not run twice. */
  read(value: SecretValue, place: string): Promise<Secret> {
    const known = this.#secrets.get(place);
    if (known) return known;
    const secret = readSecret(this.context, value, place, this.loaded);
    this.#secrets.set(place, secret);
    return secret;
  }

  async #find(
    provider: KnownProvider,
    named: boolean,
    key: Key | undefined,
    saved: SavedCredential | undefined,
  ): Promise<Credential | undefined> {
    const load = provider.scheme ? SCHEMES[provider.scheme] : undefined;
    if (!load) {
      if (saved?.kind !== "oauth") return key && sendable(key, provider);
      const { oauthLogin } = await import("../auth/oauth.ts");
      return oauthLogin(this.context, saved, provider.oauth);
    }
    const usable = key && sendable(key, provider);
    if (usable && "missing" in usable) return usable;
    const applicant: Applicant = {
      providerId: provider.id,
      providerName: provider.name,
      env: this.loaded.env,
      named,
      ...(usable && key && { key }),
      ...(saved && { saved }),
      ...(provider.settingValues && { settings: provider.settingValues }),
      ...(provider.hasOwnBaseUrl && { baseUrl: provider.baseUrl }),
    };
    return (await (await load()).find(this.context, applicant)) ?? undefined;
  }

  async #savedFor(provider: KnownProvider): Promise<SavedCredential | undefined> {
    if (provider.unsaved) return undefined;
    const saved = await this.saved();
    const theirs =
      provider.profile === undefined
        ? savedAs(provider).flatMap((name) => saved.filter((one) => one.provider.toLowerCase() === name))
        : saved.filter(({ id }) => id === provider.profile);
    // One whose secret the keychain does not give is none.
    for (const profile of theirs) {
      const credential = await profile.read();
      if (credential) return credential;
    }
    return undefined;
  }

  /** The key in a saved credential, or why it is none; `undefined` for a login, which is more than a key. */
  async #keptIn(saved: SavedCredential, provider: KnownProvider): Promise<Key | Missing | undefined> {
    const { kind, source, id, place } = saved;
    if (hasEnded(saved, provider, this.context.now())) {
      const hint = `Log in again: ${loginCommand(saved.provider, place)}`;
      return { missing: `The login in ${source} has expired.`, spoiled: true, saved: true, hint };
    }
    if (kind === "oauth") return undefined;
    const secret = await this.read(saved.secret, `${source} ${id}`);
    if ("text" in secret) return { text: secret.text, source, origin: "saved" };
    return { missing: secret.missing, spoiled: true, saved: true };
  }

  /** A token that OpenClaw has left out because its time is over: whoever has one must not be told that there is none. */
  async #endedToken(provider: KnownProvider): Promise<Missing | undefined> {
    this.#ended ??= import("../config/openclaw.ts").then(async ({ readOpenclaw }) => {
      const { unusable } = await readOpenclaw(this.context, this.loaded);
      return unusable.filter(({ kind }) => kind === "expired");
    });
    const names = provider.unsaved ? [] : savedAs(provider);
    const token = (await this.#ended).find((one) => names.includes(one.provider));
    if (!token) return undefined;
    const hint = `Save a new one: ${loginCommand(token.provider, "openclaw")}`;
    return { missing: `OpenClaw's token ${token.profileId} has expired.`, spoiled: true, saved: true, hint };
  }

  #fromEnv(provider: KnownProvider, named: boolean): Key | undefined {
    for (const name of [...provider.env, ...(named ? (provider.ambientEnv ?? []) : [])]) {
      const text = this.loaded.env[name]?.trim();
      if (text) return { text, source: name, origin: "env" };
    }
    return undefined;
  }

  async #advice(provider: KnownProvider): Promise<string> {
    const scheme = provider.scheme && (await SCHEMES[provider.scheme]?.());
    if (scheme) return `No credential for ${provider.name}: ${scheme.missing}`;
    const variables = provider.env.length > 0 ? provider.env : (provider.ambientEnv ?? []);
    const ways = [
      ...(variables.length > 0 ? [`set ${variables.join(" or ")}`] : []),
      `run infer model auth login --provider ${provider.id}`,
      `put apiKey into models.providers.${provider.id} of the config`,
    ];
    return `No key for ${provider.name}: ${ways.join(", or ")}.`;
  }
}

/** The names under which its credentials may be saved. */
function savedAs(provider: KnownProvider): string[] {
  return namesOf(provider).map((name) => name.toLowerCase());
}

/** Whether a login is over and nothing can renew it. Schemes renew by rules of their own, but for Codex's. */
function hasEnded(
  { secret, refresh, expires = Infinity }: SavedCredential,
  provider: KnownProvider,
  now: number,
): boolean {
  const { scheme, oauth } = provider;
  if (scheme !== undefined && scheme !== "openai-codex") return false;
  const renews = refresh !== undefined && (scheme !== undefined || oauth !== undefined);
  return !renews && (secret === "" || expires <= now);
}

/** Whether a server needs no credential because it is the user's own machine. */
export function isLoopback(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host);
}

function sendable(
  { text, source, origin }: Key,
  { placeholder, keyless, auth }: KnownProvider,
): Credential | undefined {
  if (text === placeholder) return keyless ? plain(undefined, source, origin) : undefined;
  // A header cannot carry these, and fetch's own error would quote the key.
  if (/[^\x21-\x7e]/.test(carriedKey(auth, text))) {
    return {
      missing: `The key in ${source} cannot be sent: it has blanks or control characters inside.`,
      spoiled: true,
    };
  }
  return plain(text, source, origin);
}

function plain(key: string | undefined, source: string, origin: Origin): Found {
  return { source, origin, open: async () => (key === undefined ? {} : { key }) };
}

/** Whether the credential is one that somebody gave, and not the absence of a need. */
export function isGiven(credential: Found | null): boolean {
  return credential !== null && credential.source !== NO_KEY;
}
