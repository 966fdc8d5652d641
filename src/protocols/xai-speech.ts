import * as v from "valibot";
import { word } from "./listed-model.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /tts`, https://docs.x.ai/developers/rest-api-reference/inference/voice. The answer is the audio. */
export const xaiSpeech: SpeechProtocol = { answer: "body", build };

/** The config's; what is of another kind, or out of range, is left out, as OpenClaw does. */
const settings = v.object({
  language: word,
  languageCode: word,
  speed: v.fallback(v.optional(v.pipe(v.number(), v.minValue(0.7), v.maxValue(1.5))), undefined),
});

function build(request: SpeechRequest, { baseUrl }: SpeechRoute): BuiltSpeech {
  const { text, voice, instructions, form, options } = request;
  const { language, languageCode, speed } = v.parse(settings, options);
  const body = {
    text,
    ...defined({ voice_id: voice }),
    // It has to be told; without a setting OpenClaw says English. `auto` is one of the vendor's words.
    language: (language ?? languageCode ?? "en").toLowerCase(),
    output_format: { codec: form.ask },
    ...defined({ speed: request.speed ?? speed }),
  };
  return {
    request: jsonRequest(endpoint(baseUrl, "/tts"), body),
    ignored: instructions === undefined ? [] : [{ key: "instructions", value: instructions }],
  };
}
