import { earlyOptions, runCli } from "../../src/cli/run.ts";
import type { Context, GlobalOptions, StdinKind } from "../../src/core/context.ts";
import { type InferError, toInferError } from "../../src/core/error.ts";
import { newReport } from "../../src/core/report.ts";
import { printOutcome } from "../../src/output/outcome.ts";

export interface FakeWorld {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: { kind: StdinKind; text?: string };
  /** What is typed when a secret is asked for. */
  secret?: string;
  /** Hears what is written to stderr, while it is written. */
  onStderr?: (text: string) => void;
  fetch?: typeof globalThis.fetch;
  now?: () => number;
  sleep?: Context["sleep"];
  signal?: AbortSignal;
  options?: Partial<GlobalOptions>;
  applyProxy?: Context["applyProxy"];
}

export interface FakeContext extends Context {
  out: () => string;
  err: () => string;
}

/** A context whose streams are strings, whose waits are short, and whose environment is what the test says. */
export function fakeContext(world: FakeWorld = {}): FakeContext {
  const out: Uint8Array[] = [];
  let err = "";
  return {
    env: world.env ?? {},
    cwd: world.cwd ?? process.cwd(),
    fetch: world.fetch ?? globalThis.fetch,
    now: world.now ?? Date.now,
    random: () => 0.01,
    sleep: world.sleep ?? ((ms) => Bun.sleep(ms)),
    signal: world.signal ?? new AbortController().signal,
    startedAt: (world.now ?? Date.now)(),
    endsAt: Number.POSITIVE_INFINITY,
    options: { ...earlyOptions([]), ...world.options },
    report: newReport(),
    applyProxy: world.applyProxy ?? (() => {}),
    secrets: new Set(),
    stdio: {
      stdinKind: () => world.stdin?.kind ?? "none",
      async *stdin() {
        yield new TextEncoder().encode(world.stdin?.text ?? "");
      },
      writeOut: async (data) => void out.push(typeof data === "string" ? new TextEncoder().encode(data) : data),
      writeErr: (text) => {
        err += text;
        world.onStderr?.(text);
      },
      askSecret: async (question) => {
        err += question;
        return world.secret ?? "";
      },
      outIsTerminal: () => false,
      errIsTerminal: () => false,
    },
    out: () => Buffer.concat(out).toString(),
    err: () => err,
  };
}

export interface CliRun {
  stdout: string;
  stderr: string;
  exitCode: number;
  error: InferError | null;
  context: FakeContext;
}

/** One command line, in this process, as `main.ts` runs it. */
export async function runInProcess(argv: string[], world: FakeWorld = {}): Promise<CliRun> {
  const context = fakeContext({ ...world, options: earlyOptions(argv) });
  let error: InferError | null = null;
  const exitCode = await printOutcome(context, async () => {
    try {
      return await runCli(argv, context);
    } catch (thrown) {
      error = toInferError(thrown);
      throw thrown;
    }
  });
  return { stdout: context.out(), stderr: context.err(), exitCode, error, context };
}
