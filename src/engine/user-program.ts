import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type Finished, runProgram } from "../process/run.ts";
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

/** Runs a program until it has ended well: an exit code other than 0 is a `provider_error` in its own words. */
export async function toItsEnd(context: Context, run: Run, call: Call): Promise<Finished> {
  const left = Math.max(1, context.endsAt - context.now());
  const finished = await runProgram({
    ...run,
    env: Object.fromEntries(
      Object.entries(run.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    cwd: run.cwd ?? context.cwd,
    timeoutMs: Math.min(left, run.timeoutMs ?? left),
    signal: call.signal,
  });
  if (finished.exitCode === 0) return finished;
  const { exitCode, stdout, stderr } = finished;
  const words = stderr || new TextDecoder().decode(stdout.subarray(-SAID));
  throw new InferError("provider_error", `${run.command} ended with exit code ${exitCode}.${said(words)}`);
}

const SAID = 500;

/** The end of what a program has said, on one line: what went wrong stands there. */
export function said(words: string): string {
  const line = words.replace(/\s+/g, " ").trim();
  if (line === "") return "";
  return ` It said: ${line.length > SAID ? `…${line.slice(-SAID)}` : line}`;
}

/** `{{MediaPath}}` and the like; a name that nobody knows is nothing. */
export function filledIn(arg: string, values: Readonly<Record<string, string>>): string {
  return arg.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    const key = name.toLowerCase();
    return Object.hasOwn(values, key) ? (values[key] ?? "") : "";
  });
}
