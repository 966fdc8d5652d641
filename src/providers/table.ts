import type { Provider } from "./types.ts";

/** OpenClaw's own default, for a model that is named without its provider. */
export const DEFAULT_PROVIDER = "openai";

/** What to tell somebody who has nothing set up yet. */
export const FIRST_STEPS =
  "Set a key, for example OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or name a local server: --model ollama/<model>";

/**
 * Every provider, in the order in which the first one with a credential is chosen. A vendor that speaks
 * chat completions is one row: id, name, env, baseUrl, `text`.
 *
 * Endpoints, variables and default models: `provider-facts`, read from OpenClaw 2026.5.31.
 */
export const PROVIDERS: readonly Provider[] = [
  {
    id: "openai",
    name: "OpenAI",
    env: ["OPENAI_API_KEY"],
    baseUrl: "https://api.openai.com/v1",
    text: { protocol: "openai-responses", defaultModel: "gpt-5.5" },
  },
  {
    id: "anthropic",
    name: "Anthropic",
    env: ["ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_API_KEY"],
    baseUrl: "https://api.anthropic.com",
    auth: [
      {
        keys: /^sk-ant-oat/,
        header: "authorization",
        prefix: "Bearer ",
        also: { "anthropic-beta": "claude-code-20250219,oauth-2025-04-20" },
      },
      { header: "x-api-key" },
    ],
    text: {
      protocol: "anthropic-messages",
      defaultModel: "claude-opus-4-8",
      quirks: {
        maxTokens: [
          { model: /claude-3-(?:opus|sonnet|haiku)/, tokens: 4096 },
          { model: /claude-3-5/, tokens: 8192 },
          { model: /claude/, tokens: 32_000 },
        ],
      },
    },
  },
  {
    id: "google",
    name: "Google Gemini",
    aliases: ["gemini"],
    env: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    auth: [{ header: "x-goog-api-key" }],
    text: { protocol: "google-generate-content", defaultModel: "gemini-3.1-pro-preview" },
  },
  {
    id: "openrouter",
    name: "OpenRouter",
    env: ["OPENROUTER_API_KEY"],
    baseUrl: "https://openrouter.ai/api/v1",
    headers: { "x-openrouter-title": "infer" },
    text: {
      protocol: "openai-chat",
      defaultModel: "openrouter/auto",
      bareModelPrefix: "openrouter/",
      quirks: { thinking: "openrouter" },
    },
  },
  {
    id: "groq",
    name: "Groq",
    env: ["GROQ_API_KEY"],
    baseUrl: "https://api.groq.com/openai/v1",
    text: { protocol: "openai-chat", defaultModel: "llama-3.3-70b-versatile" },
  },
  {
    id: "mistral",
    name: "Mistral",
    env: ["MISTRAL_API_KEY"],
    baseUrl: "https://api.mistral.ai/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "mistral-large-latest",
      // Mistral refuses a member that it does not know, `stream_options` among them.
      quirks: { maxTokensField: "max_tokens", streamOptions: false, thinking: "high-or-none" },
    },
  },
  {
    id: "deepseek",
    name: "DeepSeek",
    env: ["DEEPSEEK_API_KEY"],
    baseUrl: "https://api.deepseek.com",
    text: {
      protocol: "openai-chat",
      defaultModel: "deepseek-v4-flash",
      quirks: { maxTokensField: "max_tokens", thinking: "deepseek" },
    },
  },
  {
    id: "xai",
    name: "xAI",
    aliases: ["x-ai", "grok"],
    env: ["XAI_API_KEY"],
    baseUrl: "https://api.x.ai/v1",
    text: { protocol: "openai-responses", defaultModel: "grok-4.3" },
  },
  {
    id: "ollama",
    name: "Ollama",
    env: ["OLLAMA_API_KEY"],
    baseUrl: "http://127.0.0.1:11434",
    keyless: true,
    start: "ollama serve",
    text: { protocol: "ollama-chat", defaultModel: "gemma4" },
  },
  {
    id: "lmstudio",
    name: "LM Studio",
    env: ["LM_API_TOKEN"],
    baseUrl: "http://localhost:1234/v1",
    keyless: true,
    start: "lms server start",
    text: { protocol: "openai-chat", quirks: { maxTokensField: "max_tokens" } },
  },
  {
    id: "vllm",
    name: "vLLM",
    env: ["VLLM_API_KEY"],
    baseUrl: "http://127.0.0.1:8000/v1",
    keyless: true,
    start: "vllm serve <model>",
    text: { protocol: "openai-chat", quirks: { thinking: "chat-template" } },
  },
  {
    id: "local",
    name: "Embedded engines",
    env: [],
    baseUrl: "",
    keyless: true,
    embedded: true,
    embedding: { protocol: "local-use-lite", defaultModel: "use-lite", models: ["use-lite"] },
    speech: { protocol: "local-flite", defaultModel: "flite", models: ["flite"] },
  },
];
