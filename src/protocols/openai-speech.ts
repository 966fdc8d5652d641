import * as v from "valibot";
import { isRecord } from "../core/json.ts";
import { word } from "./listed-model.ts";
import { personaInstructions } from "./persona.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /audio/speech`: OpenAI's wire for speech, and that of everybody who says so. The answer is the audio. */
export const openaiSpeech: SpeechProtocol = { answer: "body", build };

const members = v.fallback(v.optional(v.custom<Record<string, unknown>>(isRecord)), undefined);

/** The config's; what is of another kind, or out of OpenAI's range, is left out, as OpenClaw does. */
const settings = v.object({
  speed: v.fallback(v.optional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(4))), undefined),
  instructions: word,
  extraBody: members,
  extra_body: members,
  /** OpenRouter's: which of the providers behind it, and what they are told. */
  provider: members,
});

function build(request: SpeechRequest, route: SpeechRoute): BuiltSpeech {
  const { text, voice, form, options } = request;
  const { speed, instructions, extraBody, extra_body, provider } = v.parse(settings, options);
  const persona = request.persona && personaInstructions(request.persona);
  const isTold = takesInstructions(route);
  const body = {
    ...defined({ model: route.model }),
    input: text,
    ...defined({ voice }),
    response_format: form.ask,
    ...defined({ speed: request.speed ?? speed }),
    ...(isTold && defined({ instructions: request.instructions ?? instructions ?? persona })),
    ...defined({ provider }),
    ...extraMembers(extraBody ?? extra_body, route),
  };
  const unsent = isTold ? {} : defined({ instructions: request.instructions });
  return {
    request: jsonRequest(endpoint(route.baseUrl, "/audio/speech"), body),
    ignored: Object.entries(unsent).map(([key, value]) => ({ key, value })),
  };
}

/** At another address than OpenAI's own a model may be anything; OpenClaw sends them there, too. */
function takesInstructions(route: SpeechRoute): boolean {
  const { instructions } = route.quirks ?? {};
  if (!instructions) return false;
  return hostOf(route) !== "api.openai.com" || instructions.test(route.model ?? "");
}

function extraMembers(extra: Record<string, unknown> | undefined, { quirks }: SpeechRoute): Record<string, unknown> {
  if (!extra) return {};
  return quirks?.extraBody ? { extra_body: extra } : extra;
}

function hostOf({ baseUrl }: SpeechRoute): string {
  return URL.parse(baseUrl)?.hostname ?? "";
}
