import type { Context } from "../core/context.ts";
import { type InferError, StdoutClosed, toInferError } from "../core/error.ts";
import { redact } from "../core/redact.ts";
import { toEnvelope } from "../core/report.ts";
import type { Result } from "../core/result.ts";

/**
 * Runs a command and prints what comes of it: the only place that writes its end to stdout, and that turns a failure
 * into an exit code. With `--json`, one document and nothing else ever.
 */
export async function printOutcome(context: Context, command: () => Promise<Result>): Promise<number> {
  try {
    const result = await command();
    await printResult(context, result);
    await sayWarnings(context);
    await sayWho(context);
    return (result.kind === "inventory" && result.exitCode) || 0;
  } catch (thrown) {
    return thrown instanceof StdoutClosed ? 0 : printFailure(context, toInferError(thrown));
  }
}

async function printResult(context: Context, result: Result): Promise<void> {
  const { stdio, options } = context;
  if (result.kind === "bytes") for await (const chunk of result.chunks) await stdio.writeOut(chunk);
  else if (options.json) await printJson(context, result.kind === "inventory" ? result.value : envelope(context, null));
  else if (result.kind !== "inventory" || result.text !== "")
    await stdio.writeOut(result.kind === "shown" ? "\n" : `${result.text}\n`);
}

async function printFailure(context: Context, error: InferError): Promise<number> {
  if (!context.options.json) {
    await sayWarnings(context);
    const { sayFailure } = await import("./stderr.ts");
    sayFailure(context, error);
    return error.exitCode;
  }
  try {
    await printJson(context, envelope(context, error));
    return error.exitCode;
  } catch (thrown) {
    if (thrown instanceof StdoutClosed) return error.exitCode;
    // stdout cannot take the document: stderr can still say so.
    const { sayFailure } = await import("./stderr.ts");
    const broken = toInferError(thrown);
    sayFailure(context, broken);
    return broken.exitCode;
  }
}

/** `--verbose` tells who answered in the end, and how long all of it took. */
async function sayWho(context: Context): Promise<void> {
  const { attempts, provider, model } = context.report;
  if (!context.options.verbose || attempts.length === 0) return;
  const { say } = await import("./stderr.ts");
  const who = [provider, model].filter(Boolean).join("/");
  say(context, "verbose", `${who} answered after ${Math.round(context.now() - context.startedAt)} ms`);
}

async function sayWarnings(context: Context): Promise<void> {
  const { warnings, ignoredOverrides } = context.report;
  if (context.options.json || warnings.length + ignoredOverrides.length === 0) return;
  const { say } = await import("./stderr.ts");
  for (const warning of warnings) say(context, "warn", warning);
  for (const { key, value } of ignoredOverrides) say(context, "warn", `${key} ${value} cannot be honoured here.`);
}

async function printJson(context: Context, document: unknown): Promise<void> {
  await context.stdio.writeOut(`${JSON.stringify(document, null, 2)}\n`);
}

function envelope(context: Context, error: InferError | null): unknown {
  const durationMs = Math.max(0, Math.round(context.now() - context.startedAt));
  return toEnvelope(context.report, durationMs, error, (text) => redact(text, context.secrets));
}
