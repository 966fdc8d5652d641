import { crc32 } from "node:zlib";
import type { FinishReason } from "../../src/core/envelope.ts";

/** A message as it goes over the wire: text, or bytes where the wire is binary. */
export type Piece = string | Buffer;

/** One vendor's way of speaking, as its own description has it: what a fault is made of. */
export interface Wire {
  /** OpenClaw's name for it in `models.providers.<id>.api`. */
  api: string;
  contentType: string;
  /** A whole answer as the messages of a stream, in order. */
  stream(answer: FakeAnswer): Piece[];
  /** The same in one piece. */
  whole(answer: FakeAnswer): string;
  /** The vendor's error body. */
  error(status: number, message: string): string;
  /** An error as it comes in the middle of a stream. */
  errorMessage(message: string): Piece;
  /** A message of the stream with this in it. */
  message(data: string): Piece;
}

export interface FakeAnswer {
  pieces: readonly string[];
  reasoning?: string;
  finish?: FinishReason;
}

const sse = (data: unknown, event?: string): string =>
  `${event ? `event: ${event}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const line = (data: unknown): string => `${JSON.stringify(data)}\n`;
const sseMessage = (data: string): string => sse(data);
const USAGE = { input: 11, output: 7 };

const chatFinish = (finish: FinishReason = "stop"): string => finish;
const anthropicFinish: Partial<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  content_filter: "refusal",
};
const googleFinish: Partial<Record<FinishReason, string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  content_filter: "SAFETY",
};

const openaiChat: Wire = {
  api: "openai-completions",
  contentType: "text/event-stream",
  stream: ({ pieces, reasoning, finish }) => [
    ...(reasoning ? [sse({ choices: [{ index: 0, delta: { reasoning_content: reasoning } }] })] : []),
    ...pieces.map((content) => sse({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
    sse({ choices: [{ index: 0, delta: {}, finish_reason: chatFinish(finish) }] }),
    sse({
      choices: [],
      usage: { prompt_tokens: USAGE.input, completion_tokens: USAGE.output, total_tokens: USAGE.input + USAGE.output },
    }),
    sse("[DONE]"),
  ],
  whole: ({ pieces, finish }) =>
    JSON.stringify({
      choices: [
        { index: 0, message: { role: "assistant", content: pieces.join("") }, finish_reason: chatFinish(finish) },
      ],
      usage: { prompt_tokens: USAGE.input, completion_tokens: USAGE.output, total_tokens: USAGE.input + USAGE.output },
    }),
  error: (_status, message) => JSON.stringify({ error: { message, type: "some_error", param: null, code: null } }),
  errorMessage: (message) => sse({ error: { message, type: "server_error" } }),
  message: sseMessage,
};

const responsesBody = ({ pieces, finish = "stop" }: FakeAnswer): object => ({
  status: finish === "stop" ? "completed" : "incomplete",
  incomplete_details: finish === "stop" ? null : { reason: finish === "length" ? "max_output_tokens" : finish },
  error: null,
  output: [{ type: "message", content: [{ type: "output_text", text: pieces.join("") }] }],
  usage: { input_tokens: USAGE.input, output_tokens: USAGE.output, total_tokens: USAGE.input + USAGE.output },
});

const openaiResponses: Wire = {
  api: "openai-responses",
  contentType: "text/event-stream",
  stream: (answer) => [
    sse({ type: "response.created", response: { status: "in_progress", output: [] } }, "response.created"),
    ...(answer.reasoning
      ? [sse({ type: "response.reasoning_text.delta", delta: answer.reasoning }, "response.reasoning_text.delta")]
      : []),
    ...answer.pieces.map((delta) =>
      sse({ type: "response.output_text.delta", delta, output_index: 0 }, "response.output_text.delta"),
    ),
    sse(
      {
        type: (answer.finish ?? "stop") === "stop" ? "response.completed" : "response.incomplete",
        response: responsesBody(answer),
      },
      "response.completed",
    ),
  ],
  whole: (answer) => JSON.stringify(responsesBody(answer)),
  error: openaiChat.error,
  errorMessage: (message) => sse({ type: "error", code: "server_error", message, param: null }, "error"),
  message: sseMessage,
};

const anthropicMessages: Wire = {
  api: "anthropic-messages",
  contentType: "text/event-stream",
  stream: ({ pieces, reasoning, finish = "stop" }) => [
    sse(
      { type: "message_start", message: { content: [], usage: { input_tokens: USAGE.input, output_tokens: 1 } } },
      "message_start",
    ),
    sse({ type: "ping" }, "ping"),
    ...(reasoning
      ? [
          sse(
            { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: reasoning } },
            "content_block_delta",
          ),
        ]
      : []),
    ...pieces.map((text) =>
      sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }, "content_block_delta"),
    ),
    sse(
      {
        type: "message_delta",
        delta: { stop_reason: anthropicFinish[finish] },
        usage: { output_tokens: USAGE.output },
      },
      "message_delta",
    ),
    sse({ type: "message_stop" }, "message_stop"),
  ],
  whole: ({ pieces, finish = "stop" }) =>
    JSON.stringify({
      type: "message",
      content: [{ type: "text", text: pieces.join("") }],
      stop_reason: anthropicFinish[finish],
      usage: { input_tokens: USAGE.input, output_tokens: USAGE.output },
    }),
  error: (_status, message) =>
    JSON.stringify({ type: "error", error: { type: "some_error", message }, request_id: "req_1" }),
  errorMessage: (message) => sse({ type: "error", error: { type: "api_error", message } }, "error"),
  message: sseMessage,
};

const googleUsage = {
  promptTokenCount: USAGE.input,
  candidatesTokenCount: USAGE.output,
  totalTokenCount: USAGE.input + USAGE.output,
};

const googleGenerateContent: Wire = {
  api: "google-generative-ai",
  contentType: "text/event-stream",
  stream: ({ pieces, reasoning, finish = "stop" }) => [
    ...(reasoning
      ? [sse({ candidates: [{ content: { role: "model", parts: [{ text: reasoning, thought: true }] } }] })]
      : []),
    ...pieces.map((text) => sse({ candidates: [{ content: { role: "model", parts: [{ text }] } }] })),
    sse({ candidates: [{ content: { parts: [] }, finishReason: googleFinish[finish] }], usageMetadata: googleUsage }),
  ],
  whole: ({ pieces, finish = "stop" }) =>
    JSON.stringify({
      candidates: [{ content: { parts: [{ text: pieces.join("") }] }, finishReason: googleFinish[finish] }],
      usageMetadata: googleUsage,
    }),
  error: (status, message) => JSON.stringify({ error: { code: status, message, status: "SOME_STATUS", details: [] } }),
  errorMessage: (message) => sse({ error: { code: 500, message, status: "INTERNAL" } }),
  message: sseMessage,
};

const enveloped = (frame: string): string => sse({ response: JSON.parse(frame.replace(/^data: /, "")) });
const googleCodeAssist: Wire = {
  ...googleGenerateContent,
  api: "google-gemini-cli",
  stream: (answer) => googleGenerateContent.stream(answer).map((frame) => enveloped(String(frame))),
  whole: (answer) => JSON.stringify({ response: JSON.parse(googleGenerateContent.whole(answer)) }),
};

const ollamaChat: Wire = {
  api: "ollama",
  contentType: "application/x-ndjson",
  stream: ({ pieces, reasoning, finish = "stop" }) => [
    ...(reasoning ? [line({ message: { role: "assistant", content: "", thinking: reasoning }, done: false })] : []),
    ...pieces.map((content) => line({ message: { role: "assistant", content }, done: false })),
    line({
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: finish,
      prompt_eval_count: USAGE.input,
      eval_count: USAGE.output,
    }),
  ],
  whole: ({ pieces, finish = "stop" }) =>
    line({
      message: { role: "assistant", content: pieces.join("") },
      done: true,
      done_reason: finish,
      prompt_eval_count: USAGE.input,
      eval_count: USAGE.output,
    }),
  error: (_status, message) => JSON.stringify({ error: message }),
  errorMessage: (message) => line({ error: message }),
  message: (data) => `${data}\n`,
};

/** A message of `application/vnd.amazon.eventstream`: https://smithy.io/2.0/aws/amazon-eventstream.html */
export function awsMessage(headers: Readonly<Record<string, string>>, payload: string | Buffer): Buffer {
  const encoded = Object.entries(headers).map(([name, value]) => {
    const [key, text] = [Buffer.from(name), Buffer.from(value)];
    return Buffer.concat([Buffer.of(key.length), key, Buffer.of(7, text.length >> 8, text.length & 255), text]);
  });
  const [head, body] = [Buffer.concat(encoded), Buffer.from(payload)];
  const prelude = words(16 + head.length + body.length, head.length);
  const start = Buffer.concat([prelude, words(crc32(prelude)), head, body]);
  return Buffer.concat([start, words(crc32(start))]);
}

function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * at);
  return bytes;
}

const bedrockFinish: Partial<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  content_filter: "guardrail_intervened",
};
const bedrockUsage = {
  inputTokens: USAGE.input,
  outputTokens: USAGE.output,
  totalTokens: USAGE.input + USAGE.output,
};
const bedrockEvent = (type: string, payload: string): Buffer =>
  awsMessage({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" }, payload);
const bedrock = (type: string, payload: object): Buffer =>
  bedrockEvent(type, JSON.stringify({ ...payload, p: "abcd" }));

const bedrockConverse: Wire = {
  api: "bedrock-converse-stream",
  contentType: "application/vnd.amazon.eventstream",
  stream: ({ pieces, reasoning, finish = "stop" }) => [
    bedrock("messageStart", { role: "assistant" }),
    ...(reasoning
      ? [bedrock("contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { text: reasoning } } })]
      : []),
    ...pieces.map((text) => bedrock("contentBlockDelta", { contentBlockIndex: 0, delta: { text } })),
    bedrock("contentBlockStop", { contentBlockIndex: 0 }),
    bedrock("messageStop", { stopReason: bedrockFinish[finish] }),
    bedrock("metadata", { usage: bedrockUsage, metrics: { latencyMs: 5 } }),
  ],
  whole: ({ pieces, finish = "stop" }) =>
    JSON.stringify({
      output: { message: { role: "assistant", content: [{ text: pieces.join("") }] } },
      stopReason: bedrockFinish[finish],
      usage: bedrockUsage,
      metrics: { latencyMs: 5 },
    }),
  error: (_status, message) => JSON.stringify({ message }),
  errorMessage: (message) =>
    awsMessage(
      {
        ":exception-type": "modelStreamErrorException",
        ":content-type": "application/json",
        ":message-type": "exception",
      },
      JSON.stringify({ message }),
    ),
  message: (data) => bedrockEvent("contentBlockDelta", data),
};

export const WIRES: Readonly<Record<string, Wire>> = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  "google-generate-content": googleGenerateContent,
  "google-code-assist": googleCodeAssist,
  "bedrock-converse": bedrockConverse,
  "ollama-chat": ollamaChat,
};
