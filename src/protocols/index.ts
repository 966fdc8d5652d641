import type { TextProtocol } from "./wire.ts";

/** Wires for text by the name that provider rows use, each loaded when it is spoken. */
export const TEXT_PROTOCOLS = {
  "openai-chat": async () => (await import("./openai-chat.ts")).openaiChat,
  "openai-responses": async () => (await import("./openai-responses.ts")).openaiResponses,
  "anthropic-messages": async () => (await import("./anthropic-messages.ts")).anthropicMessages,
  "google-generate-content": async () => (await import("./google-generate-content.ts")).googleGenerateContent,
  "ollama-chat": async () => (await import("./ollama-chat.ts")).ollamaChat,
} as const satisfies Record<string, () => Promise<TextProtocol>>;

export type TextProtocolId = keyof typeof TEXT_PROTOCOLS;
