import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { FaultServer, respond } from "./fault-server.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Each way in which a secret gets into a request; `VENDOR` is where the vendor is. */
const SECRETS: Record<string, { secret: string; provider: object; env?: Record<string, string> }> = {
  "an apiKey in the config": { secret: "sk-plain-111", provider: { apiKey: "sk-plain-111" } },
  "an apiKey from a variable": {
    secret: "sk-variable-222",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.
    provider: { apiKey: "${THE_KEY}" },
    env: { THE_KEY: "sk-variable-222" },
  },
  "an apiKey behind a secret reference": {
    secret: "sk-reference-333",
    provider: { apiKey: { source: "env", id: "THE_KEY" } },
    env: { THE_KEY: "sk-reference-333" },
  },
  "a header named like a secret": { secret: "header-444", provider: { headers: { "X-Access-Token": "header-444" } } },
  "a bearer header": { secret: "bearer-555", provider: { headers: { Authorization: "Bearer bearer-555" } } },
  "a header with an innocent name and a variable in it": {
    secret: "innocent-666",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.
    provider: { headers: { "x-gateway": "team ${GATE}" } },
    env: { GATE: "innocent-666" },
  },
  "a password in the address": { secret: "pass-777", provider: { baseUrl: "http://me:pass-777@VENDOR" } },
  "a token in the address": { secret: "token-888", provider: { baseUrl: "http://token-888@VENDOR" } },
};

const ASK = ["model", "run", "--prompt", "x", "--model", "vendor/m", "--fallback", "vendor/n", "--verbose", "--config"];

describe("a vendor that repeats what it was sent does not get a secret printed", () => {
  for (const [name, { secret, provider, env = {} }] of Object.entries(SECRETS)) {
    for (const status of [400, 401, 404, 429]) {
      test(`${name}, HTTP ${status}`, async () => {
        const body = JSON.stringify({
          error: { message: `no: ${secret} / ${encodeURIComponent(secret)} / "${secret}"` },
        });
        await using server = await FaultServer.start((socket) =>
          respond(socket, status, body, { "content-type": "application/json" }),
        );
        const config = folder.file(`${Bun.randomUUIDv7()}.json`);
        const entry = JSON.stringify({ baseUrl: server.url, ...provider });
        const providers = `{ vendor: ${entry.replace("VENDOR", `127.0.0.1:${server.port}`)} }`;
        await writeFile(config, `{ models: { providers: ${providers} } }`);
        for (const mode of [["--json"], []]) {
          const run = await runInProcess([...ASK, config, ...mode], { env, sleep: async () => undefined });
          expect(server.seen.length).toBeGreaterThan(0);
          expect(run.stdout + run.stderr).not.toContain(secret);
          expect(run.stdout + run.stderr).toContain("[redacted]");
        }
      });
    }
  }

  test("a password in a --file address", async () => {
    await using server = await FaultServer.start((socket) => respond(socket, 500, ""));
    const file = `http://me:hunter-999@127.0.0.1:${server.port}/a.png`;
    const argv = ["model", "run", "--prompt", "x", "--model", "ollama/m", "--file", file, "--allow-private-network"];
    for (const mode of [["--json"], []]) {
      const run = await runInProcess([...argv, ...mode]);
      expect(run.exitCode).toBe(1);
      expect(run.stdout + run.stderr).not.toContain("hunter-999");
    }
  });
});
