import * as v from "valibot";

/** OpenClaw's names for the wires, and ours. */
export const APIS = {
  "openai-completions": "openai-chat",
  "openai-responses": "openai-responses",
  "anthropic-messages": "anthropic-messages",
  "google-generative-ai": "google-generate-content",
  ollama: "ollama-chat",
} as const;

/** valibot takes an array for an object. */
const notAnArray = v.check((value: unknown) => !Array.isArray(value), "expected an object, received an array");

function object<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(v.unknown(), notAnArray, v.object(entries));
}

function record<Value extends v.GenericSchema>(value: Value) {
  return v.pipe(v.unknown(), notAnArray, v.record(v.string(), value));
}

/** A text, or where to get it: OpenClaw's SecretRef. */
const secret = v.union(
  [v.string(), v.object({ source: v.picklist(["env", "file", "exec"]), id: v.string() })],
  "expected a string or a secret reference",
);

const configuredModel = object({
  id: v.string(),
  name: v.optional(v.string()),
  input: v.optional(v.array(v.string())),
  maxTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

/** `api` may be one that infer does not speak: that matters only once the provider is chosen. */
const configuredProvider = object({
  baseUrl: v.optional(v.string()),
  apiKey: v.optional(secret),
  api: v.optional(v.string()),
  headers: v.optional(record(secret)),
  models: v.optional(v.array(configuredModel)),
});

const defaultModel = v.union(
  [v.string(), object({ primary: v.optional(v.string()), fallbacks: v.optional(v.array(v.string())) })],
  "expected provider/model, or an object with primary and fallbacks",
);

/** The parts of OpenClaw's `openclaw.json` that infer uses; every other key is OpenClaw's business. */
export const configSchema = object({
  env: v.optional(record(v.unknown())),
  agents: v.optional(object({ defaults: v.optional(object({ model: v.optional(defaultModel) })) })),
  models: v.optional(object({ providers: v.optional(record(configuredProvider)) })),
});

export type Config = v.InferOutput<typeof configSchema>;
export type ConfiguredModel = v.InferOutput<typeof configuredModel>;
export type SecretValue = v.InferOutput<typeof secret>;
