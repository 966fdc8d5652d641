import { dirname, resolve } from "node:path";
import * as v from "valibot";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import type { LoadedConfig } from "./file.ts";
import { withLock } from "./lock.ts";
import { openclawFolder, stateFolder, userPath } from "./paths.ts";
import { writePrivate } from "./private-file.ts";
import { flag, object, problemOf, text } from "./shape.ts";
import { readIfThere } from "./text-file.ts";
import type { Persona, TtsSettings } from "./tts.ts";

/** What the user prefers, whatever the config says. */
export interface TtsPrefs {
  /** When OpenClaw speaks by itself: `off`, `always`, `inbound` or `tagged`. */
  auto?: string;
  /** As written, trimmed. */
  provider?: string;
  /** In lower case; `null`: none, not even the config's. */
  persona?: string | null;
  /** The files that say so. */
  place: { provider?: string; persona?: string };
}

/** What is not named stays as it is. */
export interface TtsPrefsChange {
  auto?: "always" | "off";
  provider?: string;
  persona?: string | null;
}

type Reader = Pick<Context, "env" | "cwd">;
type Writer = Pick<Context, "env" | "cwd" | "now" | "sleep" | "random" | "signal" | "endsAt">;

/**
 * infer's own preferences, and where they say nothing OpenClaw's, which are never written. `prefsPath` is the config's.
 * A damaged file of infer's fails as `io`; one of OpenClaw's counts as absent, as it does there.
 */
export async function readTtsPrefs(context: Reader, loaded: LoadedConfig, prefsPath?: string): Promise<TtsPrefs> {
  const own = ownFile(context);
  const openclaw = openclawFile(context, loaded, prefsPath);
  const near = own === undefined ? undefined : await readPrefs(own);
  const far = openclaw === undefined ? undefined : await readPrefs(openclaw).catch(() => undefined);
  return { ...far, ...near, place: { ...far?.place, ...near?.place } };
}

/** Keeps what the user prefers, in infer's own file. What else is in there stays; a damaged one is left as it is. */
export async function changeTtsPrefs(context: Writer, change: TtsPrefsChange): Promise<void> {
  const file = ownFile(context);
  if (!file) {
    throw new InferError("usage", "There is no home folder to keep the preference in.", {
      hint: "Set HOME or XDG_STATE_HOME.",
    });
  }
  const endsAt = Math.min(context.endsAt, context.now() + PATIENCE_MS);
  await withLock(context, `${file}.lock`, { staleMs: STALE_MS, endsAt, signal: context.signal }, async (lock) => {
    await writePrivate(file, changed((await readFile(file)).json, change), lock);
  });
}

/** Who speaks: the user's choice, else the config's. One that the config does not have is nobody, as in OpenClaw. */
export function activePersona(
  { persona, personas }: Pick<TtsSettings, "persona" | "personas">,
  prefs: Pick<TtsPrefs, "persona">,
): Persona | undefined {
  const wanted = prefs.persona === undefined ? persona : prefs.persona;
  return personas.find(({ id }) => id === wanted);
}

/** Reading and writing one small file; a slow disk may take its time. */
const STALE_MS = 15_000;
const PATIENCE_MS = 45_000;

/** OpenClaw's shape, and how older files say `auto`. */
const shape = object({
  tts: v.optional(
    object({
      auto: v.optional(text),
      enabled: v.optional(flag),
      provider: v.optional(text),
      persona: v.nullish(text),
    }),
  ),
});

const MODES = ["off", "always", "inbound", "tagged"];

function ownFile({ env, cwd }: Reader): string | undefined {
  const named = env.INFER_TTS_PREFS;
  if (named?.trim()) return userPath(named, env, cwd);
  const folder = stateFolder(env);
  return folder && resolve(cwd, folder, "settings", "tts.json");
}

function openclawFile({ env: real, cwd }: Reader, { env, path }: LoadedConfig, prefsPath = ""): string | undefined {
  if (prefsPath.trim()) return userPath(prefsPath, env, path === null ? cwd : dirname(path));
  const named = env.OPENCLAW_TTS_PREFS;
  if (named?.trim()) return userPath(named, env, cwd);
  const folder = openclawFolder(real);
  return folder && resolve(cwd, folder, "settings", "tts.json");
}

async function readPrefs(file: string): Promise<TtsPrefs> {
  const { tts } = (await readFile(file)).known;
  const auto = tts?.auto?.trim().toLowerCase() ?? "";
  const mode = MODES.includes(auto) ? auto : tts?.enabled === undefined ? undefined : tts.enabled ? "always" : "off";
  const provider = tts?.provider?.trim();
  const persona = tts?.persona === undefined ? undefined : tts.persona?.trim().toLowerCase() || null;
  return {
    ...(mode && { auto: mode }),
    ...(provider && { provider }),
    ...(persona !== undefined && { persona }),
    place: { ...(provider && { provider: file }), ...(persona !== undefined && { persona: file }) },
  };
}

/** All that is in a file, and what infer knows of it. */
async function readFile(file: string): Promise<{ json: Record<string, unknown>; known: v.InferOutput<typeof shape> }> {
  const json = parsed((await readIfThere(file)) ?? "");
  const { success, output, issues } = v.safeParse(shape, json);
  if (success && isRecord(json)) return { json, known: output };
  const why = json === undefined ? "it is not JSON" : issues?.map(problemOf).join("; ");
  const hint = "Mend it, or move it away: infer makes a new one.";
  throw new InferError("io", `${file} has no preferences that can be read: ${why}`, { hint });
}

function parsed(written: string): unknown {
  try {
    return written.trim() === "" ? {} : JSON.parse(written);
  } catch {
    return undefined;
  }
}

function changed(whole: Record<string, unknown>, { auto, provider, persona }: TtsPrefsChange): Record<string, unknown> {
  const { enabled, ...tts } = isRecord(whole.tts) ? whole.tts : {};
  return {
    ...whole,
    tts: {
      ...tts,
      // Beside `auto` it would say the same, or lie.
      ...(auto === undefined && enabled !== undefined && { enabled }),
      ...(auto !== undefined && { auto }),
      ...(provider !== undefined && { provider }),
      ...(persona !== undefined && { persona: persona?.trim().toLowerCase() || null }),
    },
  };
}
