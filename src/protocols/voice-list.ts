import * as v from "valibot";
import { AZURE_PATH } from "./azure-speech.ts";
import { microsoftVoicesRequest, readMicrosoftVoices } from "./edge-read-aloud.ts";
import { anything, list, part, plainName, word, wordsIn } from "./listed-model.ts";
import { count, malformed, parseMessage, text } from "./message.ts";
import { TEXT_PATH } from "./minimax-vlm.ts";
import type { SpeechVoice, VoiceList } from "./speech-wire.ts";
import { defined, endpoint, getRequest, jsonRequest } from "./wire.ts";

/** `GET /v1/voices`: those of the account, https://elevenlabs.io/docs/api-reference/voices/get-all */
export const elevenlabsVoices: VoiceList = {
  request: ({ baseUrl }) => getRequest(endpoint(baseUrl, "/v1/voices", /\/v1$/)),
  read: (json) => ({ voices: voicesOf(elevenlabsVoice, membersOf(json, "voices"), readElevenlabs) }),
};

/** `GET /cognitiveservices/voices/list`, https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech */
export const azureVoices: VoiceList = {
  request: ({ baseUrl }) => getRequest(endpoint(baseUrl, "/cognitiveservices/voices/list", AZURE_PATH)),
  read: (json) => ({ voices: voicesOf(azureVoice, entriesOf(json), readAzure) }),
};

/** Those of Edge's "read aloud". */
export const microsoftVoices: VoiceList = {
  request: ({ baseUrl }, now) => microsoftVoicesRequest(now, baseUrl),
  read: (json) => ({ voices: readMicrosoftVoices(json) }),
};

/** `GET /voices/v1/voices` */
export const inworldVoices: VoiceList = {
  request: ({ baseUrl }) => getRequest(endpoint(baseUrl, "/voices/v1/voices")),
  read: (json) => ({ voices: voicesOf(inworldVoice, membersOf(json, "voices"), readInworld) }),
};

/** `GET /tts/voices`, https://docs.x.ai/developers/rest-api-reference/inference/voice */
export const xaiVoices: VoiceList = {
  request: ({ baseUrl }) => getRequest(endpoint(baseUrl, "/tts/voices")),
  read: (json) => ({ voices: voicesOf(xaiVoice, membersOf(json, "voices"), readXai) }),
};

/** `POST /v1/get_voice`, https://platform.minimax.io/docs/api-reference/speech/voice-management/api/openapi.json */
export const minimaxVoices: VoiceList = {
  request: ({ baseUrl }) => jsonRequest(endpoint(baseUrl, "/v1/get_voice", TEXT_PATH), { voice_type: "all" }),
  read: (json) => {
    const { base_resp, ...lists } = parseMessage(minimaxLists, json);
    if (base_resp?.status_code) return { voices: [], failure: base_resp };
    const voices = Object.entries(lists).flatMap(([category, listed]) =>
      voicesOf(minimaxVoice, listed ?? [], (voice) => readMinimax(voice, category)),
    );
    return { voices };
  },
};

/**
 * `GET /audio/voices`: the vendor's and those of the account, https://docs.mistral.ai/studio/audio/text-to-speech/voices.
 * Without a limit it sends ten.
 */
export const mistralVoices: VoiceList = {
  request: ({ baseUrl }, _now, after) => {
    const offset = after ? `&offset=${after}` : "";
    return getRequest(endpoint(baseUrl, `/audio/voices?limit=100${offset}`));
  },
  read: (json, after = 0) => {
    const items = membersOf(json, "items");
    const { total } = parseMessage(mistralPage, json);
    const next = after + items.length;
    const isLast = items.length === 0 || next >= (total ?? 0);
    return { voices: voicesOf(mistralVoice, items, readMistral), ...(!isLast && { next }) };
  },
};

/** It goes into commands and onto terminals. */
const id = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(500), v.regex(/^[^\p{Cc}\p{Cf}]+$/u));

const elevenlabsVoice = v.object({
  voice_id: id,
  name: word,
  category: word,
  description: word,
  labels: part({ language: word, gender: word }),
});

function readElevenlabs({ voice_id, name, category, description, labels }: v.InferOutput<typeof elevenlabsVoice>) {
  const { language, gender } = labels ?? {};
  return { id: voice_id, name, category, description, locale: localeOf(language), gender };
}

const azureVoice = v.object({
  ShortName: id,
  DisplayName: word,
  LocalName: word,
  Locale: word,
  Gender: word,
  Status: word,
  IsDeprecated: anything,
  VoiceTag: part({ VoicePersonalities: list, TailoredScenarios: list }),
});

function readAzure(voice: v.InferOutput<typeof azureVoice>) {
  const isGone =
    /^(?:deprecated|retired|disabled)$/i.test(voice.Status ?? "") || /^true$/i.test(`${voice.IsDeprecated}`);
  if (isGone) return null;
  const personalities = wordsIn(voice.VoiceTag?.VoicePersonalities);
  const description = [...wordsIn(voice.VoiceTag?.TailoredScenarios), ...personalities].join(", ");
  return {
    id: voice.ShortName,
    name: voice.DisplayName ?? voice.LocalName,
    description: description || undefined,
    locale: voice.Locale,
    gender: voice.Gender,
    personalities: personalities.length > 0 ? personalities : undefined,
  };
}

const inworldVoice = v.object({ voiceId: id, displayName: word, description: word, langCode: word, tags: list });

function readInworld({ voiceId, displayName, description, langCode, tags }: v.InferOutput<typeof inworldVoice>) {
  const gender = wordsIn(tags).find((tag) => tag === "male" || tag === "female");
  return { id: voiceId, name: displayName, description, locale: localeOf(langCode), gender };
}

const xaiVoice = v.object({ voice_id: id, name: word, description: word, language: word, gender: word });

function readXai({ voice_id, name, description, language, gender }: v.InferOutput<typeof xaiVoice>) {
  return { id: voice_id, name, description, locale: localeOf(language), gender };
}

const minimaxLists = v.object({
  system_voice: list,
  voice_cloning: list,
  voice_generation: list,
  base_resp: v.nullish(v.object({ status_code: v.nullish(v.number()), status_msg: text })),
});
const minimaxVoice = v.object({ voice_id: id, voice_name: word, description: list });

function readMinimax({ voice_id, voice_name, description }: v.InferOutput<typeof minimaxVoice>, category: string) {
  return {
    id: voice_id,
    name: voice_name,
    category: category.replace(/^voice_|_voice$/g, ""),
    description: wordsIn(description).join(" ") || undefined,
  };
}

const mistralPage = v.object({ total: count });

const mistralVoice = v.object({
  id,
  slug: v.fallback(v.optional(id), undefined),
  name: word,
  languages: list,
  gender: word,
  tags: list,
  user_id: word,
});

/** A voice of Mistral's own goes by its slug (`en_paul_neutral`), which its documentation names; a user's by its UUID. */
function readMistral({ id: uuid, slug, name, languages, gender, tags, user_id }: v.InferOutput<typeof mistralVoice>) {
  return {
    id: user_id === undefined ? (slug ?? uuid) : uuid,
    name,
    description: wordsIn(tags).join(", ") || undefined,
    locale: localeOf(wordsIn(languages)[0]),
    gender,
  };
}

/** One that cannot be understood is left out. */
function voicesOf<Schema extends v.GenericSchema>(
  schema: Schema,
  listed: readonly unknown[],
  read: (told: v.InferOutput<Schema>) => { [Key in keyof SpeechVoice]: SpeechVoice[Key] | undefined } | null,
): SpeechVoice[] {
  return listed.flatMap((entry) => {
    const told = v.safeParse(schema, entry);
    const voice = told.success ? read(told.output) : null;
    if (!voice?.id) return [];
    const { name, description } = voice;
    return [
      {
        ...defined({ ...voice, name: name && plainName(name), description: description && plainName(description) }),
        id: voice.id,
      },
    ];
  });
}

function membersOf(json: unknown, member: string): readonly unknown[] {
  return entriesOf(v.is(v.looseObject({}), json) ? json[member] : undefined);
}

function entriesOf(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw malformed("there is no list of voices in it.");
  return json;
}

/** `EN_US` and `en_us` are `en-US`; `multilingual` is no language. */
function localeOf(language: string | undefined): string | undefined {
  const [, tongue, rest] = /^([a-z]{2,3})((?:[-_][a-z0-9]{2,8})*)$/i.exec(language ?? "") ?? [];
  const region = (rest ?? "").replaceAll("_", "-").replace(/-[a-z]{2}$/, (letters) => letters.toUpperCase());
  return tongue && `${tongue.toLowerCase()}${region}`;
}
