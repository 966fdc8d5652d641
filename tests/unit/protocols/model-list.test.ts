import { describe, expect, test } from "bun:test";
import { InferError } from "../../../src/core/error.ts";
import { TEXT_PROTOCOLS } from "../../../src/protocols/index.ts";
import type { ListedModel, ModelList } from "../../../src/protocols/listed-model.ts";
import { MODEL_LISTS } from "../../../src/protocols/model-list.ts";
import { contractsPresent } from "../../support/contracts.ts";

function listOf(wire: keyof typeof MODEL_LISTS): ModelList {
  const list = MODEL_LISTS[wire];
  if (!list) throw new Error(`no list for ${wire}`);
  return list;
}

/** What a list of chat completions makes of one entry. */
function read(entry: object): ListedModel | undefined {
  return listOf("openai-chat").read({ object: "list", data: [entry] }).models[0];
}

test("every wire for text has a list, but the one whose vendor has none", () => {
  // Code Assist, behind Google's Gemini CLI, has no call that lists models.
  const listless = ["google-code-assist"];
  const wires = Object.keys(TEXT_PROTOCOLS).filter((wire) => !Object.hasOwn(MODEL_LISTS, wire));
  expect(wires.filter((wire) => !listless.includes(wire))).toEqual([]);
});

describe("where the list is", () => {
  const cases: [wire: keyof typeof MODEL_LISTS, baseUrl: string, url: string][] = [
    ["openai-chat", "https://api.groq.com/openai/v1/", "https://api.groq.com/openai/v1/models"],
    ["openai-chat", "https://x.example/v1?api-version=1", "https://x.example/v1/models?api-version=1"],
    ["openai-responses", "https://api.openai.com/v1", "https://api.openai.com/v1/models"],
    ["anthropic-messages", "https://api.anthropic.com", "https://api.anthropic.com/v1/models?limit=1000"],
    ["anthropic-messages", "https://proxy.example/v1", "https://proxy.example/v1/models?limit=1000"],
    [
      "google-generate-content",
      "https://generativelanguage.googleapis.com/v1beta",
      "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
    ],
    ["google-generate-content", "https://g.example/v1", "https://g.example/v1/models?pageSize=1000"],
    [
      "google-generate-content",
      "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google",
      "https://aiplatform.googleapis.com/v1beta1/publishers/google/models?pageSize=100",
    ],
    [
      "google-generate-content",
      "https://aiplatform.googleapis.com/v1/publishers/google",
      "https://aiplatform.googleapis.com/v1beta1/publishers/google/models?pageSize=100",
    ],
    [
      "anthropic-messages",
      "https://eu-aiplatform.example/v1/projects/p/locations/eu/publishers/anthropic/",
      "https://eu-aiplatform.example/v1beta1/publishers/anthropic/models?pageSize=100",
    ],
    ["ollama-chat", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/api/tags"],
    [
      "bedrock-converse",
      "https://bedrock-runtime.eu-west-1.amazonaws.com",
      "https://bedrock.eu-west-1.amazonaws.com/foundation-models",
    ],
    [
      "bedrock-converse",
      "https://bedrock-runtime-fips.us-east-1.amazonaws.com/",
      "https://bedrock-fips.us-east-1.amazonaws.com/foundation-models",
    ],
    ["bedrock-converse", "https://gateway.example/aws", "https://gateway.example/aws/foundation-models"],
  ];
  test.each(cases)("%s at %s", (wire, baseUrl, url) => {
    expect(listOf(wire).request(baseUrl)).toMatchObject({ method: "GET", url });
  });

  test("Anthropic wants its version, and no other wire has a header of its own", () => {
    for (const [wire, list] of Object.entries(MODEL_LISTS)) {
      const { headers } = list.request("https://x.example");
      expect(headers).toEqual(wire === "anthropic-messages" ? { "anthropic-version": "2023-06-01" } : {});
    }
  });
});

describe("the next page", () => {
  test("Anthropic: after the last id", () => {
    const list = listOf("anthropic-messages");
    const page = {
      data: [{ id: "claude-a", type: "model" }],
      has_more: true,
      first_id: "claude-a",
      last_id: "claude-a",
    };
    expect(list.read(page).next).toBe("claude-a");
    expect(list.read({ ...page, has_more: false }).next).toBeUndefined();
    expect(list.request("https://x.example", "a&b").url).toBe("https://x.example/v1/models?limit=1000&after_id=a%26b");
  });

  test("Google: by its token", () => {
    const list = listOf("google-generate-content");
    expect(list.read({ models: [], nextPageToken: "t/2" }).next).toBe("t/2");
    expect(list.read({ models: [], nextPageToken: "" }).next).toBeUndefined();
    expect(list.request("https://x.example/v1", "t/2").url).toEndWith("?pageSize=1000&pageToken=t%2F2");
  });

  test("OpenRouter: by its link, of which only the query counts", () => {
    const list = listOf("openai-chat");
    const { next } = list.read({ data: [], links: { next: "https://elsewhere.example/steal?offset=500&limit=500" } });
    expect(list.request("https://openrouter.ai/api/v1", next).url).toBe(
      "https://openrouter.ai/api/v1/models?offset=500&limit=500",
    );
  });

  test("none where none is told", () => {
    expect(listOf("openai-chat").read({ data: [], has_more: null, last_id: "x", links: {} }).next).toBeUndefined();
    expect(listOf("ollama-chat").read({ models: [] }).next).toBeUndefined();
  });
});

describe("dialects", () => {
  const cases: [name: string, entry: object, expected: ListedModel][] = [
    [
      "OpenAI: an id and nothing else",
      { id: "gpt-5.5", object: "model", created: 1, owned_by: "openai" },
      { id: "gpt-5.5" },
    ],
    [
      "OpenRouter",
      {
        id: "google/gemini-3-flash-preview",
        name: "Google: Gemini 3 Flash",
        context_length: 1_048_576,
        architecture: { input_modalities: ["text", "image", "file", "audio", "video"], output_modalities: ["text"] },
        top_provider: { context_length: 1_048_576, max_completion_tokens: 65_536, is_moderated: false },
        supported_parameters: ["max_tokens", "reasoning"],
      },
      {
        id: "google/gemini-3-flash-preview",
        name: "Google: Gemini 3 Flash",
        contextWindow: 1_048_576,
        maxTokens: 65_536,
        input: ["text", "image", "audio", "video", "document"],
        reasoning: true,
      },
    ],
    [
      "OpenRouter: one that draws only",
      { id: "x/draw", architecture: { input_modalities: ["text"], output_modalities: ["image"] } },
      { id: "x/draw", input: ["text"], notText: true },
    ],
    [
      "Mistral",
      {
        id: "pixtral-large-latest",
        name: "pixtral-large-2411",
        max_context_length: 131_072,
        type: "base",
        capabilities: { completion_chat: true, vision: true, audio: false },
      },
      {
        id: "pixtral-large-latest",
        name: "pixtral-large-2411",
        contextWindow: 131_072,
        input: ["text", "image"],
      },
    ],
    [
      "Mistral: one that does not chat",
      { id: "codestral-x", capabilities: { completion_chat: false, vision: false } },
      { id: "codestral-x", input: ["text"], notText: true },
    ],
    [
      "Groq",
      { id: "llama-3.3-70b-versatile", active: true, context_window: 131_072, max_completion_tokens: 32_768 },
      { id: "llama-3.3-70b-versatile", contextWindow: 131_072, maxTokens: 32_768 },
    ],
    [
      "Groq: Whisper, which only its name tells",
      { id: "whisper-large-v3", active: true, context_window: 448, max_completion_tokens: 448 },
      { id: "whisper-large-v3", contextWindow: 448, maxTokens: 448, notText: true },
    ],
    [
      "Together",
      { id: "meta-llama/L", type: "chat", display_name: "Llama", context_length: 8192 },
      { id: "meta-llama/L", name: "Llama", contextWindow: 8192 },
    ],
    [
      "Together: a type that is none of text",
      { id: "black-forest-labs/x", type: "image" },
      { id: "black-forest-labs/x", notText: true },
    ],
    ["vLLM", { id: "Qwen/Qwen3-8B", max_model_len: 40_960 }, { id: "Qwen/Qwen3-8B", contextWindow: 40_960 }],
    [
      "llama.cpp",
      { id: "gemma.gguf", meta: { n_ctx_train: 8192, n_params: 1 } },
      { id: "gemma.gguf", contextWindow: 8192 },
    ],
    [
      "LM Studio",
      { id: "qwen2-vl", type: "vlm", max_context_length: 32_768 },
      { id: "qwen2-vl", contextWindow: 32_768, input: ["text", "image"] },
    ],
    [
      "LM Studio: embeddings",
      { id: "nomic", type: "embeddings", max_context_length: 2048 },
      { id: "nomic", contextWindow: 2048, notText: true },
    ],
    [
      "GitHub Copilot",
      {
        id: "claude-opus-4.8",
        name: "Claude Opus 4.8",
        capabilities: {
          type: "chat",
          limits: { max_context_window_tokens: 200_000, max_output_tokens: 64_000 },
          supports: { vision: true, max_thinking_budget: 32_000 },
        },
      },
      {
        id: "claude-opus-4.8",
        name: "Claude Opus 4.8",
        contextWindow: 200_000,
        maxTokens: 64_000,
        input: ["text", "image"],
        reasoning: true,
      },
    ],
    [
      "GitHub Copilot: embeddings",
      { id: "x-3-small", capabilities: { type: "embeddings", limits: {} } },
      { id: "x-3-small", notText: true },
    ],
    [
      "Moonshot",
      {
        id: "kimi-k2.6",
        context_length: 262_144,
        supports_image_in: true,
        supports_video_in: true,
        supports_reasoning: true,
      },
      { id: "kimi-k2.6", contextWindow: 262_144, input: ["text", "image", "video"], reasoning: true },
    ],
    [
      "Vercel's gateway",
      {
        id: "openai/gpt-5.5",
        name: "GPT-5.5",
        type: "language",
        context_window: 400_000,
        max_tokens: 128_000,
        tags: ["vision", "reasoning"],
      },
      {
        id: "openai/gpt-5.5",
        name: "GPT-5.5",
        contextWindow: 400_000,
        maxTokens: 128_000,
        input: ["text", "image"],
        reasoning: true,
      },
    ],
    [
      "Hugging Face: the longest of its providers",
      {
        id: "zai-org/GLM",
        architecture: { input_modalities: ["text"], output_modalities: ["text"] },
        providers: [{ provider: "a", context_length: 10 }, { provider: "b" }, { provider: "c", context_length: 30 }],
      },
      { id: "zai-org/GLM", contextWindow: 30, input: ["text"] },
    ],
    [
      "Venice",
      {
        id: "glm",
        type: "text",
        model_spec: {
          name: "GLM 5.1",
          availableContextTokens: 200_000,
          maxCompletionTokens: 24_000,
          capabilities: { supportsVision: false, supportsReasoning: true },
        },
      },
      { id: "glm", name: "GLM 5.1", contextWindow: 200_000, maxTokens: 24_000, input: ["text"], reasoning: true },
    ],
  ];
  test.each(cases)("%s", (_, entry, expected) => {
    expect(read(entry)).toEqual(expected);
  });

  test("Anthropic", () => {
    const entry = {
      type: "model",
      id: "claude-opus-4-8",
      display_name: "Claude Opus 4.8",
      created_at: "2026-05-01T00:00:00Z",
      max_input_tokens: 1_000_000,
      max_tokens: 128_000,
      capabilities: {
        image_input: { supported: true },
        pdf_input: { supported: true },
        thinking: { supported: true, types: { adaptive: { supported: true }, enabled: { supported: false } } },
      },
    };
    const page = { data: [entry], has_more: false, first_id: null, last_id: null };
    expect(listOf("anthropic-messages").read(page)).toEqual({
      models: [
        {
          id: "claude-opus-4-8",
          name: "Claude Opus 4.8",
          contextWindow: 1_000_000,
          maxTokens: 128_000,
          input: ["text", "image", "document"],
          reasoning: true,
        },
      ],
    });
    const bare = { ...entry, max_input_tokens: null, max_tokens: null, capabilities: null };
    expect(listOf("anthropic-messages").read({ ...page, data: [bare] }).models).toEqual([
      { id: "claude-opus-4-8", name: "Claude Opus 4.8" },
    ]);
  });

  test("Google: what generates text, without models/", () => {
    const models = [
      {
        name: "models/gemini-3-flash-preview",
        displayName: "Gemini 3 Flash",
        inputTokenLimit: 1_048_576,
        outputTokenLimit: 65_536,
        supportedGenerationMethods: ["generateContent", "countTokens"],
        thinking: true,
      },
      { name: "models/gemini-embedding-001", supportedGenerationMethods: ["embedContent"] },
      { name: "models/gemini-2.5-flash-preview-tts", supportedGenerationMethods: ["generateContent"] },
      { name: "tunedModels/mine", supportedGenerationMethods: ["generateContent"] },
    ];
    expect(listOf("google-generate-content").read({ models }).models).toEqual([
      {
        id: "gemini-3-flash-preview",
        name: "Gemini 3 Flash",
        contextWindow: 1_048_576,
        maxTokens: 65_536,
        reasoning: true,
      },
      { id: "gemini-embedding-001", notText: true },
      { id: "gemini-2.5-flash-preview-tts", notText: true },
      { id: "tunedModels/mine" },
    ]);
  });

  test("Vertex AI: the publisher's models", () => {
    const publisherModels = [{ name: "publishers/google/models/gemini-2.5-pro", versionId: "default" }];
    expect(listOf("google-generate-content").read({ publisherModels }).models).toEqual([{ id: "gemini-2.5-pro" }]);
    const claude = [{ name: "publishers/anthropic/models/claude-opus-4-8" }];
    expect(listOf("anthropic-messages").read({ publisherModels: claude, nextPageToken: "2" })).toEqual({
      models: [{ id: "claude-opus-4-8" }],
      next: "2",
    });
  });

  test("Ollama, with and without capabilities", () => {
    const models = [
      { name: "gemma4:latest", model: "gemma4:latest", capabilities: ["completion", "vision", "thinking"] },
      { name: "nomic", model: "nomic", capabilities: ["embedding"] },
      { name: "all-minilm:latest", details: { family: "bert" } },
      { name: "llama3.2", model: "llama3.2", details: { family: "llama" } },
    ];
    expect(listOf("ollama-chat").read({ models }).models).toEqual([
      { id: "gemma4:latest", input: ["text", "image"], reasoning: true },
      { id: "nomic", input: ["text"], reasoning: false, notText: true },
      { id: "all-minilm:latest", notText: true },
      { id: "llama3.2" },
    ]);
  });

  test("Bedrock", () => {
    const modelSummaries = [
      {
        modelId: "anthropic.claude-opus-4-8-v1:0",
        modelName: "Claude Opus 4.8",
        inputModalities: ["TEXT", "IMAGE"],
        outputModalities: ["TEXT"],
      },
      { modelId: "amazon.titan-embed-text-v2:0", inputModalities: ["TEXT"], outputModalities: ["EMBEDDING"] },
    ];
    expect(listOf("bedrock-converse").read({ modelSummaries }).models).toEqual([
      { id: "anthropic.claude-opus-4-8-v1:0", name: "Claude Opus 4.8", input: ["text", "image"] },
      { id: "amazon.titan-embed-text-v2:0", input: ["text"], notText: true },
    ]);
  });
});

describe("what is no model", () => {
  test("names of what gives no text, where nothing else tells", () => {
    const ids = [
      "text-embedding-3-small",
      "dall-e-3",
      "gpt-image-2",
      "tts-1",
      "gpt-4o-mini-tts",
      "sora-2",
      "whisper-1",
    ];
    const more = ["omni-moderation-latest", "gpt-4o-transcribe", "gpt-realtime", "bge-m3", "veo-3", "flux"];
    expect([...ids, ...more].filter((id) => !read({ id })?.notText)).toEqual([]);
    const text = ["gpt-5.5", "o4-mini", "kimi-k2.6", "grok-4.3", "qwen3-vl", "nottsburg", "influx-7b", "gpt-oss:20b"];
    expect(text.filter((id) => read({ id })?.notText)).toEqual([]);
  });

  test("an entry that cannot be understood, or is switched off, is left out; the others stay", () => {
    const data = [
      null,
      7,
      "gpt",
      [],
      {},
      { id: 7 },
      { id: " " },
      { id: "a\nb" },
      { id: "\u001b[31mred" },
      { id: "x".repeat(501) },
      { id: "off", active: false },
      { id: "old", archived: true },
      { id: "fine", context_length: "many", max_tokens: -1, architecture: "yes", capabilities: 3, name: {}, tags: [1] },
    ];
    for (const json of [{ data }, data]) expect(listOf("openai-chat").read(json).models).toEqual([{ id: "fine" }]);
    expect(listOf("google-generate-content").read({ models: data }).models).toEqual([]);
    expect(listOf("bedrock-converse").read({ modelSummaries: data }).models).toEqual([]);
  });

  test("a name cannot steer a terminal", () => {
    expect(read({ id: "x", name: "evil\u001b]0;\u0007\nname" })?.name).toBe("evil]0; name");
  });

  test.each(Object.keys(MODEL_LISTS) as (keyof typeof MODEL_LISTS)[])("%s: an answer without a list", (wire) => {
    for (const json of [null, 7, "models", { error: "no" }, { data: "x", models: 3, modelSummaries: {} }]) {
      expect(() => listOf(wire).read(json)).toThrow(InferError);
    }
  });

  test("Google: an empty page has no member for models", () => {
    expect(listOf("google-generate-content").read({})).toEqual({ models: [] });
  });
});

describe.skipIf(!contractsPresent)("the vendors' own descriptions (skipped without shared/contracts)", () => {
  const SHARED = `${import.meta.dir}/../../../../shared/contracts`;
  type Node = Record<string, unknown>;

  async function description(file: string): Promise<Node> {
    return (await Bun.file(`${SHARED}/${file}`).json()) as Node;
  }

  /** Every name of a member anywhere in a schema, references followed. */
  function members(root: Node, node: unknown, seen: Set<unknown> = new Set()): string[] {
    if (typeof node !== "object" || node === null || seen.has(node)) return [];
    seen.add(node);
    const { $ref, properties } = node as Node;
    if (typeof $ref === "string") {
      const target = $ref
        .split("/")
        .slice(1)
        .reduce<unknown>((at, key) => (at as Node)[key], root);
      return members(root, target, seen);
    }
    const own = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
    return [...own, ...Object.values(node).flatMap((child) => members(root, child, seen))];
  }

  const cases: [file: string, path: string, read: string[], query: string[]][] = [
    [
      "anthropic.json",
      "/v1/models",
      ["data", "has_more", "last_id", "id", "display_name", "max_input_tokens", "max_tokens", "capabilities"].concat([
        "image_input",
        "pdf_input",
        "thinking",
        "supported",
      ]),
      ["limit", "after_id", "anthropic-version"],
    ],
    [
      "google-gemini-official.json",
      "/v1beta/models",
      ["models", "nextPageToken", "name", "displayName", "inputTokenLimit", "outputTokenLimit"].concat([
        "supportedGenerationMethods",
        "thinking",
      ]),
      ["pageSize", "pageToken"],
    ],
    [
      "mistral.json",
      "/v1/models",
      ["data", "id", "name", "max_context_length", "capabilities", "completion_chat", "vision", "audio", "archived"],
      [],
    ],
    ["ollama.json", "/api/tags", ["models", "name", "model", "details"], []],
    ["openai.json", "/models", ["data", "id"], []],
  ];
  test.each(cases)("%s has what is read and asked", async (file, path, read, query) => {
    const root = await description(file);
    const { get, parameters } = (root.paths as Record<string, Node>)[path] ?? {};
    const operation = get as Node;
    const known = members(root, operation.responses);
    expect(read.filter((member) => !known.includes(member))).toEqual([]);
    const names = [operation.parameters, parameters].flatMap((all) => ((all as Node[]) ?? []).map(({ name }) => name));
    expect(query.filter((name) => !names.includes(name))).toEqual([]);
  });
});
