import * as v from "valibot";
import { configuredRequest } from "./provider-shape.ts";
import { secret } from "./secret-shape.ts";
import { anything, count, flag, list, map, object, oneOf, positive, text } from "./shape.ts";

// OpenClaw 2026.5 and 2026.9 keep some of these in different places; what stands there has the same shape. Each is made
// when a config has it: most have few of them, and every run pays for the schema.

/** `tools`: what reads media, searches and reads the web. */
export function tools() {
  const web = { search: v.optional(webSearch()), fetch: v.optional(webFetch()) };
  return object({ media: v.optional(media()), web: v.optional(object(web)) });
}

/** `messages.tts`, and `tts` since 2026.9. */
export function tts() {
  return object({
    provider: v.optional(text),
    providers: v.optional(map(map(anything))),
    maxTextLength: v.optional(count),
    timeoutMs: v.optional(count),
  });
}

/** `agents.defaults.memorySearch`, and `memory.search` since 2026.9. */
export function memorySearch() {
  const remote = { baseUrl: v.optional(text), apiKey: v.optional(secret), headers: v.optional(map(secret)) };
  return object({
    enabled: v.optional(flag),
    provider: v.optional(text),
    model: v.optional(text),
    fallback: v.optional(text),
    outputDimensionality: v.optional(count),
    inputType: v.optional(text),
    queryInputType: v.optional(text),
    documentInputType: v.optional(text),
    remote: v.optional(object(remote)),
  });
}

export function plugins() {
  return object({ entries: v.optional(map(object({ enabled: v.optional(flag), config: v.optional(map(anything)) }))) });
}

export function gateway() {
  const secrets = { token: v.optional(secret), password: v.optional(secret) };
  return object({
    mode: v.optional(text),
    port: v.optional(count),
    auth: v.optional(object({ mode: v.optional(text), ...secrets })),
    remote: v.optional(object({ url: v.optional(text), tlsFingerprint: v.optional(text), ...secrets })),
  });
}

function media() {
  const kind = mediaKind();
  return object({
    models: v.optional(list(mediaModel())),
    image: v.optional(kind),
    audio: v.optional(kind),
    video: v.optional(kind),
  });
}

/** `tools.media.image` and the like: for every model, unless it says otherwise. */
function mediaKind() {
  return object({ ...mediaRequest(), enabled: v.optional(flag), models: v.optional(list(mediaModel())) });
}

function mediaModel() {
  return object({
    ...mediaRequest(),
    type: v.optional(oneOf("provider", "cli")),
    provider: v.optional(text),
    model: v.optional(text),
    /** The saved credential to use. */
    profile: v.optional(text),
    /** What an entry of the shared list is for. */
    capabilities: v.optional(list(text)),
    command: v.optional(text),
    args: v.optional(list(text)),
  });
}

function mediaRequest() {
  return {
    baseUrl: v.optional(text),
    headers: v.optional(map(secret)),
    request: v.optional(v.lazy(configuredRequest)),
    prompt: v.optional(text),
    language: v.optional(text),
    maxChars: v.optional(count),
    maxBytes: v.optional(count),
    timeoutSeconds: v.optional(positive),
  };
}

export type MediaSettings = v.InferOutput<ReturnType<typeof mediaKind>>;
export type MediaEntry = v.InferOutput<ReturnType<typeof mediaModel>>;

function webSearch() {
  return object({
    enabled: v.optional(flag),
    provider: v.optional(text),
    apiKey: v.optional(secret),
    maxResults: v.optional(count),
    timeoutSeconds: v.optional(positive),
  });
}

function webFetch() {
  return object({
    enabled: v.optional(flag),
    provider: v.optional(text),
    maxChars: v.optional(count),
    maxResponseBytes: v.optional(count),
    timeoutSeconds: v.optional(positive),
    userAgent: v.optional(text),
    firecrawl: v.optional(object({ apiKey: v.optional(secret), baseUrl: v.optional(text) })),
  });
}
