import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { userPath } from "../config/paths.ts";
import type { Context } from "../core/context.ts";
import { filledText, isRecord } from "../core/json.ts";
import { findProgram, type Missing, programOnPath } from "../process/find-program.ts";

/** Programs that speak without being set up, in the order in which they are looked for. */
const KNOWN = ["say", "piper", "espeak-ng"] as const;
type KnownId = (typeof KNOWN)[number];

const FORMATS = ["mp3", "opus", "wav"] as const;
/** What OpenClaw lets a program be set up to write. */
export type ProgramFormat = (typeof FORMATS)[number];

/** A program of the user's own that speaks. */
export interface SpeechProgram {
  /** `say`, `piper`, `espeak-ng`, or the configured command's own name. */
  name: string;
  /** Absolute. */
  command: string;
  env: Context["env"];
  /** Set for one that is known; a configured command is what its arguments say. */
  known?: KnownId;
  /** Of piper: the voice's file. */
  voicePath?: string;
  /** Of a configured command, with `{{Text}}` and the like in them. */
  args: readonly string[];
  /** The only form that it writes, where that is known. */
  writes?: ProgramFormat;
  cwd?: string;
}

/**
 * The program that `messages.tts.providers.tts-local-cli` has a command for, or the first on this machine. `model` names
 * one of the known, or is the path of a voice for piper, from `cwd`.
 */
export async function findSpeechProgram(
  options: Readonly<Record<string, unknown>>,
  env: Context["env"],
  model: string | undefined,
  cwd: string,
): Promise<SpeechProgram | Missing> {
  const asked = model?.trim() || undefined;
  const configured = await configuredProgram(options, env, cwd);
  if (configured && (asked === undefined || ("name" in configured && configured.name === asked))) return configured;
  if (asked !== undefined) return namedProgram(asked, env, cwd);
  for (const id of KNOWN) {
    // Elsewhere, a program of this name is another one.
    if (id === "say" && process.platform !== "darwin") continue;
    const found = await knownProgram(id, env, cwd);
    if (!("missing" in found)) return found;
  }
  return { missing: `None of ${KNOWN.join(", ")} is ready on this machine.`, hint: SETUP };
}

const SETUP =
  "Install espeak-ng, or piper with PIPER_MODEL set, or set messages.tts.providers.tts-local-cli.command in the config.";

/** OpenClaw's `tts-local-cli` block. `undefined` without a command in it. */
async function configuredProgram(
  options: Readonly<Record<string, unknown>>,
  env: Context["env"],
  cwd: string,
): Promise<SpeechProgram | Missing | undefined> {
  const line = filledText(options.command);
  if (line === undefined) return undefined;
  const ownEnv = isRecord(options.env) ? Object.entries(options.env) : [];
  const strings = ownEnv.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const whole = { ...env, ...Object.fromEntries(strings) };
  const ownCwd = filledText(options.cwd);
  const folder = ownCwd === undefined ? cwd : userPath(ownCwd, env, cwd);
  // A path with spaces in it needs no quotes.
  const [first = "", ...rest] = (await findProgram(line, whole, folder)) ? [line] : wordsIn(line);
  const command = await findProgram(first, whole, folder);
  const hint = "Install it, or correct messages.tts.providers.tts-local-cli.command in the config.";
  if (!command) return { missing: `There is no program "${first}".`, hint };
  const args = Array.isArray(options.args) ? options.args.filter((arg) => typeof arg === "string") : [];
  const writes = programFormat(filledText(options.outputFormat)?.toLowerCase());
  return {
    name: basename(first).replace(/\.(?:exe|com|bat|cmd)$/i, ""),
    command,
    env: whole,
    args: [...rest, ...args],
    ...(writes && { writes }),
    ...(ownCwd !== undefined && { cwd: folder }),
  };
}

export function programFormat(name: string | undefined): ProgramFormat | undefined {
  return FORMATS.find((format) => format === name);
}

/** The words of a command line as OpenClaw reads it: quotes hold words together, and nothing else has a meaning. */
function wordsIn(line: string): string[] {
  const words = line.match(/(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"?|'([^']*)'?/g, (_, double, single) => double ?? single));
}

async function namedProgram(model: string, env: Context["env"], cwd: string): Promise<SpeechProgram | Missing> {
  const id = KNOWN.find((one) => one === model);
  if (id) return knownProgram(id, env, cwd);
  if (/[/\\]|\.onnx$/i.test(model)) return knownProgram("piper", env, cwd, model);
  return {
    missing: `There is no program "${model}" among ${KNOWN.join(", ")}.`,
    hint: `Name one of them, as in --model tts-local-cli/espeak-ng, or the path of a voice for piper.`,
  };
}

async function knownProgram(
  id: KnownId,
  env: Context["env"],
  cwd: string,
  voice = filledText(env.PIPER_MODEL),
): Promise<SpeechProgram | Missing> {
  const command = await programOnPath(id, env);
  if (!command) return { missing: `There is no program ${id} on PATH.`, hint: SETUP };
  const program = { name: id, known: id, command, env, args: [], writes: "wav" } as const;
  if (id !== "piper") return program;
  const hint = "Put the path of a voice (.onnx) into PIPER_MODEL, or name it: --model tts-local-cli/<path>";
  if (voice === undefined) return { missing: "PIPER_MODEL is not set.", hint };
  const voicePath = userPath(voice, env, cwd);
  if (!(await sizeOf(voicePath))) return { missing: `The voice ${voicePath} is missing.`, hint };
  return { ...program, voicePath };
}

/** `0` for what is no file. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
