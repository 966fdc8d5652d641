import type { Provider, TranscriptionService } from "./types.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** https://platform.openai.com/docs/api-reference/audio/createTranscription, and of those who follow it; Opus is in Ogg. */
const OPENAI_TAKES = ["flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "opus", "wav", "webm"];

/** How OpenAI's Whisper, and that of others, is asked for times. */
const WHISPER_TIMES = { response_format: "verbose_json", "timestamp_granularities[]": ["segment", "word"] };

/** All but the lite and the deepthink ones. */
const SENSEAUDIO_TIMED = /^(?!.*(?:lite|deepthink))/;

/** An endpoint like OpenAI's, with models of its own: a server that only the config knows. Not all of them know times. */
export const COMPATIBLE_TRANSCRIPTION: TranscriptionService = {
  protocol: "openai-transcriptions",
  quirks: { times: [{ model: /./, fields: { response_format: "verbose_json" } }] },
  timed: /./,
  timesOnRequest: true,
};

/**
 * Who writes down recordings, in the order in which the first one with a credential is chosen: OpenClaw's. Models are
 * the facts' (OpenClaw 2026.5.31); limits and times the vendors', with their source.
 */
export const TRANSCRIPTION_SERVICES: Readonly<Record<string, TranscriptionService>> = {
  openai: {
    protocol: "openai-transcriptions",
    defaultModel: "gpt-4o-transcribe",
    knownModels: [
      "gpt-4o-transcribe",
      "gpt-4o-mini-transcribe",
      "gpt-4o-mini-transcribe-2025-12-15",
      "gpt-transcribe",
      "gpt-4o-transcribe-diarize",
      "whisper-1",
    ],
    quirks: {
      times: [
        { model: /^whisper-1$/, fields: WHISPER_TIMES },
        { model: /-transcribe-diarize/, fields: { response_format: "diarized_json" } },
      ],
    },
    // https://developers.openai.com/docs/guides/speech-to-text
    maxBytes: 25 * MIB,
    takes: OPENAI_TAKES,
    timed: /^whisper-1$|-transcribe-diarize/,
    timedModel: "whisper-1",
  },
  groq: {
    protocol: "openai-transcriptions",
    defaultModel: "whisper-large-v3-turbo",
    knownModels: ["whisper-large-v3-turbo", "whisper-large-v3"],
    quirks: { times: [{ model: /whisper/, fields: WHISPER_TIMES }] },
    // 25 MB on the free plan: which one a key is on is known to Groq alone. https://console.groq.com/docs/speech-to-text
    maxBytes: 100 * MIB,
    takes: OPENAI_TAKES,
    timed: /whisper/,
  },
  xai: {
    protocol: "xai-transcription",
    defaultModel: "grok-stt",
    // The versions: https://docs.x.ai/developers/model-capabilities/audio/speech-to-text
    knownModels: ["grok-stt", "grok-voice-transcribe-2.0", "grok-voice-transcribe-1.0"],
    baseUrlEnv: ["XAI_BASE_URL"],
    // https://lidge-jun.github.io/progrok/docs/voice/stt
    maxBytes: 500 * MIB,
    // https://developers.cloudflare.com/ai/models/xai/grok-stt/; WebM: https://docs.x.ai/developers/models/speech-to-text
    takes: ["wav", "mp3", "ogg", "opus", "flac", "aac", "mp4", "m4a", "mkv", "webm"],
    timed: /./,
  },
  deepgram: {
    protocol: "deepgram-listen",
    defaultModel: "nova-3",
    knownModels: ["nova-3", "nova-3-medical", "nova-2"],
    baseUrlEnv: ["DEEPGRAM_BASE_URL"],
    // https://theneuralbase.com/deepgram/learn/beginner/file-size-limits/. More than a hundred formats are taken:
    // https://developers.deepgram.com/docs/supported-audio-formats
    maxBytes: 2 * GIB,
    timed: /./,
  },
  openrouter: {
    protocol: "openrouter-transcriptions",
    defaultModel: "openai/whisper-large-v3-turbo",
    knownModels: ["openai/whisper-large-v3-turbo", "openai/whisper-large-v3", "openai/whisper-1"],
    quirks: {
      times: [
        {
          model: /whisper/,
          // https://openrouter.ai/docs/client-sdks/typescript/models/sttrequest
          fields: { response_format: "verbose_json", timestamp_granularities: ["segment", "word"] },
        },
      ],
    },
    // A form may have 25 MB; for what is inside JSON, as it is sent, no limit is named.
    // https://openrouter.ai/docs/client-sdks/typescript/models/sttinputaudio
    takes: ["wav", "mp3", "flac", "m4a", "mp4", "ogg", "opus", "webm", "aac"],
    timed: /whisper/,
  },
  google: {
    protocol: "google-transcription",
    defaultModel: "gemini-3-flash-preview",
    knownModels: ["gemini-3-flash-preview"],
    // A request has 100 MB (20 MB in OpenClaw's day), and base64 makes a third more of a file:
    // https://ai.google.dev/gemini-api/docs/files
    maxBytes: 75_000_000,
  },
  senseaudio: {
    protocol: "openai-transcriptions",
    defaultModel: "senseaudio-asr-pro-1.5-260319",
    knownModels: ["senseaudio-asr-pro-1.5-260319"],
    // All of it: https://clawhub.ai/api/v1/skills/audio-transcribe-summarize/file?path=api-reference.md
    quirks: { times: [{ model: SENSEAUDIO_TIMED, fields: WHISPER_TIMES }], lacks: ["prompt"] },
    maxBytes: 10 * MIB,
    takes: ["wav", "mp3", "ogg", "opus", "flac", "aac", "m4a", "mp4"],
    timed: SENSEAUDIO_TIMED,
  },
  elevenlabs: {
    protocol: "elevenlabs-transcription",
    defaultModel: "scribe_v2",
    knownModels: ["scribe_v2", "scribe_v1"],
    // "All major audio and video formats", "less than 5.0GB": https://elevenlabs.io/docs/api-reference/speech-to-text/convert
    maxBytes: 5_000_000_000,
    timed: /./,
  },
  deepinfra: {
    protocol: "openai-transcriptions",
    defaultModel: "openai/whisper-large-v3-turbo",
    knownModels: ["openai/whisper-large-v3-turbo", "openai/whisper-large-v3"],
    // No limit is named: https://deepinfra.com/openai/whisper-large-v3/api
    quirks: { times: [{ model: /whisper/, fields: WHISPER_TIMES }] },
    takes: OPENAI_TAKES,
    timed: /whisper/,
  },
  mistral: {
    protocol: "openai-transcriptions",
    defaultModel: "voxtral-mini-latest",
    knownModels: ["voxtral-mini-latest", "voxtral-mini-2602"],
    quirks: {
      times: [
        {
          model: /voxtral/,
          // Words' times are a 400: https://docs.mistral.ai/studio/audio/specs-and-limits/limits. "timestamp_granularities
          // is currently not compatible with language": https://docs.mistral.ai/capabilities/audio_transcription
          fields: { timestamp_granularities: "segment", language: [] },
        },
      ],
      // It has `context_bias` instead, a list of single words.
      lacks: ["prompt"],
    },
    // No limit is named for what is sent at once; 512 MB is that of files that are uploaded before.
    timed: /voxtral/,
  },
  // Servers that pass on, or run, what their owner has put there: https://docs.litellm.ai/docs/audio_transcription and
  // https://docs.vllm.ai/en/v0.9.2/examples/online_serving/openai_transcription_client.html
  litellm: COMPATIBLE_TRANSCRIPTION,
  vllm: COMPATIBLE_TRANSCRIPTION,
  // The programs that OpenClaw looks for on PATH. Which model they have is told by variables, but for the last one's.
  "sherpa-onnx-offline": { protocol: "transcription-program", timed: /./ },
  "whisper-cli": { protocol: "transcription-program", timed: /./ },
  whisper: { protocol: "transcription-program", defaultModel: "turbo", timed: /./ },
};

/** Providers that write down what they hear, and have neither text nor speech. */
export const TRANSCRIPTION_PROVIDERS: readonly Provider[] = [
  {
    id: "deepgram",
    name: "Deepgram",
    env: ["DEEPGRAM_API_KEY"],
    baseUrl: "https://api.deepgram.com/v1",
    auth: [{ header: "authorization", prefix: "Token " }],
  },
  {
    id: "senseaudio",
    name: "SenseAudio",
    env: ["SENSEAUDIO_API_KEY"],
    baseUrl: "https://api.senseaudio.cn/v1",
  },
  { id: "sherpa-onnx-offline", name: "sherpa-onnx", env: [], baseUrl: "", keyless: true },
  { id: "whisper-cli", name: "whisper.cpp", env: [], baseUrl: "", keyless: true },
  { id: "whisper", name: "Whisper", env: [], baseUrl: "", keyless: true },
];
