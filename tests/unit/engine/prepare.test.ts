import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const JSON_TYPE = { "content-type": "application/json" };
const ANSWER = JSON.stringify({ choices: [{ message: { content: "hi" }, finish_reason: "stop" }] });

interface Server {
  /** What `GET /api/v1/models` answers. */
  models: { status: number; body: string };
  load?: { status: number; body: string };
}

async function ask({ models, load }: Server, entry: object = {}) {
  await using server = await FaultServer.start((socket, request) => {
    if (request.path === "/api/v1/models") respond(socket, models.status, models.body, JSON_TYPE);
    else if (request.path === "/api/v1/models/load") respond(socket, load?.status ?? 500, load?.body ?? "", JSON_TYPE);
    else respond(socket, 200, ANSWER, JSON_TYPE);
  });
  const config = folder.file(`${Bun.randomUUIDv7()}.json`);
  const lmstudio = { baseUrl: `${server.url}/v1`, ...entry };
  await writeFile(config, JSON.stringify({ models: { providers: { lmstudio } } }));
  const argv = ["model", "run", "--prompt", "x", "--model", "lmstudio/qwen", "--config", config, "--json"];
  const run = await runInProcess(argv, { env: {} });
  return { document: JSON.parse(run.stdout), seen: server.seen.map(({ path }) => path), bodies: server.seen };
}

const list = (...loaded: string[]) => ({
  status: 200,
  body: JSON.stringify({ models: [{ type: "llm", key: "qwen", loaded_instances: loaded.map((id) => ({ id })) }] }),
});
const LOADED = { status: 200, body: JSON.stringify({ type: "llm", instance_id: "qwen", status: "loaded" }) };

describe("LM Studio", () => {
  test("loads a model that is on disk only, before it is asked", async () => {
    const { document, seen, bodies } = await ask({ models: list(), load: LOADED });
    expect(seen).toEqual(["/api/v1/models", "/api/v1/models/load", "/v1/chat/completions"]);
    expect(JSON.parse(bodies[1]?.body ?? "")).toEqual({ model: "qwen" });
    expect(document).toMatchObject({ ok: true, outputs: [{ text: "hi" }] });
    expect(document.attempts).toHaveLength(1);
  });

  test("is told the context window that the config declares", async () => {
    const { bodies } = await ask({ models: list(), load: LOADED }, { models: [{ id: "qwen", contextWindow: 32_768 }] });
    expect(JSON.parse(bodies[1]?.body ?? "")).toEqual({ model: "qwen", context_length: 32_768 });
  });

  test("is not told to load what is loaded, under the key or under an instance's own name", async () => {
    for (const models of [list("qwen"), list("qwen:2")]) {
      expect((await ask({ models })).seen).toEqual(["/api/v1/models", "/v1/chat/completions"]);
    }
  });

  test.each([
    ["has no such list", { status: 404, body: '{"error":"not found"}' }],
    ["answers 200 to an endpoint that it does not know", { status: 200, body: '{"error":"Unexpected endpoint"}' }],
    ["does not list the model", { status: 200, body: '{"models":[]}' }],
  ])("is asked all the same when it %s", async (_, models) => {
    const { document, seen } = await ask({ models });
    expect(seen).toEqual(["/api/v1/models", "/v1/chat/completions"]);
    expect(document.ok).toBe(true);
  });

  test("says in its own words why it cannot load", async () => {
    const body = JSON.stringify({ error: { message: "insufficient system resources" } });
    const { document } = await ask({ models: list(), load: { status: 400, body } });
    expect(document.error).toMatchObject({ type: "provider_error", message: "insufficient system resources" });
  });
});
