import * as v from "valibot";
import { malformed, parseMessage, text } from "./message.ts";
import {
  beside,
  listBeside,
  pairs,
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

/** `POST /listen` with the recording as the body, and all the rest in the query: Deepgram's wire. */
export const deepgramListen: TranscriptionProtocol = { build, read };

function build(request: TranscriptionRequest, { model, baseUrl, options }: TranscriptionRoute): BuiltTranscription {
  const { audio, times } = request;
  const language = request.language?.trim() || undefined;
  // Either a language or its detection: the one that is asked for now counts before the config's wish.
  const { detect_language: _, ...named } = options;
  const query = new URLSearchParams(
    pairs({
      model,
      // Left to itself it writes neither capitals nor commas; all of its own examples ask for them, OpenClaw does not.
      // https://developers.deepgram.com/docs/smart-format
      smart_format: true,
      // Left to itself it hears English, whatever is spoken. https://developers.deepgram.com/docs/language-detection
      ...(language === undefined && options.language === undefined && { detect_language: true }),
      ...(language === undefined ? options : named),
      // A BCP 47 tag, or `multi`.
      ...defined({ language }),
      ...(times && { utterances: true }),
    }),
  );
  return {
    request: {
      method: "POST",
      url: endpoint(baseUrl, `/listen?${query}`),
      headers: { "content-type": audio.mimeType },
      body: audio.source,
    },
    ignored: unsent(request, ["prompt"]),
  };
}

const word = v.object({ word: text, punctuated_word: text, start: seconds, end: seconds, speaker });
const channel = v.object({
  alternatives: v.nullish(v.array(v.object({ transcript: text, words: listBeside(word) }))),
  detected_language: textBeside,
});
const answer = v.object({
  metadata: beside(v.object({ duration: secondsBeside })),
  results: v.nullish(
    v.object({
      channels: v.nullish(v.array(channel)),
      // All of them or none: what one of them says would be missing in the subtitles.
      utterances: beside(v.array(v.object({ start: seconds, end: seconds, transcript: v.string(), speaker }))),
    }),
  ),
  err_code: textBeside,
});

/** More than one channel comes only to those whose config says `multichannel`; each is a text of its own. */
function read(json: unknown): TranscriptionStep {
  const { metadata, results, err_code } = parseMessage(answer, json);
  if (err_code) return { text: "", failure: json };
  if (!results?.channels) throw malformed("results.channels is missing.");
  // The first alternative is the best one.
  const heard = results.channels.flatMap(({ alternatives }) => alternatives?.slice(0, 1) ?? []);
  const words = heard.flatMap((alternative) => alternative.words ?? []);
  return transcriptStep({
    text: heard
      .map(({ transcript }) => transcript?.trim())
      .filter(Boolean)
      .join("\n"),
    language: results.channels[0]?.detected_language,
    durationSeconds: metadata?.duration,
    segments: results.utterances
      ?.map(({ start, end, transcript, speaker: name }) => ({ start, end, text: transcript, ...spokenBy(name) }))
      .toSorted((a, b) => a.start - b.start),
    words: words
      .map(({ start, end, word: bare, punctuated_word, speaker: name }) => ({
        start,
        end,
        word: punctuated_word ?? bare ?? "",
        ...spokenBy(name),
      }))
      .toSorted((a, b) => a.start - b.start),
  });
}
