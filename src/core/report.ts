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

/** `scrub` takes secrets out of every string but the answer's own. */
export function toEnvelope(
  report: Report,
  durationMs: number,
  error: InferError | null,
  scrub: (text: string) => string,
): Envelope {
  const { capability, transport, provider, model, attempts, inputs, outputs, ignoredOverrides, usage, warnings } =
    report;
  const clean = <T>(value: T): T => scrubbed(value, scrub);
  return {
    ok: error === null,
    capability,
    transport,
    provider: clean(provider),
    model: clean(model),
    attempts: clean(attempts),
    ...(inputs.length > 0 && { inputs: clean(inputs) }),
    // Where it came from may be an address with a password in it; a path on this machine has to be found by it.
    outputs: outputs.map((output) =>
      "path" in output && /^https?:/i.test(output.path) ? { ...output, path: clean(output.path) } : output,
    ),
    ...(ignoredOverrides.length > 0 && { ignoredOverrides: clean(ignoredOverrides) }),
    ...(usage && { usage }),
    ...(warnings.length > 0 && { warnings: clean(warnings) }),
    durationMs,
    error: error && clean(errorBody(error)),
  };
}

function scrubbed<T>(value: T, scrub: (text: string) => string): T {
  if (typeof value === "string") return scrub(value) as T;
  if (Array.isArray(value)) return value.map((entry) => scrubbed(entry, scrub)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, scrubbed(entry, scrub)])) as T;
}

function errorBody(error: InferError): ErrorBody {
  const { hint, provider, model, status, retryAfterMs, requestId } = error.details;
  return {
    type: error.type,
    message: error.message,
    ...(hint !== undefined && { hint }),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(status !== undefined && { status }),
    retryable: error.retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  };
}
