import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { junitXml } from "../../../src/capabilities/smoke/junit.ts";
import type { SmokeTarget } from "../../../src/capabilities/smoke/plan.ts";
import { runSmoke, type SmokeResult } from "../../../src/capabilities/smoke.ts";
import { InferError } from "../../../src/core/error.ts";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { type CliRun, type FakeWorld, fakeContext, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { PIXEL } from "../../support/image-flow.ts";

const folder = new TemporaryFolder();
const KEY = "sk-smoke-0123456789abcdef";
const JSON_TYPE = { "content-type": "application/json" };
const OK = JSON.stringify({ choices: [{ message: { content: "OK" }, finish_reason: "stop" }] });
let good: FaultServer;
let bad: FaultServer;
let silent: FaultServer;

beforeAll(async () => {
  good = await FaultServer.start((socket) => respond(socket, 200, OK, JSON_TYPE));
  // A vendor that repeats the key that it refuses.
  const refusal = JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}\u0007<&>"'` } });
  bad = await FaultServer.start((socket) => respond(socket, 401, refusal, JSON_TYPE));
  silent = await FaultServer.start(() => undefined);
});
afterAll(async () => {
  for (const server of [good, bad, silent]) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Document {
  ok: boolean;
  total: number;
  passed: number;
  failed: number;
  skipped?: number;
  error?: { type: string };
  results: SmokeResult[];
}

let homes = 0;

/** A home whose config has these providers. */
function home(providers: Record<string, unknown>, more: object = {}): string {
  const path = folder.file(`home-${homes++}`);
  mkdirSync(join(path, ".openclaw"), { recursive: true });
  writeFileSync(join(path, ".openclaw/openclaw.json"), JSON.stringify({ models: { providers }, ...more }));
  return path;
}

const at = (server: FaultServer, id = "m") => ({ baseUrl: `${server.url}/v1`, apiKey: KEY, models: [{ id }] });

async function smoke(argv: string[], world: FakeWorld = {}): Promise<CliRun & { document: Document }> {
  const env = { INFER_KEYCHAIN: "off", ...world.env };
  const run = await runInProcess(["smoke", "--json", ...argv], { ...world, env });
  return { ...run, document: JSON.parse(run.stdout) };
}

const names = ({ results }: Document): string[] =>
  results.map(({ provider, model, capability }) => `${capability} ${provider}/${model}`);

const TEXT = ["--capability", "model.run"];

describe("what is asked", () => {
  test("nothing set up: the embedded engines", async () => {
    const { document, exitCode } = await smoke([], { env: { HOME: home({}) } });
    expect(names(document)).toEqual([
      "tts.convert local/flite",
      "embedding.create local/use-lite",
      "image.describe local/tesseract",
    ]);
    expect(document).toMatchObject({ ok: true, total: 3, passed: 3, failed: 0 });
    expect(document.results[0]).toMatchObject({ outcome: "success", attempts: [{ outcome: "success" }] });
    expect(exitCode).toBe(0);
  });

  test("every provider that is set up, with the smallest request there is", async () => {
    const before = good.seen.length;
    const HOME = home({ one: at(good), two: at(good, "n") });
    const { document } = await smoke([], { env: { HOME } });
    expect(names(document)).toEqual([
      "tts.convert local/flite",
      "embedding.create local/use-lite",
      "image.describe local/tesseract",
      "model.run one/m",
      "model.run two/n",
    ]);
    expect(document.results[3]).toMatchObject({ outcome: "success", status: 200 });
    const [asked] = good.seen.slice(before);
    expect(JSON.parse(asked?.body ?? "")).toMatchObject({ messages: [{ content: "Reply with OK" }] });
    expect(asked?.body).toContain("1024");
  });

  test("a provider with a model that sees is shown a picture", async () => {
    const models = [{ id: "m" }, { id: "eye", input: ["text", "image"] }];
    const HOME = home({ one: { ...at(good), models } });
    const before = good.seen.length;
    const { document } = await smoke(["--provider", "one"], { env: { HOME } });
    expect(names(document)).toEqual(["model.run one/m", "image.describe one/eye"]);
    expect(document).toMatchObject({ ok: true, passed: 2 });
    const url = good.seen.slice(before).map(({ body }) => /data:image\/png;base64,([A-Za-z0-9+/=]+)/.exec(body)?.[1]);
    const word = url.find((base64) => base64 !== undefined) ?? "";
    expect(await new Bun.Image(Buffer.from(word, "base64")).metadata()).toMatchObject({ width: 160, height: 48 });
  });

  test("a provider without one is not, and says so when that is what is asked", async () => {
    const env = { HOME: home({ one: at(good) }) };
    const asked = await smoke(["--provider", "one", "--capability", "image.describe"], { env });
    expect(asked.document.results).toMatchObject([{ capability: "image.describe", outcome: "failed" }]);
  });

  test("a picture is made only when that is what is asked, and the cheapest there is", async () => {
    using litter = new TemporaryFolder();
    const picture = { data: [{ b64_json: PIXEL.toString("base64") }] };
    await using maker = await FaultServer.start((socket, { path }) =>
      respond(socket, 200, path.endsWith("/images/generations") ? JSON.stringify(picture) : OK, JSON_TYPE),
    );
    const env = { HOME: home({ openai: at(maker) }), INFER_MEDIA_DIR: litter.path };
    const everything = await smoke(["--provider", "openai"], { env });
    expect(names(everything.document)).not.toContain("image.generate openai/gpt-image-2");
    expect(maker.seen.some(({ path }) => path.includes("images"))).toBe(false);
    const before = maker.seen.length;
    const { document } = await smoke(["--provider", "openai", "--capability", "image.generate"], { env });
    expect(document).toMatchObject({ ok: true, results: [{ capability: "image.generate", outcome: "success" }] });
    expect(document).not.toHaveProperty("warnings");
    const bodies = maker.seen.slice(before).map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([{ n: 1, size: "1024x1024", quality: "low" }]);
    expect(readdirSync(litter.path)).toEqual([]);
  });

  test("the model that the config names, once per provider", async () => {
    const agents = { defaults: { model: { primary: "one/chosen", fallbacks: ["one/second"] } } };
    const HOME = home({ one: at(good) }, { agents });
    expect(names((await smoke(TEXT, { env: { HOME } })).document)).toEqual(["model.run one/chosen"]);
    expect(names((await smoke([...TEXT, "--provider", "one"], { env: { HOME } })).document)).toEqual([
      "model.run one/chosen",
    ]);
  });

  test("a default that cannot run is a failure", async () => {
    const agents = { defaults: { model: { primary: "one/m", fallbacks: ["groq/x", "stranger/x"] } } };
    const { document, exitCode } = await smoke(TEXT, { env: { HOME: home({ one: at(good) }, { agents }) } });
    expect(names(document)).toEqual(["model.run groq/x", "model.run one/m", "model.run stranger/x"]);
    expect(document.results.map(({ error }) => error?.type)).toEqual(["auth", undefined, "not_found"]);
    expect(exitCode).toBe(10);
  });

  test("--provider: only these, each once, set up or not", async () => {
    const HOME = home({ one: at(good), two: at(good) });
    const { document, exitCode } = await smoke(["--provider", "one", "--provider", "GROQ", "--provider", "groq"], {
      env: { HOME },
    });
    expect(names(document).map((name) => name.split("/")[0])).toEqual([
      "model.run one",
      "model.run groq",
      "audio.transcribe groq",
    ]);
    expect(document.results[1]).toMatchObject({ outcome: "failed", error: { type: "auth" } });
    expect(document.results[1]?.attempts).toMatchObject([{ outcome: "skipped" }]);
    expect(exitCode).toBe(10);
  });

  test("--provider and --capability that do not go together", async () => {
    const { document } = await smoke(["--provider", "groq", "--capability", "tts"], {
      env: { HOME: home({}), GROQ_API_KEY: KEY },
    });
    expect(document.results).toMatchObject([{ provider: "groq", outcome: "failed", error: { type: "not_found" } }]);
  });

  test("--capability: an id or a family, each once", async () => {
    const env = { HOME: home({ one: at(good) }) };
    const { document } = await smoke(["--capability", "embedding", "--capability", "embedding.create"], { env });
    expect(names(document)).toEqual(["embedding.create local/use-lite"]);
  });

  test.each([
    [["--capability", "model.rum"], "Did you mean model.run?"],
    [["--capability", "web.search"], "Known: model.run"],
    [["--provider", "opnai"], "Did you mean openai?"],
  ])("%p is not there", async (argv, hint) => {
    const { exitCode, error, document } = await smoke(argv, { env: { HOME: home({}) } });
    expect(error?.type).toBe("not_found");
    expect(error?.details.hint).toContain(hint);
    expect(exitCode).toBe(4);
    expect(document).toMatchObject({ ok: false, error: { type: "not_found" } });
  });

  test("nothing left: the first steps", async () => {
    const { exitCode, error } = await smoke(TEXT, { env: { HOME: home({}) } });
    expect(error?.type).toBe("auth");
    expect(error?.details.hint).toContain("OPENAI_API_KEY");
    expect(exitCode).toBe(3);
  });

  test("a key that is there and cannot be sent is a failure, not an absence", async () => {
    const { document } = await smoke(TEXT, { env: { HOME: home({}), GROQ_API_KEY: "sk a b" } });
    expect(document.results).toMatchObject([{ provider: "groq", outcome: "failed", error: { type: "auth" } }]);
  });

  test("a server without a model to ask for is skipped, and never passes alone", async () => {
    const { models: _, ...bare } = at(good);
    const { document, exitCode } = await smoke(TEXT, { env: { HOME: home({ one: at(good), bare }) } });
    expect(document).toMatchObject({ ok: true, total: 2, passed: 1, failed: 0, skipped: 1 });
    expect(document.results[1]).toMatchObject({ provider: "bare", outcome: "skipped", error: { type: "usage" } });
    expect(exitCode).toBe(0);
    const alone = await smoke(TEXT, { env: { HOME: home({ bare }) } });
    expect(alone.document).toMatchObject({ ok: false, failed: 1 });
    expect(alone.exitCode).toBe(10);
  });

  test("a server whose model for recordings only the config knows", async () => {
    const media = (models: object[]) => ({ tools: { media: { audio: { models } } } });
    const named = media([{ provider: "one", model: "hear" }]);
    const asked = ["--capability", "audio.transcribe"];
    const { document } = await smoke(asked, { env: { HOME: home({ one: at(good) }, named) } });
    expect(names(document)).toEqual(["audio.transcribe one/hear"]);
    const without = await smoke(asked, { env: { HOME: home({ one: at(good) }) } });
    expect([without.exitCode, without.document.error?.type]).toEqual([3, "auth"]);
  });
});

describe("what comes of it", () => {
  test("one good, one bad: both are told, and no key is", async () => {
    const { document, stdout, stderr, exitCode } = await smoke(TEXT, {
      env: { HOME: home({ good: at(good), bad: at(bad) }) },
    });
    expect(document).toMatchObject({ ok: false, total: 2, passed: 1, failed: 1 });
    const [, refused] = document.results;
    expect(refused).toMatchObject({ provider: "bad", outcome: "failed", status: 401, error: { type: "auth" } });
    expect(refused?.error?.message).toContain("Incorrect API key provided: [redacted]");
    expect(refused?.error?.hint).toContain("models.providers.bad.apiKey");
    expect(refused?.attempts).toMatchObject([{ outcome: "failed", status: 401, error: { type: "auth" } }]);
    expect(stdout + stderr).not.toContain("sk-smoke");
    expect(exitCode).toBe(10);
  });

  test("as text: words in a pipe, on one line each, and a sum", async () => {
    const env = { HOME: home({ good: at(good), bad: at(bad) }), INFER_KEYCHAIN: "off" };
    const { stdout, stderr } = await runInProcess(["smoke", ...TEXT], { env });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^pass {2}model\.run {2}good\/m {2}\d+ ms$/);
    expect(lines[1]).toMatch(/^FAIL {2}model\.run {2}bad\/m {2}\d+ ms$/);
    expect(lines[2]).toStartWith("      auth: Incorrect API key provided: [redacted]");
    expect(lines.at(-1)).toBe("1 of 2 passed, 1 failed");
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    expect(stderr).toBe("");
  });

  test("one that hangs takes nobody's time but its own", async () => {
    const env = { HOME: home({ good: at(good), silent: at(silent) }) };
    const started = performance.now();
    const { document, exitCode } = await smoke([...TEXT, "--timeout-ms", "400"], { env });
    expect(document.results.map(({ error }) => error?.type)).toEqual([undefined, "timeout"]);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(exitCode).toBe(10);
  });

  test("a warning of one request is told, with whose it is", async () => {
    const cut = JSON.stringify({ choices: [{ message: { content: "OK" }, finish_reason: "length" }] });
    await using server = await FaultServer.start((socket) => respond(socket, 200, cut, JSON_TYPE));
    const { stderr } = await smoke(TEXT, { env: { HOME: home({ cut: at(server) }) } });
    expect(stderr).toContain("warning: cut: The answer stopped at the token limit.");
  });

  test("in a media smoke nothing is written", async () => {
    const HOME = home({});
    await smoke(["--capability", "tts.convert"], { env: { HOME } });
    expect(readdirSync(HOME)).toEqual([".openclaw"]);
  });

  test("Ctrl-C: what is complete by then", async () => {
    const controller = new AbortController();
    const env = { HOME: home({ good: at(good), silent: at(silent) }) };
    setTimeout(() => controller.abort(new InferError("interrupted", "Interrupted by SIGINT.", { exitCode: 130 })), 300);
    const { document, exitCode } = await smoke(TEXT, { env, signal: controller.signal });
    expect(document).toMatchObject({ ok: false, total: 2, passed: 1, failed: 0, error: { type: "interrupted" } });
    expect(names(document)).toEqual(["model.run good/m"]);
    expect(exitCode).toBe(130);
  });
});

describe("many requests", () => {
  function targets(count: number, send: SmokeTarget["request"]["send"]): SmokeTarget[] {
    const request = { capability: "model.run", service: "text", send } as const;
    return Array.from({ length: count }, (_, index) => {
      const provider = { id: `p${index}`, name: "P", env: [], baseUrl: "", models: [] };
      const candidate = { provider, model: "m", credential: null, headers: {}, secrets: [], reason: "" };
      return { request, candidate };
    });
  }

  test("eight at a time, reports of their own, results in order", async () => {
    let now = 0;
    let most = 0;
    const context = fakeContext();
    const all = targets(20, async (own, [candidate]) => {
      most = Math.max(most, ++now);
      expect(own.report).not.toBe(context.report);
      await Bun.sleep(Math.random() * 10);
      own.report.warnings.push("mine");
      own.report.attempts.push({
        provider: candidate?.provider.id ?? "",
        model: "m",
        outcome: "success",
        latencyMs: 1,
      });
      now--;
    });
    const told: string[] = [];
    const results = await runSmoke(context, all, ({ provider }) => told.push(provider));
    expect(most).toBe(8);
    expect(results.map(({ provider }) => provider)).toEqual(all.map(({ candidate }) => candidate.provider.id));
    expect(results.every(({ attempts, provider }) => attempts.length === 1 && attempts[0]?.provider === provider)).toBe(
      true,
    );
    expect(told.length).toBe(20);
    expect(context.report.warnings).toEqual(all.map(({ candidate }) => `${candidate.provider.id}: mine`));
  });

  test("those that wait for their turn have time as well", async () => {
    const ends: number[] = [];
    const context = { ...fakeContext({ now: () => 0 }), endsAt: 3000 };
    await runSmoke(
      context,
      targets(24, async (own) => void ends.push(own.endsAt)),
    );
    expect(ends[0]).toBe(1000);
    expect(ends.at(-1)).toBe(3000);
  });
});

describe("--junit", () => {
  test("writes the report, whatever the file is called, and leaves no litter", async () => {
    const place = folder.file("reports");
    mkdirSync(place);
    const env = { HOME: home({ good: at(good), bad: at(bad) }) };
    for (const name of ["smoke.xml", "report.junit", "plain"]) {
      await smoke([...TEXT, "--junit", name], { env, cwd: place });
      const xml = readFileSync(join(place, name), "utf8");
      expect(xml).toStartWith('<?xml version="1.0"');
      expect(xml).toContain('classname="model.run" name="bad/m"');
      expect(xml).toContain('type="auth"');
      expect(xml).not.toContain("sk-smoke");
      expect(xml).not.toContain("\u0007");
    }
    expect(readdirSync(place).sort()).toEqual(["plain", "report.junit", "smoke.xml"]);
  });

  test.each([
    ["no/such/folder/x.xml", "io"],
    [".", "io"],
    ["new/", "io"],
    ["-", "usage"],
  ])("%s cannot be written, and nothing is asked before that is said", async (path, type) => {
    const seen = good.seen.length;
    const { error } = await smoke([...TEXT, "--junit", path], {
      env: { HOME: home({ good: at(good) }) },
      cwd: folder.path,
    });
    expect(error?.type).toBe(type as InferError["type"]);
    expect(good.seen.length).toBe(seen);
    expect(existsSync(folder.file("no"))).toBe(false);
  });

  test("hostile texts stay inside", () => {
    const result: SmokeResult = {
      provider: 'a"><x>',
      model: "m\u0000\ud800\uffff\n]]>",
      capability: "model.run",
      outcome: "failed",
      latencyMs: 12,
      error: { type: "provider_error", message: `</failure><!--&"'\u001b[31m`, hint: "]]>" },
      attempts: [{ provider: "a", model: "m", outcome: "failed", latencyMs: 12, status: 500 }],
    };
    const xml = junitXml([result, { ...result, outcome: "skipped" }], 0, 1500);
    expect(xml).not.toMatch(/[\x00-\x08\x0b-\x1f\ud800\uffff]|<x>|<!--|]]>/);
    expect(xml).toContain('tests="2" failures="1" errors="0" skipped="1" time="1.500"');
    expect(xml).toContain('timestamp="1970-01-01T00:00:00"');
    expect(xml).toContain("HTTP 500");
  });
});
