import * as v from "valibot";
import { InferError } from "../core/error.ts";
import { oneLine } from "../core/terminal-text.ts";
import { geminiEndpoint, geminiUsage, usageOfGemini } from "./google-generate-content.ts";
import { word } from "./listed-model.ts";
import { excerpt, malformed, parseMessage, text } from "./message.ts";
import type {
  BuiltSpeech,
  SpeechPersona,
  SpeechProtocol,
  SpeechRequest,
  SpeechRoute,
  SpeechStep,
} from "./speech-wire.ts";
import { jsonRequest } from "./wire.ts";

/** `POST /models/{model}:generateContent` with audio in the answer: https://ai.google.dev/gemini-api/docs/speech-generation */
export const googleSpeech: SpeechProtocol = { answer: "json", build, read };

/** OpenClaw's name for a prompt with a persona in it; there is no other. */
const TEMPLATE = "audio-profile-v1";
/** A short name of OpenClaw's. */
const ALIASES: Readonly<Record<string, string>> = { "gemini-3.1-flash-tts": "gemini-3.1-flash-tts-preview" };

const settings = v.object({ promptTemplate: word, personaPrompt: word, audioProfile: word, speakerName: word });

function build(request: SpeechRequest, { baseUrl, model: named }: SpeechRoute): BuiltSpeech {
  const model = ALIASES[named ?? ""] ?? named ?? "";
  const { voice, speed } = request;
  const body = {
    contents: [{ role: "user", parts: [{ text: promptOf(request) }] }],
    generationConfig: {
      responseModalities: ["AUDIO"],
      ...(voice !== undefined && {
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } },
      }),
    },
  };
  return {
    request: jsonRequest(geminiEndpoint({ baseUrl, model }, "generateContent"), body),
    ignored: speed === undefined ? [] : [{ key: "speed", value: speed }],
  };
}

/** There is no member for how to speak: it is told in words, around the text or before it. */
function promptOf(request: SpeechRequest): string {
  const { promptTemplate, personaPrompt, audioProfile, speakerName } = v.parse(settings, request.options);
  if (promptTemplate !== undefined && promptTemplate !== TEMPLATE) {
    const received = excerpt(oneLine(promptTemplate), 60);
    throw new InferError("usage", `promptTemplate of google: expected "${TEMPLATE}", received "${received}".`);
  }
  const { instructions } = request;
  const hasPersona = promptTemplate !== undefined || personaPrompt !== undefined;
  const spoken =
    hasPersona || instructions !== undefined
      ? directed(request.text, hasPersona ? request.persona : undefined, [personaPrompt, instructions])
      : request.text;
  return sections([audioProfile, speakerName && `Speaker name: ${speakerName}`, spoken]);
}

type Words = string | undefined;

/** The sections that Google's guide to prompts has, in its order. */
function directed(transcript: string, persona: SpeechPersona | undefined, notes: readonly Words[]): string {
  const { profile, scene, sampleContext, style, accent, pacing, constraints = [] } = persona?.prompt ?? {};
  const label = persona && (persona.label?.trim() || persona.id);
  const limits = constraints.map((constraint) => constraint.trim()).filter(Boolean);
  return sections([
    "Speak the words under TRANSCRIPT, and only those. Everything before them says how, and is not to be heard.",
    label === undefined ? undefined : lines([`# AUDIO PROFILE: ${label}`, profile]),
    headed("## THE SCENE", [scene]),
    headed("### DIRECTOR'S NOTES", [
      style?.trim() && `Style: ${style.trim()}`,
      accent?.trim() && `Accent: ${accent.trim()}`,
      pacing?.trim() && `Pacing: ${pacing.trim()}`,
      ...limits.map((limit) => `Constraint: ${limit}`),
      ...notes,
    ]),
    headed("### SAMPLE CONTEXT", [sampleContext]),
    lines(["### TRANSCRIPT", transcript]),
  ]);
}

function headed(heading: string, words: readonly Words[]): Words {
  const said = lines(words);
  return said === "" ? undefined : `${heading}\n${said}`;
}

function lines(words: readonly Words[]): string {
  return told(words).join("\n");
}

function sections(words: readonly Words[]): string {
  return told(words).join("\n\n");
}

function told(words: readonly Words[]): string[] {
  return words.flatMap((one) => (one?.trim() ? [one.trim()] : []));
}

const sound = v.nullish(v.object({ data: text, mimeType: text, mime_type: text }));
const answer = v.object({
  candidates: v.nullish(
    v.array(
      v.object({
        content: v.nullish(
          v.object({ parts: v.nullish(v.array(v.object({ text, inlineData: sound, inline_data: sound }))) }),
        ),
        finishReason: text,
        finishMessage: text,
      }),
    ),
  ),
  promptFeedback: v.nullish(v.object({ blockReason: text, blockReasonMessage: text })),
  usageMetadata: v.nullish(geminiUsage),
  error: v.nullish(v.unknown()),
});

/** https://ai.google.dev/api/generate-content#FinishReason */
const BLOCKED = /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII)$/;

function read(json: unknown): SpeechStep {
  const { candidates, promptFeedback, usageMetadata, error } = parseMessage(answer, json);
  if (error) return { failure: error };
  const usage = usageMetadata ? { usage: usageOfGemini(usageMetadata) } : {};
  const [candidate] = candidates ?? [];
  const { finishReason: reason, finishMessage } = candidate ?? {};
  const parts = candidate?.content?.parts ?? [];
  const sounds = parts.flatMap((part) => part.inlineData ?? part.inline_data ?? []).filter(({ data }) => data);
  // The end of the text would be missing, and nobody would hear that it is.
  if (reason === "MAX_TOKENS") {
    return { failure: { message: finishMessage || "The text is too long: the audio was cut short (MAX_TOKENS)." } };
  }
  const [first] = sounds;
  if (first) {
    const rates = new Set(sounds.map(({ mimeType, mime_type }) => sampleRateOf(mimeType ?? mime_type)));
    if (rates.size > 1) throw malformed("the audio has several sample rates.");
    const audio = sounds.flatMap(({ data }) => data ?? []);
    return { audio, sampleRate: sampleRateOf(first.mimeType ?? first.mime_type), ...usage };
  }
  const { blockReason, blockReasonMessage } = promptFeedback ?? {};
  if (blockReason) return { refusal: blockReasonMessage || `The text was blocked (${blockReason}).`, ...usage };
  if (!reason || reason === "STOP") {
    const words = parts.map((part) => part.text ?? "").join("");
    return { ...(words.trim() && { words }), ...usage };
  }
  const message = finishMessage || `No audio came (${reason}).`;
  return BLOCKED.test(reason) ? { refusal: message, ...usage } : { failure: { message } };
}

/** Of `audio/L16;codec=pcm;rate=24000`, which is what all models make. */
function sampleRateOf(mimeType: string | null | undefined): number {
  if (mimeType && !/^audio\/(?:l16|pcm)\b/i.test(mimeType)) {
    throw malformed(`the audio is ${excerpt(mimeType, 60)} where bare samples belong.`);
  }
  return Number(/;\s*rate=(\d+)/i.exec(mimeType ?? "")?.[1] ?? 24_000);
}
