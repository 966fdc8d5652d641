import { open, stat, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stateFolder } from "../../config/paths.ts";
import type { Context } from "../../core/context.ts";
import { codeOf, messageOf } from "../../core/error.ts";
import { type Check, fail, ok, type Setup, warn } from "./check.ts";

interface Folder {
  id: string;
  path: string;
  /** The variable that names it: then it is meant, and has to work. */
  variable: string | undefined;
}

/** The folders that infer writes to: a file is really made there, and taken away again. */
export async function checkFolders({ context }: Setup): Promise<Check[]> {
  const homeless = stateFolder(context.env) === undefined;
  const checks = await Promise.all(folders(context).map(one));
  if (!homeless) return checks;
  const message = "There is no home folder: credentials cannot be saved, and files need --output.";
  return [warn("folders.state", message, "Set HOME or XDG_STATE_HOME."), ...checks];
}

function folders({ cwd, env }: Context): Folder[] {
  const state = stateFolder(env);
  const media = env.INFER_MEDIA_DIR || (state && join(state, "media"));
  const variableOf = (...names: string[]): string | undefined => names.find((name) => env[name]);
  const temporary = variableOf("TMPDIR", "TMP", "TEMP");
  const all: [id: string, path: string | undefined, variable: string | undefined][] = [
    ["folders.state", state, variableOf("XDG_STATE_HOME")],
    ["folders.media", media, variableOf("INFER_MEDIA_DIR", "XDG_STATE_HOME")],
    ["folders.temp", (temporary && env[temporary]) || tmpdir(), temporary],
  ];
  return all.flatMap(([id, path, variable]) => (path ? [{ id, path: resolve(cwd, path), variable }] : []));
}

async function one({ id, path, variable }: Folder): Promise<Check> {
  try {
    const folder = await nearest(path);
    await tryFile(folder);
    return ok(id, folder === path ? path : `${path} (not there yet, can be made)`);
  } catch (thrown) {
    // Without the second half of Node's message, which names the file of this try.
    const message = `${path} cannot be written: ${messageOf(thrown).split(", ")[0]}`;
    return variable
      ? fail(id, message, `Make it writable, or let ${variable} name another folder.`)
      : warn(id, message, "Make it writable, or name another: XDG_STATE_HOME, INFER_MEDIA_DIR, TMPDIR.");
  }
}

/** The folder itself, or the first above it that is there: the doctor leaves no folders behind. */
async function nearest(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT" || dirname(path) === path) throw thrown;
    return nearest(dirname(path));
  }
}

async function tryFile(folder: string): Promise<void> {
  const path = join(folder, `.infer-doctor-${Bun.randomUUIDv7().slice(-12)}`);
  const handle = await open(path, "wx", 0o600);
  try {
    // A full disk makes the file and takes nothing into it.
    await handle.writeFile("infer doctor\n");
  } finally {
    await handle.close();
    await unlink(path);
  }
}
