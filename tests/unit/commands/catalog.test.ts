import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KnownModel, ProviderEntry } from "../../../src/capabilities/catalog.ts";
import { CATALOG_DATE, catalogModels, findModel } from "../../../src/catalog/index.ts";
import { loadConfig } from "../../../src/config/file.ts";
import { selectCandidates } from "../../../src/engine/candidates.ts";
import { Keyring } from "../../../src/engine/keyring.ts";
import { PROVIDERS } from "../../../src/providers/table.ts";
import { type CliRun, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

type Serve = (url: URL, headers: Headers, signal: AbortSignal) => Response | Promise<Response>;

interface World {
  config?: object;
  env?: Record<string, string>;
  /** By host; every other connection is refused. */
  servers?: Record<string, Serve>;
  asked?: string[];
}

async function infer(argv: string[], { config = {}, env = {}, servers = {}, asked = [] }: World = {}): Promise<CliRun> {
  const path = folder.file(`${Bun.randomUUIDv7()}.json`);
  await writeFile(path, JSON.stringify(config));
  const fetch = async (text: string, init: RequestInit): Promise<Response> => {
    asked.push(text);
    const url = new URL(text);
    const serve = servers[url.host];
    if (serve) return serve(url, new Headers(init.headers), init.signal ?? new AbortController().signal);
    throw Object.assign(new Error("Unable to connect."), { code: "ECONNREFUSED" });
  };
  const world = { env: { HOME: "/nowhere", ...env }, fetch: fetch as unknown as typeof globalThis.fetch };
  return runInProcess([...argv, "--config", path], world);
}

async function json<T>(argv: string[], world?: World): Promise<T> {
  const { stdout, exitCode, stderr } = await infer([...argv, "--json"], world);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

const listed = (argv: string[] = [], world?: World) => json<KnownModel[]>(["model", "list", ...argv], world);
const providers = (world?: World) => json<ProviderEntry[]>(["model", "providers"], world);
const refs = (models: readonly KnownModel[]): string[] => models.map(({ provider, id }) => `${provider}/${id}`);

const FACTS = join(import.meta.dir, "../../../../shared/facts/openclaw");
const factsPresent = existsSync(FACTS);
const capture = <T>(name: string): T => JSON.parse(readFileSync(join(FACTS, name), "utf8")) as T;
/** The providers that only the captured machine's config had. */
const MADE_UP = ["dead", "manth", "mgoog", "mock", "mockr"];

describe.skipIf(!factsPresent)("OpenClaw's own output (skipped without shared/facts)", () => {
  test("model list has every entry of it, in its order, with the same members", async () => {
    const theirs = capture<KnownModel[]>("model-list-52.json").filter(
      ({ provider, id }) => !MADE_UP.includes(provider) && id !== "llama-mock",
    );
    const wanted = new Set(refs(theirs));
    const ours = (await listed()).filter((model) => wanted.has(refs([model])[0] ?? ""));
    const shape = ({ id, name, provider, contextWindow, reasoning, input }: KnownModel) => {
      return { id, name, provider, contextWindow, reasoning, input };
    };
    expect(theirs.length).toBe(974);
    expect(ours.map(shape) as object[]).toEqual(theirs.map(shape));
    expect(Object.keys(ours[0] ?? {}).slice(0, 6)).toEqual([...Object.keys(theirs[0] ?? {})]);
  });

  test("model providers has every provider of it, sorted, with the same members", async () => {
    const theirs = capture<ProviderEntry[]>("model-providers-52.json");
    const ours = await providers();
    const names = ours.map(({ provider }) => provider);
    expect(theirs.map(({ provider }) => provider).filter((name) => !names.includes(name))).toEqual(MADE_UP);
    expect(names).toEqual(names.toSorted());
    const types = (entry: object) => Object.entries(entry).map(([key, value]) => [key, typeof value]);
    for (const entry of ours) expect(types(entry)).toEqual(types(theirs[0] ?? {}));
    for (const { provider, count } of theirs.filter(({ provider }) => !MADE_UP.includes(provider))) {
      expect(ours.find((entry) => entry.provider === provider)?.count).toBeGreaterThanOrEqual(
        provider === "ollama" ? 0 : count,
      );
    }
  });
});

describe("the compiled-in list", () => {
  test("says how old it is", async () => {
    expect(CATALOG_DATE.listed).toMatch(/^\d{4}-\d\d-\d\d$/);
    const { stderr } = await infer(["model", "list", "--provider", "zai", "--verbose"]);
    expect(stderr).toContain(`${CATALOG_DATE.version}'s of ${CATALOG_DATE.listed}`);
  });

  test("has each model once", () => {
    const all = catalogModels().map(({ provider, id }) => `${provider}/${id}`);
    expect(all.filter((ref, at) => all.indexOf(ref) !== at)).toEqual([]);
  });

  test("has the default model of every provider of text", async () => {
    const missing: string[] = [];
    for (const { id, text } of PROVIDERS) {
      if (!text?.defaultModel) continue;
      const { exitCode } = await infer(["model", "inspect", "--model", `${id}/${text.defaultModel}`]);
      if (exitCode !== 0) missing.push(`${id}/${text.defaultModel}`);
    }
    expect(missing).toEqual([]);
  });

  test("is looked up by any of a provider's names", () => {
    expect(findModel(["gemini", "google"], "gemini-2.5-flash")?.provider).toBe("google");
    expect(findModel("google", "gemini-2.5-flash")?.id).toBe("gemini-2.5-flash");
    expect(findModel("gemini", "gemini-2.5-flash")).toBeUndefined();
    expect(findModel("anthropic", "claude-opus-4-8")).toEqual({ provider: "anthropic", id: "claude-opus-4-8" });
  });

  test("says the least of what nobody told; people are not told it at all", async () => {
    const argv = ["model", "inspect", "--model", "anthropic/claude-opus-4-8"];
    expect(await json<object>(argv)).toEqual({
      id: "claude-opus-4-8",
      name: "claude-opus-4-8",
      provider: "anthropic",
      contextWindow: 0,
      reasoning: false,
      input: ["text"],
      source: "catalog",
    });
    expect((await infer(argv)).stdout).not.toMatch(/context|reasoning|input/);
  });
});

const CONFIG = {
  models: {
    providers: {
      mine: {
        baseUrl: "http://mine.example/v1",
        apiKey: "sk-mine",
        models: [{ id: "one", name: "The One", input: ["text", "image"], maxTokens: 77 }, { id: "two" }],
      },
      openai: { models: [{ id: "gpt-5.5", name: "Ours", maxTokens: 5 }, { id: "gpt-new" }], apiKey: "sk-openai" },
    },
  },
};

describe("model list", () => {
  test("has the config's models, which win member by member", async () => {
    const models = await listed([], { config: CONFIG });
    const find = (ref: string) => models.find((model) => refs([model])[0] === ref);
    expect(find("mine/one")).toEqual({
      id: "one",
      name: "The One",
      provider: "mine",
      contextWindow: 0,
      reasoning: false,
      input: ["text", "image"],
      maxTokens: 77,
      source: "config",
    });
    expect(find("mine/two")).toMatchObject({ id: "two", name: "two", provider: "mine", source: "config" });
    expect(find("openai/gpt-5.5")).toEqual({
      ...findModel("openai", "gpt-5.5"),
      id: "gpt-5.5",
      provider: "openai",
      name: "Ours",
      maxTokens: 5,
      source: "config",
    });
    expect(find("openai/gpt-new")?.source).toBe("config");
    expect(find("openai/gpt-4")?.source).toBe("catalog");
  });

  test("asks nobody, and reads no key, without --refresh", async () => {
    const asked: string[] = [];
    const apiKey = { source: "exec", provider: "nowhere", id: "boom" };
    await listed([], {
      config: { models: { providers: { mine: { baseUrl: "http://mine.example", apiKey } } } },
      asked,
    });
    expect(asked).toEqual([]);
  });

  test("--provider takes any name of a provider", async () => {
    const google = await listed(["--provider", "google"]);
    expect(new Set(google.map(({ provider }) => provider))).toEqual(new Set(["google"]));
    expect(await listed(["--provider", "Gemini"])).toEqual(google);
    expect(refs(await listed(["--provider", "mine"], { config: CONFIG })).sort()).toEqual(["mine/one", "mine/two"]);
    // In the list, and nobody that infer can reach.
    expect((await listed(["--provider", "cloudflare-workers-ai"])).length).toBeGreaterThan(0);
  });

  test("--provider: one that nobody knows is not_found, with a guess", async () => {
    const { error, exitCode, stdout } = await infer(["model", "list", "--provider", "opnai"]);
    expect({ exitCode, stdout, hint: error?.details.hint }).toEqual({
      exitCode: 4,
      stdout: "",
      hint: "Did you mean openai? See infer model providers",
    });
  });

  test("--provider: another address of a vendor has the vendor's models", async () => {
    const ids = (models: readonly KnownModel[]) => models.map(({ id }) => id);
    const main = ids(await listed(["--provider", "zai"]));
    expect(ids(await listed(["--provider", "zai-cn"]))).toEqual(main);
    // OpenClaw's list spells these two otherwise, and has them both.
    expect(refs(await listed(["--provider", "moonshot-cn"]))).toContain("moonshotai-cn/kimi-k2.6");
    expect(refs(await listed(["--provider", "moonshot"]))).toContain("moonshotai/kimi-k2.6");
    expect(await listed(["--provider", "moonshotai"])).toEqual(await listed(["--provider", "moonshot"]));
    const config = { models: { providers: { "zai-cn": { apiKey: "k", models: [{ id: "glm-mine" }] } } } };
    expect(ids(await listed(["--provider", "zai-cn"], { config })).sort()).toEqual([...main, "glm-mine"].sort());
    expect(ids(await listed(["--provider", "zai"], { config }))).toEqual(main);
  });

  test("--input: only what takes it", async () => {
    const all = await listed();
    const images = await listed(["--input", "image"]);
    expect(images).toEqual(all.filter(({ input }) => input?.includes("image")));
    expect(images.length).toBeGreaterThan(100);
    // A model of which only the name is known takes text: this is a list of text models.
    expect(refs(await listed(["--input", "text"]))).toContain("anthropic/claude-opus-4-8");
  });

  test("--search: every word, in the id or the name, in capitals or not", async () => {
    const found = await listed(["--search", "OPUS claude"]);
    expect(found.length).toBeGreaterThan(20);
    for (const { id, name } of found) {
      expect(`${id} ${name}`.toLowerCase()).toContain("opus");
      expect(`${id} ${name}`.toLowerCase()).toContain("claude");
    }
    const one = ["--search", "2.5 flash-lite", "--provider", "gemini", "--input", "image"];
    expect(refs(await listed(one))).toContain("google/gemini-2.5-flash-lite");
  });

  test("nothing found is an empty list, and a word on stderr", async () => {
    const { stdout, stderr, exitCode } = await infer(["model", "list", "--search", "no such model", "--json"]);
    expect({ document: JSON.parse(stdout), exitCode }).toEqual({ document: [], exitCode: 0 });
    expect(stderr).toContain("No model is like that. With --refresh the providers are asked, too. Leave out --search,");
  });

  test("for people and pipes: the ref first, then aligned columns", async () => {
    const { stdout, stderr } = await infer(["model", "list", "--provider", "deepseek"]);
    const lines = stdout.trimEnd().split("\n");
    const models = await listed(["--provider", "deepseek"]);
    expect(stderr).toBe("");
    expect(lines.map((line) => line.split(" ")[0] ?? "")).toEqual(refs(models));
    expect(lines.find((line) => line.startsWith("deepseek/deepseek-v4-pro"))).toMatch(/^\S+ +1M +text +reasoning$/);
    expect(lines.find((line) => line.startsWith("deepseek/deepseek-chat"))).toMatch(/^\S+ +- +- +-$/);
    const columns = lines.map((line) => line.search(/ (?=\S)/));
    expect(new Set(columns).size).toBe(1);
  });

  test("is quick", async () => {
    await listed();
    const started = performance.now();
    await infer(["model", "list"]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

const answer = (document: unknown, status = 200): Response =>
  new Response(JSON.stringify(document), { status, headers: { "content-type": "application/json" } });

describe("model list --refresh", () => {
  const others = {
    models: {
      providers: {
        ...CONFIG.models.providers,
        broken: { baseUrl: "http://broken.example/v1", apiKey: "sk-broken" },
        keyless: { baseUrl: "http://keyless.example/v1" },
      },
    },
  };
  const mine: Serve = () =>
    answer({
      data: [{ id: "one", context_length: 9000, name: "theirs" }, { id: "three" }, { id: "text-embedding-x" }],
    });

  test("merges what the configured providers say; the config has the last word", async () => {
    const asked: string[] = [];
    const seen: (string | null)[] = [];
    const openai: Serve = (_, headers) => {
      seen.push(headers.get("authorization"));
      return answer({ data: [{ id: "gpt-5.5" }, { id: "gpt-4" }, { id: "gpt-6" }, { id: "gpt-6" }] });
    };
    const models = await listed(["--refresh"], {
      config: CONFIG,
      servers: { "mine.example": mine, "api.openai.com": openai },
      asked,
    });
    const find = (ref: string) => models.find((model) => refs([model])[0] === ref);
    expect(asked.sort()).toEqual(["http://mine.example/v1/models", "https://api.openai.com/v1/models"]);
    expect(seen).toEqual(["Bearer sk-openai"]);
    expect(find("mine/one")).toEqual({
      id: "one",
      name: "The One",
      provider: "mine",
      contextWindow: 9000,
      reasoning: false,
      input: ["text", "image"],
      maxTokens: 77,
      source: "config",
    });
    expect(find("mine/three")).toMatchObject({ name: "three", source: "provider" });
    expect(find("mine/text-embedding-x")).toBeUndefined();
    expect(find("openai/gpt-5.5")?.source).toBe("config");
    expect(find("openai/gpt-4")).toMatchObject({ name: "GPT-4", source: "provider" });
    expect(models.filter(({ id }) => id === "gpt-6")).toHaveLength(1);
  });

  test("one that fails is a warning, with --json too; the others count", async () => {
    const servers = {
      "mine.example": mine,
      "api.openai.com": () => answer({ data: [] }),
      "broken.example": () => answer({ error: { message: "out of order" } }, 500),
    };
    const { stdout, stderr, exitCode } = await infer(["model", "list", "--refresh", "--json"], {
      config: others,
      servers,
    });
    expect(exitCode).toBe(0);
    expect(refs(JSON.parse(stdout))).toContain("mine/three");
    expect(stderr).toContain("warning: broken: ");
    expect(stderr).toContain("out of order");
    expect(stderr).not.toContain("keyless");
    expect(stderr).not.toContain("sk-broken");
  });

  test("all of several fail: the compiled-in list, and exit 10", async () => {
    const { stdout, stderr, exitCode } = await infer(["model", "list", "--refresh", "--json"], { config: CONFIG });
    expect(exitCode).toBe(10);
    expect(refs(JSON.parse(stdout))).toContain("openai/gpt-4");
    expect(stderr.match(/warning: /g)).toHaveLength(2);
  });

  test("the only one fails: its failure is the command's", async () => {
    const refuse: Serve = () => answer({ error: { message: "bad key" } }, 401);
    const asked = ["model", "list", "--refresh", "--provider", "mine", "--json"];
    const { stdout, exitCode } = await infer(asked, { config: others, servers: { "mine.example": refuse } });
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { type: "auth", provider: "mine", status: 401 } });
  });

  test("--provider: only that one is asked", async () => {
    const asked: string[] = [];
    const models = await listed(["--refresh", "--provider", "mine"], {
      config: others,
      servers: { "mine.example": mine },
      asked,
    });
    expect(asked).toEqual(["http://mine.example/v1/models"]);
    expect(refs(models).sort()).toEqual(["mine/one", "mine/three", "mine/two"]);
  });

  test("without a key, or without any provider, it says so", async () => {
    const named = await infer(["model", "list", "--refresh", "--provider", "keyless"], { config: others });
    expect({ type: named.error?.type, exitCode: named.exitCode }).toEqual({ type: "auth", exitCode: 3 });
    const nobody = await infer(["model", "list", "--refresh"]);
    expect({ type: nobody.error?.type, stdout: nobody.stdout }).toEqual({ type: "auth", stdout: "" });
  });

  test("a server on this machine counts once the config names it", async () => {
    const servers = { "127.0.0.1:11434": () => answer({ models: [{ name: "gemma4:e4b", model: "gemma4:e4b" }] }) };
    const config = { models: { providers: { ollama: { baseUrl: "http://127.0.0.1:11434" } } } };
    expect(refs(await listed(["--refresh", "--provider", "ollama"], { config, servers }))).toContain(
      "ollama/gemma4:e4b",
    );
    expect(refs(await listed(["--refresh"], { config, servers }))).toContain("ollama/gemma4:e4b");
  });

  test("every page is read, and no more than ten", async () => {
    const asked: string[] = [];
    const config = { models: { providers: { anthropic: { apiKey: "sk-ant-x" } } } };
    const page = (url: URL): Response => {
      const after = Number(url.searchParams.get("after_id") ?? 0);
      return answer({ data: [{ id: `claude-${after + 1}` }], has_more: true, last_id: String(after + 1) });
    };
    const servers = { "api.anthropic.com": page };
    const models = await listed(["--refresh", "--provider", "anthropic"], { config, servers, asked });
    expect(asked).toHaveLength(10);
    expect(refs(models)).toContain("anthropic/claude-10");
    expect(refs(models)).not.toContain("anthropic/claude-11");
  });

  test("a list that never ends fills no memory", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(32);
    const endless: Serve = () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
    const { error } = await infer(["model", "list", "--refresh", "--provider", "mine"], {
      config: CONFIG,
      servers: { "mine.example": endless },
    });
    expect(error?.message).toContain("larger than 32 MiB");
  });

  test("who hangs is given up at the deadline", async () => {
    const hang: Serve = (_url, _headers, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const argv = ["model", "list", "--refresh", "--provider", "mine", "--timeout-ms", "60"];
    const { error } = await infer(argv, { config: CONFIG, servers: { "mine.example": hang } });
    expect(error?.type).toBe("timeout");
  });
});

describe("model inspect", () => {
  const inspect = (model: string, world?: World) => json<KnownModel>(["model", "inspect", "--model", model], world);

  test("one entry of the list", async () => {
    const [entry] = await listed(["--provider", "google", "--search", "gemini-2.5-pro"]);
    expect(await inspect("google/gemini-2.5-pro")).toEqual(entry as KnownModel);
    expect(await inspect("gemini/gemini-2.5-pro")).toEqual(entry as KnownModel);
  });

  test("the config's own, and a model of the default provider by its name alone", async () => {
    expect(await inspect("mine/one", { config: CONFIG })).toMatchObject({ name: "The One", source: "config" });
    expect(await inspect("gpt-5.4")).toMatchObject({ provider: "openai", id: "gpt-5.4" });
    const agents = { defaults: { model: "mine/two" } };
    expect(await inspect("one", { config: { ...CONFIG, agents } })).toMatchObject({ provider: "mine", id: "one" });
  });

  test("both spellings of OpenRouter's own models", async () => {
    expect(await inspect("openrouter/openrouter/auto")).toMatchObject({
      provider: "openrouter",
      id: "openrouter/auto",
    });
  });

  test("for people: what is known, a line each", async () => {
    const { stdout } = await infer(["model", "inspect", "--model", "mine/one"], { config: CONFIG });
    expect(stdout.split("\n")).toEqual([
      "model   mine/one",
      "name    The One",
      "answer  at most 77 tokens",
      "input   text, image",
      "source  config",
      "",
    ]);
  });

  test("an unknown one is not_found, with a guess among that provider's and what a run would do", async () => {
    const { exitCode, stdout } = await infer(["model", "inspect", "--model", "gemini/gemini-2.5-flsh", "--json"]);
    const { error } = JSON.parse(stdout);
    expect({ exitCode, type: error.type }).toEqual({ exitCode: 4, type: "not_found" });
    expect(error.message).toContain("google/gemini-2.5-flsh");
    expect(error.hint).toContain("Did you mean gemini-2.5-flash?");
    expect(error.hint).toContain("model run sends");
    const nobody = await infer(["model", "inspect", "--model", "gogle/x"]);
    expect({ exitCode: nobody.exitCode, hint: nobody.error?.details.hint }).toEqual({
      exitCode: 4,
      hint: "Did you mean google? See infer model providers",
    });
  });
});

describe("model providers", () => {
  const find = (entries: readonly ProviderEntry[], name: string) => entries.find(({ provider }) => provider === name);

  test("has every provider of text, and nobody else", async () => {
    const names = (await providers({ config: CONFIG })).map(({ provider }) => provider);
    expect(names).toContain("mine");
    expect(names).not.toContain("local");
    const missing: string[] = [];
    for (const { id, text } of PROVIDERS) {
      const { stdout } = await infer(["model", "list", "--provider", id, "--json"]);
      const shown = (JSON.parse(stdout) as KnownModel[])[0]?.provider ?? id;
      if (text && !names.includes(shown)) missing.push(id);
    }
    expect(missing).toEqual([]);
  });

  test("counts what model list lists, and names the model of a run first", async () => {
    for (const { provider, count, defaults } of await providers({ config: CONFIG })) {
      // An empty list has a word on stderr, which `listed` takes for a failure.
      const models = count === 0 ? [] : await listed(["--provider", provider], { config: CONFIG });
      expect({ provider, count }).toEqual({ provider, count: models.length });
      expect(defaults.length).toBeLessThanOrEqual(3);
      expect(new Set(defaults).size).toBe(defaults.length);
    }
    const entries = await providers({ config: CONFIG });
    expect(find(entries, "openai")?.defaults[0]).toBe("gpt-5.5");
    expect(find(entries, "google")?.defaults[0]).toBe("gemini-3.1-pro-preview");
    expect(find(entries, "mine")).toMatchObject({ count: 2, defaults: ["one", "two"], available: true });
  });

  test("configured: a key in the environment, in the config, or a server of one's own that the config names", async () => {
    const none = await providers();
    expect(none.filter(({ configured, selected }) => configured || selected)).toEqual([]);
    const world = {
      env: { GROQ_API_KEY: "gsk" },
      config: {
        models: {
          providers: {
            mistral: { apiKey: "k" },
            lmstudio: { baseUrl: "http://localhost:1234/v1" },
            far: { baseUrl: "https://far.example/v1" },
            wrong: { baseUrl: "http://localhost:1/v1", api: "smoke-signals" },
          },
        },
      },
    };
    const entries = await providers(world);
    const configured = entries.filter((entry) => entry.configured).map(({ provider }) => provider);
    expect(configured).toEqual(["groq", "lmstudio", "mistral"]);
    expect(find(entries, "far")?.configured).toBe(false);
  });

  const cases: [name: string, world: World][] = [
    ["a key", { env: { XAI_API_KEY: "k", GROQ_API_KEY: "k" } }],
    ["the configured default", { config: { ...CONFIG, agents: { defaults: { model: "mine/two" } } } }],
    [
      "a fallback, when the default has no key",
      { config: { ...CONFIG, agents: { defaults: { model: { primary: "groq/x", fallbacks: ["mine/two"] } } } } },
    ],
    ["nothing", {}],
  ];
  test.each(cases)("selected: whom a bare model run would choose, by %s", async (_, world) => {
    const entries = await providers(world);
    const path = folder.file("selected.json");
    await writeFile(path, JSON.stringify(world.config ?? {}));
    const { context } = await infer(["list"], world);
    context.options.config = path;
    const keyring = new Keyring(context, await loadConfig(context));
    const chosen = await selectCandidates({ service: "text", fallback: [] }, keyring).catch(() => []);
    const usable = chosen.find(({ problem }) => !problem)?.provider.id;
    expect(entries.filter(({ selected }) => selected).map(({ provider }) => provider)).toEqual(usable ? [usable] : []);
  });

  test("asks nobody whether a server is there", async () => {
    const asked: string[] = [];
    await providers({ asked });
    await providers({ asked, config: { models: { providers: { vllm: { baseUrl: "http://127.0.0.1:8000/v1" } } } } });
    expect(asked).toEqual([]);
  });

  test("for people: name, count, state, first model", async () => {
    const { stdout } = await infer(["model", "providers"], { env: { GROQ_API_KEY: "k", XAI_API_KEY: "k" } });
    expect(stdout).toMatch(/^groq +\d+ models +selected +llama-3\.3-70b-versatile$/m);
    expect(stdout).toMatch(/^xai +\d+ models +configured +grok-4\.3$/m);
    expect(stdout).toMatch(/^mistral +\d+ models +- +mistral-large-latest$/m);
  });
});

describe("a row of model list", () => {
  test("has all of OpenClaw's six members, of the right types, whatever is known", async () => {
    const config = { models: { providers: { mine: { baseUrl: "http://a.test/v1", models: [{ id: "bare" }] } } } };
    const rows = await listed([], { config });
    const types = new Set(
      rows.map(
        ({ id, name, provider, contextWindow, reasoning, input }) =>
          [id, name, provider, contextWindow, reasoning].map((member) => typeof member).join() + Array.isArray(input),
      ),
    );
    expect([...types]).toEqual(["string,string,string,number,booleantrue"]);
    expect(rows.find(({ id }) => id === "bare")).toEqual({
      id: "bare",
      name: "bare",
      provider: "mine",
      contextWindow: 0,
      reasoning: false,
      input: ["text"],
      source: "config",
    });
    expect(rows.filter(({ input }) => (input ?? []).length === 0)).toEqual([]);
  });

  test("is of a provider that a run can reach", async () => {
    for (const { provider, available } of await providers()) {
      if (!available) continue;
      const run = await infer(["model", "run", "--prompt", "x", "--model", `${provider}/m`, "--json"]);
      expect([provider, JSON.parse(run.stdout).error?.message]).not.toEqual([
        provider,
        expect.stringContaining("There is no provider"),
      ]);
    }
  });

  test("has no id with blanks, or signs that nobody sees, in it", async () => {
    const ids = ["fine-1", "a b", "a\u202eb", "a\u200bb", "a\u00a0b", "a\u2066b"];
    const servers = { "a.test": () => Response.json({ data: ids.map((id) => ({ id, name: `N\u202e${id}` })) }) };
    const config = { models: { providers: { mine: { baseUrl: "http://a.test/v1", apiKey: "k" } } } };
    const rows = await listed(["--refresh", "--provider", "mine"], { config, servers });
    expect(rows.map(({ id, name }) => [id, name])).toEqual([["fine-1", "Nfine-1"]]);
  });
});
