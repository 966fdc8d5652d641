import * as v from "valibot";
import type { FinishReason, IgnoredOverride, Usage } from "../core/envelope.ts";
import type { Frame } from "../http/frames.ts";
import { count, malformed, parseJson, parseMessage, text } from "./message.ts";
import {
  type Built,
  dataUrl,
  defined,
  endpoint,
  jsonRequest,
  type Route,
  type Step,
  type TextProtocol,
  type TextRequest,
  type ThinkingFields,
  thinkingFields,
} from "./wire.ts";

/** `POST /responses`: OpenAI's newer wire, spoken by xAI as well. */
export const openaiResponses: TextProtocol = { framing: "sse", build, readFrame, readWhole };

function build(request: TextRequest, route: Route): Built {
  const ignored: IgnoredOverride[] = [];
  const { thinking } = request;
  const { instructions, refuses = [] } = route.quirks;
  const taken = { maxTokens: request.maxTokens, temperature: request.temperature };
  for (const key of refuses) {
    const value = taken[key];
    if (value !== undefined) ignored.push({ key, value });
    taken[key] = undefined;
  }
  const declared = refuses.includes("maxTokens") ? undefined : route.maxTokens;
  const reasoning = thinking && thinkingFields(thinking, dialect(route));
  if (thinking && !reasoning) ignored.push({ key: "thinking", value: thinking });
  const body = {
    model: route.model,
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: request.prompt },
          ...request.images.map((image) => ({ type: "input_image", detail: "auto", image_url: dataUrl(image) })),
        ],
      },
    ],
    stream: true,
    // The default keeps every prompt and answer on the vendor's servers for 30 days.
    store: false,
    ...defined({
      instructions: request.system ?? instructions,
      max_output_tokens: taken.maxTokens ?? declared,
      temperature: taken.temperature,
    }),
    ...reasoning,
  };
  return { request: jsonRequest(endpoint(route.baseUrl, "/responses"), body), ignored };
}

const EFFORTS: ThinkingFields = {
  off: { reasoning: { effort: "none" } },
  minimal: { reasoning: { effort: "minimal" } },
  low: { reasoning: { effort: "low" } },
  medium: { reasoning: { effort: "medium" } },
  high: { reasoning: { effort: "high" } },
  xhigh: { reasoning: { effort: "xhigh" } },
  max: { reasoning: { effort: "max" } },
  ultra: { reasoning: { effort: "max" } },
};

/** The names are dialects of chat completions. */
function dialect({ quirks: { thinking } }: Route): ThinkingFields {
  return typeof thinking === "object" ? thinking : EFFORTS;
}

const response = v.object({
  status: text,
  error: v.nullish(v.unknown()),
  incomplete_details: v.nullish(v.object({ reason: text })),
  output: v.nullish(
    v.array(v.object({ type: text, content: v.nullish(v.array(v.object({ type: text, text, refusal: text }))) })),
  ),
  usage: v.nullish(
    v.object({
      input_tokens: count,
      output_tokens: count,
      total_tokens: count,
      output_tokens_details: v.nullish(v.object({ reasoning_tokens: count })),
      input_tokens_details: v.nullish(v.object({ cached_tokens: count })),
    }),
  ),
});
const event = v.object({
  type: text,
  delta: v.nullish(v.unknown()),
  refusal: text,
  error: v.nullish(v.unknown()),
  response: v.nullish(response),
});
export const FAILED = { message: "The response failed, and no reason was given." };

function readFrame(frame: Frame): Step {
  if (frame.data.trim() === "[DONE]") return { end: true };
  const json = parseJson(frame.data);
  const { type, delta, refusal, error, response: whole } = parseMessage(event, json);
  const piece = typeof delta === "string" ? delta : "";
  switch (type) {
    case "response.output_text.delta":
      return { text: parseMessage(v.string(), delta) };
    case "response.reasoning_text.delta":
    case "response.reasoning_summary_text.delta":
      return { reasoning: piece };
    case "response.refusal.delta":
      return { refusal: piece };
    case "response.refusal.done":
      return refusal ? { wholeRefusal: refusal } : {};
    case "response.completed":
    case "response.incomplete":
      return whole ? readResponse(whole) : { end: true };
    case "response.failed":
      return whole ? readResponse({ ...whole, status: "failed" }) : { failure: FAILED };
    case "error":
      return { failure: json };
    default:
      // Gateways put their own errors in between, without a type.
      if (error) return { failure: error };
      if (type) return {};
      throw malformed("a message without a type.");
  }
}

function readWhole(json: unknown): Step {
  return readResponse(parseMessage(response, json));
}

function readResponse(whole: v.InferOutput<typeof response>): Step {
  const parts = (whole.output ?? []).filter(({ type }) => type === "message").flatMap((item) => item.content ?? []);
  const answer = parts.map((part) => (part.type === "output_text" ? (part.text ?? "") : "")).join("");
  const refusal = parts.map((part) => part.refusal ?? "").join("");
  const step: Step = { end: true };
  if (answer) step.wholeText = answer;
  if (refusal) step.wholeRefusal = refusal;
  if (whole.error) step.failure = whole.error;
  else if (whole.status === "failed") step.failure = FAILED;
  else step.finishReason = finishReason(whole);
  if (whole.usage) step.usage = usageOf(whole.usage);
  return step;
}

function finishReason({ status, incomplete_details }: v.InferOutput<typeof response>): FinishReason {
  if (status !== "incomplete") return status === "completed" || !status ? "stop" : "other";
  if (incomplete_details?.reason === "max_output_tokens") return "length";
  return incomplete_details?.reason === "content_filter" ? "content_filter" : "other";
}

function usageOf(usage: NonNullable<v.InferOutput<typeof response>["usage"]>): Usage {
  return defined({
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    totalTokens: usage.total_tokens,
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens,
    cachedInputTokens: usage.input_tokens_details?.cached_tokens,
  });
}
