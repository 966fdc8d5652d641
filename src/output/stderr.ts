import { type ConsolaReporter, createConsola, type LogObject } from "consola/core";
import type { Context } from "../core/context.ts";
import type { InferError } from "../core/error.ts";
import { redact } from "../core/redact.ts";
import { printable } from "../core/terminal-text.ts";

/** How much a line matters: an error is always said, the rest as `--quiet` and `--verbose` say. */
type Weight = "error" | "warn" | "verbose";

/** One line about the run, on stderr, with no secret in it. */
export function say(context: Context, weight: Weight, text: string): void {
  const { quiet, verbose } = context.options;
  // consola's levels: 0 errors, 1 warnings, 4 debug.
  const log = createConsola({ level: quiet ? 0 : verbose ? 4 : 1, reporters: [reporter(context)] });
  const clean = printable(redact(text, context.secrets));
  if (weight === "error") log.error(clean);
  else if (weight === "warn") log.warn(clean);
  else log.debug(clean);
}

/** A failure as a person reads it: what happened, then what to do. */
export function sayFailure(context: Context, error: InferError): void {
  const { provider, model, hint } = error.details;
  const who = [provider, model].filter(Boolean).join("/");
  say(context, "error", `${who && !error.message.startsWith(who) ? `${who}: ` : ""}${error.message}`);
  if (hint) context.stdio.writeErr(`  ${printable(redact(hint, context.secrets))}\n`);
}

function reporter({ stdio }: Context): ConsolaReporter {
  return {
    log({ type, args }: LogObject) {
      const label = type === "warn" ? "warning: " : "";
      stdio.writeErr(`infer: ${label}${args.join(" ")}\n`);
    },
  };
}
