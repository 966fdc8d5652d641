import type { AuthForm, Provider } from "./types.ts";

/** Microsoft's hosts take a key in a header of their own; an Entra token (a JWT) is a bearer there, too. */
export const AZURE_KEY: AuthForm = {
  keys: /^(?!eyJ)/,
  hosts: /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/,
  header: "api-key",
};

/** OpenAI's models, and others, as Microsoft serves them. A model is named by its deployment, so that there is no default. */
export const AZURE: readonly Provider[] = [
  {
    id: "azure-openai",
    name: "Azure OpenAI",
    aliases: ["azure", "azure-openai-responses"],
    env: ["AZURE_OPENAI_API_KEY"],
    baseUrl: "https://{resource}.openai.azure.com/openai/v1?api-version={apiVersion}",
    hostEnv: ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"],
    settings: {
      resource: { name: "name of the Azure resource", env: ["AZURE_OPENAI_RESOURCE_NAME"] },
      // What OpenClaw sends, and what the service takes it for when there is none:
      // https://learn.microsoft.com/azure/ai-foundry/openai/latest
      apiVersion: { name: "API version", env: ["AZURE_OPENAI_API_VERSION"], default: "v1" },
    },
    auth: [AZURE_KEY],
    text: { protocol: "openai-responses" },
  },
  {
    id: "microsoft-foundry",
    name: "Microsoft Foundry",
    aliases: ["azure-foundry"],
    env: ["AZURE_OPENAI_API_KEY"],
    baseUrl: "https://{resource}.services.ai.azure.com/openai/v1",
    hostEnv: ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"],
    settings: { resource: { name: "name of the Azure resource", env: ["AZURE_OPENAI_RESOURCE_NAME"] } },
    auth: [AZURE_KEY],
    text: {
      protocol: "openai-responses",
      // Other makers' models are served over chat completions only.
      wires: [
        {
          model: /^(?:llama|meta-|mistral|ministral|codestral|cohere|phi-|jamba|deepseek-(?!v4)|grok|kimi|qwen)/i,
          protocol: "openai-chat",
          quirks: { maxTokensField: "max_tokens" },
        },
      ],
    },
  },
];
