import * as thinking from "./thinking.ts";
import type { Provider, TextService } from "./types.ts";

/** Efforts begin with Step 3.7: https://platform.stepfun.ai/docs/en/guides/developer/reasoning */
const STEP: TextService = {
  protocol: "openai-chat",
  defaultModel: "step-3.5-flash",
  quirks: { maxTokensField: "max_tokens", thinking: thinking.NONE },
  wires: [{ model: /^step-(?:3\.[7-9]|[4-9])/, protocol: "openai-chat", quirks: { thinking: thinking.LOW_TO_HIGH } }],
};

/** Vendors that serve the models which they make themselves. */
export const MAKERS: readonly Provider[] = [
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
      wires: [{ model: /^deepseek-v4/, protocol: "openai-chat", quirks: { thinking: thinking.DEEPSEEK_V4 } }],
    },
  },
  {
    id: "xai",
    name: "xAI",
    aliases: ["x-ai", "grok"],
    env: ["XAI_API_KEY"],
    baseUrl: "https://api.x.ai/v1",
    text: {
      protocol: "openai-responses",
      defaultModel: "grok-4.3",
      // All other models reason as they please and answer 400 to an effort, found by trying them on 2026-05-10:
      // https://github.com/NousResearch/hermes-agent/pull/23435
      quirks: { thinking: thinking.NONE },
      wires: [
        { model: /^grok-4\.3/, protocol: "openai-responses", quirks: { thinking: thinking.GROK_4_3 } },
        { model: /multi-agent/, protocol: "openai-responses", quirks: { thinking: thinking.GROK_MULTI_AGENT } },
        { model: /^grok-3-mini/, protocol: "openai-responses", quirks: { thinking: thinking.GROK_MINI } },
      ],
      // OpenClaw's: the names of a beta that came out under others.
      modelAliases: {
        "grok-4.20-experimental-beta-0304-reasoning": "grok-4.20-beta-latest-reasoning",
        "grok-4.20-experimental-beta-0304-non-reasoning": "grok-4.20-beta-latest-non-reasoning",
        "grok-4.20-reasoning": "grok-4.20-beta-latest-reasoning",
        "grok-4.20-non-reasoning": "grok-4.20-beta-latest-non-reasoning",
      },
    },
  },
  {
    // Before Moonshot: both read KIMI_API_KEY, and only this one is named after it.
    id: "kimi",
    name: "Kimi Code",
    aliases: ["kimi-coding", "kimi-code"],
    env: ["KIMI_API_KEY", "KIMICODE_API_KEY"],
    baseUrl: "https://api.kimi.com/coding/",
    auth: [{ header: "x-api-key" }],
    // The plan is for coding agents, and it knows them by this header; OpenClaw sends the same.
    headers: { "user-agent": "claude-code/0.1.0" },
    text: {
      protocol: "anthropic-messages",
      defaultModel: "kimi-for-coding",
      quirks: { maxTokens: [{ model: /./, tokens: 32_768 }] },
      modelAliases: { "kimi-code": "kimi-for-coding", k2p5: "kimi-for-coding" },
    },
  },
  {
    id: "moonshot",
    name: "Moonshot",
    aliases: ["moonshotai", "moonshot-ai"],
    env: ["MOONSHOT_API_KEY", "KIMI_API_KEY"],
    baseUrl: "https://api.moonshot.ai/v1",
    variants: { cn: "https://api.moonshot.cn/v1" },
    text: {
      protocol: "openai-chat",
      defaultModel: "kimi-k2.6",
      quirks: { maxTokensField: "max_tokens", thinking: thinking.THINKING_TYPE },
    },
  },
  {
    id: "zai",
    name: "Z.AI",
    aliases: ["z-ai", "z.ai", "glm"],
    env: ["ZAI_API_KEY", "Z_AI_API_KEY"],
    baseUrl: "https://api.z.ai/api/paas/v4",
    variants: {
      "coding-global": "https://api.z.ai/api/coding/paas/v4",
      cn: "https://open.bigmodel.cn/api/paas/v4",
      "coding-cn": "https://open.bigmodel.cn/api/coding/paas/v4",
    },
    text: {
      protocol: "openai-chat",
      defaultModel: "glm-5.1",
      // https://docs.z.ai/api-reference/llm/chat-completion
      quirks: { maxTokensField: "max_tokens", thinking: thinking.THINKING_TYPE },
    },
  },
  {
    id: "qwen",
    name: "Qwen",
    aliases: ["modelstudio", "qwencloud", "dashscope"],
    env: ["QWEN_API_KEY", "MODELSTUDIO_API_KEY", "DASHSCOPE_API_KEY"],
    baseUrl: "https://coding-intl.dashscope.aliyuncs.com/v1",
    variants: {
      "coding-cn": "https://coding.dashscope.aliyuncs.com/v1",
      "standard-global": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
      "standard-cn": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    },
    text: {
      protocol: "openai-chat",
      defaultModel: "qwen3.5-plus",
      // https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-openai-chat-completions
      quirks: { maxTokensField: "max_tokens", thinking: thinking.ENABLE_THINKING },
    },
  },
  {
    id: "qwen-oauth",
    name: "Qwen Portal",
    aliases: ["qwen-portal", "qwen-cli"],
    env: ["QWEN_API_KEY"],
    baseUrl: "https://portal.qwen.ai/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "qwen3.5-plus",
      quirks: { maxTokensField: "max_tokens", thinking: thinking.ENABLE_THINKING },
    },
  },
  {
    id: "minimax",
    name: "MiniMax",
    env: ["MINIMAX_CODE_PLAN_KEY", "MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY"],
    baseUrl: "https://api.minimax.io/anthropic",
    variants: { cn: "https://api.minimaxi.com/anthropic" },
    hostEnv: ["MINIMAX_API_HOST"],
    text: {
      protocol: "anthropic-messages",
      defaultModel: "MiniMax-M2.7",
      // The limit is for the reasoning, too; OpenClaw's catalog has 131,072 for all of them.
      quirks: { maxTokens: [{ model: /./, tokens: 131_072 }] },
    },
  },
  {
    id: "minimax-portal",
    name: "MiniMax Portal",
    env: ["MINIMAX_OAUTH_TOKEN", "MINIMAX_API_KEY"],
    baseUrl: "https://api.minimax.io/anthropic",
    variants: { cn: "https://api.minimaxi.com/anthropic" },
    hostEnv: ["MINIMAX_API_HOST"],
    // From OpenClaw's extensions/minimax/oauth.ts; a login in China is renewed at api.minimaxi.com.
    oauth: { tokenUrl: "https://api.minimax.io/oauth/token", clientId: "78257093-7e40-4613-99e0-527b14b39113" },
    text: {
      protocol: "anthropic-messages",
      defaultModel: "MiniMax-M2.7",
      quirks: { maxTokens: [{ model: /./, tokens: 131_072 }] },
    },
  },
  {
    id: "stepfun",
    name: "StepFun",
    env: ["STEPFUN_API_KEY"],
    baseUrl: "https://api.stepfun.ai/v1",
    variants: { cn: "https://api.stepfun.com/v1" },
    text: STEP,
  },
  {
    id: "stepfun-plan",
    name: "StepFun Step Plan",
    env: ["STEPFUN_API_KEY"],
    baseUrl: "https://api.stepfun.ai/step_plan/v1",
    variants: { cn: "https://api.stepfun.com/step_plan/v1" },
    text: STEP,
  },
  {
    id: "xiaomi",
    name: "Xiaomi MiMo",
    aliases: ["mimo"],
    env: ["XIAOMI_API_KEY"],
    baseUrl: "https://api.xiaomimimo.com/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "mimo-v2-flash",
      quirks: { thinking: thinking.THINKING_TYPE },
      wires: [
        {
          model: /^mimo-v2(?:\.\d)?-?(?:pro|omni|$)/,
          protocol: "openai-chat",
          quirks: { thinking: thinking.DEEPSEEK_V4 },
        },
      ],
    },
  },
  {
    id: "xiaomi-token-plan",
    name: "Xiaomi MiMo Token Plan",
    env: ["XIAOMI_TOKEN_PLAN_API_KEY"],
    baseUrl: "https://token-plan-sgp.xiaomimimo.com/v1",
    variants: {
      sgp: "https://token-plan-sgp.xiaomimimo.com/v1",
      cn: "https://token-plan-cn.xiaomimimo.com/v1",
      ams: "https://token-plan-ams.xiaomimimo.com/v1",
    },
    text: {
      protocol: "openai-chat",
      defaultModel: "mimo-v2.5-pro",
      quirks: { thinking: thinking.DEEPSEEK_V4 },
    },
  },
  {
    id: "arcee",
    name: "Arcee",
    env: ["ARCEEAI_API_KEY"],
    baseUrl: "https://api.arcee.ai/api/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "trinity-large-thinking",
      quirks: { thinking: thinking.NONE },
    },
  },
  {
    id: "perplexity",
    name: "Perplexity",
    env: ["PERPLEXITY_API_KEY"],
    baseUrl: "https://api.perplexity.ai",
    text: {
      protocol: "openai-chat",
      defaultModel: "sonar-pro",
      // Usage is in every piece of a stream; `stream_options` is not in its description.
      quirks: { maxTokensField: "max_tokens", streamOptions: false, thinking: thinking.NONE },
      wires: [
        {
          model: /^sonar-(?:deep-research|reasoning)/,
          protocol: "openai-chat",
          quirks: { thinking: thinking.MINIMAL_TO_HIGH },
        },
      ],
    },
  },
];
