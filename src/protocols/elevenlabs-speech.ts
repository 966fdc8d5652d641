import * as v from "valibot";
import { InferError } from "../core/error.ts";
import { oneLine } from "../core/terminal-text.ts";
import { word } from "./listed-model.ts";
import { excerpt } from "./message.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /v1/text-to-speech/{voice}`. The answer is the audio. */
export const elevenlabsSpeech: SpeechProtocol = { answer: "body", build };

const share = (byDefault: number) => within(0, 1, byDefault);
/** OpenClaw's, sent with every request: otherwise a voice speaks as its owner has set it up. */
const voiceSettings = v.object({
  stability: share(0.5),
  similarityBoost: share(0.75),
  style: share(0),
  useSpeakerBoost: v.fallback(v.boolean(), true),
  speed: within(0.5, 2, 1),
});
const USUAL_SETTINGS = v.parse(voiceSettings, {});

/** The config's; what is of another kind, or out of range, is left out, as OpenClaw does. */
const settings = v.object({
  voiceSettings: v.fallback(voiceSettings, USUAL_SETTINGS),
  seed: whole(0, 4_294_967_295),
  languageCode: word,
  applyTextNormalization: word,
  latencyTier: whole(0, 4),
});

function build(request: SpeechRequest, { model, baseUrl }: SpeechRoute): BuiltSpeech {
  const { text, voice = "", speed, instructions, form } = request;
  if (!VOICE.test(voice)) throw notAVoice(voice);
  const told = v.parse(settings, request.options);
  const query = new URLSearchParams({ output_format: form.ask });
  // Eleven v3 refuses it.
  if (told.latencyTier !== undefined && model !== "eleven_v3") {
    query.set("optimize_streaming_latency", String(told.latencyTier));
  }
  const body = {
    text,
    ...defined({
      model_id: model,
      seed: told.seed,
      apply_text_normalization: told.applyTextNormalization?.toLowerCase(),
      language_code: told.languageCode?.toLowerCase(),
    }),
    voice_settings: {
      stability: told.voiceSettings.stability,
      similarity_boost: told.voiceSettings.similarityBoost,
      style: told.voiceSettings.style,
      use_speaker_boost: told.voiceSettings.useSpeakerBoost,
      speed: speed ?? told.voiceSettings.speed,
    },
  };
  return {
    request: jsonRequest(endpoint(baseUrl, `/v1/text-to-speech/${voice}?${query}`, /\/v1$/), body),
    ignored: instructions === undefined ? [] : [{ key: "instructions", value: instructions }],
  };
}

const VOICE = /^[A-Za-z0-9]{10,40}$/;

/** A name, mostly; it would become a part of the address. */
function notAVoice(voice: string): InferError {
  return new InferError("usage", `"${excerpt(oneLine(voice), 60)}" is not the id of a voice of ElevenLabs.`, {
    hint: "An id has 10 to 40 letters and digits: infer tts voices --provider elevenlabs lists them.",
  });
}

function within(min: number, max: number, byDefault: number) {
  return v.fallback(v.pipe(v.number(), v.minValue(min), v.maxValue(max)), byDefault);
}

function whole(min: number, max: number) {
  return v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))), undefined);
}
