import type { ImageProtocol } from "./image-wire.ts";
import type { VisionProtocol } from "./minimax-vlm.ts";
import type { TextProtocol } from "./wire.ts";

/** Wires for text by the name that provider rows use, each loaded when it is spoken. */
export const TEXT_PROTOCOLS = {
  "openai-chat": async () => (await import("./openai-chat.ts")).openaiChat,
  "openai-responses": async () => (await import("./openai-responses.ts")).openaiResponses,
  "anthropic-messages": async () => (await import("./anthropic-messages.ts")).anthropicMessages,
  "google-generate-content": async () => (await import("./google-generate-content.ts")).googleGenerateContent,
  "google-code-assist": async () => (await import("./google-code-assist.ts")).googleCodeAssist,
  "bedrock-converse": async () => (await import("./bedrock-converse.ts")).bedrockConverse,
  "ollama-chat": async () => (await import("./ollama-chat.ts")).ollamaChat,
} as const satisfies Record<string, () => Promise<TextProtocol>>;

export type TextProtocolId = keyof typeof TEXT_PROTOCOLS;

/** The same for pictures. */
export const IMAGE_PROTOCOLS = {
  "openai-images": async () => (await import("./openai-images.ts")).openaiImages,
  "openai-responses-images": async () => (await import("./openai-responses-images.ts")).openaiResponsesImages,
  "xai-images": async () => (await import("./xai-images.ts")).xaiImages,
  "openrouter-images": async () => (await import("./openrouter-images.ts")).openrouterImages,
  "google-images": async () => (await import("./google-images.ts")).googleImages,
  "minimax-images": async () => (await import("./minimax-images.ts")).minimaxImages,
  "fal-images": async () => (await import("./fal-images.ts")).falImages,
  "vydra-images": async () => (await import("./vydra-images.ts")).vydraImages,
  "comfy-images": async () => (await import("./comfy-images.ts")).comfyImages,
} as const satisfies Record<string, () => Promise<ImageProtocol>>;

export type ImageProtocolId = keyof typeof IMAGE_PROTOCOLS;

/** The same for questions about pictures that are not asked as text is. */
export const VISION_PROTOCOLS = {
  "minimax-vlm": async () => (await import("./minimax-vlm.ts")).minimaxVlm,
} as const satisfies Record<string, () => Promise<VisionProtocol>>;
