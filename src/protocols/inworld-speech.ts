import * as v from "valibot";
import { parseMessage, text } from "./message.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute, SpeechStep } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/**
 * `POST /tts/v1/voice:stream`, a line of JSON for every piece of the audio:
 * https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech-stream
 */
export const inworldSpeech: SpeechProtocol = { answer: "ndjson", build, read };

/** The config's; what is of another kind, or out of range, is left out, as OpenClaw does. */
const settings = v.object({
  temperature: v.fallback(v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(2))), undefined),
});

function build(request: SpeechRequest, { model, baseUrl }: SpeechRoute): BuiltSpeech {
  const { voice, speed, instructions, form } = request;
  const { temperature } = v.parse(settings, request.options);
  const body = {
    text: request.text,
    ...defined({ voiceId: voice, modelId: model }),
    audioConfig: {
      audioEncoding: form.ask,
      ...defined({ sampleRateHertz: form.sampleRate, speakingRate: speed }),
    },
    ...defined({ temperature }),
  };
  return {
    request: jsonRequest(endpoint(baseUrl, "/tts/v1/voice:stream"), body),
    ignored: instructions === undefined ? [] : [{ key: "instructions", value: instructions }],
  };
}

const line = v.object({
  result: v.nullish(v.object({ audioContent: text })),
  error: v.nullish(v.looseObject({ code: v.nullish(v.number()), message: text })),
});

function read(json: unknown): SpeechStep {
  const { result, error } = parseMessage(line, json);
  if (error) return { failure: { ...error, ...defined({ status: HTTP_STATUSES[error.code ?? 0] }) } };
  return result?.audioContent ? { audio: result.audioContent } : {};
}

/** Of gRPC's codes, which is what an error in a line has: https://grpc.io/docs/guides/status-codes/ */
const HTTP_STATUSES: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  13: 500,
  14: 503,
  16: 401,
};
