import * as v from "valibot";
import { malformed, parseMessage, text } from "./message.ts";
import {
  bareLanguage,
  listBeside,
  recordingForm,
  seconds,
  secondsBeside,
  speaker,
  spokenBy,
  textBeside,
  transcriptStep,
  unsent,
} from "./transcript.ts";
import type {
  BuiltTranscription,
  TranscriptionProtocol,
  TranscriptionRequest,
  TranscriptionRoute,
  TranscriptionStep,
} from "./transcription-wire.ts";
import { defined, endpoint } from "./wire.ts";

/** `POST /v1/speech-to-text`: ElevenLabs' wire for recordings. It tells times of words, and has no segments. */
export const elevenlabsTranscription: TranscriptionProtocol = { build, read };

function build(request: TranscriptionRequest, { model, baseUrl, options }: TranscriptionRoute): BuiltTranscription {
  const fields = {
    model_id: model,
    ...options,
    // ISO 639-1 or 639-3.
    ...defined({ language_code: bareLanguage(request.language) }),
    ...(request.times && { timestamps_granularity: "word" }),
  };
  return {
    // Bases are written with and without the version.
    request: recordingForm(endpoint(baseUrl, "/v1/speech-to-text", /\/v1$/), fields, request.audio),
    // OpenClaw sends `prompt`; the vendor's description has no such field.
    ignored: unsent(request, ["prompt"]),
  };
}

const transcript = v.object({
  text,
  language_code: textBeside,
  audio_duration_secs: secondsBeside,
  words: listBeside(
    v.object({ text: v.string(), start: v.nullish(seconds), end: v.nullish(seconds), speaker_id: speaker }),
  ),
});
const answer = v.object({
  ...transcript.entries,
  /** In place of the rest, one for each channel, where the config says `use_multi_channel`. */
  transcripts: v.nullish(v.array(transcript)),
  detail: v.nullish(v.unknown()),
  error: v.nullish(v.unknown()),
});

function read(json: unknown): TranscriptionStep {
  const told = parseMessage(answer, json);
  if (told.detail || told.error) return { text: "", failure: json };
  const heard = told.transcripts ?? [told];
  const words = heard.flatMap((one) => (one.words ?? []).flatMap(timed));
  return transcriptStep({
    text: heard.map(said).filter(Boolean).join("\n"),
    language: heard[0]?.language_code,
    durationSeconds: told.audio_duration_secs,
    words: words.toSorted((a, b) => a.start - b.start),
  });
}

function said({ text: words }: v.InferOutput<typeof transcript>): string {
  if (typeof words !== "string") throw malformed("text is missing.");
  return words.trim();
}

type Word = NonNullable<v.InferOutput<typeof transcript>["words"]>[number];

/** Words, and sounds such as `(laughter)`. The space between them is an entry as well, and falls out of a step as blank. */
function timed({ text: word, start, end, speaker_id }: Word) {
  if (typeof start !== "number" || typeof end !== "number") return [];
  return [{ start, end, word, ...spokenBy(speaker_id) }];
}
