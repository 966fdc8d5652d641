import { describe, expect, test } from "bun:test";
import { type Candidate, selectCandidates } from "../../../src/engine/candidates.ts";
import { Keyring } from "../../../src/engine/keyring.ts";
import { speechRoute } from "../../../src/engine/route.ts";
import { runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, bareContext, type Env, keyOf, loaded, refs } from "./selection.ts";

interface World extends Asked {
  env?: Env;
  config?: object;
}

function choosing({ env = {}, config = {}, fallback = [], service = "speech", ...wanted }: World) {
  const context = bareContext({ env: { HOME: "/nowhere", ...env } });
  const keyring = new Keyring(context, loaded(config, { HOME: "/nowhere", ...env }));
  return { context, chosen: selectCandidates({ fallback, service, ...wanted }, keyring) };
}
const choose = (world: World): Promise<Candidate[]> => choosing(world).chosen;
const tts = (settings: object): object => ({ messages: { tts: settings } });

describe("one that is half set up", () => {
  test("does not stand in the way of the next", async () => {
    expect(refs(await choose({ env: { SPEECH_KEY: "k", GEMINI_API_KEY: "g" } }))).toEqual([
      "google/gemini-3.1-flash-tts-preview",
    ]);
    const config = tts({ provider: "openai", providers: { openai: { apiKey: "k" } } });
    expect(refs(await choose({ env: { SPEECH_KEY: "k" }, config }))).toEqual(["openai/gpt-4o-mini-tts"]);
  });

  test("is said, and the robot's voice does not hide it", async () => {
    const error = await rejection(choose({ env: { SPEECH_KEY: "k" } }));
    expect(error).toMatchObject({ type: "usage", message: "Azure Speech wants to know the Azure region." });
  });

  test("a region makes it whole, wherever it is told", async () => {
    const blocks = tts({ providers: { "azure-speech": { region: "westeurope" } } });
    for (const world of [
      { env: { SPEECH_KEY: "k", SPEECH_REGION: "westeurope" } },
      { env: { SPEECH_KEY: "k" }, config: blocks },
    ]) {
      const [candidate] = await choose(world);
      if (!candidate) throw new Error("nobody");
      expect(speechRoute(candidate).route.baseUrl).toBe("https://westeurope.tts.speech.microsoft.com");
    }
  });

  test.each<[string, World]>([
    ["a key that cannot be sent", { env: { OPENAI_API_KEY: "a\u0001b" } }],
    ["a reference that leads nowhere", { config: tts({ providers: { elevenlabs: { apiKey: "${NOT_SET}" } } }) }],
  ])("%s is an auth error, and not the robot's voice", async (_, world) => {
    expect(await rejection(choose(world))).toMatchObject({ type: "auth" });
  });

  test("an address of the environment that is none", async () => {
    const error = await rejection(choose({ env: { OPENAI_API_KEY: "k", OPENAI_TTS_BASE_URL: "nope" } }));
    expect(error).toMatchObject({ type: "usage", message: "OPENAI_TTS_BASE_URL: expected an http(s) URL." });
  });

  test("a server of one's own for text says nothing of speech", async () => {
    const config = { models: { providers: { mine: { baseUrl: "${MINE_URL}", apiKey: "${MINE}" } } } };
    expect(refs(await choose({ config }))).toEqual(["local/flite"]);
  });
});

describe("names", () => {
  test.each<[World, string]>([
    [{ fallback: ["xai"] }, "xai/null"],
    [{ fallback: ["azure"] }, "azure-speech/null"],
    [{ fallback: ["deepgram"], service: "transcription" }, "deepgram/nova-3"],
    [{ fallback: ["whisper-cli"], service: "transcription" }, "whisper-cli/null"],
  ])("a provider alone, where it has one way only: %p", async (world, ref) => {
    const env = { OPENAI_API_KEY: "k", XAI_API_KEY: "k", DEEPGRAM_API_KEY: "k" };
    expect(refs(await choose({ ...world, env, provider: "openai" }))[1]).toBe(ref);
  });

  test.each(["speech", "transcription"] as const)("a model alone is nobody's: %s", async (service) => {
    const error = await rejection(choose({ service, env: { OPENAI_API_KEY: "k" }, model: "whisper-large-v3" }));
    expect(error).toMatchObject({
      type: "usage",
      message: '"whisper-large-v3" is not a model: write it as provider/model.',
    });
  });

  test("an absolute path is a model", async () => {
    const chosen = await choose({ service: "transcription", provider: "whisper-cli", model: "/models/ggml.bin" });
    expect(refs(chosen)).toEqual(["whisper-cli//models/ggml.bin"]);
  });
});

describe("keys of their own", () => {
  const ARK = { models: { providers: { volcengine: { apiKey: "k-ark" } } } };

  test("volcengine's key for text does not go to its speech", async () => {
    const [candidate] = await choose({
      env: { VOLCENGINE_TTS_API_KEY: "k-speech" },
      config: ARK,
      provider: "volcengine",
    });
    expect(candidate && (await keyOf(candidate))).toBe("k-speech");
    const [without] = await choose({ config: ARK, provider: "volcengine" });
    expect(without?.problem?.type).toBe("auth");
  });

  test("a persona's key and address are the nearest", async () => {
    const config = tts({
      provider: "openai",
      persona: "a",
      providers: { openai: { apiKey: "k-block", baseUrl: "https://block.example/v1" } },
      personas: { a: { providers: { openai: { apiKey: "k-persona", baseUrl: "https://persona.example/v1" } } } },
    });
    const [candidate] = await choose({ config });
    if (!candidate) throw new Error("nobody");
    expect(await keyOf(candidate)).toBe("k-persona");
    expect(speechRoute(candidate).route.baseUrl).toBe("https://persona.example/v1");
  });
});

describe("personas", () => {
  const narrator = { provider: undefined, fallbackPolicy: "fail", providers: { xai: { voice: "rex" } } };
  const env = { OPENAI_API_KEY: "k", XAI_API_KEY: "k" };

  test("one that wants settings is spoken by whoever has them", async () => {
    const chosen = await choose({ env, config: tts({ persona: "narrator", personas: { narrator } }) });
    expect(refs(chosen)).toEqual(["openai/gpt-4o-mini-tts", "xai/null"]);
    expect(chosen.map(({ problem }) => problem?.type)).toEqual(["usage", undefined]);
    expect(chosen.map(({ speech }) => speech?.personaBinding)).toEqual(["missing", "applied"]);
  });

  test("one that there is not is said", async () => {
    const { context, chosen } = choosing({ env, config: tts({ persona: "ghost", personas: { narrator } }) });
    await chosen;
    expect(context.report.warnings).toEqual(['There is no persona "ghost": nobody\'s is used. Known: narrator.']);
  });

  test("attempts say what OpenClaw's say", async () => {
    using folder = new TemporaryFolder();
    const config = tts({ provider: "xai", persona: "narrator", personas: { narrator } });
    await Bun.write(folder.file("c.json"), JSON.stringify(config));
    const args = [
      "tts",
      "convert",
      "--text",
      "Hi",
      "--config",
      folder.file("c.json"),
      "--output",
      folder.file("o.wav"),
    ];
    const { context } = await runInProcess([...args, "--fallback", "local/flite"], { env: { HOME: folder.path } });
    expect(context.report.attempts).toMatchObject([
      {
        provider: "xai",
        outcome: "skipped",
        reasonCode: "not_configured",
        persona: "narrator",
        personaBinding: "applied",
      },
      { provider: "local", outcome: "skipped", reasonCode: "not_configured", personaBinding: "missing" },
    ]);
  });
});
