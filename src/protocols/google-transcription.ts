import * as v from "valibot";
import { InferError } from "../core/error.ts";
import { Base64Member, jsonBody } from "../http/json-body.ts";
import { geminiAnswer, geminiEndpoint, usageOfGemini } from "./google-generate-content.ts";
import { malformed, parseMessage } from "./message.ts";
import { beside, transcriptStep } from "./transcript.ts";
import type {
  BuiltTranscription,
  TranscriptionProtocol,
  TranscriptionRequest,
  TranscriptionRoute,
  TranscriptionStep,
} from "./transcription-wire.ts";

/** `POST /models/{model}:generateContent` with a recording beside the question: what Gemini hears. It tells no times. */
export const googleTranscription: TranscriptionProtocol = { build, read };

/** OpenClaw's. */
const DEFAULT_PROMPT = "Transcribe the audio.";

function build({ audio, prompt, language }: TranscriptionRequest, route: TranscriptionRoute): BuiltTranscription {
  const question = prompt?.trim() || DEFAULT_PROMPT;
  // There is no member for it, but it reads.
  const hint = language?.trim() ? ` The language spoken is ${language.trim()}.` : "";
  const body = {
    contents: [
      {
        role: "user",
        parts: [
          { text: question + hint },
          { inlineData: { mimeType: bareType(audio.mimeType), data: new Base64Member(audio.source) } },
        ],
      },
    ],
  };
  return {
    request: {
      method: "POST",
      url: geminiEndpoint(route, "generateContent"),
      headers: { "content-type": "application/json" },
      body: jsonBody(body),
    },
    ignored: [],
  };
}

/** Gemini knows `audio/ogg`, and not `audio/ogg; codecs=opus`. */
function bareType(mimeType: string): string {
  return mimeType.split(";")[0]?.trim() ?? mimeType;
}

/** https://ai.google.dev/api/generate-content#FinishReason */
const BLOCKED = /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE)$/;

const answer = v.object({ ...geminiAnswer.entries, usageMetadata: beside(geminiAnswer.entries.usageMetadata) });

function read(json: unknown): TranscriptionStep {
  const { candidates, promptFeedback, usageMetadata, error } = parseMessage(answer, json);
  if (error) return { text: "", failure: error };
  const candidate = candidates?.[0];
  const parts = candidate?.content?.parts ?? [];
  const heard = parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
  const refusal = refusalOf(candidate ?? {}, promptFeedback ?? {});
  if (!refusal && !candidate) throw malformed("candidates is missing.");
  if (!refusal && candidate?.finishReason === "MAX_TOKENS") throw cutOff();
  return {
    ...transcriptStep({ text: heard, usage: usageMetadata && usageOfGemini(usageMetadata) }),
    ...(refusal && { refusal }),
  };
}

type Reason = Partial<Record<"finishReason" | "finishMessage", string | null | undefined>>;
type Feedback = Partial<Record<"blockReason" | "blockReasonMessage", string | null | undefined>>;

function refusalOf({ finishReason, finishMessage }: Reason, { blockReason, blockReasonMessage }: Feedback) {
  if (blockReason) return blockReasonMessage || `The recording was blocked (${blockReason}).`;
  if (finishReason && BLOCKED.test(finishReason))
    return finishMessage || `The transcript was blocked (${finishReason}).`;
  return undefined;
}

/** Half a transcript that says nothing of the other half is worse than none. */
function cutOff(): InferError {
  return new InferError("provider_error", "The transcript is cut off: it is longer than the model's longest answer.", {
    hint: "Split the recording into shorter ones, or name a model made for transcripts: --model openai/gpt-4o-transcribe.",
  });
}
