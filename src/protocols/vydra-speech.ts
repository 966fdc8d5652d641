import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute, SpeechStep } from "./speech-wire.ts";
import { readVydra, vydraModelUrl } from "./vydra-answer.ts";
import { defined, jsonRequest } from "./wire.ts";

/**
 * `POST /models/<model>` with a text, answered by an address, or by a job to be asked about: Vydra's own wire, as OpenClaw
 * speaks it.
 */
export const vydraSpeech: SpeechProtocol = { answer: "json", job: true, build, read };

function build({ text, voice, speed, instructions }: SpeechRequest, { baseUrl, model }: SpeechRoute): BuiltSpeech {
  return {
    request: jsonRequest(vydraModelUrl(baseUrl, model ?? ""), { text, ...defined({ voice_id: voice }) }),
    ignored: Object.entries(defined({ speed, instructions })).map(([key, value]) => ({ key, value })),
  };
}

function read(json: unknown, { baseUrl }: SpeechRoute, from: URL): SpeechStep {
  const answer = readVydra(json, { baseUrl, from, kind: "audio", what: "an address of the audio" });
  if (!("urls" in answer)) return answer;
  const [url] = answer.urls;
  return url === undefined ? {} : { url };
}
