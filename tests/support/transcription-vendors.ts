import * as v from "valibot";

/** A vendor's transcription API on loopback, as strict as the vendor's own documentation is. */
export interface TranscriptionVendor extends AsyncDisposable {
  /** As a user would write it into the config. */
  readonly baseUrl: string;
  readonly seen: TranscriptionAsked[];
  /** The next answer is this refusal, in the vendor's own form; with `after`, it says how many seconds to wait. */
  refuse(status: number, message: string, after?: number): void;
}

export interface TranscriptionAsked {
  path: string;
  headers: Headers;
  /** What was asked beside the file: the fields of the form, the query, or the members of the document. */
  fields: Record<string, string[]>;
  file?: Upload;
}

interface Upload {
  bytes: Uint8Array;
  filename?: string;
  /** As it was declared. */
  mimeType?: string;
}

export const VENDOR_KEY = "sk-transcription-vendor-test";

/** What every recording says, and when. */
export const TRANSCRIPT = "One two three. Four five six.";
export const SEGMENTS = [
  { start: 0, end: 1.5, text: "One two three." },
  { start: 1.5, end: 3.25, text: "Four five six." },
];
const WORDS = [
  { word: "One", start: 0, end: 0.5 },
  { word: "two", start: 0.5, end: 1 },
  { word: "three.", start: 1, end: 1.5 },
  { word: "Four", start: 1.5, end: 2 },
  { word: "five", start: 2, end: 2.5 },
  { word: "six.", start: 2.5, end: 3.25 },
];
const SECONDS = 3.25;

/** One vendor, as data. */
interface Wire {
  prefix: string;
  path: RegExp;
  key(headers: Headers): string | null;
  /** The request as it is on the wire; throws what is wrong with it. */
  parse(body: Buffer, headers: Headers, url: URL): { fields: Record<string, string[]>; file: Upload };
  maxBytes?: number;
  error(status: number, message: string): Response;
  answer(fields: Record<string, string[]>, text: string, url: URL): unknown;
}

/** What the bytes are, and the extensions that files of it have. */
const KINDS: readonly { begins: RegExp; extensions: readonly string[] }[] = [
  { begins: /^RIFF.{4}WAVE/s, extensions: ["wav"] },
  { begins: /^(ID3|\xff[\xfb\xf3\xf2])/, extensions: ["mp3", "mpga", "mpeg"] },
  { begins: /^\xff[\xf1\xf9]/, extensions: ["aac"] },
  { begins: /^OggS/, extensions: ["ogg", "oga", "opus"] },
  { begins: /^fLaC/, extensions: ["flac"] },
  { begins: /^.{4}ftyp/s, extensions: ["m4a", "mp4"] },
  { begins: /^\x1aE\xdf\xa3/, extensions: ["webm", "mkv"] },
];

type Fields = Record<string, string[]>;
type FieldRule = RegExp | readonly string[];

/** contracts/openai.json: CreateTranscriptionRequest; 25 MB: https://platform.openai.com/docs/guides/speech-to-text. */
const OPENAI: Wire = {
  prefix: "/v1",
  path: /^\/v1\/audio\/transcriptions$/,
  key: bearer,
  parse: form({
    extensions: ["flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "oga", "wav", "webm"],
    required: ["model"],
    fields: {
      model: /^(whisper-1|gpt-transcribe|gpt-4o-(mini-)?transcribe(-diarize|-[\d-]+)?)$/,
      language: /^[a-z]{2}$/,
      prompt: /./s,
      response_format: ["json", "text", "srt", "verbose_json", "vtt", "diarized_json"],
      temperature: /^(0(\.\d+)?|1(\.0+)?)$/,
      "timestamp_granularities[]": ["word", "segment"],
      chunking_strategy: ["auto"],
      stream: ["false"],
    },
    // Only whisper-1 tells times, and only in verbose_json.
    check: ({ model = [], response_format = ["json"], "timestamp_granularities[]": times = [] }) => {
      if (/^gpt/.test(model[0] ?? "") && !/^(json|text|diarized_json)$/.test(response_format[0] ?? ""))
        return `response_format '${response_format[0]}' is not compatible with model '${model[0]}'. Use 'json' or 'text' instead.`;
      return times.length > 0 && response_format[0] !== "verbose_json"
        ? "timestamp_granularities needs response_format verbose_json"
        : undefined;
    },
  }),
  maxBytes: 25 * 1024 * 1024,
  error: openaiError,
  answer: verboseOrPlain,
};

/** https://console.groq.com/docs/speech-to-text */
const GROQ: Wire = {
  ...OPENAI,
  prefix: "/openai/v1",
  path: /^\/openai\/v1\/audio\/transcriptions$/,
  parse: form({
    extensions: ["flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "opus", "wav", "webm"],
    required: ["model"],
    fields: {
      model: ["whisper-large-v3", "whisper-large-v3-turbo"],
      language: /^[a-z]{2}$/,
      prompt: /./s,
      response_format: ["json", "text", "verbose_json"],
      temperature: /^[\d.]+$/,
      "timestamp_granularities[]": ["word", "segment"],
    },
    check: ({ response_format = ["json"], "timestamp_granularities[]": times = [] }) =>
      times.length > 0 && response_format[0] !== "verbose_json"
        ? "timestamp_granularities needs verbose_json"
        : undefined,
  }),
  maxBytes: 100 * 1024 * 1024,
};

/**
 * contracts/mistral.json: AudioTranscriptionRequest has no prompt, and its list is named without brackets. Times of
 * segments only, and not together with a language:
 * https://docs.mistral.ai/studio-api/audio/speech_to_text/offline_transcription
 */
const MISTRAL: Wire = {
  ...OPENAI,
  parse: form({
    extensions: ["mp3", "wav", "m4a", "flac", "ogg", "oga", "opus", "webm", "mp4", "aac"],
    required: ["model"],
    fields: {
      model: /^voxtral-/,
      language: /^\w{2}$/,
      temperature: /^[\d.]+$/,
      diarize: ["true", "false"],
      context_bias: /^[^,\s]+$/,
      timestamp_granularities: ["segment"],
      stream: ["false"],
    },
    check: ({ language, timestamp_granularities: times }) =>
      language && times ? "timestamp_granularities is not compatible with language" : undefined,
  }),
  maxBytes: Number.POSITIVE_INFINITY,
  error: (status, message) =>
    status === 422
      ? Response.json({ detail: [{ loc: ["body"], msg: message, type: "value_error" }] }, { status })
      : Response.json({ object: "error", message, type: "invalid_request_error", param: null, code: null }, { status }),
  answer: ({ model = [], timestamp_granularities: times = [] }, text) => ({
    model: model[0],
    text,
    language: "en",
    segments: times.includes("segment") ? SEGMENTS.map((one) => ({ type: "transcription_segment", ...one })) : [],
    usage: { prompt_audio_seconds: 4, prompt_tokens: 4, total_tokens: 20, completion_tokens: 12 },
  }),
};

/** https://clawhub.ai/api/v1/skills/audio-transcribe-summarize/file?path=api-reference.md */
const SENSEAUDIO: Wire = {
  ...OPENAI,
  parse: form({
    extensions: ["wav", "mp3", "ogg", "flac", "aac", "m4a", "mp4"],
    required: ["model"],
    fields: {
      model: /^sense(audio)?-asr/,
      language: /^[a-z]{2}$/,
      response_format: ["json", "text", "verbose_json"],
      stream: ["false"],
      enable_itn: ["true", "false"],
      enable_punctuation: ["true", "false"],
      "timestamp_granularities[]": ["word", "segment"],
    },
  }),
  maxBytes: 10 * 1024 * 1024,
};

/** https://deepinfra.com/docs: OpenAI's form. */
const DEEPINFRA: Wire = {
  ...OPENAI,
  prefix: "/v1/openai",
  path: /^\/v1\/openai\/audio\/transcriptions$/,
  parse: form({
    required: ["model"],
    fields: {
      model: /\//,
      language: /^[a-z]{2}$/,
      prompt: /./s,
      response_format: ["json", "verbose_json", "text", "srt", "vtt"],
      temperature: /^[\d.]+$/,
      "timestamp_granularities[]": ["word", "segment"],
    },
  }),
  maxBytes: Number.POSITIVE_INFINITY,
  error: (status, message) =>
    status === 400
      ? Response.json({ detail: [{ loc: ["body"], msg: message, type: "value_error" }] }, { status: 422 })
      : Response.json({ error: { message, type: "error", code: status } }, { status }),
};

/**
 * https://docs.x.ai/developers/rest-api-reference/inference/speech-to-text.md: the file is the last field. WebM is in the
 * list of https://docs.x.ai/developers/models/speech-to-text alone.
 */
const XAI: Wire = {
  prefix: "/v1",
  path: /^\/v1\/stt$/,
  key: bearer,
  parse: form({
    extensions: ["wav", "mp3", "ogg", "opus", "flac", "aac", "mp4", "m4a", "mkv", "webm"],
    fileLast: true,
    fields: {
      model: /^grok-/,
      language: /^[a-z]{2,3}$/,
      format: ["true", "false"],
      diarize: ["true", "false"],
      multichannel: ["true", "false"],
      keyterm: /^.{1,50}$/s,
    },
    check: ({ format = ["false"], language = [] }) =>
      format[0] === "true" && language.length === 0 ? "format needs a language" : undefined,
  }),
  maxBytes: 500 * 1024 * 1024,
  error: (status, error) => Response.json({ code: `status ${status}`, error }, { status }),
  // The language is empty as long as it is not detected.
  answer: (_fields, text) => ({
    text,
    language: "",
    duration: SECONDS,
    words: WORDS.map(({ word, ...times }) => ({ text: word, ...times })),
  }),
};

const DEEPGRAM_QUERY =
  "callback callback_method extra sentiment summarize tag topics custom_topic custom_topic_mode intents custom_intent custom_intent_mode detect_entities detect_language diarize diarize_model dictation encoding filler_words keyterm keywords language measurements model multichannel numerals paragraphs profanity_filter punctuate redact replace search smart_format utterances utt_split version mip_opt_out";

/** contracts/deepgram.json: the bytes are the body; text is punctuated when that is asked for. */
const DEEPGRAM: Wire = {
  prefix: "/v1",
  path: /^\/v1\/listen(\?|$)/,
  key: (headers) => behind(headers.get("authorization"), "Token "),
  parse: (bytes, headers, url) => {
    const known = DEEPGRAM_QUERY.split(" ");
    for (const [name, value] of url.searchParams) {
      if (!known.includes(name)) throw new Error(`unknown query parameter ${name}`);
      if (/^(punctuate|smart_format|utterances|paragraphs|diarize)$/.test(name) && !/^(true|false)$/.test(value))
        throw new Error(`${name} is a boolean`);
    }
    const mimeType = headers.get("content-type") ?? "";
    if (!/^(audio|video)\/[\w.+-]+$|^application\/octet-stream$/.test(mimeType))
      throw new Error(`no audio: ${mimeType}`);
    return { fields: queryFields(url), file: { bytes, mimeType } };
  },
  maxBytes: 2 * 1024 ** 3,
  error: (status, err_msg) => {
    const err_code = status === 401 ? "INVALID_AUTH" : status === 429 ? "TOO_MANY_REQUESTS" : "Bad Request";
    return Response.json({ err_code, err_msg, request_id: "dg-1" }, { status });
  },
  answer: (fields, text) => {
    const formatted = fields.punctuate?.[0] === "true" || fields.smart_format?.[0] === "true";
    const bare = (word: string) => word.toLowerCase().replace(/[.,]/g, "");
    const words = WORDS.map(({ word, start, end }) => ({
      word: bare(word),
      start,
      end,
      confidence: 0.99,
      ...(formatted && { punctuated_word: word }),
    }));
    const utterances = SEGMENTS.map(({ start, end, text: transcript }) => ({
      start,
      end,
      confidence: 0.99,
      channel: 0,
      transcript: formatted ? transcript : bare(transcript),
      words: words.filter((word) => word.start >= start && word.end <= end),
      id: crypto.randomUUID(),
    }));
    const alternatives = [{ transcript: formatted ? text : bare(text), confidence: 0.99, words }];
    return {
      metadata: { request_id: "dg-1", sha256: "0", created: "2026-01-01T00:00:00Z", duration: SECONDS, channels: 1 },
      results: { channels: [{ alternatives }], ...(fields.utterances?.[0] === "true" && { utterances }) },
    };
  },
};

/** contracts/elevenlabs.json: Body_Speech_to_Text_v1_speech_to_text_post; `prompt` is OpenClaw's. */
const ELEVENLABS: Wire = {
  prefix: "",
  path: /^\/v1\/speech-to-text(\?|$)/,
  key: (headers) => headers.get("xi-api-key"),
  parse: form({
    required: ["model_id"],
    fields: {
      model_id: ["scribe_v1", "scribe_v2"],
      language_code: /^[a-z]{2,3}(-[\w-]+)?$/,
      prompt: /./s,
      tag_audio_events: ["true", "false"],
      num_speakers: /^\d+$/,
      timestamps_granularity: ["none", "word", "character"],
      diarize: ["true", "false"],
      file_format: ["pcm_s16le_16", "other"],
      temperature: /^[\d.]+$/,
      keyterms: /./s,
    },
  }),
  maxBytes: 5 * 1024 ** 3,
  error: (status, message) =>
    status === 400
      ? Response.json({ detail: [{ loc: ["body"], msg: message, type: "value_error" }] }, { status: 422 })
      : Response.json({ detail: { status: status === 401 ? "invalid_api_key" : "refused", message } }, { status }),
  answer: ({ timestamps_granularity: granularity = ["word"] }, text) => ({
    language_code: "eng",
    language_probability: 0.98,
    text,
    words:
      granularity[0] === "none"
        ? []
        : WORDS.flatMap((one, index) => [
            ...(index > 0
              ? [{ text: " ", start: one.start, end: one.start, type: "spacing", speaker_id: "speaker_0", logprob: 0 }]
              : []),
            { text: one.word, start: one.start, end: one.end, type: "word", speaker_id: "speaker_0", logprob: -0.1 },
          ]),
    transcription_id: "t-1",
  }),
};

/** https://openrouter.ai/docs/client-sdks/typescript/models/operations: a document with the file in base64. */
const OPENROUTER: Wire = {
  prefix: "/api/v1",
  path: /^\/api\/v1\/audio\/transcriptions$/,
  key: bearer,
  parse: (bytes, headers) => {
    const { input_audio, ...rest } = document(
      v.strictObject({
        model: v.pipe(v.string(), v.includes("/")),
        input_audio: v.strictObject({
          data: v.pipe(v.string(), v.base64()),
          format: v.picklist(["wav", "mp3", "flac", "m4a", "ogg", "webm", "aac"]),
        }),
        language: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{2}$/))),
        temperature: v.optional(v.number()),
        response_format: v.optional(v.picklist(["json", "verbose_json"])),
        timestamp_granularities: v.optional(v.array(v.picklist(["word", "segment"]))),
        provider: v.optional(v.unknown()),
      }),
      bytes,
      headers,
    );
    const file = { bytes: Buffer.from(input_audio.data, "base64"), filename: `audio.${input_audio.format}` };
    return { fields: listed(rest), file: fitting(file, undefined) };
  },
  error: (code, message) => Response.json({ error: { code, message }, user_id: "user_1" }, { status: code }),
  answer: ({ response_format = ["json"] }, text) => ({
    text,
    ...(response_format[0] === "verbose_json" && {
      task: "transcribe",
      language: "english",
      duration: SECONDS,
      segments: SEGMENTS.map((one, id) => ({ id, ...one })),
    }),
    usage: { seconds: SECONDS, cost: 0.0001 },
  }),
};

/** https://ai.google.dev/gemini-api/docs/audio; types: Vertex AI's list. Nobody there knows a parameter behind a type. */
const GOOGLE: Wire = {
  prefix: "/v1beta",
  path: /^\/v1beta\/models\/gemini-[\w.-]+:generateContent$/,
  key: (headers) => headers.get("x-goog-api-key"),
  parse: (bytes, headers) => {
    const blob = v.strictObject({
      mimeType: v.pipe(
        v.string(),
        v.regex(/^audio\/(wav|mp3|mpeg|mpga|aiff|aac|x-aac|ogg|opus|flac|m4a|mp4|pcm|webm)$|^video\/(mp4|webm)$/),
      ),
      data: v.pipe(v.string(), v.base64()),
    });
    const part = v.union([v.strictObject({ text: v.string() }), v.strictObject({ inlineData: blob })]);
    const plain = bytes
      .toString()
      .replaceAll('"inline_data"', '"inlineData"')
      .replaceAll('"mime_type"', '"mimeType"')
      .replaceAll('"system_instruction"', '"systemInstruction"');
    const { contents } = document(
      v.strictObject({
        contents: v.tuple([v.strictObject({ role: v.optional(v.literal("user")), parts: v.array(part) })]),
        generationConfig: v.optional(v.unknown()),
        systemInstruction: v.optional(v.unknown()),
      }),
      Buffer.from(plain),
      headers,
    );
    if (bytes.length > 20 * 1024 * 1024) throw new Error("Request payload size exceeds the limit: 20971520 bytes.");
    const blobs = contents[0].parts.flatMap((one) => ("inlineData" in one ? [one.inlineData] : []));
    const texts = contents[0].parts.flatMap((one) => ("text" in one ? [one.text] : []));
    if (blobs.length !== 1 || !blobs[0]) throw new Error(`${blobs.length} files`);
    const { data, mimeType } = blobs[0];
    return { fields: { text: texts }, file: { bytes: Buffer.from(data, "base64"), mimeType } };
  },
  error: (code, message) => {
    const statuses: Record<number, string> = {
      400: "INVALID_ARGUMENT",
      401: "UNAUTHENTICATED",
      429: "RESOURCE_EXHAUSTED",
    };
    return Response.json({ error: { code, message, status: statuses[code] ?? "NOT_FOUND" } }, { status: code });
  },
  answer: (_fields, text) => ({
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 110, candidatesTokenCount: 9, totalTokenCount: 119 },
  }),
};

const WIRES: Readonly<Record<string, Wire>> = {
  openai: OPENAI,
  groq: GROQ,
  xai: XAI,
  deepgram: DEEPGRAM,
  openrouter: OPENROUTER,
  google: GOOGLE,
  senseaudio: SENSEAUDIO,
  elevenlabs: ELEVENLABS,
  deepinfra: DEEPINFRA,
  mistral: MISTRAL,
};

/** Every vendor that there is a server for, by the facts' name of the provider. */
export const TRANSCRIPTION_VENDORS: readonly string[] = Object.keys(WIRES);

/** `hear` writes down what a recording says; without it, everything says the `TRANSCRIPT`. */
export function transcriptionVendor(
  id: string,
  hear: (recording: Uint8Array) => Promise<string> = async () => TRANSCRIPT,
): TranscriptionVendor {
  const wire = WIRES[id];
  if (!wire) throw new Error(`no vendor ${id}`);
  const seen: TranscriptionAsked[] = [];
  const refusals: { status: number; message: string; after?: number | undefined }[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const url = new URL(request.url);
      const asked: TranscriptionAsked = { path: url.pathname + url.search, headers: request.headers, fields: {} };
      seen.push(asked);
      const bytes = Buffer.from(await request.arrayBuffer());
      if (!wire.path.test(asked.path)) return wire.error(404, `Not found: ${asked.path}`);
      if (request.method !== "POST") return wire.error(405, "Method Not Allowed");
      if (wire.key(request.headers) !== VENDOR_KEY) return wire.error(401, "The API key is not valid.");
      const refusal = refusals.shift();
      if (refusal) {
        const response = wire.error(refusal.status, refusal.message);
        if (refusal.after !== undefined) response.headers.set("retry-after", String(refusal.after));
        return response;
      }
      if (request.headers.get("transfer-encoding")) return wire.error(411, "Length Required");
      if (request.headers.get("content-length") !== String(bytes.length)) return wire.error(411, "Length Required");
      if (bytes.length > (wire.maxBytes ?? Number.POSITIVE_INFINITY)) return wire.error(413, "The file is too large.");
      try {
        const { fields, file } = wire.parse(bytes, request.headers, url);
        Object.assign(asked, { fields, file });
        if (file.bytes.length < 100) return wire.error(400, "The audio file is too short.");
        return Response.json(wire.answer(fields, await hear(file.bytes), url));
      } catch (error) {
        return wire.error(400, error instanceof Error ? error.message : String(error));
      }
    },
  });
  return {
    baseUrl: `http://127.0.0.1:${server.port}${wire.prefix}`,
    seen,
    refuse: (status, message, after) => void refusals.push({ status, message, after }),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

interface FormRules {
  /** Of files that are taken; without it, any that fits the content. */
  extensions?: readonly string[];
  required?: readonly string[];
  /** The fields that there are beside the file. */
  fields: Readonly<Record<string, FieldRule>>;
  fileLast?: true;
  check?(fields: Fields): string | undefined;
}

/** multipart/form-data as RFC 7578 has it, with one file in the field `file`. */
function form(rules: FormRules): Wire["parse"] {
  return (body, headers) => {
    const [, boundary] = /^multipart\/form-data; ?boundary="?([^";]+)"?$/.exec(headers.get("content-type") ?? "") ?? [];
    if (!boundary) throw new Error(`no form: ${headers.get("content-type")}`);
    const fields: Fields = {};
    let file: Upload | undefined;
    for (const { name, value, ...about } of formParts(body, boundary)) {
      if (file && rules.fileLast) throw new Error(`${name} comes after the file`);
      if (about.filename !== undefined) {
        if (name !== "file" || file) throw new Error(`a file in ${name}`);
        file = { bytes: value, filename: about.filename, ...(about.mimeType && { mimeType: about.mimeType }) };
        continue;
      }
      const rule = rules.fields[name];
      const text = value.toString();
      if (!rule) throw new Error(`unknown field ${name}`);
      if (!(rule instanceof RegExp ? rule.test(text) : rule.includes(text))) throw new Error(`${name} is not ${text}`);
      fields[name] = [...(fields[name] ?? []), text];
    }
    if (!file) throw new Error("file: Field required");
    for (const name of rules.required ?? []) if (!fields[name]) throw new Error(`${name}: Field required`);
    const wrong = rules.check?.(fields);
    if (wrong) throw new Error(wrong);
    return { fields, file: fitting(file, rules.extensions) };
  };
}

function* formParts(body: Buffer, boundary: string) {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const whole = Buffer.concat([Buffer.from("\r\n"), body]);
  let at = whole.indexOf(delimiter);
  if (at !== 0) throw new Error("the form does not begin with its boundary");
  for (;;) {
    at += delimiter.length;
    if (whole.subarray(at, at + 2).toString() === "--") return;
    if (whole.subarray(at, at + 2).toString() !== "\r\n") throw new Error("no line break behind a boundary");
    const headEnd = whole.indexOf("\r\n\r\n", at);
    const end = whole.indexOf(delimiter, headEnd + 2);
    if (headEnd < 0 || end < 0) throw new Error("the form is cut off");
    const head = whole.subarray(at + 2, headEnd).toString();
    const [, name] = /^content-disposition: form-data; name="([^"]+)"/im.exec(head) ?? [];
    const [, filename] = /; filename="([^"]*)"/.exec(head) ?? [];
    const [, mimeType] = /^content-type: (.+)$/im.exec(head) ?? [];
    if (!name) throw new Error(`a part without a name: ${head}`);
    yield { name, filename, mimeType: mimeType?.trim(), value: whole.subarray(headEnd + 4, end) };
    at = end;
  }
}

/** The file, when its name tells what it is, and the vendor takes that. */
function fitting(file: Upload, taken: readonly string[] | undefined): Upload {
  const begin = Buffer.from(file.bytes.subarray(0, 16)).toString("latin1");
  const kind = KINDS.find(({ begins }) => begins.test(begin));
  const extension = file.filename?.split(".").at(-1) ?? "";
  if (!kind?.extensions.includes(extension))
    throw new Error(`Invalid file format: ${file.filename} is not what it says`);
  if (taken && !taken.includes(extension))
    throw new Error(`Invalid file format. Supported formats: ${taken.join(", ")}`);
  return file;
}

function verboseOrPlain({ response_format = ["json"], "timestamp_granularities[]": times = [] }: Fields, text: string) {
  if (response_format[0] !== "verbose_json")
    return { text, usage: { type: "tokens", input_tokens: 14, output_tokens: 9, total_tokens: 23 } };
  const rest = {
    seek: 0,
    tokens: [1],
    temperature: 0,
    avg_logprob: -0.3,
    compression_ratio: 0.9,
    no_speech_prob: 0.01,
  };
  const segments = SEGMENTS.map((one, id) => ({ id, ...rest, ...one, text: ` ${one.text}` }));
  return {
    task: "transcribe",
    language: "english",
    duration: SECONDS,
    text,
    ...((times.length === 0 || times.includes("segment")) && { segments }),
    ...(times.includes("word") && { words: WORDS }),
    usage: { type: "duration", seconds: 4 },
  };
}

function document<const S extends v.GenericSchema>(schema: S, bytes: Buffer, headers: Headers): v.InferOutput<S> {
  if (headers.get("content-type")?.split(";")[0] !== "application/json") throw new Error("no application/json");
  return v.parse(schema, JSON.parse(bytes.toString()));
}

function listed(members: Record<string, unknown>): Fields {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]),
  );
}

function queryFields(url: URL): Fields {
  return Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]));
}

function openaiError(status: number, message: string): Response {
  const code = status === 401 ? "invalid_api_key" : null;
  return Response.json({ error: { message, type: "invalid_request_error", param: null, code } }, { status });
}

function bearer(headers: Headers): string | null {
  return behind(headers.get("authorization"), "Bearer ");
}

function behind(value: string | null, prefix: string): string | null {
  return value?.startsWith(prefix) ? value.slice(prefix.length) : null;
}
