import { CLAUDE_QUIRKS } from "./claude.ts";
import * as thinking from "./thinking.ts";
import type { AuthForm, Provider } from "./types.ts";

/**
 * OpenCode's gateway reads its key where the wire's own vendor does: packages/console/app/src/routes/zen in
 * https://github.com/sst/opencode
 */
const OPENCODE_AUTH: readonly AuthForm[] = [
  { paths: /\/messages$/, header: "x-api-key" },
  { paths: /\/models\//, header: "x-goog-api-key" },
];

/** Vendors that pass requests on to others. */
export const GATEWAYS: readonly Provider[] = [
  {
    id: "vercel-ai-gateway",
    name: "Vercel AI Gateway",
    env: ["AI_GATEWAY_API_KEY"],
    baseUrl: "https://ai-gateway.vercel.sh",
    auth: [{ header: "x-api-key" }],
    text: {
      protocol: "anthropic-messages",
      defaultModel: "anthropic/claude-opus-4.6",
      quirks: CLAUDE_QUIRKS,
      modelAliases: {
        "opus-4.6": "anthropic/claude-opus-4.6",
        "sonnet-4.6": "anthropic/claude-sonnet-4.6",
      },
      modelRewrites: [{ id: /^claude-/, by: "anthropic/claude-" }],
    },
  },
  {
    id: "cloudflare-ai-gateway",
    name: "Cloudflare AI Gateway",
    // The key is the one of the vendor behind it, Anthropic.
    env: ["CLOUDFLARE_AI_GATEWAY_API_KEY"],
    baseUrl: "https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/anthropic",
    settings: {
      account: { name: "Cloudflare account id", env: ["CLOUDFLARE_ACCOUNT_ID"] },
      gateway: { name: "id of the gateway", env: ["CLOUDFLARE_GATEWAY_ID"] },
    },
    auth: [{ header: "x-api-key" }],
    // For gateways that want to be logged in to, too: https://developers.cloudflare.com/ai-gateway/configuration/authentication/
    headersFromEnv: { "cf-aig-authorization": { env: "CF_AIG_TOKEN", prefix: "Bearer " } },
    text: { protocol: "anthropic-messages", defaultModel: "claude-sonnet-4-6", quirks: CLAUDE_QUIRKS },
  },
  {
    // https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility
    id: "cloudflare-workers-ai",
    name: "Cloudflare Workers AI",
    env: [],
    // Wrangler's own variable, which is mostly set to deploy something.
    ambientEnv: ["CLOUDFLARE_API_TOKEN"],
    baseUrl: "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
    settings: { account: { name: "Cloudflare account id", env: ["CLOUDFLARE_ACCOUNT_ID"] } },
    text: { protocol: "openai-chat", quirks: { maxTokensField: "max_tokens", thinking: thinking.NONE } },
  },
  {
    id: "opencode",
    name: "OpenCode Zen",
    aliases: ["opencode-zen"],
    env: ["OPENCODE_API_KEY", "OPENCODE_ZEN_API_KEY"],
    baseUrl: "https://opencode.ai/zen/v1",
    auth: OPENCODE_AUTH,
    // https://opencode.ai/docs/zen/#endpoints
    text: {
      protocol: "openai-chat",
      defaultModel: "claude-opus-4-6",
      wires: [
        { model: /^claude-/, protocol: "anthropic-messages", quirks: CLAUDE_QUIRKS },
        { model: /^gpt-/, protocol: "openai-responses" },
        { model: /^gemini-/, protocol: "google-generate-content" },
      ],
    },
  },
  {
    id: "opencode-go",
    name: "OpenCode Go",
    env: ["OPENCODE_API_KEY", "OPENCODE_ZEN_API_KEY"],
    baseUrl: "https://opencode.ai/zen/go/v1",
    auth: OPENCODE_AUTH,
    text: {
      protocol: "openai-chat",
      defaultModel: "kimi-k2.6",
      wires: [
        { model: /^minimax-m2\.5$/, protocol: "anthropic-messages", baseUrl: "https://opencode.ai/zen/go" },
        {
          model: /^deepseek-v4/,
          protocol: "openai-chat",
          quirks: { maxTokensField: "max_tokens", thinking: thinking.DEEPSEEK_V4 },
        },
        // OpenClaw's extensions/opencode-go takes every switch out for Kimi.
        { model: /^kimi-/, protocol: "openai-chat", quirks: { thinking: thinking.NONE } },
        { model: /^qwen/, protocol: "openai-chat", quirks: { thinking: thinking.ENABLE_THINKING } },
      ],
    },
  },
  {
    id: "kilocode",
    name: "Kilo Code",
    aliases: ["kilo"],
    env: ["KILOCODE_API_KEY"],
    baseUrl: "https://api.kilo.ai/api/gateway/",
    text: {
      protocol: "openai-chat",
      defaultModel: "kilo/auto",
      quirks: { thinking: "openrouter" },
      // OpenClaw's extensions/kilocode asks neither the router nor Grok for an effort.
      wires: [{ model: /^(?:kilo\/auto$|x-ai\/)/, protocol: "openai-chat", quirks: { thinking: thinking.NONE } }],
    },
  },
];
