import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { githubCopilot } from "../../../src/auth/copilot.ts";
import type { Applicant } from "../../../src/auth/scheme.ts";
import type { HttpRequest } from "../../../src/http/client.ts";
import { VERSION } from "../../../src/version.ts";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { fakeContext, runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const NOW = 1_800_000_000_000;
const SIGNAL = new AbortController().signal;
const TOKEN = "tid=1;exp=1800001800;sku=free;proxy-ep=proxy.business.githubcopilot.com;8kp=1";
const EDITOR = {
  "editor-version": `infer/${VERSION.version}`,
  "editor-plugin-version": `infer/${VERSION.version}`,
  "copilot-integration-id": "vscode-chat",
  "x-github-api-version": "2025-04-01",
};

/** GitHub, reached in place of api.github.com. */
function github(status = 200, answer: object = { token: TOKEN, expires_at: NOW / 1000 + 1800 }) {
  return FaultServer.start((socket) => respond(socket, status, JSON.stringify(answer)));
}

function fetchVia(server: FaultServer): typeof globalThis.fetch {
  return ((address: string | URL | Request, init?: RequestInit) =>
    globalThis.fetch(
      String(address).replace(/^https:\/\/api\.github\.com/, server.url),
      init,
    )) as typeof globalThis.fetch;
}

const applicant = (more: Partial<Applicant> = {}): Applicant => ({
  providerId: "github-copilot",
  providerName: "GitHub Copilot",
  env: {},
  named: true,
  key: { text: "gho_mine", source: "COPILOT_GITHUB_TOKEN", origin: "env" as const },
  ...more,
});

async function open(server: FaultServer, now = () => NOW) {
  const context = fakeContext({ fetch: fetchVia(server), now });
  const found = await githubCopilot.find(context, applicant());
  if (!found) throw new Error("nothing found");
  return { found, context };
}

describe("the exchange", () => {
  test("gives Copilot's own token, its address, and the headers of every request", async () => {
    await using server = await github();
    const { found, context } = await open(server);
    expect(found.source).toBe("COPILOT_GITHUB_TOKEN");
    expect(server.seen).toEqual([]);
    const session = await found.open(SIGNAL);
    expect(server.seen[0]?.path).toBe("/copilot_internal/v2/token");
    expect(server.seen[0]?.headers).toMatchObject({
      accept: "application/json",
      authorization: "Bearer gho_mine",
      "user-agent": `infer/${VERSION.version}`,
      ...EDITOR,
    });
    expect(session).toMatchObject({
      key: TOKEN,
      baseUrl: "https://api.business.githubcopilot.com",
      headers: { ...EDITOR, "x-initiator": "user" },
    });
    expect([...context.secrets]).toContainValues(["gho_mine", TOKEN]);
  });

  test("is made again only when the token is about to end", async () => {
    await using server = await github();
    let now = NOW;
    const { found } = await open(server, () => now);
    await found.open(SIGNAL);
    now += 1_700_000;
    await found.open(SIGNAL);
    expect(server.seen).toHaveLength(1);
    now += 60_000;
    await found.open(SIGNAL);
    expect(server.seen).toHaveLength(2);
  });

  test.each([
    ["tid=1", undefined],
    ["tid=1; proxy-ep=https://proxy.individual.githubcopilot.com/x; y", "https://api.individual.githubcopilot.com"],
    ["proxy-ep=copilot-proxy.acme.ghe.com", "https://copilot-proxy.acme.ghe.com"],
    ["proxy-ep=;x", undefined],
  ])("the address in %s", async (token, baseUrl) => {
    await using server = await github(200, { token, expires_at: NOW / 1000 + 1800 });
    const { found } = await open(server);
    expect((await found.open(SIGNAL)).baseUrl).toBe(baseUrl as string);
  });

  test.each([401, 403, 404])("that GitHub refuses with a %i is an auth error with the way out", async (status) => {
    await using server = await github(status, { message: "Not Found" });
    const { found } = await open(server);
    const error = await rejection(found.open(SIGNAL));
    expect(error).toMatchObject({ type: "auth", message: `GitHub Copilot answered ${status}: Not Found` });
    expect(error.details.hint).toContain("Copilot plan");
  });

  test("an answer without a token is the provider's error", async () => {
    await using server = await github(200, { expires_at: 1 });
    const { found } = await open(server);
    expect((await rejection(found.open(SIGNAL))).message).toBe("GitHub Copilot answered without token.");
  });

  test("nothing to be let in with", async () => {
    const { key: _, ...rest } = applicant();
    expect(await githubCopilot.find(fakeContext(), rest)).toBeNull();
  });
});

describe("a picture", () => {
  const request = (body: object): HttpRequest => ({
    method: "POST",
    url: "https://x",
    headers: { a: "b" },
    body: JSON.stringify(body),
  });

  test.each([
    ["image", true],
    ["image_url", true],
    ["input_image", true],
    ["text", false],
  ])("of type %s is announced: %p", async (type, announced) => {
    await using server = await github();
    const { found } = await open(server);
    const session = await found.open(SIGNAL);
    const signed = await session.sign?.(request({ content: [{ type }] }), {});
    expect(signed?.headers).toEqual(announced ? { a: "b", "copilot-vision-request": "true" } : { a: "b" });
    const quoted = await session.sign?.(request({ content: [{ type: "text", text: JSON.stringify({ type }) }] }), {});
    expect(quoted?.headers).toEqual({ a: "b" });
  });
});

describe("model run", () => {
  const ANSWERS: Record<string, object> = {
    "/responses": {
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "ok" }] }],
    },
    "/chat/completions": { choices: [{ message: { content: "ok" }, finish_reason: "stop" }] },
    "/v1/messages": { type: "message", content: [{ type: "text", text: "ok" }], stop_reason: "end_turn" },
  };

  async function run(model: string, env: Record<string, string>, more: string[] = []) {
    await using server = await FaultServer.start((socket, { path }) => {
      const token = { token: TOKEN, expires_at: Date.now() / 1000 + 1800 };
      const answer = path === "/copilot_internal/v2/token" ? token : (ANSWERS[path] ?? {});
      respond(socket, 200, JSON.stringify(answer), { "content-type": "application/json" });
    });
    const config = folder.file(`${Bun.randomUUIDv7()}.json`);
    writeFileSync(config, JSON.stringify({ models: { providers: { "github-copilot": { baseUrl: server.url } } } }));
    const argv = ["model", "run", "--prompt", "Hi", "--model", `github-copilot/${model}`, "--config", config, "--json"];
    const result = await runInProcess([...argv, ...more], { env, fetch: fetchVia(server) });
    return { document: JSON.parse(result.stdout), seen: server.seen };
  }

  test.each([
    ["gpt-5.5", "/responses"],
    ["claude-opus-4.7", "/v1/messages"],
    ["gemini-3.1-pro", "/chat/completions"],
  ])("%s speaks %s", async (model, path) => {
    const { document, seen } = await run(model, { COPILOT_GITHUB_TOKEN: "gho_mine" }, ["--max-tokens", "9"]);
    expect(document).toMatchObject({ ok: true, provider: "github-copilot", outputs: [{ text: "ok" }] });
    expect(seen.map((one) => one.path)).toEqual(["/copilot_internal/v2/token", path]);
    expect(seen[1]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, ...EDITOR, "x-initiator": "user" });
    const body = JSON.parse(seen[1]?.body ?? "{}");
    expect(body.model).toBe(model);
    if (path === "/chat/completions") {
      expect(body.max_tokens).toBe(9);
      expect(body).not.toContainKey("stream_options");
    }
  });

  test("a picture is announced", async () => {
    const picture = folder.file("x.png");
    const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    writeFileSync(picture, Buffer.from(png, "base64"));
    for (const model of ["gpt-5.5", "claude-opus-4.7", "gemini-3.1-pro"]) {
      const { seen } = await run(model, { COPILOT_GITHUB_TOKEN: "gho_mine" }, ["--file", picture]);
      expect(seen[1]?.headers["copilot-vision-request"]).toBe("true");
    }
  });

  test("the ambient GITHUB_TOKEN counts once the provider is named", async () => {
    const { seen } = await run("gpt-5.5", { GITHUB_TOKEN: "ghs_ci" });
    expect(seen[0]?.headers.authorization).toBe("Bearer ghs_ci");
    const unnamed = await runInProcess(["model", "run", "--prompt", "x", "--json"], {
      env: { GITHUB_TOKEN: "ghs_ci" },
    });
    expect(JSON.parse(unnamed.stdout).provider).not.toBe("github-copilot");
  });
});
