import { AWS_PROVIDERS } from "./aws.ts";
import { AZURE, AZURE_KEY } from "./azure.ts";
import { CLAUDE_QUIRKS } from "./claude.ts";
import { CODEX_PROVIDERS } from "./codex.ts";
import { COPILOT_PROVIDERS } from "./copilot.ts";
import { GATEWAYS } from "./gateways.ts";
import { GOOGLE_CLOUD_PROVIDERS } from "./google-cloud.ts";
import { HOSTS } from "./hosts.ts";
import { LOCAL_SERVERS } from "./local-servers.ts";
import { MAKERS } from "./makers.ts";
import * as thinking from "./thinking.ts";
import type { Provider } from "./types.ts";

/** OpenClaw's own default, for a model that is named without its provider. */
export const DEFAULT_PROVIDER = "openai";

/** What to tell somebody who has nothing set up yet. */
export const FIRST_STEPS =
  "Set a key, for example OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, save one with infer model auth login --provider <id>, or name a local server: --model ollama/<model>";

/**
 * Every provider, in the order in which the first one with a credential is chosen: the best known, then those who make
 * models, those who serve them, gateways, logins to clouds, and the user's own machine. A vendor that speaks chat
 * completions is one row: id, name, env, baseUrl, `text`.
 *
 * Endpoints, variables and default models: `provider-facts`, read from OpenClaw 2026.5.31.
 */
export const PROVIDERS: readonly Provider[] = [
  {
    id: "openai",
    name: "OpenAI",
    env: ["OPENAI_API_KEY"],
    baseUrl: "https://api.openai.com/v1",
    // A base URL of the config may lead to Azure.
    auth: [AZURE_KEY],
    loginProvider: "openai-codex",
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
      quirks: CLAUDE_QUIRKS,
      modelAliases: {
        opus: "claude-opus-4-8",
        "opus-4.8": "claude-opus-4-8",
        "opus-4.6": "claude-opus-4-6",
        "sonnet-4.6": "claude-sonnet-4-6",
      },
    },
  },
  {
    id: "google",
    name: "Google Gemini",
    aliases: ["gemini"],
    env: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    version: "/v1beta",
    auth: [
      // OpenClaw keeps a login as JSON where others keep a key: {"token":"ya29.…"}.
      { keys: /^\{.*"token"\s*:\s*"([^"]+)"/, header: "authorization", prefix: "Bearer " },
      { header: "x-goog-api-key" },
    ],
    text: {
      protocol: "google-generate-content",
      defaultModel: "gemini-3.1-pro-preview",
      modelAliases: {
        "gemini-3-pro": "gemini-3.1-pro-preview",
        "gemini-3-pro-preview": "gemini-3.1-pro-preview",
        "gemini-3.1-pro": "gemini-3.1-pro-preview",
        "gemini-3-flash": "gemini-3-flash-preview",
        "gemini-3.1-flash": "gemini-3-flash-preview",
        "gemini-3.1-flash-preview": "gemini-3-flash-preview",
        "gemini-3.1-flash-lite-preview": "gemini-3.1-flash-lite",
      },
    },
  },
  {
    id: "openrouter",
    name: "OpenRouter",
    env: ["OPENROUTER_API_KEY"],
    baseUrl: "https://openrouter.ai/api/v1",
    login: "openrouter-pkce",
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
    text: {
      protocol: "openai-chat",
      defaultModel: "llama-3.3-70b-versatile",
      // A model that does not reason is not asked to: Groq answers 400. https://console.groq.com/docs/reasoning
      quirks: { thinking: thinking.NONE },
      wires: [
        { model: /gpt-oss/, protocol: "openai-chat", quirks: { thinking: thinking.LOW_TO_HIGH } },
        { model: /qwen3/, protocol: "openai-chat", quirks: { thinking: thinking.GROQ_QWEN } },
      ],
    },
  },
  ...MAKERS,
  ...HOSTS,
  ...GATEWAYS,
  ...AZURE,
  ...CODEX_PROVIDERS,
  ...COPILOT_PROVIDERS,
  ...GOOGLE_CLOUD_PROVIDERS,
  ...AWS_PROVIDERS,
  ...LOCAL_SERVERS,
  {
    id: "local",
    name: "Embedded engines",
    env: [],
    baseUrl: "",
    keyless: true,
    embedded: true,
    embedding: { protocol: "local-use-lite", defaultModel: "use-lite", models: ["use-lite"] },
  },
];
