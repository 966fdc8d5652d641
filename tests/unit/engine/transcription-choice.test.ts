import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Candidate } from "../../../src/engine/candidates.ts";
import { transcriptionRoute } from "../../../src/engine/route.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, bareContext, type Env, keyOf, loaded, refs, select } from "./selection.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const KEYS = { OPENAI_API_KEY: "k-openai", GROQ_API_KEY: "k-groq", DEEPGRAM_API_KEY: "k-deepgram" };
const MINE = { models: { providers: { mine: { baseUrl: "https://mine.example/v1", apiKey: "k-mine" } } } };

interface World extends Asked {
  env?: Env;
  config?: object;
}

function choose({ env = {}, config = {}, ...asked }: World): Promise<Candidate[]> {
  // Nothing but what the test puts there is on PATH.
  const own = { HOME: folder.path, PATH: folder.file("bin"), ...env };
  return select({ ...asked, service: "transcription" }, loaded(config, own), bareContext({ env: own }));
}

async function first(world: World): Promise<Candidate> {
  const [candidate] = await choose(world);
  if (!candidate) throw new Error("no candidate");
  return candidate;
}

const audio = (settings: object, models: object[] = []) => ({ tools: { media: { audio: { ...settings, models } } } });
const GROQ = { provider: "groq", model: "whisper-large-v3" };

describe("the order", () => {
  test.each<[string, World, string[]]>([
    ["OpenClaw's first with a key", { env: KEYS }, ["openai/gpt-4o-transcribe"]],
    ["its next", { env: { DEEPGRAM_API_KEY: "k", GROQ_API_KEY: "k" } }, ["groq/whisper-large-v3-turbo"]],
    ["--provider", { env: KEYS, provider: "deepgram" }, ["deepgram/nova-3"]],
    ["--model", { env: KEYS, model: "openai/whisper-1" }, ["openai/whisper-1"]],
    [
      "--model and a fallback, not the config",
      { env: KEYS, model: "openai/whisper-1", fallback: ["deepgram/nova-2"], config: audio({}, [GROQ]) },
      ["openai/whisper-1", "deepgram/nova-2"],
    ],
    [
      "the config's entries in their order",
      { env: KEYS, config: audio({}, [{ provider: "deepgram" }, GROQ]) },
      ["deepgram/nova-3", "groq/whisper-large-v3"],
    ],
    [
      "the config's entries, then --fallback",
      { env: KEYS, config: audio({}, [GROQ]), fallback: ["openai/whisper-1"] },
      ["groq/whisper-large-v3", "openai/whisper-1"],
    ],
    [
      "the provider that answers in text",
      { env: KEYS, config: { agents: { defaults: { model: "groq/llama-3.3-70b" } } } },
      ["groq/whisper-large-v3-turbo"],
    ],
    [
      "one that the config has",
      { env: KEYS, config: { models: { providers: { mistral: { apiKey: "k" } } } } },
      ["mistral/voxtral-mini-latest"],
    ],
    ["a config-only server is not asked by itself", { env: KEYS, config: MINE }, ["openai/gpt-4o-transcribe"]],
    [
      "nor is a server whose models only its owner knows",
      {
        env: { LITELLM_API_KEY: "k", VLLM_API_KEY: "k", DEEPGRAM_API_KEY: "k" },
        config: { models: { providers: { litellm: { apiKey: "k" }, vllm: { apiKey: "k" } } } },
      },
      ["deepgram/nova-3"],
    ],
  ])("%s", async (_, world, expected) => {
    expect(refs(await choose(world))).toEqual(expected);
  });

  test("of the shared list, what is for sound", async () => {
    const models = [
      { provider: "openai", model: "gpt-4o", capabilities: ["image"] },
      { provider: "deepgram" },
      { provider: "anthropic", model: "claude-opus-4-6" },
      { provider: "mine", model: "hear", capabilities: ["audio"] },
    ];
    const media = { models, audio: { models: [GROQ] } };
    const candidates = await choose({ env: KEYS, config: { ...MINE, tools: { media } } });
    expect(refs(candidates)).toEqual(["groq/whisper-large-v3", "deepgram/nova-3", "mine/hear"]);
    expect(candidates.map(({ reason }) => reason)).toEqual([
      "tools.media.audio.models.0 in /home/me/openclaw.json",
      "tools.media.models.1 in /home/me/openclaw.json",
      "tools.media.models.3 in /home/me/openclaw.json",
    ]);
  });

  test("an entry that nobody knows is skipped with its reason", async () => {
    const [unknown, next] = await choose({ env: KEYS, config: audio({}, [{ provider: "acme" }, GROQ]) });
    expect(unknown?.problem).toMatchObject({ type: "not_found", message: 'There is no provider "acme".' });
    expect(next?.problem).toBeUndefined();
  });

  test("enabled: false is refused, unless argv names one", async () => {
    const config = audio({ enabled: false }, [GROQ]);
    const error = await rejection(choose({ env: KEYS, config }));
    expect(error).toMatchObject({
      type: "refused",
      message: "tools.media.audio.enabled is false in /home/me/openclaw.json.",
    });
    expect(error.details.hint).toContain("--model");
    expect(refs(await choose({ env: KEYS, config, model: "openai/whisper-1" }))).toEqual(["openai/whisper-1"]);
  });

  test("nothing is set up: the shortest way to make it work", async () => {
    const error = await rejection(choose({}));
    expect(error).toMatchObject({ type: "auth", message: "No provider for transcription is set up." });
    for (const word of ["OPENAI_API_KEY", "WHISPER_CPP_MODEL"]) expect(error.details.hint).toContain(word);
  });

  test("a provider that does not hear", async () => {
    const { problem } = await first({ env: { ANTHROPIC_API_KEY: "k" }, provider: "anthropic" });
    expect(problem).toMatchObject({ type: "not_found", message: "infer has no transcription through Anthropic." });
    expect(problem?.details.hint).toContain("deepgram");
  });
});

describe.skipIf(process.platform === "win32")("a program on this machine", () => {
  function install(name: string): void {
    mkdirSync(folder.file("bin"), { recursive: true });
    writeFileSync(folder.file(`bin/${name}`), "#!/bin/sh\n", { mode: 0o755 });
  }

  test("hears where there is no key", async () => {
    install("whisper");
    const candidate = await first({});
    expect(refs([candidate])).toEqual(["whisper/turbo"]);
    expect(candidate).toMatchObject({ reason: "a program on this machine" });
    expect(candidate.problem).toBeUndefined();
    expect(refs(await choose({ env: KEYS }))).toEqual(["openai/gpt-4o-transcribe"]);
  });

  test("that the config names and is not there cannot be tried", async () => {
    const models = [{ provider: "whisper" }, { provider: "groq" }];
    const [missing, next] = await choose({ env: KEYS, config: audio({}, models) });
    expect(missing?.problem).toMatchObject({ type: "not_found", message: "There is no program whisper on PATH." });
    expect(next?.problem).toBeUndefined();
    install("whisper");
    expect((await first({ env: KEYS, config: audio({}, models) })).problem).toBeUndefined();
  });

  test("one without its model is passed over", async () => {
    install("whisper-cli");
    expect(await rejection(choose({}))).toMatchObject({ type: "auth" });
    writeFileSync(folder.file("ggml-base.bin"), "model");
    const env = { WHISPER_CPP_MODEL: folder.file("ggml-base.bin") };
    expect(refs(await choose({ env }))).toEqual(["whisper-cli/ggml-base.bin"]);
  });
});

describe("what the config says of them", () => {
  const common = { prompt: " Names: Ada ", language: "de", maxChars: 500, maxBytes: 1000, timeoutSeconds: 30 };
  const terms = { prompt: "Names: Ada", language: "de", maxChars: 500, maxBytes: 1000, timeoutMs: 30_000 };

  test("the common settings, and over them the entry's", async () => {
    const config = audio(common, [GROQ, { provider: "openai", language: "fr", maxBytes: 5, timeoutSeconds: 1 }]);
    const [groq, openai] = await choose({ env: KEYS, config });
    expect(groq?.media).toEqual({ ...terms, namesModel: true });
    expect(openai?.media).toEqual({ ...terms, language: "fr", maxBytes: 5, timeoutMs: 1000 });
  });

  test("also of one that is chosen by its key, and not of one that argv names", async () => {
    expect((await first({ env: KEYS, config: audio(common) })).media).toEqual(terms);
    expect((await first({ env: KEYS, config: audio(common), provider: "openai" })).media).toBeUndefined();
  });

  test("the vendor's own options go to that vendor", async () => {
    const providerOptions = { deepgram: { smartFormat: true, punctuate: false }, groq: { temperature: 0 } };
    const config = audio({ providerOptions, deepgram: { detectLanguage: true, punctuate: true } }, [
      { model: "deepgram/nova-3", providerOptions: { deepgram: { punctuate: true } } },
      GROQ,
      { provider: "openai" },
    ]);
    const candidates = await choose({ env: KEYS, config });
    expect(candidates.map((candidate) => transcriptionRoute(candidate).route.options)).toEqual([
      { detect_language: true, punctuate: true, smart_format: true },
      { temperature: 0 },
      {},
    ]);
  });

  test("addresses: the entry's before the common one before the provider's", async () => {
    const at = async (settings: object, entry: object) => {
      const models = { providers: { groq: { baseUrl: "https://main.example/v1" } } };
      const config = { models, ...audio(settings, [{ ...GROQ, ...entry }]) };
      return transcriptionRoute(await first({ env: KEYS, config })).route.baseUrl;
    };
    const common = { baseUrl: "https://common.example/v1" };
    expect(await at({}, {})).toBe("https://main.example/v1");
    expect(await at(common, {})).toBe("https://common.example/v1");
    expect(await at(common, { baseUrl: "https://entry.example/v1" })).toBe("https://entry.example/v1");
  });

  describe("the address of tools.media.audio is for everybody", () => {
    const HERE = { baseUrl: "http://127.0.0.1:9/v1" };
    const at = async (world: World) => {
      const candidate = await first(world);
      expect(candidate.problem).toBeUndefined();
      const { model, baseUrl } = transcriptionRoute(candidate).route;
      return `${baseUrl} ${model}`;
    };
    const config = { ...audio(HERE), models: { providers: { groq: { baseUrl: "https://main.example/v1" } } } };

    test.each<[string, World, string]>([
      ["that --provider names", { env: KEYS, provider: "openai" }, "gpt-4o-transcribe"],
      [
        "that --model names, over the provider's own",
        { env: KEYS, model: "groq/whisper-large-v3" },
        "whisper-large-v3",
      ],
      ["that --provider names, without a key", { provider: "openai" }, "gpt-4o-transcribe"],
      // The first that the config has.
      ["that nobody names, without a key", {}, "whisper-large-v3-turbo"],
      [
        "whose address is in a variable",
        { env: { DEEPGRAM_BASE_URL: "https://v.example" }, provider: "deepgram" },
        "nova-3",
      ],
    ])("%s", async (_, world, model) => {
      expect(await at({ ...world, config })).toBe(`http://127.0.0.1:9/v1 ${model}`);
    });

    test("so are its headers, which set nothing up", async () => {
      const headers = { "x-team": "7" };
      expect((await first({ env: KEYS, provider: "openai", config: audio({ headers }) })).headers).toEqual(headers);
      expect(await rejection(choose({ config: audio({ headers }) }))).toMatchObject({ type: "auth" });
    });

    test("not for a program on this machine", async () => {
      const { provider } = await first({ provider: "whisper", config: audio(HERE) });
      expect(provider.baseUrl).toBe("");
    });
  });

  describe("the address of an entry is for its provider, also where argv names it", () => {
    const A = { baseUrl: "https://a.example/v1" };
    const B = { baseUrl: "https://b.example/v1" };
    const at = async (models: object[], world: World, settings: object = {}) => {
      const { model, baseUrl } = transcriptionRoute(
        await first({ env: KEYS, config: audio(settings, models), ...world }),
      ).route;
      return `${baseUrl} ${model}`;
    };
    const OPENAI = "https://api.openai.com/v1";

    test.each<[string, object[], World, string]>([
      ["no model", [{ provider: "openai", ...A }], { model: "openai/whisper-1" }, `${A.baseUrl} whisper-1`],
      [
        "the same model",
        [{ model: "openai/whisper-1", ...A }],
        { model: "openai/whisper-1" },
        `${A.baseUrl} whisper-1`,
      ],
      [
        "another model",
        [{ provider: "openai", model: "whisper-1", ...A }],
        { model: "openai/gpt-4o-transcribe" },
        `${OPENAI} gpt-4o-transcribe`,
      ],
      [
        "a model, and argv has none",
        [{ provider: "openai", model: "local", ...A }],
        { provider: "openai" },
        `${A.baseUrl} local`,
      ],
      [
        "no model, and the next one has this model",
        [
          { provider: "openai", ...A },
          { provider: "openai", model: "whisper-1", ...B },
        ],
        { model: "openai/whisper-1" },
        `${B.baseUrl} whisper-1`,
      ],
      ["another provider", [{ provider: "groq", ...A }], { model: "openai/whisper-1" }, `${OPENAI} whisper-1`],
      ["a program", [{ type: "cli", command: "hear", ...A }], { provider: "openai" }, `${OPENAI} gpt-4o-transcribe`],
    ])("it has %s", async (_, models, world, expected) => {
      expect(await at(models, world)).toBe(expected);
    });

    test("it is nearer than the common one", async () => {
      expect(await at([{ provider: "openai", ...A }], { provider: "openai" }, B)).toBe(
        `${A.baseUrl} gpt-4o-transcribe`,
      );
    });

    test("and not for another entry of the provider", async () => {
      const models = [{ provider: "openai", ...A }, { provider: "openai" }];
      const candidates = await choose({ env: KEYS, config: audio({}, models) });
      expect(candidates.map(({ provider }) => provider.baseUrl)).toEqual([A.baseUrl, OPENAI]);
    });

    test("a server without a model of its own is asked for its entry's", async () => {
      const config = { ...MINE, ...audio({}, [{ provider: "mine", model: "hear" }]) };
      expect(refs(await choose({ config, provider: "mine" }))).toEqual(["mine/hear"]);
    });
  });

  test("a variable moves the service of that vendor", async () => {
    const env = { ...KEYS, DEEPGRAM_BASE_URL: "https://eu.deepgram.example/v1" };
    const candidate = await first({ env, provider: "deepgram" });
    expect(transcriptionRoute(candidate).route.baseUrl).toBe("https://eu.deepgram.example/v1");
  });

  test("a program", async () => {
    const entry = { type: "cli", command: " hear ", args: ["{{MediaPath}}"], maxChars: 9 };
    const candidate = await first({ config: audio({ language: "de" }, [entry]) });
    expect(candidate).toMatchObject({
      provider: { id: "cli", name: "hear" },
      model: "hear",
      program: { command: "hear", args: ["{{MediaPath}}"] },
      media: { language: "de", maxChars: 9 },
    });
    const nameless = await first({ config: audio({}, [{ type: "cli", args: [] }]) });
    expect(nameless.problem).toMatchObject({
      type: "usage",
      message: "tools.media.audio.models.0.command is missing.",
    });
  });

  test("a server like OpenAI's that only the config knows hears with a named model", async () => {
    const candidate = await first({ config: MINE, model: "mine/hear" });
    expect(candidate.problem).toBeUndefined();
    expect(await keyOf(candidate)).toBe("k-mine");
    expect(transcriptionRoute(candidate).route).toMatchObject({ model: "hear", baseUrl: "https://mine.example/v1" });
    expect((await first({ config: MINE, provider: "mine" })).problem?.type).toBe("usage");
  });

  test.each([
    ["litellm", "https://llm.example"],
    ["vllm", "https://llm.example/v1"],
  ])("%s hears with a named model", async (id, baseUrl) => {
    const config = { models: { providers: { [id]: { baseUrl, apiKey: "k" } } } };
    const candidate = await first({ config, model: `${id}/whisper` });
    expect(candidate.problem).toBeUndefined();
    expect(transcriptionRoute(candidate).route).toMatchObject({ model: "whisper", baseUrl });
    expect((await first({ config, provider: id })).problem?.type).toBe("usage");
  });

  test("an entry of the shared list that says nothing of sound is for what its server is known for", async () => {
    const config = { tools: { media: { models: [{ provider: "litellm", model: "gpt-4o" }] } } };
    expect(refs(await choose({ env: KEYS, config }))).toEqual(["openai/gpt-4o-transcribe"]);
    const said = { tools: { media: { models: [{ provider: "litellm", model: "asr", capabilities: ["audio"] }] } } };
    expect(refs(await choose({ env: KEYS, config: said }))).toEqual(["litellm/asr"]);
  });
});
