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
  const failures: Failure[] = [];
  for (const [index, candidate] of plan.candidates.entries()) {
    setBackend(context, candidate);
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
      failures.push({ error, candidate });
    }
  }
  const { error, candidate } = inOne(failures);
  setBackend(context, candidate);
  throw error;
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
  let first: number | undefined;
  const shareMs = endsAt - context.now();
  const call: Call = { signal: context.signal };
  using limit = deadline(context, endsAt, () => stalled(candidate, call, shareMs));
  call.signal = limit.signal;
  for (let retries = 0; ; retries++) {
    const started = context.now();
    const repeats = first === undefined ? {} : { retryOf: first };
    delete call.status;
    delete call.requestId;
    try {
      const value = await perform(candidate, call);
      const latencyMs = context.now() - started;
      attempts.push({ ...identity(candidate), outcome: "success", latencyMs, ...learned(call), ...repeats });
      return value;
    } catch (thrown) {
      if (thrown instanceof StdoutClosed) throw thrown;
      const error = explained(toInferError(thrown), candidate).with({ requestId: call.requestId });
      const tries = attempts.push({
        ...failedAttempt(candidate, "failed", context.now() - started, error),
        ...learned(call),
        ...repeats,
      });
      first ??= tries - 1;
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
  return `${candidate.provider.name} ${what} within ${Math.max(1, Math.round(ms))} ms.`;
}

/** Adds the next step where the candidate knows it. */
function explained(error: InferError, { key, keySource, provider }: Candidate): InferError {
  if (error.type === "auth") {
    const wanted = provider.env[0] ?? `apiKey under models.providers.${provider.id} in the config`;
    return error.with({
      hint: key === null ? `It wants a key: set ${wanted}.` : `Check the key for ${provider.name}: ${keySource}.`,
    });
  }
  if (error.type === "network" && provider.start) {
    return new InferError(error.type, error.message, {
      ...error.details,
      hint: `Is it running? Start it: ${provider.start}`,
    });
  }
  if (error.type === "not_found") {
    return error.with({ hint: `Check the model's name, and the address (${URL.parse(provider.baseUrl)?.host}).` });
  }
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

interface Failure {
  error: InferError;
  candidate: Candidate;
}

/** No candidate may hide the cause of another: the first that was really tried gives the type, the message tells all. */
function inOne(failures: readonly Failure[]): Failure {
  const main = failures.find(({ candidate }) => !candidate.problem) ?? failures[0];
  if (!main) throw new Error("no candidate was tried");
  if (failures.length === 1) return main;
  const told = failures.map(({ error: { message, details } }) => {
    return `${[details.provider, details.model].filter(Boolean).join("/")}: ${message}`;
  });
  const error = new InferError(main.error.type, `Every candidate failed. ${told.join(" · ")}`, {
    ...main.error.details,
    provider: undefined,
    model: undefined,
  });
  return { error, candidate: main.candidate };
}

/** The backend that the envelope names. */
export function setBackend({ report }: Context, { provider, model }: Candidate): void {
  report.provider = provider.id;
  report.model = model;
}
