import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import { CAPABILITIES, flagsOf, GROUPS, type Row, TOOLS } from "../../../src/core/capability.ts";
import { envelopeJsonSchema } from "../../../src/core/envelope-schema.ts";
import { GLOBAL_FLAGS } from "../../../src/core/flags.ts";
import { runInProcess } from "../../support/context.ts";

/** OpenClaw 2026.5.2's `infer list --json`, in its order. */
const OPENCLAW_IDS = [
  "model.run",
  "model.list",
  "model.inspect",
  "model.providers",
  "model.auth.login",
  "model.auth.logout",
  "model.auth.status",
  "image.generate",
  "image.edit",
  "image.describe",
  "image.describe-many",
  "image.providers",
  "audio.transcribe",
  "audio.providers",
  "tts.convert",
  "tts.voices",
  "tts.providers",
  "tts.personas",
  "tts.status",
  "tts.enable",
  "tts.disable",
  "tts.set-provider",
  "tts.set-persona",
  "video.generate",
  "video.describe",
  "video.providers",
  "web.search",
  "web.fetch",
  "web.providers",
  "embedding.create",
  "embedding.providers",
];

const FACTS = join(import.meta.dir, "../../../../shared/facts/openclaw");
const factsPresent = existsSync(FACTS);
const ROWS: readonly Row[] = [...CAPABILITIES, ...TOOLS];
const named = ROWS.map((row) => [row.id, row] as const);

describe("the table", () => {
  test("has OpenClaw's 31 capabilities, in OpenClaw's order", () => {
    expect(OPENCLAW_IDS).toHaveLength(31);
    expect(CAPABILITIES.map(({ id }) => id as string)).toEqual(OPENCLAW_IDS);
  });

  test.skipIf(!factsPresent)("has OpenClaw's descriptions and transports", () => {
    const theirs = JSON.parse(readFileSync(join(FACTS, "list-json-52.json"), "utf8"));
    expect(
      CAPABILITIES.map(({ id, transports, description }) => ({ id, transports: [...transports], description })),
    ).toEqual(theirs);
  });

  test.skipIf(!factsPresent)("has every flag of OpenClaw, on the same verb", () => {
    const missing: string[] = [];
    for (const row of CAPABILITIES as readonly Row[]) {
      const help = readFileSync(join(FACTS, "help", `infer_${row.id.replaceAll(".", "_")}.txt`), "utf8");
      const ours = flagsOf(row).map(({ name }) => `--${name}`);
      for (const [, flag = ""] of help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
        if (!ours.includes(flag)) missing.push(`${row.id} ${flag}`);
      }
    }
    expect(missing).toEqual([]);
    expect(readdirSync(join(FACTS, "help")).length).toBeGreaterThan(31);
  });

  test.skipIf(!factsPresent)("repeats the flags that OpenClaw repeats, and asks for a value where it does", () => {
    const wrong: string[] = [];
    for (const row of CAPABILITIES as readonly Row[]) {
      const help = readFileSync(join(FACTS, "help", `infer_${row.id.replaceAll(".", "_")}.txt`), "utf8");
      for (const [, name = "", value, text = ""] of help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)( <[^>]+>)?(.*)/gm)) {
        const flag = flagsOf(row).find((one) => one.name === name);
        if (!flag) continue;
        if ((value === undefined) !== (flag.kind === "switch")) wrong.push(`${row.id} --${name} takes a value`);
        const repeats = text.includes("(default: [])");
        if (repeats && !(flag.kind === "text" && flag.repeat)) wrong.push(`${row.id} --${name} is not repeatable`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each(named)("%s: has no flag twice, global ones included", (_, row) => {
    const names = flagsOf(row).map(({ name }) => name);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  });

  test.each(named)("%s: has flag names that a shell and a handler can spell", (_, row) => {
    for (const flag of flagsOf(row)) {
      expect(flag.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(flag.summary).toMatch(/^\S.*[^\s.]$/);
      if (flag.kind !== "switch") expect(flag.value).toMatch(/^<.+>$/);
      if (flag.kind === "number") expect(flag.min).toBeLessThan(flag.max);
      if (flag.kind === "choice") expect(new Set(flag.choices).size).toBe(flag.choices.length);
    }
  });

  test.each(named)("%s: has a time budget that --timeout-ms could name, and something to say", (_, row) => {
    const limit = GLOBAL_FLAGS.find(({ name }) => name === "timeout-ms");
    if (limit?.kind !== "number") throw new Error("no --timeout-ms");
    expect(row.timeoutMs).toBeGreaterThanOrEqual(limit.min);
    expect(row.timeoutMs).toBeLessThanOrEqual(limit.max);
    expect(row.description).toMatch(/^[A-Z]/);
    expect(row.resultShape).not.toBe("");
  });

  test("gives everyone the flags that the contract promises", () => {
    const names = GLOBAL_FLAGS.map(({ name }) => name as string);
    expect(names).toEqual(
      expect.arrayContaining(["timeout-ms", "json", "quiet", "verbose", "config", "agent", "no-color", "help"]),
    );
  });

  test.each([
    "model.run",
    "image.generate",
    "image.edit",
    "image.describe",
    "image.describe-many",
    "audio.transcribe",
    "tts.convert",
    "video.generate",
    "video.describe",
    "embedding.create",
  ])("%s: lets a backend be chosen", (id) => {
    const row = ROWS.find((one) => one.id === id);
    const flags = new Map(row?.flags.map((flag) => [flag.name, flag]));
    expect(flags.get("provider")?.kind).toBe("text");
    expect(flags.get("model")?.kind).toBe("text");
    expect(flags.get("fallback")).toMatchObject({ kind: "text", repeat: true });
  });

  test("has words for every group", () => {
    const groups = CAPABILITIES.flatMap(({ id }) => {
      const words = id.split(".").slice(0, -1);
      return words.map((_, at) => words.slice(0, at + 1).join("."));
    });
    expect(Object.keys(GROUPS).toSorted()).toEqual([...new Set(groups)].toSorted());
  });
});

describe("the envelope's published schema", () => {
  const validate = new Ajv2020({ allErrors: true }).compile(envelopeJsonSchema());
  const line = ["model", "run", "--prompt", "hi", "--model", "groq/llama", "--json"];

  async function envelopeOf(argv: string[], body: unknown, status = 200): Promise<Record<string, unknown>> {
    const answer = async (): Promise<Response> =>
      Response.json(body, { status, headers: { "x-request-id": "req_1", "retry-after": "3600" } });
    const fetch = answer as unknown as typeof globalThis.fetch;
    const { stdout } = await runInProcess(argv, { env: { GROQ_API_KEY: "k" }, fetch });
    return JSON.parse(stdout);
  }

  const success = () =>
    envelopeOf([...line, "--temperature", "0"], {
      choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
    });
  const failures = {
    usage: () => envelopeOf(["model", "run", "--json"], {}),
    auth: () => envelopeOf(line, { error: { message: "Invalid API Key" } }, 401),
    rate_limited: () =>
      envelopeOf([...line, "--timeout-ms", "5000"], { error: { message: "Rate limit reached" } }, 429),
    empty_result: () => envelopeOf(line, { choices: [{ message: { content: " " }, finish_reason: "stop" }] }),
  };

  test("accepts a success", async () => {
    const envelope = await success();
    expect(envelope).toMatchObject({ ok: true, outputs: [{ text: "Hello", mediaUrl: null }], error: null });
    validate(envelope);
    expect(validate.errors).toBeNull();
  });

  test.each(Object.entries(failures))("accepts a failure: %s", async (type, run) => {
    const envelope = await run();
    expect(envelope).toMatchObject({ ok: false, capability: "model.run", error: { type } });
    validate(envelope);
    expect(validate.errors).toBeNull();
  });

  test.each(["ok", "capability", "transport", "provider", "model", "attempts", "outputs", "error"])(
    "rejects an envelope without %s",
    async (key) => {
      for (const run of [success, failures.auth]) {
        const { [key]: _, ...rest } = await run();
        expect(validate(rest)).toBe(false);
      }
    },
  );

  test.each([
    ["an unknown error type", { error: { type: "oops", message: "x", retryable: false } }],
    ["an error without retryable", { error: { type: "auth", message: "x" } }],
    ["an unknown outcome", { attempts: [{ provider: "a", model: null, outcome: "tried", latencyMs: 1 }] }],
    ["an output of no known form", { outputs: [{ txt: "x" }] }],
    ["an unknown transport", { transport: "ssh" }],
    ["ok that is no boolean", { ok: "yes" }],
  ])("rejects %s", async (_, change) => {
    expect(validate({ ...(await success()), ...change })).toBe(false);
  });

  test("is what infer inspect --schema prints, with and without --json", async () => {
    for (const argv of [
      ["inspect", "--schema"],
      ["inspect", "--schema", "--json"],
    ]) {
      const { stdout, exitCode } = await runInProcess(argv);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(envelopeJsonSchema())));
    }
  });

  test("says which draft it is", () => {
    expect(envelopeJsonSchema()).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
  });
});
