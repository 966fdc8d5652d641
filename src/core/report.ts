import type { Attempt, Envelope, ErrorBody, IgnoredOverride, InputFile, Output, Transport, Usage } from "./envelope.ts";
import type { InferError } from "./error.ts";

/**
 * What a run has to tell so far. It is filled in as the run goes on, so that a failure, a timeout and
 * Ctrl-C can all tell which attempts were made and which outputs are complete.
 */
export interface Report {
  capability: string | null;
  transport: Transport;
  provider: string | null;
  model: string | null;
  attempts: Attempt[];
  inputs: InputFile[];
  outputs: Output[];
  ignoredOverrides: IgnoredOverride[];
  usage?: Usage;
  warnings: string[];
}

export function newReport(): Report {
  return {
    capability: null,
    transport: "local",
    provider: null,
    model: null,
    attempts: [],
    inputs: [],
    outputs: [],
    ignoredOverrides: [],
    warnings: [],
  };
}

/** `scrub` takes secrets out of every message that goes into the envelope. */
export function toEnvelope(
  report: Report,
  durationMs: number,
  error: InferError | null,
  scrub: (text: string) => string,
): Envelope {
  const { capability, transport, provider, model, attempts, inputs, outputs, ignoredOverrides, usage, warnings } =
    report;
  return {
    ok: error === null,
    capability,
    transport,
    provider,
    model,
    attempts: attempts.map((attempt) =>
      attempt.error ? { ...attempt, error: { ...attempt.error, message: scrub(attempt.error.message) } } : attempt,
    ),
    ...(inputs.length > 0 && { inputs }),
    outputs,
    ...(ignoredOverrides.length > 0 && { ignoredOverrides }),
    ...(usage && { usage }),
    ...(warnings.length > 0 && { warnings: warnings.map(scrub) }),
    durationMs,
    error: error && errorBody(error, scrub),
  };
}

function errorBody(error: InferError, scrub: (text: string) => string): ErrorBody {
  const { hint, provider, model, status, retryAfterMs, requestId } = error.details;
  return {
    type: error.type,
    message: scrub(error.message),
    ...(hint !== undefined && { hint: scrub(hint) }),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(status !== undefined && { status }),
    retryable: error.retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  };
}
