import * as v from "valibot";
import { InferError } from "../core/error.ts";
import { word } from "./listed-model.ts";
import { malformed, parseMessage, text } from "./message.ts";
import type { BuiltSpeech, SpeechProtocol, SpeechRequest, SpeechRoute, SpeechStep } from "./speech-wire.ts";
import { defined, jsonRequest } from "./wire.ts";

/**
 * Two APIs of ByteDance's, told apart by the address. The newer one, Seed Speech, takes a key of its own and answers in
 * lines (https://www.volcengine.com/docs/6561/1598757); the older one goes by an AppID and a token, and answers at once,
 * which is one line (https://www.volcengine.com/docs/6561/1257584).
 */
export const volcengineSpeech: SpeechProtocol = { answer: "ndjson", endsWithWord: true, build, read };

const OLDER_URL = "https://openspeech.bytedance.com/api/v1/tts";
const OLDER_PATH = /\/api\/v1\/tts\/?$/;
/** BytePlus is ByteDance abroad, and has only the newer one. */
const NEWER_HOST = /(?:^|\.)bytepluses\.com$/;
/** One value for everybody: it names the API, and is no secret. */
const APP_KEY = "aGjiRDfUWi";

/** The config's; what is of another kind, or out of OpenClaw's range, is left out, as OpenClaw does. */
const settings = v.object({
  apiKey: v.optional(v.unknown()),
  appId: word,
  token: v.optional(v.unknown()),
  cluster: word,
  resourceId: word,
  appKey: word,
  speedRatio: v.fallback(v.optional(v.pipe(v.number(), v.minValue(0.2), v.maxValue(3))), undefined),
  emotion: word,
});
type Settings = v.InferOutput<typeof settings>;

function build(request: SpeechRequest, { baseUrl }: SpeechRoute): BuiltSpeech {
  const told = v.parse(settings, request.options);
  const url = new URL(baseUrl);
  if (OLDER_PATH.test(url.pathname)) return buildOlder(request, told, baseUrl);
  const hasTokenOnly = told.apiKey === undefined && told.token !== undefined;
  return hasTokenOnly && NEWER_HOST.test(url.hostname)
    ? buildOlder(request, told, OLDER_URL)
    : buildSeed(request, told, baseUrl);
}

function buildSeed(request: SpeechRequest, told: Settings, url: string): BuiltSpeech {
  const { voice, form, instructions } = request;
  const { resourceId = "seed-tts-1.0", appKey = APP_KEY, emotion } = told;
  const speed = request.speed ?? told.speedRatio;
  // "Only TTS 2.0", says the documentation; of several texts the first one counts.
  const context = /^seed-tts-2/.test(resourceId) ? instructions : undefined;
  const body = {
    user: { uid: "infer" },
    req_params: {
      text: request.text,
      ...defined({ speaker: voice }),
      audio_params: {
        format: form.ask,
        sample_rate: 24_000,
        ...defined({ speech_rate: speed === undefined ? undefined : speechRate(speed), emotion }),
      },
      // JSON in JSON: the vendor's.
      ...(context !== undefined && { additions: JSON.stringify({ context_texts: [context] }) }),
    },
  };
  const { headers, ...http } = jsonRequest(url, body);
  return {
    request: { ...http, headers: { ...headers, "x-api-resource-id": resourceId, "x-api-app-key": appKey } },
    ignored: instructions === context ? [] : [{ key: "instructions", value: instructions ?? "" }],
  };
}

/** -50 is half the normal rate, 0 the normal one, 100 twice as fast; there is nothing beyond. */
function speechRate(speed: number): number {
  return Math.min(100, Math.max(-50, Math.round((speed - 1) * 100)));
}

function buildOlder(request: SpeechRequest, told: Settings, url: string): BuiltSpeech {
  const { voice, form, instructions } = request;
  const { appId, cluster = "volcano_tts", speedRatio, emotion } = told;
  if (appId === undefined) {
    throw new InferError("usage", "Volcengine wants the AppID that belongs to the token.", {
      hint: "Set VOLCENGINE_TTS_APPID, or VOLCENGINE_TTS_API_KEY for the newer Seed Speech.",
    });
  }
  const body = {
    // Not the token: it counts in the header, and here "any text that is not empty" will do.
    app: { appid: appId, token: "access_token", cluster },
    user: { uid: "infer" },
    audio: {
      ...defined({ voice_type: voice }),
      encoding: form.ask,
      ...defined({ speed_ratio: request.speed ?? speedRatio, emotion }),
      ...(emotion !== undefined && { enable_emotion: true }),
    },
    request: { reqid: request.id, text: request.text, text_type: "plain", operation: "query" },
  };
  return {
    request: jsonRequest(url, body),
    ignored: instructions === undefined ? [] : [{ key: "instructions", value: instructions }],
  };
}

const code = v.nullish(v.number());
const line = v.object({
  code,
  message: text,
  data: text,
  header: v.nullish(v.object({ code, message: text })),
});

const A_PIECE = 0;
const ALL_OF_IT = 3000;
const THE_END = 20_000_000;

function read(json: unknown): SpeechStep {
  const { data, header, ...told } = parseMessage(line, json);
  const found = told.code ?? header?.code;
  if (typeof found !== "number") throw malformed("it has no code.");
  const audio = data ? { audio: data } : {};
  if (found === A_PIECE) return audio;
  if (found === ALL_OF_IT || found === THE_END) return { ...audio, ended: true };
  const message = told.message || header?.message || "";
  return { failure: { message: `${message || "It failed"} (${found})`, status: statusOf(found, message) } };
}

/** What HTTP calls it; the older API's numbers have four digits, the newer one's eight. */
function statusOf(found: number, message: string): number {
  if (/quota exceeded/i.test(message)) return /concurrency/i.test(message) ? 429 : 402;
  if (/grant not found/i.test(message)) return 401;
  if (/(?:access|permission) denied/i.test(message)) return 403;
  return STATUSES[found] ?? (found >= 50_000_000 ? 500 : 400);
}

const STATUSES: Readonly<Record<number, number>> = {
  3003: 429,
  3005: 503,
  3030: 504,
  3031: 500,
  3032: 504,
  3040: 500,
  3050: 404,
};
