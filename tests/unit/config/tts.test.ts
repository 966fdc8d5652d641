import { describe, expect, test } from "bun:test";
import { noConfig, parseConfig } from "../../../src/config/file.ts";
import { type TtsSettings, ttsSettings } from "../../../src/config/tts.ts";

const PATH = "/home/me/openclaw.json";

function settings(config: unknown, { agent, channel }: { agent?: string; channel?: string } = {}): TtsSettings {
  return ttsSettings(parseConfig(JSON.stringify(config), PATH, {}, agent), channel);
}

/** One provider's block under `messages.tts.providers`. */
function told(block: unknown): Record<string, unknown> | undefined {
  return settings({ messages: { tts: { providers: { openai: block } } } }).of(["openai"])?.options;
}

const REF = { source: "env", provider: "default", id: "MY_KEY" };

describe("without a config", () => {
  test("there is nothing, and a place where it would be", () => {
    const { of, ...rest } = ttsSettings(noConfig({}), "discord");
    expect(rest).toEqual({ place: "messages.tts.providers", personas: [] });
    expect(of(["openai"])).toBeUndefined();
  });

  test("one that says nothing of speech is the same", () => {
    expect(settings({ agents: { list: [{ id: "a" }] }, channels: { discord: {} } }, { channel: "discord" })).toEqual({
      place: "messages.tts.providers",
      personas: [],
      of: expect.any(Function),
    });
  });
});

describe("the common settings", () => {
  const tts = {
    provider: " OpenAI ",
    persona: " Alfred ",
    maxTextLength: 900,
    timeoutMs: 5000,
    prefsPath: " ~/tts.json ",
    providers: { openai: { voice: "alloy" } },
  };
  const known = { provider: "OpenAI", persona: "alfred", maxTextLength: 900, timeoutMs: 5000, prefsPath: "~/tts.json" };

  test.each([
    ["messages.tts", { messages: { tts } }],
    ["tts", { tts }],
    ["tts", { tts, messages: { tts: { provider: "xai", providers: { xai: {}, openai: { model: "m" } } } } }],
  ])("come from %s", (place, config) => {
    const found = settings(config);
    expect(found).toMatchObject({ ...known, place: `${place}.providers` });
    expect(found.of(["openai"])).toEqual({ options: { voice: "alloy" }, path: `${place}.providers.openai` });
    expect(found.of(["xai"])).toBeUndefined();
  });

  test("blank words are none", () => {
    const found = settings({ tts: { provider: " ", persona: "", prefsPath: "  " } });
    expect(Object.keys(found).sort()).toEqual(["of", "personas", "place"]);
  });
});

describe("a provider's block", () => {
  test.each<[string, object, string[], object]>([
    ["by its id", { providers: { xai: { language: "en" } } }, ["xai"], { path: "messages.tts.providers.xai" }],
    [
      "by another name of it",
      { providers: { azure: { region: "eastus" } } },
      ["azure-speech", "azure"],
      { path: "messages.tts.providers.azure", options: { region: "eastus" } },
    ],
    ["in whatever case", { providers: { " OpenAI": {} } }, ["openai"], { path: "messages.tts.providers. OpenAI" }],
    ["beside the providers", { edge: { lang: "de" } }, ["microsoft", "edge"], { path: "messages.tts.edge" }],
    [
      "among the providers before one beside them",
      { openai: { model: "old" }, providers: { openai: { model: "new" } } },
      ["openai"],
      { path: "messages.tts.providers.openai", options: { model: "new" } },
    ],
    [
      "under its own name before another",
      { microsoft: { lang: "own" }, providers: { edge: { lang: "other" } } },
      ["microsoft", "edge"],
      { path: "messages.tts.microsoft", options: { lang: "own" } },
    ],
  ])("is found %s", (_, tts, names, found) => {
    expect(settings({ messages: { tts } }).of(names)).toMatchObject(found);
  });

  test.each([
    [{ auto: "always", mode: "all" }, "mode"],
    [{ personas: { alfred: {} } }, "personas"],
    [{ modelOverrides: { enabled: true } }, "modeloverrides"],
    [{ providers: { xai: {} } }, "providers"],
    [{ providers: { xai: {} } }, "constructor"],
    [{ providers: { xai: {} } }, "tostring"],
  ])("is not what else stands in %j under %s", (tts, name) => {
    expect(settings({ messages: { tts } }).of([name])).toBeUndefined();
  });

  test("keeps what it has, references to secrets included", () => {
    const block = {
      apiKey: REF,
      headers: { "x-a": REF },
      voiceSettings: { stability: 0.5 },
      outputFormat: "opus",
      responseFormat: "mp3",
      format: "wav",
      extraBody: { list: [1, { a: null }] },
    };
    expect(told(block)).toEqual(block);
  });

  test.each<[string, object, object]>([
    ["speakerVoice", { speakerVoice: " Kore " }, { voice: "Kore" }],
    ["speakerVoiceId", { speakerVoiceId: "id" }, { voice: "id" }],
    ["voice", { voice: "alloy" }, { voice: "alloy" }],
    ["voiceId", { voiceId: "id" }, { voice: "id" }],
    ["voiceName", { voiceName: "Kore" }, { voice: "Kore" }],
    ["the newer spelling", { voiceName: "c", voice: "b", speakerVoice: "a" }, { voice: "a" }],
    ["the newer spelling of an id", { voiceId: "old", speakerVoiceId: "new" }, { voice: "new" }],
    ["voice before voiceName", { voiceName: "c", voice: "b" }, { voice: "b" }],
    ["an id before a name", { speakerVoice: "Rachel", voice: "Rachel", voiceId: "21m00" }, { voice: "21m00" }],
    ["what is not blank", { speakerVoice: " ", speakerVoiceId: null, voiceName: "Kore" }, { voice: "Kore" }],
    ["nobody", { voice: "", voiceId: null }, {}],
    ["model", { model: " tts-1 " }, { model: "tts-1" }],
    ["modelId", { modelId: "eleven_v3" }, { model: "eleven_v3" }],
    ["modelId before model", { model: "a", modelId: "b" }, { model: "b" }],
    ["what is no null", { seed: null, speed: 1.5 }, { speed: 1.5 }],
  ])("says %s once", (_, block, options) => expect(told(block) as object).toEqual(options));

  test("has no name that reaches every object's members", () => {
    const text = `{"tts":{"providers":{"__proto__":{"voice":"evil"},"openai":{
      "__proto__":{"evil":1},"constructor":{"evil":1},
      "extraBody":{"__proto__":{"evil":1},"prototype":1,"ok":{"constructor":{"evil":1},"deep":2}}}}}}`;
    const options = ttsSettings(parseConfig(text, PATH, {})).of(["openai"])?.options;
    expect(options).toEqual({ extraBody: { ok: { deep: 2 } } });
    expect(Object.keys(options?.extraBody ?? {})).toEqual(["ok"]);
    expect(Reflect.get({}, "evil")).toBeUndefined();
  });
});

describe("the agent's and the channel's", () => {
  const config = {
    messages: {
      tts: {
        provider: "openai",
        timeoutMs: 1000,
        providers: {
          openai: { apiKey: REF, speakerVoice: "alloy", model: "a", extra: { one: 1, list: [1, 2] } },
          edge: { lang: "en" },
        },
      },
    },
    agents: {
      list: [
        { id: "Plain" },
        {
          id: "My Bot!",
          tts: {
            provider: "xai",
            providers: { OpenAI: { voice: "shimmer", extra: { two: 2, list: [3] } }, microsoft: { rate: "+10%" } },
          },
        },
      ],
    },
    channels: {
      Discord: { tts: { timeoutMs: 2000, persona: "Alfred", openai: { modelId: "c", apiKey: "own" } } },
      telegram: null,
      feishu: { accounts: {} },
    },
  };

  test("lie over the common ones", () => {
    const agent = settings(config, { agent: "my-bot" });
    expect(agent).toMatchObject({ provider: "xai", timeoutMs: 1000, place: "messages.tts.providers" });
    expect(agent.of(["openai"])).toEqual({
      options: { apiKey: REF, voice: "shimmer", model: "a", extra: { one: 1, two: 2, list: [3] } },
      path: "messages.tts.providers.openai",
    });
  });

  test("are another agent's not", () => {
    const agent = settings(config, { agent: "plain" });
    expect(agent.provider).toBe("openai");
    expect(agent.of(["openai"])?.options.voice).toBe("alloy");
  });

  test("are the default agent's without a name", () => {
    const list = [{ id: "a" }, { id: "b", default: true, tts: { provider: "xai" } }];
    expect(settings({ agents: { list } }).provider).toBe("xai");
  });

  test.each(["Discord", "discord", " DISCORD "])(
    "channel %p is the nearest, and its key is the one shown",
    (channel) => {
      const found = settings(config, { agent: "my-bot", channel });
      expect(found).toMatchObject({ provider: "xai", timeoutMs: 2000, persona: "alfred" });
      expect(found.of(["openai"])).toEqual({
        options: { apiKey: "own", voice: "shimmer", model: "c", extra: { one: 1, two: 2, list: [3] } },
        path: "channels.Discord.tts.openai",
      });
    },
  );

  test("channel discord is the one that is written so, where there are two", () => {
    const channels = { DISCORD: { tts: { provider: "openai" } }, discord: { tts: { provider: "xai" } } };
    expect(settings({ channels }, { channel: "discord" }).provider).toBe("xai");
  });

  test.each(["telegram", "feishu", "slack", "", " ", "constructor"])("channel %p has none", (channel) => {
    expect(settings(config, { channel })).toMatchObject({ provider: "openai", timeoutMs: 1000 });
  });

  test("meet under any of the provider's names", () => {
    expect(settings(config, { agent: "my-bot" }).of(["microsoft", "edge"])).toEqual({
      options: { lang: "en", rate: "+10%" },
      path: "messages.tts.providers.edge",
    });
  });

  test("are found where the common settings say nothing", () => {
    const list = [{ id: "a" }, { id: "b", tts: { providers: { xai: { apiKey: "k" } } } }];
    expect(settings({ agents: { list } }, { agent: "b" }).of(["xai"])).toEqual({
      options: { apiKey: "k" },
      path: "agents.list.1.tts.providers.xai",
    });
  });

  test("take a reference to a secret whole", () => {
    const list = [{ id: "a", tts: { providers: { xai: { apiKey: { source: "env", id: "OTHER" } } } } }];
    const found = settings({ tts: { providers: { xai: { apiKey: REF } } }, agents: { list } }).of(["xai"]);
    expect(found?.options).toEqual({ apiKey: { source: "env", id: "OTHER" } });
  });

  test.each<[string, object]>([
    ["null", { voice: null, seed: null }],
    ["a blank", { speakerVoiceId: " ", seed: null }],
  ])("hide with %s what lies beneath", (_, own) => {
    const tts = { providers: { elevenlabs: { voiceId: "v", seed: 1, model: "m" } } };
    const list = [{ id: "a", tts: { providers: { elevenlabs: own } } }];
    expect(settings({ tts, agents: { list } }).of(["elevenlabs"])?.options).toEqual({ model: "m" });
  });

  test("a blank persona is none, whatever the common one is", () => {
    const list = [{ id: "a", tts: { persona: "" } }];
    expect(settings({ tts: { persona: "alfred" }, agents: { list } })).not.toHaveProperty("persona");
  });
});

describe("personas", () => {
  test("come sorted, with ids in lower case and one spelling of a voice", () => {
    const prompt = { profile: "A butler.", constraints: ["No jokes."] };
    const personas = {
      zoe: {},
      " Alfred ": {
        label: "Alfred",
        description: "Dry.",
        provider: " Google ",
        fallbackPolicy: "fail",
        prompt,
        providers: { Google: { voiceName: "Algieba", seed: null }, openai: { speakerVoice: "cedar", modelId: "m" } },
        rewrite: { enabled: true },
      },
      " ": { label: "nobody" },
    };
    expect(settings({ tts: { personas } }).personas).toEqual([
      {
        id: "alfred",
        label: "Alfred",
        description: "Dry.",
        provider: "Google",
        fallbackPolicy: "fail",
        prompt,
        providers: { google: { voice: "Algieba" }, openai: { voice: "cedar", model: "m" } },
      },
      { id: "zoe", fallbackPolicy: "preserve-persona", providers: {} },
    ]);
  });

  test("are laid over each other as the rest is", () => {
    const base = {
      label: "Alfred",
      prompt: { style: "dry", pacing: "slow", constraints: ["a"] },
      providers: { openai: { voice: "cedar", seed: 1 } },
    };
    const own = {
      prompt: { pacing: "fast", constraints: ["b"] },
      providers: { OpenAI: { speakerVoice: "ash" }, xai: { voiceId: "eve" } },
    };
    const config = {
      messages: { tts: { personas: { Alfred: base } } },
      agents: { list: [{ id: "a", tts: { personas: { alfred: own, ben: {} } } }] },
    };
    expect(settings(config).personas).toEqual([
      {
        id: "alfred",
        label: "Alfred",
        fallbackPolicy: "preserve-persona",
        prompt: { style: "dry", pacing: "fast", constraints: ["b"] },
        providers: { openai: { voice: "ash", seed: 1 }, xai: { voice: "eve" } },
      },
      { id: "ben", fallbackPolicy: "preserve-persona", providers: {} },
    ]);
  });
});
