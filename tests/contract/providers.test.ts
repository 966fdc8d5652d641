import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { TEXT_PROTOCOLS } from "../../src/protocols/index.ts";
import { PROVIDERS } from "../../src/providers/table.ts";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { LOGINS } from "../support/logins.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const KEY = "sk-provider-test";
const FACTS = `${import.meta.dir}/../../../shared/facts/provider-facts.json`;

type Wire = "openai-chat" | "openai-responses" | "anthropic-messages" | "google-generate-content" | "ollama-chat";
type Key = "bearer" | "x-api-key" | "x-goog-api-key" | "api-key" | "none";
type ErrorDialect = keyof typeof ERRORS;

/** One provider as the facts have it: every expectation is written out, none is read from the table under test. */
interface Vendor {
  /** `provider` and `variant` of the facts. */
  fact: string;
  /** The row's id where it is not the facts' provider. */
  id?: string;
  /** The variables, in their order. */
  env?: readonly string[];
  /** What else has to be set. */
  settings?: Record<string, string>;
  /** The facts' default model; without one the provider has to be told. */
  model?: string;
  /** The model as it is asked for, where there is no default. */
  ask?: string;
  url: string;
  key: Key;
  wire: Wire;
  /** `max_completion_tokens` on chat completions. */
  limit?: "max_tokens";
  /** `stream_options` is left out. */
  noStreamOptions?: true;
  /** What `--thinking` adds to the request; `null` is a level that cannot be told and is reported. */
  thinking: Partial<Record<"off" | "low" | "high" | "max", object | null>>;
  error: ErrorDialect;
}

const effort = (reasoning_effort: string) => ({ reasoning_effort });
const EFFORTS = { off: effort("none"), low: effort("low"), high: effort("high") };
const RESPONSES = { off: { reasoning: { effort: "none" } }, high: { reasoning: { effort: "high" } } };
const THINKING_TYPE = { off: { thinking: { type: "disabled" } }, high: { thinking: { type: "enabled" } } };
const ENABLE_THINKING = { off: { enable_thinking: false }, high: { enable_thinking: true } };
const TEMPLATE = {
  off: { chat_template_kwargs: { enable_thinking: false } },
  high: { chat_template_kwargs: { enable_thinking: true } },
};
const NO_SWITCH = { off: null, high: null };
const CLAUDE = { off: { thinking: { type: "disabled" } }, high: { thinking: { type: "adaptive" } } };
const BUDGET = { off: { thinking: { type: "disabled" } }, low: { thinking: { type: "enabled", budget_tokens: 4096 } } };

/** The facts' records of `model.run` that a key opens. */
const VENDORS: readonly Vendor[] = [
  {
    fact: "openai",
    env: ["OPENAI_API_KEY"],
    model: "gpt-5.5",
    url: "https://api.openai.com/v1/responses",
    key: "bearer",
    wire: "openai-responses",
    thinking: RESPONSES,
    error: "openai",
  },
  {
    fact: "anthropic",
    env: ["ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_API_KEY"],
    model: "claude-opus-4-8",
    url: "https://api.anthropic.com/v1/messages",
    key: "x-api-key",
    wire: "anthropic-messages",
    thinking: CLAUDE,
    error: "anthropic",
  },
  {
    fact: "google",
    env: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    model: "gemini-3.1-pro-preview",
    url: "https://generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent?alt=sse",
    key: "x-goog-api-key",
    wire: "google-generate-content",
    thinking: {},
    error: "google",
  },
  {
    fact: "qwen",
    env: ["QWEN_API_KEY", "MODELSTUDIO_API_KEY", "DASHSCOPE_API_KEY"],
    model: "qwen3.5-plus",
    url: "https://coding-intl.dashscope.aliyuncs.com/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: ENABLE_THINKING,
    error: "dashscope",
  },
  {
    fact: "qwen-oauth",
    env: ["QWEN_API_KEY"],
    model: "qwen3.5-plus",
    url: "https://portal.qwen.ai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: ENABLE_THINKING,
    error: "openai",
  },
  {
    fact: "arcee",
    env: ["ARCEEAI_API_KEY"],
    model: "trinity-large-thinking",
    url: "https://api.arcee.ai/api/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "cerebras",
    env: ["CEREBRAS_API_KEY"],
    model: "zai-glm-4.7",
    url: "https://api.cerebras.ai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: { off: effort("none"), high: null },
    error: "openai",
  },
  {
    fact: "chutes",
    env: ["CHUTES_API_KEY", "CHUTES_OAUTH_TOKEN"],
    model: "zai-org/GLM-4.7-TEE",
    url: "https://llm.chutes.ai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: EFFORTS,
    error: "openai",
  },
  {
    fact: "claude-max-api-proxy",
    model: "claude-opus-4",
    url: "http://localhost:3456/v1/chat/completions",
    key: "none",
    wire: "openai-chat",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "cloudflare-ai-gateway",
    env: ["CLOUDFLARE_AI_GATEWAY_API_KEY"],
    settings: { CLOUDFLARE_ACCOUNT_ID: "acc", CLOUDFLARE_GATEWAY_ID: "gate" },
    model: "claude-sonnet-4-6",
    url: "https://gateway.ai.cloudflare.com/v1/acc/gate/anthropic/v1/messages",
    key: "x-api-key",
    wire: "anthropic-messages",
    thinking: CLAUDE,
    error: "anthropic",
  },
  {
    fact: "copilot-proxy",
    // The facts have none; the first of OpenClaw's extensions/copilot-proxy.
    model: "gpt-5.2",
    url: "http://localhost:3000/v1/chat/completions",
    key: "none",
    wire: "openai-chat",
    thinking: EFFORTS,
    error: "openai",
  },
  {
    fact: "deepinfra",
    env: ["DEEPINFRA_API_KEY"],
    model: "deepseek-ai/DeepSeek-V4-Flash",
    url: "https://api.deepinfra.com/v1/openai/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: { ...EFFORTS, max: effort("high") },
    error: "fastapi422",
  },
  {
    fact: "deepseek",
    env: ["DEEPSEEK_API_KEY"],
    model: "deepseek-v4-flash",
    url: "https://api.deepseek.com/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: { ...THINKING_TYPE, max: { thinking: { type: "enabled" }, reasoning_effort: "max" } },
    error: "openai",
  },
  {
    fact: "fireworks",
    env: ["FIREWORKS_API_KEY"],
    model: "accounts/fireworks/routers/kimi-k2p5-turbo",
    url: "https://api.fireworks.ai/inference/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: THINKING_TYPE,
    error: "openai",
  },
  {
    fact: "zai",
    env: ["ZAI_API_KEY", "Z_AI_API_KEY"],
    model: "glm-5.1",
    url: "https://api.z.ai/api/paas/v4/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: THINKING_TYPE,
    error: "zai",
  },
  {
    fact: "groq",
    env: ["GROQ_API_KEY"],
    model: "llama-3.3-70b-versatile",
    url: "https://api.groq.com/openai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "huggingface",
    env: ["HUGGINGFACE_HUB_TOKEN", "HF_TOKEN"],
    model: "deepseek-ai/DeepSeek-R1",
    url: "https://router.huggingface.co/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: EFFORTS,
    error: "text",
  },
  {
    fact: "inferrs",
    model: "google/gemma-4-E2B-it",
    url: "http://127.0.0.1:8080/v1/chat/completions",
    key: "none",
    wire: "openai-chat",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "kilocode",
    env: ["KILOCODE_API_KEY"],
    model: "kilo/auto",
    url: "https://api.kilo.ai/api/gateway/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "kimi/coding",
    id: "kimi",
    env: ["KIMI_API_KEY", "KIMICODE_API_KEY"],
    model: "kimi-for-coding",
    url: "https://api.kimi.com/coding/v1/messages",
    key: "x-api-key",
    wire: "anthropic-messages",
    thinking: BUDGET,
    error: "anthropic",
  },
  {
    fact: "litellm",
    env: ["LITELLM_API_KEY"],
    model: "claude-opus-4-6",
    url: "http://localhost:4000/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: EFFORTS,
    error: "openai",
  },
  {
    fact: "lmstudio",
    env: ["LM_API_TOKEN"],
    ask: "qwen3",
    url: "http://localhost:1234/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: EFFORTS,
    error: "openai",
  },
  {
    fact: "microsoft-foundry",
    env: ["AZURE_OPENAI_API_KEY"],
    settings: { AZURE_OPENAI_RESOURCE_NAME: "acme" },
    ask: "gpt-5.5",
    url: "https://acme.services.ai.azure.com/openai/v1/responses",
    key: "api-key",
    wire: "openai-responses",
    thinking: RESPONSES,
    error: "openai",
  },
  {
    fact: "minimax",
    env: ["MINIMAX_CODE_PLAN_KEY", "MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY"],
    model: "MiniMax-M2.7",
    url: "https://api.minimax.io/anthropic/v1/messages",
    key: "bearer",
    wire: "anthropic-messages",
    thinking: BUDGET,
    error: "anthropic",
  },
  {
    fact: "minimax-portal",
    env: ["MINIMAX_OAUTH_TOKEN", "MINIMAX_API_KEY"],
    model: "MiniMax-M2.7",
    url: "https://api.minimax.io/anthropic/v1/messages",
    key: "bearer",
    wire: "anthropic-messages",
    thinking: BUDGET,
    error: "anthropic",
  },
  {
    fact: "mistral",
    env: ["MISTRAL_API_KEY"],
    model: "mistral-large-latest",
    url: "https://api.mistral.ai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    noStreamOptions: true,
    thinking: { off: effort("none"), low: effort("high"), high: effort("high") },
    error: "mistral",
  },
  {
    fact: "moonshot",
    env: ["MOONSHOT_API_KEY", "KIMI_API_KEY"],
    model: "kimi-k2.6",
    url: "https://api.moonshot.ai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: THINKING_TYPE,
    error: "openai",
  },
  {
    fact: "nvidia",
    env: ["NVIDIA_API_KEY"],
    model: "nvidia/nemotron-3-super-120b-a12b",
    url: "https://integrate.api.nvidia.com/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: TEMPLATE,
    error: "detail",
  },
  {
    fact: "novita",
    env: ["NOVITA_API_KEY"],
    // The facts have none; OpenClaw's extensions/novita.
    model: "deepseek/deepseek-v3-0324",
    url: "https://api.novita.ai/openai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: ENABLE_THINKING,
    error: "openai",
  },
  {
    fact: "gmi",
    env: ["GMI_API_KEY"],
    // The facts have none; OpenClaw's extensions/gmi.
    model: "google/gemini-3.1-flash-lite",
    url: "https://api.gmi-serving.com/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: EFFORTS,
    error: "openai",
  },
  {
    fact: "ollama",
    env: ["OLLAMA_API_KEY"],
    model: "gemma4",
    url: "http://127.0.0.1:11434/api/chat",
    key: "bearer",
    wire: "ollama-chat",
    thinking: { off: { think: false }, high: { think: true } },
    error: "text",
  },
  {
    fact: "ollama-cloud",
    env: ["OLLAMA_API_KEY"],
    model: "kimi-k2.5:cloud",
    url: "https://ollama.com/api/chat",
    key: "bearer",
    wire: "ollama-chat",
    thinking: { off: { think: false }, high: { think: true } },
    error: "text",
  },
  {
    fact: "opencode",
    env: ["OPENCODE_API_KEY", "OPENCODE_ZEN_API_KEY"],
    model: "claude-opus-4-6",
    url: "https://opencode.ai/zen/v1/messages",
    // The facts say bearer, which holds for the OpenAI wires alone: see the tests of its four wires below.
    key: "x-api-key",
    wire: "anthropic-messages",
    thinking: CLAUDE,
    error: "openai",
  },
  {
    fact: "opencode-go",
    env: ["OPENCODE_API_KEY", "OPENCODE_ZEN_API_KEY"],
    model: "kimi-k2.6",
    url: "https://opencode.ai/zen/go/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "openrouter",
    env: ["OPENROUTER_API_KEY"],
    model: "openrouter/auto",
    url: "https://openrouter.ai/api/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: { off: { reasoning: { effort: "none" } }, max: { reasoning: { effort: "xhigh" } } },
    error: "openrouter",
  },
  {
    fact: "perplexity/sonar chat",
    id: "perplexity",
    env: ["PERPLEXITY_API_KEY"],
    model: "sonar-pro",
    url: "https://api.perplexity.ai/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    noStreamOptions: true,
    thinking: NO_SWITCH,
    error: "fastapi422",
  },
  {
    fact: "qianfan",
    env: ["QIANFAN_API_KEY"],
    model: "deepseek-v3.2",
    url: "https://qianfan.baidubce.com/v2/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: ENABLE_THINKING,
    error: "openai",
  },
  {
    fact: "sglang",
    env: ["SGLANG_API_KEY"],
    // The facts' default is a placeholder: the server says what it has.
    ask: "Qwen/Qwen3-8B",
    url: "http://127.0.0.1:30000/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: TEMPLATE,
    error: "openai",
  },
  {
    fact: "vllm",
    env: ["VLLM_API_KEY"],
    ask: "Qwen/Qwen3-8B",
    url: "http://127.0.0.1:8000/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: TEMPLATE,
    error: "openai",
  },
  {
    fact: "stepfun",
    env: ["STEPFUN_API_KEY"],
    model: "step-3.5-flash",
    url: "https://api.stepfun.ai/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "stepfun-plan",
    env: ["STEPFUN_API_KEY"],
    model: "step-3.5-flash",
    url: "https://api.stepfun.ai/step_plan/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: NO_SWITCH,
    error: "openai",
  },
  {
    fact: "synthetic",
    env: ["SYNTHETIC_API_KEY"],
    model: "hf:MiniMaxAI/MiniMax-M2.5",
    url: "https://api.synthetic.new/anthropic/v1/messages",
    key: "x-api-key",
    wire: "anthropic-messages",
    thinking: BUDGET,
    error: "anthropic",
  },
  {
    fact: "tencent-tokenhub",
    env: ["TOKENHUB_API_KEY"],
    model: "hy3-preview",
    url: "https://tokenhub.tencentmaas.com/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: EFFORTS,
    error: "openai",
  },
  {
    fact: "together",
    env: ["TOGETHER_API_KEY"],
    model: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    url: "https://api.together.xyz/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: { off: { reasoning: { enabled: false } }, high: { reasoning: { enabled: true } } },
    error: "openai",
  },
  {
    fact: "venice",
    env: ["VENICE_API_KEY"],
    model: "kimi-k2-5",
    url: "https://api.venice.ai/api/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    noStreamOptions: true,
    thinking: { off: { venice_parameters: { disable_thinking: true } }, low: effort("low"), max: effort("high") },
    error: "venice",
  },
  {
    fact: "vercel-ai-gateway",
    env: ["AI_GATEWAY_API_KEY"],
    model: "anthropic/claude-opus-4.6",
    url: "https://ai-gateway.vercel.sh/v1/messages",
    key: "x-api-key",
    wire: "anthropic-messages",
    thinking: CLAUDE,
    error: "anthropic",
  },
  {
    fact: "volcengine",
    env: ["VOLCANO_ENGINE_API_KEY"],
    // The facts' default, ark-code-latest, is the plan's: see the variants below.
    ask: "doubao-seed-1-8-251228",
    url: "https://ark.cn-beijing.volces.com/api/v3/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: THINKING_TYPE,
    error: "openai",
  },
  {
    fact: "byteplus",
    env: ["BYTEPLUS_API_KEY"],
    ask: "seed-1-8-251228",
    url: "https://ark.ap-southeast.bytepluses.com/api/v3/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: THINKING_TYPE,
    error: "byteplus",
  },
  {
    fact: "xai",
    env: ["XAI_API_KEY"],
    model: "grok-4.3",
    url: "https://api.x.ai/v1/responses",
    key: "bearer",
    wire: "openai-responses",
    thinking: { ...RESPONSES, max: { reasoning: { effort: "high" } } },
    error: "xai",
  },
  {
    fact: "xiaomi",
    env: ["XIAOMI_API_KEY"],
    model: "mimo-v2-flash",
    url: "https://api.xiaomimimo.com/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: THINKING_TYPE,
    error: "openai",
  },
  {
    fact: "xiaomi-token-plan",
    env: ["XIAOMI_TOKEN_PLAN_API_KEY"],
    model: "mimo-v2.5-pro",
    url: "https://token-plan-sgp.xiaomimimo.com/v1/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: { ...THINKING_TYPE, max: { thinking: { type: "enabled" }, reasoning_effort: "max" } },
    error: "openai",
  },
];

/** Rows beyond the facts'. */
const OTHERS: readonly Vendor[] = [
  {
    fact: "azure-openai",
    env: ["AZURE_OPENAI_API_KEY"],
    settings: { AZURE_OPENAI_RESOURCE_NAME: "acme" },
    ask: "my-deployment",
    url: "https://acme.openai.azure.com/openai/v1/responses?api-version=v1",
    key: "api-key",
    wire: "openai-responses",
    thinking: RESPONSES,
    error: "openai",
  },
  {
    fact: "volcengine-plan",
    env: ["VOLCANO_ENGINE_API_KEY"],
    model: "ark-code-latest",
    url: "https://ark.cn-beijing.volces.com/api/coding/v3/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: THINKING_TYPE,
    error: "openai",
  },
  {
    fact: "byteplus-plan",
    env: ["BYTEPLUS_API_KEY"],
    model: "ark-code-latest",
    url: "https://ark.ap-southeast.bytepluses.com/api/coding/v3/chat/completions",
    key: "bearer",
    wire: "openai-chat",
    thinking: THINKING_TYPE,
    error: "byteplus",
  },
  {
    fact: "llamacpp",
    ask: "gemma-4",
    url: "http://127.0.0.1:8080/v1/chat/completions",
    key: "none",
    wire: "openai-chat",
    limit: "max_tokens",
    thinking: TEMPLATE,
    error: "openai",
  },
];

/** Regions and plans: OpenClaw's own ids, and where they lead. */
const VARIANTS: readonly [id: string, url: string][] = [
  ["moonshot-cn", "https://api.moonshot.cn/v1/chat/completions"],
  ["zai-coding-global", "https://api.z.ai/api/coding/paas/v4/chat/completions"],
  ["zai-cn", "https://open.bigmodel.cn/api/paas/v4/chat/completions"],
  ["zai-coding-cn", "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions"],
  ["qwen-coding-cn", "https://coding.dashscope.aliyuncs.com/v1/chat/completions"],
  ["qwen-standard-global", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions"],
  ["qwen-standard-cn", "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"],
  ["minimax-cn", "https://api.minimaxi.com/anthropic/v1/messages"],
  ["minimax-portal-cn", "https://api.minimaxi.com/anthropic/v1/messages"],
  ["stepfun-cn", "https://api.stepfun.com/v1/chat/completions"],
  ["stepfun-plan-cn", "https://api.stepfun.com/step_plan/v1/chat/completions"],
  ["tencent-tokenhub-global", "https://tokenhub-intl.tencentmaas.com/v1/chat/completions"],
  ["xiaomi-token-plan-sgp", "https://token-plan-sgp.xiaomimimo.com/v1/chat/completions"],
  ["xiaomi-token-plan-cn", "https://token-plan-cn.xiaomimimo.com/v1/chat/completions"],
  ["xiaomi-token-plan-ams", "https://token-plan-ams.xiaomimimo.com/v1/chat/completions"],
];

/** The dialects of the facts' "Error bodies", each with what is to become of it. */
const ERRORS = {
  openai: [
    429,
    { error: { message: "Slow down.", type: "rate_limit_error", param: null, code: "rate_limit" } },
    "rate_limited",
    "Slow down.",
  ],
  anthropic: [
    401,
    { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" }, request_id: "req_1" },
    "auth",
    "invalid x-api-key",
  ],
  google: [
    404,
    { error: { code: 404, message: "models/x is not found.", status: "NOT_FOUND", details: [] } },
    "not_found",
    "models/x is not found.",
  ],
  text: [404, { error: "model 'x' not found" }, "not_found", "model 'x' not found"],
  detail: [401, { detail: "Authentication failed" }, "auth", "Authentication failed"],
  dashscope: [
    401,
    { code: "InvalidApiKey", message: "Invalid API-key provided.", request_id: "r" },
    "auth",
    "Invalid API-key provided.",
  ],
  zai: [429, { error: { code: "1302", message: "High concurrency usage" } }, "rate_limited", "High concurrency usage"],
  xai: [
    400,
    { code: "Client specified an invalid argument", error: "Argument not supported" },
    "provider_error",
    "Argument not supported",
  ],
  mistral: [
    422,
    { detail: [{ loc: ["body", "messages"], msg: "Field required", type: "missing" }] },
    "provider_error",
    "body.messages: Field required",
  ],
  openrouter: [
    402,
    { error: { code: 402, message: "Insufficient credits", metadata: {} }, user_id: "u" },
    "rate_limited",
    "Insufficient credits",
  ],
  byteplus: [
    404,
    { error: { code: "ModelNotOpen", message: "Not activated.", type: "NotFound", param: "" } },
    "not_found",
    "Not activated.",
  ],
  venice: [402, { error: "Insufficient balance", details: {} }, "rate_limited", "Insufficient balance"],
  fastapi422: [
    422,
    { detail: [{ loc: ["body", "model"], msg: "Field required", type: "missing" }] },
    "provider_error",
    "body.model: Field required",
  ],
} as const;

/** One answer of each wire, "Hello!", in pieces and in one. */
const ANSWERS: Readonly<Record<Wire, { stream: string; whole: object }>> = {
  "openai-chat": {
    stream: [
      `data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}`,
      `data: {"choices":[{"index":0,"delta":{"content":"lo!"},"finish_reason":"stop"}]}`,
      `data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`,
      "data: [DONE]\n\n",
    ].join("\n\n"),
    whole: {
      choices: [{ index: 0, message: { role: "assistant", content: "Hello!" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
  },
  "openai-responses": {
    stream: [
      `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hel"}`,
      `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"lo!"}`,
      `event: response.completed\ndata: {"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}}\n\n`,
    ].join("\n\n"),
    whole: {
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "Hello!" }] }],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    },
  },
  "anthropic-messages": {
    stream: [
      `event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}`,
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}`,
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo!"}}`,
      `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}`,
      `event: message_stop\ndata: {"type":"message_stop"}\n\n`,
    ].join("\n\n"),
    whole: {
      content: [{ type: "text", text: "Hello!" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 2 },
    },
  },
  "google-generate-content": {
    stream: [
      `data: {"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]}`,
      `data: {"candidates":[{"content":{"parts":[{"text":"lo!"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}\n\n`,
    ].join("\n\n"),
    whole: {
      candidates: [{ content: { parts: [{ text: "Hello!" }] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
    },
  },
  "ollama-chat": {
    stream: [
      `{"message":{"role":"assistant","content":"Hel"},"done":false}`,
      `{"message":{"role":"assistant","content":"lo!"},"done":false}`,
      `{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":2}\n`,
    ].join("\n"),
    whole: {
      message: { role: "assistant", content: "Hello!" },
      done: true,
      done_reason: "stop",
      prompt_eval_count: 3,
      eval_count: 2,
    },
  },
};

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PICTURE = { mimeType: "image/png", base64: PIXEL };
const DATA_URL = `data:${PICTURE.mimeType};base64,${PICTURE.base64}`;

/** The user's message with a picture, as each wire has it. */
const SEEN: Readonly<Record<Wire, object>> = {
  "openai-chat": {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Hi" },
          { type: "image_url", image_url: { url: DATA_URL } },
        ],
      },
    ],
  },
  "openai-responses": {
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "Hi" },
          { type: "input_image", detail: "auto", image_url: DATA_URL },
        ],
      },
    ],
  },
  "anthropic-messages": {
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
          { type: "text", text: "Hi" },
        ],
      },
    ],
  },
  "google-generate-content": {
    contents: [{ role: "user", parts: [{ text: "Hi" }, { inlineData: { mimeType: "image/png", data: PIXEL } }] }],
  },
  "ollama-chat": { messages: [{ role: "user", content: "Hi", images: [PIXEL] }] },
};

interface Sent {
  url: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

interface Asked {
  env?: Record<string, string>;
  config?: object;
  answer?: Response;
}

/** One command line against a vendor that is a function; what it was sent, and what came of it. */
async function run(args: readonly string[], { env = {}, config, answer }: Asked = {}) {
  const sent: Sent[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    // Nobody lists models here: no local server is found, and LM Studio is one that loads them on demand.
    if (init.method !== "POST") return new Response("Not found", { status: 404 });
    sent.push({ url, headers, body: JSON.parse(String(init.body)) as Record<string, unknown> });
    return answer?.clone() ?? Response.json({ error: { message: "seen" } }, { status: 418 });
  };
  const path = folder.file(`${Bun.randomUUIDv7()}.json`);
  await writeFile(path, JSON.stringify(config ?? {}));
  const argv = ["model", "run", "--prompt", "Hi", "--json", "--config", path, ...args];
  const world = {
    env: { HOME: "/nowhere", ...env },
    fetch: fetch as unknown as typeof globalThis.fetch,
    sleep: async () => undefined,
  };
  const { stdout } = await runInProcess(argv, world);
  return { envelope: JSON.parse(stdout), sent: sent.at(-1), all: sent };
}

function keyed({ env = [], settings = {} }: Vendor): Record<string, string> {
  const [variable] = env;
  return { ...settings, ...(variable && { [variable]: KEY }) };
}

/** The headers that may carry a credential, and the one that does. */
function keyHeaders(headers: Record<string, string> | undefined): Record<string, string> {
  const names = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => names.includes(name)));
}

function keyAs(form: Key, key = KEY): Record<string, string> {
  if (form === "none") return {};
  return form === "bearer" ? { authorization: `Bearer ${key}` } : { [form]: key };
}

function ref({ fact, id = fact, model, ask = model }: Vendor): string {
  return `${id}/${ask}`;
}

const ALL = [...VENDORS, ...OTHERS];

describe.each(ALL.map((vendor) => [vendor.id ?? vendor.fact, vendor] as const))("%s", (id, vendor) => {
  const env = keyed(vendor);
  const { wire, model, ask = model ?? "", limit } = vendor;

  test("where, with which key, and what", async () => {
    const args = ["--model", ref(vendor), "--system", "Be brief", "--max-tokens", "9", "--temperature", "0"];
    const { sent } = await run(args, { env });
    expect(sent?.url).toBe(vendor.url.replace("{model}", ask));
    expect(keyHeaders(sent?.headers)).toEqual(keyAs(vendor.key));
    const talk = [
      { role: "system", content: "Be brief" },
      { role: "user", content: "Hi" },
    ];
    const { body = {} } = sent ?? {};
    switch (wire) {
      case "openai-chat": {
        const { thinking: _, ...rest } = body;
        expect(rest).toEqual({
          model: ask,
          messages: talk,
          stream: true,
          ...(!vendor.noStreamOptions && { stream_options: { include_usage: true } }),
          [limit ?? "max_completion_tokens"]: 9,
          temperature: 0,
        });
        break;
      }
      case "openai-responses":
        expect(body).toEqual({
          model: ask,
          instructions: "Be brief",
          input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }],
          stream: true,
          store: false,
          max_output_tokens: 9,
          temperature: 0,
        });
        break;
      case "anthropic-messages":
        expect(sent?.headers["anthropic-version"]).toBe("2023-06-01");
        expect(body).toEqual({
          model: ask,
          system: "Be brief",
          messages: [{ role: "user", content: "Hi" }],
          max_tokens: 9,
          temperature: 0,
          stream: true,
        });
        break;
      case "google-generate-content":
        expect(body).toEqual({
          systemInstruction: { parts: [{ text: "Be brief" }] },
          contents: [{ role: "user", parts: [{ text: "Hi" }] }],
          generationConfig: { maxOutputTokens: 9, temperature: 0 },
        });
        break;
      case "ollama-chat":
        expect(body).toEqual({
          model: ask,
          messages: talk,
          stream: true,
          options: { num_predict: 9, temperature: 0 },
        });
    }
  });

  test("a model that it was not told of is passed on", async () => {
    const { sent } = await run(["--model", `${id}/vendor/new-model`], { env });
    const name = wire === "google-generate-content" ? sent?.url : sent?.body.model;
    expect(name).toContain(wire === "google-generate-content" ? "/models/vendor%2Fnew-model:" : "vendor/new-model");
  });

  // OpenClaw's docs/providers/inferrs.md: content is a string there. The facts have no pictures for copilot-proxy.
  if (vendor.fact !== "inferrs" && vendor.fact !== "copilot-proxy") {
    test("a picture", async () => {
      const file = folder.file("pixel.png");
      await writeFile(file, Buffer.from(PIXEL, "base64"));
      // A model that our catalog does not know: what takes pictures is for the vendor to say.
      const family = /^(?:claude|gpt)-/.exec(ask)?.[0] ?? "";
      const { sent, envelope } = await run(["--model", `${id}/${family}new`, "--file", file], { env });
      expect(envelope.error?.message).toBe("seen");
      expect(sent?.body).toMatchObject(SEEN[wire]);
    });
  }

  test.each(["stream", "whole"] as const)("an answer: %s", async (form) => {
    const { stream, whole } = ANSWERS[wire];
    const type = wire === "ollama-chat" ? "application/x-ndjson" : "text/event-stream";
    const answer =
      form === "whole" ? Response.json(whole) : new Response(stream, { headers: { "content-type": type } });
    const { envelope } = await run(["--model", ref(vendor)], { env, answer });
    expect(envelope).toMatchObject({
      ok: true,
      provider: id,
      model: ask,
      outputs: [{ text: "Hello!", finishReason: "stop" }],
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    });
    expect(envelope.ignoredOverrides ?? []).toEqual([]);
  });

  test("its errors", async () => {
    const [status, body, type, message] = ERRORS[vendor.error];
    const { envelope } = await run(["--model", ref(vendor)], { env, answer: Response.json(body, { status }) });
    expect(envelope.error).toMatchObject({ type, message, status, provider: id });
  });

  for (const [level, fields] of Object.entries(vendor.thinking)) {
    test(`--thinking ${level}`, async () => {
      const answer = Response.json(ANSWERS[wire].whole);
      const plain = await run(["--model", ref(vendor)], { env, answer });
      const { sent, envelope } = await run(["--model", ref(vendor), "--thinking", level], { env, answer });
      expect(envelope.ignoredOverrides ?? []).toEqual(fields ? [] : [{ key: "thinking", value: level }]);
      if (!fields) expect(sent?.body).toEqual(plain.sent?.body ?? {});
      else if (wire === "anthropic-messages") expect(sent?.body).toMatchObject(fields);
      else expect(sent?.body).toEqual({ ...plain.sent?.body, ...fields });
    });
  }

  test("its default model", async () => {
    const { envelope, sent } = await run(["--provider", id], { env });
    if (model === undefined && PROVIDERS.find((row) => row.id === id)?.probe) {
      // A server on this machine is asked which models it has; this one tells none.
      expect(envelope.error.hint).toContain(`--model ${id}/<model>`);
      expect(sent).toBeUndefined();
    } else if (model === undefined) {
      expect(envelope.error).toMatchObject({ type: "usage", message: expect.stringContaining("default model") });
      expect(sent).toBeUndefined();
    } else {
      expect(envelope).toMatchObject({ provider: id, model });
      expect(sent?.url).toBe(vendor.url.replace("{model}", model));
    }
  });

  const { env: variables } = vendor;
  if (!variables) return;
  test("its variables, in their order", async () => {
    const args = ["--model", ref(vendor)];
    for (const [index] of variables.entries()) {
      const set = Object.fromEntries(variables.slice(index).map((name) => [name, `key-of-${name.toLowerCase()}`]));
      const { sent } = await run(args, { env: { ...vendor.settings, ...set } });
      expect(keyHeaders(sent?.headers)).toEqual(keyAs(vendor.key, `key-of-${variables[index]?.toLowerCase()}`));
    }
    const { sent, envelope } = await run(args, { env: vendor.settings ?? {} });
    const isLocal = /^http:\/\/(?:127\.0\.0\.1|localhost)/.test(vendor.url);
    if (isLocal) expect(keyHeaders(sent?.headers)).toEqual({});
    else
      expect(envelope.error).toMatchObject({ type: "auth", message: expect.stringContaining(variables.join(" or ")) });
  });
});

describe("regions and plans", () => {
  test.each(VARIANTS)("%s", async (id, url) => {
    const { sent, envelope } = await run(["--provider", id], {
      config: { models: { providers: { [id]: { apiKey: KEY } } } },
    });
    expect(envelope.provider).toBe(id);
    expect(sent?.url).toBe(url);
    expect(keyHeaders(sent?.headers)).toEqual({ authorization: `Bearer ${KEY}` });
  });

  test("no other than these", () => {
    const variants = PROVIDERS.flatMap((row) => Object.keys(row.variants ?? {}).map((name) => `${row.id}-${name}`));
    expect(variants.toSorted()).toEqual(VARIANTS.map(([id]) => id).toSorted());
  });

  test.each([
    ["MINIMAX_API_HOST", "https://api.minimaxi.com", "minimax/m", "https://api.minimaxi.com/anthropic/v1/messages"],
    ["OLLAMA_HOST", "box:11500", "ollama/m", "http://box:11500/api/chat"],
    [
      "AZURE_OPENAI_ENDPOINT",
      "https://acme.openai.azure.com/",
      "azure/m",
      "https://acme.openai.azure.com/openai/v1/responses?api-version=v1",
    ],
    [
      "AZURE_OPENAI_ENDPOINT",
      "https://acme.services.ai.azure.com",
      "microsoft-foundry/gpt-5.5",
      "https://acme.services.ai.azure.com/openai/v1/responses",
    ],
  ])("%s=%s", async (variable, value, model, url) => {
    const env = { [variable]: value, MINIMAX_API_KEY: KEY, AZURE_OPENAI_API_KEY: KEY };
    expect((await run(["--model", model], { env })).sent?.url).toBe(url);
  });

  test("the version of Azure's API", async () => {
    const env = { AZURE_OPENAI_API_KEY: KEY, AZURE_OPENAI_RESOURCE_NAME: "acme", AZURE_OPENAI_API_VERSION: "preview" };
    const { sent } = await run(["--model", "azure-openai-responses/m"], { env });
    expect(sent?.url).toBe("https://acme.openai.azure.com/openai/v1/responses?api-version=preview");
  });

  test("what nobody told is asked for", async () => {
    const { envelope } = await run(["--provider", "cloudflare-ai-gateway"], {
      env: { CLOUDFLARE_AI_GATEWAY_API_KEY: KEY },
    });
    expect(envelope.error).toMatchObject({ type: "usage", hint: expect.stringContaining("CLOUDFLARE_ACCOUNT_ID") });
  });
});

describe("Cloudflare Workers AI, which the facts do not have", () => {
  // https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility
  const env = { CLOUDFLARE_API_TOKEN: KEY, CLOUDFLARE_ACCOUNT_ID: "acc" };

  test("is asked as its documentation says", async () => {
    const { sent } = await run(["--model", "cloudflare-workers-ai/@cf/openai/gpt-oss-120b", "--max-tokens", "5"], {
      env,
    });
    expect(sent?.url).toBe("https://api.cloudflare.com/client/v4/accounts/acc/ai/v1/chat/completions");
    expect(keyHeaders(sent?.headers)).toEqual({ authorization: `Bearer ${KEY}` });
    expect(sent?.body).toMatchObject({ model: "@cf/openai/gpt-oss-120b", max_tokens: 5 });
  });

  test("wants to know the account", async () => {
    const only = { CLOUDFLARE_API_TOKEN: KEY };
    const { envelope } = await run(["--model", "cloudflare-workers-ai/m"], { env: only });
    expect(envelope.error).toMatchObject({ type: "usage", hint: expect.stringContaining("CLOUDFLARE_ACCOUNT_ID") });
  });

  test("names its variable when there is none", async () => {
    const { envelope } = await run(["--model", "cloudflare-workers-ai/m"], { env: {} });
    expect(envelope.error).toMatchObject({ type: "auth", message: expect.stringContaining("CLOUDFLARE_API_TOKEN") });
  });
});

describe("keys of another form", () => {
  const key = async (provider: string, apiKey: string, more: object = {}, model = "m") => {
    const config = { models: { providers: { [provider]: { apiKey, ...more } } } };
    return (await run(["--model", `${provider}/${model}`], { config })).sent?.headers;
  };

  test("an OAuth token of Anthropic's", async () => {
    const headers = await key("anthropic", "sk-ant-oat01-x");
    expect(keyHeaders(headers)).toEqual({ authorization: "Bearer sk-ant-oat01-x" });
    expect(headers?.["anthropic-beta"]).toBe("claude-code-20250219,oauth-2025-04-20");
  });

  test("a login of Google's as JSON", async () => {
    expect(keyHeaders(await key("google", '{"token":"ya29.x","projectId":"p"}'))).toEqual({
      authorization: "Bearer ya29.x",
    });
  });

  const HOSTS = ["acme.openai.azure.com", "acme.services.ai.azure.com", "acme.cognitiveservices.azure.com"];
  const AZURE = HOSTS.flatMap((host) =>
    ["openai", "azure-openai", "microsoft-foundry"].map((id) => [id, host] as const),
  );
  test.each(AZURE)("%s at %s", async (id, host) => {
    const baseUrl = `https://${host}/openai/v1`;
    expect(keyHeaders(await key(id, KEY, { baseUrl }))).toEqual({ "api-key": KEY });
    // A token of Entra's.
    expect(keyHeaders(await key(id, "eyJ0.x.y", { baseUrl }))).toEqual({ authorization: "Bearer eyJ0.x.y" });
  });

  test("Azure's header is for Azure's hosts", async () => {
    const baseUrl = "https://openai.azure.com.example/v1";
    expect(keyHeaders(await key("openai", KEY, { baseUrl }))).toEqual({ authorization: `Bearer ${KEY}` });
  });

  test("a gateway of Cloudflare's that wants a token of its own", async () => {
    const env = {
      CLOUDFLARE_AI_GATEWAY_API_KEY: KEY,
      CLOUDFLARE_ACCOUNT_ID: "acc",
      CLOUDFLARE_GATEWAY_ID: "gate",
      CF_AIG_TOKEN: "cf-token",
    };
    const { sent } = await run(["--provider", "cloudflare-ai-gateway"], { env });
    expect(sent?.headers["cf-aig-authorization"]).toBe("Bearer cf-token");
    expect(sent?.headers["x-api-key"]).toBe(KEY);
    const { CF_AIG_TOKEN: _, ...without } = env;
    const { sent: plain } = await run(["--provider", "cloudflare-ai-gateway"], { env: without });
    expect(plain?.headers["cf-aig-authorization"]).toBeUndefined();
  });

  test("its token is not printed", async () => {
    const env = {
      CLOUDFLARE_AI_GATEWAY_API_KEY: KEY,
      CLOUDFLARE_ACCOUNT_ID: "a",
      CLOUDFLARE_GATEWAY_ID: "g",
      CF_AIG_TOKEN: "cf-token-1",
    };
    const answer = Response.json({ error: { message: "bad token cf-token-1" } }, { status: 401 });
    const { envelope } = await run(["--provider", "cloudflare-ai-gateway"], { env, answer });
    expect(JSON.stringify(envelope)).not.toContain("cf-token-1");
  });

  test("who asks", async () => {
    expect((await key("kimi", KEY))?.["user-agent"]).toBe("claude-code/0.1.0");
    expect((await key("openrouter", KEY))?.["x-openrouter-title"]).toBe("infer");
  });
});

describe("what a model is called", () => {
  test.each([
    ["anthropic/opus", "claude-opus-4-8"],
    ["anthropic/opus-4.8", "claude-opus-4-8"],
    ["anthropic/opus-4.6", "claude-opus-4-6"],
    ["anthropic/sonnet-4.6", "claude-sonnet-4-6"],
    ["openrouter/auto", "openrouter/auto"],
    ["openrouter/openrouter/auto", "openrouter/auto"],
    ["openrouter/meta-llama/llama-3.3-70b", "meta-llama/llama-3.3-70b"],
    ["nvidia/nemotron-x", "nvidia/nemotron-x"],
    ["nvidia/moonshotai/kimi-k2.5", "moonshotai/kimi-k2.5"],
    ["huggingface/deepseek-ai/DeepSeek-R1:fastest", "deepseek-ai/DeepSeek-R1:fastest"],
    ["huggingface/huggingface/deepseek-ai/DeepSeek-R1:together", "deepseek-ai/DeepSeek-R1:together"],
    ["vercel-ai-gateway/claude-opus-4.6", "anthropic/claude-opus-4.6"],
    ["vercel-ai-gateway/opus-4.6", "anthropic/claude-opus-4.6"],
    ["vercel-ai-gateway/sonnet-4.6", "anthropic/claude-sonnet-4.6"],
    ["vercel-ai-gateway/openai/gpt-5.4", "openai/gpt-5.4"],
    ["vercel-ai-gateway/gpt-5.4", "gpt-5.4"],
    ["kimi/kimi-code", "kimi-for-coding"],
    ["kimi/k2p5", "kimi-for-coding"],
    ["ollama/kimi-k2.5:cloud", "kimi-k2.5:cloud"],
  ])("%s → %s", async (model, sentAs) => {
    const [id = ""] = model.split("/");
    const { sent } = await run(["--model", model], { config: { models: { providers: { [id]: { apiKey: KEY } } } } });
    expect(sent?.body.model).toBe(sentAs);
  });

  test.each([
    ["gemini-3-pro", "gemini-3.1-pro-preview"],
    ["gemini-3-pro-preview", "gemini-3.1-pro-preview"],
    ["gemini-3-flash", "gemini-3-flash-preview"],
    ["gemini-3.1-flash", "gemini-3-flash-preview"],
    ["gemini-3.1-flash-preview", "gemini-3-flash-preview"],
    ["gemini-3.1-flash-lite-preview", "gemini-3.1-flash-lite"],
    ["gemini-2.5-flash", "gemini-2.5-flash"],
  ])("google/%s → %s", async (model, sentAs) => {
    const { sent } = await run(["--model", `gemini/${model}`], { env: { GEMINI_API_KEY: KEY } });
    expect(sent?.url).toContain(`/models/${sentAs}:`);
  });

  const ALIASES: readonly [alias: string, id: string][] = [
    ["gemini", "google"],
    ["x-ai", "xai"],
    ["grok", "xai"],
    ["azure", "azure-openai"],
    ["azure-openai-responses", "azure-openai"],
    ["modelstudio", "qwen"],
    ["qwencloud", "qwen"],
    ["dashscope", "qwen"],
    ["qwen-portal", "qwen-oauth"],
    ["qwen-cli", "qwen-oauth"],
    ["fireworks-ai", "fireworks"],
    ["z-ai", "zai"],
    ["z.ai", "zai"],
    ["glm", "zai"],
    ["kimi-coding", "kimi"],
    ["kimi-code", "kimi"],
    ["moonshotai", "moonshot"],
    ["moonshot-ai", "moonshot"],
    ["novita-ai", "novita"],
    ["novitaai", "novita"],
    ["gmi-cloud", "gmi"],
    ["gmicloud", "gmi"],
    ["opencode-zen", "opencode"],
    ["mimo", "xiaomi"],
    ["llama.cpp", "llamacpp"],
    ["llama-cpp", "llamacpp"],
    ["llama-server", "llamacpp"],
  ];
  test.each(ALIASES)("provider %s → %s", async (alias, id) => {
    expect((await run(["--model", `${alias}/m`])).envelope.provider).toBe(id);
  });

  test("no name is given twice", () => {
    const names = PROVIDERS.flatMap(({ id, aliases = [], variants = {} }) => [
      id,
      ...aliases,
      ...Object.keys(variants).map((name) => `${id}-${name}`),
    ]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe("a model decides about the wire and the switch", () => {
  const ask = async (model: string, ...args: string[]) => {
    const [id = ""] = model.split("/");
    const config = { models: { providers: { [id]: { apiKey: KEY } } } };
    return run(["--model", model, ...args], { config, answer: Response.json(ANSWERS["openai-chat"].whole) });
  };

  // Zen reads its key where the wire's own vendor does: packages/console/app/src/routes/zen of sst/opencode.
  test.each([
    ["opencode/claude-opus-4-6", "https://opencode.ai/zen/v1/messages", "x-api-key"],
    ["opencode/gpt-5.5", "https://opencode.ai/zen/v1/responses", "bearer"],
    [
      "opencode/gemini-3-flash",
      "https://opencode.ai/zen/v1/models/gemini-3-flash:streamGenerateContent?alt=sse",
      "x-goog-api-key",
    ],
    ["opencode/kimi-k2.5", "https://opencode.ai/zen/v1/chat/completions", "bearer"],
    ["opencode-go/minimax-m2.5", "https://opencode.ai/zen/go/v1/messages", "x-api-key"],
    ["opencode-go/minimax-m2.7", "https://opencode.ai/zen/go/v1/chat/completions", "bearer"],
  ] as const)("%s", async (model, url, key) => {
    const { sent } = await ask(model);
    expect(sent?.url).toBe(url);
    expect(keyHeaders(sent?.headers)).toEqual(keyAs(key));
  });

  test("Foundry serves other makers' models over chat completions", async () => {
    const env = { AZURE_OPENAI_API_KEY: KEY, AZURE_OPENAI_RESOURCE_NAME: "acme" };
    const { sent } = await run(["--model", "microsoft-foundry/Llama-4-Maverick", "--max-tokens", "9"], { env });
    expect(sent?.url).toBe("https://acme.services.ai.azure.com/openai/v1/chat/completions");
    expect(sent?.body.max_tokens).toBe(9);
  });

  test.each([
    ["groq/openai/gpt-oss-120b", "max", effort("high")],
    ["groq/openai/gpt-oss-120b", "off", null],
    ["groq/qwen/qwen3-32b", "off", effort("none")],
    ["groq/qwen/qwen3-32b", "low", effort("default")],
    ["cerebras/gpt-oss-120b", "minimal", effort("low")],
    ["cerebras/llama3.1-8b", "low", null],
    ["together/openai/gpt-oss-20b", "medium", effort("medium")],
    ["nvidia/openai/gpt-oss-20b", "medium", effort("medium")],
    ["fireworks/accounts/fireworks/models/glm-5", "off", effort("none")],
    ["stepfun/step-3.7-flash", "max", effort("high")],
    ["perplexity/sonar-deep-research", "minimal", effort("minimal")],
    ["kilocode/anthropic/claude-opus-4.6", "high", { reasoning: { effort: "high" } }],
    ["kilocode/x-ai/grok-4", "high", null],
    ["opencode-go/deepseek-v4-pro", "max", { thinking: { type: "enabled" }, reasoning_effort: "max" }],
    ["opencode-go/qwen3.6-plus", "off", { enable_thinking: false }],
    ["deepseek/deepseek-reasoner", "max", { thinking: { type: "enabled" } }],
    ["xiaomi/mimo-v2-pro", "max", { thinking: { type: "enabled" }, reasoning_effort: "max" }],
    ["venice/kimi-k2-5", "adaptive", null],
    ["zai/glm-5.1", "adaptive", { thinking: { type: "enabled" } }],
  ] as const)("%s --thinking %s", async (model, level, fields) => {
    const plain = await ask(model);
    const { sent, envelope } = await ask(model, "--thinking", level);
    expect(envelope.ignoredOverrides ?? []).toEqual(fields ? [] : [{ key: "thinking", value: level }]);
    const { thinking: _, ...body } = plain.sent?.body ?? {};
    expect(sent?.body).toEqual({ ...body, ...fields });
  });

  // Which of xAI's models take an effort: https://github.com/NousResearch/hermes-agent/pull/23435
  test.each([
    ["grok-4", "high", null],
    ["grok-4-fast-reasoning", "off", null],
    ["grok-code-fast-1", "low", null],
    ["grok-4.3-latest", "off", "none"],
    ["grok-4.20-multi-agent-0309", "max", "xhigh"],
    ["grok-4.20-multi-agent-0309", "off", null],
    ["grok-3-mini", "medium", "low"],
  ])("xai/%s --thinking %s", async (model, level, sentAs) => {
    const answer = Response.json(ANSWERS["openai-responses"].whole);
    const { sent, envelope } = await run(["--model", `xai/${model}`, "--thinking", level], {
      env: { XAI_API_KEY: KEY },
      answer,
    });
    expect(sent?.body.reasoning).toEqual(sentAs === null ? undefined : { effort: sentAs });
    expect(envelope.ignoredOverrides ?? []).toEqual(sentAs === null ? [{ key: "thinking", value: level }] : []);
  });

  test("Kimi on Fireworks does not think unless it is told to: it would do so in its answer", async () => {
    const model = "fireworks/accounts/fireworks/models/kimi-k2p6";
    expect((await ask(model)).sent?.body.thinking).toEqual({ type: "disabled" });
    expect((await ask(model)).envelope.ignoredOverrides ?? []).toEqual([]);
    expect((await ask(model, "--thinking", "high")).sent?.body.thinking).toEqual({ type: "enabled" });
    expect((await ask("fireworks/accounts/fireworks/models/glm-5")).sent?.body.thinking).toBeUndefined();
  });

  test("inferrs takes text only: a picture is refused before anything is sent", async () => {
    const file = folder.file("pixel.png");
    await writeFile(file, Buffer.from(PIXEL, "base64"));
    const { sent, envelope } = await run(["--model", "inferrs/m", "--file", file]);
    expect(envelope.error).toMatchObject({ type: "usage", hint: expect.stringContaining("--file") });
    expect(sent).toBeUndefined();
  });
});

describe("chosen by a key alone", () => {
  const chosen = async (env: Record<string, string>) => (await run([], { env })).envelope.provider;

  test.each([
    ["KIMI_API_KEY", "kimi"],
    ["MOONSHOT_API_KEY", "moonshot"],
    ["QWEN_API_KEY", "qwen"],
    ["MINIMAX_API_KEY", "minimax"],
    ["MINIMAX_OAUTH_TOKEN", "minimax-portal"],
    ["STEPFUN_API_KEY", "stepfun"],
    ["OPENCODE_API_KEY", "opencode"],
    ["VOLCANO_ENGINE_API_KEY", "volcengine-plan"],
    ["BYTEPLUS_API_KEY", "byteplus-plan"],
    ["HF_TOKEN", "huggingface"],
    ["OLLAMA_API_KEY", "ollama-cloud"],
  ])("%s → %s", async (variable, id) => {
    expect(await chosen({ [variable]: KEY })).toBe(id);
  });

  test("the placeholder for a local Ollama is no key for its cloud", async () => {
    expect(await chosen({ OLLAMA_API_KEY: "ollama-local" })).toBe("ollama");
    const { envelope } = await run(["--provider", "ollama-cloud"], { env: { OLLAMA_API_KEY: "ollama-local" } });
    expect(envelope.error.type).toBe("auth");
  });

  test.each(["GITHUB_TOKEN", "GH_TOKEN", "LLAMA_API_KEY"])("%s alone chooses nobody", async (variable) => {
    expect((await run([], { env: { [variable]: KEY } })).envelope.error.type).toBe("auth");
  });

  test("the order", async () => {
    const order = [
      ["openai", "OPENAI_API_KEY"],
      ["anthropic", "ANTHROPIC_API_KEY"],
      ["google", "GEMINI_API_KEY"],
      ["openrouter", "OPENROUTER_API_KEY"],
      ["groq", "GROQ_API_KEY"],
      ["mistral", "MISTRAL_API_KEY"],
      ["deepseek", "DEEPSEEK_API_KEY"],
      ["xai", "XAI_API_KEY"],
      ["together", "TOGETHER_API_KEY"],
      ["vercel-ai-gateway", "AI_GATEWAY_API_KEY"],
      ["litellm", "LITELLM_API_KEY"],
    ] as const;
    for (const [index, [id]] of order.entries()) {
      const env = Object.fromEntries(order.slice(index).map(([, variable]) => [variable, KEY]));
      expect(await chosen(env)).toBe(id);
    }
  });

  test("servers that are looked for, in this order, and the embedded engines last", () => {
    expect(PROVIDERS.filter(({ probe }) => probe).map(({ id }) => id)).toEqual([
      "ollama",
      "lmstudio",
      "llamacpp",
      "vllm",
      "sglang",
    ]);
    expect(PROVIDERS.at(-1)?.id).toBe("local");
  });
});

interface Fact {
  capability: string;
  provider: string;
  variant: string | null;
  env: string[] | null;
  base_url: string;
  default_model: string | null;
  family: string;
}

describe("the table of this test against the facts", () => {
  const present = existsSync(FACTS);
  const nameOf = ({ provider, variant }: Fact): string => (variant === null ? provider : `${provider}/${variant}`);
  const facts = async (capability: string): Promise<Fact[]> => {
    const { records } = (await Bun.file(FACTS).json()) as { records: Fact[] };
    return records.filter((record) => record.capability === capability);
  };

  // The records of LOGINS are driven by login-providers.test.ts, which fails when one of them is not in its own table.
  test.skipIf(!present)(
    "every record is here, or in login-providers.test.ts (skipped without ../shared/facts)",
    async () => {
      const names = (await facts("model.run")).map(nameOf);
      expect(names).toHaveLength(58);
      expect([...VENDORS.map(({ fact }) => fact), ...Object.keys(LOGINS)].toSorted()).toEqual(names.toSorted());
    },
  );

  test.skipIf(!present)(
    "addresses, variables and default models are theirs (skipped without ../shared/facts)",
    async () => {
      const records = new Map((await facts("model.run")).map((record) => [nameOf(record), record]));
      for (const vendor of VENDORS) {
        const record = records.get(vendor.fact);
        const base = (record?.base_url ?? "").replace(/\/$/, "").replace("{account_id}/{gateway_id}", "acc/gate");
        expect(vendor.url).toStartWith(base.replace("<resource>", "acme"));
        if (vendor.env) expect(vendor.env).toEqual(record?.env ?? []);
        // Placeholders, and the plans' own, are not for the row itself.
        if (!/\(/.test(record?.default_model ?? "(")) expect(vendor.model).toBe(record?.default_model ?? "");
        // The facts name opencode's first wire; its default model is on another.
        if (vendor.fact !== "opencode") expect(vendor.wire).toBe(record?.family as Wire);
      }
    },
  );

  test.skipIf(!present)("all but one take pictures (skipped without ../shared/facts)", async () => {
    const takers = new Set((await facts("model.run+image")).map(nameOf));
    const others = VENDORS.filter(({ fact }) => !takers.has(fact)).map(({ fact }) => fact);
    expect(others).toEqual(["copilot-proxy"]);
  });

  test("every record is a row", () => {
    const ids = PROVIDERS.map(({ id }) => id);
    const wanted = [...ALL.map(({ fact, id = fact }) => id), ...Object.values(LOGINS)];
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    // Nobody is added without an expectation here.
    const known = [...wanted, "codex", "local", "cloudflare-workers-ai"];
    expect(PROVIDERS.filter(({ id, text }) => text && !known.includes(id)).map(({ id }) => id)).toEqual([]);
  });

  test("every wire is some provider's", () => {
    const spoken = new Set<string>(
      PROVIDERS.flatMap(({ text }) =>
        [text?.protocol ?? [], (text?.wires ?? []).map(({ protocol }) => protocol)].flat(),
      ),
    );
    expect(Object.keys(TEXT_PROTOCOLS).filter((name) => !spoken.has(name))).toEqual([]);
  });
});

describe("headers of the config", () => {
  test("win over ours, whatever their case, and are sent once", async () => {
    await using server = await FaultServer.start((socket) =>
      respond(socket, 418, '{"error":{"message":"seen"}}', { "content-type": "application/json" }),
    );
    const config = folder.file("headers.json");
    const headers = { Authorization: "Bearer mine", "X-Team": "blue" };
    const openai = { baseUrl: server.url, apiKey: KEY, headers };
    await writeFile(config, JSON.stringify({ models: { providers: { openai } } }));
    await runInProcess(["model", "run", "--prompt", "x", "--config", config, "--json"]);
    expect(server.seen[0]?.headers).toMatchObject({ authorization: "Bearer mine", "x-team": "blue" });
  });
});

describe("a hint that a wire cannot express", () => {
  test("is in the envelope, or a warning", async () => {
    const answer = JSON.stringify(ANSWERS["openai-chat"].whole);
    await using server = await FaultServer.start((socket) =>
      respond(socket, 200, answer, { "content-type": "application/json" }),
    );
    const config = folder.file("hint.json");
    await writeFile(config, JSON.stringify({ models: { providers: { mine: { baseUrl: server.url } } } }));
    const argv = ["model", "run", "--prompt", "x", "--model", "mine/m", "--thinking", "adaptive", "--config", config];
    const document = JSON.parse((await runInProcess([...argv, "--json"])).stdout);
    expect(document.ignoredOverrides).toEqual([{ key: "thinking", value: "adaptive" }]);
    const text = await runInProcess(argv);
    expect(text.stdout).toBe("Hello!\n");
    expect(text.stderr).toBe("infer: warning: thinking adaptive cannot be honoured here.\n");
  });
});
