import type { OAuthClient, Provider } from "./types.ts";

/** Codex CLI's own client, public by design (PKCE): it is whom the saved logins were given to. */
export const CODEX_CLIENT: OAuthClient = {
  tokenUrl: "https://auth.openai.com/oauth/token",
  clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
};

/** ChatGPT's plans: by the login that Codex or OpenClaw saved, and through the user's own `codex`. */
export const CODEX_PROVIDERS: readonly Provider[] = [
  {
    id: "openai-codex",
    name: "ChatGPT (Codex login)",
    env: [],
    baseUrl: "https://chatgpt.com/backend-api/codex",
    scheme: "openai-codex",
    oauth: CODEX_CLIENT,
    text: {
      protocol: "openai-responses",
      defaultModel: "gpt-5.5",
      quirks: {
        // It answers 400 to a request without instructions, to a token limit and to a temperature.
        instructions: "You are a helpful assistant.",
        refuses: ["maxTokens", "temperature"],
      },
    },
  },
  {
    id: "codex",
    name: "Codex",
    env: [],
    baseUrl: "",
    keyless: true,
    text: { protocol: "codex-app-server", defaultModel: "gpt-5.5" },
  },
];
