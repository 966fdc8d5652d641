import { memorySource } from "../../src/http/source.ts";
import type {
  AudioInput,
  TranscriptionProtocol,
  TranscriptionRequest,
  TranscriptionRoute,
} from "../../src/protocols/transcription-wire.ts";
import { SPEECH_PROVIDERS } from "../../src/providers/speech.ts";
import { PROVIDERS } from "../../src/providers/table.ts";
import { TRANSCRIPTION_PROVIDERS, TRANSCRIPTION_SERVICES } from "../../src/providers/transcription.ts";
import { formParts } from "./images.ts";

export const MP3: AudioInput = {
  source: memorySource("mp3 bytes"),
  mimeType: "audio/mpeg",
  filename: "recording.mp3",
  extension: "mp3",
};
/** `mp3 bytes` in base64. */
export const MP3_BASE64 = "bXAzIGJ5dGVz";
/** As it stands in a form. */
export const MP3_PART = { name: "file", value: "mp3 bytes", filename: "recording.mp3", mimeType: "audio/mpeg" };
/** Opus in Ogg. */
export const OPUS: AudioInput = {
  source: memorySource("opus bytes"),
  mimeType: "audio/ogg",
  filename: "recording.opus",
  extension: "opus",
};

export function recorded(request: Partial<TranscriptionRequest> = {}): TranscriptionRequest {
  return { audio: MP3, times: false, ...request };
}

/** The route of a provider as the engine makes it, on the vendor's own address. */
export function transcriptionRouteTo(id: string, route: Partial<TranscriptionRoute> = {}): TranscriptionRoute {
  const service = TRANSCRIPTION_SERVICES[id];
  const rows = [...PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS];
  const baseUrl = service?.baseUrl ?? rows.find((row) => row.id === id)?.baseUrl;
  if (!service || baseUrl === undefined) throw new Error(`nothing is written down by ${id}`);
  const { defaultModel = "", quirks } = service;
  return { model: defaultModel, baseUrl, ...(quirks && { quirks }), options: {}, ...route };
}

/** What is sent as a form: fields as `name=value`, in their order, and the file as it stands in it. */
export async function sentForm(
  protocol: TranscriptionProtocol,
  request: Partial<TranscriptionRequest>,
  route: TranscriptionRoute,
) {
  const { request: http, ignored } = protocol.build(recorded(request), route);
  const parts = await formParts(http);
  const { "content-type": contentType = "", ...headers } = http.headers;
  return {
    method: http.method,
    url: http.url,
    contentType: contentType.replace(/boundary=.+$/, "boundary=…"),
    headers,
    fields: parts.filter((part) => part.filename === undefined).map(({ name, value }) => `${name}=${value}`),
    /** What comes last in it. */
    last: parts.at(-1),
    ignored,
  };
}
