import * as v from "valibot";
import { word } from "./listed-model.ts";
import { count, parseMessage, text } from "./message.ts";
import { TEXT_PATH } from "./minimax-vlm.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute, SpeechStep } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /v1/t2a_v2`, https://platform.minimax.io/docs/api-reference/speech-t2a-http. The audio comes in hex. */
export const minimaxSpeech: SpeechProtocol = { answer: "json", encoding: "hex", build, read };

/** Of what has a head of its own; OpenClaw's. */
const SAMPLE_RATE = 32_000;

/** The config's; what is of another kind, or out of range, is left out, as OpenClaw does. */
const settings = v.object({
  speed: v.fallback(v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(2))), undefined),
  vol: v.fallback(v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(10))), undefined),
  // Half a semitone is refused.
  pitch: v.fallback(
    v.optional(v.pipe(v.number(), v.minValue(-12), v.maxValue(12), v.transform(Math.trunc))),
    undefined,
  ),
  emotion: word,
  languageBoost: word,
});

function build(request: SpeechRequest, { model, baseUrl }: SpeechRoute): BuiltSpeech {
  const { voice, instructions, form } = request;
  const { speed, vol, pitch, emotion, languageBoost } = v.parse(settings, request.options);
  const body = {
    ...defined({ model }),
    text: request.text,
    stream: false,
    ...defined({ language_boost: languageBoost }),
    voice_setting: defined({ voice_id: voice, speed: request.speed ?? speed, vol, pitch, emotion }),
    audio_setting: { format: form.ask, sample_rate: form.sampleRate ?? SAMPLE_RATE, channel: 1 },
  };
  return {
    request: jsonRequest(endpoint(baseUrl, "/v1/t2a_v2", TEXT_PATH), body),
    ignored: instructions === undefined ? [] : [{ key: "instructions", value: instructions }],
  };
}

const answer = v.object({
  data: v.nullish(v.object({ audio: text })),
  extra_info: v.nullish(v.object({ audio_format: text, audio_sample_rate: count })),
  base_resp: v.nullish(v.object({ status_code: v.nullish(v.number()), status_msg: text })),
});

function read(json: unknown): SpeechStep {
  const { data, extra_info, base_resp } = parseMessage(answer, json);
  // An error comes inside a 200; `failure.ts` knows its numbers.
  if (base_resp?.status_code) return { failure: base_resp };
  const { audio_format, audio_sample_rate } = extra_info ?? {};
  return defined({
    audio: data?.audio || undefined,
    sampleRate: audio_format === "pcm" ? audio_sample_rate : undefined,
  });
}
