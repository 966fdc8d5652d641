import * as v from "valibot";
import type { FinishReason, IgnoredOverride, Usage } from "../core/envelope.ts";
import type { Frame } from "../http/frames.ts";
import { thinkingFields as claudeThinking, limits } from "./anthropic-messages.ts";
import { count, malformed, parseJson, parseMessage, text } from "./message.ts";
import {
  type Built,
  defined,
  endpoint,
  type Image,
  jsonRequest,
  type Route,
  type Step,
  type TextProtocol,
  type TextRequest,
} from "./wire.ts";

/**
 * `POST /model/{id}/converse-stream`: Amazon Bedrock's one wire for the models of all vendors.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export const bedrockConverse: TextProtocol = { framing: "aws-event-stream", build, readFrame, readWhole };

function build(request: TextRequest, route: Route): Built {
  const { inferenceConfig, additionalModelRequestFields, ignored } = controls(request, route);
  const body = {
    messages: [{ role: "user", content: [...request.images.map(imageBlock), { text: request.prompt }] }],
    ...(request.system !== undefined && { system: [{ text: request.system }] }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(additionalModelRequestFields && { additionalModelRequestFields }),
  };
  // An ARN has colons and slashes in it, and is one segment of the path.
  const path = `/model/${encodeURIComponent(route.model)}/converse-stream`;
  return { request: jsonRequest(endpoint(route.baseUrl, path), body), ignored };
}

interface Controls {
  inferenceConfig: { maxTokens?: number; temperature?: number };
  additionalModelRequestFields?: object;
  ignored: IgnoredOverride[];
}

/** Thinking is no part of this wire: Claude's own fields are handed through, and other vendors' are not alike. */
function controls(request: TextRequest, route: Route): Controls {
  const { thinking, temperature } = request;
  const maxTokens = request.maxTokens ?? route.maxTokens;
  if (!thinking) return { inferenceConfig: defined({ maxTokens, temperature }), ignored: [] };
  if (!/claude/.test(route.model)) {
    return { inferenceConfig: defined({ maxTokens, temperature }), ignored: [{ key: "thinking", value: thinking }] };
  }
  const { limit, budget } = limits(request, route);
  // As on Anthropic's own wire: no temperature while the model reasons.
  const dropped = thinking === "off" ? undefined : temperature;
  return {
    inferenceConfig: defined({
      maxTokens: budget === null ? maxTokens : limit,
      temperature: thinking === "off" ? temperature : undefined,
    }),
    additionalModelRequestFields: claudeThinking(thinking, budget),
    ignored: dropped === undefined ? [] : [{ key: "temperature", value: dropped }],
  };
}

/** `png`, `jpeg`, `gif` and `webp` are Bedrock's formats, and what follows the slash. */
function imageBlock({ mimeType, base64 }: Image): object {
  return { image: { format: mimeType.replace("image/", ""), source: { bytes: base64 } } };
}

const block = v.object({
  text,
  reasoningContent: v.nullish(v.object({ text, reasoningText: v.nullish(v.object({ text })) })),
});
const usage = v.nullish(
  v.object({
    inputTokens: count,
    outputTokens: count,
    totalTokens: count,
    cacheReadInputTokens: count,
    cacheWriteInputTokens: count,
  }),
);
const delta = v.object({ delta: v.nullish(block) });
const stop = v.object({ stopReason: text });
const metadata = v.object({ usage });
const exception = v.object({ message: text, Message: text, originalMessage: text });
const whole = v.object({
  output: v.nullish(v.object({ message: v.nullish(v.object({ content: v.nullish(v.array(block)) })) })),
  stopReason: text,
  usage,
});

function readFrame({ event, data, failed }: Frame): Step {
  if (failed) return { failure: failureOf(event ?? "an error without a name", data) };
  switch (event) {
    case "contentBlockDelta": {
      const { delta: piece } = parseMessage(delta, parseJson(data));
      return piece ? readBlocks([piece]) : {};
    }
    case "messageStop": {
      const { stopReason } = parseMessage(stop, parseJson(data));
      return { finishReason: finishReason(stopReason ?? "") };
    }
    case "metadata": {
      // Comes after everything else.
      const { usage: used } = parseMessage(metadata, parseJson(data));
      return { ...(used && { usage: usageOf(used) }), end: true };
    }
    case undefined:
      throw malformed("a message without a type.");
    default:
      return {};
  }
}

/** What `POST /model/{id}/converse` answers. */
function readWhole(json: unknown): Step {
  const { output, stopReason, usage: used } = parseMessage(whole, json);
  if (!output) return { failure: json };
  return {
    ...readBlocks(output.message?.content ?? []),
    ...(stopReason && { finishReason: finishReason(stopReason) }),
    ...(used && { usage: usageOf(used) }),
    end: true,
  };
}

/** Reasoning is `reasoningContent.text` in a stream, and `reasoningContent.reasoningText.text` in a whole answer. */
function readBlocks(blocks: readonly v.InferOutput<typeof block>[]): Step {
  const answer = blocks.map((one) => one.text ?? "").join("");
  const thoughts = blocks.map(({ reasoningContent: one }) => one?.text ?? one?.reasoningText?.text ?? "").join("");
  return { ...(answer && { text: answer }), ...(thoughts && { reasoning: thoughts }) };
}

/** What each exception is over HTTP, by ConverseStream's reference. */
const STATUSES: Readonly<Record<string, number>> = {
  validationexception: 400,
  servicequotaexceededexception: 400,
  accessdeniedexception: 403,
  resourcenotfoundexception: 404,
  modeltimeoutexception: 408,
  modelerrorexception: 424,
  modelstreamerrorexception: 424,
  modelnotreadyexception: 429,
  throttlingexception: 429,
  internalserverexception: 500,
  serviceunavailableexception: 503,
};

function failureOf(name: string, data: string): object {
  const { message, Message, originalMessage } = parseMessage(exception, data === "" ? {} : parseJson(data));
  const said = message || Message || `The stream ended with ${name}.`;
  // What the model's own server said, where it is more than that.
  const origin = originalMessage && !said.includes(originalMessage) ? ` (${originalMessage})` : "";
  const status = STATUSES[name.toLowerCase()];
  return { type: name, message: said + origin, ...(status && { code: status }) };
}

function finishReason(word: string): FinishReason {
  switch (word) {
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "guardrail_intervened":
    case "content_filtered":
      return "content_filter";
    case "tool_use":
      return "tool_calls";
    default:
      return "other";
  }
}

/** Bedrock counts cached input apart from `inputTokens`, as its page on prompt caching says. */
function usageOf(used: NonNullable<v.InferOutput<typeof usage>>): Usage {
  const cached = used.cacheReadInputTokens ?? 0;
  const input = used.inputTokens ?? undefined;
  return defined({
    inputTokens: input === undefined ? undefined : input + cached + (used.cacheWriteInputTokens ?? 0),
    outputTokens: used.outputTokens,
    totalTokens: used.totalTokens,
    cachedInputTokens: cached > 0 ? cached : undefined,
  });
}
