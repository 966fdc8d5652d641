import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { PROVIDERS } from "../../src/providers/table.ts";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const KEY = "sk-provider-test";

/** How each wire is addressed, below the base URL that the config gives. */
const PATHS = {
  "openai-chat": "/chat/completions",
  "openai-responses": "/responses",
  "anthropic-messages": "/v1/messages",
  "google-generate-content": "/v1beta/models/MODEL:streamGenerateContent?alt=sse",
  "ollama-chat": "/api/chat",
} as const;

/** Where a key goes, as the vendors document it; bearer for all others. */
const KEY_HEADERS: Record<string, [header: string, value: string]> = {
  anthropic: ["x-api-key", KEY],
  google: ["x-goog-api-key", KEY],
};

async function ask(id: string, env: Record<string, string>, entry: object, more: string[] = []) {
  await using server = await FaultServer.start((socket) =>
    respond(socket, 418, '{"error":{"message":"seen"}}', { "content-type": "application/json" }),
  );
  const config = folder.file(`${Bun.randomUUIDv7()}.json`);
  await writeFile(config, JSON.stringify({ models: { providers: { [id]: { baseUrl: server.url, ...entry } } } }));
  const argv = ["model", "run", "--prompt", "x", "--config", config, "--json", ...more];
  const run = await runInProcess(argv, { env });
  const [seen] = server.seen;
  return { run, seen, body: JSON.parse(seen?.body ?? "{}") };
}

describe("every provider with text is reached as its row says", () => {
  for (const { id, env, text } of PROVIDERS) {
    if (!text) continue;
    const { protocol, defaultModel = "some-model", quirks = {}, bareModelPrefix = "" } = text;

    test(`${id}: address, key and model`, async () => {
      const [variable] = env;
      const { seen, body, run } = await ask(id, variable ? { [variable]: KEY } : {}, {}, [
        "--model",
        `${id}/${defaultModel}`,
      ]);
      expect(JSON.parse(run.stdout).error.message).toBe("seen");
      expect(seen?.path).toBe(PATHS[protocol].replace("MODEL", encodeURIComponent(defaultModel)));
      const [header, value] = KEY_HEADERS[id] ?? ["authorization", `Bearer ${KEY}`];
      expect(seen?.headers[header]).toBe(value);
      if (protocol !== "google-generate-content") expect(body.model).toBe(defaultModel);
    });

    test(`${id}: chosen by its key alone, with its default model`, async () => {
      const [variable] = env;
      if (!variable || !text.defaultModel) {
        const { run } = await ask(id, {}, {}, ["--provider", id]);
        expect(JSON.parse(run.stdout).error).toMatchObject({
          type: "usage",
          message: expect.stringContaining("default model"),
        });
        return;
      }
      const { run, seen } = await ask(id, { [variable]: KEY }, {});
      expect(JSON.parse(run.stdout)).toMatchObject({ provider: id, model: text.defaultModel });
      expect(seen).toBeDefined();
    });

    if (protocol !== "openai-chat") continue;
    test(`${id}: its own version of chat completions`, async () => {
      const flags = ["--model", `${id}/bare`, "--max-tokens", "9", "--thinking", "high"];
      const { body } = await ask(id, {}, { apiKey: KEY }, flags);
      expect(body[quirks.maxTokensField ?? "max_completion_tokens"]).toBe(9);
      expect(Object.keys(body).filter((name) => name.startsWith("max_"))).toHaveLength(1);
      expect("stream_options" in body).toBe(quirks.streamOptions !== false);
      expect(body.model).toBe(`${bareModelPrefix}bare`);
    });
  }

  test("every wire is some provider's", () => {
    const spoken = new Set(PROVIDERS.flatMap(({ text }) => (text ? [text.protocol] : [])));
    expect([...spoken].sort() as string[]).toEqual(Object.keys(PATHS).sort());
  });
});

describe("headers of the config", () => {
  test("win over ours, whatever their case, and are sent once", async () => {
    const { seen } = await ask(
      "openai",
      {},
      { apiKey: KEY, headers: { Authorization: "Bearer mine", "X-Team": "blue" } },
    );
    expect(seen?.headers).toMatchObject({ authorization: "Bearer mine", "x-team": "blue" });
  });
});

describe("a hint that a wire cannot express", () => {
  test("is in the envelope, or a warning", async () => {
    const answer = JSON.stringify({ choices: [{ message: { content: "ok" }, finish_reason: "stop" }] });
    await using server = await FaultServer.start((socket) =>
      respond(socket, 200, answer, { "content-type": "application/json" }),
    );
    const config = folder.file("hint.json");
    await writeFile(config, JSON.stringify({ models: { providers: { mine: { baseUrl: server.url } } } }));
    const argv = ["model", "run", "--prompt", "x", "--model", "mine/m", "--thinking", "adaptive", "--config", config];
    const document = JSON.parse((await runInProcess([...argv, "--json"])).stdout);
    expect(document.ignoredOverrides).toEqual([{ key: "thinking", value: "adaptive" }]);
    const text = await runInProcess(argv);
    expect(text.stdout).toBe("ok\n");
    expect(text.stderr).toBe("infer: warning: thinking adaptive cannot be honoured here.\n");
  });
});
