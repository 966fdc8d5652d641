import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Envelope } from "../../src/core/envelope.ts";
import { envelopeSchema } from "../../src/core/envelope-schema.ts";

/** The compiled binary that the e2e tests spawn; `tests/run.ts` builds it first. */
export const BINARY = join(import.meta.dir, "../../dist", process.platform === "win32" ? "infer.exe" : "infer");

if (!existsSync(BINARY)) throw new Error("dist/infer is missing: run `bun run build` first");

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Uint8Array | "open";
  /** A command line that the binary is run under. */
  under?: string[];
}

/** Runs the binary with an environment that holds nothing but what the test gives it. */
export async function infer(args: string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(args, options);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (typeof child.stdin === "object") child.stdin.end();
  return { code, stdout, stderr };
}

/** The same with `--json`: exactly one document, and one that is as the schema says. */
export async function inferJson(args: string[], options: RunOptions = {}): Promise<Run & { envelope: Envelope }> {
  const run = await infer([...args, "--json"], options);
  return { ...run, envelope: oneEnvelope(run.stdout) };
}

export function oneEnvelope(stdout: string): Envelope {
  return v.parse(envelopeSchema, JSON.parse(stdout));
}

export function spawn(args: string[], options: RunOptions = {}) {
  const { env = {}, cwd, stdin, under = [] } = options;
  const bytes = typeof stdin === "string" && stdin !== "open" ? new TextEncoder().encode(stdin) : stdin;
  return Bun.spawn([...under, BINARY, ...args], {
    env,
    ...(cwd !== undefined && { cwd }),
    stdin: bytes === "open" ? "pipe" : bytes instanceof Uint8Array ? bytes : "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}
