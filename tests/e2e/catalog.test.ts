import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import type { KnownModel, ProviderEntry } from "../../src/capabilities/catalog.ts";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { infer, inferJson } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const config = folder.file("openclaw.json");
const KEY = "sk-e2e-catalog";
let server: FaultServer;

/** One vendor of each wire, on one machine. */
const LISTS: Record<string, object> = {
  "/chat/models": { data: [{ id: "chat-model", context_length: 9000 }, { id: "text-embedding-x" }] },
  "/claude/v1/models?limit=1000": { data: [{ id: "claude-e2e" }], has_more: true, last_id: "claude-e2e" },
  "/claude/v1/models?limit=1000&after_id=claude-e2e": { data: [{ id: "claude-e2e-2" }], has_more: false },
  "/gemini/v1beta/models?pageSize=1000": {
    models: [{ name: "models/gemini-e2e", inputTokenLimit: 1000, supportedGenerationMethods: ["generateContent"] }],
  },
  "/tags/api/tags": { models: [{ name: "llama-e2e:latest", model: "llama-e2e:latest" }] },
};

beforeAll(async () => {
  server = await FaultServer.start((socket, { path }) => {
    const list = LISTS[path];
    const body = JSON.stringify(list ?? { error: { message: "no such list" } });
    respond(socket, list ? 200 : 404, body, { "content-type": "application/json" });
  });
  const providers = {
    chat: { baseUrl: `${server.url}/chat`, apiKey: KEY, models: [{ id: "mine", name: "Mine" }] },
    anthropic: { baseUrl: `${server.url}/claude`, apiKey: KEY },
    google: { baseUrl: `${server.url}/gemini`, apiKey: KEY },
    ollama: { baseUrl: `${server.url}/tags` },
    gone: { baseUrl: `${server.url}/gone`, apiKey: KEY },
  };
  await writeFile(config, JSON.stringify({ models: { providers } }));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const model = (...argv: string[]): string[] => ["model", ...argv, "--config", config];

describe("the catalog", () => {
  test("model list --json: a bare array of OpenClaw's entries", async () => {
    const { code, stdout, stderr } = await infer(["model", "list", "--json"]);
    const models = JSON.parse(stdout) as KnownModel[];
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(models.length).toBeGreaterThan(970);
    expect(models.find(({ provider, id }) => provider === "openai" && id === "gpt-5.5")).toEqual({
      id: "gpt-5.5",
      name: "GPT-5.5",
      provider: "openai",
      contextWindow: 272_000,
      reasoning: true,
      input: ["text", "image"],
      source: "catalog",
    });
  });

  test("model list: refs that --model takes, in the first column", async () => {
    const { stdout } = await infer(model("list", "--provider", "gemini", "--search", "2.5 pro"));
    const [first = ""] = stdout.split("\n");
    const ref = first.split(" ")[0] ?? "";
    expect(ref).toBe("google/gemini-2.5-pro");
    const { code, stdout: card } = await infer(model("inspect", "--model", ref));
    expect(code).toBe(0);
    expect(card).toContain("model      google/gemini-2.5-pro\n");
    expect(card).toContain("context    1048576 tokens\n");
  });

  test("model inspect: an unknown model is not_found, in the envelope", async () => {
    const { code, envelope } = await inferJson(model("inspect", "--model", "openai/gpt-5.55"));
    expect(code).toBe(4);
    expect(envelope).toMatchObject({ ok: false, capability: "model.inspect", error: { type: "not_found" } });
    expect(envelope.error?.hint).toContain("Did you mean gpt-5.5?");
  });

  test("model list --refresh: every wire's list, with its key; who fails is a warning", async () => {
    const { code, stdout, stderr } = await infer(model("list", "--refresh", "--json"));
    const listed = (JSON.parse(stdout) as KnownModel[]).filter(({ source }) => source !== "catalog");
    expect(code).toBe(0);
    expect(listed.map(({ provider, id }) => `${provider}/${id}`).sort()).toEqual([
      "anthropic/claude-e2e",
      "anthropic/claude-e2e-2",
      "chat/chat-model",
      "chat/mine",
      "google/gemini-e2e",
      "ollama/llama-e2e:latest",
    ]);
    expect(stderr).toBe("infer: warning: gone: no such list\n");
    const headersOf = (path: string) => server.seen.find((seen) => seen.path.startsWith(path))?.headers;
    expect(headersOf("/chat/")?.authorization).toBe(`Bearer ${KEY}`);
    expect(headersOf("/claude/")).toMatchObject({ "x-api-key": KEY, "anthropic-version": "2023-06-01" });
    expect(headersOf("/gemini/")?.["x-goog-api-key"]).toBe(KEY);
    expect(headersOf("/tags/")?.authorization).toBeUndefined();
  });

  test("model list --refresh: the only one that is asked fails, and so does the command", async () => {
    const { code, envelope } = await inferJson(model("list", "--refresh", "--provider", "gone"));
    expect(code).toBe(4);
    expect(envelope.error).toMatchObject({ type: "not_found", provider: "gone", status: 404, message: "no such list" });
  });

  test("model providers --json: sorted, and whom a run would choose", async () => {
    const { code, stdout } = await infer(model("providers", "--json"));
    const entries = JSON.parse(stdout) as ProviderEntry[];
    expect(code).toBe(0);
    expect(entries.map(({ provider }) => provider)).toEqual(entries.map(({ provider }) => provider).toSorted());
    expect(entries.filter(({ configured }) => configured).map(({ provider }) => provider)).toEqual([
      "anthropic",
      "chat",
      "gone",
      "google",
      "ollama",
    ]);
    expect(entries.filter(({ selected }) => selected).map(({ provider }) => provider)).toEqual(["anthropic"]);
    const { envelope } = await inferJson(model("run", "--prompt", "hi"));
    expect(envelope.provider).toBe("anthropic");
  });

  test("is as quick as everything else", async () => {
    const time = async (argv: string[]): Promise<number> => {
      const started = performance.now();
      await infer(argv);
      return performance.now() - started;
    };
    await time(["model", "list"]);
    const runs = await Promise.all([0, 1, 2].map(() => time(["model", "list"])));
    expect(Math.min(...runs)).toBeLessThan(2000);
  });
});
