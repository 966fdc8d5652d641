import type { Context } from "../core/context.ts";
import type { Attempt } from "../core/envelope.ts";
import { type ErrorType, type InferError, toInferError } from "../core/error.ts";
import { pooled } from "../core/pool.ts";
import { redact } from "../core/redact.ts";
import { newReport } from "../core/report.ts";
import type { SmokeTarget } from "./smoke/plan.ts";

/** What came of one request. */
export interface SmokeResult {
  provider: string;
  model: string | null;
  capability: string;
  /** `skipped`: there was nothing to ask, and so nothing is known. */
  outcome: "success" | "failed" | "skipped";
  latencyMs: number;
  status?: number;
  error?: { type: ErrorType; message: string; hint?: string };
  attempts: Attempt[];
}

/** Requests that are under way at the same time. */
const MOST_AT_ONCE = 8;

/**
 * Makes the requests, and hands back the results in the order of the targets. On Ctrl-C, and on SIGTERM, the results
 * that are complete by then.
 */
export async function runSmoke(
  context: Context,
  targets: readonly SmokeTarget[],
  told: (result: SmokeResult) => void = () => undefined,
): Promise<SmokeResult[]> {
  const runs = await pooled(MOST_AT_ONCE, targets, async (target, at) => {
    if (context.signal.aborted) return null;
    const run = await one(context, target, share(context, targets.length - at));
    if (run) told(run.result);
    return run;
  });
  const complete = runs.filter((run) => run !== null);
  context.report.warnings.push(
    ...new Set(complete.flatMap(({ result, warnings }) => warnings.map((text) => `${result.provider}: ${text}`))),
  );
  return complete.map(({ result }) => result);
}

/** When a request has to be done, so that the ones that wait for their turn have time, too. */
function share({ now, endsAt }: Context, waiting: number): number {
  return now() + (endsAt - now()) / Math.max(1, Math.ceil(waiting / MOST_AT_ONCE));
}

interface Run {
  result: SmokeResult;
  warnings: readonly string[];
}

/** `null` when the user ended it. */
async function one(context: Context, target: SmokeTarget, endsAt: number): Promise<Run | null> {
  const { request, candidate, skip } = target;
  const identity = { provider: candidate.provider.id, model: candidate.model, capability: request.capability };
  if (skip) {
    const error = told(context, skip);
    return { result: { ...identity, outcome: "skipped", latencyMs: 0, error, attempts: [] }, warnings: [] };
  }
  // A report of its own: attempts and warnings of requests that run at the same time must not mix.
  const own: Context = { ...context, report: newReport(), endsAt };
  const { attempts, warnings } = own.report;
  const started = context.now();
  let error: InferError | undefined;
  try {
    await request.send(own, [candidate]);
  } catch (thrown) {
    error = toInferError(thrown);
    if (error.type === "interrupted") return null;
  }
  const status = error?.details.status ?? attempts.at(-1)?.status;
  const result: SmokeResult = {
    ...identity,
    outcome: error ? "failed" : "success",
    latencyMs: Math.round(context.now() - started),
    ...(status !== undefined && { status }),
    ...(error && { error: told(context, error) }),
    attempts: attempts.map((attempt) => ({
      ...attempt,
      ...(attempt.error && { error: { ...attempt.error, message: redact(attempt.error.message, context.secrets) } }),
    })),
  };
  return { result, warnings };
}

function told({ secrets }: Context, { type, message, details: { hint } }: InferError): SmokeResult["error"] & object {
  return { type, message: redact(message, secrets), ...(hint !== undefined && { hint: redact(hint, secrets) }) };
}
