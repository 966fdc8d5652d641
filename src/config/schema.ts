import * as v from "valibot";

/**
 * The parts of OpenClaw's `openclaw.json` that infer uses; every other key is OpenClaw's business. `api` names are
 * OpenClaw's.
 */
export const APIS = {
  "openai-completions": "openai-chat",
  "openai-responses": "openai-responses",
  "anthropic-messages": "anthropic-messages",
  "google-generative-ai": "google-generate-content",
  ollama: "ollama-chat",
} as const;

const secret = v.union(
  [v.string(), v.object({ source: v.picklist(["env", "file", "exec"]), id: v.string() })],
  "expected a string or a secret reference",
);

const configuredModel = v.object({
  id: v.string(),
  name: v.optional(v.string()),
  input: v.optional(v.array(v.string())),
  maxTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

const configuredProvider = v.object({
  baseUrl: v.optional(v.string()),
  apiKey: v.optional(secret),
  api: v.optional(
    v.picklist(
      Object.keys(APIS) as (keyof typeof APIS)[],
      ({ received }) => `expected one of ${Object.keys(APIS).join(", ")}, received ${received}`,
    ),
  ),
  headers: v.optional(v.record(v.string(), v.string())),
  models: v.optional(v.array(configuredModel)),
});

const defaultModel = v.union(
  [v.string(), v.object({ primary: v.optional(v.string()), fallbacks: v.optional(v.array(v.string())) })],
  "expected provider/model, or an object with primary and fallbacks",
);

export const configSchema = v.object({
  env: v.optional(v.record(v.string(), v.unknown())),
  agents: v.optional(v.object({ defaults: v.optional(v.object({ model: v.optional(defaultModel) })) })),
  models: v.optional(v.object({ providers: v.optional(v.record(v.string(), configuredProvider)) })),
});

export type Config = v.InferOutput<typeof configSchema>;
export type ConfiguredProvider = v.InferOutput<typeof configuredProvider>;
export type ConfiguredModel = v.InferOutput<typeof configuredModel>;
export type SecretValue = v.InferOutput<typeof secret>;
