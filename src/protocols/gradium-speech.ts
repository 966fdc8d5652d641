import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /api/post/speech/tts`, https://docs.gradium.ai/api-reference/endpoint/tts-post. The answer is the audio. */
export const gradiumSpeech: SpeechProtocol = { answer: "body", build };

function build({ text, voice, speed, instructions, form }: SpeechRequest, { baseUrl }: SpeechRoute): BuiltSpeech {
  const body = {
    text,
    ...defined({ voice_id: voice }),
    // Otherwise it comes in messages.
    only_audio: true,
    output_format: form.ask,
    // JSON in JSON: the vendor's. It is the pace, in no unit that a rate could be turned into.
    json_config: '{"padding_bonus":0}',
  };
  return {
    request: jsonRequest(endpoint(baseUrl, "/api/post/speech/tts"), body),
    ignored: Object.entries(defined({ speed, instructions })).map(([key, value]) => ({ key, value })),
  };
}
