import type { TextProtocolId } from "../protocols/index.ts";
import type { VisionService } from "./types.ts";

/** MiniMax's chat models do not see; this one does, on a wire of its own. */
const MINIMAX: VisionService = {
  protocol: "text",
  defaultModel: "MiniMax-VL-01",
  wires: [{ model: /^MiniMax-VL/, protocol: "minimax-vlm", types: ["image/png", "image/jpeg", "image/webp"] }],
};

/**
 * The model that each provider describes a picture with, in the order in which the first one with a credential is
 * chosen. The first seven are OpenClaw's order; it takes the rest once the config names them, and they come after.
 * Models: `provider-facts`, read from OpenClaw 2026.5.31.
 */
export const VISION_SERVICES: Readonly<Record<string, VisionService>> = {
  openai: { protocol: "text", defaultModel: "gpt-5.5" },
  anthropic: { protocol: "text", defaultModel: "claude-opus-4-8" },
  google: { protocol: "text", defaultModel: "gemini-3-flash-preview" },
  minimax: MINIMAX,
  deepinfra: { protocol: "text", defaultModel: "moonshotai/Kimi-K2.5" },
  "minimax-portal": MINIMAX,
  zai: { protocol: "text", defaultModel: "glm-4.6v" },
  openrouter: { protocol: "text", defaultModel: "auto" },
  qwen: {
    protocol: "text",
    defaultModel: "qwen-vl-max-latest",
    // They are not at the coding plan's address, which is the row's.
    wires: [{ model: /vl/, protocol: "text", baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1" }],
  },
  // Before Moonshot, as for text: both read KIMI_API_KEY, and only this one is named after it.
  kimi: { protocol: "text", defaultModel: "kimi-for-coding" },
  moonshot: { protocol: "text", defaultModel: "kimi-k2.6" },
  opencode: { protocol: "text", defaultModel: "gpt-5-nano" },
  "opencode-go": { protocol: "text", defaultModel: "kimi-k2.6" },
  codex: { protocol: "text", defaultModel: "gpt-5.5" },
  local: { protocol: "local-tesseract", defaultModel: "tesseract", models: ["tesseract"] },
};

/**
 * Bytes of a picture that a wire takes, where that is less than what OpenClaw sends. Claude's limit of 5 MB is for the
 * base64: https://github.com/langchain-ai/langchain/issues/21654
 */
export const PICTURE_BYTES: Partial<Record<TextProtocolId, number>> = {
  "anthropic-messages": (5 * 1024 * 1024 * 3) / 4,
  "bedrock-converse": (5 * 1024 * 1024 * 3) / 4,
};
