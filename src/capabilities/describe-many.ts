import { Allowance } from "../core/allowance.ts";
import type { Context } from "../core/context.ts";
import type { DescribeOutput } from "../core/envelope.ts";
import { type InferError, toInferError } from "../core/error.ts";
import { newReport, type Report } from "../core/report.ts";
import { addUsage } from "../core/usage.ts";
import { type DescribeRun, describeImage } from "./describe.ts";

/** What came of one file. */
export type Described = { file: string } & ({ output: DescribeOutput } | { error: InferError });

/** Files at the same time. Each is in memory while it is sent, and no other one is. */
const AT_ONCE = 4;
/** Bytes of their files. In memory each takes several times as much: as bytes, as base64, and in a request. */
const MOST_IN_MEMORY = 24 * 1024 * 1024;

/**
 * `image.describe-many`: each file by itself, with attempts of its own. `tell` hears of each in the order of the files,
 * as soon as those before it are done; one that fails keeps no other from being described.
 */
export async function describeImages(
  context: Context,
  files: readonly string[],
  run: DescribeRun,
  tell: (described: Described) => Promise<void>,
): Promise<void> {
  const memory = new Allowance(MOST_IN_MEMORY);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const slots = files.map((file) => ({ file, ...Promise.withResolvers<{ described: Described; report: Report }>() }));
  const waiting = slots.values();
  const work = async (): Promise<void> => {
    for (const { file, resolve } of waiting) {
      const report = newReport();
      resolve({ described: await describeOne({ ...context, signal, report }, file, { ...run, memory }), report });
      // Bun lets the copies of dead pictures pile up before it collects by itself: 600 MB for 16 of 10 MB.
      Bun.gc(true);
    }
  };
  const workers = Array.from({ length: AT_ONCE }, work);
  try {
    let fatal: InferError | undefined;
    for (const { promise } of slots) {
      const { described, report } = await promise;
      absorb(context.report, report);
      if ("output" in described) context.report.outputs.push(described.output);
      // Ctrl-C, or a bug: what is complete is told all the same.
      if ("error" in described && ["interrupted", "internal"].includes(described.error.type)) fatal ??= described.error;
      else if (!fatal) await tell(described);
      if (fatal) stop.abort(fatal);
    }
    if (fatal) throw fatal;
  } finally {
    stop.abort();
    await Promise.all(workers);
  }
}

async function describeOne(context: Context, file: string, run: DescribeRun): Promise<Described> {
  try {
    context.signal.throwIfAborted();
    return { file, output: await describeImage(context, file, run) };
  } catch (thrown) {
    return { file, error: toInferError(thrown) };
  }
}

/** Adds what one file has to tell to what the command has to tell. */
function absorb(whole: Report, { attempts, warnings, ignoredOverrides, usage }: Report): void {
  const before = whole.attempts.length;
  for (const attempt of attempts) {
    const { retryOf } = attempt;
    whole.attempts.push(retryOf === undefined ? attempt : { ...attempt, retryOf: before + retryOf });
  }
  for (const one of warnings) if (!whole.warnings.includes(one)) whole.warnings.push(one);
  for (const one of ignoredOverrides) {
    if (!whole.ignoredOverrides.some(({ key }) => key === one.key)) whole.ignoredOverrides.push(one);
  }
  if (usage) whole.usage = addUsage(whole.usage, usage);
}
