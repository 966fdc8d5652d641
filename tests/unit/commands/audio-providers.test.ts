import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.file("bin"));
});
afterEach(() => folder[Symbol.dispose]());

interface Listed {
  available: boolean;
  configured: boolean;
  selected: boolean;
  id: string;
  capabilities: string[];
  defaultModels: { image?: string; audio?: string };
}

async function print(args: string[], env: Record<string, string> = {}, config: object = {}): Promise<string> {
  writeFileSync(folder.file("config.json"), JSON.stringify(config));
  const line = ["audio", "providers", ...args, "--config", folder.file("config.json")];
  const own = { HOME: folder.file("home"), PATH: folder.file("bin"), ...env };
  const { stdout, error } = await runInProcess(line, { env: own, cwd: folder.path });
  expect(error).toBeNull();
  return stdout;
}

const list = async (env?: Record<string, string>, config?: object): Promise<Listed[]> =>
  JSON.parse(await print(["--json"], env, config));
const ids = (listed: readonly Listed[], which: "configured" | "selected"): string[] =>
  listed.filter((one) => one[which]).map(({ id }) => id);

test("with nothing set up: all of them, by their ids, and none is selected", async () => {
  const listed = await list();
  expect(listed.map(({ id }) => id)).toEqual([
    "deepgram",
    "deepinfra",
    "elevenlabs",
    "google",
    "groq",
    "litellm",
    "mistral",
    "openai",
    "openrouter",
    "senseaudio",
    "sherpa-onnx-offline",
    "vllm",
    "whisper",
    "whisper-cli",
    "xai",
  ]);
  expect(ids(listed, "configured")).toEqual([]);
  expect(ids(listed, "selected")).toEqual([]);
});

test("OpenClaw's members", async () => {
  const listed = await list({ GROQ_API_KEY: "k" });
  expect(listed.find(({ id }) => id === "groq")).toEqual({
    available: true,
    configured: true,
    selected: true,
    id: "groq",
    capabilities: ["audio"],
    defaultModels: { audio: "whisper-large-v3-turbo" },
  });
  expect(listed.find(({ id }) => id === "openai")).toMatchObject({
    configured: false,
    capabilities: ["image", "audio"],
    defaultModels: { audio: "gpt-4o-transcribe" },
  });
});

describe("selected is the one that a bare transcribe takes", () => {
  const KEYS = { DEEPGRAM_API_KEY: "k", GROQ_API_KEY: "k" };

  test.each([
    ["the first with a key", {}, ["groq"]],
    ["the config's", { tools: { media: { audio: { models: [{ provider: "deepgram" }] } } } }, ["deepgram"]],
    ["nobody, where the config forbids it", { tools: { media: { audio: { enabled: false } } } }, []],
  ])("%s", async (_, config, selected) => {
    const listed = await list(KEYS, config);
    expect(ids(listed, "selected")).toEqual(selected);
    expect(ids(listed, "configured")).toEqual(["deepgram", "groq"]);
  });

  test("a server of the config's is listed, too", async () => {
    const config = { models: { providers: { mine: { baseUrl: "https://mine.example/v1", apiKey: "k" } } } };
    const listed = await list({}, config);
    // A bare run has no model to ask it for.
    expect(listed.find(({ id }) => id === "mine")).toMatchObject({ configured: false, defaultModels: {} });
    const tools = { media: { audio: { models: [{ provider: "groq" }, { provider: "mine", model: "hear" }] } } };
    const withModel = await list({}, { ...config, tools });
    expect([ids(withModel, "configured"), ids(withModel, "selected")]).toEqual([["mine"], ["mine"]]);
  });

  test("a server that has no model of its own is nobody's choice, whatever is set up for it", async () => {
    const server = { baseUrl: "http://127.0.0.1:9/v1", apiKey: "k" };
    const config = { models: { providers: { litellm: server, vllm: server } } };
    const keys = { LITELLM_API_KEY: "k", VLLM_API_KEY: "k" };
    for (const listed of [await list(keys), await list({}, config), await list(keys, config)]) {
      expect([ids(listed, "configured"), ids(listed, "selected")]).toEqual([[], []]);
    }
    const models = [{ provider: "litellm", model: "whisper", capabilities: ["audio"] }];
    const named = await list(keys, { tools: { media: { models } } });
    expect([ids(named, "configured"), ids(named, "selected")]).toEqual([["litellm"], ["litellm"]]);
  });

  test("one that cannot be tried is passed over, as a run does", async () => {
    const models = [{ provider: "acme" }, { provider: "openai" }, { provider: "whisper" }, { provider: "deepgram" }];
    const listed = await list(KEYS, { tools: { media: { audio: { models } } } });
    expect(ids(listed, "selected")).toEqual(["deepgram"]);
    const none = await list({}, { tools: { media: { audio: { models } } } });
    expect(ids(none, "selected")).toEqual([]);
  });

  test("a server on this machine needs no key", async () => {
    const entry = { provider: "openai", model: "local", baseUrl: "http://127.0.0.1:9/v1" };
    const listed = await list({}, { tools: { media: { audio: { models: [entry] } } } });
    expect([ids(listed, "configured"), ids(listed, "selected")]).toEqual([["openai"], ["openai"]]);
  });

  test.skipIf(process.platform === "win32")("a program counts once it has its model", async () => {
    for (const name of ["whisper", "whisper-cli"]) {
      writeFileSync(folder.file(`bin/${name}`), "#!/bin/sh\n", { mode: 0o755 });
    }
    const without = await list();
    expect([ids(without, "configured"), ids(without, "selected")]).toEqual([["whisper"], ["whisper"]]);
    writeFileSync(folder.file("ggml.bin"), "model");
    const listed = await list({ WHISPER_CPP_MODEL: folder.file("ggml.bin") });
    expect([ids(listed, "configured"), ids(listed, "selected")]).toEqual([["whisper", "whisper-cli"], ["whisper-cli"]]);
  });
});

test("for people: a line each", async () => {
  const lines = (await print([], { GROQ_API_KEY: "k", DEEPGRAM_API_KEY: "k" })).trimEnd().split("\n");
  expect(lines).toHaveLength(15);
  const words = lines.map((line) => line.trim().split(/\s+/));
  expect(words).toContainEqual(["groq", "selected", "whisper-large-v3-turbo"]);
  expect(words).toContainEqual(["deepgram", "configured", "nova-3"]);
  expect(words).toContainEqual(["openai", "-", "gpt-4o-transcribe"]);
});
