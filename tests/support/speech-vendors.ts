import { createHash } from "node:crypto";
import type { ServerWebSocket } from "bun";
import * as v from "valibot";
import { RECORDINGS, type RecordingFormat, samples, wav } from "./audio.ts";

/** A vendor's speech API on loopback, as strict as the vendor's own documentation is. */
export interface SpeechVendor extends AsyncDisposable {
  /** As a user would write it into the config. */
  readonly baseUrl: string;
  /** The texts that were spoken, in the order in which they came. */
  readonly spoken: string[];
  readonly seen: SpeechAsked[];
  /** The next answer is this refusal, in the vendor's own form; with `after`, it says how many seconds to wait. */
  refuse(status: number, message: string, after?: number): void;
}

export interface SpeechAsked {
  path: string;
  headers: Headers;
  body: unknown;
}

/** One vendor, as data: what it takes, how it refuses, how it speaks. */
interface Wire {
  /** Of the base URL, as the facts have it. */
  prefix: string;
  /** After the origin, with the query. */
  path: RegExp;
  /** The key that a request carries; `null` without one. */
  key(headers: Headers): string | null;
  /** Of the request's body. Default: application/json. */
  contentType?: string;
  /** What is asked for; throws a valibot error for what the vendor does not know. */
  parse(text: string, headers: Headers, url: URL): { text: string; body: unknown };
  /** The longest text that is taken, of this request. */
  longest?(body: unknown): Limit | undefined;
  error(status: number, message: string, body?: unknown): Response;
  speak(text: string, body: unknown, headers: Headers, url: URL): Response;
  /** Where the vendor says which voices there are, and how. */
  voices?: { path: string; answer: unknown };
}

/** Characters are counted as Python does: code points. */
type Limit = { characters: number } | { bytes: number };

export const VENDOR_KEY = "sk-speech-vendor-test";

const MP3 = RECORDINGS.mp3.bytes;
const ENVELOPE_CHUNKS = 5;

/** OpenAI's, contracts/openai.json: CreateSpeechRequest has no other members, and `input` at most 4096 characters. */
const OPENAI: Wire = {
  prefix: "/v1",
  path: /^\/v1\/audio\/speech$/,
  key: bearer,
  parse: json(
    v.strictObject({
      model: v.picklist(["tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15"]),
      input: v.pipe(v.string(), v.minLength(1)),
      voice: v.picklist(
        "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar juniper".split(" "),
      ),
      response_format: v.optional(v.picklist(["mp3", "opus", "aac", "flac", "wav", "pcm"])),
      speed: v.optional(between(0.25, 4)),
      instructions: v.optional(v.pipe(v.string(), v.maxLength(4096))),
      stream_format: v.optional(v.literal("audio")),
    }),
    "input",
  ),
  longest: () => ({ characters: 4096 }),
  error: openaiError,
  speak: (text, body) => pieces(recorded(text, member(body, "response_format") ?? "mp3")),
};

/** OpenRouter's and DeepInfra's speech is OpenAI's with other formats; neither names a limit. */
const OPENROUTER: Wire = {
  ...OPENAI,
  prefix: "/api/v1",
  path: /^\/api\/v1\/audio\/speech$/,
  parse: json(
    v.strictObject({
      model: v.pipe(v.string(), v.includes("/")),
      input: v.pipe(v.string(), v.minLength(1)),
      voice: v.string(),
      response_format: v.optional(v.picklist(["mp3", "pcm"])),
      speed: v.optional(v.number()),
    }),
    "input",
  ),
  longest: () => undefined,
  error: (code, message) => Response.json({ error: { code, message }, user_id: "user_1" }, { status: code }),
  speak: (text, body) => pieces(recorded(text, member(body, "response_format") ?? "pcm")),
};

const DEEPINFRA: Wire = {
  ...OPENAI,
  prefix: "/v1/openai",
  path: /^\/v1\/openai\/audio\/speech$/,
  parse: json(
    v.strictObject({
      model: v.pipe(v.string(), v.includes("/")),
      input: v.pipe(v.string(), v.minLength(1)),
      voice: v.optional(v.string()),
      response_format: v.optional(v.picklist(["mp3", "opus", "flac", "wav", "pcm"])),
      speed: v.optional(between(0.25, 4)),
      extra_body: v.optional(v.record(v.string(), v.unknown())),
    }),
    "input",
  ),
  longest: () => undefined,
  error: fastApiError,
};

const unit = between(0, 1);

/** contracts/elevenlabs.json. Lengths: https://elevenlabs.io/docs/developer-guides/models; v3: 5,000. */
const ELEVENLABS: Wire = {
  prefix: "",
  path: /^\/v1\/text-to-speech\/[A-Za-z0-9]{10,40}(\/stream)?(\?|$)/,
  key: (headers) => headers.get("xi-api-key"),
  voices: {
    path: "/v1/voices",
    answer: {
      voices: [
        { voice_id: "21m00Tcm4TlvDq8ikWAM", name: "Rachel", category: "premade", labels: { gender: "female" } },
        { voice_id: "pMsXgVXv3BLzUgSXRplE", name: "Serena", category: "premade", description: "Soft." },
      ],
      has_more: false,
    },
  },
  parse: (text, headers, url) => {
    v.parse(
      v.strictObject({
        output_format: v.optional(
          v.pipe(
            v.string(),
            v.regex(
              /^(mp3_(22050_32|24000_48|44100_(128|192|32|64|96))|opus_48000_(128|192|32|64|96)|(pcm|wav)_(8000|16000|22050|24000|32000|44100|48000)|[au]law_8000)$/,
            ),
          ),
        ),
        optimize_streaming_latency: v.optional(v.picklist(["0", "1", "2", "3", "4"])),
        enable_logging: v.optional(v.picklist(["true", "false"])),
      }),
      Object.fromEntries(url.searchParams),
    );
    return json(
      v.strictObject({
        text: v.string(),
        model_id: v.optional(v.pipe(v.string(), v.startsWith("eleven_"))),
        language_code: v.optional(v.string()),
        voice_settings: v.optional(
          v.strictObject({
            stability: v.optional(unit),
            similarity_boost: v.optional(unit),
            style: v.optional(unit),
            use_speaker_boost: v.optional(v.boolean()),
            speed: v.optional(v.number()),
          }),
        ),
        seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4_294_967_295))),
        previous_text: v.optional(v.string()),
        next_text: v.optional(v.string()),
        apply_text_normalization: v.optional(v.picklist(["auto", "on", "off"])),
      }),
      "text",
    )(text, headers, url);
  },
  longest: (body) => {
    const model = member(body, "model_id") ?? "eleven_multilingual_v2";
    if (model === "eleven_v3") return { characters: 5_000 };
    if (/_(turbo|flash)_v2_5$/.test(model)) return { characters: 40_000 };
    return { characters: /_(turbo|flash)_v2$/.test(model) ? 30_000 : 10_000 };
  },
  error: (status, message) => {
    const statuses: Record<number, string> = { 401: "invalid_api_key", 429: "too_many_concurrent_requests" };
    if (status === 422) return fastApiError(status, message);
    return Response.json({ detail: { status: statuses[status] ?? "bad_request", message } }, { status });
  },
  speak: (text, _body, _headers, url) => {
    const [kind = "", rate] = (url.searchParams.get("output_format") ?? "mp3_44100_128").split("_");
    return pieces(recorded(text, kind, Number(rate)));
  },
};

/** https://docs.x.ai/developers/rest-api-reference/inference/voice; 15,000 characters: openrouter.ai/x-ai/grok-voice-tts-1.0. */
const XAI: Wire = {
  prefix: "/v1",
  path: /^\/v1\/tts$/,
  key: bearer,
  parse: json(
    v.strictObject({
      text: v.pipe(v.string(), v.minLength(1)),
      voice_id: v.optional(v.string()),
      language: v.pipe(v.string(), v.regex(/^(auto|[a-z]{2,3}(-[A-Za-z]{2,4})?)$/)),
      output_format: v.optional(
        v.strictObject({
          codec: v.picklist(["mp3", "wav", "pcm", "mulaw", "alaw"]),
          sample_rate: v.optional(v.picklist([8000, 16000, 22050, 24000, 44100, 48000])),
          bit_rate: v.optional(v.picklist([32000, 64000, 96000, 128000, 192000])),
        }),
      ),
      speed: v.optional(v.number()),
      optimize_streaming_latency: v.optional(v.number()),
      text_normalization: v.optional(v.boolean()),
    }),
    "text",
  ),
  longest: () => ({ characters: 15_000 }),
  error: (status, error) => Response.json({ error }, { status }),
  speak: (text, body) => {
    const form = (body as { output_format?: { codec?: string; sample_rate?: number } }).output_format;
    return pieces(recorded(text, form?.codec ?? "mp3", form?.sample_rate ?? 24_000));
  },
};

const SSML = "http://www.w3.org/2001/10/synthesis";
/**
 * At most ten minutes of speech come of one request, the rest is cut off:
 * https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-quotas-and-limits. Nobody speaks more
 * than 30 characters a second.
 */
const TEN_MINUTES = 10 * 60 * 30;

/** https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech */
const AZURE: Wire = {
  prefix: "",
  path: /^\/cognitiveservices\/v1$/,
  key: (headers) => headers.get("ocp-apim-subscription-key"),
  voices: {
    path: "/cognitiveservices/voices/list",
    answer: [
      {
        ShortName: "en-US-JennyNeural",
        DisplayName: "Jenny",
        LocalName: "Jenny",
        Locale: "en-US",
        Gender: "Female",
        Status: "GA",
        VoiceTag: { VoicePersonalities: ["Warm"], TailoredScenarios: ["Chat"] },
      },
      { ShortName: "en-US-OldNeural", DisplayName: "Old", Locale: "en-US", Gender: "Male", Status: "Deprecated" },
    ],
  },
  contentType: "application/ssml+xml",
  parse: (text, headers) => {
    v.parse(
      v.picklist([
        "audio-24khz-48kbitrate-mono-mp3",
        "audio-24khz-96kbitrate-mono-mp3",
        "audio-24khz-160kbitrate-mono-mp3",
        "audio-48khz-96kbitrate-mono-mp3",
        "audio-48khz-192kbitrate-mono-mp3",
        "ogg-24khz-16bit-mono-opus",
        "ogg-48khz-16bit-mono-opus",
        "riff-24khz-16bit-mono-pcm",
        "riff-48khz-16bit-mono-pcm",
        "raw-24khz-16bit-mono-pcm",
        "raw-8khz-8bit-mono-mulaw",
        "webm-24khz-16bit-mono-opus",
      ]),
      headers.get("x-microsoft-outputformat"),
    );
    v.parse(v.pipe(v.string(), v.minLength(1), v.maxLength(255)), headers.get("user-agent"));
    return { text: ssmlText(text), body: text };
  },
  error: (status, message) => new Response(status === 401 ? "" : message, { status }),
  speak: (text, _body, headers) => {
    const asked = headers.get("x-microsoft-outputformat") ?? "";
    const kind = /mp3/.test(asked) ? "mp3" : /^ogg/.test(asked) ? "opus" : /^riff/.test(asked) ? "wav" : "pcm";
    return pieces(recorded(text, kind, /48khz/.test(asked) ? 48_000 : 24_000));
  },
};

/** OpenClaw's extensions/gradium, and the output formats of https://micdrop.dev/docs/ai-integration/provided-integrations/gradium. */
const GRADIUM: Wire = {
  prefix: "",
  path: /^\/api\/post\/speech\/tts$/,
  key: (headers) => headers.get("x-api-key"),
  parse: json(
    v.strictObject({
      text: v.pipe(v.string(), v.minLength(1)),
      voice_id: v.pipe(v.string(), v.regex(/^[\w-]{16}$/)),
      only_audio: v.literal(true),
      output_format: v.picklist("wav pcm pcm_8000 pcm_16000 pcm_24000 opus ulaw_8000 alaw_8000".split(" ")),
      json_config: v.optional(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()))),
      model_name: v.optional(v.string()),
    }),
    "text",
  ),
  error: (status, message) => new Response(message, { status }),
  speak: (text, body) => {
    const [kind = "", rate] = (member(body, "output_format") ?? "").split("_");
    return pieces(recorded(text, kind, kind === "pcm" ? Number(rate ?? 48_000) : 24_000));
  },
};

/** contracts of OpenClaw's facts; 2,000 characters: https://visionagents.ai/integrations/tts/inworld. */
const INWORLD: Wire = {
  prefix: "",
  path: /^\/tts\/v1\/voice:stream$/,
  key: (headers) => after(headers.get("authorization"), "Basic "),
  voices: {
    path: "/voices/v1/voices",
    answer: {
      voices: [
        { voiceId: "Sarah", displayName: "Sarah", description: "Fast.", langCode: "EN_US", tags: ["female", "young"] },
      ],
    },
  },
  parse: json(
    v.strictObject({
      text: v.pipe(v.string(), v.minLength(1)),
      voiceId: v.string(),
      modelId: v.picklist(["inworld-tts-1.5-max", "inworld-tts-1.5-mini", "inworld-tts-1-max", "inworld-tts-1"]),
      audioConfig: v.optional(
        v.strictObject({
          audioEncoding: v.picklist(["LINEAR16", "MP3", "OGG_OPUS", "ALAW", "MULAW", "FLAC", "PCM", "WAV"]),
          sampleRateHertz: v.optional(v.pipe(v.number(), v.integer(), v.minValue(8000), v.maxValue(48_000))),
          bitRate: v.optional(v.number()),
          speakingRate: v.optional(between(0.5, 1.5)),
        }),
      ),
      temperature: v.optional(between(0, 2)),
      applyTextNormalization: v.optional(v.string()),
      timestampType: v.optional(v.string()),
    }),
    "text",
  ),
  longest: () => ({ characters: 2_000 }),
  error: (status, message) => {
    const codes: Record<number, number> = { 400: 3, 401: 16, 404: 5, 429: 8 };
    return Response.json({ code: codes[status] ?? 13, message, details: [] }, { status });
  },
  speak: (text, body) => {
    const config = (body as { audioConfig?: { audioEncoding?: string; sampleRateHertz?: number } }).audioConfig;
    const kinds: Record<string, string> = { OGG_OPUS: "opus", FLAC: "flac", PCM: "pcm", WAV: "wav", LINEAR16: "wav" };
    const audio = recorded(text, kinds[config?.audioEncoding ?? "MP3"] ?? "mp3", config?.sampleRateHertz ?? 48_000);
    const lines = cut(audio).map((piece) => ({ result: { audioContent: piece.toBase64(), usage: null } }));
    return new Response(streamed(lines.map((line) => `${JSON.stringify(line)}\n`)), {
      headers: { "content-type": "application/json" },
    });
  },
};

/** https://platform.minimax.io/docs/api-reference/speech-t2a-http; the text is shorter than 10,000 characters. */
const MINIMAX: Wire = {
  prefix: "",
  path: /^\/v1\/t2a_v2$/,
  key: bearer,
  parse: json(
    v.strictObject({
      model: v.pipe(v.string(), v.regex(/^speech-(2\.8|2\.6|02|01)-(hd|turbo|240228)$/)),
      text: v.pipe(v.string(), v.minLength(1)),
      stream: v.optional(v.literal(false)),
      output_format: v.optional(v.literal("hex")),
      language_boost: v.optional(v.string()),
      voice_setting: v.strictObject({
        voice_id: v.string(),
        speed: v.optional(between(0.5, 2)),
        vol: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(10))),
        pitch: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-12), v.maxValue(12))),
        emotion: v.optional(v.string()),
      }),
      audio_setting: v.optional(
        v.strictObject({
          format: v.optional(v.picklist(["mp3", "pcm", "flac", "wav"])),
          sample_rate: v.optional(v.picklist([8000, 16000, 22050, 24000, 32000, 44100])),
          bitrate: v.optional(v.picklist([32000, 64000, 128000, 256000])),
          channel: v.optional(v.picklist([1, 2])),
        }),
      ),
    }),
    "text",
  ),
  longest: () => ({ characters: 9_999 }),
  // Refusals come with a 200: https://platform.minimax.io/docs/api-reference/errorcode
  error: (status, message) => {
    const codes: Record<number, number> = { 400: 2013, 401: 1004, 429: 1002 };
    if (status === 404 || status === 405) return new Response("404 page not found", { status });
    return Response.json({ trace_id: "t1", base_resp: { status_code: codes[status] ?? 1000, status_msg: message } });
  },
  speak: (text, body) => {
    const form = (body as { audio_setting?: { format?: string; sample_rate?: number } }).audio_setting;
    const audio = recorded(text, form?.format ?? "mp3", form?.sample_rate ?? 32_000).toHex();
    const base_resp = { status_code: 0, status_msg: "success" };
    const extra_info = { audio_length: 600, audio_sample_rate: 24_000, usage_characters: text.length };
    return Response.json({ data: { audio, status: 2 }, extra_info, trace_id: "t1", base_resp });
  },
};

/** OpenClaw's extensions/volcengine: BytePlus Seed Speech. */
const VOLCENGINE: Wire = {
  prefix: "/api/v3/tts/unidirectional",
  path: /^\/api\/v3\/tts\/unidirectional$/,
  key: (headers) => headers.get("x-api-key"),
  parse: (text, headers, url) => {
    v.parse(v.pipe(v.string(), v.startsWith("seed-tts-")), headers.get("x-api-resource-id"));
    v.parse(v.literal("aGjiRDfUWi"), headers.get("x-api-app-key"));
    const { body } = json(
      v.strictObject({
        user: v.strictObject({ uid: v.pipe(v.string(), v.minLength(1)) }),
        req_params: v.strictObject({
          text: v.pipe(v.string(), v.minLength(1)),
          speaker: v.string(),
          audio_params: v.strictObject({
            format: v.picklist(["mp3", "ogg_opus", "pcm"]),
            sample_rate: v.picklist([8000, 16000, 22050, 24000, 32000, 44100, 48000]),
            speech_rate: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-50), v.maxValue(100))),
          }),
          speed_ratio: v.optional(v.number()),
          emotion: v.optional(v.string()),
        }),
      }),
      "user",
    )(text, headers, url);
    return { text: String((body as { req_params: { text: string } }).req_params.text), body };
  },
  error: (status, message) => Response.json({ header: { code: 45_000_000 + status, message } }, { status }),
  speak: (text, body) => {
    const form = (body as { req_params: { audio_params: { format: string; sample_rate: number } } }).req_params;
    const audio = recorded(text, form.audio_params.format.replace("ogg_", ""), form.audio_params.sample_rate);
    const frames = cut(audio).map((piece) => ({ code: 0, message: "", data: piece.toBase64() }));
    const last = { code: 20_000_000, message: "ok", data: null };
    return new Response(streamed([...frames, last].map((frame) => `${JSON.stringify(frame)}\n`)), {
      headers: { "content-type": "application/json" },
    });
  },
};

/**
 * Volcengine's API of before, https://www.volcengine.com/docs/6561/1257584: one document, a token behind a semicolon, and
 * at most 1024 bytes of text.
 */
const VOLCENGINE_LEGACY: Wire = {
  prefix: "/api/v1/tts",
  path: /^\/api\/v1\/tts$/,
  key: (headers) => after(headers.get("authorization"), "Bearer;"),
  parse: (text, headers, url) => {
    const { body } = json(
      v.strictObject({
        app: v.strictObject({
          appid: v.literal("app-1"),
          token: v.pipe(v.string(), v.minLength(1)),
          cluster: v.string(),
        }),
        user: v.strictObject({ uid: v.string() }),
        audio: v.strictObject({
          voice_type: v.string(),
          encoding: v.picklist(["mp3", "ogg_opus", "wav", "pcm"]),
          rate: v.optional(v.number()),
          speed_ratio: v.optional(between(0.1, 2)),
          volume_ratio: v.optional(v.number()),
          pitch_ratio: v.optional(v.number()),
          emotion: v.optional(v.string()),
        }),
        request: v.strictObject({
          reqid: v.pipe(v.string(), v.uuid()),
          text: v.pipe(v.string(), v.minLength(1)),
          text_type: v.optional(v.literal("plain")),
          operation: v.literal("query"),
        }),
      }),
      "app",
    )(text, headers, url);
    return { text: (body as { request: { text: string } }).request.text, body };
  },
  longest: () => ({ bytes: 1024 }),
  error: (status, message) => Response.json({ reqid: "r1", code: status === 401 ? 3050 : 3001, message }, { status }),
  speak: (text, body) => {
    const { encoding } = (body as { audio: { encoding: string } }).audio;
    const data = recorded(text, encoding.replace("ogg_", "")).toBase64();
    return Response.json({ reqid: "r1", code: 3000, operation: "query", message: "Success", sequence: -1, data });
  },
};

/** OpenClaw's extensions/xiaomi: the text is what the assistant says, and the style what the user asks for. */
const XIAOMI: Wire = {
  prefix: "/v1",
  path: /^\/v1\/chat\/completions$/,
  key: (headers) => headers.get("api-key"),
  parse: (text, headers, url) => {
    const { body } = json(
      v.strictObject({
        model: v.picklist(["mimo-v2.5-tts", "mimo-v2-tts", "mimo-v2.5-tts-voicedesign"]),
        messages: v.pipe(
          v.array(v.strictObject({ role: v.picklist(["user", "assistant"]), content: v.string() })),
          v.check((all) => all.at(-1)?.role === "assistant" && all.length <= 2, "the last message is the assistant's"),
        ),
        audio: v.strictObject({ format: v.picklist(["mp3", "wav"]), voice: v.optional(v.string()) }),
        stream: v.optional(v.literal(false)),
      }),
      "model",
    )(text, headers, url);
    return { text: (body as { messages: { content: string }[] }).messages.at(-1)?.content ?? "", body };
  },
  error: openaiError,
  speak: (text, body) => {
    const { format } = (body as { audio: { format: string } }).audio;
    const data = recorded(text, format).toBase64();
    const message = { role: "assistant", content: "", audio: { id: "a1", data, expires_at: null, transcript: null } };
    const choices = [{ index: 0, finish_reason: "stop", message }];
    return Response.json({ id: "c1", object: "chat.completion", model: member(body, "model"), choices });
  },
};

const GEMINI_VOICES =
  "Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina Erinome Algenib Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi Vindemiatrix Sadachbia Sadaltager Sulafat";
const GEMINI_TTS =
  /^\/v1beta\/models\/(gemini-3\.1-flash-tts-preview|gemini-2\.5-(flash|pro)-preview-tts):generateContent$/;

/** https://ai.google.dev/gemini-api/docs/speech-generation; input of 8,192 tokens, of about four characters each. */
const GOOGLE: Wire = {
  prefix: "/v1beta",
  path: GEMINI_TTS,
  key: (headers) => headers.get("x-goog-api-key"),
  parse: (text, headers, url) => {
    const { body } = json(
      v.strictObject({
        contents: v.tuple([
          v.strictObject({
            role: v.optional(v.literal("user")),
            parts: v.tuple([v.strictObject({ text: v.pipe(v.string(), v.minLength(1)) })]),
          }),
        ]),
        generationConfig: v.strictObject({
          responseModalities: v.tuple([v.literal("AUDIO")]),
          speechConfig: v.strictObject({
            languageCode: v.optional(v.string()),
            voiceConfig: v.strictObject({
              prebuiltVoiceConfig: v.strictObject({ voiceName: v.picklist(GEMINI_VOICES.split(" ")) }),
            }),
          }),
          temperature: v.optional(v.number()),
        }),
      }),
      "contents",
    )(text, headers, url);
    return { text: (body as { contents: { parts: { text: string }[] }[] }).contents[0]?.parts[0]?.text ?? "", body };
  },
  longest: () => ({ characters: 4 * 8192 }),
  error: (code, message) => {
    const statuses: Record<number, string> = {
      400: "INVALID_ARGUMENT",
      401: "UNAUTHENTICATED",
      429: "RESOURCE_EXHAUSTED",
    };
    return Response.json({ error: { code, message, status: statuses[code] ?? "NOT_FOUND" } }, { status: code });
  },
  speak: (text) => {
    const data = recorded(text, "pcm").toBase64();
    const inlineData = { mimeType: "audio/L16;codec=pcm;rate=24000", data };
    const candidates = [{ content: { role: "model", parts: [{ inlineData }] }, finishReason: "STOP", index: 0 }];
    const usageMetadata = { promptTokenCount: 7, candidatesTokenCount: 19, totalTokenCount: 26 };
    return Response.json({ candidates, usageMetadata, modelVersion: "gemini-3.1-flash-tts-preview" });
  },
};

/**
 * contracts/mistral.json: SpeechRequest, SpeechResponse, VoiceListResponse. What is cloned from (`ref_audio`) and streams
 * are left out. The vendor's guide wants fewer than 300 words: https://docs.mistral.ai/studio-api/audio/text_to_speech/speech
 */
const MISTRAL: Wire = {
  prefix: "/v1",
  path: /^\/v1\/audio\/speech$/,
  key: bearer,
  voices: {
    path: "/v1/audio/voices",
    answer: {
      items: [
        {
          id: "c69964a6-ab8b-4f8a-9465-ec0925096ec8",
          name: "Paul - Neutral",
          slug: "en_paul_neutral",
          languages: ["en_us"],
          gender: "male",
          age: null,
          tags: ["neutral"],
          color: null,
          created_at: "2026-03-20T18:34:32.118943Z",
          user_id: null,
        },
        {
          id: "a3e8f2b1-4c9d-4a6b-8e2f-1c3d5e7a9b0c",
          name: "my-voice",
          slug: "my-voice",
          languages: ["en", "fr"],
          gender: null,
          age: null,
          tags: null,
          color: null,
          created_at: "2026-03-20T18:34:32.118943Z",
          user_id: "u1",
        },
      ],
      total: 2,
      page: 1,
      page_size: 100,
      total_pages: 1,
    },
  },
  parse: json(
    v.strictObject({
      model: v.pipe(v.string(), v.startsWith("voxtral-mini-tts-")),
      input: v.pipe(
        v.string(),
        v.minLength(1),
        v.check((text) => text.trim().split(/\s+/).length <= 300, "more than 300 words"),
      ),
      voice_id: v.string(),
      response_format: v.optional(v.picklist(["pcm", "wav", "mp3", "flac", "opus"])),
    }),
    "input",
  ),
  error: mistralError,
  speak: (text, body) =>
    Response.json({ audio_data: recorded(text, member(body, "response_format") ?? "mp3").toBase64() }),
};

/** https://developers.deepgram.com/docs/tts-media-output-settings#audio-format-combinations, of what is no telephone's. */
const DEEPGRAM_FORMS = v.variant("encoding", [
  v.object({
    encoding: v.literal("linear16"),
    container: v.optional(v.picklist(["wav", "none"])),
    sample_rate: v.optional(v.picklist(["8000", "16000", "24000", "32000", "48000"])),
    bit_rate: v.optional(v.never()),
  }),
  v.object({
    encoding: v.literal("mp3"),
    container: v.optional(v.never()),
    sample_rate: v.optional(v.never()),
    bit_rate: v.optional(v.picklist(["32000", "48000"])),
  }),
  v.object({
    encoding: v.literal("opus"),
    container: v.optional(v.literal("ogg")),
    sample_rate: v.optional(v.never()),
    bit_rate: v.optional(v.string()),
  }),
  v.object({
    encoding: v.literal("flac"),
    container: v.optional(v.never()),
    sample_rate: v.picklist(["8000", "16000", "22050", "32000", "48000"]),
    bit_rate: v.optional(v.never()),
  }),
  v.object({
    encoding: v.literal("aac"),
    container: v.optional(v.never()),
    sample_rate: v.optional(v.never()),
    bit_rate: v.optional(v.string()),
  }),
]);

/** contracts/deepgram.json: all but the text is in the query. 2,000 characters: its own words for a longer text. */
const DEEPGRAM: Wire = {
  prefix: "/v1",
  path: /^\/v1\/speak(\?|$)/,
  key: (headers) => after(headers.get("authorization"), "Token "),
  parse: (text, headers, url) => {
    const query = Object.fromEntries(url.searchParams);
    v.parse(
      v.strictObject({
        model: v.pipe(v.string(), v.regex(/^aura(-2)?-[a-z]+-(en|es|de|nl|fr|it|ja)$/)),
        encoding: v.string(),
        container: v.optional(v.string()),
        sample_rate: v.optional(v.string()),
        bit_rate: v.optional(v.string()),
        speed: v.optional(v.pipe(v.string(), v.transform(Number), v.minValue(0.7), v.maxValue(1.5))),
      }),
      query,
    );
    v.parse(DEEPGRAM_FORMS, query);
    return json(v.strictObject({ text: v.pipe(v.string(), v.minLength(1)) }), "text")(text, headers, url);
  },
  longest: () => ({ characters: 2_000 }),
  error: (status, err_msg) => {
    const err_code = status === 401 ? "INVALID_AUTH" : "Bad Request";
    return Response.json({ err_code, err_msg, request_id: "bf6fc5c7-8f84-479f-b70a-602cf5bf18f3" }, { status });
  },
  speak: (text, _body, _headers, url) => {
    const { encoding = "", container = "wav", sample_rate = "24000" } = Object.fromEntries(url.searchParams);
    const bare = container === "none" ? "pcm" : "wav";
    const audio = recorded(text, encoding === "linear16" ? bare : encoding, Number(sample_rate));
    return pieces(audio, bare === "pcm" ? `audio/l16;rate=${sample_rate}` : undefined);
  },
};

const WIRES: Readonly<Record<string, Wire>> = {
  openai: OPENAI,
  elevenlabs: ELEVENLABS,
  xai: XAI,
  "azure-speech": AZURE,
  gradium: GRADIUM,
  inworld: INWORLD,
  openrouter: OPENROUTER,
  minimax: MINIMAX,
  deepinfra: DEEPINFRA,
  xiaomi: XIAOMI,
  google: GOOGLE,
  volcengine: VOLCENGINE,
  "volcengine-legacy": VOLCENGINE_LEGACY,
  mistral: MISTRAL,
  deepgram: DEEPGRAM,
};

/** Every vendor that there is a server for, by the facts' name of the provider. */
export const SPEECH_VENDORS: readonly string[] = [...Object.keys(WIRES), "microsoft", "vydra"];

export function speechVendor(id: string): SpeechVendor {
  if (id === "microsoft") return microsoft();
  if (id === "vydra") return vydra();
  const wire = WIRES[id];
  if (!wire) throw new Error(`no vendor ${id}`);
  return overHttp(wire);
}

function overHttp(wire: Wire): SpeechVendor {
  const spoken: string[] = [];
  const seen: SpeechAsked[] = [];
  const refusals: { status: number; message: string; after?: number | undefined }[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const url = new URL(request.url);
      const source = await request.text();
      const asked: SpeechAsked = { path: url.pathname + url.search, headers: request.headers, body: source };
      seen.push(asked);
      if (request.method === "GET" && url.pathname === wire.voices?.path)
        return wire.key(request.headers) === VENDOR_KEY
          ? Response.json(wire.voices.answer)
          : wire.error(401, "The API key is not valid.");
      if (!wire.path.test(asked.path)) return wire.error(404, `Not found: ${asked.path}`);
      if (request.method !== "POST") return wire.error(405, "Method Not Allowed");
      if (wire.key(request.headers) !== VENDOR_KEY) return wire.error(401, "The API key is not valid.");
      const refusal = refusals.shift();
      if (refusal) return waiting(wire.error(refusal.status, refusal.message), refusal.after);
      const type = request.headers.get("content-type")?.split(";")[0];
      if (type !== (wire.contentType ?? "application/json")) return wire.error(415, `Unsupported Media Type ${type}`);
      try {
        const { text, body } = wire.parse(source, request.headers, url);
        asked.body = body;
        const over = tooLong(text, wire.longest?.(body));
        if (over) return wire.error(400, over);
        spoken.push(wire === AZURE ? text.slice(0, TEN_MINUTES) : text);
        return wire.speak(text, body, request.headers, url);
      } catch (error) {
        const words = v.isValiError(error) ? issueWords(error.issues) : String(error);
        return wire.error([fastApiError, mistralError].includes(wire.error) ? 422 : 400, words);
      }
    },
  });
  return {
    baseUrl: `http://127.0.0.1:${server.port}${wire.prefix}`,
    spoken,
    seen,
    refuse: (status, message, after) => void refusals.push({ status, message, after }),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** Vydra makes a file and says where it is: at another origin, which must not be given the key. */
function vydra(): SpeechVendor {
  const files = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ headers }) => {
      const leaked = [...headers].some(([, value]) => value.includes(VENDOR_KEY));
      if (leaked) return new Response("the key came along", { status: 403 });
      return new Response(MP3, { headers: { "content-type": "audio/mpeg" } });
    },
  });
  const vendor = overHttp({
    prefix: "/api/v1",
    path: /^\/api\/v1\/models\/elevenlabs\/tts$/,
    key: bearer,
    parse: json(v.strictObject({ text: v.pipe(v.string(), v.minLength(1)), voice_id: v.string() }), "text"),
    error: (status, error) => Response.json({ error }, { status }),
    speak: () => Response.json({ status: "completed", audioUrl: `http://127.0.0.1:${files.port}/made/1.mp3` }),
  });
  return {
    ...vendor,
    [Symbol.asyncDispose]: async () => {
      await vendor[Symbol.asyncDispose]();
      await files.stop(true);
    },
  };
}

const EDGE_TOKEN = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";
/** https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-quotas-and-limits: SSML of one turn. */
const EDGE_TURN = 64 * 1024;

const EDGE_VOICES = [
  {
    Name: "Microsoft Server Speech Text to Speech Voice (en-US, MichelleNeural)",
    ShortName: "en-US-MichelleNeural",
    Gender: "Female",
    Locale: "en-US",
    SuggestedCodec: "audio-24khz-48kbitrate-mono-mp3",
    FriendlyName: "Microsoft Michelle Online (Natural) - English (United States)",
    Status: "GA",
    VoiceTag: { ContentCategories: ["News", "Novel"], VoicePersonalities: ["Friendly", "Pleasant"] },
  },
];

/** Edge's "read aloud", as rany2/edge-tts and node-edge-tts speak to it. */
function microsoft(): SpeechVendor {
  const spoken: string[] = [];
  const seen: SpeechAsked[] = [];
  const refusals: { status: number; message: string; after?: number | undefined }[] = [];
  /** One who is refused is so when he asks again without a WebSocket, to learn why. */
  const refused = new Map<string, (typeof refusals)[number]>();
  interface Turn {
    format?: string;
  }
  const server = Bun.serve<Turn>({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request, self) {
      const url = new URL(request.url);
      seen.push({ path: url.pathname + url.search, headers: request.headers, body: undefined });
      if (url.pathname === "/consumer/speech/synthesize/readaloud/voices/list")
        return url.searchParams.get("trustedclienttoken") === EDGE_TOKEN
          ? Response.json(EDGE_VOICES)
          : new Response("", { status: 401 });
      if (url.pathname !== "/consumer/speech/synthesize/readaloud/edge/v1") return new Response("", { status: 404 });
      const query = url.searchParams;
      const connection = query.get("ConnectionId") ?? "";
      const refusal = refused.get(connection) ?? refusals.shift();
      if (refusal) {
        refused.set(connection, refusal);
        return waiting(new Response(refusal.message, { status: refusal.status }), refusal.after);
      }
      const genuine =
        query.get("TrustedClientToken") === EDGE_TOKEN &&
        edgeTickets().includes(query.get("Sec-MS-GEC") ?? "") &&
        /^1-\d+\.\d+\.\d+\.\d+$/.test(query.get("Sec-MS-GEC-Version") ?? "") &&
        request.headers.get("origin") === "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold" &&
        / Edg\/\d+/.test(request.headers.get("user-agent") ?? "");
      if (!genuine) return new Response("", { status: 403 });
      return self.upgrade(request, { data: {} }) ? undefined : new Response("Upgrade Required", { status: 426 });
    },
    websocket: {
      message(socket, message) {
        try {
          edgeMessage(socket, String(message), spoken, seen);
        } catch (error) {
          socket.close(1007, String(error).slice(0, 100));
        }
      },
    },
  });
  return {
    baseUrl: `ws://127.0.0.1:${server.port}/consumer/speech/synthesize/readaloud/edge/v1`,
    spoken,
    seen,
    refuse: (status, message, after) => void refusals.push({ status, message, after }),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function edgeMessage(
  socket: ServerWebSocket<{ format?: string }>,
  message: string,
  spoken: string[],
  seen: SpeechAsked[],
): void {
  const end = message.indexOf("\r\n\r\n");
  if (end < 0) throw new Error("no headers");
  const headers = new Headers(
    message
      .slice(0, end)
      .split("\r\n")
      .map((line) => splitOnce(line, ":")),
  );
  const content = message.slice(end + 4);
  if (headers.get("path") === "speech.config") {
    const synthesis = v.object({
      audio: v.object({ outputFormat: v.pipe(v.string(), v.regex(/^(audio|webm|ogg)-24khz/)) }),
    });
    const config = v.parse(v.object({ context: v.object({ synthesis }) }), JSON.parse(content));
    socket.data.format = config.context.synthesis.audio.outputFormat;
    return;
  }
  if (headers.get("path") !== "ssml" || headers.get("content-type") !== "application/ssml+xml")
    throw new Error("no ssml");
  if (!socket.data.format) throw new Error("no speech.config");
  const id = headers.get("x-requestid") ?? "";
  if (!/^[0-9a-f]{32}$/i.test(id)) throw new Error(`X-RequestId ${id}`);
  if (Buffer.byteLength(content) > EDGE_TURN) throw new Error("SSML is too large");
  spoken.push(ssmlText(content).slice(0, TEN_MINUTES));
  seen.push({ path: "ssml", headers, body: content });
  const told = (path: string, body: string) =>
    socket.send(`X-RequestId:${id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:${path}\r\n\r\n${body}`);
  told("turn.start", '{"context":{"serviceTag":"t"}}');
  told("response", '{"context":{"serviceTag":"t"},"audio":{"type":"inline","streamId":"S"}}');
  const audio = /webm/.test(socket.data.format) ? RECORDINGS.webm.bytes : MP3;
  for (const piece of cut(audio)) {
    const head = Buffer.from(`X-RequestId:${id}\r\nContent-Type:audio/mpeg\r\nX-StreamId:S\r\nPath:audio\r\n`);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(head.length);
    socket.send(Buffer.concat([length, head, piece]));
    told("audio.metadata", '{"Metadata":[]}');
  }
  told("turn.end", "{}");
}

/** SHA-256 of the Windows time in five minutes and the token; a clock may be five minutes wrong. */
function edgeTickets(): string[] {
  const now = BigInt(Math.floor(Date.now() / 1000)) + 11_644_473_600n;
  return [-300n, 0n, 300n].map((skew) => {
    const at = now + skew;
    const ticks = (at - (at % 300n)) * 10_000_000n;
    return createHash("sha256").update(`${ticks}${EDGE_TOKEN}`).digest("hex").toUpperCase();
  });
}

/** What is said in an SSML document of one voice; throws when it is no XML, or not such a document. */
export function ssmlText(source: string): string {
  const open: string[] = [];
  const said: string[] = [];
  for (const [token] of source.matchAll(/<[^>]*>|[^<]+|</g)) {
    if (/^<\/[\w:-]+\s*>$/.test(token)) {
      const name = token.slice(2, -1).trim();
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else if (token.startsWith("<")) {
      const tag = /^<([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>$/.exec(token);
      if (!tag) throw new Error(`no tag: ${token}`);
      const [, name = "", attributes = "", empty] = tag;
      unescaped(attributes);
      if (open.length === 0 && !rootIsSpeak(name, attributes)) throw new Error(`<speak> with ${attributes}`);
      if (name === "voice" && !/\sname\s*=\s*["'][\w:()-]+( \([\w, ]+\))?["']/.test(attributes))
        throw new Error("a voice has a name");
      if (!empty) open.push(name);
    } else if (open.length === 0) {
      if (token.trim()) throw new Error("text outside of <speak>");
    } else {
      const text = unescaped(token);
      if (!open.includes("voice") && text.trim()) throw new Error("text outside of a <voice>");
      if (open.includes("voice")) said.push(text);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  return said.join("");
}

function rootIsSpeak(name: string, attributes: string): boolean {
  const values = Object.fromEntries(
    [...attributes.matchAll(/([\w:-]+)\s*=\s*["']([^"']*)["']/g)].map(([, k, value]) => [k, value]),
  );
  return (
    name === "speak" && values.version === "1.0" && values.xmlns === SSML && /^[\w-]+$/.test(values["xml:lang"] ?? "")
  );
}

function unescaped(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) throw new Error("a control character is no XML");
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));|&/gi, (all, hex, decimal, name) => {
    if (hex || decimal) return String.fromCodePoint(Number.parseInt(hex ?? decimal, hex ? 16 : 10));
    const plain = names[name];
    if (plain === undefined) throw new Error(`no entity: ${all}`);
    return plain;
  });
}

function json(schema: v.GenericSchema, text: string): Wire["parse"] {
  return (source) => {
    const body = JSON.parse(source);
    v.parse(schema, body);
    return { text: String(body[text]), body };
  };
}

/** Real audio in that form. Samples all have the value of the text's first number, so that their order can be told. */
function recorded(text: string, kind: string, sampleRate = 24_000): Uint8Array {
  const level = Number(/\d+/.exec(text)?.[0] ?? 0) % 32_768;
  if (kind === "pcm") return samples(Math.round(0.15 * sampleRate), level);
  if (kind === "wav") return wav(samples(Math.round(0.15 * sampleRate), level), sampleRate);
  const format = kind as Exclude<RecordingFormat, "pcm" | "wav">;
  if (!RECORDINGS[format]) throw new Error(`no ${kind}`);
  return RECORDINGS[format].bytes;
}

/** In several chunks, of which none ends with a frame. */
function pieces(audio: Uint8Array, type = "application/octet-stream"): Response {
  return new Response(streamed(cut(audio)), { headers: { "content-type": type } });
}

function streamed(chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const waiting = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      const next = waiting.shift();
      if (next === undefined) return controller.close();
      await Bun.sleep(1);
      controller.enqueue(typeof next === "string" ? new TextEncoder().encode(next) : next);
    },
  });
}

function cut(audio: Uint8Array): Uint8Array[] {
  const size = Math.ceil(audio.length / ENVELOPE_CHUNKS) | 1;
  return Array.from({ length: Math.ceil(audio.length / size) }, (_, index) =>
    audio.slice(index * size, (index + 1) * size),
  );
}

function waiting(response: Response, seconds: number | undefined): Response {
  if (seconds !== undefined) response.headers.set("retry-after", String(seconds));
  return response;
}

function tooLong(text: string, limit: Limit | undefined): string | undefined {
  if (!limit) return undefined;
  const [length, most, unit] =
    "bytes" in limit
      ? [Buffer.byteLength(text), limit.bytes, "bytes"]
      : [[...text].length, limit.characters, "characters"];
  return length > most ? `The text has ${length} ${unit}, at most ${most} are taken.` : undefined;
}

function openaiError(status: number, message: string): Response {
  const code = status === 401 ? "invalid_api_key" : null;
  return Response.json({ error: { message, type: "invalid_request_error", param: null, code } }, { status });
}

function fastApiError(status: number, msg: string): Response {
  if (status !== 422) return Response.json({ error: { message: msg, type: "error", code: status } }, { status });
  return Response.json({ detail: [{ loc: ["body"], msg, type: "value_error" }] }, { status });
}

/** The facts' two forms. */
function mistralError(status: number, message: string): Response {
  if (status === 422) return fastApiError(status, message);
  return Response.json({ object: "error", message, type: "invalid_request", param: null, code: null }, { status });
}

function issueWords(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues.map((issue) => `${v.getDotPath(issue) ?? "body"}: ${issue.message}`).join("; ");
}

function bearer(headers: Headers): string | null {
  return after(headers.get("authorization"), "Bearer ");
}

function after(value: string | null, prefix: string): string | null {
  return value?.startsWith(prefix) ? value.slice(prefix.length) : null;
}

function member(body: unknown, name: string): string | undefined {
  const value = (body as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

function between(least: number, most: number) {
  return v.pipe(v.number(), v.minValue(least), v.maxValue(most));
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return [line.slice(0, at).trim(), line.slice(at + separator.length).trim()];
}
