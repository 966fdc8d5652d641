import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { redact } from "../core/redact.ts";
import { keysIn } from "../process/keys.ts";
import { type Finished, runProgram } from "../process/run.ts";
import { said } from "../process/said.ts";
import type { Call } from "./attempts.ts";

/** As OpenClaw: a program that prints more has not understood the question. */
export const MOST_OUTPUT = 5 * 1024 * 1024;

export type GivenFile = (folder: string) => Promise<{ path: string; mimeType: string }>;

interface Run {
  command: string;
  args: readonly string[];
  env: Context["env"];
  cwd?: string;
  stdin?: string;
  maxOutputBytes: number;
  /** Of its own; the command's deadline holds in every case. */
  timeoutMs?: number;
}

/**
 * Runs a program until it has ended well: an exit code other than 0 is a `provider_error` in its own words, or `io` where
 * they say that the disk is full. Its words may be quoted: the keys that it was given are known as such from then on.
 */
export async function toItsEnd(context: Context, run: Run, call: Call): Promise<Finished> {
  const left = Math.max(1, context.endsAt - context.now());
  const finished = await runProgram({
    ...run,
    cwd: run.cwd ?? context.cwd,
    timeoutMs: Math.min(left, run.timeoutMs ?? left),
    signal: call.signal,
  });
  for (const key of keysIn(run.env)) context.secrets.add(key);
  if (finished.exitCode === 0) return finished;
  const { exitCode, stdout, stderr } = finished;
  // Before it is cut: half a key is not known for one any more.
  const words = redact(stderr || new TextDecoder().decode(stdout.subarray(-LAST)), context.secrets);
  const type = DISK_FULL.test(words) ? "io" : "provider_error";
  throw new InferError(type, `${run.command} ended with exit code ${exitCode}.${said(words)}`);
}

/** ENOSPC in the system's words, and Windows' own. */
const DISK_FULL = /no space left|not enough space on the disk/i;

/** Bytes of what it printed, where it said nothing else. */
const LAST = 2000;

/** `{{MediaPath}}` and the like; a name that nobody knows is nothing. */
export function filledIn(arg: string, values: Readonly<Record<string, string>>): string {
  return arg.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    const key = name.toLowerCase();
    return Object.hasOwn(values, key) ? (values[key] ?? "") : "";
  });
}
