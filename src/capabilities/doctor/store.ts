import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { readOpenclaw } from "../../config/openclaw.ts";
import { loginCommand } from "../../config/profile.ts";
import type { SavedCredential } from "../../config/saved.ts";
import { readWhole, storePath } from "../../config/store.ts";
import { InferError } from "../../core/error.ts";
import { type Check, fail, ok, type Setup, shellPath, warn } from "./check.ts";

/** The credentials that were saved: whether they can be read, by nobody else, and still count. */
export async function checkStore({ context, keyring, loaded }: Setup): Promise<Check[]> {
  const path = storePath(context);
  // Only what could be over is worth a question to the keychain.
  const ended = (await keyring.saved()).filter(({ expires = Infinity }) => expires <= context.now());
  const over = (await Promise.all(ended.map((profile) => profile.read()))).filter((one) => one !== undefined);
  const own = path === undefined ? [ok("store", "There is no home folder: nothing is saved.")] : await ownStore(path);
  // What could not be read of the others' stores; infer's own has its line already.
  const warnings = context.report.warnings.filter((text) => path === undefined || !text.includes(path));
  return [
    ...own,
    ...(warnings.length > 0 ? [warn("store.others", warnings.join(" "))] : []),
    // What can be renewed is, when it is used.
    ...over.filter(({ refresh }) => refresh === undefined).map(expired),
    ...(await readOpenclaw(context, loaded)).unusable.flatMap(({ profileId, provider, kind }) => {
      if (kind !== "expired") return [];
      const message = `OpenClaw's token ${profileId} has expired.`;
      return [warn(`store.${profileId}`, message, loginCommand(provider, "openclaw"))];
    }),
  ];
}

async function ownStore(path: string): Promise<Check[]> {
  try {
    // As a login takes it: what is fine here must not be refused there.
    if ((await readWhole(path)) === null) return [ok("store", `Nothing is saved in ${path}`)];
    const open = await openToOthers(path, (await stat(path)).mode);
    return open.length > 0 ? open : [ok("store", path)];
  } catch (thrown) {
    if (!(thrown instanceof InferError)) throw thrown;
    const fix = thrown.details.hint ?? "Make it readable, or move it away and log in again.";
    return [fail("store", thrown.message, fix)];
  }
}

const OTHERS = 0o077;

/** Windows keeps permissions elsewhere. */
async function openToOthers(path: string, mode: number): Promise<Check[]> {
  if (process.platform === "win32") return [];
  const folder = dirname(path);
  const { mode: folderMode } = await stat(folder);
  const checks: Check[] = [];
  if (mode & OTHERS) {
    checks.push(warn("store", `${path} is ${octal(mode)}: others can read it.`, `chmod 600 ${shellPath(path)}`));
  }
  if (folderMode & OTHERS) {
    const message = `${folder} is ${octal(folderMode)}: others can look into it.`;
    checks.push(warn("store.folder", message, `chmod 700 ${shellPath(folder)}`));
  }
  return checks;
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8).padStart(3, "0")}`;
}

function expired({ id, provider, source, place }: SavedCredential): Check {
  return warn(`store.${id}`, `The login ${source} has expired.`, loginCommand(provider, place));
}
