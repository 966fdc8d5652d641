import type { Context } from "../core/context.ts";
import type { Attempt } from "../core/envelope.ts";
import { InferError, StdoutClosed, toInferError } from "../core/error.ts";
import { deadline } from "../http/deadline.ts";
import type { Candidate } from "./candidates.ts";

/** What a try learns on its way: it ends up in `attempts`. */
export interface Call {
  /** Fires at the deadline and on Ctrl-C. */
  signal: AbortSignal;
  status?: number;
  requestId?: string | undefined;
}

export interface Plan {
  candidates: readonly Candidate[];
  /** Whether a failure may still be followed by another try: not once an answer has begun to be shown. */
  mayRepeat(): boolean;
}

const MOST_RETRIES = 2;
const BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8_000;

/**
 * Tries the candidates in turn until one succeeds; each is retried on failures that pass. The report gets an attempt
 * for every try. A candidate may use its share of the time while another is left, so that a hang can fall through.
 */
export async function tryCandidates<T>(
  context: Context,
  plan: Plan,
  perform: (candidate: Candidate, call: Call) => Promise<T>,
): Promise<T> {
  const failures: InferError[] = [];
  for (const [index, candidate] of plan.candidates.entries()) {
    context.report.provider = candidate.provider.id;
    context.report.model = candidate.model;
    const now = context.now();
    // One that cannot be tried needs no time.
    const left = plan.candidates.slice(index).filter(({ problem }) => !problem).length;
    const endsAt = now + (context.endsAt - now) / Math.max(1, left);
    try {
      return await tryOne(context, plan, candidate, endsAt, perform);
    } catch (thrown) {
      if (thrown instanceof StdoutClosed) throw thrown;
      const error = toInferError(thrown).with({ provider: candidate.provider.id, model: candidate.model ?? undefined });
      if (error.type === "interrupted" || error.type === "internal" || !plan.mayRepeat()) throw error;
      failures.push(error);
    }
  }
  throw inOne(failures);
}

async function tryOne<T>(
  context: Context,
  plan: Plan,
  candidate: Candidate,
  endsAt: number,
  perform: (candidate: Candidate, call: Call) => Promise<T>,
): Promise<T> {
  const { attempts } = context.report;
  if (candidate.problem) {
    attempts.push(failedAttempt(candidate, "skipped", 0, candidate.problem));
    throw candidate.problem;
  }
  const first = attempts.length;
  const shareMs = endsAt - context.now();
  const call: Call = { signal: context.signal };
  using limit = deadline(context, endsAt, () => stalled(candidate, call, shareMs));
  call.signal = limit.signal;
  for (let retries = 0; ; retries++) {
    const started = context.now();
    const repeats = retries > 0 ? { retryOf: first } : {};
    delete call.status;
    delete call.requestId;
    try {
      const value = await perform(candidate, call);
      const latencyMs = context.now() - started;
      attempts.push({ ...identity(candidate), outcome: "success", latencyMs, ...learned(call), ...repeats });
      return value;
    } catch (thrown) {
      if (thrown instanceof StdoutClosed) throw thrown;
      const error = explained(toInferError(thrown), candidate);
      attempts.push({
        ...failedAttempt(candidate, "failed", context.now() - started, error),
        ...learned(call),
        ...repeats,
      });
      if (!error.retryable || error.type === "timeout" || retries === MOST_RETRIES || !plan.mayRepeat()) throw error;
      const wait = error.details.retryAfterMs ?? backoff(retries, context.random());
      // A wait that ends after the deadline would only hide the cause behind a timeout.
      if (context.now() + wait >= endsAt) throw error;
      await context.sleep(wait, limit.signal);
    }
  }
}

/** Full jitter, so that many clients do not come back at the same moment. */
function backoff(retries: number, random: number): number {
  return random * Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** retries);
}

function stalled(candidate: Candidate, call: Call, ms: number): string {
  const what = call.status === undefined ? "did not answer" : "began to answer and did not finish";
  return `${candidate.provider.name} ${what} within ${Math.round(ms)} ms.`;
}

/** Adds the next step where the candidate knows it. */
function explained(error: InferError, { keySource, provider }: Candidate): InferError {
  if (error.type === "auth") return error.with({ hint: `Check the key for ${provider.name}: ${keySource}.` });
  if (error.type === "not_found")
    return error.with({ hint: `Check the model's name and baseUrl (${provider.baseUrl}).` });
  return error;
}

function failedAttempt(
  candidate: Candidate,
  outcome: "failed" | "skipped",
  latencyMs: number,
  error: InferError,
): Attempt {
  return { ...identity(candidate), outcome, latencyMs, error: { type: error.type, message: error.message } };
}

function identity({ provider, model }: Candidate): { provider: string; model: string | null } {
  return { provider: provider.id, model };
}

function learned({ status, requestId }: Call): { status?: number; requestId?: string } {
  return { ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) };
}

/** No candidate may hide the cause of another: the first failure gives the type, the message tells all of them. */
function inOne(failures: readonly InferError[]): InferError {
  const [first, ...others] = failures;
  if (!first) throw new Error("no candidate was tried");
  if (others.length === 0) return first;
  const told = failures.map(
    ({ message, details }) => `${[details.provider, details.model].filter(Boolean).join("/")}: ${message}`,
  );
  return new InferError(first.type, `Every candidate failed. ${told.join(" · ")}`, { ...first.details });
}
