import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { userPath } from "../../config/paths.ts";
import type { Context } from "../../core/context.ts";

/** The variable's, also when it is named as it is told; or the one that is named. */
export function modelPath(
  variable: string,
  env: Context["env"],
  model: string | undefined,
  cwd: string,
): string | undefined {
  const value = env[variable]?.trim();
  const own = value ? userPath(value, env, cwd) : undefined;
  return model === undefined || (own && basename(own) === model) ? own : userPath(model, env, cwd);
}

/** `de-AT` is `de` to them; a name is written as whisper has it, and whisper-cli writes it small itself. */
export function languageOf(language: string): string {
  const [, code] = /^([a-z]{2,3})(?:[-_].*)?$/i.exec(language.trim()) ?? [];
  if (code) return code.toLowerCase();
  return language
    .trim()
    .toLowerCase()
    .replace(/\b\p{L}/gu, (letter) => letter.toUpperCase());
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
