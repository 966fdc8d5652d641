import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { deepgramSpeech } from "../../src/protocols/deepgram-speech.ts";
import { elevenlabsSpeech } from "../../src/protocols/elevenlabs-speech.ts";
import { mistralSpeech } from "../../src/protocols/mistral-speech.ts";
import { openaiSpeech } from "../../src/protocols/openai-speech.ts";
import type { SpeechProtocol, SpeechRequest, SpeechRoute } from "../../src/protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../../src/providers/speech.ts";
import { Contract, contractsPresent } from "../support/contracts.ts";
import { speechAsked, speechRouteTo } from "../support/speech.ts";

type Body = Record<string, unknown>;

interface Wire {
  protocol: SpeechProtocol;
  provider: string;
  contract: string;
  /** Of the request in the vendor's description. */
  path: string;
  /** The member that holds the text. */
  about: string;
  /** Of the members of a body, in the description. */
  schema: string;
  /** Settings of the config, each with all that is worth trying of it. */
  options: readonly Body[];
}

const WIRES: readonly Wire[] = [
  {
    protocol: openaiSpeech,
    provider: "openai",
    contract: "openai.json",
    path: "/audio/speech",
    about: "input",
    schema: "CreateSpeechRequest",
    options: [
      {},
      { speed: 0.25, instructions: "Be brisk" },
      { speed: 7, instructions: 7 },
      { extraBody: { stream_format: "audio" } },
    ],
  },
  {
    protocol: elevenlabsSpeech,
    provider: "elevenlabs",
    contract: "elevenlabs.json",
    path: "/v1/text-to-speech/{voice_id}",
    about: "text",
    schema: "Body_text_to_speech_full",
    options: [
      {},
      { seed: 4_294_967_295, languageCode: "DE", applyTextNormalization: "OFF", latencyTier: 4 },
      { voiceSettings: { stability: 0, similarityBoost: 1, style: 1, useSpeakerBoost: false, speed: 1.1 } },
      { voiceSettings: { stability: 2, similarityBoost: "1" }, seed: -1, latencyTier: 7 },
    ],
  },
  {
    protocol: mistralSpeech,
    provider: "mistral",
    contract: "mistral.json",
    path: "/v1/audio/speech",
    about: "input",
    schema: "SpeechRequest",
    options: [{}],
  },
  {
    protocol: deepgramSpeech,
    provider: "deepgram",
    contract: "deepgram.json",
    path: "/v1/speak",
    about: "text",
    schema: "SpeakV1Request",
    options: [{}],
  },
  // <google>: the wire of the same name is put beside these.
];

/** Every combination of what a person can ask for that has a place in a request. */
function* matrix({ provider, options: settings }: Wire): Generator<[Partial<SpeechRequest>, SpeechRoute]> {
  const service = SPEECH_SERVICES[provider];
  if (!service) throw new Error(`no speech through ${provider}`);
  const { min, max } = service.speed ?? { min: 1, max: 1 };
  const voices = service.voices?.map(({ id }) => id) ?? [service.defaultVoice];
  for (const model of service.knownModels ?? [null]) {
    for (const form of Object.values(service.formats)) {
      for (const speed of [undefined, min, 1, max]) {
        for (const instructions of [undefined, "Whisper"]) {
          for (const options of settings) {
            for (const persona of [undefined, { id: "alfred", prompt: { style: "warm" } }]) {
              for (const voice of voices) {
                const request = { voice, form, speed, instructions, options, persona };
                yield [request, speechRouteTo(provider, { model })];
              }
            }
          }
        }
      }
    }
  }
}

function builtBy({ protocol }: Wire, request: Partial<SpeechRequest>, route: SpeechRoute) {
  const { request: http } = protocol.build(speechAsked(request), route);
  return { body: JSON.parse(String(http.body)) as Body, query: new URL(http.url).searchParams };
}

/** Reading a description takes a while: each is read once, and only when a test needs it. */
const CONTRACTS = new Map<string, Contract>();
function contractOf(file: string): Contract {
  const known = CONTRACTS.get(file) ?? new Contract(file);
  CONTRACTS.set(file, known);
  return known;
}

describe.each(WIRES)("$provider, against $contract", (wire) => {
  const { contract, path, about, schema } = wire;

  test.skipIf(!contractsPresent)(
    "every combination is as the vendor describes it (skipped without shared/contracts)",
    () => {
      const wrong = new Map<string, string[]>();
      let count = 0;
      for (const [request, route] of matrix(wire)) {
        const { body } = builtBy(wire, request, route);
        const problems = contractOf(contract).problems("POST", path, body);
        const known = describedMembers(contract, schema);
        const undescribed = Object.keys(body).filter((key) => !known.includes(key));
        if (problems.length + undescribed.length > 0) wrong.set(JSON.stringify(body), [...problems, ...undescribed]);
        count++;
      }
      expect(Object.fromEntries(wrong)).toEqual({});
      expect(count).toBeGreaterThan(500);
    },
  );

  test.skipIf(!contractsPresent)("the check can fail (skipped without shared/contracts)", () => {
    const [[request, route] = [{}, speechRouteTo(wire.provider)]] = matrix(wire);
    const { body } = builtBy(wire, request, route);
    const check = (changed: Body) => contractOf(contract).problems("POST", path, changed);
    expect(check(body)).toEqual([]);
    expect(check({ ...body, [about]: 7 })).not.toEqual([]);
    expect(check({ ...body, [about]: undefined })).not.toEqual([]);
  });
});

describe("ElevenLabs' query, against elevenlabs.json", () => {
  const wire = WIRES.find(({ provider }) => provider === "elevenlabs");

  test.skipIf(!contractsPresent)("has values that are described (skipped without shared/contracts)", () => {
    if (!wire) throw new Error("no such wire");
    const parameters = descriptionOf(wire.contract).paths[wire.path]?.post?.parameters ?? [];
    const formats = parameters.find(({ name }) => name === "output_format")?.schema.enum ?? [];
    expect(formats).toContain("mp3_44100_128");
    const names = parameters.filter((one) => one.in === "query").map(({ name }) => name);
    for (const [request, route] of matrix(wire)) {
      const { query } = builtBy(wire, request, route);
      expect(formats).toContain(query.get("output_format"));
      expect([...query.keys()].filter((key) => !names.includes(key))).toEqual([]);
    }
  });
});

describe("Deepgram's query, against deepgram.json", () => {
  const wire = WIRES.find(({ provider }) => provider === "deepgram");
  /** A parameter's values: each kind of encoding has its own. */
  const valuesOf = (name: string) =>
    Object.entries(descriptionOf("deepgram.json").components.schemas).flatMap(([schema, described]) =>
      new RegExp(`^V1SpeakPostParameters${name}\\d*$`).test(schema) ? (described?.enum ?? []) : [],
    );

  test.skipIf(!contractsPresent)("has values that are described (skipped without shared/contracts)", () => {
    if (!wire) throw new Error("no such wire");
    const parameters = descriptionOf(wire.contract).paths[wire.path]?.post?.parameters ?? [];
    const names = parameters.filter((one) => one.in === "query").map(({ name }) => name);
    expect(names).toContain("model");
    const described = new Map([
      ["model", valuesOf("Model")],
      ["encoding", valuesOf("Encoding")],
      ["container", valuesOf("Container")],
      ["sample_rate", valuesOf("SampleRate")],
    ]);
    for (const [request, route] of matrix(wire)) {
      for (const [name, value] of builtBy(wire, request, route).query) {
        expect(names).toContain(name);
        if (name === "speed") expect(Number(value)).toBeGreaterThan(0);
        else expect(described.get(name)).toContain(value);
      }
    }
  });

  test.skipIf(!contractsPresent)("knows every voice of Aura-2 (skipped without shared/contracts)", () => {
    const voices = valuesOf("Model").filter((id) => /^aura-2-/.test(String(id)));
    expect(voices).toHaveLength(91);
    expect(SPEECH_SERVICES.deepgram?.voices?.map(({ id }) => id).toSorted()).toEqual(voices.toSorted() as string[]);
  });
});

test.skipIf(!contractsPresent)("OpenAI's longest text is the described one (skipped without shared/contracts)", () => {
  const described = descriptionOf("openai.json").components.schemas.CreateSpeechRequest?.properties?.input?.maxLength;
  expect(described).toBe(4096);
  expect(SPEECH_SERVICES.openai?.longest).toEqual({ characters: 4096 });
});

interface Description {
  components: {
    schemas: Record<string, { enum?: unknown[]; properties?: Record<string, { maxLength?: number }> } | undefined>;
  };
  paths: Record<string, { post?: { parameters?: Parameter[] } } | undefined>;
}

interface Parameter {
  name: string;
  in: string;
  schema: { enum?: unknown[] };
}

const DESCRIPTIONS = new Map<string, Description>();
function descriptionOf(file: string): Description {
  const text = () => readFileSync(`${import.meta.dir}/../../../shared/contracts/${file}`, "utf8");
  const known = DESCRIPTIONS.get(file) ?? (JSON.parse(text()) as Description);
  DESCRIPTIONS.set(file, known);
  return known;
}

/** An open schema would let any other member pass. */
function describedMembers(file: string, schema: string): string[] {
  const { properties } = descriptionOf(file).components.schemas[schema] ?? {};
  if (!properties) throw new Error(`no schema ${schema}`);
  return Object.keys(properties);
}
