import * as v from "valibot";
import { parseMessage, text } from "./message.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute, SpeechStep } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/**
 * `POST /audio/speech`, https://docs.mistral.ai/studio/audio/text-to-speech/generate-speech: OpenAI's address, with other
 * members, and the audio inside of JSON.
 */
export const mistralSpeech: SpeechProtocol = { answer: "json", build, read };

function build(request: SpeechRequest, { model, baseUrl }: SpeechRoute): BuiltSpeech {
  const { voice, speed, instructions, form } = request;
  const body = {
    ...defined({ model }),
    input: request.text,
    ...defined({ voice_id: voice }),
    response_format: form.ask,
  };
  return {
    request: jsonRequest(endpoint(baseUrl, "/audio/speech"), body),
    ignored: Object.entries(defined({ speed, instructions })).map(([key, value]) => ({ key, value })),
  };
}

const answer = v.object({
  audio_data: text,
  // An error, as it comes with other statuses.
  object: v.nullish(v.unknown()),
  error: v.nullish(v.unknown()),
  detail: v.nullish(v.unknown()),
});

function read(json: unknown): SpeechStep {
  const { audio_data, object, error, detail } = parseMessage(answer, json);
  if (audio_data) return { audio: audio_data };
  return object === "error" || error || detail ? { failure: json } : {};
}
