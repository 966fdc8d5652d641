import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { WIRES } from "../hazards/wires.ts";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";

// With the same openclaw.json, infer and OpenClaw send equivalent requests and give envelopes with the same keys. What
// OpenClaw does is written out here as it was captured (2026.5.2, and 2026.9.6 where that differs); nothing is read from
// the code under test, and every departure from it stands below with its reason.

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const KEY = "sk-openclaw-capture-0123456789";
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const CAPTURES = `${import.meta.dir}/../../../shared/facts/openclaw`;

type Json = Record<string, unknown>;

/** Where a request departs from the capture: what is sent there instead (`undefined`: nothing), and why that is right. */
type Departures = Readonly<Record<string, { sent: unknown; why: string }>>;

/** A request's body for a model that declares no limit, and where infer's is another one. */
interface Body {
  openclaw: Json;
  departs: Departures;
}

interface Captured {
  /** `models.providers.<id>.api`; without it OpenClaw speaks chat completions. */
  api?: string;
  provider: string;
  wire: keyof typeof WIRES;
  /** What the config's `baseUrl` has behind the host. */
  base: string;
  path: string;
  key: readonly [header: string, value: string];
  headers?: Readonly<Record<string, string>>;
  text: Body;
  picture: Body;
  /** Where the token limit is. */
  limit: string;
  /** What `--system`, which is ours, adds. */
  system: Json;
}

const MODEL = "captured-model";
const PICTURE_URL = `data:image/png;base64,${PNG}`;
const NO_LIMIT = {
  sent: undefined,
  why: "Nobody set a limit: 8192 is OpenClaw's guess for a model that declares none, and cuts long answers.",
};
const STREAM_OPTIONS = {
  sent: { include_usage: true },
  why: "As 2026.9.6 sends it: without it chat completions count no tokens.",
};
const STORE = { sent: undefined, why: "As in 2026.9.6; other vendors' servers refuse a member that they do not know." };
const NO_CACHE = "The mark pays for a cache that a single question never reads.";

const CHAT: Omit<Captured, "provider"> = {
  wire: "openai-chat",
  base: "/v1",
  path: "/v1/chat/completions",
  key: ["authorization", `Bearer ${KEY}`],
  text: {
    openclaw: {
      model: MODEL,
      messages: [{ role: "user", content: "say hi" }],
      stream: true,
      store: false,
      max_completion_tokens: 8192,
    },
    departs: { max_completion_tokens: NO_LIMIT, store: STORE, stream_options: STREAM_OPTIONS },
  },
  picture: {
    openclaw: {
      model: MODEL,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "say hi" },
            { type: "image_url", image_url: { url: PICTURE_URL } },
          ],
        },
      ],
      stream: true,
      store: false,
      max_completion_tokens: 8192,
    },
    departs: { max_completion_tokens: NO_LIMIT, store: STORE, stream_options: STREAM_OPTIONS },
  },
  limit: "max_completion_tokens",
  system: { "messages.0.role": "system", "messages.0.content": "Be brief" },
};

const RESPONSES: Captured = {
  api: "openai-responses",
  provider: "responses",
  wire: "openai-responses",
  base: "/v1",
  path: "/v1/responses",
  key: ["authorization", `Bearer ${KEY}`],
  text: {
    openclaw: {
      model: MODEL,
      input: [{ role: "user", content: [{ type: "input_text", text: "say hi" }] }],
      stream: true,
      store: false,
      max_output_tokens: 8192,
    },
    departs: { max_output_tokens: NO_LIMIT },
  },
  picture: {
    openclaw: {
      model: MODEL,
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "say hi" },
            { type: "input_image", detail: "auto", image_url: PICTURE_URL },
          ],
        },
      ],
      stream: true,
      store: false,
      max_output_tokens: 8192,
    },
    departs: { max_output_tokens: NO_LIMIT },
  },
  limit: "max_output_tokens",
  system: { instructions: "Be brief" },
};

const CLAUDES_PICTURE = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };

const ANTHROPIC: Captured = {
  api: "anthropic-messages",
  provider: "anth",
  wire: "anthropic-messages",
  base: "",
  path: "/v1/messages",
  key: ["x-api-key", KEY],
  headers: { "anthropic-version": "2023-06-01" },
  text: {
    openclaw: {
      model: MODEL,
      messages: [{ role: "user", content: [{ type: "text", text: "say hi", cache_control: { type: "ephemeral" } }] }],
      max_tokens: 8192,
      stream: true,
    },
    departs: {
      "messages.0.content": { sent: "say hi", why: `A string is short for one block of text. ${NO_CACHE}` },
    },
  },
  picture: {
    openclaw: {
      model: MODEL,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "say hi" },
            { ...CLAUDES_PICTURE, cache_control: { type: "ephemeral" } },
          ],
        },
      ],
      max_tokens: 8192,
      stream: true,
    },
    departs: {
      "messages.0.content": {
        sent: [CLAUDES_PICTURE, { type: "text", text: "say hi" }],
        why: `Pictures before the text, as Anthropic's guide to vision asks for. ${NO_CACHE}`,
      },
    },
  },
  limit: "max_tokens",
  system: { system: "Be brief" },
};

const GOOGLE: Captured = {
  api: "google-generative-ai",
  provider: "goog",
  wire: "google-generate-content",
  base: "/v1beta",
  path: `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`,
  key: ["x-goog-api-key", KEY],
  text: {
    openclaw: {
      contents: [{ parts: [{ text: "say hi" }], role: "user" }],
      generationConfig: { maxOutputTokens: 8192 },
    },
    departs: { generationConfig: NO_LIMIT },
  },
  picture: {
    openclaw: {
      contents: [{ parts: [{ text: "say hi" }, { inlineData: { data: PNG, mimeType: "image/png" } }], role: "user" }],
      generationConfig: { maxOutputTokens: 8192 },
    },
    departs: { generationConfig: NO_LIMIT },
  },
  limit: "generationConfig.maxOutputTokens",
  system: { "systemInstruction.parts.0.text": "Be brief" },
};

const OLLAMA: Captured = {
  api: "ollama",
  provider: "olla",
  wire: "ollama-chat",
  base: "",
  path: "/api/chat",
  key: ["authorization", `Bearer ${KEY}`],
  text: {
    openclaw: {
      model: MODEL,
      messages: [{ role: "user", content: "say hi" }],
      stream: true,
      options: { num_predict: 8192 },
    },
    departs: { options: NO_LIMIT },
  },
  picture: {
    openclaw: {
      model: MODEL,
      messages: [{ role: "user", content: "say hi", images: [PNG] }],
      stream: true,
      options: { num_predict: 8192 },
    },
    departs: { options: NO_LIMIT },
  },
  limit: "options.num_predict",
  system: { "messages.0.role": "system", "messages.0.content": "Be brief" },
};

const CAPTURED: readonly Captured[] = [
  { ...CHAT, provider: "plain" },
  { ...CHAT, provider: "chat", api: "openai-completions" },
  ...[RESPONSES, ANTHROPIC, GOOGLE, OLLAMA],
];

/** Sent by OpenClaw's vendor libraries; none of them changes an answer. */
const HEADERS_LEFT_OUT: Readonly<Record<string, string>> = {
  "anthropic-beta": "interleaved-thinking-2025-05-14 is about thinking between tool calls, and there are no tools",
  "x-stainless-lang": "it tells the vendor which library is used, and infer uses none",
  "x-stainless-runtime": "the same",
};

/** The two forms of one config: 2026.9 moved some keys. Both are JSON5, and have the key in a variable. */
function openclawJson(form: "May" | "September", host: string): string {
  const providers = CAPTURED.map(
    ({ api, provider, base }) => `
      ${provider}: {
        baseUrl: "${host}${base}", apiKey: "\${CAPTURE_KEY}", ${api ? `api: "${api}",` : ""}
        headers: { "X-From-Config": "yes" },
        models: [
          { id: "${MODEL}", name: "Captured", input: ["text", "image"], contextWindow: 128000, },
          { id: "limited", name: "Limited", input: ["text", "image"], maxTokens: 2048, },
          { id: "text-only", name: "Text only", input: ["text"], },
        ],
      },`,
  ).join("");
  const audio = { provider: "chat", model: "whisper-1" };
  const moved = {
    May: `
      messages: { tts: { provider: "openai" } },
      tools: { media: { audio: { models: [${JSON.stringify(audio)}] } } },`,
    September: `
      tts: { provider: "openai" }, memory: { search: { provider: "openai", model: "text-embedding-3-small" } },
      tools: { media: { models: [${JSON.stringify({ ...audio, capabilities: ["audio"] })}] } },`,
  }[form];
  const defaults = {
    May: `imageGenerationModel: { primary: "openai/gpt-image-2" },
          memorySearch: { provider: "openai", model: "text-embedding-3-small" },`,
    September: `mediaModels: { image: { primary: "openai/gpt-image-2" } },`,
  }[form];
  return `{
    // As a user writes it.
    models: { mode: "merge", providers: {${providers} } },
    agents: {
      defaults: {
        model: { primary: "chat/${MODEL}", fallbacks: ["responses/${MODEL}"] },
        models: { "responses/${MODEL}": { alias: "other" } },
        ${defaults}
      },
    },
    ${moved}
  }`;
}

interface Run {
  request: { method: string; path: string; headers: Record<string, string>; body: Json };
  envelope: Json;
  sent: number;
  exitCode: number;
}

/** One command line against a server that speaks `wire`, with the config of either form. */
async function run(
  argv: readonly string[],
  { wire = "openai-chat", form = "May", base }: { wire?: string; form?: "May" | "September"; base?: string } = {},
): Promise<Run> {
  const answers = WIRES[wire];
  if (!answers) throw new Error(`no wire ${wire}`);
  const pieces = answers.stream({ pieces: [" hi", " there "] });
  const answer = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  await using server = await FaultServer.start((socket) =>
    respond(socket, 200, answer, { "content-type": answers.contentType }),
  );
  const home = folder.file(`${form}-${server.port}`);
  await mkdir(`${home}/.openclaw`, { recursive: true });
  const config = openclawJson(form, server.url);
  await writeFile(`${home}/.openclaw/openclaw.json`, base === undefined ? config : config.replaceAll("/v1beta", base));
  await writeFile(`${home}/dot.png`, Buffer.from(PNG, "base64"));
  const methods: string[] = [];
  const fetch: typeof globalThis.fetch = Object.assign(
    (input: string | URL | Request, init?: RequestInit) => {
      methods.push(init?.method ?? "GET");
      return globalThis.fetch(input, init);
    },
    { preconnect: () => undefined },
  );
  const env = { HOME: home, CAPTURE_KEY: KEY, INFER_KEYCHAIN: "off" };
  const { stdout, exitCode } = await runInProcess([...argv, "--json"], { env, cwd: home, fetch });
  const seen = server.seen[0];
  return {
    request: {
      method: methods[0] ?? "",
      path: seen?.path ?? "",
      headers: seen?.headers ?? {},
      body: JSON.parse(seen?.body || "{}"),
    },
    envelope: JSON.parse(stdout),
    sent: server.seen.length,
    exitCode,
  };
}

const modelRun = (model: string, ...more: string[]): string[] => [
  ...["model", "run", "--prompt", "say hi", "--model", model],
  ...more,
];

describe.each(["May", "September"] as const)("openclaw.json in %s's form", (form) => {
  describe.each(CAPTURED.map((row) => [row.api ?? "no api", row] as const))("%s", (_, row) => {
    const model = `${row.provider}/${MODEL}`;
    const options = { wire: row.wire, form };

    test("the request is the one that OpenClaw sends, but for what is told", async () => {
      const { request, exitCode } = await run(modelRun(model), options);
      expect(exitCode).toBe(0);
      expect(request.method).toBe("POST");
      expect(request.path).toBe(row.path);
      expect(differences(row.text.openclaw, request.body)).toEqual(sentInstead(row.text.departs));
    });

    test("so is the one with a picture, under its own type", async () => {
      const { request } = await run(modelRun(model, "--file", "dot.png"), options);
      expect(request.path).toBe(row.path);
      expect(differences(row.picture.openclaw, request.body)).toEqual(sentInstead(row.picture.departs));
    });

    test("the key travels in the same header and nowhere else, with the config's own headers", async () => {
      const { request } = await run(modelRun(model), options);
      const [header, value] = row.key;
      expect(request.headers).toMatchObject({
        [header]: value,
        "content-type": "application/json",
        "x-from-config": "yes",
        ...row.headers,
      });
      const carrying = Object.entries(request.headers).filter(([, text]) => text.includes(KEY));
      expect(carrying.map(([name]) => name)).toEqual([header]);
      expect(request.path).not.toContain(KEY);
      for (const name of Object.keys(HEADERS_LEFT_OUT)) expect(request.headers).not.toHaveProperty(name);
    });

    test("a limit that the config sets for the model is sent", async () => {
      const { request } = await run(modelRun(`${row.provider}/limited`), options);
      expect(at(request.body, row.limit)).toBe(2048);
    });

    test("--max-tokens, which is ours, is sent in the same member", async () => {
      const { request } = await run(modelRun(model, "--max-tokens", "99"), options);
      expect(at(request.body, row.limit)).toBe(99);
    });

    test("--system, which is ours, adds its own member alone", async () => {
      const plain = await run(modelRun(model), options);
      const { request } = await run(modelRun(model, "--system", "Be brief"), options);
      for (const [path, value] of Object.entries(row.system)) expect(at(request.body, path)).toEqual(value);
      expect(JSON.stringify(request.body)).toContain("say hi");
      expect(request.body).toMatchObject(
        Object.fromEntries(Object.entries(plain.request.body).filter(([name]) => name !== "messages")),
      );
    });

    test("a model that takes text only is not sent the picture", async () => {
      const { envelope, sent, exitCode } = await run(
        modelRun(`${row.provider}/text-only`, "--file", "dot.png"),
        options,
      );
      // OpenClaw puts "(image omitted: model does not support images)" in its place, and the run succeeds: whoever asked
      // about a picture would take an invention for an answer.
      expect(envelope).toMatchObject({ ok: false, error: { type: "usage" } });
      expect({ sent, exitCode }).toEqual({ sent: 0, exitCode: 2 });
    });

    test("the envelope has OpenClaw's keys, in its order and with its types", async () => {
      const { envelope } = await run(modelRun(model), options);
      expectKeys(envelope, ["ok", "capability", "transport", "provider", "model", "attempts", "outputs"]);
      expect(envelope).toMatchObject({
        ok: true,
        capability: "model.run",
        transport: "local",
        provider: row.provider,
        model: MODEL,
        attempts: expect.any(Array),
        outputs: [{ text: "hi there", mediaUrl: null }],
      });
      expectKeys(first(envelope.outputs), ["text", "mediaUrl"]);
    });

    test("with a picture, `inputs` stands before `outputs`", async () => {
      const { envelope } = await run(modelRun(model, "--file", "dot.png"), options);
      expectKeys(envelope, ["ok", "capability", "transport", "provider", "model", "attempts", "inputs", "outputs"]);
      expect(envelope.inputs).toEqual([{ path: expect.stringMatching(/\/dot\.png$/), mimeType: "image/png" }]);
    });
  });

  test("without --model the default is asked, a bare name is one of its provider's, and an alias is its model", async () => {
    const unnamed = await run(["model", "run", "--prompt", "say hi"], { form });
    expect(unnamed.envelope).toMatchObject({ ok: true, provider: "chat", model: MODEL });
    const bare = await run(modelRun("nosuch"), { form });
    expect(bare.request.body).toMatchObject({ model: "nosuch" });
    expect(bare.envelope).toMatchObject({ ok: true, provider: "chat", model: "nosuch" });
    const alias = await run(modelRun("other"), { wire: "openai-responses", form });
    expect(alias.request.path).toBe("/v1/responses");
    expect(alias.envelope).toMatchObject({ ok: true, provider: "responses", model: MODEL });
  });

  test("a model that the config does not list is sent all the same", async () => {
    const { request } = await run(modelRun("chat/nosuch"), { form });
    expect(request.body).toMatchObject({ model: "nosuch" });
  });
});

describe("what the captures have besides", () => {
  test("Gemini's wire is spoken below the configured address, with nothing put in between", async () => {
    const { request } = await run(modelRun(`goog/${MODEL}`), { wire: "google-generate-content", base: "/gemini" });
    expect(request.path).toBe(`/gemini/models/${MODEL}:streamGenerateContent?alt=sse`);
  });

  // OpenClaw's names up to 2026.5, and since. What each is spoken over is above; these are not mocked.
  test.each([
    "openai-codex-responses",
    "openai-chatgpt-responses",
    "azure-openai-responses",
    "bedrock-converse-stream",
    "github-copilot",
    "google-vertex",
  ])("`api: %s` is known", async (api) => {
    const home = folder.file(`api-${api}`);
    await mkdir(`${home}/.openclaw`, { recursive: true });
    const provider = { baseUrl: "http://127.0.0.1:9", apiKey: KEY, api, models: [{ id: "m" }] };
    await writeFile(`${home}/.openclaw/openclaw.json`, JSON.stringify({ models: { providers: { some: provider } } }));
    const never = (): never => {
      throw new TypeError("nobody is there");
    };
    const { stdout } = await runInProcess([...modelRun("some/m"), "--timeout-ms", "300", "--json"], {
      env: { HOME: home, INFER_KEYCHAIN: "off" },
      cwd: home,
      fetch: Object.assign(never, { preconnect: () => undefined }),
      sleep: async () => undefined,
    });
    expect(JSON.parse(stdout).error.message).not.toContain(`models.providers.some.api`);
  });

  test("a failure is an envelope where OpenClaw prints nothing in May, with September's members", async () => {
    const { envelope, exitCode } = await run(modelRun("nosuchprovider/m"));
    // 2026.9.6: {"ok": false, "error": {"type": "cli_error", "message": "…"}}, exit 1.
    expect(envelope).toMatchObject({ ok: false, error: { type: "not_found", message: expect.any(String) } });
    expect(exitCode).toBeGreaterThan(0);
  });

  test("the comparison can fail", () => {
    expect(differences({ a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 3] }, d: true })).toEqual({
      "b.c": [1, 3],
      d: true,
    });
    expect(differences({ a: { b: 1, c: 2 } }, { a: { b: 1 } })).toEqual({ "a.c": undefined });
    expect(() => expectKeys({ b: 1, a: 1 }, ["a", "b"])).toThrow();
    expect(() => expectKeys({ a: 1 }, ["a", "b"])).toThrow();
  });
});

describe("the inventories", () => {
  const present = existsSync(CAPTURES);
  const captured = (name: string): Json[] => JSON.parse(readFileSync(`${CAPTURES}/${name}-52.json`, "utf8"));
  /** The captures' own config had these. */
  const MOCKED = ["mock", "mockr", "manth", "mgoog", "dead", "ollama"];

  test("infer list", async () => {
    const rows = list(await inventory(["list"]));
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(["id", "transports", "description"]);
      expect(row).toEqual({
        id: expect.any(String),
        transports: expect.any(Array),
        description: expect.any(String),
      });
    }
    expect(rows.map(({ id }) => id)).toContain("model.run");
  });

  test.skipIf(!present)(
    "infer list names nothing otherwise than OpenClaw (skipped without ../shared/facts)",
    async () => {
      const theirs = new Map(captured("list-json").map((row) => [row.id, row]));
      const rows = list(await inventory(["list"])).filter(({ id }) => theirs.has(id));
      expect(rows.length).toBeGreaterThan(8);
      for (const row of rows) {
        const { transports, ...known } = theirs.get(row.id) ?? {};
        expect(row).toMatchObject(known);
        for (const transport of strings(row.transports)) expect(strings(transports)).toContain(transport);
      }
    },
  );

  test("infer inspect", async () => {
    const row = (await inventory(["inspect", "--name", "model.run"])) as Json;
    expect(Object.keys(row)).toEqual(["id", "description", "transports", "flags", "resultShape"]);
    expect(strings(row.flags)).toEqual(expect.arrayContaining(["--prompt", "--file", "--model", "--json"]));
    // Last: Bun's toMatchObject puts the matchers into what it was given.
    expect(row).toMatchObject({ id: "model.run", resultShape: expect.any(String) });
  });

  test("infer model list has the config's models among its own", async () => {
    const rows = list(await inventory(["model", "list"]));
    expect(rows.filter(({ provider }) => provider === "goog")).toMatchObject([
      // OpenClaw makes up what the config leaves out (200000 tokens, no reasoning); here it is absent.
      { id: MODEL, name: "Captured", provider: "goog", contextWindow: 128_000, input: ["text", "image"] },
      { id: "limited", name: "Limited", provider: "goog", input: ["text", "image"] },
      { id: "text-only", name: "Text only", provider: "goog", input: ["text"] },
    ]);
  });

  test.skipIf(!present)(
    "infer model list has every model of OpenClaw's, with the same members (skipped without ../shared/facts)",
    async () => {
      const ours = new Map(list(await inventory(["model", "list"])).map((row) => [`${row.provider}/${row.id}`, row]));
      const theirs = captured("model-list").filter(({ provider }) => !MOCKED.includes(String(provider)));
      expect(theirs.length).toBeGreaterThan(900);
      const keys = ["id", "name", "provider", "contextWindow", "reasoning", "input"];
      for (const row of theirs) {
        const one = ours.get(`${row.provider}/${row.id}`);
        expect(one).toMatchObject(Object.fromEntries(keys.map((key) => [key, row[key]])));
        expectKeys(one ?? {}, keys);
      }
    },
  );

  test("infer model inspect gives one of them", async () => {
    const row = await inventory(["model", "inspect", "--model", `goog/${MODEL}`]);
    expect(list(await inventory(["model", "list", "--provider", "goog"]))).toContainEqual(row as Json);
  });

  test("infer model providers", async () => {
    const rows = list(await inventory(["model", "providers"]));
    expect(rows.map(({ provider }) => provider)).toEqual(rows.map(({ provider }) => provider).toSorted());
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(["provider", "count", "defaults", "available", "configured", "selected"]);
      expect(strings(row.defaults).length).toBeLessThanOrEqual(3);
    }
    expect(rows.find(({ provider }) => provider === "chat")).toEqual({
      provider: "chat",
      count: 3,
      defaults: [MODEL, "limited", "text-only"],
      available: true,
      configured: true,
      selected: true,
    });
    expect(rows.filter(({ selected }) => selected)).toHaveLength(1);
  });

  test.skipIf(!present)(
    "infer model providers has every provider of OpenClaw's, in the same form (skipped without ../shared/facts)",
    async () => {
      const names = new Set(list(await inventory(["model", "providers"])).map(({ provider }) => provider));
      const theirs = captured("model-providers").filter(({ provider }) => !MOCKED.includes(String(provider)));
      expect(theirs.map(({ provider }) => provider).filter((name) => !names.has(name))).toEqual([]);
    },
  );

  test("infer model auth status", async () => {
    const status = (await inventory(["model", "auth", "status"])) as Json & { auth: Json };
    expect(JSON.stringify(status)).not.toContain(KEY);
    expect(Object.keys(status)).toEqual([
      ...["configPath", "agentDir", "defaultModel", "resolvedDefault", "fallbacks"],
      ...["imageModel", "imageFallbacks", "aliases", "allowed", "auth"],
    ]);
    expect(status).toMatchObject({
      configPath: expect.stringMatching(/\/\.openclaw\/openclaw\.json$/),
      agentDir: expect.stringMatching(/\/\.openclaw\/agents\/main\/agent$/),
      defaultModel: `chat/${MODEL}`,
      resolvedDefault: `chat/${MODEL}`,
      fallbacks: [`responses/${MODEL}`],
      aliases: { other: `responses/${MODEL}` },
      allowed: [`responses/${MODEL}`],
    });
    expect(Object.keys(status.auth)).toEqual(
      expect.arrayContaining([
        ...["storePath", "shellEnvFallback", "providersWithOAuth", "missingProvidersInUse"],
        ...["providers", "unusableProfiles", "oauth"],
      ]),
    );
    expect(status.auth).toMatchObject({
      shellEnvFallback: { enabled: false, appliedKeys: [] },
      oauth: { warnAfterMs: expect.any(Number), profiles: [], providers: [] },
    });
    const row = list(status.auth.providers).find(({ provider }) => provider === "chat");
    expect(row).toMatchObject({
      effective: { kind: "models.json", detail: "sk...89" },
      profiles: { count: 0, oauth: 0, token: 0, apiKey: 0, labels: [] },
      modelsJson: { value: "sk...89", source: expect.any(String) },
    });
  });

  test("infer model auth logout succeeds with nothing to remove", async () => {
    const answer = await inventory(["model", "auth", "logout", "--provider", "chat"]);
    expect(answer).toEqual({ provider: "chat", removedProfiles: [] });
  });
});

async function inventory(argv: readonly string[]): Promise<unknown> {
  const { envelope, exitCode, sent } = await run(argv);
  expect({ exitCode, sent }).toEqual({ exitCode: 0, sent: 0 });
  return envelope;
}

/** By path, what stands in `ours` where it is not what `theirs` has. Lists are compared whole. */
function differences(theirs: Json, ours: Json): Json {
  const found: Json = {};
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const [one, other] = [theirs[name], ours[name]];
    if (Bun.deepEquals(one, other, true)) continue;
    const [inOne, inOther] = [unwrapped(one), unwrapped(other)];
    if (!inOne || !inOther) found[name] = other;
    else
      for (const [path, value] of Object.entries(differences(inOne, inOther)))
        found[`${name}${Array.isArray(one) ? ".0" : ""}.${path}`] = value;
  }
  return found;
}

/** The members of an object, and of the only one in a list: the wires wrap a question in one. */
function unwrapped(value: unknown): Json | undefined {
  if (Array.isArray(value)) return value.length === 1 ? unwrapped(value[0]) : undefined;
  return typeof value === "object" && value !== null ? (value as Json) : undefined;
}

function sentInstead(departures: Departures): Json {
  return Object.fromEntries(Object.entries(departures).map(([path, { sent }]) => [path, sent]));
}

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((part, name) => (part as Json | undefined)?.[name], value);
}

/** These keys, in this order, whatever else stands between and behind them. */
function expectKeys(value: Json, keys: readonly string[]): void {
  expect(Object.keys(value).filter((key) => keys.includes(key))).toEqual([...keys]);
}

function first(value: unknown): Json {
  return list(value)[0] ?? {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value : [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
