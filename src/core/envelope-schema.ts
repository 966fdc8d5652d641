import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { type ErrorType, EXIT_CODES } from "./error.ts";

const errorType = v.picklist(Object.keys(EXIT_CODES) as ErrorType[]);
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.minValue(0));
const httpStatus = v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599));

/** One for every candidate tried, retries included. */
const attempt = v.strictObject({
  provider: v.string(),
  model: v.nullable(v.string()),
  outcome: v.picklist(["success", "failed", "skipped"]),
  latencyMs: milliseconds,
  status: v.exactOptional(httpStatus),
  requestId: v.exactOptional(v.string()),
  error: v.exactOptional(v.strictObject({ type: errorType, message: v.string() })),
  /** OpenClaw's, of `tts.convert`. */
  reasonCode: v.exactOptional(
    v.picklist(["success", "no_provider_registered", "not_configured", "timeout", "provider_error"]),
  ),
  /** The active persona, and whether it has settings for this provider; of `tts.convert`. */
  persona: v.exactOptional(v.string()),
  personaBinding: v.exactOptional(v.picklist(["applied", "missing", "none"])),
  /** Index in `attempts` of the first try, which this one repeats. */
  retryOf: v.exactOptional(whole),
});

export const textOutput = v.strictObject({
  text: v.string(),
  mediaUrl: v.null(),
  finishReason: v.exactOptional(v.picklist(["stop", "length", "content_filter", "tool_calls", "other"])),
});

export const embeddingOutput = v.strictObject({
  text: v.string(),
  embedding: v.array(v.number()),
  dimensions: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

/** A file that infer wrote: an absolute path, its bytes' type and size, and their SHA-256 in lower-case hex. */
export const fileOutput = v.strictObject({
  path: v.string(),
  mimeType: v.string(),
  size: whole,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/** A picture that infer wrote. Pixels as it is seen, where its header tells. */
export const imageOutput = v.strictObject({
  ...fileOutput.entries,
  width: v.exactOptional(whole),
  height: v.exactOptional(whole),
  /** The prompt as the provider rewrote it. */
  revisedPrompt: v.exactOptional(v.string()),
});

export const speechOutput = v.strictObject({
  ...fileOutput.entries,
  /** How it is written, as a short name: `mp3`, `wav`, `opus`. */
  format: v.string(),
  /** Whether the channel can play the file as a voice message. */
  voiceCompatible: v.boolean(),
  /** How long it plays, in seconds; where its format tells that. */
  durationSeconds: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
});

/** What a picture shows, in a model's words; `image.ocr`: the text that is written in it. */
export const describeOutput = v.strictObject({
  /** What was asked for: an absolute path, a URL, `data:` or `-`. */
  path: v.string(),
  text: v.string(),
  provider: v.string(),
  model: v.string(),
  kind: v.picklist(["image.description", "image.ocr"]),
  /** The rest is told where the text was read here: of the file, and how sure the reading is, 0 to 1. */
  format: v.exactOptional(v.string()),
  size: v.exactOptional(whole),
  width: v.exactOptional(whole),
  height: v.exactOptional(whole),
  confidence: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});

const seconds = v.pipe(v.number(), v.minValue(0));
const speaker = v.exactOptional(v.string());

/** A part of a recording; times are seconds from its beginning. */
export const transcriptSegment = v.strictObject({
  start: seconds,
  end: seconds,
  text: v.string(),
  /** In the provider's name for them. */
  speaker,
  words: v.exactOptional(v.array(v.strictObject({ start: seconds, end: seconds, word: v.string(), speaker }))),
});

/** What is said in a recording. */
export const transcriptOutput = v.strictObject({
  /** What was asked for: an absolute path, a URL, `data:` or `-`. */
  path: v.string(),
  text: v.string(),
  kind: v.literal("audio.transcription"),
  provider: v.string(),
  model: v.string(),
  /** As the provider names it. */
  language: v.exactOptional(v.string()),
  durationSeconds: v.exactOptional(seconds),
  /** With the times of words where the provider gives them. */
  segments: v.exactOptional(v.array(transcriptSegment)),
  /** All of the SRT or WebVTT file that was asked for, where it was not written to a file. */
  subtitles: v.exactOptional(v.string()),
});

/** Tokens as the provider counts them; reasoning is part of the output, what was cached is part of the input. */
const usage = v.strictObject({
  inputTokens: v.exactOptional(whole),
  outputTokens: v.exactOptional(whole),
  totalTokens: v.exactOptional(whole),
  reasoningTokens: v.exactOptional(whole),
  cachedInputTokens: v.exactOptional(whole),
});

const error = v.strictObject({
  type: errorType,
  message: v.string(),
  hint: v.exactOptional(v.string()),
  provider: v.exactOptional(v.string()),
  model: v.exactOptional(v.string()),
  status: v.exactOptional(httpStatus),
  retryable: v.boolean(),
  retryAfterMs: v.exactOptional(milliseconds),
  requestId: v.exactOptional(v.string()),
});

/** Members in OpenClaw's order, ours after them. */
export const envelopeSchema = v.strictObject({
  ok: v.boolean(),
  /** null when argv names no capability. */
  capability: v.nullable(v.string()),
  transport: v.picklist(["local", "gateway"]),
  provider: v.nullable(v.string()),
  model: v.nullable(v.string()),
  attempts: v.array(attempt),
  /** The input files as they were sent. */
  inputs: v.exactOptional(v.array(v.strictObject({ path: v.string(), mimeType: v.string() }))),
  outputs: v.array(v.union([textOutput, embeddingOutput, speechOutput, imageOutput, describeOutput, transcriptOutput])),
  /** Hints that the provider could not honour. */
  ignoredOverrides: v.exactOptional(
    v.array(v.strictObject({ key: v.string(), value: v.union([v.string(), v.number(), v.boolean()]) })),
  ),
  usage: v.exactOptional(usage),
  warnings: v.exactOptional(v.array(v.string())),
  durationMs: v.exactOptional(milliseconds),
  error: v.nullable(error),
});

/** The same as JSON Schema, draft 2020-12. */
export function envelopeJsonSchema(): object {
  return { title: "infer envelope", ...toJsonSchema(envelopeSchema, { target: "draft-2020-12" }) };
}
