import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferError } from "../../core/error.ts";
import type { Finished } from "../../process/run.ts";
import { said } from "../../process/said.ts";

/** What was written into the folder. Both programs end well also when they could not read a recording. */
export async function writtenJson(
  { stdout, stderr }: Finished,
  output: string,
  encoding: "utf8" | "latin1",
): Promise<unknown> {
  const file = (await readdir(output)).find((name) => name.endsWith(".json"));
  if (file === undefined) throw misunderstood(`${new TextDecoder().decode(stdout)}\n${stderr}`);
  // whisper-cli puts control characters into its strings as they are.
  const json = (await readFile(join(output, file), encoding)).replace(/[\x00-\x1f]/g, " ");
  return jsonIn(json);
}

/** `undefined` for what is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function parsed<T>(result: { success: true; output: T } | { success: false }): T {
  if (result.success) return result.output;
  throw misunderstood("");
}

export function misunderstood(words: string, hint?: string): InferError {
  const message = `The program wrote no transcript that can be understood.${said(words)}`;
  return new InferError("provider_error", message, { hint });
}
