import type { Context } from "../core/context.ts";
import type { InferError } from "../core/error.ts";
import { toEnvelope } from "../core/report.ts";
import type { Result } from "../core/result.ts";
import { redact } from "../http/redact.ts";

/** Prints what a command handed back. With `--json`: one document, and nothing else ever. */
export async function printResult(context: Context, result: Result, durationMs: number): Promise<void> {
  const { stdio, options } = context;
  if (result.bytes) await stdio.writeOut(result.bytes);
  else if (!options.json) await stdio.writeOut(`${result.text ?? ""}\n`);
  else await printJson(context, result.inventory ?? envelope(context, durationMs, null));
}

/** A failure's document, for `--json`. */
export async function printFailure(context: Context, error: InferError, durationMs: number): Promise<void> {
  await printJson(context, envelope(context, durationMs, error));
}

export async function printJson(context: Context, document: unknown): Promise<void> {
  await context.stdio.writeOut(`${JSON.stringify(document, null, 2)}\n`);
}

function envelope(context: Context, durationMs: number, error: InferError | null): unknown {
  return toEnvelope(context.report, durationMs, error, (text) => redact(text, context.secrets));
}
