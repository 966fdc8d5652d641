import type { ErrorType } from "./error.ts";

export type Transport = "local" | "gateway";

export interface FailureSummary {
  type: ErrorType;
  message: string;
}

/** One entry for every candidate tried, retries included. */
export interface Attempt {
  provider: string;
  model: string | null;
  outcome: "success" | "failed" | "skipped";
  latencyMs: number;
  status?: number;
  requestId?: string;
  error?: FailureSummary;
  /** Index in `attempts` of the first try that this one repeats. */
  retryOf?: number;
}

/** Token counts as the provider reports them. */
export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
  /** Part of `outputTokens` that was spent on reasoning. */
  reasoningTokens?: number;
  /** Part of `inputTokens` that the provider served from its cache. */
  cachedInputTokens?: number;
}

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

export interface TextOutput {
  text: string;
  mediaUrl: null;
  finishReason?: FinishReason;
}

export interface EmbeddingOutput {
  text: string;
  embedding: number[];
  dimensions: number;
}

/** A file that infer wrote: every file output has these. */
export interface FileOutput {
  path: string;
  mimeType: string;
  /** Bytes. */
  size: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface SpeechOutput extends FileOutput {
  /** Audio container as a short name: `wav`, `mp3`, `ogg`. */
  format: string;
  /** Whether the channel can play the file as a voice message. */
  voiceCompatible: boolean;
}

export type Output = TextOutput | EmbeddingOutput | FileOutput | SpeechOutput;

/** An input file as it was sent. */
export interface InputFile {
  path: string;
  mimeType: string;
}

/** A hint that the provider could not honour. */
export interface IgnoredOverride {
  key: string;
  value: string | number | boolean;
}

export interface ErrorBody {
  type: ErrorType;
  message: string;
  hint?: string;
  provider?: string;
  model?: string;
  status?: number;
  retryable: boolean;
  retryAfterMs?: number;
  requestId?: string;
}

/** The one document that `--json` prints. OpenClaw's keys come first and in OpenClaw's order. */
export interface Envelope {
  ok: boolean;
  /** null when argv names no capability. */
  capability: string | null;
  transport: Transport;
  provider: string | null;
  model: string | null;
  attempts: Attempt[];
  inputs?: InputFile[];
  outputs: Output[];
  ignoredOverrides?: IgnoredOverride[];
  usage?: Usage;
  warnings?: string[];
  durationMs?: number;
  error: ErrorBody | null;
}
