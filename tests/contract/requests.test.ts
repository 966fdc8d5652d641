import { describe, expect, test } from "bun:test";
import { THINKING_LEVELS } from "../../src/core/capability.ts";
import { anthropicMessages } from "../../src/protocols/anthropic-messages.ts";
import { googleGenerateContent } from "../../src/protocols/google-generate-content.ts";
import { ollamaChat } from "../../src/protocols/ollama-chat.ts";
import { openaiChat } from "../../src/protocols/openai-chat.ts";
import { openaiResponses } from "../../src/protocols/openai-responses.ts";
import type { Route, TextProtocol, TextRequest } from "../../src/protocols/wire.ts";
import { PROVIDERS } from "../../src/providers/table.ts";
import { Contract, contractsPresent } from "../support/contracts.ts";

type Body = Record<string, unknown>;

const PICTURES = [
  { mimeType: "image/png", base64: "iVBORw0KGgo=" },
  { mimeType: "image/jpeg", base64: "/9j/4AAQ" },
  { mimeType: "image/gif", base64: "R0lGODlh" },
  { mimeType: "image/webp", base64: "UklGRg==" },
];

interface Case {
  name: string;
  request: TextRequest;
}

/** Every combination of what a person can ask for. */
function matrix(): Case[] {
  const cases: Case[] = [];
  for (const system of [undefined, "Be brief"]) {
    for (const images of [[], PICTURES.slice(0, 1), PICTURES]) {
      for (const maxTokens of [undefined, 16, 100_000]) {
        for (const temperature of [undefined, 0, 0.7, 1]) {
          for (const thinking of [undefined, ...THINKING_LEVELS]) {
            const name = `system ${system !== undefined}, ${images.length} images, ${maxTokens ?? "no"} tokens, temperature ${temperature ?? "none"}, thinking ${thinking ?? "none"}`;
            cases.push({ name, request: { prompt: "Hi", system, images, maxTokens, temperature, thinking } });
          }
        }
      }
    }
  }
  return cases;
}

interface Wire {
  name: string;
  protocol: TextProtocol;
  /** As in the provider table. */
  provider: string;
  models: string[];
  contract: string;
  path: string;
  /** What the vendor's description says otherwise than its API takes it; the reason stands beside it. */
  adjust?: (body: Body, model: string) => Body;
}

const WIRES: readonly Wire[] = [
  {
    name: "openai-chat",
    protocol: openaiChat,
    provider: "openai",
    models: ["gpt-5.5"],
    contract: "openai.json",
    path: "/chat/completions",
  },
  {
    name: "openai-responses",
    protocol: openaiResponses,
    provider: "openai",
    models: ["gpt-5.5"],
    contract: "openai.json",
    path: "/responses",
  },
  {
    name: "anthropic-messages",
    protocol: anthropicMessages,
    provider: "anthropic",
    models: ["claude-opus-4-8", "claude-sonnet-4-5-20250929"],
    contract: "anthropic.json",
    path: "/v1/messages",
  },
  {
    name: "google-generate-content",
    protocol: googleGenerateContent,
    provider: "google",
    models: ["gemini-3-flash-preview", "gemini-2.5-flash", "gemini-2.0-flash"],
    contract: "google-gemini-official.json",
    path: "/v1beta/models/{model}:streamGenerateContent",
    // The description wants the model in the body; over HTTP it is bound by the path (google.api.http).
    adjust: (body, model) => ({ ...body, model: `models/${model}` }),
  },
  {
    name: "ollama-chat",
    protocol: ollamaChat,
    provider: "ollama",
    models: ["gemma4", "gpt-oss:20b"],
    contract: "ollama.json",
    path: "/api/chat",
  },
  {
    name: "openai-chat in Mistral's dialect",
    protocol: openaiChat,
    provider: "mistral",
    models: ["mistral-large-latest", "mistral-medium-3-5", "magistral-small"],
    contract: "mistral.json",
    path: "/v1/chat/completions",
  },
  ...["azure-openai", "microsoft-foundry"].map((provider) => ({
    name: `openai-responses at ${provider}`,
    protocol: openaiResponses,
    provider,
    models: ["gpt-5.5"],
    contract: "openai.json",
    path: "/responses",
  })),
  {
    name: "openai-responses at xAI, which says that it is OpenAI's",
    protocol: openaiResponses,
    provider: "xai",
    models: ["grok-4.3", "grok-4", "grok-3-mini", "grok-4.20-multi-agent"],
    contract: "openai.json",
    path: "/responses",
  },
  {
    name: "openai-responses at opencode",
    protocol: openaiResponses,
    provider: "opencode",
    models: ["gpt-5.5"],
    contract: "openai.json",
    path: "/responses",
  },
  // What these add to OpenAI's own is within its description, which refuses an effort that it does not know.
  ...(
    [
      ["deepinfra", ["deepseek-ai/DeepSeek-V4-Flash"]],
      ["huggingface", ["deepseek-ai/DeepSeek-R1"]],
      ["litellm", ["claude-opus-4-6"]],
      ["lmstudio", ["qwen3"]],
      ["cerebras", ["zai-glm-4.7", "gpt-oss-120b", "llama3.1-8b"]],
      ["groq", ["openai/gpt-oss-120b", "llama-3.3-70b-versatile"]],
      ["perplexity", ["sonar-pro", "sonar-deep-research"]],
      ["venice", ["kimi-k2-5"]],
    ] as const
  ).map(([provider, models]) => ({
    name: `openai-chat at ${provider}`,
    protocol: openaiChat,
    provider,
    models: [...models],
    contract: "openai.json",
    path: "/chat/completions",
  })),
  ...(
    [
      ["kimi", ["kimi-for-coding"]],
      ["minimax", ["MiniMax-M2.7"]],
      ["synthetic", ["hf:MiniMaxAI/MiniMax-M2.5"]],
      ["cloudflare-ai-gateway", ["claude-sonnet-4-6"]],
      ["vercel-ai-gateway", ["anthropic/claude-opus-4.6"]],
      ["opencode", ["claude-opus-4-6"]],
      ["opencode-go", ["minimax-m2.5"]],
    ] as const
  ).map(([provider, models]) => ({
    name: `anthropic-messages at ${provider}`,
    protocol: anthropicMessages,
    provider,
    models: [...models],
    contract: "anthropic.json",
    path: "/v1/messages",
  })),
  {
    name: "google-generate-content at opencode",
    protocol: googleGenerateContent,
    provider: "opencode",
    models: ["gemini-3-flash"],
    contract: "google-gemini-official.json",
    path: "/v1beta/models/{model}:streamGenerateContent",
    adjust: (body, model) => ({ ...body, model: `models/${model}` }),
  },
  {
    name: "ollama-chat at ollama-cloud",
    protocol: ollamaChat,
    provider: "ollama-cloud",
    models: ["kimi-k2.5:cloud", "gpt-oss:20b"],
    contract: "ollama.json",
    path: "/api/chat",
  },
];

function routeTo(id: string, model: string): Route {
  const provider = PROVIDERS.find((row) => row.id === id);
  if (!provider) throw new Error(`no provider ${id}`);
  const wire = provider.text?.wires?.find((one) => one.model.test(model));
  return { model, baseUrl: wire?.baseUrl ?? provider.baseUrl, quirks: { ...provider.text?.quirks, ...wire?.quirks } };
}

function bodyOf(protocol: TextProtocol, request: TextRequest, route: Route): Body {
  const { body } = protocol.build(request, route).request;
  return JSON.parse(typeof body === "string" ? body : "null") as Body;
}

/** Reading a description takes a while: each is read once, and only when a test needs it. */
const CONTRACTS = new Map<string, Contract>();
function contractOf(file: string): Contract {
  const known = CONTRACTS.get(file) ?? new Contract(file);
  CONTRACTS.set(file, known);
  return known;
}

describe.each(WIRES)("$name, against $contract", ({ protocol, provider, models, contract, path, adjust }) => {
  test.skipIf(!contractsPresent).each(models)(
    "every combination of options is as the vendor describes it: %s (skipped without shared/contracts)",
    (model) => {
      const wrong: Record<string, string[]> = {};
      for (const { name, request } of matrix()) {
        const body = bodyOf(protocol, request, routeTo(provider, model));
        const problems = contractOf(contract).problems("POST", path, adjust?.(body, model) ?? body);
        if (problems.length > 0) wrong[name] = problems;
      }
      expect(wrong).toEqual({});
    },
  );

  test.skipIf(!contractsPresent)("the check can fail (skipped without shared/contracts)", () => {
    const [model = ""] = models;
    const body = bodyOf(protocol, { prompt: "Hi", images: [] }, routeTo(provider, model));
    const sound = adjust?.(body, model) ?? body;
    const check = (changed: Body) => contractOf(contract).problems("POST", path, changed);
    expect(check(sound)).toEqual([]);
    expect(check({ ...sound, model: 7 })).not.toEqual([]);
    const talk = "input" in sound ? "input" : "contents" in sound ? "contents" : "messages";
    expect(check({ ...sound, [talk]: 7 })).not.toEqual([]);
  });
});

/** What a body says that its schema does not know by name; such members pass a schema that is open. */
function unknownMembers(body: Body, known: readonly string[]): string[] {
  return Object.keys(body).filter((key) => !known.includes(key));
}

describe("members that an open schema would let pass", () => {
  const asked: TextRequest = {
    prompt: "Hi",
    system: "Be brief",
    images: PICTURES,
    maxTokens: 16,
    temperature: 0,
    thinking: "low",
  };

  test.skipIf(!contractsPresent)(
    "Gemini: all but thinkingLevel are described (skipped without shared/contracts)",
    async () => {
      const description: unknown = await Bun.file(
        `${import.meta.dir}/../../../shared/contracts/google-gemini-official.json`,
      ).json();
      const body = bodyOf(googleGenerateContent, asked, routeTo("google", "gemini-3-flash-preview"));
      const config = body.generationConfig as Body;
      expect(unknownMembers(body, propertiesOf(description, "GenerateContentRequest"))).toEqual([]);
      expect(unknownMembers(config, propertiesOf(description, "GenerationConfig"))).toEqual([]);
      // The description is older than Gemini 3: it has thinkingBudget alone. thinkingLevel is in the vendor's guide,
      // https://ai.google.dev/gemini-api/docs/thinking. Once the description has it, this list is to be empty.
      expect(unknownMembers(config.thinkingConfig as Body, propertiesOf(description, "ThinkingConfig"))).toEqual([
        "thinkingLevel",
      ]);
      const older = bodyOf(googleGenerateContent, asked, routeTo("google", "gemini-2.5-flash"));
      const { thinkingConfig } = older.generationConfig as Body;
      expect(unknownMembers(thinkingConfig as Body, propertiesOf(description, "ThinkingConfig"))).toEqual([]);
    },
  );

  test.skipIf(!contractsPresent)("Ollama: all are described (skipped without shared/contracts)", async () => {
    const description: unknown = await Bun.file(`${import.meta.dir}/../../../shared/contracts/ollama.json`).json();
    const body = bodyOf(ollamaChat, asked, routeTo("ollama", "gpt-oss:20b"));
    expect(unknownMembers(body, propertiesOf(description, "ChatRequest"))).toEqual([]);
    expect(unknownMembers(body.options as Body, propertiesOf(description, "ModelOptions"))).toEqual([]);
    for (const message of body.messages as Body[]) {
      expect(unknownMembers(message, propertiesOf(description, "ChatMessage"))).toEqual([]);
    }
  });

  test.skipIf(!contractsPresent)("OpenAI Responses: all are described (skipped without shared/contracts)", async () => {
    const description: unknown = await Bun.file(`${import.meta.dir}/../../../shared/contracts/openai.json`).json();
    const body = bodyOf(openaiResponses, asked, routeTo("openai", "gpt-5.5"));
    expect(unknownMembers(body, propertiesOf(description, "CreateResponse"))).toEqual([]);
    expect(unknownMembers(body.reasoning as Body, propertiesOf(description, "Reasoning"))).toEqual([]);
  });

  test.skipIf(!contractsPresent)("OpenAI chat: all are described (skipped without shared/contracts)", async () => {
    const description: unknown = await Bun.file(`${import.meta.dir}/../../../shared/contracts/openai.json`).json();
    const body = bodyOf(openaiChat, asked, routeTo("openai", "gpt-5.5"));
    expect(unknownMembers(body, propertiesOf(description, "CreateChatCompletionRequest"))).toEqual([]);
  });
});

/** Names of a schema's own members and of those that it takes over by `allOf`. */
function propertiesOf(description: unknown, name: string): string[] {
  const schemas = ((description as Body).components as Body).schemas as Body;
  const collect = (schema: Body): string[] => {
    const own = Object.keys((schema.properties as Body | undefined) ?? {});
    const parts = (schema.allOf as Body[] | undefined) ?? [];
    const reference = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined;
    const referred = reference === undefined ? undefined : (schemas[reference] as Body | undefined);
    return [...own, ...parts.flatMap(collect), ...(referred ? collect(referred) : [])];
  };
  const schema = schemas[name] as Body | undefined;
  if (!schema) throw new Error(`no schema ${name}`);
  return collect(schema);
}
