import * as thinking from "./thinking.ts";
import type { Provider, WireByModel } from "./types.ts";

const GPT_OSS: WireByModel = {
  model: /gpt-oss/,
  protocol: "openai-chat",
  quirks: { thinking: thinking.LOW_TO_HIGH },
};

/** Vendors that serve other people's models on machines of their own. */
export const HOSTS: readonly Provider[] = [
  {
    id: "cerebras",
    name: "Cerebras",
    env: ["CEREBRAS_API_KEY"],
    baseUrl: "https://api.cerebras.ai/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "zai-glm-4.7",
      // The others do not reason, and a switch is an unknown member to them.
      quirks: { thinking: thinking.NONE },
      wires: [GPT_OSS, { model: /glm/, protocol: "openai-chat", quirks: { thinking: thinking.CEREBRAS_GLM } }],
    },
  },
  {
    id: "together",
    name: "Together",
    env: ["TOGETHER_API_KEY"],
    baseUrl: "https://api.together.xyz/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
      quirks: { maxTokensField: "max_tokens", thinking: thinking.REASONING_ENABLED },
      wires: [GPT_OSS],
    },
  },
  {
    id: "fireworks",
    name: "Fireworks",
    aliases: ["fireworks-ai"],
    env: ["FIREWORKS_API_KEY"],
    baseUrl: "https://api.fireworks.ai/inference/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "accounts/fireworks/routers/kimi-k2p5-turbo",
      quirks: { thinking: thinking.NONE_TO_HIGH },
      wires: [
        {
          // Kimi's reasoning comes as part of the answer here unless it is switched off (OpenClaw's extensions/fireworks).
          model: /kimi-k2(?:p|[.-])[56]/,
          protocol: "openai-chat",
          quirks: { thinking: thinking.THINKING_TYPE, defaultThinking: "off" },
        },
      ],
    },
  },
  {
    id: "deepinfra",
    name: "DeepInfra",
    env: ["DEEPINFRA_API_KEY"],
    baseUrl: "https://api.deepinfra.com/v1/openai",
    text: {
      protocol: "openai-chat",
      defaultModel: "deepseek-ai/DeepSeek-V4-Flash",
      quirks: { thinking: thinking.NONE_TO_HIGH },
    },
  },
  {
    id: "huggingface",
    name: "Hugging Face",
    env: ["HUGGINGFACE_HUB_TOKEN", "HF_TOKEN"],
    baseUrl: "https://router.huggingface.co/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "deepseek-ai/DeepSeek-R1",
      modelRewrites: [{ id: /^huggingface\//, by: "" }],
    },
  },
  {
    id: "nvidia",
    name: "NVIDIA",
    env: ["NVIDIA_API_KEY"],
    baseUrl: "https://integrate.api.nvidia.com/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "nvidia/nemotron-3-super-120b-a12b",
      bareModelPrefix: "nvidia/",
      quirks: { thinking: "chat-template" },
      wires: [GPT_OSS],
    },
  },
  {
    id: "venice",
    name: "Venice",
    env: ["VENICE_API_KEY"],
    baseUrl: "https://api.venice.ai/api/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "kimi-k2-5",
      // OpenClaw asks none of its models for usage in a stream.
      quirks: { streamOptions: false, thinking: thinking.VENICE },
    },
  },
  {
    id: "synthetic",
    name: "Synthetic",
    env: ["SYNTHETIC_API_KEY"],
    baseUrl: "https://api.synthetic.new/anthropic",
    auth: [{ header: "x-api-key" }],
    text: { protocol: "anthropic-messages", defaultModel: "hf:MiniMaxAI/MiniMax-M2.5" },
  },
  {
    id: "chutes",
    name: "Chutes",
    env: ["CHUTES_API_KEY", "CHUTES_OAUTH_TOKEN"],
    baseUrl: "https://llm.chutes.ai/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "zai-org/GLM-4.7-TEE",
      quirks: { maxTokensField: "max_tokens" },
    },
  },
  {
    id: "novita",
    name: "Novita",
    aliases: ["novita-ai", "novitaai"],
    env: ["NOVITA_API_KEY"],
    baseUrl: "https://api.novita.ai/openai/v1",
    text: {
      protocol: "openai-chat",
      defaultModel: "deepseek/deepseek-v3-0324",
      // https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion
      quirks: { maxTokensField: "max_tokens", thinking: thinking.ENABLE_THINKING },
    },
  },
  {
    id: "gmi",
    name: "GMI Cloud",
    aliases: ["gmi-cloud", "gmicloud"],
    env: ["GMI_API_KEY"],
    baseUrl: "https://api.gmi-serving.com/v1",
    text: { protocol: "openai-chat", defaultModel: "google/gemini-3.1-flash-lite" },
  },
  {
    id: "qianfan",
    name: "Baidu Qianfan",
    env: ["QIANFAN_API_KEY"],
    baseUrl: "https://qianfan.baidubce.com/v2",
    // https://cloud.baidu.com/doc/qianfan-docs/s/Wm95lyynv
    text: { protocol: "openai-chat", defaultModel: "deepseek-v3.2", quirks: { thinking: thinking.ENABLE_THINKING } },
  },
  {
    id: "tencent-tokenhub",
    name: "Tencent TokenHub",
    env: ["TOKENHUB_API_KEY"],
    baseUrl: "https://tokenhub.tencentmaas.com/v1",
    variants: { global: "https://tokenhub-intl.tencentmaas.com/v1" },
    text: { protocol: "openai-chat", defaultModel: "hy3-preview" },
  },
  {
    id: "volcengine",
    name: "Volcano Engine",
    aliases: ["doubao"],
    env: ["VOLCANO_ENGINE_API_KEY"],
    baseUrl: "https://ark.cn-beijing.volces.com/api/v3",
    // https://www.volcengine.com/docs/82379/1449737
    text: { protocol: "openai-chat", quirks: { thinking: thinking.THINKING_TYPE } },
  },
  {
    // A row and no variant: OpenClaw's default model is one of the plan's, and the key alone chooses the plan.
    id: "volcengine-plan",
    name: "Volcano Engine Coding Plan",
    env: ["VOLCANO_ENGINE_API_KEY"],
    baseUrl: "https://ark.cn-beijing.volces.com/api/coding/v3",
    text: {
      protocol: "openai-chat",
      defaultModel: "ark-code-latest",
      quirks: { thinking: thinking.THINKING_TYPE },
    },
  },
  {
    id: "byteplus",
    name: "BytePlus",
    env: ["BYTEPLUS_API_KEY"],
    baseUrl: "https://ark.ap-southeast.bytepluses.com/api/v3",
    text: { protocol: "openai-chat", quirks: { thinking: thinking.THINKING_TYPE } },
  },
  {
    id: "byteplus-plan",
    name: "BytePlus Coding Plan",
    env: ["BYTEPLUS_API_KEY"],
    baseUrl: "https://ark.ap-southeast.bytepluses.com/api/coding/v3",
    text: {
      protocol: "openai-chat",
      defaultModel: "ark-code-latest",
      quirks: { thinking: thinking.THINKING_TYPE },
    },
  },
  {
    // Before the server on the user's own machine: a real key is one for the cloud.
    id: "ollama-cloud",
    name: "Ollama Cloud",
    env: ["OLLAMA_API_KEY"],
    placeholder: "ollama-local",
    baseUrl: "https://ollama.com",
    text: { protocol: "ollama-chat", defaultModel: "kimi-k2.5:cloud" },
  },
];
