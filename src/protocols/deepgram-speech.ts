import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/**
 * `POST /speak` with the text alone in the body, and all the rest in the query: Deepgram's wire,
 * https://developers.deepgram.com/reference/text-to-speech/speak-request. The answer is the audio.
 */
export const deepgramSpeech: SpeechProtocol = { answer: "body", build };

function build({ text, voice, speed, instructions, form }: SpeechRequest, { baseUrl }: SpeechRoute): BuiltSpeech {
  // An encoding, and what goes with it: only some have a container, or a choice of rates.
  const query = new URLSearchParams(`encoding=${form.ask}`);
  // What Deepgram calls a model is a voice, with its family and its language in the name.
  if (voice !== undefined) query.set("model", voice);
  if (speed !== undefined) query.set("speed", String(speed));
  return {
    request: jsonRequest(endpoint(baseUrl, `/speak?${query}`), { text }),
    ignored: Object.entries(defined({ instructions })).map(([key, value]) => ({ key, value })),
  };
}
