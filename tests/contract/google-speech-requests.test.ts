import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { googleSpeech } from "../../src/protocols/google-speech.ts";
import type { SpeechPersona, SpeechRequest } from "../../src/protocols/speech-wire.ts";
import { SPEECH_SERVICES } from "../../src/providers/speech.ts";
import { Contract, contractsPresent } from "../support/contracts.ts";
import { speechAsked, speechRouteTo } from "../support/speech.ts";

const FILE = "google-gemini-official.json";
const PATH = "/v1beta/models/{model}:generateContent";
const MODELS = SPEECH_SERVICES.google?.knownModels ?? [];
const PERSONA: SpeechPersona = { id: "alfred", prompt: { style: "dry", constraints: ["Never laugh."] } };

type Body = Record<string, unknown>;

/** Every combination of what can be asked for. */
function* matrix(): Generator<Partial<SpeechRequest>> {
  for (const voice of [undefined, "Kore", "Sulafat"]) {
    for (const instructions of [undefined, "Whisper"]) {
      for (const persona of [undefined, PERSONA]) {
        for (const promptTemplate of [undefined, "audio-profile-v1"]) {
          for (const audioProfile of [undefined, "A calm voice."]) {
            const options = { promptTemplate, audioProfile, personaPrompt: audioProfile, speakerName: audioProfile };
            yield { voice, instructions, persona, options, speed: instructions ? 1.5 : undefined };
          }
        }
      }
    }
  }
}

/** The description wants the model in the body; over HTTP it is bound by the path (google.api.http). */
function bodyOf(request: Partial<SpeechRequest>, model: string): Body {
  const { request: http } = googleSpeech.build(speechAsked(request), speechRouteTo("google", { model }));
  return { ...(JSON.parse(String(http.body)) as Body), model: `models/${model}` };
}

let contract: Contract | undefined;
function problems(body: Body): string[] {
  contract ??= new Contract(FILE);
  return contract.problems("POST", PATH, body);
}

describe(`google-speech, against ${FILE}`, () => {
  test.skipIf(!contractsPresent).each(MODELS)(
    "%s: every combination is as the vendor describes it (skipped without shared/contracts)",
    (model) => {
      const wrong: Record<string, string[]> = {};
      let count = 0;
      for (const request of matrix()) {
        count++;
        const found = problems(bodyOf(request, model));
        if (found.length > 0) wrong[JSON.stringify(request)] = found;
      }
      expect({ count, wrong }).toEqual({ count: 48, wrong: {} });
    },
  );

  test.skipIf(!contractsPresent)("the check can fail (skipped without shared/contracts)", () => {
    const body = bodyOf({ voice: "Kore" }, "gemini-2.5-flash-preview-tts");
    expect(problems(body)).toEqual([]);
    expect(problems({ ...body, model: 7 })).not.toEqual([]);
    expect(problems({ ...body, contents: 7 })).not.toEqual([]);
    expect(problems({ ...body, generationConfig: { responseModalities: ["SOUND"] } })).not.toEqual([]);
    const speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: 7 } } };
    expect(problems({ ...body, generationConfig: { speechConfig } })).not.toEqual([]);
  });

  test.skipIf(!contractsPresent)(
    "no member that an open schema would let pass (skipped without shared/contracts)",
    () => {
      const { contents, generationConfig, ...rest } = bodyOf({ voice: "Kore" }, "gemini-2.5-flash-preview-tts");
      const config = generationConfig as Body;
      const speech = config.speechConfig as Body;
      const voice = speech.voiceConfig as Body;
      const [content = {}] = contents as Body[];
      const [part] = content.parts as Body[];
      const places: [string, unknown][] = [
        ["GenerateContentRequest", { contents, generationConfig, ...rest }],
        ["Content", content],
        ["Part", part],
        ["GenerationConfig", config],
        ["SpeechConfig", speech],
        ["VoiceConfig", voice],
        ["PrebuiltVoiceConfig", voice.prebuiltVoiceConfig],
      ];
      for (const [name, value] of places) {
        const known = Object.keys(properties(name));
        expect({ name, unknown: Object.keys(value as Body).filter((key) => !known.includes(key)) }).toEqual({
          name,
          unknown: [],
        });
      }
    },
  );
});

function properties(name: string): Body {
  const text = readFileSync(`${import.meta.dir}/../../../shared/contracts/${FILE}`, "utf8");
  const document = JSON.parse(text) as {
    components: { schemas: Record<string, { properties?: Body; allOf?: object[] }> };
  };
  const found = document.components.schemas[name]?.properties;
  if (!found) throw new Error(`no such schema: ${name}`);
  return found;
}
