import * as v from "valibot";
import { word } from "./listed-model.ts";
import { count, parseMessage, text } from "./message.ts";
import { withUsage } from "./picture.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute, SpeechStep } from "./speech-wire.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/**
 * `POST /chat/completions` with `audio`: the text is what the assistant says, and the user says how to say it.
 * https://platform.xiaomimimo.com/static/docs/usage-guide/speech-synthesis-v2.5.md
 */
export const xiaomiSpeech: SpeechProtocol = { answer: "json", build, read };

/** Makes a voice from a description, which it cannot do without, and has none by name. */
const VOICE_DESIGN = /-voicedesign$/;
const ANY_VOICE = "A clear and friendly grown-up voice that talks at an easy pace, as if to a good acquaintance.";
/** The vendor's word for whichever voice it takes itself: whoever says it has not chosen one. */
const NO_VOICE = "mimo_default";

const settings = v.object({ style: word });

function build(request: SpeechRequest, { model, baseUrl }: SpeechRoute): BuiltSpeech {
  const { voice, speed, form } = request;
  const isDesigned = VOICE_DESIGN.test(model ?? "");
  const style =
    request.instructions ?? v.parse(settings, request.options).style ?? (isDesigned ? ANY_VOICE : undefined);
  const body = {
    ...defined({ model }),
    messages: [
      ...(style === undefined ? [] : [{ role: "user", content: style }]),
      { role: "assistant", content: request.text },
    ],
    audio: { format: form.ask, ...(!isDesigned && defined({ voice })) },
  };
  const unsent = { speed, voice: isDesigned && voice !== NO_VOICE ? voice : undefined };
  return {
    request: jsonRequest(endpoint(baseUrl, "/chat/completions"), body),
    ignored: Object.entries(defined(unsent)).map(([key, value]) => ({ key, value })),
  };
}

const answer = v.object({
  choices: v.nullish(
    v.array(
      v.object({
        message: v.nullish(v.object({ content: text, audio: v.nullish(v.object({ data: text })) })),
        finish_reason: text,
      }),
    ),
  ),
  usage: v.nullish(v.object({ prompt_tokens: count, completion_tokens: count, total_tokens: count })),
  error: v.nullish(v.unknown()),
});

function read(json: unknown): SpeechStep {
  const { choices, usage, error } = parseMessage(answer, json);
  if (error) return { failure: error };
  const { message, finish_reason } = choices?.[0] ?? {};
  const counted = withUsage({
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens,
  });
  if (message?.audio?.data) return { audio: message.audio.data, ...counted };
  if (finish_reason !== "content_filter") return counted;
  return { refusal: message?.content?.trim() || "The text was blocked (content_filter).", ...counted };
}
