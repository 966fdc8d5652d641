import type { Provider } from "./types.ts";

/** The wire goes by the model, as OpenClaw has it: Claude on Anthropic's, Gemini on chat completions. */
export const COPILOT_PROVIDERS: readonly Provider[] = [
  {
    id: "github-copilot",
    name: "GitHub Copilot",
    env: ["COPILOT_GITHUB_TOKEN"],
    ambientEnv: ["GH_TOKEN", "GITHUB_TOKEN"],
    baseUrl: "https://api.individual.githubcopilot.com",
    scheme: "github-copilot",
    text: {
      protocol: "openai-responses",
      defaultModel: "claude-opus-4.7",
      wires: [
        { model: /claude/i, protocol: "anthropic-messages" },
        {
          model: /(?:^|[-_.])gemini(?:$|[-_.])/i,
          protocol: "openai-chat",
          quirks: { maxTokensField: "max_tokens", streamOptions: false },
        },
      ],
    },
  },
];
