import * as v from "valibot";
import { filledText } from "../core/json.ts";
import type { HttpRequest } from "../http/client.ts";
import { list, modelId, part, plainName, word, wordsIn } from "./listed-model.ts";
import { malformed } from "./message.ts";
import type { SpeechRequest, SpeechVoice } from "./speech-wire.ts";
import { escapeXml, languageOf } from "./ssml.ts";
import { defined, endpoint, getRequest } from "./wire.ts";

/**
 * What Edge's "Read aloud" speaks with Microsoft, over a WebSocket and without a key. There is no description of it but
 * its clients: https://github.com/SchneeHertz/node-edge-tts 1.2.10, which OpenClaw uses, and
 * https://github.com/rany2/edge-tts 7.2.7.
 */
const TRUSTED_CLIENT_TOKEN = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";
const CHROMIUM = "143.0.3650.75";
const MAJOR = CHROMIUM.split(".", 1)[0];

const DEFAULT_BASE_URL = "wss://speech.platform.bing.com/consumer/speech/synthesize/readaloud/edge/v1";
const DEFAULT_VOICE = "en-US-MichelleNeural";
const CHINESE_VOICE = "zh-CN-XiaoxiaoNeural";

/** http(s) in a configured address stands for ws(s). `connectionId`: a UUID. */
export function edgeUrl(baseUrl: string, { token, connectionId }: { token: string; connectionId: string }): string {
  const query = `?TrustedClientToken=${TRUSTED_CLIENT_TOKEN}&ConnectionId=${bare(connectionId)}&${proof(token)}`;
  return endpoint(baseUrl.replace(/^http/i, "ws"), query);
}

/** Good for the five minutes that `nowMs`, since the epoch, lies in; another clock's is answered with 403. */
export function securityToken(nowMs: number): string {
  // Windows counts from 1601, in tenths of a microsecond.
  const seconds = Math.floor(nowMs / 1000) + 11_644_473_600;
  const ticks = `${seconds - (seconds % 300)}0000000`;
  return new Bun.CryptoHasher("sha256")
    .update(ticks + TRUSTED_CLIENT_TOKEN)
    .digest("hex")
    .toUpperCase();
}

/** Edge's own. `id`, a UUID, takes the place of a visitor's id, which the service asks for since December 2025. */
export function edgeHeaders(id: string): Record<string, string> {
  return {
    pragma: "no-cache",
    "cache-control": "no-cache",
    origin: "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold",
    "user-agent": USER_AGENT,
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-US,en;q=0.9",
    cookie: `muid=${bare(id).toUpperCase()};`,
  };
}

const USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " +
  `Chrome/${MAJOR}.0.0.0 Safari/537.36 Edg/${MAJOR}.0.0.0`;

/** The first frame: in which form the audio is wanted. `now`: milliseconds since the epoch. */
export function configFrame({ form, options }: SpeechRequest, now: number): string {
  const wanted = [filledText(options.outputFormat), form.ask];
  const outputFormat = GIVEN.find((given) => wanted.includes(given)) ?? USUAL;
  // Booleans are strings on this wire.
  const metadataoptions = { sentenceBoundaryEnabled: "false", wordBoundaryEnabled: "true" };
  const body = JSON.stringify({ context: { synthesis: { audio: { metadataoptions, outputFormat } } } });
  return frame({ "X-Timestamp": timestamp(now), "Content-Type": JSON_TYPE, Path: "speech.config" }, `${body}\r\n`);
}

const JSON_TYPE = "application/json; charset=utf-8";

/**
 * The MP3 that is given; every other format of Azure's is filtered out but a WebM, which is no form of ours.
 * https://github.com/rany2/edge-tts/issues/134, https://github.com/wujunwei928/edge-tts-go/issues/3. OpenClaw, too, falls
 * back on the usual one where another cannot be had.
 */
const USUAL = "audio-24khz-48kbitrate-mono-mp3";
const GIVEN = ["audio-24khz-96kbitrate-mono-mp3", USUAL];

/** The second frame: what to say, and how. */
export function ssmlFrame(request: SpeechRequest, now: number): string {
  const { options, speed, id, voice = DEFAULT_VOICE } = request;
  // Chosen for the text, whatever the config's language is.
  const lang = voice === CHINESE_VOICE ? "zh-CN" : (filledText(options.lang) ?? languageOf(voice));
  const prosody = {
    pitch: filledText(options.pitch) ?? "+0Hz",
    rate: speed === undefined ? (filledText(options.rate) ?? "+0%") : relative(speed),
    volume: filledText(options.volume) ?? "+0%",
  };
  const ssml =
    `<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='${escapeXml(lang)}'>` +
    `<voice name='${escapeXml(voice)}'>` +
    `<prosody pitch='${escapeXml(prosody.pitch)}' rate='${escapeXml(prosody.rate)}' volume='${escapeXml(prosody.volume)}'>` +
    `${escapeXml(request.text)}</prosody></voice></speak>`;
  const headers = {
    "X-RequestId": bare(id),
    "Content-Type": "application/ssml+xml",
    // With a Z behind the zone: so does Edge.
    "X-Timestamp": `${timestamp(now)}Z`,
    Path: "ssml",
  };
  return frame(headers, ssml);
}

export interface EdgeFrame {
  audio?: Uint8Array;
  /** Nothing more follows. */
  ended?: true;
}

/** One message of the service. Throws a `provider_error` when it is not what the wire says it is. */
export function readEdgeFrame(data: string | Uint8Array): EdgeFrame {
  if (typeof data === "string") {
    const [head = ""] = data.split("\r\n\r\n", 1);
    // Others tell where words begin, and what the request is called there.
    return pathOf(head) === "turn.end" ? { ended: true } : {};
  }
  if (data.length < 2) throw malformed("a message of the audio has no header.");
  const end = 2 + new DataView(data.buffer, data.byteOffset, 2).getUint16(0);
  if (end > data.length) throw malformed("a message of the audio ends within its header.");
  const path = pathOf(new TextDecoder().decode(data.subarray(2, end)));
  if (path !== "audio") throw malformed(`bytes came for "${path}".`);
  // The last one is empty.
  return end === data.length ? {} : { audio: data.subarray(end) };
}

/** The voices that there are, from the same server. */
export function microsoftVoicesRequest(now: number, baseUrl = DEFAULT_BASE_URL): HttpRequest {
  const [address = ""] = baseUrl.replace(/^ws/i, "http").split("?", 1);
  const query = `?trustedclienttoken=${TRUSTED_CLIENT_TOKEN}&${proof(securityToken(now))}`;
  const request = getRequest(endpoint(address, `/voices/list${query}`, /\/edge\/v1$/));
  return { ...request, headers: { "user-agent": USER_AGENT } };
}

/** Throws a `provider_error` when it is no list; one voice that cannot be understood is left out. */
export function readMicrosoftVoices(json: unknown): SpeechVoice[] {
  if (!Array.isArray(json)) throw malformed("there is no list of voices in it.");
  return json.flatMap((entry: unknown) => {
    const told = v.safeParse(listedVoice, entry);
    if (!told.success) return [];
    const { ShortName: id, FriendlyName, Locale: locale, Gender: gender, VoiceTag } = told.output;
    const personalities = wordsIn(VoiceTag?.VoicePersonalities);
    const known = {
      name: plainName(FriendlyName ?? id),
      category: wordsIn(VoiceTag?.ContentCategories)[0],
      description: plainName(personalities.join(", ")) || undefined,
      locale,
      gender,
      personalities: personalities.length > 0 ? personalities : undefined,
    };
    return [{ id, ...defined(known) }];
  });
}

const listedVoice = v.object({
  ShortName: modelId,
  FriendlyName: word,
  Locale: word,
  Gender: word,
  VoiceTag: part({ ContentCategories: list, VoicePersonalities: list }),
});

/** 1.25 is `+25%`. */
function relative(speed: number): string {
  const percent = Math.round((speed - 1) * 100);
  return `${percent < 0 ? "" : "+"}${percent}%`;
}

function proof(token: string): string {
  return `Sec-MS-GEC=${token}&Sec-MS-GEC-Version=1-${CHROMIUM}`;
}

function bare(uuid: string): string {
  return uuid.replaceAll("-", "");
}

function frame(headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\r\n`);
  return `${lines.join("")}\r\n${body}`;
}

function pathOf(head: string): string {
  const [, path] = /^path:[ \t]*([^\r\n]*?)[ \t]*$/im.exec(head) ?? [];
  if (!path) throw malformed("a message has no Path.");
  return path;
}

/** As `Date` prints it, wherever this machine is. */
function timestamp(now: number): string {
  const [weekday = "", day = "", month = "", year = "", time = ""] = new Date(now).toUTCString().split(" ");
  return `${weekday.slice(0, 3)} ${month} ${day} ${year} ${time} GMT+0000 (Coordinated Universal Time)`;
}
