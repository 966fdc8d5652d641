import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { type CliRun, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

interface Asked {
  url: string;
  key: string | null;
  model: string;
}

/** One `model run` with this config; `asked` is what reached the vendor. */
async function run(config: object, ...argv: string[]): Promise<CliRun & { asked: Asked[] }> {
  const path = folder.file("openclaw.json");
  writeFileSync(path, JSON.stringify(config));
  const asked: Asked[] = [];
  const answer = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(String(input), init as RequestInit);
    const { model } = JSON.parse(await request.text());
    asked.push({ url: request.url, key: request.headers.get("authorization"), model });
    const chunk = { choices: [{ index: 0, delta: { content: "pong" }, finish_reason: "stop" }] };
    return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, {
      headers: { "content-type": "text/event-stream" },
    });
  };
  const fetch = Object.assign(answer, { preconnect: () => {} });
  const finished = await runInProcess(["model", "run", "--prompt", "ping", "--config", path, ...argv], {
    env: { HOME: folder.file("home") },
    fetch,
  });
  return { ...finished, asked };
}

function program(name: string, lines: string): string {
  const path = folder.file(name);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

const vault = (command: string): object => ({ providers: { vault: { source: "exec", command, timeoutMs: 5000 } } });
const mine = (apiKey: unknown): object => ({
  providers: { mine: { baseUrl: "https://mine.example/v1", apiKey, models: [{ id: "m" }, { id: "n" }] } },
});
const REF = { source: "exec", provider: "vault", id: "k" };

describe("model run", () => {
  test("sends the key that a program gives", async () => {
    const command = program("good", `echo '{"protocolVersion":1,"values":{"k":"sk-from-vault"}}'`);
    const { exitCode, stdout, asked } = await run({ secrets: vault(command), models: mine(REF) }, "--model", "mine/m");
    expect({ exitCode, stdout: stdout.trim() }).toEqual({ exitCode: 0, stdout: "pong" });
    expect(asked).toEqual([
      { url: "https://mine.example/v1/chat/completions", key: "Bearer sk-from-vault", model: "m" },
    ]);
  });

  test("says why it has no key, and nothing of what the program said", async () => {
    const command = program("bad", "echo sk-on-stdout; echo sk-on-stderr >&2; exit 9");
    const { exitCode, stdout, stderr, asked } = await run(
      { secrets: vault(command), models: mine(REF) },
      "--model",
      "mine/m",
      "--json",
    );
    expect({ exitCode, asked }).toEqual({ exitCode: 3, asked: [] });
    expect(stdout).toContain("models.providers.mine.apiKey cannot be read: secrets.providers.vault");
    expect(stdout).toContain("exit code 9");
    expect(stdout + stderr).not.toContain("sk-on");
  });

  test("takes its providers from an included file", async () => {
    mkdirSync(folder.file("parts"), { recursive: true });
    writeFileSync(folder.file("parts/models.json"), JSON.stringify(mine("sk-included")));
    const { exitCode, asked } = await run({ models: { $include: "parts/models.json" } }, "--model", "mine/m");
    expect({ exitCode, key: asked[0]?.key }).toEqual({ exitCode: 0, key: "Bearer sk-included" });
  });

  test("names the included file that has a wrong value", async () => {
    writeFileSync(folder.file("wrong.json"), JSON.stringify({ providers: { mine: { baseUrl: 5 } } }));
    const { exitCode, stderr } = await run({ models: { $include: "wrong.json" } }, "--model", "mine/m");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${folder.file("wrong.json")} is not valid: models.providers.mine.baseUrl`);
  });

  const agents = {
    defaults: { model: "mine/m", models: { "mine/n": { alias: "quick" } } },
    list: [{ id: "home" }, { id: "work", model: "mine/n" }],
  };

  test("uses the model of the agent that --agent names", async () => {
    const config = { agents, models: mine("sk") };
    expect((await run(config)).asked[0]?.model).toBe("m");
    const { exitCode, asked, context } = await run(config, "--agent", "work");
    expect({ exitCode, model: asked[0]?.model }).toEqual({ exitCode: 0, model: "n" });
    expect(context.report.warnings).toEqual([]);
  });

  test("does not know an agent: exit 4, with those that there are", async () => {
    const { exitCode, stderr, asked } = await run({ agents, models: mine("sk") }, "--agent", "wrok");
    expect({ exitCode, asked }).toEqual({ exitCode: 4, asked: [] });
    expect(stderr).toContain("Known: home, work");
  });

  test("takes an alias for a model, however it is spelt", async () => {
    expect((await run({ agents, models: mine("sk") }, "--model", "QUICK")).asked[0]?.model).toBe("n");
  });
});
