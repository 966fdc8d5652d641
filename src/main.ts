import { earlyOptions, runCli } from "./cli/run.ts";
import type { Context, Stdio } from "./core/context.ts";
import { InferError } from "./core/error.ts";
import { newReport } from "./core/report.ts";
import { proxyEnvironment } from "./http/proxy.ts";
import { printOutcome } from "./output/outcome.ts";
import { processStdio } from "./output/stdio.ts";

const PATIENCE_MS = 1000;
/** What takes longer may leave something half-done. */
const LONG_MS = 50;

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const stdio = processStdio();
  const context = makeContext(argv, onSignals(stdio), stdio);
  process.exitCode = await printOutcome(context, () => runCli(argv, context));
}

function makeContext(argv: readonly string[], signal: AbortSignal, stdio: Stdio): Context {
  return {
    env: process.env,
    cwd: process.cwd(),
    fetch: globalThis.fetch,
    now: Date.now,
    random: Math.random,
    sleep,
    signal,
    startedAt: performance.timeOrigin,
    endsAt: Number.POSITIVE_INFINITY,
    stdio,
    options: earlyOptions(argv),
    report: newReport(),
    // Bun looks there each time it opens a connection.
    applyProxy: (env) => void Object.assign(process.env, proxyEnvironment(env)),
    secrets: new Set(),
  };
}

/**
 * Ctrl-C, SIGTERM and a terminal that goes away stop the work and leave time to say so. A second one ends the process at
 * once, and so does the first when something cannot be stopped, such as a write to a pipe that nobody reads.
 */
function onSignals({ errIsTerminal }: Stdio): AbortSignal {
  const controller = new AbortController();
  const stop = (name: "SIGINT" | "SIGTERM" | "SIGHUP", exitCode: number): void => {
    process.once(name, () => {
      controller.abort(new InferError("interrupted", `Interrupted by ${name}.`, { exitCode }));
      // The handler is gone by then: the signal does what it does by itself.
      setTimeout(() => process.kill(process.pid, name), PATIENCE_MS).unref();
    });
  };
  stop("SIGINT", 130);
  stop("SIGTERM", 143);
  // Without a terminal it may be ignored on purpose, as nohup does, and a handler would end that. To ask takes 2 ms, which
  // what is over at once, and leaves nothing behind, does not pay.
  setTimeout(() => errIsTerminal() && stop("SIGHUP", 129), LONG_MS).unref();
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

void main();
