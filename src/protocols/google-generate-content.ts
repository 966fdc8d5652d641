import * as v from "valibot";
import type { FinishReason, IgnoredOverride, Usage } from "../core/envelope.ts";
import { count, parseJson, parseMessage, text } from "./message.ts";
import {
  type Built,
  defined,
  endpoint,
  jsonRequest,
  type Route,
  type Step,
  type TextProtocol,
  type TextRequest,
  type ThinkingLevel,
} from "./wire.ts";

/** `POST /models/{model}:streamGenerateContent`: Gemini's wire. */
export const googleGenerateContent: TextProtocol = { framing: "sse", build, readFrame, readWhole };

function build(request: TextRequest, route: Route): Built {
  const { body, ignored } = generateContent(request, route);
  return { request: jsonRequest(geminiEndpoint(route, "streamGenerateContent?alt=sse"), body), ignored };
}

/** Where a model of Gemini's is asked for something. */
export function geminiEndpoint({ baseUrl, model }: { baseUrl: string; model: string }, method: string): string {
  // Tuned models live beside the others.
  const [, folder = "models", id = model] = /^(models|tunedModels)\/(.+)$/.exec(model) ?? [];
  return endpoint(baseUrl, `/${folder}/${encodeURIComponent(id)}:${method}`);
}

/** What Gemini is asked, on whichever of its wires. */
export function generateContent(
  request: TextRequest,
  { model, maxTokens }: Pick<Route, "model" | "maxTokens">,
): { body: object; ignored: IgnoredOverride[] } {
  const ignored: IgnoredOverride[] = [];
  const thinkingConfig = request.thinking && thinkingFields(request.thinking, model);
  if (request.thinking && !thinkingConfig) ignored.push({ key: "thinking", value: request.thinking });
  const generationConfig = defined({
    maxOutputTokens: request.maxTokens ?? maxTokens,
    temperature: request.temperature,
    thinkingConfig: thinkingConfig || undefined,
  });
  const body = {
    contents: [
      {
        role: "user",
        parts: [
          { text: request.prompt },
          ...request.images.map(({ mimeType, base64 }) => ({ inlineData: { mimeType, data: base64 } })),
        ],
      },
    ],
    ...(request.system !== undefined && { systemInstruction: { parts: [{ text: request.system }] } }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
  };
  return { body, ignored };
}

/**
 * Gemini 3 takes a level, Gemini 2.5 a budget (-1 lets the model decide); those before them cannot think. A Pro model
 * cannot stop thinking: it gets the least it takes (Google's guide: a budget of 128, the level `low`). The levels are
 * written as the enum has them (`ThinkingConfig.ThinkingLevel`): the guide's lower case is Gemini's alone, not Vertex's.
 */
function thinkingFields(level: ThinkingLevel, model: string): object | undefined {
  const isPro = /-pro/.test(model);
  if (/gemini-2\.5/.test(model)) {
    const most = isPro ? 32_768 : 24_576;
    const least = isPro ? 128 : 0;
    const budgets = { off: least, minimal: 512, low: 1024, medium: 8192, high: 24_576, adaptive: -1 } as const;
    return { thinkingBudget: level in budgets ? budgets[level as keyof typeof budgets] : most };
  }
  if (!/gemini-(?:[3-9]|\d\d)/.test(model) || level === "adaptive") return undefined;
  if (level === "off" || level === "minimal") return { thinkingLevel: isPro ? "LOW" : "MINIMAL" };
  return { thinkingLevel: level === "low" || level === "medium" ? level.toUpperCase() : "HIGH" };
}

/** What Gemini counted. */
export const geminiUsage = v.object({
  promptTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
  totalTokenCount: count,
  cachedContentTokenCount: count,
});

/** Words, and why there are none. */
export const geminiAnswer = v.object({
  candidates: v.nullish(
    v.array(
      v.object({
        content: v.nullish(
          v.object({ parts: v.nullish(v.array(v.object({ text, thought: v.nullish(v.boolean()) }))) }),
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

function readFrame(frame: { data: string }): Step {
  return readWhole(parseJson(frame.data));
}

function readWhole(json: unknown): Step {
  const { candidates, promptFeedback, usageMetadata, error } = parseMessage(geminiAnswer, json);
  const candidate = candidates?.[0];
  const parts = candidate?.content?.parts ?? [];
  const step: Step = {};
  if (error) step.failure = error;
  const said = parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
  if (said) step.text = said;
  const reasoning = parts.map((part) => (part.thought ? (part.text ?? "") : "")).join("");
  if (reasoning) step.reasoning = reasoning;
  if (promptFeedback?.blockReason) {
    step.wholeRefusal = promptFeedback.blockReasonMessage ?? `The prompt was blocked (${promptFeedback.blockReason}).`;
  }
  if (candidate?.finishReason) {
    step.finishReason = finishReason(candidate.finishReason);
    if (step.finishReason === "content_filter") {
      step.wholeRefusal = candidate.finishMessage ?? `The answer was blocked (${candidate.finishReason}).`;
    }
  }
  if (usageMetadata) step.usage = usageOfGemini(usageMetadata);
  return step;
}

function finishReason(word: string): FinishReason {
  switch (word) {
    case "STOP":
      return "stop";
    case "MAX_TOKENS":
      return "length";
    case "SAFETY":
    case "RECITATION":
    case "BLOCKLIST":
    case "PROHIBITED_CONTENT":
    case "SPII":
    case "IMAGE_SAFETY":
      return "content_filter";
    default:
      return "other";
  }
}

/** Gemini counts thoughts apart from the answer. */
export function usageOfGemini(usage: v.InferOutput<typeof geminiUsage>): Usage {
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const said = usage.candidatesTokenCount ?? undefined;
  return defined({
    inputTokens: usage.promptTokenCount,
    outputTokens: said === undefined && thoughts === 0 ? undefined : (said ?? 0) + thoughts,
    totalTokens: usage.totalTokenCount,
    reasoningTokens: usage.thoughtsTokenCount,
    cachedInputTokens: usage.cachedContentTokenCount,
  });
}
