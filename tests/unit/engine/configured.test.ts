// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** What a server sees of a run whose config declares it so. */
async function seenBy(entry: object, { model = "mine/m", argv = [], env = {} }: Run = {}) {
  await using server = await FaultServer.start((socket) =>
    respond(socket, 418, '{"error":{"message":"seen"}}', { "content-type": "application/json" }),
  );
  const config = folder.file(`${Bun.randomUUIDv7()}.json`);
  const text = JSON.stringify({
    models: { providers: { [model.split("/")[0] ?? ""]: { baseUrl: server.url, ...entry } } },
  });
  await writeFile(config, text.replaceAll("SERVER", server.url));
  const line = ["model", "run", "--prompt", "x", "--model", model, "--config", config, "--json", ...argv];
  const { stdout } = await runInProcess(line, { env });
  const [seen] = server.seen;
  return {
    document: JSON.parse(stdout),
    path: seen?.path,
    headers: seen?.headers ?? {},
    body: JSON.parse(seen?.body ?? "null"),
  };
}

interface Run {
  model?: string;
  argv?: string[];
  env?: Record<string, string>;
}

describe("request.auth says how the key travels", () => {
  test("as a header of its own, in place of the provider's key", async () => {
    const auth = { mode: "header", headerName: "X-Team-Key", value: { source: "env", id: "TEAM" }, prefix: "Team " };
    const { headers } = await seenBy({ apiKey: "other", request: { auth } }, { env: { TEAM: "sk-team" } });
    expect(headers["x-team-key"]).toBe("Team sk-team");
    expect(headers.authorization).toBeUndefined();
  });

  test("as a bearer token, also where the wire has a header of its own", async () => {
    const auth = { mode: "authorization-bearer", token: "sk-bearer" };
    const { headers } = await seenBy({ api: "anthropic-messages", request: { auth } });
    expect(headers.authorization).toBe("Bearer sk-bearer");
    expect(headers["x-api-key"]).toBeUndefined();
  });

  test("and one that cannot be had is named by its path", async () => {
    const auth = { mode: "authorization-bearer", token: "${GONE}" };
    const { document } = await seenBy({ baseUrl: "https://far.example", request: { auth } });
    expect(document.error.type).toBe("auth");
    expect(document.error.message).toContain("models.providers.mine.request.auth.token");
  });
});

test("authHeader puts the key into Authorization", async () => {
  const { headers } = await seenBy({ api: "anthropic-messages", apiKey: "sk-a", authHeader: true });
  expect(headers.authorization).toBe("Bearer sk-a");
});

test("request.headers win over headers", async () => {
  const { headers } = await seenBy({ headers: { "x-a": "1", "x-b": "1" }, request: { headers: { "x-b": "2" } } });
  expect(headers).toMatchObject({ "x-a": "1", "x-b": "2" });
});

describe("a configured model may depart from its provider", () => {
  const models = [
    { id: "plain" },
    { id: "claude", api: "anthropic-messages", headers: { "x-model": "claude" } },
    { id: "near", baseUrl: "SERVER/near" },
    {
      id: "odd",
      compat: {
        maxTokensField: "max_tokens",
        thinkingFormat: "openrouter",
        supportsUsageInStreaming: false,
        requiresStringContent: true,
      },
    },
    { id: "mute", compat: { supportsReasoningEffort: false } },
  ];
  const entry = { apiKey: "sk-a", models };

  test("in its wire, its headers and how it takes the key", async () => {
    const claude = await seenBy(entry, { model: "mine/claude" });
    expect(claude.path).toBe("/v1/messages");
    expect(claude.headers).toMatchObject({ "x-api-key": "sk-a", "x-model": "claude" });
    const plain = await seenBy(entry, { model: "mine/plain" });
    expect(plain.path).toBe("/chat/completions");
    expect(plain.headers).toMatchObject({ authorization: "Bearer sk-a" });
    expect(plain.headers["x-model"]).toBeUndefined();
  });

  test("in its address", async () => {
    expect((await seenBy(entry, { model: "mine/near" })).path).toBe("/near/chat/completions");
  });

  test("in how chat completions are spoken", async () => {
    const argv = ["--max-tokens", "9", "--thinking", "high"];
    const { body } = await seenBy(entry, { model: "mine/odd", argv });
    expect(body).toMatchObject({ max_tokens: 9, reasoning: { effort: "high" }, messages: [{ content: "x" }] });
    expect(Object.keys(body)).not.toContain("stream_options");
    expect(Object.keys(body)).not.toContain("max_completion_tokens");
  });

  test("in not knowing how to think", async () => {
    const { body } = await seenBy(entry, { model: "mine/mute", argv: ["--thinking", "high"] });
    expect(Object.keys(body).filter((name) => /reason|think/.test(name))).toEqual([]);
  });
});

test("a wire that the config names is every model's, whatever the row says of single ones", async () => {
  const entry = { apiKey: "k", api: "openai-completions" };
  expect((await seenBy(entry, { model: "opencode/claude-sonnet-4-5" })).path).toBe("/chat/completions");
  expect((await seenBy({ apiKey: "k" }, { model: "opencode/claude-sonnet-4-5" })).path).toBe("/v1/messages");
});

test("what a model does not depart in stays the row's, and what it does is the config's", async () => {
  const models = [{ id: "m", compat: { maxTokensField: "max_completion_tokens", thinkingFormat: "qwen" } }];
  const argv = ["--max-tokens", "9", "--thinking", "off"];
  const { body } = await seenBy({ apiKey: "k", models }, { model: "mistral/m", argv });
  expect(body).toMatchObject({ max_completion_tokens: 9, enable_thinking: false });
  expect(Object.keys(body)).not.toContain("stream_options");
});

test("a configured key that cannot be had is told, also where a server may need none", async () => {
  const { document, path } = await seenBy({ apiKey: "${NOPE}" });
  expect(document.error).toMatchObject({ type: "auth", message: expect.stringContaining("NOPE") });
  expect(path).toBeUndefined();
});

describe("request.proxy", () => {
  test("leads there, and not to the server itself", async () => {
    await using proxy = await FaultServer.start((socket) => respond(socket, 418, '{"error":{"message":"the proxy"}}'));
    const { document, path } = await seenBy({
      baseUrl: "http://far.example/v1",
      apiKey: "k",
      request: { proxy: { mode: "explicit-proxy", url: proxy.url } },
    });
    expect(document.error.message).toBe("the proxy");
    expect(path).toBeUndefined();
    expect(proxy.seen[0]?.path).toBe("http://far.example/v1/chat/completions");
  });
});
