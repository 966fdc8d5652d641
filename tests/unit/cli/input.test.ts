import { describe, expect, test } from "bun:test";
import type { Values } from "../../../src/cli/argv.ts";
import { completeTexts, validate } from "../../../src/cli/input.ts";
import { runCli } from "../../../src/cli/run.ts";
import { CAPABILITIES, type CapabilityId, type Row } from "../../../src/core/capability.ts";
import { InferError, toInferError } from "../../../src/core/error.ts";
import { type FakeContext, type FakeWorld, fakeContext, runInProcess } from "../../support/context.ts";

type Given = readonly (readonly [name: string, value: string])[];

function row(id: CapabilityId): Row {
  const found = CAPABILITIES.find((one) => one.id === id);
  if (!found) throw new Error(`no row ${id}`);
  return found;
}

function values(given: Given): Values {
  const map: Values = new Map();
  for (const [name, value] of given) map.set(name, [...(map.get(name) ?? []), value]);
  return map;
}

/** The checked input; `world` says what stdin is. Counts the reads. */
async function input(id: CapabilityId, given: Given, world: FakeWorld = {}) {
  const { context, reads } = counting(fakeContext(world));
  const checked = validate(row(id), values(given));
  return { input: await completeTexts(row(id), checked, context), reads: reads() };
}

function counting(context: FakeContext): { context: FakeContext; reads: () => number } {
  let count = 0;
  const { stdin } = context.stdio;
  context.stdio.stdin = (signal) => {
    count++;
    return stdin(signal);
  };
  return { context, reads: () => count };
}

/** A context with a pipe on fd 0 that must not be read. */
function untouchable(): FakeContext {
  const context = fakeContext({ stdin: { kind: "pipe" } });
  context.stdio.stdin = () => {
    throw new Error("stdin was read");
  };
  return context;
}

/** Message and hint of the usage error, with stdin never touched. */
async function usageError(id: CapabilityId, given: Given, context = untouchable()): Promise<string> {
  try {
    await completeTexts(row(id), validate(row(id), values(given)), context);
  } catch (thrown) {
    if (!(thrown instanceof InferError)) throw thrown;
    expect({ type: thrown.type, exitCode: thrown.exitCode }).toEqual({ type: "usage", exitCode: 2 });
    return `${thrown.message} ${thrown.details.hint ?? ""}`;
  }
  throw new Error("it was accepted");
}

const NOT_NUMBERS = ["", " ", "abc", "NaN", "nan", "Infinity", "-Infinity", "1e999", "0x10", "0b1", "0o7", "1_000"];
const NOT_CLEAN = [" 5", "5 ", "5\n", "5,0", "1,000", "5ms", "٣", "--", "1e", ".", "+", "null", "true"];

describe("numbers", () => {
  test.each([...NOT_NUMBERS, ...NOT_CLEAN, "0", "-0", "-1", "-5", "0.5", "1.5", "10000001"])(
    "--max-tokens %p is a usage error that says the range",
    async (text) => {
      const said = await usageError("model.run", [["max-tokens", text]]);
      expect(said).toContain("--max-tokens");
      expect(said).toContain("from 1 to 10000000");
    },
  );

  test.each([...NOT_NUMBERS, ...NOT_CLEAN, "0", "-1", "2.5", "86400001"])(
    "--timeout-ms %p is a usage error on every verb",
    async (text) => {
      for (const { id } of CAPABILITIES) {
        expect(await usageError(id, [["timeout-ms", text]])).toContain("--timeout-ms");
      }
    },
  );

  test.each([
    ["1", 1],
    ["5", 5],
    ["+5", 5],
    ["007", 7],
    ["1e3", 1000],
    ["1.5e3", 1500],
    ["5.0", 5],
    ["10000000", 10_000_000],
  ])("--max-tokens %p is %p", async (text, number) => {
    const given: Given = [
      ["prompt", "x"],
      ["max-tokens", text],
    ];
    expect((await input("model.run", given)).input).toMatchObject({ maxTokens: number });
  });

  test.each([
    ["0", 0],
    ["0.7", 0.7],
    [".7", 0.7],
    ["2", 2],
  ])("--temperature %p, whose range starts at 0, is %p", async (text, number) => {
    const given: Given = [
      ["prompt", "x"],
      ["temperature", text],
    ];
    expect((await input("model.run", given)).input).toMatchObject({ temperature: number });
  });

  test.each(["-0.1", "2.01", "-1", "NaN", ""])("--temperature %p is a usage error", async (text) => {
    expect(await usageError("model.run", [["temperature", text]])).toContain("--temperature");
  });

  test.each([
    ["image.generate", "count", "0"],
    ["image.generate", "count", "1.5"],
    ["image.edit", "count", "101"],
    ["web.search", "limit", ""],
    ["web.search", "limit", "-3"],
    ["video.generate", "duration", "abc"],
    ["video.generate", "duration", "0"],
    ["tts.convert", "speed", "0"],
    ["tts.convert", "speed", "9"],
  ] as const)("%s --%s %p is a usage error", async (id, name, text) => {
    expect(await usageError(id, [[name, text]])).toContain(`--${name}`);
  });

  test("every number flag of the table refuses what is empty, not finite, below zero or out of range", () => {
    for (const one of CAPABILITIES as readonly Row[]) {
      for (const flag of one.flags) {
        if (flag.kind !== "number") continue;
        for (const text of ["", "NaN", "Infinity", "-1", `${flag.max}0`, "0x1", " 1"]) {
          expect(() => validate(one, values([[flag.name, text]]))).toThrow(`--${flag.name}`);
        }
      }
    }
  });
});

describe("choices", () => {
  test.each([
    ["model.run", "thinking", "hgih"],
    ["model.run", "thinking", "High"],
    ["model.run", "thinking", ""],
    ["model.run", "thinking", "constructor"],
    ["image.generate", "output-format", "gif"],
    ["image.generate", "resolution", "9K"],
    ["image.generate", "background", "blue"],
    ["video.generate", "resolution", "720p"],
  ] as const)("%s --%s %p is a usage error that lists the set", async (id, name, text) => {
    const said = await usageError(id, [[name, text]]);
    expect(said).toContain(`--${name}`);
    const flag = row(id).flags.find((one) => one.name === name);
    if (flag?.kind !== "choice") throw new Error(`${name} is no choice`);
    for (const choice of flag.choices) expect(said).toContain(choice);
  });

  test("one of the set is taken as it is", async () => {
    const given: Given = [
      ["prompt", "x"],
      ["thinking", "xhigh"],
    ];
    expect((await input("model.run", given)).input).toMatchObject({ thinking: "xhigh" });
  });
});

describe("switches", () => {
  test("are false unless given", async () => {
    expect((await input("model.run", [["prompt", "x"]])).input).toMatchObject({ json: false, gateway: false });
    const given: Given = [
      ["prompt", "x"],
      ["local", ""],
      ["json", ""],
    ];
    expect((await input("model.run", given)).input).toMatchObject({ json: true, gateway: false, local: true });
  });

  test("--gateway is refused in words while this build has no Gateway", async () => {
    expect(() =>
      validate(
        row("model.run"),
        values([
          ["prompt", "x"],
          ["gateway", ""],
        ]),
      ),
    ).toThrow(/Gateway yet/);
  });

  test("--local with --gateway is a usage error that names both, on every verb that has them", async () => {
    for (const one of CAPABILITIES as readonly Row[]) {
      const names = one.flags.map(({ name }) => name);
      if (!names.includes("local") || !names.includes("gateway")) continue;
      const given = values([
        ["local", ""],
        ["gateway", ""],
      ]);
      expect(() => validate(one, given)).toThrow(/--local.*--gateway/);
    }
  });

  test("are refused with a value before anything is read", async () => {
    const { exitCode, error } = await runInProcess(["model", "run", "--prompt", "x", "--json=false"]);
    expect({ exitCode, type: error?.type }).toEqual({ exitCode: 2, type: "usage" });
    expect(error?.message).toContain("--json");
  });
});

describe("texts", () => {
  test.each([
    ["model.run", "prompt"],
    ["image.generate", "prompt"],
    ["tts.convert", "text"],
    ["embedding.create", "text"],
    ["web.search", "query"],
    ["web.fetch", "url"],
    ["model.inspect", "model"],
    ["tts.set-provider", "provider"],
    ["audio.transcribe", "file"],
  ] as const)("%s without --%s is a usage error that names it", async (id, name) => {
    for (const kind of ["none", "terminal"] as const) {
      expect(await usageError(id, [], fakeContext({ stdin: { kind } }))).toContain(`--${name}`);
    }
  });

  test.each(["", " ", "\t", "\n", " \r\n "])("%p is blank, which is a usage error", async (blank) => {
    expect(await usageError("model.run", [["prompt", blank]])).toContain("--prompt");
    expect(await usageError("tts.convert", [["text", blank]])).toContain("--text");
    const second: Given = [
      ["text", "a"],
      ["text", blank],
    ];
    expect(await usageError("embedding.create", second)).toContain("--text");
    const model: Given = [
      ["prompt", "x"],
      ["model", blank],
    ];
    expect(await usageError("model.run", model)).toContain("--model");
  });

  test("are not trimmed", async () => {
    expect((await input("model.run", [["prompt", "  hi \n"]])).input).toMatchObject({ prompt: "  hi \n" });
  });

  test("of a repeatable flag keep their order", async () => {
    const given: Given = [
      ["text", "b"],
      ["text", "a"],
      ["text", "b"],
    ];
    expect((await input("embedding.create", given)).input).toMatchObject({ text: ["b", "a", "b"] });
  });
});

describe("stdin", () => {
  test.each(["pipe", "file", "terminal", "none"] as const)("is read for - when it is a %s", async (kind) => {
    const { input: got, reads } = await input("model.run", [["prompt", "-"]], { stdin: { kind, text: "piped" } });
    expect(got).toMatchObject({ prompt: "piped" });
    expect(reads).toBe(1);
  });

  test.each(["pipe", "file"] as const)("is read when the text is absent and it is a %s", async (kind) => {
    for (const [id, name, expected] of [
      ["model.run", "prompt", "piped"],
      ["tts.convert", "text", "piped"],
      ["web.search", "query", "piped"],
      ["image.generate", "prompt", "piped"],
      ["embedding.create", "text", ["piped"]],
    ] as const) {
      const { input: got, reads } = await input(id, [], { stdin: { kind, text: "piped" } });
      expect({ got: got[name], reads }).toEqual({ got: expected as string, reads: 1 });
    }
  });

  test.each([
    ["model.run", [["prompt", "hi"]]],
    [
      "model.run",
      [
        ["prompt", "hi"],
        ["file", "a.png"],
      ],
    ],
    ["tts.convert", [["text", "hi"]]],
    [
      "tts.convert",
      [
        ["text", "hi"],
        ["output", "-"],
      ],
    ],
    ["embedding.create", [["text", "hi"]]],
    ["image.describe", [["file", "a.png"]]],
    ["audio.transcribe", [["file", "a.wav"]]],
    ["web.fetch", [["url", "https://example.com"]]],
    ["tts.voices", []],
    ["model.list", []],
    ["tts.set-persona", []],
  ] as [CapabilityId, Given][])("is not touched by %s %p, whatever is piped in", async (id, given) => {
    await completeTexts(row(id), validate(row(id), values(given)), untouchable());
  });

  test("a prompt in argv never waits for it, in a whole run", async () => {
    const stdin = {
      kind: "pipe" as const,
      get text(): string {
        throw new Error("stdin was read");
      },
    };
    const { error } = await runInProcess(["model", "run", "--prompt", "hi"], { stdin });
    expect(error?.type).toBe("auth");
    const asked = await runInProcess(["model", "run", "--prompt", "-"], { stdin });
    expect(asked.error?.message).toContain("stdin was read");
  });

  test("takes the place of - among several texts", async () => {
    const given: Given = [
      ["text", "a"],
      ["text", "-"],
      ["text", "b"],
    ];
    const { input: got, reads } = await input("embedding.create", given, { stdin: { kind: "pipe", text: "piped\n" } });
    expect(got.text).toEqual(["a", "piped", "b"]);
    expect(reads).toBe(1);
  });

  test.each([
    [
      "model.run",
      [
        ["prompt", "-"],
        ["file", "-"],
      ],
    ],
    [
      "model.run",
      [
        ["file", "-"],
        ["prompt", "x"],
        ["file", "-"],
      ],
    ],
    [
      "embedding.create",
      [
        ["text", "-"],
        ["text", "-"],
      ],
    ],
    [
      "image.edit",
      [
        ["prompt", "-"],
        ["file", "-"],
      ],
    ],
  ] as [CapabilityId, Given][])("can be asked for once only: %s %p", async (id, given) => {
    expect(await usageError(id, given)).toContain("stdin");
  });

  test("belongs to the file when --file - asked for it: the prompt is then missing, not read", async () => {
    expect(await usageError("model.run", [["file", "-"]])).toContain("--prompt");
  });

  test("goes to the file when the prompt is given", async () => {
    const given: Given = [
      ["prompt", "x"],
      ["file", "-"],
    ];
    const checked = validate(row("model.run"), values(given));
    expect(await completeTexts(row("model.run"), checked, untouchable())).toMatchObject({ prompt: "x", file: ["-"] });
  });

  test("--output - does not count as reading it", async () => {
    const given: Given = [
      ["text", "-"],
      ["output", "-"],
    ];
    const { input: got, reads } = await input("tts.convert", given, { stdin: { kind: "pipe", text: "hello" } });
    expect(got).toMatchObject({ text: "hello", output: "-" });
    expect(reads).toBe(1);
  });

  test.each([
    ["model.run", "prompt"],
    ["image.generate", "prompt"],
    ["image.edit", "prompt"],
    ["image.describe", "prompt"],
    ["image.describe-many", "prompt"],
    ["audio.transcribe", "prompt"],
    ["video.generate", "prompt"],
    ["tts.convert", "text"],
    ["embedding.create", "text"],
    ["web.search", "query"],
  ] as const)("is what %s --%s - means", async (id, name) => {
    const others = row(id).flags.filter((flag) => flag.required && flag.name !== name);
    const given: Given = [...others.map((flag) => [flag.name, "given"] as const), [name, "-"]];
    const { input: got, reads } = await input(id, given, { stdin: { kind: "pipe", text: "piped\n" } });
    const member = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect({ got: [got[member]].flat(), reads }).toEqual({ got: ["piped"], reads: 1 });
  });

  test("that is never closed ends with --timeout-ms, and with Ctrl-C", async () => {
    const interrupt = new AbortController();
    for (const [type, timeout] of [
      ["timeout", ["--timeout-ms", "20"]],
      ["interrupted", []],
    ] as const) {
      const context = fakeContext({ signal: interrupt.signal });
      context.stdio.stdin = async function* (signal) {
        yield new Uint8Array();
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          if (type === "interrupted") queueMicrotask(() => interrupt.abort(new InferError("interrupted", "Stopped.")));
        });
      };
      const run = runCli(["model", "run", "--prompt", "-", ...timeout], context);
      expect(await run.catch((thrown: unknown) => toInferError(thrown).type)).toBe(type);
    }
  });

  test.each([
    ["hello\n", "hello"],
    ["hello\r\n", "hello"],
    ["hello", "hello"],
    ["a\nb\n", "a\nb"],
    ["a\r\nb\r\n", "a\r\nb"],
    ["  a\n", "  a"],
    ["\ufeffhello\n", "hello"],
    ["grüße 👋\n", "grüße 👋"],
  ])("%p is the text %p", async (text, expected) => {
    const { input: got } = await input("model.run", [["prompt", "-"]], { stdin: { kind: "pipe", text } });
    expect(got.prompt).toBe(expected);
  });

  test.each(["", "\n", "\r\n", "  \n\t\n"])("%p is blank, which is a usage error", async (text) => {
    const world: FakeWorld = { stdin: { kind: "pipe", text } };
    for (const given of [[], [["prompt", "-"]]] as Given[]) {
      expect(await usageError("model.run", given, fakeContext(world))).toContain("--prompt");
    }
    expect(await usageError("embedding.create", [], fakeContext(world))).toContain("--text");
  });
});

describe("what is wrong with the rest is said before stdin is touched", () => {
  test.each([
    [
      "a blank model",
      [
        ["prompt", "-"],
        ["model", " "],
      ],
      "--model",
    ],
    [
      "a blank fallback",
      [
        ["prompt", "-"],
        ["fallback", ""],
      ],
      "--fallback",
    ],
    [
      "a blank file",
      [
        ["prompt", "-"],
        ["file", ""],
      ],
      "--file",
    ],
    ["a blank provider", [["provider", ""]], "--provider"],
    [
      "a wrong number",
      [
        ["prompt", "-"],
        ["max-tokens", "many"],
      ],
      "--max-tokens",
    ],
    [
      "a wrong choice",
      [
        ["prompt", "-"],
        ["thinking", "much"],
      ],
      "--thinking",
    ],
    [
      "two transports",
      [
        ["prompt", "-"],
        ["local", ""],
        ["gateway", ""],
      ],
      "--local",
    ],
  ] as [string, Given, string][])("%s", async (_, given, named) => {
    expect(await usageError("model.run", given)).toContain(named);
  });

  test("a missing flag beside the text", async () => {
    expect(await usageError("image.edit", [["prompt", "-"]])).toContain("--file");
    expect(await usageError("image.edit", [])).toContain("--file");
  });

  test("with --json, as one document", async () => {
    const line = ["tts", "convert", "--text", "-", "--speed", "fast", "--json"];
    const { stdout, exitCode } = await runInProcess(line, { stdin: { kind: "pipe", text: "hello" } });
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, capability: "tts.convert", error: { type: "usage" } });
  });

  test("--output - with --json is a usage error, and no audio is made", async () => {
    const { stdout, exitCode } = await runInProcess(["tts", "convert", "--text", "hi", "--output", "-", "--json"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, capability: "tts.convert", error: { type: "usage" } });
  });
});
