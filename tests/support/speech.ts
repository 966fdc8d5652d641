import type { SpeechRequest, SpeechRoute } from "../../src/protocols/speech-wire.ts";
import { SPEECH_PROVIDERS, SPEECH_SERVICES } from "../../src/providers/speech.ts";
import { PROVIDERS } from "../../src/providers/table.ts";
import { TRANSCRIPTION_PROVIDERS } from "../../src/providers/transcription.ts";

export function speechAsked(request: Partial<SpeechRequest> = {}): SpeechRequest {
  return {
    text: "Hello there",
    form: { ask: "mp3" },
    options: {},
    id: "00000000-0000-4000-8000-000000000000",
    ...request,
  };
}

/** The route of a provider as the engine makes it. */
export function speechRouteTo(id: string, route: Partial<SpeechRoute> = {}): SpeechRoute {
  const provider = [...PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS].find((row) => row.id === id);
  const service = SPEECH_SERVICES[id];
  if (!service || !provider) throw new Error(`no speech through ${id}`);
  return {
    model: service.withoutModel ? null : (service.defaultModel ?? null),
    baseUrl: service.baseUrl ?? provider.baseUrl,
    ...(service.quirks && { quirks: service.quirks }),
    ...route,
  };
}
