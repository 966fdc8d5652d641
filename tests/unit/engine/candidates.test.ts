// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { describe, expect, test } from "bun:test";
import { InferError } from "../../../src/core/error.ts";
import { authorise, openSession } from "../../../src/engine/authorise.ts";
import { isLoopback } from "../../../src/engine/keyring.ts";
import { textRoute } from "../../../src/engine/route.ts";
import { PROVIDERS } from "../../../src/providers/table.ts";
import { runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { type Asked, bareContext, type Env, keyOf, loaded, NOTHING, only, refs, select, withEnv } from "./selection.ts";

const ALL_KEYS: Env = {
  OPENAI_API_KEY: "k-openai",
  ANTHROPIC_API_KEY: "k-anthropic",
  GEMINI_API_KEY: "k-google",
  OPENROUTER_API_KEY: "k-openrouter",
  GROQ_API_KEY: "k-groq",
  XAI_API_KEY: "k-xai",
};
const DEFAULTS = { agents: { defaults: { model: { primary: "anthropic/claude-x", fallbacks: ["groq/llama-x"] } } } };

describe("the order of choice", () => {
  test("1: what argv names, and only that", async () => {
    const from = loaded(DEFAULTS, ALL_KEYS);
    expect(refs(await select({ model: "xai/grok-x" }, from))).toEqual(["xai/grok-x"]);
    expect(refs(await select({ provider: "groq" }, from))).toEqual(["groq/llama-3.3-70b-versatile"]);
    expect(refs(await select({ provider: "groq", model: "other" }, from))).toEqual(["groq/other"]);
  });

  test("1: even when it cannot be used, nothing else takes its place", async () => {
    const { problem, ...candidate } = await only({ model: "xai/grok-x" }, withEnv({ OPENAI_API_KEY: "k" }));
    expect(refs([candidate])).toEqual(["xai/grok-x"]);
    expect({ type: problem?.type, exitCode: problem?.exitCode }).toEqual({ type: "auth", exitCode: 3 });
    expect(problem?.message).toContain("XAI_API_KEY");
  });

  test("1: then the fallbacks that argv names, in their order", async () => {
    const from = loaded(DEFAULTS, ALL_KEYS);
    const fallback = ["openai/b", "anthropic/c", "openai/b"];
    expect(refs(await select({ model: "xai/a", fallback }, from))).toEqual([
      "xai/a",
      "openai/b",
      "anthropic/c",
      "openai/b",
    ]);
    expect(refs(await select({ provider: "groq", model: "a", fallback }, from)).slice(0, 2)).toEqual([
      "groq/a",
      "openai/b",
    ]);
  });

  test("2: the configured default, then its fallbacks", async () => {
    expect(refs(await select({}, loaded(DEFAULTS, ALL_KEYS)))).toEqual(["anthropic/claude-x", "groq/llama-x"]);
    const short = loaded({ agents: { defaults: { model: "groq/llama-x" } } }, ALL_KEYS);
    expect(refs(await select({}, short))).toEqual(["groq/llama-x"]);
  });

  test("2: a default without a key is passed over for its fallback, which the answer says", async () => {
    const candidates = await select({}, loaded(DEFAULTS, { GROQ_API_KEY: "k", OPENAI_API_KEY: "k" }));
    expect(candidates.map(({ problem }) => problem?.type)).toEqual(["auth", undefined]);
  });

  test("2: the default is for text; it does not serve embeddings or speech", async () => {
    for (const service of ["embedding", "speech"] as const) {
      expect((await only({ service }, loaded(DEFAULTS, {}))).provider.id).toBe("local");
    }
  });

  test.each([
    [{}, "OPENAI_API_KEY", "openai"],
    [{ OPENAI_API_KEY: "" }, "ANTHROPIC_API_KEY", "anthropic"],
    [{ OPENAI_API_KEY: " \n", ANTHROPIC_API_KEY: "" }, "GEMINI_API_KEY", "google"],
    [{ UNRELATED_API_KEY: "k" }, "GROQ_API_KEY", "groq"],
  ] as [Env, string, string][])("3: the first provider with a credential: %p and %s", async (env, name, id) => {
    const candidate = await only({}, withEnv({ ...env, [name]: "k" }));
    expect(candidate.provider.id).toBe(id);
    expect(candidate.credential?.source).toBe(name);
    expect(candidate.model).toBeTruthy();
    expect(candidate.problem).toBeUndefined();
  });

  test("3: with every key there is, OpenClaw's default provider comes first", async () => {
    expect((await only({}, withEnv(ALL_KEYS))).provider.id).toBe("openai");
  });

  test("3: a server of one's own counts once the config names it", async () => {
    expect((await rejection(select({}, NOTHING))).type).toBe("auth");
    const ollama = loaded({ models: { providers: { ollama: { baseUrl: "http://127.0.0.1:11434" } } } });
    expect((await only({}, ollama)).provider.id).toBe("ollama");
    const mine = { mine: { baseUrl: "http://127.0.0.1:9/v1", models: [{ id: "m1" }, { id: "m2" }] } };
    expect(refs(await select({}, loaded({ models: { providers: mine } })))).toEqual(["mine/m1"]);
  });

  test("3: fallbacks follow what was found, and do alone when nothing was", async () => {
    expect(refs(await select({ fallback: ["groq/x"] }, withEnv(ALL_KEYS)))).toEqual(["openai/gpt-5.5", "groq/x"]);
    expect(refs(await select({ fallback: ["ollama/x"] }, NOTHING))).toEqual(["ollama/x"]);
  });

  test("5: the embedded engines serve embeddings and speech with nothing set up", async () => {
    for (const service of ["embedding", "speech"] as const) {
      const candidate = await only({ service }, NOTHING);
      const { provider, model, problem } = candidate;
      expect({ id: provider.id, key: await keyOf(candidate), problem }).toEqual({
        id: "local",
        key: null,
        problem: undefined,
      });
      expect(model).toBeTruthy();
    }
  });

  test("6: otherwise exit 3, naming the shortest way to make it work", async () => {
    const error = await rejection(select({}, NOTHING));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "auth", exitCode: 3 });
    expect(error.details.hint).toContain("OPENAI_API_KEY");
    expect(error.details.hint).toContain("ollama/");
  });
});

describe("refs", () => {
  test.each([
    ["openai/gpt-5.5", "openai", "gpt-5.5"],
    ["OpenAI/GPT-5.5", "openai", "GPT-5.5"],
    [" openai/gpt-5.5 ", "openai", "gpt-5.5"],
    ["openrouter/meta-llama/llama-3.3-70b", "openrouter", "meta-llama/llama-3.3-70b"],
    ["groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"],
    ["gemini/gemini-x", "google", "gemini-x"],
    ["google/gemini-x", "google", "gemini-x"],
    ["grok/grok-x", "xai", "grok-x"],
    ["x-ai/grok-x", "xai", "grok-x"],
    ["XAI/grok-x", "xai", "grok-x"],
    ["ollama/llama3.2:1b", "ollama", "llama3.2:1b"],
    ["openai/a-model-nobody-knows", "openai", "a-model-nobody-knows"],
  ])("%p is %s's %s", async (ref, id, model) => {
    for (const asked of [{ model: ref }, { provider: "groq", fallback: [ref] }]) {
      const candidate = (await select(asked, withEnv(ALL_KEYS))).at(-1);
      expect({ id: candidate?.provider.id, model: candidate?.model }).toEqual({ id, model });
    }
  });

  test.each(["gemini", "google", "GEMINI"])("--provider %s is google", async (provider) => {
    expect((await only({ provider }, withEnv(ALL_KEYS))).provider.id).toBe("google");
  });

  test.each(["grok", "x-ai", "xai"])("--provider %s is xai", async (provider) => {
    expect((await only({ provider }, withEnv(ALL_KEYS))).provider.id).toBe("xai");
  });

  test.each([
    ["google", "gemini/gemini-x", "gemini-x"],
    ["grok", "xai/grok-x", "grok-x"],
    ["openai", "openai/gpt-x", "gpt-x"],
    ["openai", "gpt-x", "gpt-x"],
    ["openrouter", "meta-llama/llama-x", "meta-llama/llama-x"],
    ["openrouter", "openrouter/meta-llama/llama-x", "meta-llama/llama-x"],
    ["groq", "openai/gpt-oss-120b", "openai/gpt-oss-120b"],
  ])("--provider %s --model %s is the vendor's %s", async (provider, model, expected) => {
    expect((await only({ provider, model }, withEnv(ALL_KEYS))).model).toBe(expected);
  });

  test("a bare model belongs to the default's provider, else to OpenClaw's own default", async () => {
    expect(refs(await select({ model: "some-model" }, withEnv(ALL_KEYS)))).toEqual(["openai/some-model"]);
    expect(refs(await select({ model: "some-model" }, loaded(DEFAULTS, ALL_KEYS)))).toEqual(["anthropic/some-model"]);
  });

  test("a bare fallback does, too, whatever --model says", async () => {
    const candidates = await select({ model: "xai/a", fallback: ["b"] }, loaded(DEFAULTS, ALL_KEYS));
    expect(refs(candidates)).toEqual(["xai/a", "anthropic/b"]);
  });

  test.each(["/model", "openai/", "/"])("%p is a usage error", async (model) => {
    for (const asked of [{ model }, { fallback: [model] }]) {
      expect((await rejection(select(asked, withEnv(ALL_KEYS)))).type).toBe("usage");
    }
  });

  test.each([
    { model: "nosuch/x" },
    { provider: "nosuch" },
    { provider: "constructor" },
    { model: "__proto__/x" },
    { model: "openai/x", fallback: ["nosuch/x"] },
  ] as Asked[])("%p is not_found, before anything is sent", async (asked) => {
    const error = await rejection(select(asked, withEnv(ALL_KEYS)));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "not_found", exitCode: 4 });
    expect(error.message).toMatch(/nosuch|constructor|__proto__/);
  });

  test.each([
    ["text", "local/use-lite"],
    ["embedding", "anthropic/x"],
    ["speech", "groq/x"],
  ] as const)("%s through %s: not_found, and who has it", async (service, model) => {
    const { problem } = await only({ service, model }, withEnv(ALL_KEYS));
    expect(problem?.type).toBe("not_found");
    expect(problem?.details.hint).toContain(service === "text" ? "openai" : "local");
  });

  test("a provider without a default model asks for one", async () => {
    const { problem } = await only({ provider: "volcengine" }, withEnv({ VOLCANO_ENGINE_API_KEY: "k" }));
    expect(problem?.type).toBe("usage");
    expect(problem?.details.hint).toContain("--model volcengine/");
  });
});

test("a prefix alone names no model", async () => {
  const error = await rejection(select({ provider: "mistral", model: "mistral/" }, withEnv(ALL_KEYS)));
  expect(error).toMatchObject({ type: "usage", message: '"mistral/" is not a model: write it as provider/model.' });
});

describe("OpenRouter's own prefix", () => {
  const sent = async (asked: Asked): Promise<string> => textRoute(await only(asked, withEnv(ALL_KEYS))).route.model;

  test.each([
    [{ provider: "openrouter" }, "openrouter/auto"],
    [{ model: "openrouter/auto" }, "openrouter/auto"],
    [{ provider: "openrouter", model: "auto" }, "openrouter/auto"],
    [{ provider: "openrouter", model: "openrouter/auto" }, "openrouter/auto"],
    [{ model: "openrouter/meta-llama/llama-3.3-70b" }, "meta-llama/llama-3.3-70b"],
    [{ provider: "openrouter", model: "meta-llama/llama-3.3-70b" }, "meta-llama/llama-3.3-70b"],
    [{ model: "groq/openai/gpt-oss-120b" }, "openai/gpt-oss-120b"],
  ] as [Asked, string][])("%p is sent as %s", async (asked, model) => {
    expect(await sent(asked)).toBe(model);
  });
});

describe("credentials", () => {
  const openai = (apiKey: unknown, baseUrl?: string): unknown => ({
    models: { providers: { openai: { apiKey, ...(baseUrl !== undefined && { baseUrl }) } } },
  });
  const place = "models.providers.openai.apiKey";

  test.each([
    ["the config before the environment", openai("k-config"), { OPENAI_API_KEY: "k-env" }, "k-config", place],
    ["${ENV} in the config", openai("${WORK}"), { WORK: "k-work", OPENAI_API_KEY: "k-env" }, "k-work", place],
    [
      "a secret reference",
      openai({ source: "env", provider: "default", id: "WORK" }),
      { WORK: "k-work", OPENAI_API_KEY: "k-env" },
      "k-work",
      "WORK",
    ],
    ["the environment when the config has none", {}, { OPENAI_API_KEY: "k-env" }, "k-env", "OPENAI_API_KEY"],
    ["the environment when the config's is blank", openai(" "), { OPENAI_API_KEY: "k-env" }, "k-env", "OPENAI_API_KEY"],
    ["the config's own env block", { env: { OPENAI_API_KEY: "k-block" } }, {}, "k-block", "OPENAI_API_KEY"],
    ["the real one over the block", { env: { OPENAI_API_KEY: "b" } }, { OPENAI_API_KEY: "r" }, "r", "OPENAI_API_KEY"],
    ["with its ends trimmed", {}, { OPENAI_API_KEY: " k-env\r\n" }, "k-env", "OPENAI_API_KEY"],
    ["with its ends trimmed in the config", openai("\tk-config\n"), {}, "k-config", place],
  ] as [string, unknown, Env, string, string][])("%s", async (_, config, env, key, source) => {
    const candidate = await only({ provider: "openai" }, loaded(config, env));
    expect(candidate.problem).toBeUndefined();
    expect({ key: await keyOf(candidate), source: candidate.credential?.source }).toEqual({ key, source });
  });

  test.each([
    ["anthropic", { ANTHROPIC_OAUTH_TOKEN: "first", ANTHROPIC_API_KEY: "second" }],
    ["google", { GEMINI_API_KEY: "first", GOOGLE_API_KEY: "second" }],
  ] as [string, Env][])("%s: the environment in OpenClaw's order", async (provider, env) => {
    expect(await keyOf(await only({ provider }, withEnv(env)))).toBe("first");
    const [firstName = ""] = Object.keys(env);
    expect(await keyOf(await only({ provider }, withEnv({ ...env, [firstName]: "  " })))).toBe("second");
  });

  test("none at all says every way to give one", async () => {
    const candidate = await only({ provider: "anthropic" }, NOTHING);
    const { problem, credential } = candidate;
    expect(credential).toBeNull();
    expect({ key: await keyOf(candidate), type: problem?.type, exitCode: problem?.exitCode }).toEqual({
      key: null,
      type: "auth",
      exitCode: 3,
    });
    expect(problem?.message).toContain("ANTHROPIC_API_KEY");
    expect(problem?.message).toContain("models.providers.anthropic");
  });

  test.each([
    ["a variable that is not set", openai("${GONE}"), "GONE"],
    ["a reference to a variable that is not set", openai({ source: "env", id: "GONE" }), "GONE"],
    [
      "a reference to a program that the config does not have",
      openai({ source: "exec", id: "vault" }),
      "secrets.providers.default",
    ],
    ["blank", openai(""), place],
  ])("%s is named", async (_, config, named) => {
    const { problem } = await only({ provider: "openai" }, loaded(config));
    expect(problem?.type).toBe("auth");
    expect(problem?.message).toContain(named);
  });

  test.each(["sk-a\nb", "sk-a\r\nX-Evil: 1", "sk-a\u0000b", "sk-a\u007fb", "sk-a b", "sk-schlüssel", "“sk-a”"])(
    "%p cannot be sent: auth, and it is not printed",
    async (key) => {
      for (const from of [withEnv({ OPENAI_API_KEY: key }), loaded(openai(key))]) {
        const candidate = await only({ provider: "openai" }, from);
        expect({ key: await keyOf(candidate), type: candidate.problem?.type }).toEqual({ key: null, type: "auth" });
        expect(candidate.problem?.message).toMatch(/OPENAI_API_KEY|models\.providers\.openai\.apiKey/);
        expect(candidate.problem?.message).not.toContain(key);
        expect(candidate.problem?.message).not.toContain("sk-");
      }
    },
  );

  test.each([
    ["an unsendable key", {}, { OPENAI_API_KEY: "sk-a\nb" }, /OPENAI_API_KEY cannot be sent/],
    ["a variable that is not set", openai("${GONE}"), {}, /GONE/],
  ] as [string, unknown, Env, RegExp][])("%s is not told as no provider set up", async (_, config, env, told) => {
    const from = loaded(config, env);
    let said: InferError | undefined;
    try {
      said = (await only({}, from)).problem;
    } catch (thrown) {
      if (thrown instanceof InferError) said = thrown;
    }
    expect({ type: said?.type, exitCode: said?.exitCode }).toEqual({ type: "auth", exitCode: 3 });
    expect(`${said?.message} ${said?.details.hint}`).toMatch(told);
  });

  test.each([
    "http://localhost:1234/v1",
    "http://127.0.0.1:8000",
    "http://127.1.2.3",
    "http://[::1]:8080/v1",
    "https://LOCALHOST",
    "http://box.localhost/v1",
  ])("%s needs none", async (baseUrl) => {
    const from = loaded({ models: { providers: { openai: { baseUrl }, mine: { baseUrl, models: [{ id: "m" }] } } } });
    for (const provider of ["openai", "mine"]) {
      const candidate = await only({ provider }, from);
      const { credential, problem } = candidate;
      expect({ key: await keyOf(candidate), keySource: credential?.source }).toEqual({
        key: null,
        keySource: "no key needed",
      });
      expect(problem).toBeUndefined();
    }
  });

  test("a key that is there is used on loopback, too", async () => {
    const from = loaded(openai("k-config", "http://127.0.0.1:1/v1"));
    expect(await keyOf(await only({ provider: "openai" }, from))).toBe("k-config");
  });

  test.each([
    "https://api.example.com/v1",
    "http://127.example.com",
    "http://127.0.0.1.nip.io",
    "http://localhost.example.com",
    "http://10.0.0.1",
    "http://192.168.1.1:8080",
    "http://user@example.com:127",
    "not a url",
    "",
  ])("%p is not loopback", (baseUrl) => {
    expect(isLoopback(baseUrl)).toBe(false);
  });

  test.each(["ollama", "lmstudio", "vllm", "local"])("%s needs none where it is by default", async (provider) => {
    expect((await only({ provider, model: "m" }, NOTHING)).problem?.type).not.toBe("auth");
  });
});

describe("the config's providers", () => {
  test("redirect a known one, under its own name or an alias", async () => {
    for (const name of ["google", "gemini"]) {
      const from = loaded({ models: { providers: { [name]: { baseUrl: "https://proxy.example/v1", apiKey: "k" } } } });
      const candidate = await only({ model: "gemini/x" }, from);
      const { provider } = candidate;
      expect({ id: provider.id, baseUrl: provider.baseUrl, key: await keyOf(candidate) }).toEqual({
        id: "google",
        baseUrl: "https://proxy.example/v1",
        key: "k",
      });
      expect(textRoute(await only({ model: "google/x" }, from)).protocol).toBe("google-generate-content");
    }
  });

  test.each([
    [undefined, "openai-chat", "authorization"],
    ["openai-completions", "openai-chat", "authorization"],
    ["openai-responses", "openai-responses", "authorization"],
    ["anthropic-messages", "anthropic-messages", "x-api-key"],
    ["google-generative-ai", "google-generate-content", "x-goog-api-key"],
    ["ollama", "ollama-chat", "authorization"],
  ])("speak %s, with the key where that wire has it", async (api, protocol, header) => {
    const mine = { baseUrl: "https://mine.example/v1", apiKey: "k-mine", ...(api && { api }) };
    const context = bareContext();
    const candidate = await only({ model: "mine/m" }, loaded({ models: { providers: { mine } } }));
    expect(textRoute(candidate).protocol as string).toBe(protocol);
    const request = { method: "POST" as const, url: mine.baseUrl, headers: {} };
    const session = await openSession(context, candidate, context.signal);
    expect((await authorise(context, request, candidate, session)).headers[header]).toContain("k-mine");
    expect(context.secrets.has("k-mine")).toBe(true);
  });

  test("are found whatever the case, and do not need to list the model", async () => {
    const from = loaded({ models: { providers: { MyServer: { baseUrl: "http://127.0.0.1:1/v1" } } } });
    expect(refs(await select({ model: "myserver/any" }, from))).toEqual(["MyServer/any"]);
  });

  test("keep a row's own provider ids apart", () => {
    const ids = PROVIDERS.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]);
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    expect(ids).toEqual(ids.map((id) => id.toLowerCase()));
  });
});

describe("a key is never printed", () => {
  const KEY = "sk-proj-0123456789abcdef";
  const world = {
    env: { OPENAI_API_KEY: KEY },
    fetch: (async () =>
      Response.json(
        { error: { message: `Incorrect API key provided: ${KEY}.` } },
        { status: 401 },
      )) as unknown as typeof globalThis.fetch,
  };

  test("by what a candidate says of itself", async () => {
    const candidate = await only({ provider: "openai" }, withEnv(world.env));
    expect(await keyOf(candidate)).toBe(KEY);
    expect(JSON.stringify(candidate)).not.toContain(KEY);
    expect(Bun.inspect(candidate, { depth: 9 })).not.toContain(KEY);
  });

  test.each([[["--json"]], [["--verbose"]], [["--json", "--verbose"]]])(
    "by a run that the provider refuses while quoting it, with %p",
    async (flags) => {
      const line = ["model", "run", "--prompt", "hi", "--model", "openai/x", ...flags];
      const { stdout, stderr, exitCode } = await runInProcess(line, world);
      expect(exitCode).toBe(3);
      expect(stdout + stderr).not.toContain(KEY);
      if (flags.includes("--json")) expect(JSON.parse(stdout).error.message).toContain("Incorrect API key provided");
    },
  );
});
