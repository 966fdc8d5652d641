import { dirname, resolve } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { type Keychain, keychainOf } from "./keychain.ts";
import { KeychainEntry } from "./keychain-entry.ts";
import { withLock } from "./lock.ts";
import { parseFile } from "./openclaw.ts";
import { stateFolder } from "./paths.ts";
import { unwritable, writePrivate } from "./private-file.ts";
import { type RawProfile, text, toProfile } from "./profile.ts";
import type { SavedProfile } from "./saved.ts";
import { readIfThere } from "./text-file.ts";

/** What somebody logs in with. */
export type NewProfile =
  | { id: string; type: "api_key"; provider: string; key: string }
  | (NewLogin & { type: "oauth" });

/** OAuth's tokens, fresh from the vendor. */
export interface NewLogin {
  id: string;
  provider: string;
  access: string;
  refresh?: string;
  expires?: number;
  accountId?: string;
  /** Set when this is another tool's login, renewed: it counts as long as that tool has the login. */
  renews?: "openclaw" | "codex";
}

interface Stored {
  version: number;
  profiles: Record<string, RawProfile>;
}

type World = Pick<Context, "env" | "cwd" | "now" | "sleep" | "random" | "signal" | "endsAt" | "report">;

const VERSION = 1;
/** The secrets of a profile, which the keychain takes where there is one. */
const SECRETS = ["key", "token", "access", "refresh"] as const;
/** Reading and writing one small file; a slow disk may take its time. */
const STALE_MS = 15_000;
const PATIENCE_MS = 45_000;

/** Where infer keeps what it is given. */
export function storePath({ env, cwd }: Pick<Context, "env" | "cwd">): string | undefined {
  const folder = stateFolder(env);
  return folder && resolve(cwd, folder, "auth.json");
}

/** A profile of infer's own store. */
export interface StoredProfile extends SavedProfile {
  /** Set when it is another tool's login, renewed. */
  renews?: string;
}

/** infer's own logins; the keychain is asked when one of them is read. A broken file is a warning: others may do. */
export async function readStore(
  context: Pick<Context, "env" | "cwd" | "report">,
  keychain: Keychain | null = keychainOf(context),
): Promise<StoredProfile[]> {
  const file = storePath(context);
  const stored = file && (await parseFile(context, file));
  if (!file || !isRecord(stored) || !isRecord(stored.profiles)) return [];
  return Object.entries(stored.profiles).flatMap(([id, raw]) => {
    if (!isRecord(raw)) return [];
    const isKept = raw.keychain === true;
    const entry = new KeychainEntry(context, keychain, id, file);
    const place = { place: "infer", file, own: true } as const;
    const profile = toProfile(id, raw, place, isKept ? () => entry.read() : undefined);
    if (!profile) return [];
    const renews = text(raw.renews);
    return [{ ...profile, ...(isKept && inKeychain(profile)), ...(renews && { renews }) }];
  });
}

function inKeychain({ id, read }: SavedProfile): Pick<SavedProfile, "keychain" | "source" | "read"> {
  const where = { keychain: true as const, source: `${id} in the keychain` };
  return {
    ...where,
    async read() {
      const credential = await read();
      return credential && { ...credential, ...where };
    },
  };
}

/** Keeps a login, in the keychain where one works; says where it went. */
export async function saveProfile(
  context: World,
  profile: NewProfile,
  keychain: Keychain | null = keychainOf(context),
): Promise<"keychain" | string> {
  const file = neededPath(context);
  const { id, ...rest } = profile;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  const isSecret = ([name]: [string, unknown]): boolean => SECRETS.some((secret) => secret === name);
  const secrets = Object.fromEntries(entries.filter(isSecret));
  const isKept = await new KeychainEntry(context, keychain, id, file).write(secrets);
  const open = isKept ? entries.filter((entry) => !isSecret(entry)) : entries;
  await change(context, file, (profiles) => ({
    ...profiles,
    [id]: { ...Object.fromEntries(open), ...(isKept && { keychain: true }) },
  }));
  return isKept ? "keychain" : file;
}

/** Forgets a provider's logins, by any of its names; their ids. */
export async function removeProfiles(
  context: World,
  providers: readonly string[],
  keychain: Keychain | null = keychainOf(context),
): Promise<string[]> {
  const file = storePath(context);
  // Nothing was ever kept here: there is nothing to lock either.
  if (!file || !(await Bun.file(file).exists())) return [];
  const removed: [string, RawProfile][] = [];
  await change(context, file, (profiles) => {
    removed.length = 0;
    const kept = Object.entries(profiles).filter(([id, raw]) => {
      const isTheirs = providers.includes(String(raw.provider).toLowerCase());
      if (isTheirs) removed.push([id, raw]);
      return !isTheirs;
    });
    return removed.length === 0 ? null : Object.fromEntries(kept);
  });
  for (const [id, raw] of removed) {
    if (raw.keychain === true) await new KeychainEntry(context, keychain, id, file).forget();
  }
  return removed.map(([id]) => id);
}

function neededPath(context: Pick<Context, "env" | "cwd">): string {
  const file = storePath(context);
  if (file) return file;
  throw new InferError("usage", "There is no home folder to keep the key in.", {
    hint: "Set HOME or XDG_STATE_HOME, or give the key in an environment variable.",
  });
}

/** Reads, changes and writes the file while nobody else does. `null`: nothing is to be changed. */
async function change(
  context: World,
  file: string,
  edit: (profiles: Readonly<Record<string, RawProfile>>) => Record<string, RawProfile> | null,
): Promise<void> {
  await makeFolder(dirname(file));
  const endsAt = Math.min(context.endsAt, context.now() + PATIENCE_MS);
  await withLock(context, `${file}.lock`, { staleMs: STALE_MS, endsAt, signal: context.signal }, async (lock) => {
    const stored = await readForChange(file);
    const profiles = edit(stored.profiles);
    if (profiles) await writePrivate(file, { ...stored, profiles }, lock);
  });
}

/** Unlike a reader, a writer must not take a broken file for an empty one: it would wipe out the others' keys. */
async function readForChange(file: string): Promise<Stored> {
  return (await readWhole(file)) ?? { version: VERSION, profiles: {} };
}

/**
 * infer's own store as a login takes it; `null` when there is none. Fails as `io`, with why nothing could be saved in it:
 * the doctor asks here, too.
 */
export async function readWhole(file: string): Promise<Stored | null> {
  const text = await readIfThere(file);
  if (text === null) return null;
  const stored = parseStored(text);
  if (!isRecord(stored) || !isRecord(stored.profiles)) {
    const hint = "Mend it, or move it away and log in again.";
    throw new InferError("io", `${file} is not a store of infer's, and is left as it is.`, { hint });
  }
  const version = typeof stored.version === "number" ? stored.version : VERSION;
  if (version > VERSION) throw new InferError("io", `${file} is of a newer infer.`, { hint: "Update infer." });
  const profiles = Object.entries(stored.profiles).flatMap(([id, raw]) => (isRecord(raw) ? [[id, raw] as const] : []));
  return { ...stored, version, profiles: Object.fromEntries(profiles) };
}

function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words may quote a key.
    return undefined;
  }
}

/**
 * 0700: what else is in there, recordings and pictures, is nobody's business either. Rights are only taken away: a folder
 * that its owner has made read-only is meant to be.
 */
async function makeFolder(folder: string): Promise<void> {
  const fs = await import("node:fs/promises");
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode } = await fs.stat(folder);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) await fs.chmod(folder, mode & 0o700);
  } catch (thrown) {
    throw unwritable(folder, thrown);
  }
}
