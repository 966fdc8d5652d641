import { earlyOptions, runCli } from "./cli/run.ts";
import type { Context } from "./core/context.ts";
import { InferError, StdoutClosed, toInferError } from "./core/error.ts";
import { newReport } from "./core/report.ts";
import { proxyAssignments } from "./http/proxy.ts";
import { processStdio } from "./output/stdio.ts";
import { printFailure, printResult } from "./output/stdout.ts";

const started = performance.now();

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  Object.assign(process.env, proxyAssignments(process.env));
  const context = makeContext(argv, onSignals());
  try {
    const result = await runCli(argv, context);
    await printResult(context, result, elapsed());
    await sayWarnings(context);
  } catch (thrown) {
    process.exitCode = await fail(context, thrown);
  }
}

function makeContext(argv: readonly string[], signal: AbortSignal): Context {
  return {
    env: process.env,
    cwd: process.cwd(),
    fetch: globalThis.fetch,
    now: Date.now,
    random: Math.random,
    sleep,
    signal,
    endsAt: Number.POSITIVE_INFINITY,
    stdio: processStdio(),
    options: earlyOptions(argv),
    report: newReport(),
    secrets: new Set(),
  };
}

/** Says what went wrong, in the one place that does, and returns the exit code. */
async function fail(context: Context, thrown: unknown): Promise<number> {
  if (thrown instanceof StdoutClosed) return 0;
  const error = toInferError(thrown);
  try {
    if (context.options.json) await printFailure(context, error, elapsed());
  } catch (another) {
    if (another instanceof StdoutClosed) return error.exitCode;
    return fail({ ...context, options: { ...context.options, json: false } }, another);
  }
  if (!context.options.json) {
    await sayWarnings(context);
    const { sayFailure } = await import("./output/stderr.ts");
    sayFailure(context, error);
  }
  return error.exitCode;
}

async function sayWarnings(context: Context): Promise<void> {
  const { warnings, ignoredOverrides } = context.report;
  if (context.options.json || warnings.length + ignoredOverrides.length === 0) return;
  const { say } = await import("./output/stderr.ts");
  for (const warning of warnings) say(context, "warn", warning);
  for (const { key, value } of ignoredOverrides) say(context, "warn", `${key} ${value} cannot be honoured here.`);
}

/** Ctrl-C and SIGTERM stop the work and leave time to say so; a second one ends the process at once. */
function onSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: "SIGINT" | "SIGTERM", exitCode: number): void => {
    process.once(name, () => controller.abort(new InferError("interrupted", `Interrupted by ${name}.`, { exitCode })));
  };
  stop("SIGINT", 130);
  stop("SIGTERM", 143);
  return controller.signal;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function elapsed(): number {
  return Math.round(performance.now() - started);
}

void main();
