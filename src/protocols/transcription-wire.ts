import type { IgnoredOverride, Usage } from "../core/envelope.ts";
import type { HttpRequest } from "../http/client.ts";
import type { ByteSource } from "../http/source.ts";

/** What is asked of a model that writes down what it hears, in nobody's dialect. */
export interface TranscriptionRequest {
  audio: AudioInput;
  /** As the user gave it: `en`, `de-AT`. */
  language?: string | undefined;
  /** Names and words to expect, or, for models that are told in words, what to do. */
  prompt?: string | undefined;
  /** Whether times are wanted beside the text: of segments, and of words where the vendor has them. */
  times: boolean;
}

export interface AudioInput {
  source: ByteSource;
  /** By content. */
  mimeType: string;
  /** With the extension of what it is: `recording.mp3`. */
  filename: string;
  /** That extension, without the dot: `wav`, `mp3`, `m4a`, `flac`, `ogg`, `opus`, `webm`, `mp4` … */
  extension: string;
}

/** Where one vendor's version of a wire differs from the rest. All of it is data in the provider's row. */
export interface TranscriptionQuirks {
  /**
   * openai-transcriptions, openrouter-transcriptions: how times are asked for of the models that give them. Default: they
   * are not. A field that is named as a hint takes its place.
   */
  times?: readonly { model: RegExp; fields: Readonly<Record<string, string | readonly string[]>> }[];
  /** openai-transcriptions: hints that this vendor has no field for. */
  lacks?: readonly ("language" | "prompt")[];
}

/** One model of one provider, ready to be given a recording. */
export interface TranscriptionRoute {
  model: string;
  baseUrl: string;
  quirks?: TranscriptionQuirks;
  /** The config's own options for this vendor, as they go into a query or a form: `{smart_format: true}`. */
  options: Readonly<Record<string, string | number | boolean>>;
}

export interface BuiltTranscription {
  request: HttpRequest;
  /** Hints that this wire or this model cannot express. */
  ignored: IgnoredOverride[];
}

/** A part of a recording: what is said, and when, in seconds from its beginning. */
export interface TranscriptSegment {
  start: number;
  end: number;
  text: string;
  /** Who speaks, in the vendor's name for them. */
  speaker?: string;
}

export interface TranscriptWord {
  start: number;
  end: number;
  word: string;
  speaker?: string;
}

/** What one answer says. */
export interface TranscriptionStep {
  text: string;
  /** As the vendor names it: `en`, `english`. */
  language?: string;
  /** Seconds. */
  durationSeconds?: number;
  segments?: readonly TranscriptSegment[];
  words?: readonly TranscriptWord[];
  usage?: Usage;
  /** Why the provider declined. */
  refusal?: string;
  /** An error that came inside a 200: the provider's own error object. */
  failure?: unknown;
}

/** A wire for recordings; the answer is one JSON document. Everything is pure: no environment, no files, no clock, no network. */
export interface TranscriptionProtocol {
  build(request: TranscriptionRequest, route: TranscriptionRoute): BuiltTranscription;
  /** Throws a `provider_error` when it is not what the wire says it is. */
  read(json: unknown, route: TranscriptionRoute): TranscriptionStep;
}
