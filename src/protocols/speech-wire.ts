import type { IgnoredOverride, Usage } from "../core/envelope.ts";
import type { HttpRequest } from "../http/client.ts";

/** What a vendor is asked for when one of these is wanted. */
export interface SpeechForm {
  /** In the vendor's own words: `mp3_44100_128`. */
  ask: string;
  /** What comes are bare samples, 16 bit, little endian, one channel, so many a second: for `wav` they get a header. */
  sampleRate?: number;
}

/** One text to be spoken, in nobody's dialect. */
export interface SpeechRequest {
  /** Never longer than the service's limit. */
  text: string;
  /** As the vendor knows it; the config's or the service's default where nobody named one. */
  voice?: string | undefined;
  /** 1 is the voice's normal rate; within the service's range. Only where one was asked for. */
  speed?: number | undefined;
  /** How to speak, in words. */
  instructions?: string | undefined;
  /** Who speaks, for models that can be told. */
  persona?: SpeechPersona | undefined;
  form: SpeechForm;
  /**
   * The config's own settings for this vendor (`messages.tts.providers.<id>`, and over them the persona's), in
   * OpenClaw's spelling: `voiceSettings`, `seed`, `languageCode`, `emotion` … Unchecked.
   */
  options: Readonly<Record<string, unknown>>;
  /** A UUID of this request, for wires that want one. */
  id: string;
}

/** A persona of the config, as far as it is words for a model. */
export interface SpeechPersona {
  id: string;
  label?: string | undefined;
  prompt: {
    profile?: string | undefined;
    scene?: string | undefined;
    sampleContext?: string | undefined;
    style?: string | undefined;
    accent?: string | undefined;
    pacing?: string | undefined;
    constraints?: readonly string[] | undefined;
  };
}

/** Where one vendor's version of a wire differs from the rest. All of it is data in the provider's row. */
export interface SpeechQuirks {
  /** openai-speech: models that take `instructions`. Default: none. */
  instructions?: RegExp;
  /** openai-speech: members of the config that are not OpenAI's go into `extra_body`. Default: beside the rest. */
  extraBody?: "member";
}

/** One model of one provider, ready to speak. */
export interface SpeechRoute {
  /** `null` where the vendor's API has no models. */
  model: string | null;
  baseUrl: string;
  quirks?: SpeechQuirks;
}

export interface BuiltSpeech {
  request: HttpRequest;
  /** Hints that this wire or this model cannot express; keys as in the flags: `speed`, `instructions`, `voice`. */
  ignored: IgnoredOverride[];
}

/** What one answer, or one line of it, says. */
export interface SpeechStep {
  /**
   * A piece of the audio, or several that follow each other, as the protocol's `encoding` has it; long ones are
   * `$spilled:N`, see `src/http/spill.ts`.
   */
  audio?: string | readonly string[];
  /** What a model wrote where it was to speak. */
  words?: string;
  /** Where the audio is to be fetched from, without the key. */
  url?: string;
  /** Of bare samples, where the answer tells it. */
  sampleRate?: number;
  usage?: Usage;
  /** Why the provider declined. */
  refusal?: string;
  /** An error that came inside a 200: the provider's own error object. */
  failure?: unknown;
  /** Nothing more follows, and nothing is missing. */
  ended?: true;
  /** The job goes on: what to ask next, and after how many milliseconds. */
  next?: { request: HttpRequest; afterMs: number; state?: string };
}

/** A wire for speech. Everything is pure: no environment, no files, no clock, no network. */
export interface SpeechProtocol {
  /** How the audio comes: as the `body` itself, in one `json` document, or in lines, each a step. */
  answer: "body" | "json" | "ndjson";
  /** Of `audio` in a step. Default: base64. */
  encoding?: "base64" | "hex";
  /** `ndjson`: an answer without a step that has `ended` broke off. */
  endsWithWord?: true;
  /** What is sent is a job that is asked about until it is over: sent again, it may be made and paid for twice. */
  job?: true;
  build(request: SpeechRequest, route: SpeechRoute): BuiltSpeech;
  /** Not for `body`. Throws a `provider_error` when it is not what the wire says it is. */
  read?(json: unknown, route: SpeechRoute, from: URL): SpeechStep;
}

/** A voice as `tts voices` lists it, in OpenClaw's members. */
export interface SpeechVoice {
  id: string;
  name?: string;
  category?: string;
  description?: string;
  /** BCP 47. */
  locale?: string;
  gender?: string;
  personalities?: readonly string[];
}

/** How a vendor is asked which voices there are. Pure, as the wires are. */
export interface VoiceList {
  /** `after`: how many entries have come already, of a list that comes in pages. */
  request(route: SpeechRoute, now: number, after?: number): HttpRequest;
  /** `failure`: an error that came inside a 200. `next`: the `after` of the page that follows. */
  read(json: unknown, after?: number): { voices: SpeechVoice[]; failure?: unknown; next?: number };
}
