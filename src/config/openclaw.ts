import { join } from "node:path";
import type { Context } from "../core/context.ts";
import { isRecord } from "../core/json.ts";
import type { LoadedConfig } from "./file.ts";
import { openclawFolder } from "./paths.ts";
import { type RawProfile, toProfile } from "./profile.ts";
import type { SavedProfile } from "./saved.ts";
import { readIfThere } from "./text-file.ts";

/** A profile that OpenClaw has and would not use now. */
export interface UnusableProfile {
  profileId: string;
  provider: string;
  kind: "expired" | "cooldown" | "disabled";
  until?: number;
}

export interface OpenclawProfiles {
  /** For each provider, in the order in which OpenClaw would use them. */
  usable: SavedProfile[];
  unusable: UnusableProfile[];
}

/** What is kept beside the profiles: which comes first, and which are to be left alone for a while. */
interface State {
  order: Readonly<Record<string, unknown>>;
  usage: Readonly<Record<string, unknown>>;
}

interface Source extends State {
  file: string;
  profiles: Readonly<Record<string, unknown>>;
}

type World = Pick<Context, "env" | "now" | "report">;

/**
 * OpenClaw's auth profiles of the chosen agent; nothing of it is ever written. It keeps them, by its age, in
 * `auth-profiles.json`, in the agent's `openclaw-agent.sqlite`, or for all agents in `state/openclaw.sqlite`. An agent
 * that is not the main one inherits the main one's.
 */
export async function readOpenclaw(context: World, loaded: LoadedConfig): Promise<OpenclawProfiles> {
  const state = openclawFolder(context.env);
  const { folder } = loaded.agent;
  if (folder === undefined) return { usable: [], unusable: [] };
  // One question, not one for each file, where there is no OpenClaw.
  if (state !== undefined && folder.startsWith(state) && !(await isThere(state))) return { usable: [], unusable: [] };
  const main = state === undefined ? folder : join(state, "agents", "main", "agent");
  const sources = (
    await Promise.all([
      ...agentSources(context, folder),
      ...(main === folder ? [] : agentSources(context, main)),
      ...(state === undefined ? [] : [readDatabase(context, join(state, "state", "openclaw.sqlite"), SHARED)]),
    ])
  ).filter((source) => source !== undefined);
  return choose(sources, context.now());
}

async function isThere(folder: string): Promise<boolean> {
  return Bun.file(folder)
    .stat()
    .then(
      () => true,
      () => false,
    );
}

function agentSources(context: World, folder: string): Promise<Source | undefined>[] {
  // Where both are, the database is the newer one: OpenClaw moved its profiles there.
  return [readDatabase(context, join(folder, "openclaw-agent.sqlite"), OF_AGENT), readJson(context, folder)];
}

async function readJson(context: World, folder: string): Promise<Source | undefined> {
  const file = join(folder, "auth-profiles.json");
  const store = await parseFile(context, file);
  if (!isRecord(store) || !isRecord(store.profiles)) return undefined;
  // Some versions keep the order and the cooldowns in a file of their own.
  const apart = await parseFile(context, join(folder, "auth-state.json"));
  return { file, profiles: store.profiles, ...stateOf(store, apart) };
}

/** A file's JSON; `undefined` when it is not there or not readable, which is said. */
export async function parseFile(context: Pick<Context, "report">, file: string): Promise<unknown> {
  try {
    const text = await readIfThere(file);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    // Without the parser's own words: they may quote a key.
    warn(context, `${file} cannot be read, and is left out.`);
    return undefined;
  }
}

/** The tables of one of OpenClaw's databases: JSON texts by a key. */
interface Tables {
  store: string;
  state: string;
  row: string;
}

// OpenClaw's schema: https://docs.openclaw.ai/reference/database-schemas/layout
const OF_AGENT: Tables = {
  store: "SELECT store_json AS json FROM auth_profile_store WHERE store_key = ?",
  state: "SELECT state_json AS json FROM auth_profile_state WHERE state_key = ?",
  row: "primary",
};
const SHARED: Tables = {
  store: "SELECT store_json AS json FROM auth_profile_stores WHERE store_key = ?",
  state: "SELECT state_json AS json FROM auth_profile_state WHERE store_key = ?",
  row: "shared",
};

async function readDatabase(context: World, file: string, tables: Tables): Promise<Source | undefined> {
  if (!(await Bun.file(file).exists())) return undefined;
  const { Database, constants } = await import("bun:sqlite");
  const { pathToFileURL } = await import("node:url");
  // Without changes that wait to be merged, the file is read as it is: SQLite would leave two files beside it otherwise.
  const isSettled = (Bun.file(`${file}-wal`).size || 0) === 0;
  const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
  try {
    using database = new Database(`${pathToFileURL(file)}?${isSettled ? "immutable=1" : "mode=ro"}`, flags);
    database.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    const read = (sql: string): unknown => {
      const row: unknown = database.query(sql).get(tables.row);
      return isRecord(row) && typeof row.json === "string" ? JSON.parse(row.json) : undefined;
    };
    const tableNames = database.query("SELECT name FROM sqlite_master WHERE type = 'table'").values().flat();
    if (!tableNames.includes(/FROM (\w+)/.exec(tables.store)?.[1] ?? "")) return undefined;
    const store = read(tables.store);
    if (!isRecord(store) || !isRecord(store.profiles)) return undefined;
    const apart = tableNames.includes("auth_profile_state") ? read(tables.state) : undefined;
    return { file, profiles: store.profiles, ...stateOf(store, apart) };
  } catch {
    // Without SQLite's and the parser's own words: they may quote a key.
    warn(context, `${file} cannot be read, and is left out.`);
    return undefined;
  }
}

/** OpenClaw writes for milliseconds at a time. */
const PATIENCE_MS = 500;

function stateOf(store: Record<string, unknown>, apart: unknown): State {
  const merged = (key: string): Record<string, unknown> => ({
    ...(isRecord(store[key]) && store[key]),
    ...(isRecord(apart) && isRecord(apart[key]) && apart[key]),
  });
  const order = Object.entries(merged("order")).map(([provider, ids]) => [provider.trim().toLowerCase(), ids]);
  return { order: Object.fromEntries(order), usage: merged("usageStats") };
}

/** A profile that has not been looked at yet. */
interface Entry {
  id: string;
  /** As OpenClaw names it. */
  provider: string;
  profile: SavedProfile;
  usage: RawProfile;
}

function choose(sources: readonly Source[], now: number): OpenclawProfiles {
  const entries = new Map<string, Entry>();
  const order: Record<string, unknown> = {};
  for (const source of sources) {
    for (const [id, raw] of Object.entries(source.profiles)) {
      // The nearest store wins, as with OpenClaw's own inheritance.
      if (entries.has(id) || !isRecord(raw)) continue;
      const profile = toProfile(id, raw, { place: "openclaw", file: source.file, own: false });
      const usage = source.usage[id];
      if (!profile) continue;
      const provider = String(raw.provider).trim().toLowerCase();
      entries.set(id, { id, provider, profile, usage: isRecord(usage) ? usage : {} });
    }
    for (const [provider, ids] of Object.entries(source.order)) order[provider] ??= ids;
  }
  const usable: SavedProfile[] = [];
  const unusable = [...entries.values()].flatMap((entry) => whyNot(entry, now) ?? []);
  const expired = new Set(unusable.filter(({ kind }) => kind === "expired").map(({ profileId }) => profileId));
  for (const provider of new Set([...entries.values()].map((entry) => entry.provider))) {
    const all = [...entries.values()].filter((entry) => entry.provider === provider);
    const sorted = inOrder(all, order[provider], now).filter(({ id }) => !expired.has(id));
    usable.push(...sorted.map(({ profile }) => profile));
  }
  return { usable, unusable };
}

/**
 * An order that the user has set is exact: what is not in it is not used. Without one, logins come before tokens and tokens
 * before keys, and the one that was used longest ago comes first. What is resting comes last. OpenClaw's `lastGood` is no
 * part of its order.
 */
function inOrder(entries: readonly Entry[], wanted: unknown, now: number): Entry[] {
  const ids: unknown[] = Array.isArray(wanted) ? wanted : [];
  const named = ids.flatMap((id) => entries.find((entry) => entry.id === id) ?? []);
  const sorted = named.length > 0 ? [...new Set(named)] : entries.toSorted(byKindThenUse);
  const isResting = (entry: Entry): boolean => restingUntil(entry) > now;
  const resting = sorted.filter(isResting).toSorted((a, b) => restingUntil(a) - restingUntil(b));
  return [...sorted.filter((entry) => !isResting(entry)), ...resting];
}

const KINDS = ["oauth", "token", "api_key"] as const;

function byKindThenUse(a: Entry, b: Entry): number {
  const kind = KINDS.indexOf(a.profile.kind) - KINDS.indexOf(b.profile.kind);
  return kind || moment(a.usage.lastUsed) - moment(b.usage.lastUsed);
}

/** These two pass requests on to many vendors, and one that is busy says nothing about the rest. */
const NEVER_RESTING = ["openrouter", "kilocode"];

function restingUntil({ provider, usage }: Entry): number {
  if (NEVER_RESTING.includes(provider)) return 0;
  return Math.max(moment(usage.blockedUntil), moment(usage.cooldownUntil), moment(usage.disabledUntil));
}

function whyNot(entry: Entry, now: number): UnusableProfile | undefined {
  const { id: profileId, provider, profile, usage } = entry;
  // A login that has expired is renewed; a token cannot be.
  if (profile.kind === "token" && profile.expires !== undefined && profile.expires <= now) {
    return { profileId, provider, kind: "expired", until: profile.expires };
  }
  const until = restingUntil(entry);
  if (until <= now) return undefined;
  return { profileId, provider, kind: moment(usage.disabledUntil) > now ? "disabled" : "cooldown", until };
}

function moment(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** Said once, however often the file is read. */
export function warn({ report }: Pick<Context, "report">, warning: string): void {
  if (!report.warnings.includes(warning)) report.warnings.push(warning);
}
