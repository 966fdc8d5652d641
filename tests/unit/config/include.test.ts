// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LoadedConfig, loadConfig } from "../../../src/config/file.ts";
import type { InferError } from "../../../src/core/error.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

let cases = 0;

/** Writes a config of several files, `root.json` among them, into a folder of its own. */
function files(texts: Record<string, unknown>): string {
  const base = folder.file(`case-${++cases}/config`);
  mkdirSync(base, { recursive: true });
  for (const [name, content] of Object.entries(texts)) {
    const path = join(base, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return base;
}

function load(base: string, env: Record<string, string> = {}): Promise<LoadedConfig> {
  return loadConfig(fakeContext({ env, cwd: "/", options: { config: join(base, "root.json") } }));
}

async function config(
  texts: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<LoadedConfig["config"]> {
  return (await load(files(texts), env)).config;
}

/** The usage error of a config that cannot be loaded. */
async function refusal(base: string, env: Record<string, string> = {}): Promise<InferError> {
  const error = await rejection(load(base, env));
  expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "usage", exitCode: 2 });
  return error;
}

const providers = (entries: Record<string, unknown>): object => ({ models: { providers: entries } });

describe("$include", () => {
  test("puts a file in its place, at any depth", async () => {
    const got = await config({
      "root.json": '{ models: { $include: "./models.json5" }, agents: { defaults: { $include: "d/defaults.json" } } }',
      "models.json5": "{ providers: { x: { baseUrl: 'http://x', }, }, } // JSON5",
      "d/defaults.json": { model: "x/m" },
    });
    expect(got).toEqual({
      models: { providers: { x: { baseUrl: "http://x" } } },
      agents: { defaults: { model: "x/m" } },
    });
  });

  test("may be all there is", async () => {
    const got = await config({
      "root.json": { $include: "all.json" },
      "all.json": providers({ x: { api: "ollama" } }),
    });
    expect(got).toEqual(providers({ x: { api: "ollama" } }));
  });

  test("merges several in their order, one object into the other", async () => {
    const got = await config({
      "root.json": { $include: ["a.json", "b.json"] },
      "a.json": providers({ x: { baseUrl: "http://a", api: "ollama" }, y: { baseUrl: "http://y" } }),
      "b.json": providers({ x: { baseUrl: "http://b" } }),
    });
    expect(got).toEqual(providers({ x: { baseUrl: "http://b", api: "ollama" }, y: { baseUrl: "http://y" } }));
  });

  test("gives the keys beside it the last word", async () => {
    const got = await config({
      "root.json": { $include: "base.json", ...providers({ x: { baseUrl: "http://mine" } }) },
      "base.json": providers({ x: { baseUrl: "http://base", api: "ollama" } }),
    });
    expect(got).toEqual(providers({ x: { baseUrl: "http://mine", api: "ollama" } }));
  });

  test("puts arrays one behind the other", async () => {
    const got = await config({
      "root.json": { $include: ["a.json", "b.json"], agents: { defaults: { model: { fallbacks: ["z/3"] } } } },
      "a.json": { agents: { defaults: { model: { primary: "x/0", fallbacks: ["x/1"] } } } },
      "b.json": { agents: { defaults: { model: { fallbacks: ["y/2"] } } } },
    });
    expect(got.agents?.defaults?.model).toEqual({ primary: "x/0", fallbacks: ["x/1", "y/2", "z/3"] });
  });

  test("replaces where the kinds differ", async () => {
    const got = await config({
      "root.json": { $include: "a.json", agents: { defaults: { model: "mine/m" } } },
      "a.json": { agents: { defaults: { model: { primary: "x/0", fallbacks: ["x/1"] } } } },
    });
    expect(got.agents?.defaults?.model).toBe("mine/m");
  });

  test("works inside arrays, and for arrays", async () => {
    const got = await config({
      "root.json": {
        agents: { list: [{ $include: "work.json" }, { id: "home" }] },
        ...providers({ x: { models: { $include: "models.json" } } }),
      },
      "work.json": { id: "work" },
      "models.json": [{ id: "m" }],
    });
    expect(got.agents?.list).toEqual([{ id: "work" }, { id: "home" }]);
    expect(got.models?.providers?.x?.models).toEqual([{ id: "m" }]);
  });

  test("is relative to the file that it stands in", async () => {
    const got = await config({
      "root.json": { $include: "a/one.json" },
      "a/one.json": { $include: "./b/two.json" },
      "a/b/two.json": { $include: "../../three.json" },
      "three.json": { agents: { defaults: { model: "far/m" } } },
    });
    expect(got.agents?.defaults?.model).toBe("far/m");
  });

  test("may name the same file twice, where neither includes the other", async () => {
    const got = await config({
      "root.json": providers({ x: { $include: "p.json" }, y: { $include: "p.json" } }),
      "p.json": { api: "ollama" },
    });
    expect(got).toEqual(providers({ x: { api: "ollama" }, y: { api: "ollama" } }));
  });

  test("takes an absolute path in the config's own folder", async () => {
    const base = files({ "in.json": { agents: { defaults: { model: "a/b" } } } });
    writeFileSync(join(base, "root.json"), JSON.stringify({ $include: join(base, "in.json") }));
    expect((await load(base)).config.agents?.defaults?.model).toBe("a/b");
  });

  test("takes an empty list for nothing", async () => {
    expect(await config({ "root.json": { $include: [] } })).toEqual({});
  });

  test("brings ${ENV}, its escape and an env block", async () => {
    const base = files({
      "root.json": { $include: "in.json" },
      "in.json": { env: { BLOCK: "b" }, ...providers({ x: { baseUrl: "${HOST}/${BLOCK}", apiKey: "$${HOST}" } }) },
    });
    const loaded = await load(base, { HOST: "http://h" });
    expect(loaded.config).toEqual({
      env: { BLOCK: "b" },
      ...providers({ x: { baseUrl: "http://h/b", apiKey: "${HOST}" } }),
    });
    expect([...loaded.interpolated]).toEqual(["http://h", "b"]);
  });

  test("goes ten files deep and no further", async () => {
    const chain = (length: number): Record<string, unknown> =>
      Object.fromEntries(
        Array.from({ length: length + 1 }, (_, at) => [
          at === 0 ? "root.json" : `${at}.json`,
          at === length ? { agents: { defaults: { model: "deep/m" } } } : { $include: `./${at + 1}.json` },
        ]),
      );
    expect((await config(chain(10))).agents?.defaults?.model).toBe("deep/m");
    const base = files(chain(11));
    const { message } = await refusal(base);
    expect(message).toContain("10 files deep");
    expect(message).toContain(join(base, "10.json"));
  });
});

describe("$include refuses", () => {
  test("a file that is not there, with its name and the file that wants it", async () => {
    const base = files({ "root.json": { $include: "a.json" }, "a.json": { models: { $include: "gone.json" } } });
    const { message } = await refusal(base);
    expect(message).toContain(join(base, "a.json"));
    expect(message).toContain(join(base, "gone.json"));
    expect(message).toContain("not there");
  });

  test.each(["../secret.json", "a/../../secret.json", "/etc/passwd", "./../secret.json", ".."])(
    "%s, which leads out",
    async (path) => {
      const base = files({ "root.json": { $include: path } });
      writeFileSync(join(base, "../secret.json"), '{"agents":{"defaults":{"model":"stolen/m"}}}');
      const error = await refusal(base);
      expect(error.message).toContain(`$include "${path}" leads out of the config's folder`);
      expect(error.details.hint).toContain("OPENCLAW_INCLUDE_ROOTS");
    },
  );

  test("a folder whose name only begins like the config's", async () => {
    const base = files({ "root.json": { $include: "../config-evil/x.json" } });
    mkdirSync(join(base, "../config-evil"));
    writeFileSync(join(base, "../config-evil/x.json"), "{}");
    expect((await refusal(base)).message).toContain("leads out");
  });

  test("a link that leads out, whether it is the file or its folder", async () => {
    for (const [include, link, to] of [
      ["link.json", "link.json", "../outside.json"],
      ["sub/outside.json", "sub", ".."],
    ] as const) {
      const base = files({ "root.json": { $include: include } });
      writeFileSync(join(base, "../outside.json"), '{"env":{"A":"stolen"}}');
      symlinkSync(to, join(base, link));
      expect((await refusal(base)).message).toContain("a link that leads out");
    }
  });

  test("a link that stays inside is no danger", async () => {
    const base = files({
      "root.json": { $include: "link.json" },
      "d/real.json": { agents: { defaults: { model: "a/b" } } },
    });
    symlinkSync("d/real.json", join(base, "link.json"));
    expect((await load(base)).config.agents?.defaults?.model).toBe("a/b");
  });

  test("a config's folder may itself be reached through a link", async () => {
    const base = files({ "root.json": { $include: "in.json" }, "in.json": { agents: { defaults: { model: "a/b" } } } });
    symlinkSync(base, `${base}-link`);
    expect((await load(`${base}-link`)).config.agents?.defaults?.model).toBe("a/b");
  });

  test("nothing in the folders of OPENCLAW_INCLUDE_ROOTS", async () => {
    const base = files({ "root.json": { $include: "../shared/in.json" } });
    mkdirSync(join(base, "../shared"));
    writeFileSync(join(base, "../shared/in.json"), '{"agents":{"defaults":{"model":"a/b"}}}');
    const env = { OPENCLAW_INCLUDE_ROOTS: `/nowhere:${join(base, "../shared")}` };
    expect((await load(base, env)).config.agents?.defaults?.model).toBe("a/b");
    await refusal(base, { OPENCLAW_INCLUDE_ROOTS: "" });
  });

  test.each([
    ["itself", { "root.json": { $include: "root.json" } }],
    ["a ring of two", { "root.json": { $include: "a.json" }, "a.json": { agents: { $include: "./root.json" } } }],
    [
      "a ring that begins later",
      {
        "root.json": { $include: "a.json" },
        "a.json": { $include: "b.json" },
        "b.json": { env: { $include: "a.json" } },
      },
    ],
  ])("%s, and shows the way round", async (_, texts) => {
    const { message } = await refusal(files(texts));
    expect(message).toContain("includes itself");
    expect(message).toContain(" → ");
  });

  test("a ring through a link", async () => {
    const base = files({ "root.json": { $include: "a.json" }, "a.json": { $include: "again.json" } });
    symlinkSync("a.json", join(base, "again.json"));
    expect((await refusal(base)).message).toContain("includes itself");
  });

  test("a heap of files that doubles with every level", async () => {
    const texts = Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => [
        at === 0 ? "root.json" : `${at}.json`,
        at === 9 ? {} : { $include: Array(10).fill(`${at + 1}.json`) },
      ]),
    );
    const before = performance.now();
    expect((await refusal(files(texts))).message).toContain("500 files");
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test("what is no file, without waiting for it", async () => {
    const base = files({ "root.json": { $include: "pipe" } });
    Bun.spawnSync(["mkfifo", join(base, "pipe")]);
    expect((await refusal(base)).message).toContain("is not a file");
    expect((await refusal(files({ "root.json": { $include: "d" }, "d/x.json": {} }))).message).toMatch(
      /not a file|cannot be read/,
    );
  });

  test("a file of more than 2 MB", async () => {
    const base = files({ "root.json": { $include: "big.json" }, "big.json": `{"a":"${"x".repeat(2 ** 21)}"}` });
    expect((await refusal(base)).message).toContain("longer than 2097152 bytes");
  });

  test.each([[5], [null], [{ file: "a.json" }], [["a.json", 5]], [true]])("%p in place of a path", async (value) => {
    const base = files({ "root.json": { models: { $include: value } }, "a.json": {} });
    const { message } = await refusal(base);
    expect(message).toContain("$include: expected the path of a file");
    expect(message).toContain(join(base, "root.json"));
  });

  test.each(["a\u0000b", "x".repeat(5000)])("a path that cannot be one", async (path) => {
    expect((await refusal(files({ "root.json": { $include: path } }))).message).toContain("no path");
  });

  test("keys beside a file that has no object", async () => {
    const base = files({ "root.json": { agents: { $include: "list.json", defaults: {} } }, "list.json": "[1]" });
    expect((await refusal(base)).message).toContain("beside $include");
  });

  test("a file that is not JSON5, by the file's own name and without what is in it", async () => {
    const base = files({ "root.json": { $include: "broken.json" }, "broken.json": '{"apiKey": "sk-secret" "x": 1}' });
    const { message } = await refusal(base);
    expect(message).toContain(join(base, "broken.json"));
    expect(message).not.toContain("sk-secret");
  });

  test("to change what every object has", async () => {
    const got = await config({
      "root.json": `{"$include": ["a.json", "b.json"], "__proto__": {"polluted": 1}}`,
      "a.json": `{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}`,
      "b.json": `{"__proto__": {"polluted": 2}, "models": {"providers": {"__proto__": {"baseUrl": "http://evil"}}}}`,
    });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
    expect(got.models?.providers?.x?.baseUrl).toBeUndefined();
  });
});

describe("a wrong value is blamed on the file that has it", () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    [
      "an included one",
      { "root.json": { $include: "a.json" }, "a.json": providers({ x: { baseUrl: 5 } }) },
      "a.json",
      "models.providers.x.baseUrl",
    ],
    [
      "the root",
      {
        "root.json": { $include: "a.json", ...providers({ x: { baseUrl: 5 } }) },
        "a.json": providers({ x: { api: "ollama" } }),
      },
      "root.json",
      "models.providers.x.baseUrl",
    ],
    [
      "the one that was merged first",
      {
        "root.json": { $include: ["a.json", "b.json"] },
        "a.json": providers({ x: { api: 5 } }),
        "b.json": providers({ x: { baseUrl: "http://x" } }),
      },
      "a.json",
      "models.providers.x.api",
    ],
    [
      "one deep inside",
      {
        "root.json": { models: { providers: { $include: "a.json" } } },
        "a.json": { x: { models: { $include: "m.json" } } },
        "m.json": [{ id: "a" }, { id: 5 }],
      },
      "m.json",
      "models.providers.x.models.1.id",
    ],
    [
      "the array that has the item",
      {
        "root.json": { $include: ["a.json", "b.json"] },
        "a.json": { agents: { list: [{ id: "x" }] } },
        "b.json": { agents: { list: [{ id: 5 }] } },
      },
      "b.json",
      "agents.list.1.id",
    ],
    [
      "the one that leaves out what has to be there",
      { "root.json": { agents: { list: [{ $include: "a.json" }] } }, "a.json": { model: "a/b" } },
      "a.json",
      "agents.list.0.id is missing",
    ],
  ])("%s", async (_, texts, file, place) => {
    const base = files(texts);
    const { message } = await refusal(base);
    expect(message).toStartWith(`Config ${join(base, file)} is not valid: ${place}`);
  });

  test("each of several", async () => {
    const base = files({ "root.json": { $include: "a.json", env: 5 }, "a.json": { models: 5 } });
    const { message } = await refusal(base);
    expect(message).toContain(`${join(base, "root.json")} is not valid: env: expected an object`);
    expect(message).toContain(`in ${join(base, "a.json")}: models: expected an object`);
  });
});
