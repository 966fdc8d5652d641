import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { deepgramListen } from "../../src/protocols/deepgram-listen.ts";
import { elevenlabsTranscription } from "../../src/protocols/elevenlabs-transcription.ts";
import { googleTranscription } from "../../src/protocols/google-transcription.ts";
import { openaiTranscriptions } from "../../src/protocols/openai-transcriptions.ts";
import type { TranscriptionProtocol, TranscriptionRequest } from "../../src/protocols/transcription-wire.ts";
import { SPEECH_PROVIDERS } from "../../src/providers/speech.ts";
import { PROVIDERS } from "../../src/providers/table.ts";
import { TRANSCRIPTION_PROVIDERS, TRANSCRIPTION_SERVICES } from "../../src/providers/transcription.ts";
import { Contract, contractsPresent } from "../support/contracts.ts";
import { bodyText, formParts } from "../support/images.ts";
import { MP3, OPUS, recorded, transcriptionRouteTo } from "../support/recordings.ts";

const SHARED = join(import.meta.dir, "../../../shared");
const FACTS = join(SHARED, "facts/provider-facts.json");

/** Every combination of what a person can ask for. */
function* matrix(): Generator<TranscriptionRequest> {
  for (const audio of [MP3, OPUS]) {
    for (const language of [undefined, "en", "de-AT"]) {
      for (const prompt of [undefined, "Ada, Babbage"]) {
        for (const times of [false, true]) yield { audio, language, prompt, times };
      }
    }
  }
}

interface Form {
  provider: string;
  models: readonly string[];
  protocol: TranscriptionProtocol;
  contract: string;
  path: string;
  schema: string;
  options?: Record<string, string | number | boolean>;
}

const FORMS: readonly Form[] = [
  {
    provider: "openai",
    models: ["gpt-4o-transcribe", "gpt-transcribe", "whisper-1", "gpt-4o-transcribe-diarize"],
    protocol: openaiTranscriptions,
    contract: "openai.json",
    path: "/audio/transcriptions",
    schema: "CreateTranscriptionRequest",
    options: { temperature: 0.2 },
  },
  // They say that they are OpenAI's.
  ...[
    { provider: "groq", model: "whisper-large-v3-turbo" },
    { provider: "deepinfra", model: "openai/whisper-large-v3-turbo" },
  ].map(({ provider, model }) => ({
    provider,
    models: [model],
    protocol: openaiTranscriptions,
    contract: "openai.json",
    path: "/audio/transcriptions",
    schema: "CreateTranscriptionRequest",
  })),
  {
    provider: "mistral",
    models: ["voxtral-mini-latest"],
    protocol: openaiTranscriptions,
    contract: "mistral.json",
    path: "/v1/audio/transcriptions",
    schema: "AudioTranscriptionRequest",
    options: { diarize: true },
  },
  {
    provider: "elevenlabs",
    models: ["scribe_v2", "scribe_v1"],
    protocol: elevenlabsTranscription,
    contract: "elevenlabs.json",
    path: "/v1/speech-to-text",
    schema: "Body_Speech_to_Text_v1_speech_to_text_post",
    options: { diarize: true, num_speakers: 2 },
  },
];

describe.each(FORMS)("the form of $provider, against $contract", (form) => {
  const { provider, models, protocol, contract, path, schema, options = {} } = form;

  async function fieldsOf(model: string, request: Partial<TranscriptionRequest>) {
    const route = transcriptionRouteTo(provider, { model, options });
    const { request: http } = protocol.build(recorded(request), route);
    return { url: http.url, fields: grouped(await formParts(http)) };
  }

  test.skipIf(!contractsPresent)(
    "is as the vendor describes it, whatever is asked for (skipped without shared/contracts)",
    async () => {
      const { properties = {} } = described(contract).components.schemas[schema] ?? {};
      const wrong: Record<string, unknown> = {};
      for (const model of models) {
        for (const { audio, ...request } of matrix()) {
          const { url, fields } = await fieldsOf(model, { audio, ...request });
          expect(url).toEndWith(path);
          const wrongs = [
            ...formProblems(contract, schema, fields),
            // Most schemas are open.
            ...Object.keys(fields).filter((name) => !Object.hasOwn(properties, name)),
          ];
          if (wrongs.length > 0) wrong[JSON.stringify({ model, ...request })] = wrongs;
        }
      }
      expect(wrong).toEqual({});
      expect(described(contract).paths[path]?.post?.requestBody?.content["multipart/form-data"]?.schema).toEqual({
        $ref: `#/components/schemas/${schema}`,
      });
    },
  );

  test.skipIf(!contractsPresent)("the check can fail (skipped without shared/contracts)", async () => {
    const { fields } = await fieldsOf(models[0] ?? "", {});
    const check = (changed: object) => formProblems(contract, schema, changed);
    expect(check(fields)).toEqual([]);
    const { model: _, model_id: __, ...nameless } = fields;
    expect(check(nameless)).not.toEqual([]);
    const [wish] = ["timestamps_granularity", "timestamp_granularities"].filter((name) =>
      Object.hasOwn(described(contract).components.schemas[schema]?.properties ?? {}, name),
    );
    expect(check({ ...fields, [wish ?? ""]: "sentence" })).not.toEqual([]);
  });
});

describe("the query of deepgram, against deepgram.json", () => {
  test.skipIf(!contractsPresent)(
    "has parameters that are described, each with a value that it takes (skipped without shared/contracts)",
    () => {
      const { post } = described("deepgram.json").paths["/v1/listen"] ?? {};
      const { parameters = [], requestBody } = post ?? {};
      const options = { detect_language: true, punctuate: true, diarize: true, utt_split: 0.5, tag: "meeting" };
      for (const request of matrix()) {
        const route = transcriptionRouteTo("deepgram", { options });
        const { url: address, headers } = deepgramListen.build(recorded(request), route).request;
        const url = new URL(address);
        expect(`${url.origin}${url.pathname}`).toBe("https://api.deepgram.com/v1/listen");
        for (const [name, value] of url.searchParams) {
          const { schema, in: place } = parameters.find((one) => one.name === name) ?? {};
          expect({ name, place }).toEqual({ name, place: "query" });
          expect({ name, problems: parameterProblems("deepgram.json", schema ?? false, value) }).toEqual({
            name,
            problems: [],
          });
        }
        expect(Object.keys(requestBody?.content ?? {})).toContain(headers["content-type"] ?? "");
      }
      const { schema = false } = parameters.find(({ name }) => name === "utterances") ?? {};
      expect(parameterProblems("deepgram.json", schema, "maybe")).not.toEqual([]);
    },
  );
});

describe("the body of google, against google-gemini-official.json", () => {
  const path = "/v1beta/models/{model}:generateContent";

  test.skipIf(!contractsPresent)(
    "is as the vendor describes it, whatever is asked for (skipped without shared/contracts)",
    async () => {
      const contract = new Contract("google-gemini-official.json");
      const model = "models/gemini-3-flash-preview";
      const wrong: Record<string, string[]> = {};
      for (const { audio, ...request } of matrix()) {
        const http = googleTranscription.build(recorded({ audio, ...request }), transcriptionRouteTo("google")).request;
        // The description wants the model in the body; over HTTP it is bound by the path (google.api.http).
        const body = { ...(JSON.parse(await bodyText(http)) as object), model };
        const wrongs = contract.problems("POST", path, body);
        if (wrongs.length > 0) wrong[JSON.stringify(request)] = wrongs;
      }
      expect(wrong).toEqual({});
      expect(contract.problems("POST", path, { model, contents: [{ parts: [{ text: 7 }] }] })).not.toEqual([]);
    },
  );
});

describe("the vendors' own examples of answers", () => {
  const ROUTE = { model: "m", baseUrl: "https://api.example", options: {} };

  test.skipIf(!contractsPresent)("ElevenLabs' are understood (skipped without shared/contracts)", () => {
    const { single_channel, multichannel } = examplesOf("elevenlabs.json", "/v1/speech-to-text");
    expect(elevenlabsTranscription.read(single_channel?.value, ROUTE)).toEqual({
      text: "Hello world!",
      language: "en",
      words: [{ start: 0, end: 0.5, word: "Hello", speaker: "speaker_1" }],
    });
    const { text } = elevenlabsTranscription.read(multichannel?.value, ROUTE);
    expect(text.split("\n")[0]).toBe("Hello from channel one.");
  });

  test.skipIf(!contractsPresent)("Mistral's is understood (skipped without shared/contracts)", () => {
    const { userExample } = examplesOf("mistral.json", "/v1/audio/transcriptions");
    const { text, ...step } = openaiTranscriptions.read(userExample?.value, ROUTE);
    expect(text).toStartWith("This week, I traveled to Chicago");
    expect(step).toEqual({ language: "en", usage: { inputTokens: 4, outputTokens: 635, totalTokens: 3264 } });
  });
});

describe("rows, against the facts", () => {
  test.skipIf(!existsSync(FACTS))(
    "models, addresses, variables and where they come from are OpenClaw's (skipped without shared/facts)",
    () => {
      const { records } = JSON.parse(readFileSync(FACTS, "utf8")) as { records: Fact[] };
      const facts = records.filter(({ capability }) => capability === "audio.transcribe");
      expect(facts).toHaveLength(10);
      const rows = [...PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS];
      for (const { provider, default_model, base_url, base_url_env, env } of facts) {
        const service = TRANSCRIPTION_SERVICES[provider];
        const row = rows.find(({ id }) => id === provider);
        expect({
          provider,
          default_model: service?.defaultModel,
          base_url: service?.baseUrl ?? row?.baseUrl,
          base_url_env: service?.baseUrlEnv ?? null,
          env: service?.env ?? row?.env,
        }).toEqual({ provider, default_model, base_url, base_url_env, env });
      }
    },
  );

  test("they are chosen in OpenClaw's order, and the user's own servers and programs after them", () => {
    expect(Object.keys(TRANSCRIPTION_SERVICES)).toEqual([
      "openai",
      "groq",
      "xai",
      "deepgram",
      "openrouter",
      "google",
      "senseaudio",
      "elevenlabs",
      "deepinfra",
      "mistral",
      "litellm",
      "vllm",
      "sherpa-onnx-offline",
      "whisper-cli",
      "whisper",
    ]);
  });

  test("a model that is asked in place of the default tells times, and every one with times is asked for them", () => {
    for (const { protocol, defaultModel = "", timed, timedModel, knownModels = [], quirks } of Object.values(
      TRANSCRIPTION_SERVICES,
    )) {
      if (timedModel !== undefined) expect(timed?.test(timedModel)).toBe(true);
      if (protocol !== "openai-transcriptions" && protocol !== "openrouter-transcriptions") continue;
      for (const model of [defaultModel, ...knownModels]) {
        const isAsked = quirks?.times?.some((one) => one.model.test(model)) ?? false;
        expect({ model, isAsked }).toEqual({ model, isAsked: timed?.test(model) ?? false });
      }
    }
  });
});

interface Fact {
  capability: string;
  provider: string;
  default_model: string;
  base_url: string;
  base_url_env: string[] | null;
  env: string[];
}

interface Content {
  schema?: object;
  examples?: Record<string, { value: unknown }>;
}

interface Description {
  paths: Record<string, { post?: Operation } | undefined>;
  components: { schemas: Record<string, { properties?: Record<string, object> } | undefined> };
}

interface Operation {
  parameters?: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> } | undefined>;
}

const DESCRIPTIONS = new Map<string, { document: Description; ajv: Ajv2020 }>();

/** Read once. In a form, and in a query, everything is text, and one value is as good as a list of it. */
function opened(file: string): { document: Description; ajv: Ajv2020 } {
  const known = DESCRIPTIONS.get(file);
  if (known) return known;
  const document = JSON.parse(readFileSync(join(SHARED, "contracts", file), "utf8")) as Description;
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    logger: false,
    validateSchema: false,
    coerceTypes: "array",
  });
  addFormats(ajv);
  for (const format of ["binary", "double", "float"]) ajv.addFormat(format, true);
  ajv.addSchema({ ...document, $id: "contract:///document" }, "contract:///document");
  DESCRIPTIONS.set(file, { document, ajv });
  return { document, ajv };
}

function described(file: string): Description {
  return opened(file).document;
}

/** What is wrong with the fields of a form. */
function formProblems(file: string, schema: string, fields: object): string[] {
  return problems(file, { $ref: `contract:///document#/components/schemas/${schema}` }, fields);
}

/** What is wrong with a parameter: as a member of something, where a text can become what it stands for. */
function parameterProblems(file: string, schema: object | false, value: string): string[] {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"contract:///document#');
  return problems(file, { properties: { value: JSON.parse(text) as object | false } }, { value });
}

function problems(file: string, schema: object, value: object): string[] {
  const validate = opened(file).ajv.compile(schema);
  if (validate(structuredClone(value))) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath || "/"} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

function examplesOf(file: string, path: string): Record<string, { value: unknown } | undefined> {
  return described(file).paths[path]?.post?.responses["200"]?.content?.["application/json"]?.examples ?? {};
}

/** `name[]` is a list of `name`, as OpenAI's libraries write it. */
function grouped(parts: readonly { name: string; value: string }[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const { name, value } of parts) {
    const key = name.replace(/\[\]$/, "");
    const before = fields[key];
    if (before === undefined) fields[key] = name === key ? value : [value];
    else fields[key] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return fields;
}
