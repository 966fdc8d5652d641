import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type CliRun, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const OPENCLAW = ".openclaw/agents/main/agent/auth-profiles.json";
let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function put(path: string, content: unknown): void {
  const file = folder.file(path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
}

const asked: string[] = [];
const offline = (async (url: string) => {
  asked.push(url);
  throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
}) as unknown as typeof fetch;

function infer(argv: string[], env: Record<string, string> = {}): Promise<CliRun> {
  return runInProcess(argv, {
    env: { HOME: folder.path, INFER_KEYCHAIN: "off", ...env },
    fetch: offline,
    now: () => NOW,
  });
}

/** What the three that look at a credential say of this provider's. */
async function say(provider: string, env: Record<string, string> = {}) {
  const run = await infer(["model", "run", "--prompt", "x", "--model", `${provider}/m`, "--json"], env);
  const { error } = JSON.parse(run.stdout);
  const { checks } = JSON.parse((await infer(["doctor", "--json"], env)).stdout);
  const status = (await infer(["model", "auth", "status"], env)).stdout.split("\n");
  const check = checks.find(({ id }: { id: string }) => id === `credentials.${provider}`);
  return { error, check, row: status.find((line) => line.startsWith(provider)) };
}

describe("a credential that is there and cannot be used is told as such", () => {
  test("a variable with a control character inside", async () => {
    const { check, row } = await say("openai", { OPENAI_API_KEY: "sk-a\u0007b" });
    expect(check.status).toBe("fail");
    expect(row).toContain("unusable: The key in OPENAI_API_KEY cannot be sent");
    expect(row).not.toContain("missing");
  });

  test("a token of OpenClaw's that has expired", async () => {
    put(OPENCLAW, {
      profiles: { "groq:x": { type: "token", provider: "groq", token: "t-0123456789", expires: NOW - 1 } },
    });
    const { error, check, row } = await say("groq");
    expect(error).toMatchObject({
      type: "auth",
      message: "OpenClaw's token groq:x has expired.",
      hint: expect.stringContaining("openclaw models auth login --provider groq"),
    });
    expect(check).toMatchObject({ status: "fail", message: "OpenClaw's token groq:x has expired." });
    expect(row).toContain("unusable: OpenClaw's token groq:x has expired.");
    // Something else that does is taken.
    expect((await say("groq", { GROQ_API_KEY: "gsk-0123456789" })).check.status).toBe("ok");
  });

  test("a reference to a variable that is not set", async () => {
    const keyRef = { source: "env", provider: "default", id: "NOT_SET" };
    put(OPENCLAW, { profiles: { "groq:x": { type: "api_key", provider: "groq", keyRef } } });
    const { error, check, row } = await say("groq");
    expect(error).toMatchObject({ type: "auth", message: expect.stringContaining("NOT_SET, which is not set") });
    expect(check).toMatchObject({ status: "fail", message: expect.stringContaining("NOT_SET") });
    expect(row).toContain("unusable:");
    expect((await say("groq", { GROQ_API_KEY: "gsk-0123456789" })).check.status).toBe("ok");
  });

  test("a Codex login that is over and cannot be renewed", async () => {
    const claims = Buffer.from(JSON.stringify({ exp: NOW / 1000 - 60 })).toString("base64url");
    put(".codex/auth.json", { tokens: { access_token: `h.${claims}.s`, account_id: "a" } });
    const { error, check, row } = await say("openai-codex");
    expect(error).toMatchObject({ type: "auth", hint: "Log in again: codex login" });
    expect(check).toMatchObject({ status: "fail", fix: "Log in again: codex login" });
    expect(row).toContain("has expired");
    const { checks } = JSON.parse((await infer(["doctor", "--json"])).stdout);
    expect(checks.find(({ id }: { id: string }) => id === "store.openai-codex:codex-cli")).toMatchObject({
      fix: "codex login",
    });
  });
});

describe("what to do about no key", () => {
  test("a login is one of the ways", async () => {
    const { error } = await say("groq");
    expect(error.message).toContain("infer model auth login --provider groq");
    const nothing = await infer(["image", "generate", "--prompt", "x", "--json"]);
    expect(JSON.parse(nothing.stdout).error.hint).toContain("infer model auth login --provider");
  });

  test("a name that is nearly right gets the guess, and not all the ids", async () => {
    for (const argv of [
      ["model", "run", "--prompt", "x", "--model", "opnai/m"],
      ["model", "auth", "logout", "--provider", "opnai"],
    ]) {
      const { hint } = JSON.parse((await infer([...argv, "--json"])).stdout).error;
      expect(hint).toBe("Did you mean openai? See infer model providers");
    }
  });
});
