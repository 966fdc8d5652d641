import * as v from "valibot";
import { malformed, parseMessage, text } from "./message.ts";
import {
  bareLanguage,
  beside,
  countBeside,
  type Hint,
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

/** `POST /audio/transcriptions` with a form: OpenAI's wire for recordings, and, with other ways to ask for times, that of others. */
export const openaiTranscriptions: TranscriptionProtocol = { build, read: readTranscription };

const HINTS: readonly Hint[] = ["language", "prompt"];

/**
 * OpenAI's model that tells speakers apart takes no prompt, and recordings of more than 30 seconds only with a way to cut
 * them: https://platform.openai.com/docs/api-reference/audio/createTranscription
 */
const DIARIZES = /-transcribe-diarize/;

function build(request: TranscriptionRequest, route: TranscriptionRoute): BuiltTranscription {
  const { model, options, quirks = {} } = route;
  const times = timesOf(request, route);
  const diarizes = DIARIZES.test(model);
  // What asks for times takes the place of a hint of its name: Mistral knows either times or a language.
  const lacks = HINTS.filter(
    (hint) => quirks.lacks?.includes(hint) || Object.hasOwn(times, hint) || (diarizes && hint === "prompt"),
  );
  const hints = defined({
    language: lacks.includes("language") ? undefined : bareLanguage(request.language),
    prompt: lacks.includes("prompt") ? undefined : request.prompt || undefined,
  });
  const fields = {
    model,
    ...(diarizes && { chunking_strategy: "auto" }),
    // What is asked for now is nearer than the config.
    ...options,
    ...hints,
    ...times,
  };
  return {
    request: recordingForm(endpoint(route.baseUrl, "/audio/transcriptions"), fields, request.audio),
    ignored: unsent(request, lacks),
  };
}

/** How this model is asked for times, when they are wanted and it knows them. */
export function timesOf({ times }: TranscriptionRequest, { model, quirks = {} }: TranscriptionRoute) {
  return (times && quirks.times?.find((one) => one.model.test(model))?.fields) || {};
}

const answer = v.object({
  text,
  language: textBeside,
  languages: listBeside(v.object({ code: v.string() })),
  duration: secondsBeside,
  // All of them or none: what one of them says would be missing in the subtitles.
  segments: beside(v.array(v.object({ start: seconds, end: seconds, text: v.string(), speaker, speaker_id: speaker }))),
  words: listBeside(v.object({ start: seconds, end: seconds, word: text, text, speaker })),
  usage: beside(
    v.object({
      input_tokens: countBeside,
      output_tokens: countBeside,
      prompt_tokens: countBeside,
      completion_tokens: countBeside,
      total_tokens: countBeside,
    }),
  ),
  object: textBeside,
  error: v.nullish(v.unknown()),
});

/** Also of the dialects: Mistral's names for tokens and speakers, and its error without an envelope. */
export function readTranscription(json: unknown): TranscriptionStep {
  const told = parseMessage(answer, json);
  if (told.error) return { text: "", failure: typeof told.error === "string" ? json : told.error };
  if (told.object === "error") return { text: "", failure: json };
  if (typeof told.text !== "string") throw malformed("text is missing.");
  const { usage } = told;
  return transcriptStep({
    text: told.text,
    language: told.language || told.languages?.[0]?.code,
    durationSeconds: told.duration,
    segments: told.segments?.map(({ start, end, text: said, speaker: name, speaker_id }) => ({
      start,
      end,
      text: said,
      ...spokenBy(name ?? speaker_id),
    })),
    words: told.words?.map(({ start, end, word, text: said, speaker: name }) => ({
      start,
      end,
      word: word ?? said ?? "",
      ...spokenBy(name),
    })),
    usage: {
      inputTokens: usage?.input_tokens ?? usage?.prompt_tokens,
      outputTokens: usage?.output_tokens ?? usage?.completion_tokens,
      totalTokens: usage?.total_tokens,
    },
  });
}
