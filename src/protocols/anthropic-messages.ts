import * as v from "valibot";
import type { FinishReason, IgnoredOverride, Usage } from "../core/envelope.ts";
import { count, malformed, parseJson, parseMessage, text } from "./message.ts";
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

/** `POST /v1/messages`: Anthropic's wire, spoken by several other vendors as well. Google Cloud has a form of its own. */
export const anthropicMessages: TextProtocol = { framing: "sse", build, readFrame, readWhole };

const VERSION = "2023-06-01";
/** The only one that Google Cloud takes: https://docs.claude.com/en/api/claude-on-vertex-ai */
const VERTEX_VERSION = "vertex-2023-10-16";
/** `max_tokens` is required. What OpenClaw sends for a model that declares none. */
const DEFAULT_MAX_TOKENS = 8192;
/** Tokens that a budget leaves for the answer under a known limit. */
const LEAST_ANSWER = 1024;
/** Models that think as much as they see fit, told by an effort; a budget is for the ones before them. Copilot writes 4.6. */
const ADAPTIVE_MODELS = /claude-(?:opus|sonnet|haiku|fable|mythos)-(?:4[-.][6-9]|[5-9])/;
/** Tokens for reasoning; Anthropic wants at least 1024, and less than `max_tokens`. */
const BUDGETS: Readonly<Record<Exclude<ThinkingLevel, "off">, number>> = {
  minimal: 1024,
  low: 4096,
  medium: 10_000,
  adaptive: 10_000,
  high: 20_000,
  xhigh: 28_000,
  max: 28_000,
  ultra: 28_000,
};

function build(request: TextRequest, route: Route): Built {
  const ignored: IgnoredOverride[] = [];
  const { limit, budget } = limits(request, route);
  const thinking = request.thinking && thinkingFields(request.thinking, budget);
  // Anthropic refuses any temperature but 1 while the model reasons.
  const reasons = request.thinking !== undefined && request.thinking !== "off";
  if (reasons && request.temperature !== undefined) ignored.push({ key: "temperature", value: request.temperature });
  const body = {
    ...(route.quirks.vertex ? { anthropic_version: VERTEX_VERSION } : { model: route.model }),
    max_tokens: limit,
    messages: [{ role: "user", content: userContent(request) }],
    stream: true,
    ...defined({ system: request.system, temperature: reasons ? undefined : request.temperature }),
    ...thinking,
  };
  if (route.quirks.vertex) return { request: jsonRequest(endpoint(route.baseUrl, vertexPath(route)), body), ignored };
  // Bases are written with and without the version.
  const message = jsonRequest(endpoint(route.baseUrl, "/v1/messages", /\/v1$/), body);
  return { request: { ...message, headers: { ...message.headers, "anthropic-version": VERSION } }, ignored };
}

/** `claude-sonnet-4-5@20250929` stays as it is: `@` may stand in a path. */
function vertexPath({ model }: Route): string {
  return `/models/${encodeURIComponent(model).replaceAll("%40", "@")}:streamRawPredict`;
}

function userContent(request: TextRequest): string | object[] {
  if (request.images.length === 0) return request.prompt;
  return [
    ...request.images.map(({ mimeType, base64 }) => ({
      type: "image",
      source: { type: "base64", media_type: mimeType, data: base64 },
    })),
    { type: "text", text: request.prompt },
  ];
}

interface ThinkingFields {
  thinking: { type: string; budget_tokens?: number };
  output_config?: { effort: string };
}

/** `budget` is `null` for models that are told an effort. */
export function thinkingFields(level: ThinkingLevel, budget: number | null): ThinkingFields {
  if (level === "off") return { thinking: { type: "disabled" } };
  if (budget !== null) return { thinking: { type: "enabled", budget_tokens: budget } };
  const effort = level === "minimal" ? "low" : level === "ultra" ? "max" : level;
  return { thinking: { type: "adaptive" }, ...(effort !== "adaptive" && { output_config: { effort } }) };
}

/**
 * `max_tokens`, and how much of it may be reasoning. `--max-tokens` is about the answer, so a budget comes on top of it,
 * as far as what the model is known to take allows.
 */
export function limits(
  { thinking, maxTokens: asked }: TextRequest,
  route: Route,
): { limit: number; budget: number | null } {
  const known = route.maxTokens ?? route.quirks.maxTokens?.find(({ model }) => model.test(route.model))?.tokens;
  if (!thinking || thinking === "off" || ADAPTIVE_MODELS.test(route.model)) {
    return { limit: asked ?? known ?? DEFAULT_MAX_TOKENS, budget: null };
  }
  const answer = asked ?? (known === undefined ? DEFAULT_MAX_TOKENS : LEAST_ANSWER);
  const most = BUDGETS[thinking] + answer;
  const limit = asked === undefined ? (known ?? most) : Math.max(asked, Math.min(known ?? most, most));
  return { limit, budget: Math.max(BUDGETS.minimal, Math.min(BUDGETS[thinking], limit - answer)) };
}

const usage = v.nullish(
  v.object({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
  }),
);
/** Why the model declined. */
const stop_details = v.nullish(v.object({ explanation: text }));
const message = v.object({
  content: v.nullish(v.array(v.object({ type: text, text, thinking: text }))),
  stop_reason: text,
  stop_details,
  usage,
  error: v.nullish(v.unknown()),
  // MiniMax speaks this wire and says its errors in its own way, inside a 200.
  base_resp: v.nullish(v.object({ status_code: count, status_msg: text })),
});
const event = v.object({
  type: text,
  message: v.nullish(message),
  content_block: v.nullish(v.object({ type: text, text, thinking: text })),
  delta: v.nullish(v.object({ type: text, text, thinking: text, stop_reason: text, stop_details })),
  usage,
  error: v.nullish(v.unknown()),
});

function readFrame(frame: { data: string }): Step {
  const { type, message: start, content_block, delta, usage: used, error } = parseMessage(event, parseJson(frame.data));
  switch (type) {
    case "message_start":
      return start?.usage ? { usage: usageOf(start.usage) } : {};
    case "content_block_start":
      return content_block ? readBlocks([content_block]) : {};
    case "content_block_delta":
      return delta ? readBlocks([delta]) : {};
    case "message_delta":
      return {
        ...(delta && readStop(delta)),
        ...(used && { usage: usageOf(used) }),
      };
    case "message_stop":
      return { end: true };
    case "error":
      return { failure: error ?? { message: "The stream reported an error without saying which." } };
    default:
      // Gateways put their own errors in between, without a type.
      if (error) return { failure: error };
      if (type) return {};
      throw malformed("a message without a type.");
  }
}

function readWhole(json: unknown): Step {
  const { content, usage: used, error, base_resp: outcome, ...stop } = parseMessage(message, json);
  if (error) return { failure: error };
  if (outcome?.status_code) return { failure: outcome };
  return {
    ...readBlocks(content ?? []),
    ...readStop(stop),
    ...(used && { usage: usageOf(used) }),
    end: true,
  };
}

function readBlocks(
  blocks: readonly { text?: string | null | undefined; thinking?: string | null | undefined }[],
): Step {
  const answer = blocks.map((block) => block.text ?? "").join("");
  const reasoning = blocks.map((block) => block.thinking ?? "").join("");
  return { ...(answer && { text: answer }), ...(reasoning && { reasoning }) };
}

function readStop(stop: {
  stop_reason?: string | null | undefined;
  stop_details?: v.InferOutput<typeof stop_details>;
}): Step {
  if (!stop.stop_reason) return {};
  const why = stop.stop_details?.explanation;
  return { finishReason: finishReason(stop.stop_reason), ...(why && { wholeRefusal: why }) };
}

function finishReason(word: string): FinishReason {
  switch (word) {
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "content_filter";
    case "tool_use":
      return "tool_calls";
    default:
      return "other";
  }
}

/** Anthropic counts cached input apart from `input_tokens`. */
function usageOf(used: NonNullable<v.InferOutput<typeof usage>>): Usage {
  const cached = used.cache_read_input_tokens ?? 0;
  const input = used.input_tokens ?? undefined;
  return defined({
    inputTokens: input === undefined ? undefined : input + cached + (used.cache_creation_input_tokens ?? 0),
    outputTokens: used.output_tokens,
    cachedInputTokens: cached > 0 ? cached : undefined,
  });
}
