import type { Transport } from "./envelope.ts";
import {
  allowPrivateNetwork,
  BACKEND,
  type Flag,
  fallback,
  file,
  GLOBAL_FLAGS,
  IMAGE_HINTS,
  type InputOf,
  model,
  output,
  prompt,
  provider,
  STATE_TRANSPORT,
  TRANSPORT,
} from "./flags.ts";

/**
 * One row per verb. Help, `list`, `inspect`, the parser, validation, the input types and the contract tests are
 * read from it; ids, descriptions, transports and result shapes are OpenClaw's.
 */
export interface Row {
  /** Canonical id, also the path of the command: `model.auth.login` is `infer model auth login`. */
  id: string;
  /** OpenClaw's description, as `list` gives it. */
  description: string;
  transports: readonly Transport[];
  flags: readonly Flag[];
  resultShape: string;
  /** The arguments of one example that works. */
  example: string;
  /** Deadline when `--timeout-ms` is not given, in milliseconds. */
  timeoutMs: number;
}

const MINUTE = 60_000;
const LOCAL = ["local"] as const;
const GATEWAY = ["gateway"] as const;
const EITHER = ["local", "gateway"] as const;

export const THINKING_LEVELS = [
  "off",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "adaptive",
  "max",
  "ultra",
] as const;

/** How audio is written. `opus` is Opus in Ogg, `pcm` the bare samples: 16 bit, little endian, one channel. */
export const SPEECH_FORMATS = ["mp3", "wav", "opus", "flac", "aac", "pcm"] as const;
export type SpeechFormat = (typeof SPEECH_FORMATS)[number];

/** How a transcript is written: `srt` and `vtt` are subtitles. */
export const TRANSCRIPT_FORMATS = ["text", "json", "srt", "vtt"] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

export const CAPABILITIES = [
  {
    id: "model.run",
    description: "Run a one-shot inference turn through the selected model provider.",
    transports: EITHER,
    flags: [
      { ...prompt, required: true, summary: "What to ask; - reads stdin" },
      { ...file, repeat: true, filled: true, summary: "Image to send along (repeatable)" },
      { kind: "text", name: "system", value: "<text>", summary: "System instruction" },
      ...BACKEND,
      { kind: "choice", name: "thinking", value: "<level>", choices: THINKING_LEVELS, summary: "How hard to think" },
      {
        kind: "number",
        name: "max-tokens",
        value: "<n>",
        integer: true,
        min: 1,
        max: 10_000_000,
        summary: "Longest answer, in tokens",
      },
      { kind: "number", name: "temperature", value: "<n>", min: 0, max: 2, summary: "Randomness, 0 to 2" },
      allowPrivateNetwork,
      ...TRANSPORT,
    ],
    resultShape: "normalized payloads plus provider/model attribution",
    example: 'model run --prompt "Say hello" --model openai/gpt-5.5',
    timeoutMs: 10 * MINUTE,
  },
  {
    id: "model.list",
    description: "List known models from the model catalog.",
    transports: LOCAL,
    flags: [
      { ...provider, summary: "Only this provider's" },
      {
        kind: "choice",
        name: "input",
        value: "<kind>",
        choices: ["text", "image", "audio", "video", "document"],
        summary: "Only models that take it",
      },
      { kind: "text", name: "search", value: "<text>", filled: true, summary: "Only models whose id or name has it" },
      { kind: "switch", name: "refresh", summary: "Ask the configured providers for their own lists" },
    ],
    resultShape: "catalog entries",
    example: "model list --provider openai",
    timeoutMs: MINUTE,
  },
  {
    id: "model.inspect",
    description: "Inspect one model catalog entry.",
    transports: LOCAL,
    flags: [{ ...model, required: true }],
    resultShape: "single catalog entry",
    example: "model inspect --model openai/gpt-5.5",
    timeoutMs: MINUTE,
  },
  {
    id: "model.providers",
    description: "List model providers discovered from the catalog.",
    transports: LOCAL,
    flags: [],
    resultShape: "provider ids with counts and defaults",
    example: "model providers --json",
    timeoutMs: MINUTE,
  },
  {
    id: "model.auth.login",
    description: "Run the existing provider auth login flow.",
    transports: LOCAL,
    flags: [
      { ...provider, required: true },
      {
        kind: "text",
        name: "api-key",
        value: "<key|->",
        // Its verb reads it, and can warn of a key in argv.
        stdin: "bytes",
        filled: true,
        summary: "The key; - reads stdin. Left out, a terminal is asked for it",
      },
      {
        kind: "choice",
        name: "method",
        value: "<method>",
        choices: ["api-key", "browser"],
        summary: "Paste a key (default), or log in with a browser where the provider offers it",
      },
    ],
    resultShape: "interactive auth result",
    example: "model auth login --provider openai",
    timeoutMs: 10 * MINUTE,
  },
  {
    id: "model.auth.logout",
    description: "Remove saved auth profiles for one provider.",
    transports: LOCAL,
    flags: [{ ...provider, required: true }],
    resultShape: "removed profile ids",
    example: "model auth logout --provider openai",
    timeoutMs: MINUTE,
  },
  {
    id: "model.auth.status",
    description: "Show configured model auth state.",
    transports: LOCAL,
    flags: [
      { ...provider, summary: "Only this provider" },
      { kind: "switch", name: "check", summary: "Try each credential with the cheapest request there is" },
    ],
    resultShape: "model status summary",
    example: "model auth status",
    timeoutMs: MINUTE,
  },
  {
    id: "image.generate",
    description: "Generate raster images with configured image providers.",
    transports: LOCAL,
    flags: [{ ...prompt, required: true, summary: "What to draw; - reads stdin" }, ...BACKEND, ...IMAGE_HINTS, output],
    resultShape: "saved image files plus attempts",
    example: 'image generate --prompt "A lighthouse at dusk" --output lighthouse.png',
    timeoutMs: 5 * MINUTE,
  },
  {
    id: "image.edit",
    description: "Generate edited images from one or more input files.",
    transports: LOCAL,
    flags: [
      { ...file, repeat: true, required: true, filled: true, summary: "Image to edit (repeatable)" },
      { ...prompt, required: true, summary: "What to change; - reads stdin" },
      { ...file, name: "mask", filled: true, summary: "PNG that is transparent where the first image may change" },
      ...BACKEND,
      ...IMAGE_HINTS,
      output,
      allowPrivateNetwork,
    ],
    resultShape: "saved image files plus attempts",
    example: 'image edit --file photo.png --prompt "Make it snow" --output snow.png',
    timeoutMs: 5 * MINUTE,
  },
  {
    id: "image.describe",
    description: "Describe one image file through media-understanding providers.",
    transports: LOCAL,
    flags: [
      { ...file, required: true, filled: true, summary: "Image to describe" },
      { kind: "text", name: "prompt", value: "<text>", stdin: true, summary: "What to look for" },
      ...BACKEND,
      allowPrivateNetwork,
    ],
    resultShape: "normalized text output",
    example: "image describe --file photo.jpg",
    timeoutMs: 2 * MINUTE,
  },
  {
    id: "image.describe-many",
    description: "Describe multiple image files independently.",
    transports: LOCAL,
    flags: [
      { ...file, repeat: true, required: true, filled: true, summary: "Image to describe (repeatable)" },
      { kind: "text", name: "prompt", value: "<text>", stdin: true, summary: "What to look for" },
      ...BACKEND,
      allowPrivateNetwork,
    ],
    resultShape: "one text output per file",
    example: "image describe-many --file a.jpg --file b.jpg --json",
    timeoutMs: 5 * MINUTE,
  },
  {
    id: "image.providers",
    description: "List image generation providers.",
    transports: LOCAL,
    flags: [],
    resultShape: "provider ids and defaults",
    example: "image providers --json",
    timeoutMs: MINUTE,
  },
  {
    id: "audio.transcribe",
    description: "Transcribe one audio file.",
    transports: LOCAL,
    flags: [
      { ...file, required: true, filled: true, summary: "Recording to transcribe" },
      { kind: "text", name: "language", value: "<code>", filled: true, summary: "Language spoken, such as en" },
      { kind: "text", name: "prompt", value: "<text>", stdin: true, summary: "Names and words to expect" },
      ...BACKEND,
      {
        kind: "choice",
        name: "format",
        value: "<format>",
        choices: TRANSCRIPT_FORMATS,
        summary: "Form of the transcript; srt and vtt are subtitles (default: text, or what --output ends in)",
      },
      output,
      allowPrivateNetwork,
    ],
    resultShape: "normalized text output",
    example: "audio transcribe --file meeting.m4a --output meeting.srt",
    timeoutMs: 10 * MINUTE,
  },
  {
    id: "audio.providers",
    description: "List audio transcription providers.",
    transports: LOCAL,
    flags: [],
    resultShape: "provider ids and capabilities",
    example: "audio providers --json",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.convert",
    description: "Convert text to speech.",
    transports: EITHER,
    flags: [
      {
        kind: "text",
        name: "text",
        value: "<text>",
        stdin: true,
        filled: true,
        required: true,
        summary: "What to say; - reads stdin",
      },
      { kind: "text", name: "voice", value: "<id>", filled: true, summary: "Voice, as `tts voices` lists them" },
      output,
      ...BACKEND,
      { kind: "text", name: "channel", value: "<id>", filled: true, summary: "Channel the audio is for" },
      {
        kind: "choice",
        name: "format",
        value: "<format>",
        choices: SPEECH_FORMATS,
        summary: "Form of the audio (default: what --output ends in, or the provider's own)",
      },
      { kind: "number", name: "speed", value: "<n>", min: 0.25, max: 4, summary: "Speaking rate, 1 is normal" },
      { kind: "text", name: "instructions", value: "<text>", filled: true, summary: "How to speak, in words" },
      { kind: "switch", name: "play", summary: "Play it as well, on this machine's speakers" },
      ...TRANSPORT,
    ],
    resultShape: "saved audio file plus attempts",
    example: 'tts convert --text "Hello there" --output hello.wav',
    timeoutMs: 5 * MINUTE,
  },
  {
    id: "tts.voices",
    description: "List voices for a speech provider.",
    transports: LOCAL,
    flags: [provider],
    resultShape: "voice entries",
    example: "tts voices --provider local",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.providers",
    description: "List speech providers.",
    transports: EITHER,
    flags: TRANSPORT,
    resultShape: "provider ids, configured state, models, voices",
    example: "tts providers --json",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.personas",
    description: "List TTS personas.",
    transports: EITHER,
    flags: TRANSPORT,
    resultShape: "persona ids, labels, providers, active persona",
    example: "tts personas --json",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.status",
    description: "Show gateway-managed TTS state.",
    transports: GATEWAY,
    flags: [{ kind: "switch", name: "gateway", summary: "Ask the OpenClaw Gateway (default)" }],
    resultShape: "enabled/provider state",
    example: "tts status --json",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.enable",
    description: "Enable TTS in prefs.",
    transports: EITHER,
    flags: STATE_TRANSPORT,
    resultShape: "enabled state",
    example: "tts enable --local",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.disable",
    description: "Disable TTS in prefs.",
    transports: EITHER,
    flags: STATE_TRANSPORT,
    resultShape: "enabled state",
    example: "tts disable --local",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.set-provider",
    description: "Set the active TTS provider.",
    transports: EITHER,
    flags: [{ ...provider, required: true }, ...STATE_TRANSPORT],
    resultShape: "selected provider",
    example: "tts set-provider --provider openai --local",
    timeoutMs: MINUTE,
  },
  {
    id: "tts.set-persona",
    description: "Set the active TTS persona.",
    transports: EITHER,
    flags: [
      { kind: "text", name: "persona", value: "<id>", filled: true, summary: "Persona to use" },
      { kind: "switch", name: "off", summary: "Use no persona" },
      ...STATE_TRANSPORT,
    ],
    resultShape: "selected persona",
    example: "tts set-persona --persona narrator --local",
    timeoutMs: MINUTE,
  },
  {
    id: "video.generate",
    description: "Generate video files with configured video providers.",
    transports: LOCAL,
    flags: [
      { ...prompt, required: true, summary: "What to show; - reads stdin" },
      ...BACKEND,
      { kind: "text", name: "size", value: "<WxH>", filled: true, summary: "Size such as 1280x720" },
      { kind: "text", name: "aspect-ratio", value: "<W:H>", filled: true, summary: "Aspect ratio such as 16:9" },
      {
        kind: "choice",
        name: "resolution",
        value: "<value>",
        choices: ["480P", "720P", "768P", "1080P"],
        summary: "Resolution",
      },
      { kind: "number", name: "duration", value: "<seconds>", min: 1, max: 600, summary: "Length in seconds" },
      { kind: "switch", name: "audio", summary: "With sound, where the provider can" },
      { kind: "switch", name: "watermark", summary: "With the provider's watermark" },
      output,
    ],
    resultShape: "saved video files plus attempts",
    example: 'video generate --prompt "Waves at night" --output waves.mp4',
    timeoutMs: 20 * MINUTE,
  },
  {
    id: "video.describe",
    description: "Describe one video file through media-understanding providers.",
    transports: LOCAL,
    flags: [{ ...file, required: true, filled: true, summary: "Video to describe" }, ...BACKEND, allowPrivateNetwork],
    resultShape: "normalized text output",
    example: "video describe --file clip.mp4",
    timeoutMs: 5 * MINUTE,
  },
  {
    id: "video.providers",
    description: "List video generation and description providers.",
    transports: LOCAL,
    flags: [],
    resultShape: "provider ids and defaults",
    example: "video providers --json",
    timeoutMs: MINUTE,
  },
  {
    id: "web.search",
    description: "Run provider-backed web search.",
    transports: LOCAL,
    flags: [
      {
        kind: "text",
        name: "query",
        value: "<text>",
        stdin: true,
        filled: true,
        required: true,
        summary: "What to look for; - reads stdin",
      },
      provider,
      { kind: "number", name: "limit", value: "<n>", integer: true, min: 1, max: 100, summary: "Most results" },
    ],
    resultShape: "search provider result",
    example: 'web search --query "bun sqlite" --limit 5',
    timeoutMs: MINUTE,
  },
  {
    id: "web.fetch",
    description: "Fetch URL content through configured web fetch providers.",
    transports: LOCAL,
    flags: [
      { kind: "text", name: "url", value: "<url>", required: true, filled: true, summary: "Page to fetch" },
      provider,
      { kind: "text", name: "format", value: "<format>", filled: true, summary: "Form of the text" },
      allowPrivateNetwork,
    ],
    resultShape: "fetch provider result",
    example: "web fetch --url https://example.com",
    timeoutMs: MINUTE,
  },
  {
    id: "web.providers",
    description: "List web search and fetch providers.",
    transports: LOCAL,
    flags: [],
    resultShape: "provider ids grouped by family",
    example: "web providers --json",
    timeoutMs: MINUTE,
  },
  {
    id: "embedding.create",
    description: "Create embeddings through embedding providers.",
    transports: LOCAL,
    flags: [
      {
        kind: "text",
        name: "text",
        value: "<text>",
        repeat: true,
        stdin: true,
        filled: true,
        required: true,
        summary: "Text to embed (repeatable); - reads stdin",
      },
      provider,
      model,
      fallback,
    ],
    resultShape: "vectors with provider/model attribution",
    example: 'embedding create --text "a cat" --text "a kitten"',
    timeoutMs: 2 * MINUTE,
  },
  {
    id: "embedding.providers",
    description: "List embedding providers.",
    transports: LOCAL,
    flags: [],
    resultShape: "provider ids and default models",
    example: "embedding providers --json",
    timeoutMs: MINUTE,
  },
] as const satisfies readonly Row[];

/** Commands beside the capabilities: they are about infer itself and have no envelope of their own. */
export const TOOLS = [
  {
    id: "list",
    description: "List canonical capability ids and supported transports",
    transports: LOCAL,
    flags: [],
    resultShape: "capability entries",
    example: "list --json",
    timeoutMs: MINUTE,
  },
  {
    id: "inspect",
    description: "Inspect one canonical capability id",
    transports: LOCAL,
    flags: [
      { kind: "text", name: "name", value: "<capability>", filled: true, summary: "Capability id" },
      { kind: "switch", name: "schema", summary: "Print the JSON Schema of the --json envelope" },
    ],
    resultShape: "single capability entry",
    example: "inspect --name model.run --json",
    timeoutMs: MINUTE,
  },
  {
    id: "doctor",
    description: "Check config, credentials, network and this machine",
    transports: LOCAL,
    flags: [],
    resultShape: "checks with status and fix",
    example: "doctor",
    timeoutMs: MINUTE,
  },
  {
    id: "smoke",
    description: "Make the smallest real request to every configured provider",
    transports: LOCAL,
    flags: [
      { ...provider, repeat: true, summary: "Only this provider (repeatable)" },
      {
        kind: "text",
        name: "capability",
        value: "<id>",
        repeat: true,
        filled: true,
        summary: "Only this capability (repeatable); image.generate costs money, and runs only when named",
      },
      { kind: "text", name: "junit", value: "<path>", filled: true, summary: "Write a JUnit report" },
    ],
    resultShape: "one result per provider and capability",
    example: "smoke --json --junit smoke.xml",
    timeoutMs: 2 * MINUTE,
  },
] as const satisfies readonly Row[];

/** What a group of commands is about, in OpenClaw's words. */
export const GROUPS: Readonly<Record<string, string>> = {
  model: "Text inference and model catalog commands",
  "model.auth": "Provider auth helpers",
  image: "Image generation and description",
  audio: "Audio transcription",
  tts: "Text to speech",
  video: "Video generation and description",
  web: "Web capabilities",
  embedding: "Embedding providers",
};

export type CapabilityId = (typeof CAPABILITIES)[number]["id"];
export type CommandId = CapabilityId | (typeof TOOLS)[number]["id"];

type RowOf<Id extends CommandId> = Extract<(typeof CAPABILITIES)[number] | (typeof TOOLS)[number], { id: Id }>;

/** The validated input of one verb, global flags included. */
export type Input<Id extends CommandId> = InputOf<RowOf<Id>["flags"]> & InputOf<typeof GLOBAL_FLAGS>;

/** Every flag of a verb, its own first. */
export function flagsOf(row: Row): readonly Flag[] {
  return [...row.flags, ...GLOBAL_FLAGS];
}
