import type { THINKING_LEVELS } from "../core/capability.ts";
import type { FinishReason, IgnoredOverride, Usage } from "../core/envelope.ts";
import type { HttpRequest } from "../http/client.ts";
import type { Frame, Framing } from "../http/frames.ts";

/** What is asked of a model, in nobody's dialect. */
export interface TextRequest {
  prompt: string;
  system?: string | undefined;
  images: readonly Image[];
  maxTokens?: number | undefined;
  temperature?: number | undefined;
  thinking?: ThinkingLevel | undefined;
}

export interface Image {
  mimeType: string;
  base64: string;
}

export type ThinkingLevel = (typeof THINKING_LEVELS)[number];

/** How a chat-completions server wants to be told how hard to think. */
export type ThinkingDialect = "effort" | "high-or-none" | "openrouter" | "deepseek" | "chat-template";

/**
 * What is sent for each level of `--thinking`; `on` is for the levels that have no member of their own, all but `off`. A
 * level for which there is nothing is one that the vendor cannot express: `{}` is a vendor without a switch.
 */
export type ThinkingFields = Readonly<Partial<Record<ThinkingLevel | "on", object>>>;

/** Where one vendor's version of a wire differs from the rest. All of it is data in the provider's row. */
export interface TextQuirks {
  /** openai-chat: the field for the token limit. Default `max_completion_tokens`. */
  maxTokensField?: "max_tokens" | "max_completion_tokens";
  /** openai-chat, openai-responses: how to ask for reasoning. Default: the wire's own efforts, all of them. */
  thinking?: ThinkingDialect | ThinkingFields;
  /** openai-chat: the level to send when none is asked for, where the vendor's own default spoils the answer. */
  defaultThinking?: ThinkingLevel;
  /** openai-chat: `false` where `stream_options` is refused; such servers send usage unasked. */
  streamOptions?: boolean;
  /** openai-chat: content is text and nothing else; a picture is refused before it is sent. */
  stringContent?: boolean;
  /** anthropic-messages: `max_tokens` to send when none is asked for, the first pattern that the model id matches. */
  maxTokens?: readonly { model: RegExp; tokens: number }[];
  /** anthropic-messages: the form of Google Cloud, with the model in the path and the version in the body. */
  vertex?: true;
  /** openai-responses: what to send as `instructions` where they are required and nobody gave a system prompt. */
  instructions?: string;
  /** openai-responses: hints that this server answers with a 400. */
  refuses?: readonly ("maxTokens" | "temperature")[];
}

/** One model of one provider, ready to be called. */
export interface Route {
  model: string;
  baseUrl: string;
  quirks: TextQuirks;
  /** google-code-assist: the Google Cloud project on whose account the model answers. */
  project?: string | undefined;
  /** Longest answer of this model as the config declares it, in tokens: sent where nothing else is asked for, as OpenClaw does. */
  maxTokens?: number | undefined;
}

/** A request whose body is one JSON document in memory. */
export type JsonRequest = HttpRequest & { body: string };

export interface Built {
  request: JsonRequest;
  /** Hints that this wire cannot express. */
  ignored: IgnoredOverride[];
}

/** What one message of an answer adds to it. A whole, unstreamed answer is one step. */
export interface Step {
  text?: string;
  /** The complete text, sent at the end by wires that repeat it; counts only when no piece came before. */
  wholeText?: string;
  reasoning?: string;
  /** What the model says as it declines. */
  refusal?: string;
  /** The complete refusal, or why the provider blocked the request or the answer; counts when no piece came before. */
  wholeRefusal?: string;
  finishReason?: FinishReason;
  usage?: Usage;
  /** An error that came inside a 200: the provider's own error object. */
  failure?: unknown;
  /** Nothing more of the answer follows. */
  end?: boolean;
}

/** A wire for text. Everything is pure: no environment, no files, no clock, no network. */
export interface TextProtocol {
  framing: Framing;
  build(request: TextRequest, route: Route): Built;
  /** One message of a stream. Throws a `provider_error` when it is not what the wire says it is. */
  readFrame(frame: Frame): Step;
  /** A whole answer that came as one JSON document. */
  readWhole(json: unknown): Step;
}

/**
 * Joins a base URL and a path, however many slashes the base ends in. A query in the base stays (`?api-version=…`), and
 * the path's own is added to it. `strip`: an ending that bases are written with and without.
 */
export function endpoint(baseUrl: string, path: string, strip?: RegExp): string {
  const [address = "", query] = baseUrl.split("?", 2);
  const base = address.replace(/\/+$/, "");
  const url = (strip ? base.replace(strip, "") : base) + path;
  return query ? `${url}${path.includes("?") ? "&" : "?"}${query}` : url;
}

export function dataUrl(image: Image): string {
  return `data:${image.mimeType};base64,${image.base64}`;
}

/** `undefined`: the vendor cannot express this level. */
export function thinkingFields(level: ThinkingLevel, fields: ThinkingFields): object | undefined {
  return fields[level] ?? (level === "off" ? undefined : fields.on);
}

/** A credential is put on later, by the engine. */
export function jsonRequest(url: string, body: object): JsonRequest {
  return { method: "POST", url, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Leaves out what is `undefined` or `null`: a request holds only what was asked for, usage only what was told. */
export function defined<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

export function getRequest(url: string): HttpRequest {
  return { method: "GET", url, headers: {} };
}
