import type { Context } from "../core/context.ts";
import { readCodex } from "./codex.ts";
import type { LoadedConfig } from "./file.ts";
import { readOpenclaw } from "./openclaw.ts";
import { once } from "./profile.ts";
import type { SecretValue } from "./schema.ts";
import { readStore, type StoredProfile } from "./store.ts";

/**
 * What is told of a credential that somebody saved (`infer model auth login`, OpenClaw, another tool's login), without
 * its secret: that may be in the keychain, which asks its user.
 */
export interface SavedProfile {
  /** `openai:default` */
  id: string;
  provider: string;
  kind: "api_key" | "token" | "oauth";
  /** Milliseconds since the epoch. */
  expires?: number;
  /** ChatGPT's account. */
  accountId?: string;
  /** Where it is kept, to be printed. */
  source: string;
  /** Whether infer may change it: only its own. */
  own: boolean;
  /** Whose login it is: that tool is the one to log in with again. */
  place: "infer" | "openclaw" | "codex";
  /** The file that tells of it; the secret itself may be in the keychain. */
  file: string;
  keychain?: true;
  /** The same with its secret, which is read once. `undefined` when it cannot be had; a warning has said so. */
  read(): Promise<SavedCredential | undefined>;
}

/** A saved credential with its secret. */
export interface SavedCredential extends Omit<SavedProfile, "read"> {
  /** The key, the token, or OAuth's access token; or where to get it. */
  secret: SecretValue;
  refresh?: string;
  /** The same login as it is kept by now: another process may have renewed it. */
  latest?: () => Promise<SavedCredential | undefined>;
}

/** Everything saved, the nearest first: infer's own store, then OpenClaw's profiles of the chosen agent, then Codex's. */
export async function readSaved(context: Context, loaded: LoadedConfig): Promise<readonly SavedProfile[]> {
  const [own, openclaw, codex] = await Promise.all([
    readStore(context),
    readOpenclaw(context, loaded),
    readCodex(context),
  ]);
  // What infer has renewed for another tool counts in that tool's place, and only as long as it has the login.
  const renewed = own.filter(({ renews }) => renews !== undefined);
  const listed = [...own.filter(({ renews }) => renews === undefined), ...openclaw.usable, ...codex];
  const result: SavedProfile[] = [];
  for (const profile of listed) {
    if (profile.kind !== "oauth") result.push(profile);
    else if (!result.some((earlier) => isSameLogin(earlier, profile))) {
      const latest = async (): Promise<SavedCredential | undefined> =>
        (await readSaved(context, loaded)).find((other) => isSameLogin(other, profile))?.read();
      result.push(
        asOne(
          profile,
          [...listed, ...renewed].filter((other) => isSameLogin(other, profile)),
          latest,
        ),
      );
    }
  }
  return result;
}

/** One login that is kept in several places: the newest of them that can be read, in the place of the first. */
function asOne(
  { place, ...first }: SavedProfile,
  copies: readonly StoredProfile[],
  latest: () => Promise<SavedCredential | undefined>,
): SavedProfile {
  const newest = copies.toSorted((a, b) => (b.expires ?? 0) - (a.expires ?? 0));
  const { renews: _, ...login }: StoredProfile = newest[0] ?? { place, ...first };
  const read = async (): Promise<SavedCredential | undefined> => {
    for (const copy of newest) {
      const credential = await copy.read();
      if (credential) return { ...credential, place, latest };
    }
    return undefined;
  };
  return { ...login, place, read: once(read) };
}

/** By the account where both tell it; two files that do not are told apart by their names. */
function isSameLogin(one: SavedProfile, other: SavedProfile): boolean {
  if (one.kind !== "oauth" || other.kind !== "oauth" || one.provider !== other.provider) return false;
  return one.accountId || other.accountId ? one.accountId === other.accountId : one.id === other.id;
}
