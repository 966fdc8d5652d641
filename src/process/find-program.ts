import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { InferError } from "../core/error.ts";

/** What stands in the way of a program, as a sentence, and what to do about it. */
export interface Missing {
  missing: string;
  hint: string;
}

export function notThere({ missing, hint }: Missing): InferError {
  return new InferError("not_found", missing, { hint });
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The absolute path of a program, or `null`. A name is looked for in `env.PATH`; one with a slash is a path: `~/` is the
 * user's home, and a relative one starts at `cwd`.
 */
export async function findProgram(name: string, env: Env, cwd: string): Promise<string | null> {
  const wanted = name.trim();
  if (wanted === "") return null;
  if (!/[/\\]/.test(wanted) && wanted !== "~") return programOnPath(wanted, env);
  return firstProgram([cwd], fromHome(wanted, env), env);
}

/** The same of a name that is known to be one, and no path. */
export async function programOnPath(name: string, env: Env): Promise<string | null> {
  return firstProgram(foldersOf(env), name, env);
}

const IS_WINDOWS = process.platform === "win32";

/** As a system that does not say has it. */
const PATHEXT = ".COM;.EXE;.BAT;.CMD";

async function firstProgram(folders: readonly string[], name: string, env: Env): Promise<string | null> {
  const names = namesOf(name, env);
  for (const folder of folders) {
    for (const one of names) {
      const path = resolve(folder, one);
      if (await isProgram(path)) return path;
    }
  }
  return null;
}

/** An entry that is not absolute would let whoever fills the working directory choose the program. */
function foldersOf(env: Env): string[] {
  const entries = variable(env, "PATH").split(delimiter);
  return entries.map((entry) => fromHome(entry.trim().replace(/^"(.*)"$/, "$1"), env)).filter(isAbsolute);
}

function namesOf(name: string, env: Env): string[] {
  if (!IS_WINDOWS) return [name];
  const endings = (variable(env, "PATHEXT") || PATHEXT).split(";").filter((ending) => ending.startsWith("."));
  const isWhole = endings.some((ending) => name.toLowerCase().endsWith(ending.toLowerCase()));
  return isWhole ? [name] : endings.map((ending) => name + ending);
}

/** Windows writes the names of its variables as it likes: `Path`. */
function variable(env: Env, name: string): string {
  const written = IS_WINDOWS ? Object.keys(env).find((key) => key.toUpperCase() === name) : name;
  return env[written ?? name] ?? "";
}

function fromHome(path: string, env: Env): string {
  const home = env.HOME ?? env.USERPROFILE;
  return home !== undefined && /^~(?=$|[\\/])/.test(path) ? join(home, path.slice(1)) : path;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
