import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import type { Attempt } from "../core/envelope.ts";
import { InferError, StdoutClosed, toInferError } from "../core/error.ts";
import { unlessAborted } from "../core/patience.ts";
import type { Candidate } from "./candidates.ts";
import { isGiven } from "./keyring.ts";

/** What a try learns on its way: it ends up in `attempts`. */
export interface Call {
  /** Fires at the deadline and on Ctrl-C. */
  signal: AbortSignal;
  status?: number;
  requestId?: string | undefined;
  /** The model that was asked, where it is another than the candidate's. */
  model?: string | undefined;
}

export interface Plan {
  candidates: readonly Candidate[];
  /** Whether a failure may still be followed by another try: not once an answer has begun to be shown. */
  mayRepeat(): boolean;
  /** Narrows which failures the same candidate is tried on again for; by default, whichever passes. */
  mayRetry?(error: InferError): boolean;
  /** How much of several things has been done for good: a try that has added to it is not one of those that got nowhere. */
  progress?(): number;
}

/** For what costs money each time: only when nothing can have been made yet. */
export function beforeAnythingWasMade({ details }: InferError): boolean {
  return details.unsent === true || [429, 503, 529].includes(details.status ?? 0);
}

/** For a job, which may have been taken by a server that then was too busy to say so. */
export function beforeAJobWasTaken({ details }: InferError): boolean {
  return details.unsent === true || details.status === 429;
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
  for (const [index, pending] of plan.candidates.entries()) {
    let candidate = pending;
    setBackend(context, candidate);
    const now = context.now();
    const share = (context.endsAt - now) / sharers(plan.candidates.slice(index));
    const endsAt = now + Math.min(share, candidate.media?.timeoutMs ?? share);
    try {
      candidate = await completed(context, pending, endsAt);
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

/** Between how many the time is shared: one that cannot be tried needs none, and all spare ones together have one share. */
function sharers([first, ...others]: readonly Candidate[]): number {
  const waiting = others.filter(({ problem }) => !problem);
  const named = waiting.filter(({ spare }) => !spare).length;
  const spare = waiting.length - named;
  return 1 + (first?.spare ? waiting.length : named + Math.min(1, spare));
}

/** The candidate with its credential; looking for that may take the candidate's own time and nobody else's. */
async function completed(context: Context, pending: Candidate, endsAt: number): Promise<Candidate> {
  if (!pending.complete) return pending;
  const started = context.now();
  using limit = deadline(
    context,
    endsAt,
    () => `The credential for ${pending.provider.name} could not be had in time.`,
  );
  try {
    return await unlessAborted(limit.signal, pending.complete);
  } catch (thrown) {
    const error = toInferError(thrown);
    context.report.attempts.push(failedAttempt(pending, "failed", context.now() - started, error));
    throw error;
  }
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
  let done = plan.progress?.();
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
      const now = plan.progress?.();
      if (now !== done) retries = 0;
      done = now;
      const worthwhile = error.retryable && error.type !== "timeout" && (plan.mayRetry?.(error) ?? true);
      if (!worthwhile || retries === MOST_RETRIES || !plan.mayRepeat()) throw error;
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
function explained(error: InferError, { credential, provider }: Candidate): InferError {
  if (error.type === "auth") {
    const wanted = provider.env[0] ?? `apiKey under models.providers.${provider.id} in the config`;
    const others = Object.keys(provider.variants ?? {}).map((name) => `${provider.id}-${name}`);
    const elsewhere = others.length > 0 ? ` A key for another region or plan goes to ${others.join(", ")}.` : "";
    return error.with({
      hint: isGiven(credential)
        ? `Check the key for ${provider.name}: ${credential?.source}.${elsewhere}`
        : `It wants a key: set ${wanted}.`,
    });
  }
  if (error.type === "network" && provider.start && !/certificate|TLS/.test(error.message)) {
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
  const { status } = error.details;
  return {
    ...identity(candidate),
    outcome,
    latencyMs,
    ...(status !== undefined && { status }),
    error: { type: error.type, message: error.message },
  };
}

function identity({ provider, model }: Candidate): { provider: string; model: string | null } {
  return { provider: provider.id, model };
}

function learned({ status, requestId, model }: Call): { status?: number; requestId?: string; model?: string } {
  return {
    ...(model !== undefined && { model }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
  };
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
