/**
 * The facts' records of `model.run` that are opened by more than a key, with their rows. `tests/contract/providers.test.ts`
 * drives all other records and `tests/contract/login-providers.test.ts` these: each compares its own table with this one.
 */
export const LOGINS: Readonly<Record<string, string>> = {
  "openai/chatgpt-codex-oauth": "openai-codex",
  "anthropic-vertex": "anthropic-vertex",
  "google-vertex": "google-vertex",
  "google-gemini-cli": "google-gemini-cli",
  "github-copilot": "github-copilot",
  "amazon-bedrock": "amazon-bedrock",
  "amazon-bedrock-mantle": "amazon-bedrock-mantle",
};
