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

/** `POST /stt`: xAI's wire for recordings. Words have times in it whether they are wanted or not. */
export const xaiTranscription: TranscriptionProtocol = { build, read };

function build(request: TranscriptionRequest, { model, baseUrl, options }: TranscriptionRoute): BuiltTranscription {
  const fields = { model, ...options, ...defined({ language: bareLanguage(request.language) }) };
  return {
    request: recordingForm(endpoint(baseUrl, "/stt"), fields, request.audio),
    // There are key terms alone, of 50 characters each: a prompt is more than that.
    ignored: unsent(request, ["prompt"]),
  };
}

/** https://docs.x.ai/developers/model-capabilities/audio/speech-to-text; the language is empty when it was not found out. */
const answer = v.object({
  text,
  language: textBeside,
  duration: secondsBeside,
  words: listBeside(v.object({ text: v.string(), start: seconds, end: seconds, speaker })),
  error: v.nullish(v.unknown()),
});

function read(json: unknown): TranscriptionStep {
  const told = parseMessage(answer, json);
  // The code is beside the words.
  if (told.error) return { text: "", failure: typeof told.error === "string" ? json : told.error };
  if (typeof told.text !== "string") throw malformed("text is missing.");
  return transcriptStep({
    text: told.text,
    language: told.language,
    durationSeconds: told.duration,
    words: told.words?.map(({ text: word, start, end, speaker: name }) => ({ start, end, word, ...spokenBy(name) })),
  });
}
