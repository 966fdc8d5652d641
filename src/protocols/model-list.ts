import * as v from "valibot";
import { bedrockModels } from "./bedrock-model-list.ts";
import { googleModels, isVertex, vertexRequest } from "./google-model-list.ts";
import type { TextProtocolId } from "./index.ts";
import {
  anything,
  entries,
  flag,
  get,
  inOurWords,
  isNamedForOther,
  type ListedModel,
  list,
  type ModelList,
  type ModelPage,
  modelId,
  noList,
  PAGE_SIZE,
  parse,
  part,
  plainName,
  tokens,
  word,
  words,
} from "./listed-model.ts";
import { defined, endpoint } from "./wire.ts";

const openaiModels: ModelList = {
  // OpenRouter pages by a query of its own, https://openrouter.ai/docs/api-reference/list-available-models.
  request: (baseUrl, page) => get(endpoint(baseUrl, page ? `/models?${page}` : "/models")),
  read: readModels,
};

/** How the vendors of each wire list their models: the cheapest request that needs the credential. */
export const MODEL_LISTS: Partial<Record<TextProtocolId | "bedrock-converse", ModelList>> = {
  "openai-chat": openaiModels,
  "openai-responses": openaiModels,
  "anthropic-messages": {
    request(baseUrl, page) {
      const onVertex = vertexRequest(baseUrl, page);
      if (onVertex) return onVertex;
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...defined({ after_id: page }) });
      const request = get(endpoint(baseUrl, `/v1/models?${query}`, /\/v1$/));
      return { ...request, headers: { "anthropic-version": "2023-06-01" } };
    },
    // Many who speak Anthropic's messages list their models as OpenAI does: Kimi, Vercel's gateway.
    read: (json) => (isVertex(json) ? googleModels.read(json) : readModels(json)),
  },
  "google-generate-content": googleModels,
  "ollama-chat": {
    request: (baseUrl) => get(endpoint(baseUrl, "/api/tags", /\/v1$/)),
    read: readModels,
  },
  "bedrock-converse": bedrockModels,
};

const modalities = { input_modalities: words, output_modalities: words };

/**
 * A model in everybody's dialect of OpenAI's and Ollama's lists. Where the members are from: Anthropic's, Mistral's and
 * Ollama's descriptions; OpenRouter and those who copy it (`architecture`, `supported_parameters`); Groq and Vercel
 * (`context_window`, `tags`); Together (`type`, `context_length`); vLLM and SGLang (`max_model_len`); llama.cpp (`meta`);
 * LM Studio (`max_context_length`, `vlm`); GitHub Copilot (`capabilities.limits`); Moonshot (`supports_image_in`);
 * Fireworks (`supports_image_input`); Hugging Face (`providers`); DeepInfra (`metadata`); Venice (`model_spec`).
 */
const model = v.object({
  id: anything,
  model: anything,
  name: word,
  display_name: word,
  type: word,
  active: flag,
  archived: flag,
  context_length: tokens,
  context_window: tokens,
  max_context_length: tokens,
  max_model_len: tokens,
  max_input_tokens: tokens,
  max_completion_tokens: tokens,
  max_output_tokens: tokens,
  max_output_length: tokens,
  max_tokens: tokens,
  ...modalities,
  architecture: part(modalities),
  supported_parameters: words,
  supported_features: words,
  tags: words,
  top_provider: part({ max_completion_tokens: tokens }),
  providers: v.fallback(v.optional(v.array(v.object({ context_length: tokens }))), undefined),
  meta: part({ n_ctx_train: tokens }),
  details: part({ context_length: tokens }),
  metadata: part({ context_length: tokens, max_tokens: tokens, tags: words }),
  model_spec: part({
    name: word,
    availableContextTokens: tokens,
    maxCompletionTokens: tokens,
    capabilities: part({ supportsVision: flag, supportsReasoning: flag }),
  }),
  supports_chat: flag,
  supports_image_in: flag,
  supports_image_input: flag,
  supports_vision: flag,
  supports_video_in: flag,
  supports_reasoning: flag,
  capabilities: anything,
});

const capabilityParts = v.object({
  type: word,
  vision: flag,
  audio: flag,
  completion_chat: flag,
  reasoning: anything,
  limits: part({ max_context_window_tokens: tokens, max_output_tokens: tokens }),
  supports: part({ vision: flag, reasoning_effort: anything, max_thinking_budget: anything }),
  image_input: part({ supported: flag }),
  pdf_input: part({ supported: flag }),
  thinking: part({ supported: flag }),
});

const modelPage = v.object({
  data: list,
  models: list,
  has_more: flag,
  last_id: word,
  links: part({ next: word }),
});

type Model = v.InferOutput<typeof model>;
type CapabilityParts = v.InferOutput<typeof capabilityParts>;

/** A list as OpenAI, Anthropic or Ollama sends it, or bare as Together does. */
function readModels(json: unknown): ModelPage {
  if (Array.isArray(json)) return { models: entries(model, json, fromAnyone) };
  const { data, models, has_more, last_id, links } = parse(modelPage, json);
  const listed = data ?? models;
  if (!listed) throw noList();
  // Only the query of the link counts: where to ask stays the user's word.
  const query = links?.next?.split("?", 2)[1]?.split("#")[0];
  const next = has_more ? last_id : query;
  return { models: entries(model, listed, fromAnyone), ...(next && { next }) };
}

function fromAnyone(told: Model): ListedModel | null {
  // Groq lists what is switched off, Mistral what is archived.
  if (told.active === false || told.archived === true) return null;
  const known = v.safeParse(modelId, told.id ?? told.model ?? told.name);
  if (!known.success) return null;
  const name = told.display_name ?? told.model_spec?.name ?? told.name;
  const capable = capabilitiesOf(told);
  const { limits } = capable.parts;
  const listed: ListedModel = { id: known.output };
  const contextWindow =
    told.context_length ??
    told.context_window ??
    told.max_context_length ??
    told.max_model_len ??
    told.max_input_tokens ??
    limits?.max_context_window_tokens ??
    told.metadata?.context_length ??
    told.model_spec?.availableContextTokens ??
    told.details?.context_length ??
    told.meta?.n_ctx_train ??
    largest(told.providers?.map(({ context_length }) => context_length));
  const maxTokens =
    told.max_completion_tokens ??
    told.max_output_tokens ??
    told.max_output_length ??
    told.top_provider?.max_completion_tokens ??
    limits?.max_output_tokens ??
    told.metadata?.max_tokens ??
    told.model_spec?.maxCompletionTokens ??
    told.max_tokens;
  if (name !== undefined && name !== listed.id) listed.name = plainName(name);
  if (contextWindow !== undefined) listed.contextWindow = contextWindow;
  if (maxTokens !== undefined) listed.maxTokens = maxTokens;
  const input = inputOf(told, capable);
  if (input) listed.input = input;
  const reasoning = reasons(told, capable);
  if (reasoning !== undefined) listed.reasoning = reasoning;
  if (!givesText(told, capable, listed.id)) listed.notText = true;
  return listed;
}

interface Capable {
  /** As Mistral, Anthropic, Copilot and LM Studio tell: an object. */
  parts: Partial<CapabilityParts>;
  /** As Ollama and Vercel tell: a list of words. */
  words: readonly string[] | undefined;
}

function capabilitiesOf({ capabilities, tags, metadata }: Model): Capable {
  const parts = v.safeParse(capabilityParts, capabilities);
  const named = v.safeParse(v.array(v.string()), capabilities);
  return {
    parts: parts.success && !named.success ? parts.output : {},
    words: named.success ? named.output : (tags ?? metadata?.tags),
  };
}

function inputOf(told: Model, { parts, words }: Capable): string[] | undefined {
  const named = told.architecture?.input_modalities ?? told.input_modalities;
  if (named) return inOurWords(named);
  const image =
    parts.vision ??
    parts.supports?.vision ??
    parts.image_input?.supported ??
    told.supports_image_in ??
    told.supports_image_input ??
    told.supports_vision ??
    told.model_spec?.capabilities?.supportsVision ??
    // A model that is not tagged can still see: only Ollama's capabilities are complete.
    (told.type === "vlm" || words?.includes("vision") || (Array.isArray(told.capabilities) ? false : undefined));
  if (image === undefined) return undefined;
  return inOurWords([
    "text",
    ...(image ? ["image"] : []),
    ...(parts.audio || words?.includes("audio") ? ["audio"] : []),
    ...(told.supports_video_in ? ["video"] : []),
    ...(parts.pdf_input?.supported ? ["document"] : []),
  ]);
}

function reasons(told: Model, { parts, words }: Capable): boolean | undefined {
  if (told.supported_parameters) return told.supported_parameters.includes("reasoning");
  const { supports } = parts;
  if (supports?.reasoning_effort || supports?.max_thinking_budget) return true;
  return (
    parts.thinking?.supported ??
    (typeof parts.reasoning === "boolean" ? parts.reasoning : parts.reasoning ? true : undefined) ??
    told.supports_reasoning ??
    told.model_spec?.capabilities?.supportsReasoning ??
    (words?.some((one) => one === "thinking" || one === "reasoning") ||
    told.supported_features?.some((one) => one === "reasoning")
      ? true
      : Array.isArray(told.capabilities)
        ? false
        : undefined)
  );
}

/** What else a list has in it, by what a type says. */
const OTHER_TYPE = /embed|image|moderat|rerank|audio|speech|tts|asr|transcri|video|music|upscale|inpaint/i;
function givesText(told: Model, { parts, words }: Capable, name: string): boolean {
  const output = told.architecture?.output_modalities ?? told.output_modalities;
  if (output) return output.includes("text");
  if (Array.isArray(told.capabilities) && words) return words.includes("completion");
  const chats = parts.completion_chat ?? told.supports_chat;
  if (chats !== undefined) return chats;
  const type = parts.type ?? told.type;
  // Anthropic says `model`, Mistral `base` or `fine-tuned` of all of them.
  if (type !== undefined && OTHER_TYPE.test(type)) return false;
  if (type !== undefined && /^(?:chat|language|code|llm|vlm|text|completion)$/i.test(type)) return true;
  return !isNamedForOther(name);
}

function largest(numbers: readonly (number | undefined)[] = []): number | undefined {
  const told = numbers.filter((one) => one !== undefined);
  return told.length > 0 ? Math.max(...told) : undefined;
}
