import type { ThinkingFields } from "../protocols/wire.ts";

/** How single vendors are told how hard to think; what several of them share is in `protocols/openai-chat.ts`. */

/** No switch at all: a server of this kind refuses one, or a model thinks as it pleases. */
export const NONE: ThinkingFields = {};

/** DashScope (https://www.alibabacloud.com/help/en/model-studio/deep-thinking), Novita and Qianfan. */
export const ENABLE_THINKING: ThinkingFields = { off: { enable_thinking: false }, on: { enable_thinking: true } };

/** Z.AI, Moonshot and ByteDance's Ark: https://docs.z.ai/guides/capabilities/thinking-mode */
export const THINKING_TYPE: ThinkingFields = {
  off: { thinking: { type: "disabled" } },
  on: { thinking: { type: "enabled" } },
};

/** DeepSeek V4 takes a second member for its highest level, and Xiaomi's MiMo with it; every other level is its "high". */
export const DEEPSEEK_V4: ThinkingFields = {
  ...THINKING_TYPE,
  xhigh: { thinking: { type: "enabled" }, reasoning_effort: "max" },
  max: { thinking: { type: "enabled" }, reasoning_effort: "max" },
  ultra: { thinking: { type: "enabled" }, reasoning_effort: "max" },
};

/** gpt-oss, wherever it is served: three efforts, and it cannot stop thinking. */
export const LOW_TO_HIGH: ThinkingFields = {
  minimal: { reasoning_effort: "low" },
  low: { reasoning_effort: "low" },
  medium: { reasoning_effort: "medium" },
  high: { reasoning_effort: "high" },
  xhigh: { reasoning_effort: "high" },
  max: { reasoning_effort: "high" },
  ultra: { reasoning_effort: "high" },
};

/** The same, and none of it: DeepInfra and Fireworks. */
export const NONE_TO_HIGH: ThinkingFields = { ...LOW_TO_HIGH, off: { reasoning_effort: "none" } };

/** Only for models that research: https://docs.perplexity.ai/api-reference/chat-completions-post */
export const MINIMAL_TO_HIGH: ThinkingFields = { ...LOW_TO_HIGH, minimal: { reasoning_effort: "minimal" } };

/** Qwen 3 on Groq is a switch: https://console.groq.com/docs/reasoning */
export const GROQ_QWEN: ThinkingFields = { off: { reasoning_effort: "none" }, on: { reasoning_effort: "default" } };

/** GLM on Cerebras can be told not to think, and no more: https://inference-docs.cerebras.ai/capabilities/reasoning */
export const CEREBRAS_GLM: ThinkingFields = { off: { reasoning_effort: "none" } };

/** Together's hybrid models: https://docs.together.ai/docs/inference/chat/reasoning */
export const REASONING_ENABLED: ThinkingFields = {
  off: { reasoning: { enabled: false } },
  on: { reasoning: { enabled: true } },
};

/**
 * Venice passes an effort on as it is, and upstreams answer 400 to one that they do not have; the three in the middle are
 * the ones that nearly all have: https://docs.venice.ai/guides/features/reasoning-models
 */
export const VENICE: ThinkingFields = { ...LOW_TO_HIGH, off: { venice_parameters: { disable_thinking: true } } };

/** grok-4.3 on the Responses wire: https://docs.x.ai/developers/model-capabilities/text/reasoning */
export const GROK_4_3: ThinkingFields = {
  off: { reasoning: { effort: "none" } },
  minimal: { reasoning: { effort: "low" } },
  low: { reasoning: { effort: "low" } },
  medium: { reasoning: { effort: "medium" } },
  high: { reasoning: { effort: "high" } },
  xhigh: { reasoning: { effort: "high" } },
  max: { reasoning: { effort: "high" } },
  ultra: { reasoning: { effort: "high" } },
};

/** The multi-agent models cannot stop thinking, and go one level higher. */
export const GROK_MULTI_AGENT: ThinkingFields = {
  minimal: { reasoning: { effort: "low" } },
  low: { reasoning: { effort: "low" } },
  medium: { reasoning: { effort: "medium" } },
  high: { reasoning: { effort: "high" } },
  xhigh: { reasoning: { effort: "xhigh" } },
  max: { reasoning: { effort: "xhigh" } },
  ultra: { reasoning: { effort: "xhigh" } },
};

/** grok-3-mini knows two levels. */
export const GROK_MINI: ThinkingFields = {
  minimal: { reasoning: { effort: "low" } },
  low: { reasoning: { effort: "low" } },
  medium: { reasoning: { effort: "low" } },
  high: { reasoning: { effort: "high" } },
  xhigh: { reasoning: { effort: "high" } },
  max: { reasoning: { effort: "high" } },
  ultra: { reasoning: { effort: "high" } },
};
