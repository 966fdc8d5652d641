import type { SpeechService } from "../../providers/types.ts";

/** Channels where OpenClaw sends speech as a voice message, which is Opus. */
const VOICE_NOTE_CHANNELS: ReadonlySet<string> = new Set(["discord", "feishu", "matrix", "telegram", "whatsapp"]);

/** As OpenClaw computes it: whether the channel's app plays the file as a voice message. */
export function isVoiceCompatible({ voiceNote }: SpeechService, format: string, channel: string | undefined): boolean {
  const isPlayed = voiceNote?.formats.some((one) => one === format) ?? false;
  return isPlayed && (voiceNote?.always === true || isVoiceNoteChannel(channel));
}

export function isVoiceNoteChannel(channel: string | undefined): boolean {
  return VOICE_NOTE_CHANNELS.has(channel?.trim().toLowerCase() ?? "");
}
