import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { type Candidate, selectCandidates } from "../../../src/engine/candidates.ts";
import { Keyring } from "../../../src/engine/keyring.ts";
import { speechRoute } from "../../../src/engine/route.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, bareContext, type Env, keyOf, loaded, refs, select } from "./selection.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** Both of these speak. */
const KEYS = { OPENAI_API_KEY: "k-openai", ELEVENLABS_API_KEY: "k-elevenlabs" };
const OPENAI = "openai/gpt-4o-mini-tts";
const ELEVENLABS = "elevenlabs/eleven_multilingual_v2";
const MINE = { models: { providers: { mine: { baseUrl: "https://mine.example/v1", apiKey: "k-mine" } } } };

interface World extends Asked {
  env?: Env;
  config?: object;
  channel?: string;
}

async function choose({ env = {}, config = {}, fallback = [], ...wanted }: World): Promise<Candidate[]> {
  const own = { HOME: folder.path, ...env };
  const keyring = new Keyring(bareContext({ env: own }), loaded(config, own));
  return selectCandidates({ fallback, ...wanted, service: "speech" }, keyring);
}

async function first(world: World): Promise<Candidate> {
  const [candidate] = await choose(world);
  if (!candidate) throw new Error("no candidate");
  return candidate;
}

/** The user's preference, as `tts set-provider --local` keeps it. */
function prefer(tts: object): string {
  const place = folder.file(".local/state/infer/settings");
  mkdirSync(place, { recursive: true });
  writeFileSync(`${place}/tts.json`, JSON.stringify({ tts }));
  return `${place}/tts.json`;
}

const tts = (settings: object): { messages: object } => ({ messages: { tts: settings } });
const persona = (settings: object, id = "narrator"): object => ({ persona: id, personas: { narrator: settings } });
/** Beside the two keys. */
const both = (settings: object): World => ({ env: KEYS, config: tts(settings) });
const OTHER = { provider: "elevenlabs" };

describe("the order", () => {
  test.each<[string, World, string[]]>([
    ["nothing is set up", {}, ["local/flite"]],
    ["OpenClaw's first with a key", { env: { ...KEYS, XAI_API_KEY: "k" } }, [OPENAI]],
    ["its next", { env: { XAI_API_KEY: "k", ELEVENLABS_API_KEY: "k" } }, [ELEVENLABS]],
    ["a key of a vendor that only hears", { env: { SENSEAUDIO_API_KEY: "k" } }, ["local/flite"]],
    [
      "vendors that OpenClaw does not know to speak, last",
      { env: { DEEPGRAM_API_KEY: "k", VYDRA_API_KEY: "k" } },
      ["vydra/elevenlabs/tts"],
    ],
    ["a server whose models only its owner knows", { env: { LITELLM_API_KEY: "k" } }, ["local/flite"]],
    ["that server, once it is named", { env: { LITELLM_API_KEY: "k" }, model: "litellm/tts-1" }, ["litellm/tts-1"]],
    ["--provider", { env: KEYS, ...OTHER }, [ELEVENLABS]],
    ["--model, --fallback", { env: KEYS, model: OPENAI, fallback: ["local/flite"] }, [OPENAI, "local/flite"]],
    ["the config's, then all that are set up", both({ provider: "elevenlabs" }), [ELEVENLABS, OPENAI]],
    ["September's place", { env: KEYS, config: { tts: { provider: "elevenlabs" } } }, [ELEVENLABS, OPENAI]],
    ["never the embedded one", both({ ...OTHER, providers: { local: { voice: "rms" } } }), [ELEVENLABS, OPENAI]],
    ["nobody else is set up", { env: { OPENAI_API_KEY: "k" }, config: tts({ provider: "openai" }) }, [OPENAI]],
    ["the persona's before the config's", both({ provider: "openai", ...persona(OTHER) }), [ELEVENLABS, OPENAI]],
    ["no such persona", both({ provider: "openai", ...persona(OTHER, "gone") }), [OPENAI, ELEVENLABS]],
    ["Microsoft, once it is named", { provider: "microsoft" }, ["microsoft/null"]],
    ["Microsoft, once the config names it", { config: tts({ provider: "edge" }) }, ["microsoft/null"]],
    [
      "a program that the config has",
      { config: tts({ providers: { cli: { command: "x" } } }) },
      ["tts-local-cli/null"],
    ],
    ["a block alone", { config: tts({ providers: { elevenlabs: { apiKey: "k" } } }) }, [ELEVENLABS]],
    ["no config-only one by itself", { env: KEYS, config: { ...tts(OTHER), ...MINE } }, [ELEVENLABS, OPENAI]],
  ])("%s", async (_, world, expected) => {
    expect(refs(await choose(world))).toEqual(expected);
  });

  test("a program that the config names, and that is not there, cannot be tried", async () => {
    const block = { provider: "tts-local-cli", providers: { "tts-local-cli": { command: "no-such-speaker" } } };
    const [candidate] = await choose({ config: tts(block) });
    expect(candidate?.problem?.type).toBe("not_found");
  });

  test("argv before the preference, that before the persona and the config", async () => {
    const config = tts({ provider: "openai", ...persona({ provider: "openai" }) });
    const file = prefer({ provider: "elevenlabs" });
    const [candidate] = await choose({ env: KEYS, config });
    expect(candidate).toMatchObject({ provider: { id: "elevenlabs" }, reason: `the preference in ${file}` });
    expect(refs(await choose({ env: KEYS, config, provider: "xai" }))).toEqual(["xai/null"]);
  });

  test("the reason names the place", async () => {
    const config = tts({ provider: "openai", ...persona({ provider: "elevenlabs" }) });
    const reasons = async (world: World) => (await choose({ env: KEYS, ...world })).map(({ reason }) => reason);
    expect(await reasons({ config })).toEqual(["persona narrator", "set up beside elevenlabs"]);
    const place = "messages.tts.provider in /home/me/openclaw.json";
    expect(await reasons({ config: tts({ provider: "openai" }) })).toEqual([place, "set up beside openai"]);
  });

  test("the preferred persona is another one, or none", async () => {
    const personas = { narrator: { provider: "elevenlabs" }, host: { provider: "openai" } };
    const config = tts({ persona: "narrator", personas });
    prefer({ persona: "host" });
    expect((await first({ env: KEYS, config })).speech?.persona?.id).toBe("host");
    prefer({ persona: null });
    const candidate = await first({ env: KEYS, config });
    expect(candidate.reason).toBe("the first provider with a credential (OPENAI_API_KEY)");
    expect(candidate.speech?.persona).toBeUndefined();
  });

  test("one that nobody knows is skipped with its reason, and the next is tried", async () => {
    prefer({ provider: "acme-voice" });
    const [unknown, ...others] = await choose({ env: KEYS });
    expect(unknown).toMatchObject({ provider: { id: "acme-voice" }, problem: { type: "not_found" } });
    expect(unknown?.problem?.message).toBe('There is no provider "acme-voice".');
    expect(refs(others)).toEqual([OPENAI, ELEVENLABS]);
  });

  test("one that does not speak is skipped, too", async () => {
    const [mute, next] = await choose(both({ provider: "senseaudio" }));
    expect(mute?.problem).toMatchObject({ type: "not_found", message: "infer has no speech through SenseAudio." });
    expect(next?.provider.id).toBe("openai");
  });
});

describe("names", () => {
  test.each([
    ["Azure", "azure-speech"],
    ["bytedance", "volcengine"],
    ["edge", "microsoft"],
    ["cli", "tts-local-cli"],
  ])("%s speaks as %s", async (name, id) => {
    expect((await first({ provider: name })).provider.id).toBe(id);
    expect((await first({ config: tts({ provider: name }) })).provider.id).toBe(id);
  });

  test("azure still gives text by itself", async () => {
    expect(refs(await select({ model: "azure/gpt" }, loaded({})))).toEqual(["azure-openai/gpt"]);
  });

  test("a block under the other name counts", async () => {
    const config = tts({ providers: { azure: { apiKey: "k-block", region: "westeurope" } } });
    const candidate = await first({ provider: "azure-speech", config });
    expect(await keyOf(candidate)).toBe("k-block");
    expect(speechRoute(candidate).route.baseUrl).toBe("https://westeurope.tts.speech.microsoft.com");
  });

  test("a provider that is unknown everywhere", async () => {
    const error = await rejection(choose({ provider: "elevenlab" }));
    expect(error).toMatchObject({ type: "not_found", message: 'There is no provider "elevenlab".' });
    expect(error.details.hint).toContain("elevenlabs");
  });

  test("a model where there is none to choose", async () => {
    const { problem } = await first({ env: { XAI_API_KEY: "k" }, model: "xai/grok-tts" });
    expect(problem?.type).toBe("usage");
    expect(problem?.message).toBe('xAI has no models to choose from, and was given "grok-tts".');
  });

  test("a server like OpenAI's that only the config knows speaks with a named model", async () => {
    const candidate = await first({ config: MINE, model: "mine/kokoro" });
    expect(candidate).toMatchObject({ provider: { id: "mine" }, model: "kokoro" });
    expect(candidate.problem).toBeUndefined();
    expect(speechRoute(candidate).route).toMatchObject({ model: "kokoro", baseUrl: "https://mine.example/v1" });
    expect((await first({ config: MINE, provider: "mine" })).problem?.type).toBe("usage");
  });

  test("one with another wire does not", async () => {
    const entry = { ...MINE.models.providers.mine, api: "anthropic-messages" };
    const { problem } = await first({ config: { models: { providers: { mine: entry } } }, model: "mine/m" });
    expect(problem).toMatchObject({ type: "not_found", message: "infer has no speech through mine." });
  });
});

describe("settings, nearest first: the persona's, the block's, the environment's", () => {
  test("options and the model", async () => {
    const env = { MINIMAX_API_KEY: "k", MINIMAX_TTS_MODEL: "speech-env", MINIMAX_TTS_VOICE_ID: "env" };
    const options = async (settings: object) => {
      const { speech, model } = await first({ env, provider: "minimax", config: tts(settings) });
      return { model, ...speech?.options };
    };
    const block = { minimax: { voiceId: "block", vol: 2 } };
    const binding = persona({ providers: { MiniMax: { voice: "persona", model: "speech-persona" } } });
    expect<unknown>(await options({})).toEqual({ model: "speech-env", voice: "env" });
    expect<unknown>(await options({ providers: block })).toEqual({ model: "speech-env", voice: "block", vol: 2 });
    const all = { model: "speech-persona", voice: "persona", vol: 2 };
    expect<unknown>(await options({ providers: block, ...binding })).toEqual(all);
  });

  test.each(["messages.tts", "tts"])("the key, the address and the headers of %s", async (place) => {
    const openai = { apiKey: "k-block", baseUrl: "https://block.example/v1", headers: { "x-team": "a" } };
    const block = { providers: { openai } };
    const models = { providers: { openai: { apiKey: "k-main", baseUrl: "https://main.example/v1" } } };
    const env = { OPENAI_API_KEY: "k-env", OPENAI_TTS_BASE_URL: "https://env.example/v1" };
    const at = async (config: object) => {
      const candidate = await first({ env, provider: "openai", config });
      return [await keyOf(candidate), speechRoute(candidate).route.baseUrl, candidate.headers];
    };
    expect(await at({ models, ...(place === "tts" ? { tts: block } : tts(block)) })).toEqual([
      "k-block",
      "https://block.example/v1",
      { "x-team": "a" },
    ]);
    expect(await at({ models })).toEqual(["k-main", "https://main.example/v1", {}]);
    expect(await at({})).toEqual(["k-env", "https://env.example/v1", {}]);
  });

  test("Microsoft's address may be a WebSocket's", async () => {
    const config = tts({ providers: { microsoft: { baseUrl: "ws://127.0.0.1:1/edge" } } });
    expect(speechRoute(await first({ provider: "microsoft", config })).route.baseUrl).toBe("http://127.0.0.1:1/edge");
  });

  test("the limits: the provider's own time before the common one", async () => {
    const settings = { timeoutMs: 9000, maxTextLength: 80, providers: { openai: { timeoutMs: 7000 } } };
    const candidates = await choose({ env: KEYS, config: tts({ ...settings, provider: "openai" }) });
    expect(candidates.map(({ speech }) => [speech?.timeoutMs, speech?.maxTextLength])).toEqual([
      [7000, 80],
      [9000, 80],
    ]);
  });

  test.each([
    ["preserve-persona", ["narrator", "narrator"], [undefined, undefined]],
    [undefined, ["narrator", "narrator"], [undefined, undefined]],
    ["provider-defaults", ["narrator", undefined], [undefined, undefined]],
    ["fail", ["narrator", "narrator"], [undefined, "usage"]],
  ])("fallbackPolicy %s", async (fallbackPolicy, personas, problems) => {
    const told = { fallbackPolicy, label: "N", prompt: { style: "calm" } };
    const settings = { ...told, provider: "openai", providers: { openai: { voice: "x" } } };
    const candidates = await choose(both(persona(settings)));
    expect(refs(candidates)).toEqual([OPENAI, ELEVENLABS]);
    expect<unknown>(candidates.map(({ speech }) => speech?.persona?.id)).toEqual(personas);
    expect<unknown>(candidates.map(({ problem }) => problem?.type)).toEqual(problems);
    expect(candidates[0]?.speech?.persona).toEqual({ id: "narrator", label: "N", prompt: { style: "calm" } });
  });

  test("a persona that fails says where its settings belong; argv does not get round it", async () => {
    const config = tts(persona({ fallbackPolicy: "fail", providers: { openai: { voice: "x" } } }));
    const { problem } = await first({ env: KEYS, provider: "elevenlabs", config });
    expect(problem?.message).toBe("The persona narrator has no settings for elevenlabs, and wants some.");
    expect(problem?.details.hint).toStartWith("Add messages.tts.personas.narrator.providers.elevenlabs");
    const [, fallback] = await choose({ env: KEYS, provider: "openai", fallback: ["elevenlabs/eleven_v3"], config });
    expect((await fallback?.complete?.())?.problem?.type ?? fallback?.problem?.type).toBe("usage");
  });

  test("a channel may have a voice of its own", async () => {
    const channels = { telegram: { tts: { provider: "elevenlabs", providers: { elevenlabs: { voiceId: "T" } } } } };
    const config = { ...tts({ provider: "openai" }), channels };
    expect((await first({ env: KEYS, config })).provider.id).toBe("openai");
    const candidate = await first({ env: KEYS, config, channel: "telegram" });
    expect(candidate).toMatchObject({ provider: { id: "elevenlabs" }, speech: { options: { voice: "T" } } });
  });
});
