import * as v from "valibot";
import type { FinishReason, Usage } from "../core/envelope.ts";
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

/** `POST /api/chat`: Ollama's native wire, newline-delimited JSON. */
export const ollamaChat: TextProtocol = { framing: "ndjson", build, readFrame, readWhole };

function build(request: TextRequest, route: Route): Built {
  const options = defined({ num_predict: request.maxTokens ?? route.maxTokens, temperature: request.temperature });
  const body = {
    model: route.model,
    messages: [
      ...(request.system === undefined ? [] : [{ role: "system", content: request.system }]),
      {
        role: "user",
        content: request.prompt,
        ...(request.images.length > 0 && { images: request.images.map((image) => image.base64) }),
      },
    ],
    stream: true,
    ...(Object.keys(options).length > 0 && { options }),
    ...(request.thinking && { think: thinkField(request.thinking, route.model) }),
  };
  // Configs written for Ollama's OpenAI-compatible side end in /v1.
  return { request: jsonRequest(endpoint(route.baseUrl, "/api/chat", /\/v1$/), body), ignored: [] };
}

/** Levels are for gpt-oss; every other model that thinks takes a switch and refuses a level. */
function thinkField(level: ThinkingLevel, model: string): boolean | string {
  if (level === "off") return false;
  if (!/gpt-oss/.test(model) || level === "adaptive") return true;
  if (level === "minimal" || level === "low") return "low";
  return level === "medium" ? "medium" : "high";
}

const chunk = v.object({
  message: v.nullish(v.object({ content: text, thinking: text })),
  done: v.nullish(v.boolean()),
  done_reason: text,
  prompt_eval_count: count,
  eval_count: count,
  error: v.nullish(v.unknown()),
});

function readFrame(frame: { data: string }): Step {
  return readWhole(parseJson(frame.data));
}

function readWhole(json: unknown): Step {
  const { message, done, done_reason, prompt_eval_count, eval_count, error } = parseMessage(chunk, json);
  const step: Step = {};
  if (error) step.failure = error;
  if (message?.content) step.text = message.content;
  if (message?.thinking) step.reasoning = message.thinking;
  if (done) {
    step.end = true;
    step.finishReason = finishReason(done_reason ?? "stop");
    step.usage = usageOf(prompt_eval_count ?? undefined, eval_count ?? undefined);
  }
  return step;
}

function finishReason(word: string): FinishReason {
  return word === "stop" || word === "length" ? word : "other";
}

function usageOf(inputTokens: number | undefined, outputTokens: number | undefined): Usage {
  const known = inputTokens !== undefined && outputTokens !== undefined;
  return defined({ inputTokens, outputTokens, totalTokens: known ? inputTokens + outputTokens : undefined });
}
