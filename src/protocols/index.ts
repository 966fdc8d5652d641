import type { ImageProtocol } from "./image-wire.ts";
import type { VisionProtocol } from "./minimax-vlm.ts";
import type { SpeechProtocol, VoiceList } from "./speech-wire.ts";
import type { TranscriptionProtocol } from "./transcription-wire.ts";
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

/** The same for speech. */
export const SPEECH_PROTOCOLS = {
  "openai-speech": async () => (await import("./openai-speech.ts")).openaiSpeech,
  "elevenlabs-speech": async () => (await import("./elevenlabs-speech.ts")).elevenlabsSpeech,
  "azure-speech": async () => (await import("./azure-speech.ts")).azureSpeech,
  "gradium-speech": async () => (await import("./gradium-speech.ts")).gradiumSpeech,
  "xai-speech": async () => (await import("./xai-speech.ts")).xaiSpeech,
  "inworld-speech": async () => (await import("./inworld-speech.ts")).inworldSpeech,
  "minimax-speech": async () => (await import("./minimax-speech.ts")).minimaxSpeech,
  "xiaomi-speech": async () => (await import("./xiaomi-speech.ts")).xiaomiSpeech,
  "google-speech": async () => (await import("./google-speech.ts")).googleSpeech,
  "volcengine-speech": async () => (await import("./volcengine-speech.ts")).volcengineSpeech,
  "vydra-speech": async () => (await import("./vydra-speech.ts")).vydraSpeech,
  "mistral-speech": async () => (await import("./mistral-speech.ts")).mistralSpeech,
  "deepgram-speech": async () => (await import("./deepgram-speech.ts")).deepgramSpeech,
} as const satisfies Record<string, () => Promise<SpeechProtocol>>;

export type SpeechProtocolId = keyof typeof SPEECH_PROTOCOLS;

/** How vendors are asked for their voices. */
export const VOICE_LISTS = {
  elevenlabs: async () => (await import("./voice-list.ts")).elevenlabsVoices,
  "azure-speech": async () => (await import("./voice-list.ts")).azureVoices,
  microsoft: async () => (await import("./voice-list.ts")).microsoftVoices,
  inworld: async () => (await import("./voice-list.ts")).inworldVoices,
  xai: async () => (await import("./voice-list.ts")).xaiVoices,
  minimax: async () => (await import("./voice-list.ts")).minimaxVoices,
  mistral: async () => (await import("./voice-list.ts")).mistralVoices,
} as const satisfies Record<string, () => Promise<VoiceList>>;

export type VoiceListId = keyof typeof VOICE_LISTS;

/** The same for recordings. */
export const TRANSCRIPTION_PROTOCOLS = {
  "openai-transcriptions": async () => (await import("./openai-transcriptions.ts")).openaiTranscriptions,
  "openrouter-transcriptions": async () => (await import("./openrouter-transcriptions.ts")).openrouterTranscriptions,
  "xai-transcription": async () => (await import("./xai-transcription.ts")).xaiTranscription,
  "deepgram-listen": async () => (await import("./deepgram-listen.ts")).deepgramListen,
  "elevenlabs-transcription": async () => (await import("./elevenlabs-transcription.ts")).elevenlabsTranscription,
  "google-transcription": async () => (await import("./google-transcription.ts")).googleTranscription,
} as const satisfies Record<string, () => Promise<TranscriptionProtocol>>;

export type TranscriptionProtocolId = keyof typeof TRANSCRIPTION_PROTOCOLS;
