/**
 * Every failure a user can meet, as a closed set. One table turns a type into an exit code;
 * `src/main.ts` is the only place that reads it.
 */
export const EXIT_CODES = {
  provider_error: 1,
  usage: 2,
  auth: 3,
  not_found: 4,
  rate_limited: 5,
  network: 6,
  timeout: 7,
  refused: 8,
  empty_result: 9,
  partial: 10,
  io: 11,
  internal: 70,
  interrupted: 130,
} as const;

export type ErrorType = keyof typeof EXIT_CODES;

export interface ErrorDetails {
  /** What to do next, as a sentence for a person. */
  hint?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  /** HTTP status, when the failure is a provider's answer. */
  status?: number | undefined;
  /** Whether the same request may succeed later without a change. Default false. */
  retryable?: boolean | undefined;
  /** How long the provider asked to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  requestId?: string | undefined;
  /** The request never left this machine: nothing can have been done or billed. */
  unsent?: boolean | undefined;
  /** Overrides the table: of signals other than Ctrl-C, 128 and their number. */
  exitCode?: number | undefined;
  cause?: unknown;
}

/** The one error class. `message` says what happened, in the provider's own words where it gave any. */
export class InferError extends Error {
  override name = "InferError";
  readonly type: ErrorType;
  readonly details: ErrorDetails;

  constructor(type: ErrorType, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.type = type;
    this.details = details;
  }

  get retryable(): boolean {
    return this.details.retryable ?? false;
  }

  get exitCode(): number {
    return this.details.exitCode ?? EXIT_CODES[this.type];
  }

  /** The same failure with more known about it; what was known already wins. */
  with(details: ErrorDetails): InferError {
    const known = Object.fromEntries(Object.entries(this.details).filter(([, value]) => value !== undefined));
    const error = new InferError(this.type, this.message, { ...details, ...known });
    if (this.stack) error.stack = this.stack;
    return error;
  }
}

/** The reader of stdout has gone away, as `head -1` does: no failure, and nothing more to say. */
export class StdoutClosed extends Error {
  override name = "StdoutClosed";
}

/** The system's word for what was thrown: `ENOENT`, `EPIPE`. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Whether there is no such file. */
export function isAbsent(thrown: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(thrown) ?? "");
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Wraps whatever was thrown: what is not ours is a bug in infer. */
export function toInferError(thrown: unknown): InferError {
  if (thrown instanceof InferError) return thrown;
  return new InferError("internal", `infer hit a bug: ${messageOf(thrown)}`, {
    hint: "Please report it with the command line (without keys) and the output of `infer --version`.",
    cause: thrown,
  });
}
