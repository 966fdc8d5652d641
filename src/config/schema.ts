import * as v from "valibot";
import { channels, gateway, memorySearch, plugins, tools, tts } from "./capability-shape.ts";
import { configuredProvider } from "./provider-shape.ts";
import { secrets } from "./secret-shape.ts";
import { anything, flag, list, map, object, text, textOr } from "./shape.ts";

export type { MediaEntry, MediaSettings, PersonaBlock, TtsBlock } from "./capability-shape.ts";
export type { ConfiguredModel, ConfiguredProvider, ConfiguredRequest } from "./provider-shape.ts";
export type { SecretValue } from "./secret-shape.ts";

/** OpenClaw's names for the wires, and ours. */
export const APIS = {
  "openai-completions": "openai-chat",
  "openai-responses": "openai-responses",
  "openai-chatgpt-responses": "openai-responses",
  "openai-codex-responses": "openai-responses",
  "github-copilot": "openai-responses",
  "azure-openai-responses": "openai-responses",
  "anthropic-messages": "anthropic-messages",
  "google-generative-ai": "google-generate-content",
  "google-vertex": "google-generate-content",
  "google-gemini-cli": "google-code-assist",
  "bedrock-converse-stream": "bedrock-converse",
  ollama: "ollama-chat",
} as const;

/** One model, or one and those to take in its place. */
const modelChoice = textOr(
  object({ primary: v.optional(text), fallbacks: v.optional(list(text)) }),
  "provider/model, or an object with primary and fallbacks",
);

const agentDefaults = object({
  model: v.optional(modelChoice),
  models: v.optional(map(object({ alias: v.optional(text) }))),
  imageModel: v.optional(modelChoice),
  imageGenerationModel: v.optional(modelChoice),
  videoGenerationModel: v.optional(modelChoice),
  /** Since 2026.9 in place of the two before it: `{image: …, video: …}`. */
  mediaModels: v.optional(map(modelChoice)),
  memorySearch: v.optional(v.lazy(memorySearch)),
});

const agent = object({
  id: text,
  default: v.optional(flag),
  model: v.optional(modelChoice),
  agentDir: v.optional(text),
  tts: v.optional(v.lazy(tts)),
});

/** The parts of OpenClaw's `openclaw.json` that infer uses; every other key is OpenClaw's business. */
export const configSchema = object({
  env: v.optional(map(anything)),
  secrets: v.optional(v.lazy(secrets)),
  agents: v.optional(object({ defaults: v.optional(agentDefaults), list: v.optional(list(agent)) })),
  models: v.optional(object({ providers: v.optional(map(configuredProvider)) })),
  tools: v.optional(v.lazy(tools)),
  messages: v.optional(object({ tts: v.optional(v.lazy(tts)) })),
  tts: v.optional(v.lazy(tts)),
  channels: v.optional(v.lazy(channels)),
  memory: v.optional(object({ search: v.optional(v.lazy(memorySearch)) })),
  plugins: v.optional(v.lazy(plugins)),
  gateway: v.optional(v.lazy(gateway)),
});

export type Config = v.InferOutput<typeof configSchema>;
export type ModelChoice = v.InferOutput<typeof modelChoice>;
