import type { Row } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import type { Values } from "./argv.ts";
import { completeTexts, validate } from "./input.ts";
import { globalOptions } from "./run.ts";
import { runLeaf } from "./tree.ts";

/** Checks what was typed for a verb, sets its deadline, and runs it. */
export async function runVerb(row: Row, values: Values, context: Context): Promise<Result> {
  const checked = validate(row, values);
  context.options = globalOptions(checked);
  if (checked.output === "-" && context.stdio.outIsTerminal()) {
    throw new InferError("usage", "--output - would put the bytes on the terminal.", { hint: "Send them on: | or >" });
  }
  const { timeoutMs } = context.options;
  if (timeoutMs !== undefined) context.endsAt = context.now() + timeoutMs;
  const input = await completeTexts(row, checked, context);
  // Without --timeout-ms, the time that a slow pipe takes is not the command's.
  if (timeoutMs === undefined) context.endsAt = context.now() + row.timeoutMs;
  return runLeaf(row, { context, input });
}
