import { describe, expect, test } from "bun:test";
import type { VoiceList } from "../../../src/protocols/speech-wire.ts";
import {
  azureVoices,
  elevenlabsVoices,
  inworldVoices,
  microsoftVoices,
  mistralVoices,
  xaiVoices,
} from "../../../src/protocols/voice-list.ts";
import { failure } from "../../support/failure.ts";

const route = (baseUrl: string) => ({ model: null, baseUrl });
const read = (list: VoiceList, json: unknown) => list.read(json);

describe("where they are asked for", () => {
  test.each([
    [elevenlabsVoices, "https://api.elevenlabs.io", "https://api.elevenlabs.io/v1/voices"],
    [elevenlabsVoices, "https://api.elevenlabs.io/v1/", "https://api.elevenlabs.io/v1/voices"],
    [
      azureVoices,
      "https://westeurope.tts.speech.microsoft.com",
      "https://westeurope.tts.speech.microsoft.com/cognitiveservices/voices/list",
    ],
    [
      azureVoices,
      "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1",
      "https://westeurope.tts.speech.microsoft.com/cognitiveservices/voices/list",
    ],
    [inworldVoices, "https://api.inworld.ai", "https://api.inworld.ai/voices/v1/voices"],
    [xaiVoices, "https://api.x.ai/v1", "https://api.x.ai/v1/tts/voices"],
    [mistralVoices, "https://api.mistral.ai/v1/", "https://api.mistral.ai/v1/audio/voices?limit=100"],
  ])("%o at %s", (list, baseUrl, url) => {
    expect(list.request(route(baseUrl), 0)).toEqual({ method: "GET", url, headers: {} });
  });

  test("Microsoft's have a proof of the time", () => {
    const { url } = microsoftVoices.request(route("http://127.0.0.1:5000/readaloud/edge/v1"), 0);
    const { origin, pathname, searchParams } = new URL(url);
    expect(origin + pathname).toBe("http://127.0.0.1:5000/readaloud/voices/list");
    // SHA-256 of the ticks of 1970 and the token that every Edge has.
    expect(searchParams.get("Sec-MS-GEC")).toBe("7ECB79D14E3AA576D2D79E6D487A1388156D91E614B1BE11C64226A29BC8DD8C");
  });
});

describe("ElevenLabs", () => {
  test("has categories, and puts the rest into labels", () => {
    const voices = [
      {
        voice_id: "21m00Tcm4TlvDq8ikWAM",
        name: "Rachel",
        category: "premade",
        description: "Calm,\nand young",
        labels: { accent: "american", gender: "female", language: "en" },
        preview_url: "https://storage.example.com/rachel.mp3",
        samples: null,
      },
      { voice_id: "pMsXgVXv3BLzUgSXRplE", name: "", category: null, description: null, labels: { gender: 7 } },
    ];
    expect(read(elevenlabsVoices, { voices })).toEqual({
      voices: [
        {
          id: "21m00Tcm4TlvDq8ikWAM",
          name: "Rachel",
          category: "premade",
          description: "Calm, and young",
          locale: "en",
          gender: "female",
        },
        { id: "pMsXgVXv3BLzUgSXRplE" },
      ],
    });
  });
});

describe("Azure", () => {
  const JENNY = {
    Name: "Microsoft Server Speech Text to Speech Voice (en-US, JennyNeural)",
    DisplayName: "Jenny",
    LocalName: "Jenny",
    ShortName: "en-US-JennyNeural",
    Gender: "Female",
    Locale: "en-US",
    Status: "GA",
    VoiceTag: { TailoredScenarios: ["Chat", "Assistant"], VoicePersonalities: ["Warm", "", 7] },
  };

  test("says what voices are for", () => {
    expect(read(azureVoices, [JENNY]).voices).toEqual([
      {
        id: "en-US-JennyNeural",
        name: "Jenny",
        description: "Chat, Assistant, Warm",
        locale: "en-US",
        gender: "Female",
        personalities: ["Warm"],
      },
    ]);
  });

  test("a voice may have a name in its own language alone", () => {
    const entry = { ShortName: "zh-CN-YunxiNeural", LocalName: "云希", Locale: "zh-CN" };
    expect(read(azureVoices, [entry]).voices).toEqual([{ id: "zh-CN-YunxiNeural", name: "云希", locale: "zh-CN" }]);
  });

  test.each([
    { Status: "Deprecated" },
    { Status: "retired" },
    { Status: "DISABLED" },
    { IsDeprecated: true },
    { IsDeprecated: "True" },
  ])("%j is not listed", (members) => {
    expect(read(azureVoices, [{ ...JENNY, ...members }]).voices).toEqual([]);
  });

  test.each([{ Status: "Preview" }, { IsDeprecated: false }, { IsDeprecated: "false" }])("%j is", (members) => {
    expect(read(azureVoices, [{ ...JENNY, ...members }]).voices).toHaveLength(1);
  });
});

test("Inworld has the gender among its tags", () => {
  const voices = [
    {
      voiceId: "Sarah",
      displayName: "Sarah",
      description: "Fast-talking young adult",
      langCode: "EN_US",
      tags: ["energetic", "female"],
      source: "SYSTEM",
    },
    { voiceId: "default-a1__my voice", displayName: "Mine", langCode: "DE_DE", tags: "male" },
  ];
  expect(read(inworldVoices, { voices }).voices).toEqual([
    {
      id: "Sarah",
      name: "Sarah",
      description: "Fast-talking young adult",
      locale: "en-US",
      gender: "female",
    },
    { id: "default-a1__my voice", name: "Mine", locale: "de-DE" },
  ]);
});

test("xAI's speak every language", () => {
  const voices = [
    { voice_id: "eve", name: "Eve", language: "multilingual", gender: "female" },
    { voice_id: "leo", name: "Leo", language: "en" },
  ];
  expect(read(xaiVoices, { voices }).voices).toEqual([
    { id: "eve", name: "Eve", gender: "female" },
    { id: "leo", name: "Leo", locale: "en" },
  ]);
});

test("Mistral's own go by a slug, a user's by a UUID", () => {
  const items = [
    {
      id: "c69964a6-ab8b-4f8a-9465-ec0925096ec8",
      name: "Paul - Neutral",
      slug: "en_paul_neutral",
      languages: ["en_us"],
      gender: "male",
      tags: ["neutral", "calm"],
      user_id: null,
    },
    {
      id: "a3e8f2b1-4c9d-4a6b-8e2f-1c3d5e7a9b0c",
      name: "Mine",
      slug: "en_paul_neutral",
      languages: ["fr", "en"],
      tags: null,
      user_id: "u1",
    },
    { id: "b0000000-4c9d-4a6b-8e2f-1c3d5e7a9b0c", slug: null, languages: [], tags: [7] },
    { id: "d0000000-4c9d-4a6b-8e2f-1c3d5e7a9b0c", slug: "a\u001b[2J" },
  ];
  expect(read(mistralVoices, { items, total: 4, page: 1, page_size: 100, total_pages: 1 }).voices).toEqual([
    { id: "en_paul_neutral", name: "Paul - Neutral", description: "neutral, calm", locale: "en-US", gender: "male" },
    { id: "a3e8f2b1-4c9d-4a6b-8e2f-1c3d5e7a9b0c", name: "Mine", locale: "fr" },
    { id: "b0000000-4c9d-4a6b-8e2f-1c3d5e7a9b0c" },
    { id: "d0000000-4c9d-4a6b-8e2f-1c3d5e7a9b0c" },
  ]);
});

test("Mistral's come in pages", () => {
  expect(mistralVoices.request(route("https://api.mistral.ai/v1"), 0, 100).url).toEndWith("?limit=100&offset=100");
  const page = { items: [{ id: "a" }, { id: "b" }], total: 5, page: 1, page_size: 2, total_pages: 3 };
  expect(mistralVoices.read(page)).toEqual({ voices: [{ id: "a" }, { id: "b" }], next: 2 });
  expect(mistralVoices.read(page, 2).next).toBe(4);
  expect(mistralVoices.read({ ...page, items: [{ id: "e" }] }, 4)).toEqual({ voices: [{ id: "e" }] });
  expect(mistralVoices.read({ ...page, items: [] }, 4)).toEqual({ voices: [] });
});

test("Microsoft's", () => {
  const entry = {
    ShortName: "en-US-AriaNeural",
    FriendlyName: "Microsoft Aria Online (Natural) - English (United States)",
    Locale: "en-US",
    Gender: "Female",
  };
  expect(read(microsoftVoices, [entry]).voices).toEqual([
    {
      id: "en-US-AriaNeural",
      name: "Microsoft Aria Online (Natural) - English (United States)",
      locale: "en-US",
      gender: "Female",
    },
  ]);
});

describe("what is no voice", () => {
  test.each([
    ["ElevenLabs", elevenlabsVoices, (entries: unknown[]) => ({ voices: entries }), "voice_id"],
    ["Azure", azureVoices, (entries: unknown[]) => entries, "ShortName"],
    ["Inworld", inworldVoices, (entries: unknown[]) => ({ voices: entries }), "voiceId"],
    ["xAI", xaiVoices, (entries: unknown[]) => ({ voices: entries }), "voice_id"],
    ["Mistral", mistralVoices, (entries: unknown[]) => ({ items: entries }), "id"],
  ] as const)("%s: it is left out, and the others stay", (_name, list, document, id) => {
    const bad = [null, "voice", [], {}, { [id]: 7 }, { [id]: " " }, { [id]: "a\u001b[2J" }, { [id]: "a\u202eb" }];
    expect(read(list, document([...bad, { [id]: " fine ", name: 7 }])).voices).toEqual([{ id: "fine" }]);
    expect(read(list, document([])).voices).toEqual([]);
  });

  test("a name does not steer a terminal", () => {
    const [voice] = read(xaiVoices, { voices: [{ voice_id: "eve", name: "Eve\u001b[2J\nAda" }] }).voices;
    expect(voice?.name).toBe("Eve[2J Ada");
  });

  test.each([
    [elevenlabsVoices, { detail: [] }],
    [elevenlabsVoices, []],
    [elevenlabsVoices, null],
    [elevenlabsVoices, { voices: {} }],
    [azureVoices, { voices: [] }],
    [azureVoices, "no"],
    [inworldVoices, { voices: null }],
    [xaiVoices, 7],
    [mistralVoices, { items: null }],
  ])("no list at all is an error", (list, json) => {
    const error = failure(() => read(list, json));
    expect({ type: error.type, message: error.message }).toEqual({
      type: "provider_error",
      message: "The answer cannot be understood: there is no list of voices in it.",
    });
  });
});
