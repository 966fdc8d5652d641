import type { Context } from "../core/context.ts";

/** An inventory has no place for warnings: with --json, too, they are said on stderr. */
export async function tellWarnings(context: Context): Promise<void> {
  const { warnings } = context.report;
  for (const warning of warnings.splice(0)) await tell(context, "warn", warning);
}

/** One line on stderr. */
export async function tell(context: Context, weight: "warn" | "verbose", text: string): Promise<void> {
  if (weight === "verbose" && !context.options.verbose) return;
  const { say } = await import("../output/stderr.ts");
  say(context, weight, text);
}
