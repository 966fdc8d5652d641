import * as v from "valibot";
import type { FinishReason, IgnoredOverride, Usage } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import { count, parseJson, parseMessage, text } from "./message.ts";
import {
  type Built,
  dataUrl,
  defined,
  endpoint,
  jsonRequest,
  type Route,
  type Step,
  type TextProtocol,
  type TextQuirks,
  type TextRequest,
  type ThinkingDialect,
  type ThinkingFields,
  thinkingFields,
} from "./wire.ts";

/** `POST /chat/completions`: OpenAI's older wire, and the one that most other vendors speak. */
export const openaiChat: TextProtocol = { framing: "sse", build, readFrame, readWhole };

function build(request: TextRequest, route: Route): Built {
  const { quirks } = route;
  const ignored: IgnoredOverride[] = [];
  const level = request.thinking ?? quirks.defaultThinking;
  const thinking = level && thinkingFields(level, fieldsOf(quirks.thinking ?? "effort"));
  if (request.thinking && !thinking) ignored.push({ key: "thinking", value: request.thinking });
  const body = {
    model: route.model,
    messages: [
      ...(request.system === undefined ? [] : [{ role: "system", content: request.system }]),
      { role: "user", content: userContent(request, quirks) },
    ],
    stream: true,
    ...(quirks.streamOptions !== false && { stream_options: { include_usage: true } }),
    ...defined({
      [quirks.maxTokensField ?? "max_completion_tokens"]: request.maxTokens ?? route.maxTokens,
      temperature: request.temperature,
    }),
    ...thinking,
  };
  return { request: jsonRequest(endpoint(route.baseUrl, "/chat/completions"), body), ignored };
}

function userContent(request: TextRequest, quirks: TextQuirks): string | object[] {
  if (request.images.length === 0) return request.prompt;
  if (quirks.stringContent) {
    throw new InferError("usage", "This server takes text only; it cannot see the image.", {
      hint: "Choose another provider with --model, or leave --file out.",
    });
  }
  return [
    { type: "text", text: request.prompt },
    ...request.images.map((image) => ({ type: "image_url", image_url: { url: dataUrl(image) } })),
  ];
}

/** The dialects that several servers share. OpenAI's `reasoning_effort` values, and OpenRouter's, end at different heights. */
const DIALECTS: Readonly<Record<ThinkingDialect, ThinkingFields>> = {
  effort: {
    off: { reasoning_effort: "none" },
    minimal: { reasoning_effort: "minimal" },
    low: { reasoning_effort: "low" },
    medium: { reasoning_effort: "medium" },
    high: { reasoning_effort: "high" },
    xhigh: { reasoning_effort: "xhigh" },
    max: { reasoning_effort: "max" },
    ultra: { reasoning_effort: "max" },
  },
  "high-or-none": {
    off: { reasoning_effort: "none" },
    minimal: { reasoning_effort: "none" },
    on: { reasoning_effort: "high" },
  },
  openrouter: {
    off: { reasoning: { effort: "none" } },
    minimal: { reasoning: { effort: "minimal" } },
    low: { reasoning: { effort: "low" } },
    medium: { reasoning: { effort: "medium" } },
    high: { reasoning: { effort: "high" } },
    adaptive: { reasoning: { enabled: true } },
    on: { reasoning: { effort: "xhigh" } },
  },
  deepseek: { off: { thinking: { type: "disabled" } }, on: { thinking: { type: "enabled" } } },
  "chat-template": {
    off: { chat_template_kwargs: { enable_thinking: false } },
    on: { chat_template_kwargs: { enable_thinking: true } },
  },
};

function fieldsOf(thinking: ThinkingDialect | ThinkingFields): ThinkingFields {
  return typeof thinking === "string" ? DIALECTS[thinking] : thinking;
}

/** Mistral sends content as a list of chunks when the model reasons. */
const content = v.nullish(
  v.union([v.string(), v.array(v.object({ type: text, text, thinking: v.nullish(v.array(v.object({ text }))) }))]),
);
const message = v.nullish(
  v.object({ content, refusal: text, reasoning_content: text, reasoning: v.nullish(v.unknown()) }),
);
const chunk = v.object({
  choices: v.nullish(
    v.array(v.object({ index: count, delta: message, message, finish_reason: text, error: v.nullish(v.unknown()) })),
  ),
  usage: v.nullish(
    v.object({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      completion_tokens_details: v.nullish(v.object({ reasoning_tokens: count })),
      prompt_tokens_details: v.nullish(v.object({ cached_tokens: count })),
    }),
  ),
  error: v.nullish(v.unknown()),
});

function readFrame(frame: { data: string }): Step {
  if (frame.data.trim() === "[DONE]") return { end: true };
  return readWhole(parseJson(frame.data));
}

/** A chunk and a whole completion differ only in `delta` and `message`. */
function readWhole(json: unknown): Step {
  const { choices, usage, error } = parseMessage(chunk, json);
  // Only one is asked for; a server that sends more may send them in any order.
  const choice = choices?.find(({ index }) => !index);
  const step: Step = {};
  // OpenRouter reports an upstream's failure inside a 200, at the top or in the choice.
  const failure = error ?? choice?.error ?? unwrapped(json, choices) ?? brokenOff(choice?.finish_reason);
  if (failure) step.failure = failure;
  const said = choice?.delta ?? choice?.message;
  const parts = typeof said?.content === "string" ? [{ text: said.content }] : (said?.content ?? []);
  const answer = parts.map((part) => part.text ?? "").join("");
  if (answer) step.text = answer;
  const reasoning = [
    said?.reasoning_content || (typeof said?.reasoning === "string" ? said.reasoning : ""),
    ...parts.flatMap((part) => ("thinking" in part ? (part.thinking ?? []).map((piece) => piece.text ?? "") : [])),
  ].join("");
  if (reasoning) step.reasoning = reasoning;
  if (said?.refusal) step.refusal = said.refusal;
  if (choice?.finish_reason) step.finishReason = finishReason(choice.finish_reason);
  if (usage) step.usage = usageOf(usage);
  return step;
}

/** Mistral and older vLLM answer with the bare error object. */
function unwrapped(json: unknown, choices: unknown): unknown {
  return !choices && typeof json === "object" && json !== null && "message" in json ? json : undefined;
}

/** Mistral and OpenRouter end a choice with `error` when the answer could not be finished. */
function brokenOff(reason: string | null | undefined): unknown {
  return reason === "error" ? { message: "The model ended with an error, and no reason was given." } : undefined;
}

function finishReason(word: string): FinishReason {
  switch (word) {
    case "stop":
    case "length":
    case "content_filter":
    case "tool_calls":
      return word;
    case "function_call":
      return "tool_calls";
    default:
      return "other";
  }
}

function usageOf(usage: NonNullable<v.InferOutput<typeof chunk>["usage"]>): Usage {
  return defined({
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens,
  });
}
