import * as v from "valibot";
import { isRecord } from "../core/json.ts";
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

/**
 * `messages.tts`, and `tts` since 2026.9; an agent's and a channel's own. A block that stands beside these members is a
 * provider's: `messages.tts.openai` is how older configs have it.
 */
export function tts() {
  const provider = speechProvider();
  const entries = {
    provider: v.optional(text),
    providers: v.optional(map(provider)),
    persona: v.optional(text),
    personas: v.optional(map(persona(provider))),
    prefsPath: v.optional(text),
    maxTextLength: v.optional(count),
    timeoutMs: v.optional(count),
    modelOverrides: v.optional(anything),
  };
  const beside = v.lazy((input) => (isRecord(input) ? provider : anything));
  return v.pipe(map(anything), v.objectWithRest(entries, beside));
}

/** `channels`: of one channel, only how it speaks. What is no object there is OpenClaw's business. */
export function channels() {
  const channel = object({ tts: v.optional(v.lazy(tts)) });
  const none = v.pipe(
    anything,
    v.transform((): { tts?: TtsBlock } => ({})),
  );
  return map(v.lazy((input) => (isRecord(input) ? channel : none)));
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

/**
 * What one provider is told about speaking. Vendors have members of their own, which their wires know; these are the
 * common ones. `null` counts for nothing, as in OpenClaw.
 */
function speechProvider() {
  const word = v.nullish(text);
  const known = {
    apiKey: v.optional(secret),
    baseUrl: word,
    headers: v.nullish(map(secret)),
    model: word,
    modelId: word,
    speakerVoice: word,
    speakerVoiceId: word,
    voice: word,
    voiceId: word,
    voiceName: word,
    instructions: word,
    speed: v.nullish(v.number("a number")),
    timeoutMs: v.nullish(count),
    command: word,
    args: v.nullish(list(text)),
    cwd: word,
    env: v.nullish(map(text)),
  };
  return v.pipe(map(anything), v.looseObject(known));
}

function persona(provider: ReturnType<typeof speechProvider>) {
  const prompt = {
    profile: v.optional(text),
    scene: v.optional(text),
    sampleContext: v.optional(text),
    style: v.optional(text),
    accent: v.optional(text),
    pacing: v.optional(text),
    constraints: v.optional(list(text)),
  };
  return object({
    label: v.optional(text),
    description: v.optional(text),
    provider: v.optional(text),
    fallbackPolicy: v.optional(oneOf("preserve-persona", "provider-defaults", "fail")),
    prompt: v.optional(object(prompt)),
    providers: v.optional(map(provider)),
  });
}

export type TtsBlock = v.InferOutput<ReturnType<typeof tts>>;
export type PersonaBlock = v.InferOutput<ReturnType<typeof persona>>;

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
  const scalar = v.union([v.string(), v.number(), v.boolean()], "a string, a number, or true or false");
  return {
    baseUrl: v.optional(text),
    headers: v.optional(map(secret)),
    request: v.optional(v.lazy(configuredRequest)),
    prompt: v.optional(text),
    language: v.optional(text),
    /** What a provider's requests get besides: `{deepgram: {smart_format: true}}`. */
    providerOptions: v.optional(map(map(scalar))),
    /** The same for Deepgram, in older configs. */
    deepgram: v.optional(
      object({ detectLanguage: v.optional(flag), punctuate: v.optional(flag), smartFormat: v.optional(flag) }),
    ),
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
