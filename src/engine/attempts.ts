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
    const bound = candidate.media?.timeoutMs ?? share;
    const endsAt = now + Math.min(share, bound);
    const longer = bound < share ? "Raise timeoutSeconds under tools.media in the config." : undefined;
    try {
      candidate = await completed(context, pending, endsAt);
      return await tryOne(context, plan, candidate, { endsAt, longer }, perform);
    } catch (thrown) {
      if (thrown instanceof StdoutClosed) throw thrown;
      const error = toInferError(thrown).with({ provider: candidate.provider.id, model: candidate.model ?? undefined });
      if (endsAll(error, candidate) || !plan.mayRepeat()) throw error;
      failures.push({ error, candidate, model: error.details.model });
    }
  }
  const { error, candidate, model } = inOne(failures);
  setBackend(context, candidate);
  if (model !== undefined) context.report.model = model;
  throw error;
}

/** What no other backend would do better: the disk is the same for all, but a program of the user's own has its own trouble. */
function endsAll({ type }: InferError, { provider, program }: Candidate): boolean {
  return type === "interrupted" || type === "internal" || (type === "io" && !program && provider.baseUrl !== "");
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
  { endsAt, longer }: { endsAt: number; longer: string | undefined },
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
  using limit = deadline(context, endsAt, () => stalled(candidate, call, shareMs), longer);
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
      const asked = { ...identity(candidate), outcome: "success", ...speechWords(candidate, "success") } as const;
      attempts.push({ ...asked, latencyMs, ...learned(call), ...repeats });
      return value;
    } catch (thrown) {
      if (thrown instanceof StdoutClosed) throw thrown;
      const { requestId, model } = call;
      const error = explained(toInferError(thrown), candidate).with({ requestId, model });
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

/** What to say when the time is over. */
export function stalled(candidate: Candidate, call: Call, ms: number): string {
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
  if (error.type === "not_found" && provider.baseUrl !== "") {
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
    ...speechWords(candidate, reasonCode(candidate, outcome, error)),
    error: { type: error.type, message: error.message },
  };
}

/** What OpenClaw tells of a try to speak beside the rest. */
function speechWords({ speech }: Candidate, code: NonNullable<Attempt["reasonCode"]>): Partial<Attempt> {
  if (!speech) return {};
  const { activePersona, personaBinding } = speech;
  return { reasonCode: code, ...(activePersona !== undefined && { persona: activePersona }), personaBinding };
}

function reasonCode(
  { provider }: Candidate,
  outcome: "failed" | "skipped",
  { type }: InferError,
): NonNullable<Attempt["reasonCode"]> {
  if (outcome === "skipped") return provider.speech ? "not_configured" : "no_provider_registered";
  return type === "timeout" ? "timeout" : "provider_error";
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
  /** The one that was asked, which may be another than the candidate's. */
  model: string | undefined;
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
  return { ...main, error };
}

/** The backend that the envelope names. */
export function setBackend({ report }: Context, { provider, model }: Candidate): void {
  report.provider = provider.id;
  report.model = model;
}
