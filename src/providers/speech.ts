import type { Provider, SpeechService } from "./types.ts";

/** An endpoint like OpenAI's, with models and voices of its own: a server that only the config knows. */
export const COMPATIBLE_SPEECH: SpeechService = {
  protocol: "openai-speech",
  // Whether a model of theirs takes words on how to speak is theirs to say.
  quirks: { instructions: /./ },
  formats: {
    mp3: { ask: "mp3" },
    wav: { ask: "wav" },
    opus: { ask: "opus" },
    flac: { ask: "flac" },
    aac: { ask: "aac" },
    pcm: { ask: "pcm" },
  },
  defaultFormat: "mp3",
  speed: { min: 0.25, max: 4 },
  voiceNote: { formats: ["opus"] },
};

/** Each is a model of its own, `aura-2-thalia-en`: https://developers.deepgram.com/docs/tts-models */
const AURA_2 = {
  en: "amalthea andromeda apollo arcas aries asteria athena atlas aurora callista cora cordelia delia draco electra harmonia helena hera hermes hyperion iris janus juno jupiter luna mars minerva neptune odysseus ophelia orion orpheus pandora phoebe pluto saturn selene thalia theia vesta zeus",
  es: "agustina alvaro antonia aquila carina celeste diana estrella gloria javier luciano nestor olivia selena silvia sirio valerio",
  de: "aurelia elara fabian julius kara lara viktoria",
  nl: "beatrix cornelia daphne hestia lars leda rhea roman sander",
  fr: "agathe hector",
  it: "cesare cinzia demetra dionisio elio flavio livia maia melia perseo",
  ja: "ama ebisu fujin izanami uzume",
};

/**
 * Who speaks, in the order in which the first one with a credential is chosen: OpenClaw's. Limits, formats, voices and
 * models are the facts' (OpenClaw 2026.5.31), and the vendors' where a source is named.
 */
export const SPEECH_SERVICES: Readonly<Record<string, SpeechService>> = {
  openai: {
    protocol: "openai-speech",
    defaultModel: "gpt-4o-mini-tts",
    knownModels: ["gpt-4o-mini-tts", "tts-1", "tts-1-hd"],
    quirks: { instructions: /gpt-4o-mini-tts/ },
    baseUrlEnv: ["OPENAI_TTS_BASE_URL"],
    defaultVoice: "coral",
    voices: [
      "alloy",
      "ash",
      "ballad",
      "cedar",
      "coral",
      "echo",
      "fable",
      "juniper",
      "marin",
      "onyx",
      "nova",
      "sage",
      "shimmer",
      "verse",
    ].map((id) => ({ id, name: id })),
    formats: {
      mp3: { ask: "mp3" },
      wav: { ask: "wav" },
      opus: { ask: "opus" },
      flac: { ask: "flac" },
      aac: { ask: "aac" },
      // https://platform.openai.com/docs/guides/text-to-speech
      pcm: { ask: "pcm", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // https://platform.openai.com/docs/api-reference/audio/createSpeech
    longest: { characters: 4096 },
    // It takes no more than 2,000 tokens either. Scripts with a token or so for each character have three bytes for it.
    // https://platform.openai.com/docs/models/gpt-4o-mini-tts
    modelLimits: [{ model: /gpt-4o-mini-tts/, longest: { bytes: 4096 } }],
    speed: { min: 0.25, max: 4 },
    voiceNote: { formats: ["opus"] },
  },
  elevenlabs: {
    protocol: "elevenlabs-speech",
    defaultModel: "eleven_multilingual_v2",
    knownModels: ["eleven_v3", "eleven_multilingual_v2", "eleven_turbo_v2_5", "eleven_monolingual_v1"],
    defaultVoice: "pMsXgVXv3BLzUgSXRplE",
    voiceList: "elevenlabs",
    formats: {
      mp3: { ask: "mp3_44100_128" },
      // 44.1 kHz is for the dearer plans only.
      wav: { ask: "wav_24000" },
      opus: { ask: "opus_48000_64" },
      pcm: { ask: "pcm_24000", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // https://help.elevenlabs.io/hc/en-us/articles/13298164480913, v3: https://elevenlabs.io/docs/models
    longest: { characters: 10_000 },
    modelLimits: [
      { model: /^eleven_v3/, longest: { characters: 5000 } },
      { model: /^eleven_(?:flash|turbo)_v2_5/, longest: { characters: 40_000 } },
      { model: /^eleven_(?:flash|turbo)_v2/, longest: { characters: 30_000 } },
    ],
    // All else is answered with a 400. https://elevenlabs.io/docs/eleven-agents/customization/voice/speed-control
    speed: { min: 0.7, max: 1.2 },
    voiceNote: { formats: ["opus"] },
  },
  xai: {
    protocol: "xai-speech",
    withoutModel: "always",
    baseUrlEnv: ["XAI_BASE_URL"],
    defaultVoice: "eve",
    voices: ["eve", "ara", "rex", "sal", "leo", "una"].map((id) => ({ id, name: id })),
    voiceList: "xai",
    formats: { mp3: { ask: "mp3" }, wav: { ask: "wav" }, pcm: { ask: "pcm", sampleRate: 24_000 } },
    defaultFormat: "mp3",
    // https://docs.x.ai/developers/rest-api-reference/inference/voice
    longest: { characters: 15_000 },
    speed: { min: 0.7, max: 1.5 },
  },
  "azure-speech": {
    protocol: "azure-speech",
    alsoNamed: ["azure"],
    withoutModel: "always",
    baseUrlEnv: ["AZURE_SPEECH_ENDPOINT"],
    defaultVoice: "en-US-JennyNeural",
    voiceList: "azure-speech",
    formats: {
      mp3: { ask: "audio-24khz-48kbitrate-mono-mp3" },
      wav: { ask: "riff-24khz-16bit-mono-pcm" },
      opus: { ask: "ogg-24khz-16bit-mono-opus" },
      pcm: { ask: "raw-24khz-16bit-mono-pcm", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // Sound beyond 10 minutes is cut off without a word. Chinese takes the most for its characters: 8 minutes for these,
    // at 293 a minute and half the speed.
    // https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech
    longest: { characters: 1200 },
    // https://learn.microsoft.com/azure/ai-services/speech-service/speech-synthesis-markup-voice#adjust-prosody
    speed: { min: 0.5, max: 2 },
    voiceNote: { formats: ["opus"] },
  },
  gradium: {
    protocol: "gradium-speech",
    withoutModel: "always",
    defaultVoice: "YTpq7expH9539ERJ",
    voices: [
      { id: "YTpq7expH9539ERJ", name: "Emma" },
      { id: "LFZvm12tW_z0xfGo", name: "Kent" },
      { id: "Eu9iL_CYe8N-Gkx_", name: "Tiffany" },
      { id: "2H4HY2CBNyJHBCrP", name: "Christina" },
      { id: "jtEKaLYNn6iif5PR", name: "Sydney" },
      { id: "KWJiFWu2O9nMPYcR", name: "John" },
      { id: "3jUdJyOi9pgbxBTK", name: "Arthur" },
    ],
    formats: {
      wav: { ask: "wav" },
      opus: { ask: "opus" },
      pcm: { ask: "pcm_24000", sampleRate: 24_000 },
    },
    defaultFormat: "wav",
    // 300 seconds, https://docs.gradium.ai/guides/limits, at the 15 characters a second of its European languages, with
    // room for slow voices.
    longest: { characters: 3000 },
    voiceNote: { formats: ["opus"] },
  },
  inworld: {
    protocol: "inworld-speech",
    defaultModel: "inworld-tts-1.5-max",
    knownModels: ["inworld-tts-1.5-max", "inworld-tts-1.5-mini", "inworld-tts-1-max", "inworld-tts-1"],
    defaultVoice: "Sarah",
    voiceList: "inworld",
    // Its WAV is a header for a stream, without a length, and its LINEAR16 has one in every piece; PCM has none.
    // https://docs.inworld.ai/docs/tts/capabilities/generating-audio
    formats: {
      mp3: { ask: "MP3" },
      wav: { ask: "PCM", sampleRate: 48_000 },
      opus: { ask: "OGG_OPUS" },
      pcm: { ask: "PCM", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech-stream
    longest: { characters: 2000 },
    speed: { min: 0.5, max: 1.5 },
    voiceNote: { formats: ["opus"] },
  },
  microsoft: {
    protocol: "edge-read-aloud",
    withoutModel: "always",
    defaultVoice: "en-US-MichelleNeural",
    chineseVoice: "zh-CN-XiaoxiaoNeural",
    voiceList: "microsoft",
    // Of Azure's formats the service gives MP3, and a WebM: https://github.com/rany2/edge-tts/issues/134
    formats: { mp3: { ask: "audio-24khz-48kbitrate-mono-mp3" } },
    defaultFormat: "mp3",
    // Audio is cut off after ten minutes, and nothing says so: https://github.com/rany2/edge-tts/issues/390. edge-tts
    // sends 4096 bytes at most; in Chinese, at half the speed, those would take longer.
    longest: { bytes: 3000 },
    // As for Azure, whose voices they are.
    speed: { min: 0.5, max: 2 },
    voiceNote: { formats: ["mp3"], always: true },
  },
  openrouter: {
    protocol: "openai-speech",
    defaultModel: "hexgrad/kokoro-82m",
    knownModels: [
      "hexgrad/kokoro-82m",
      "google/gemini-3.1-flash-tts-preview",
      "mistralai/voxtral-mini-tts-2603",
      "elevenlabs/eleven-turbo-v2",
    ],
    defaultVoice: "af_alloy",
    voices: [{ id: "af_alloy", name: "af_alloy" }],
    // https://openrouter.ai/docs/guides/overview/multimodal/tts
    formats: {
      mp3: { ask: "mp3" },
      wav: { ask: "pcm", sampleRate: 24_000 },
      pcm: { ask: "pcm", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // OpenAI's own, as above; OpenRouter names none.
    modelLimits: [{ model: /^openai\//, longest: { bytes: 4096 } }],
    speed: { min: 0.25, max: 4 },
    voiceNote: { formats: ["mp3"], always: true },
  },
  minimax: {
    protocol: "minimax-speech",
    defaultModel: "speech-2.8-hd",
    knownModels: [
      "speech-2.8-hd",
      "speech-2.8-turbo",
      "speech-2.6-hd",
      "speech-2.6-turbo",
      "speech-02-hd",
      "speech-02-turbo",
      "speech-01-hd",
      "speech-01-turbo",
      "speech-01-240228",
    ],
    env: ["MINIMAX_OAUTH_TOKEN", "MINIMAX_CODE_PLAN_KEY", "MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY"],
    baseUrl: "https://api.minimax.io",
    optionEnv: { model: ["MINIMAX_TTS_MODEL"], voice: ["MINIMAX_TTS_VOICE_ID"] },
    defaultVoice: "English_expressive_narrator",
    voiceList: "minimax",
    voices: [
      "English_expressive_narrator",
      "Chinese (Mandarin)_Warm_Girl",
      "Chinese (Mandarin)_Lively_Girl",
      "Chinese (Mandarin)_Gentle_Boy",
      "Chinese (Mandarin)_Steady_Boy",
    ].map((id) => ({ id, name: id })),
    formats: {
      mp3: { ask: "mp3" },
      wav: { ask: "wav" },
      flac: { ask: "flac" },
      pcm: { ask: "pcm", sampleRate: 32_000 },
    },
    defaultFormat: "mp3",
    // "Less than 10,000", https://platform.minimax.io/docs/api-reference/speech-t2a-http
    longest: { characters: 9999 },
    speed: { min: 0.5, max: 2 },
  },
  deepinfra: {
    protocol: "openai-speech",
    // What is not OpenAI's has a member of its own there.
    quirks: { extraBody: "member" },
    defaultModel: "hexgrad/Kokoro-82M",
    knownModels: ["hexgrad/Kokoro-82M", "ResembleAI/chatterbox-turbo", "sesame/csm-1b", "Qwen/Qwen3-TTS"],
    // The first is OpenClaw 2026.5.31's, the other 2026.5.2's.
    defaultVoice: "af_bella",
    voices: ["af_bella", "af_alloy"].map((id) => ({ id, name: id })),
    formats: {
      mp3: { ask: "mp3" },
      wav: { ask: "wav" },
      opus: { ask: "opus" },
      flac: { ask: "flac" },
      pcm: { ask: "pcm", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    speed: { min: 0.25, max: 4 },
    voiceNote: { formats: ["mp3", "opus"], always: true },
  },
  xiaomi: {
    protocol: "xiaomi-speech",
    defaultModel: "mimo-v2.5-tts",
    knownModels: ["mimo-v2.5-tts", "mimo-v2-tts", "mimo-v2.5-tts-voicedesign"],
    auth: [{ header: "api-key" }],
    baseUrlEnv: ["XIAOMI_BASE_URL"],
    optionEnv: { model: ["XIAOMI_TTS_MODEL"], voice: ["XIAOMI_TTS_VOICE"], format: ["XIAOMI_TTS_FORMAT"] },
    defaultVoice: "mimo_default",
    voices: ["mimo_default", "default_zh", "default_en", "Mia", "Chloe", "Milo", "Dean"].map((id) => ({
      id,
      name: id,
    })),
    formats: { mp3: { ask: "mp3" }, wav: { ask: "wav" } },
    defaultFormat: "mp3",
  },
  google: {
    label: "Google",
    protocol: "google-speech",
    defaultModel: "gemini-3.1-flash-tts-preview",
    knownModels: ["gemini-3.1-flash-tts-preview", "gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts"],
    defaultVoice: "Kore",
    // In Google's words: https://ai.google.dev/gemini-api/docs/speech-generation#voices
    voices: [
      { id: "Zephyr", name: "Zephyr", description: "Bright" },
      { id: "Puck", name: "Puck", description: "Upbeat" },
      { id: "Charon", name: "Charon", description: "Informative" },
      { id: "Kore", name: "Kore", description: "Firm" },
      { id: "Fenrir", name: "Fenrir", description: "Excitable" },
      { id: "Leda", name: "Leda", description: "Youthful" },
      { id: "Orus", name: "Orus", description: "Firm" },
      { id: "Aoede", name: "Aoede", description: "Breezy" },
      { id: "Callirrhoe", name: "Callirrhoe", description: "Easy-going" },
      { id: "Autonoe", name: "Autonoe", description: "Bright" },
      { id: "Enceladus", name: "Enceladus", description: "Breathy" },
      { id: "Iapetus", name: "Iapetus", description: "Clear" },
      { id: "Umbriel", name: "Umbriel", description: "Easy-going" },
      { id: "Algieba", name: "Algieba", description: "Smooth" },
      { id: "Despina", name: "Despina", description: "Smooth" },
      { id: "Erinome", name: "Erinome", description: "Clear" },
      { id: "Algenib", name: "Algenib", description: "Gravelly" },
      { id: "Rasalgethi", name: "Rasalgethi", description: "Informative" },
      { id: "Laomedeia", name: "Laomedeia", description: "Upbeat" },
      { id: "Achernar", name: "Achernar", description: "Soft" },
      { id: "Alnilam", name: "Alnilam", description: "Firm" },
      { id: "Schedar", name: "Schedar", description: "Even" },
      { id: "Gacrux", name: "Gacrux", description: "Mature" },
      { id: "Pulcherrima", name: "Pulcherrima", description: "Forward" },
      { id: "Achird", name: "Achird", description: "Friendly" },
      { id: "Zubenelgenubi", name: "Zubenelgenubi", description: "Casual" },
      { id: "Vindemiatrix", name: "Vindemiatrix", description: "Gentle" },
      { id: "Sadachbia", name: "Sadachbia", description: "Lively" },
      { id: "Sadaltager", name: "Sadaltager", description: "Knowledgeable" },
      { id: "Sulafat", name: "Sulafat", description: "Warm" },
    ],
    formats: { wav: { ask: "pcm", sampleRate: 24_000 }, pcm: { ask: "pcm", sampleRate: 24_000 } },
    defaultFormat: "wav",
    // 8,192 tokens, which the persona shares, and 16,384 of sound, at 25 a second not quite eleven minutes. Slow Chinese
    // fills them with the fewest bytes. https://ai.google.dev/gemini-api/docs/models/gemini-3.1-flash-tts-preview
    longest: { bytes: 4000 },
  },
  volcengine: {
    // The Ark key of text is none for speech.
    ownKeys: true,
    keyOption: "token",
    label: "Volcengine",
    alsoNamed: ["bytedance"],
    protocol: "volcengine-speech",
    withoutModel: "always",
    env: ["VOLCENGINE_TTS_API_KEY", "BYTEPLUS_SEED_SPEECH_API_KEY", "VOLCENGINE_TTS_TOKEN"],
    auth: [{ paths: /\/api\/v1\/tts\/?$/, header: "authorization", prefix: "Bearer;" }, { header: "x-api-key" }],
    baseUrl: "https://voice.ap-southeast-1.bytepluses.com/api/v3/tts/unidirectional",
    baseUrlEnv: ["VOLCENGINE_TTS_BASE_URL"],
    optionEnv: {
      voice: ["VOLCENGINE_TTS_VOICE"],
      // That there is one tells which of the two APIs is meant.
      apiKey: ["VOLCENGINE_TTS_API_KEY", "BYTEPLUS_SEED_SPEECH_API_KEY"],
      resourceId: ["VOLCENGINE_TTS_RESOURCE_ID"],
      appKey: ["VOLCENGINE_TTS_APP_KEY"],
      appId: ["VOLCENGINE_TTS_APPID"],
      token: ["VOLCENGINE_TTS_TOKEN"],
      cluster: ["VOLCENGINE_TTS_CLUSTER"],
    },
    defaultVoice: "en_female_anna_mars_bigtts",
    voices: [
      { id: "en_female_anna_mars_bigtts", name: "anna", locale: "en-US", gender: "female" },
      { id: "en_male_adam_mars_bigtts", name: "adam", locale: "en-US", gender: "male" },
      { id: "en_female_sarah_mars_bigtts", name: "sarah", locale: "en-US", gender: "female" },
      { id: "en_male_smith_mars_bigtts", name: "smith", locale: "en-US", gender: "male" },
      { id: "zh_female_cancan_mars_bigtts", name: "cancan", locale: "zh-CN", gender: "female" },
      { id: "zh_female_qingxinnvsheng_mars_bigtts", name: "qingxinnvsheng", locale: "zh-CN", gender: "female" },
      { id: "zh_female_linjia_mars_bigtts", name: "linjia", locale: "zh-CN", gender: "female" },
      { id: "zh_male_wennuanahu_moon_bigtts", name: "wennuanahu", locale: "zh-CN", gender: "male" },
      { id: "zh_male_shaonianzixin_moon_bigtts", name: "shaonianzixin", locale: "zh-CN", gender: "male" },
      { id: "zh_female_shuangkuaisisi_moon_bigtts", name: "shuangkuaisisi", locale: "zh-CN", gender: "female" },
    ],
    formats: {
      mp3: { ask: "mp3" },
      // Seed Speech puts the header of a WAV into every piece: https://www.volcengine.com/docs/6561/1598757
      wav: { ask: "pcm", sampleRate: 24_000 },
      opus: { ask: "ogg_opus" },
      pcm: { ask: "pcm", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // The older API's; Seed Speech has a limit, and does not tell it. https://www.volcengine.com/docs/6561/1257584
    longest: { bytes: 1024 },
    speed: { min: 0.5, max: 2 },
    voiceNote: { formats: ["opus"] },
  },
  // It passes on to whatever its owner has put there: https://docs.litellm.ai/docs/text_to_speech
  litellm: COMPATIBLE_SPEECH,
  "tts-local-cli": {
    protocol: "speech-program",
    withoutModel: "unless-named",
    formats: { wav: { ask: "wav" }, mp3: { ask: "mp3" }, opus: { ask: "opus" } },
    defaultFormat: "wav",
    // As the embedded voices: what a program has no words for it tells itself.
    speed: { min: 0.25, max: 4 },
    voiceNote: { formats: ["opus"] },
  },
  vydra: {
    protocol: "vydra-speech",
    defaultModel: "elevenlabs/tts",
    knownModels: ["elevenlabs/tts"],
    baseUrlEnv: ["VYDRA_BASE_URL"],
    optionEnv: { model: ["VYDRA_TTS_MODEL"], voice: ["VYDRA_TTS_VOICE_ID"] },
    defaultVoice: "21m00Tcm4TlvDq8ikWAM",
    voices: [{ id: "21m00Tcm4TlvDq8ikWAM", name: "Rachel" }],
    formats: { mp3: { ask: "mp3" } },
    defaultFormat: "mp3",
  },
  // OpenClaw 2026.5.31 knows these two as vendors, and not that they speak: all that it would choose comes before them.
  mistral: {
    protocol: "mistral-speech",
    // The vendor's name for its newest: https://docs.mistral.ai/studio/audio/migrate-from-voxtral-2
    defaultModel: "voxtral-mini-tts-latest",
    knownModels: ["voxtral-mini-tts-latest", "voxtral-mini-tts-3-0", "voxtral-mini-tts-2603"],
    // Voxtral 2 and 3 both have it, and the name above moves from one to the other.
    defaultVoice: "en_paul_neutral",
    voices: [
      { id: "en_paul_neutral", name: "Paul", locale: "en-US", gender: "male" },
      { id: "gb_jane_neutral", name: "Jane", locale: "en-GB", gender: "female" },
      { id: "gb_oliver_neutral", name: "Oliver", locale: "en-GB", gender: "male" },
      { id: "fr_marie_neutral", name: "Marie", locale: "fr-FR", gender: "female" },
    ],
    voiceList: "mistral",
    // Its `pcm` is samples of 32 bit: https://docs.mistral.ai/studio-api/audio/text_to_speech/speech
    formats: { mp3: { ask: "mp3" }, wav: { ask: "wav" }, opus: { ask: "opus" }, flac: { ask: "flac" } },
    defaultFormat: "mp3",
    // "Under 300 words for best results", on the same page, and no limit: five letters to a word, and fewer of those
    // scripts that take more bytes for one and more time to say it.
    longest: { bytes: 1500 },
    voiceNote: { formats: ["opus"] },
  },
  deepgram: {
    protocol: "deepgram-speech",
    // Its `model` names a voice, and the family with it: there is one choice, and --voice is where the others have it.
    withoutModel: "always",
    baseUrlEnv: ["DEEPGRAM_BASE_URL"],
    voiceOption: "model",
    defaultVoice: "aura-2-thalia-en",
    voices: Object.entries(AURA_2).flatMap(([locale, names]) =>
      names.split(" ").map((name) => ({ id: `aura-2-${name}-${locale}`, name, locale })),
    ),
    // https://developers.deepgram.com/docs/tts-media-output-settings#audio-format-combinations
    formats: {
      mp3: { ask: "mp3" },
      wav: { ask: "linear16&container=wav&sample_rate=24000" },
      opus: { ask: "opus&container=ogg" },
      flac: { ask: "flac&sample_rate=48000" },
      aac: { ask: "aac" },
      pcm: { ask: "linear16&container=none&sample_rate=24000", sampleRate: 24_000 },
    },
    defaultFormat: "mp3",
    // https://developers.deepgram.com/docs/text-to-speech-latency
    longest: { characters: 2000 },
    // https://developers.deepgram.com/docs/tts-voice-controls
    speed: { min: 0.7, max: 1.5 },
    voiceNote: { formats: ["opus"] },
  },
  local: {
    protocol: "local-flite",
    defaultModel: "flite",
    models: ["flite"],
    defaultVoice: "slt",
    voices: [
      {
        id: "slt",
        name: "SLT",
        locale: "en-US",
        gender: "female",
        description: "US English, the clearest of the three",
      },
      { id: "rms", name: "RMS", locale: "en-US", gender: "male", description: "US English, calm and low" },
      { id: "awb", name: "AWB", locale: "en-GB", gender: "male", description: "English with a Scottish accent" },
    ],
    formats: { wav: { ask: "wav" } },
    defaultFormat: "wav",
    // It is made in memory: 4 or 5 minutes of it, 10 MB.
    longest: { characters: 4000 },
    speed: { min: 0.25, max: 4 },
  },
};

/** Providers that speak, or speak and write down what they hear, and have no text. */
export const SPEECH_PROVIDERS: readonly Provider[] = [
  {
    id: "elevenlabs",
    name: "ElevenLabs",
    env: ["ELEVENLABS_API_KEY", "XI_API_KEY"],
    baseUrl: "https://api.elevenlabs.io",
    auth: [{ header: "xi-api-key" }],
  },
  {
    id: "azure-speech",
    name: "Azure Speech",
    env: ["AZURE_SPEECH_KEY", "AZURE_SPEECH_API_KEY", "SPEECH_KEY"],
    baseUrl: "https://{region}.tts.speech.microsoft.com",
    settings: { region: { name: "Azure region", env: ["AZURE_SPEECH_REGION", "SPEECH_REGION"] } },
    auth: [{ header: "ocp-apim-subscription-key" }],
  },
  {
    id: "gradium",
    name: "Gradium",
    env: ["GRADIUM_API_KEY"],
    baseUrl: "https://api.gradium.ai",
    auth: [{ header: "x-api-key" }],
  },
  {
    id: "inworld",
    name: "Inworld",
    env: ["INWORLD_API_KEY"],
    baseUrl: "https://api.inworld.ai",
    // The key is in base64 as it comes.
    auth: [{ header: "authorization", prefix: "Basic " }],
  },
  {
    id: "microsoft",
    name: "Microsoft",
    aliases: ["edge"],
    env: [],
    keyless: true,
    baseUrl: "wss://speech.platform.bing.com/consumer/speech/synthesize/readaloud/edge/v1",
  },
  { id: "tts-local-cli", name: "Local CLI", aliases: ["cli"], env: [], baseUrl: "", keyless: true },
];
