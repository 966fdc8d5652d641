import { InferError } from "../core/error.ts";
import { Base64Member, jsonBody } from "../http/json-body.ts";
import { readTranscription, timesOf } from "./openai-transcriptions.ts";
import { bareLanguage, unsent } from "./transcript.ts";
import type {
  AudioInput,
  BuiltTranscription,
  TranscriptionProtocol,
  TranscriptionRequest,
  TranscriptionRoute,
} from "./transcription-wire.ts";
import { defined, endpoint } from "./wire.ts";

/** `POST /audio/transcriptions` with the recording inside a JSON body: OpenRouter's. The answer is as OpenAI's. */
export const openrouterTranscriptions: TranscriptionProtocol = { build, read: readTranscription };

function build(request: TranscriptionRequest, route: TranscriptionRoute): BuiltTranscription {
  const { audio } = request;
  const body = {
    model: route.model,
    input_audio: { data: new Base64Member(audio.source), format: formatOf(audio) },
    ...route.options,
    ...defined({ language: bareLanguage(request.language) }),
    ...timesOf(request, route),
  };
  return {
    request: {
      method: "POST",
      url: endpoint(route.baseUrl, "/audio/transcriptions"),
      headers: { "content-type": "application/json" },
      body: jsonBody(body),
    },
    ignored: unsent(request, ["prompt"]),
  };
}

/** https://openrouter.ai/docs/client-sdks/typescript/models/sttinputaudio */
const FORMATS = ["wav", "mp3", "flac", "m4a", "ogg", "webm", "aac"];
/** The same by other endings, as OpenClaw reads them. */
const ALIASES: Readonly<Record<string, string>> = { mpeg: "mp3", mpga: "mp3", mp4: "m4a", oga: "ogg", opus: "ogg" };

function formatOf({ extension }: AudioInput): string {
  const format = ALIASES[extension] ?? extension;
  if (FORMATS.includes(format)) return format;
  throw new InferError("usage", `OpenRouter does not take ${extension} recordings.`, {
    hint: `Convert it to one of ${FORMATS.join(", ")}, or name another provider with --model.`,
  });
}
