import type { SpeechFormat } from "../../core/capability.ts";

/** What a file with sound is. */
export interface AudioFormat {
  /** A `SpeechFormat` where it is one of them, else the usual short name: `ogg`, `m4a`, `webm`, `amr` … */
  format: SpeechFormat | (string & {});
  /** The registered one: `audio/wav`, never `audio/x-wav`. */
  mimeType: string;
  /** Without the dot. */
  extension: string;
}

/**
 * What kind of sound a file is, by what `sniff` says of its bytes, or a vendor of its answer; `undefined` for what is
 * none. Ogg is `opus` unless its bytes are known to be something else: that is what is spoken in.
 */
export function audioFormat(kind: { mimeType: string; extension?: string | undefined }): AudioFormat | undefined {
  const mimeType = bare(kind.mimeType);
  const extension = kind.extension?.toLowerCase();
  if (OGG.has(mimeType)) return extension !== undefined && extension !== "opus" ? OGG_VORBIS : FORMATS.opus;
  const known = NAMES[mimeType];
  if (known) return FORMATS[known];
  if (!mimeType.startsWith("audio/")) return undefined;
  const name = extension ?? mimeType.slice("audio/".length).replace(/^(?:x-|vnd\.)/, "");
  return { format: name, mimeType, extension: name };
}

/** What each of the forms that can be asked for is. */
export function mimeTypeOf(format: SpeechFormat): string {
  return FORMATS[format].mimeType;
}

/** Whether there can be speech in it: sound, or a film with sound. */
export function isRecording(mimeType: string): boolean {
  const bareType = bare(mimeType);
  // A score is played, not heard.
  if (/^audio\/(?:x-)?midi?$/.test(bareType)) return false;
  return /^(?:audio|video)\//.test(bareType) || bareType === "application/ogg";
}

/** Without parameters: `audio/ogg; codecs=opus`. */
function bare(mimeType: string): string {
  return (mimeType.split(";")[0] ?? "").trim().toLowerCase();
}

const OGG_VORBIS: AudioFormat = { format: "ogg", mimeType: "audio/ogg", extension: "ogg" };

const FORMATS = {
  mp3: { format: "mp3", mimeType: "audio/mpeg", extension: "mp3" },
  wav: { format: "wav", mimeType: "audio/wav", extension: "wav" },
  opus: { format: "opus", mimeType: "audio/ogg", extension: "opus" },
  flac: { format: "flac", mimeType: "audio/flac", extension: "flac" },
  aac: { format: "aac", mimeType: "audio/aac", extension: "aac" },
  pcm: { format: "pcm", mimeType: "audio/pcm", extension: "pcm" },
  m4a: { format: "m4a", mimeType: "audio/mp4", extension: "m4a" },
  webm: { format: "webm", mimeType: "audio/webm", extension: "webm" },
} as const satisfies Record<string, AudioFormat>;

const OGG = new Set(["audio/ogg", "audio/opus", "audio/x-opus", "audio/ogg-opus", "application/ogg"]);

/** The other names under which they go. The two kinds of film are what sound alone looks like in their containers. */
const NAMES: Readonly<Record<string, keyof typeof FORMATS>> = {
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/mpeg3": "mp3",
  "audio/x-mp3": "mp3",
  "audio/x-mpeg": "mp3",
  "audio/wav": "wav",
  "audio/wave": "wav",
  "audio/x-wav": "wav",
  "audio/x-pn-wav": "wav",
  "audio/vnd.wave": "wav",
  "audio/flac": "flac",
  "audio/x-flac": "flac",
  "audio/aac": "aac",
  "audio/aacp": "aac",
  "audio/x-aac": "aac",
  "audio/pcm": "pcm",
  "audio/l16": "pcm",
  "audio/mp4": "m4a",
  "audio/m4a": "m4a",
  "audio/x-m4a": "m4a",
  "video/mp4": "m4a",
  "audio/webm": "webm",
  "video/webm": "webm",
};
