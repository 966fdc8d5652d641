// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LoadedConfig, loadConfig, parseConfig } from "../../../src/config/file.ts";
import type { Config } from "../../../src/config/schema.ts";
import { unsetVariable } from "../../../src/config/variables.ts";
import { InferError } from "../../../src/core/error.ts";
import { fakeContext } from "../../support/context.ts";
import { failure, rejection } from "../../support/failure.ts";

const folder = mkdtempSync(join(tmpdir(), "infer-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PATH = "/home/me/openclaw.json";

/** Writes a file below the test's folder and gives its path. */
function written(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function load(env: Record<string, string>, config?: string, cwd = folder): Promise<LoadedConfig> {
  return loadConfig(fakeContext({ env, cwd, options: { config } }));
}

function parsed(text: string, env: Record<string, string> = {}): Config {
  return parseConfig(text, PATH, env).config;
}

const primary = (model: string): string => JSON.stringify({ agents: { defaults: { model } } });
const modelOf = ({ config }: LoadedConfig): unknown => config.agents?.defaults?.model;

describe("loadConfig", () => {
  test("needs none", async () => {
    const { path, config, env } = await load({ HOME: join(folder, "nobody"), KEY: "k" });
    expect({ path, config }).toEqual({ path: null, config: {} });
    expect(env.KEY).toBe("k");
    expect((await load({})).path).toBeNull();
  });

  test("takes the first that there is", async () => {
    const home = join(folder, "order");
    const places: [name: string, path: string, env: Record<string, string>][] = [
      ["home", written("order/.openclaw/openclaw.json", primary("home")), { HOME: home }],
      ["xdg", written("order/xdg/infer/config.json", primary("xdg")), { XDG_CONFIG_HOME: join(home, "xdg") }],
      ["state", written("order/state/openclaw.json", primary("state")), { OPENCLAW_STATE_DIR: join(home, "state") }],
      ["path", written("order/path.json", primary("path")), { OPENCLAW_CONFIG_PATH: join(home, "path.json") }],
      ["infer", written("order/infer.json", primary("infer")), { INFER_CONFIG: join(home, "infer.json") }],
    ];
    let env: Record<string, string> = {};
    for (const [name, path, more] of places) {
      env = { ...env, ...more };
      const loaded = await load(env);
      expect({ model: modelOf(loaded), path: loaded.path }).toEqual({ model: name, path });
    }
    const flag = written("order/flag.json", primary("flag"));
    expect(modelOf(await load(env, flag))).toBe("flag");
  });

  test("goes on where a place has none", async () => {
    const home = join(folder, "later");
    written("later/.openclaw/openclaw.json", primary("home"));
    const env = { HOME: home, OPENCLAW_STATE_DIR: join(home, "none"), XDG_CONFIG_HOME: join(home, "none") };
    expect(modelOf(await load(env))).toBe("home");
  });

  test("resolves --config and INFER_CONFIG against the working directory", async () => {
    written("cwd/c.json", primary("here"));
    expect((await load({}, "c.json", join(folder, "cwd"))).path).toBe(join(folder, "cwd/c.json"));
    expect(modelOf(await load({ INFER_CONFIG: "cwd/c.json" }))).toBe("here");
  });

  test.each(["config.json", ".env", "openclaw.json", "infer.json", "bunfig.toml", "package.json"])(
    "never looks at ./%s",
    async (name) => {
      written(`checkout/${name}`, name === ".env" ? "OPENAI_API_KEY=stolen" : primary("stolen"));
      const { config, env, path } = await load({ HOME: join(folder, "nobody") }, undefined, join(folder, "checkout"));
      expect({ config, path, key: env.OPENAI_API_KEY }).toEqual({ config: {}, path: null, key: undefined });
    },
  );

  test("does not find the file that --config or INFER_CONFIG names: not_found, with its path", async () => {
    for (const missing of [() => load({ HOME: folder }, "gone.json"), () => load({ INFER_CONFIG: "gone.json" })]) {
      const error = await rejection(missing());
      expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "not_found", exitCode: 4 });
      expect(error.message).toContain(join(folder, "gone.json"));
    }
  });

  test("takes a missing OPENCLAW_CONFIG_PATH for an empty config, as OpenClaw does", async () => {
    expect((await load({ OPENCLAW_CONFIG_PATH: join(folder, "gone.json") })).config).toEqual({});
  });

  test("cannot read a folder: io, with its path", async () => {
    mkdirSync(join(folder, "a-folder"), { recursive: true });
    const error = await rejection(load({}, "a-folder"));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "io", exitCode: 11 });
    expect(error.message).toContain(join(folder, "a-folder"));
  });

  test("cannot read a link to itself: io, with its path", async () => {
    symlinkSync(join(folder, "loop.json"), join(folder, "loop.json"));
    const error = await rejection(load({}, "loop.json"));
    expect(error.type).toBe("io");
    expect(error.message).toContain("loop.json");
  });

  test.skipIf(process.getuid?.() === 0)("cannot read what it may not: io, with its path", async () => {
    const path = written("secret.json", "{}");
    chmodSync(path, 0);
    const error = await rejection(load({}, path));
    expect(error.type).toBe("io");
    expect(error.message).toContain(path);
  });

  test("reads a file with a byte order mark, as Windows editors write it", async () => {
    expect(modelOf(await load({}, written("bom.json", `\ufeff${primary("bom")}`)))).toBe("bom");
  });

  test("honours $OPENCLAW_STATE_DIR/.env, beneath the environment and over the config's env block", async () => {
    const state = join(folder, "dotenv");
    written("dotenv/.env", 'A_KEY=from-state\nB_KEY="from state"\n');
    written("dotenv/openclaw.json", JSON.stringify({ env: { A_KEY: "block", B_KEY: "block", C_KEY: "block" } }));
    const { env } = await load({ OPENCLAW_STATE_DIR: state, A_KEY: "real" });
    expect(env).toMatchObject({ A_KEY: "real", B_KEY: "from state", C_KEY: "block" });
    const blank = await load({ OPENCLAW_STATE_DIR: state, A_KEY: "", B_KEY: " ", C_KEY: "" });
    expect(blank.env).toMatchObject({ A_KEY: "from-state", B_KEY: "from state", C_KEY: "block" });
  });

  test("~/ is the home folder in what systemd and Docker hand over as it is written", async () => {
    const HOME = join(folder, "tilde");
    written("tilde/state/openclaw.json", primary("state"));
    written("tilde/state/.env", "A_KEY=from-state");
    written("tilde/path.json", primary("path"));
    const state = await load({ HOME, OPENCLAW_STATE_DIR: " ~/state " });
    expect({ model: modelOf(state), key: state.env.A_KEY }).toEqual({ model: "state", key: "from-state" });
    expect(state.agent.folder).toBe(join(HOME, "state/agents/main/agent"));
    expect(modelOf(await load({ HOME, OPENCLAW_CONFIG_PATH: "~/path.json" }))).toBe("path");
    expect(modelOf(await load({ HOME, INFER_CONFIG: "~/path.json" }))).toBe("path");
    expect(modelOf(await load({ HOME, OPENCLAW_CONFIG_PATH: " ", OPENCLAW_STATE_DIR: "~/state" }))).toBe("state");
  });

  test("hands the proxies of .env and of the env block to what sends", async () => {
    const state = join(folder, "proxies");
    written("proxies/.env", "NO_PROXY=corp.test");
    written("proxies/openclaw.json", JSON.stringify({ env: { HTTPS_PROXY: "http://p:1" } }));
    let applied: unknown;
    const applyProxy = (env: LoadedConfig["env"]): void => {
      applied = env;
    };
    const { env } = await loadConfig(fakeContext({ env: { OPENCLAW_STATE_DIR: state }, applyProxy }));
    expect(env).toMatchObject({ HTTPS_PROXY: "http://p:1", NO_PROXY: "corp.test" });
    expect(applied).toBe(env);
  });
});

describe("what is no file", () => {
  const fifo = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    Bun.spawnSync(["mkfifo", path]);
    return path;
  };
  const within = (ms: number, config: string, signal?: AbortSignal): Promise<LoadedConfig> => {
    const sleep = async (pause: number, over: AbortSignal): Promise<void> => {
      await Bun.sleep(pause);
      over.throwIfAborted();
    };
    const context = fakeContext({ cwd: folder, options: { config }, sleep, ...(signal && { signal }) });
    context.endsAt = Date.now() + ms;
    return loadConfig(context);
  };

  test("a pipe is read to its end, however slowly it comes", async () => {
    const path = fifo("slow.pipe");
    const loading = within(10_000, path);
    Bun.spawn(["sh", "-c", `(printf '{agents: {defaults: '; sleep 0.2; printf '{model: "piped"}}}') > ${path}`]);
    expect(modelOf(await loading)).toBe("piped");
  });

  test.skipIf(!Bun.which("bash"))("the shell's <(…) is read, also when nothing comes out of it", async () => {
    const script = `
      const { loadConfig } = await import(${JSON.stringify(join(import.meta.dir, "../../../src/config/file.ts"))});
      const { fakeContext } = await import(${JSON.stringify(join(import.meta.dir, "../../support/context.ts"))});
      const loaded = await loadConfig(fakeContext({ options: { config: process.argv.at(-1) } }));
      console.log(JSON.stringify(loaded.config));
    `;
    for (const [made, expected] of [
      ["echo '{agents: {}}'", '{"agents":{}}'],
      ["true", "{}"],
    ]) {
      const line = `exec "$BUN" -e "$SCRIPT" <(${made})`;
      const env = { BUN: process.execPath, SCRIPT: script, PATH: process.env.PATH ?? "" };
      const child = Bun.spawn(["bash", "-c", line], { env, stdout: "pipe" });
      expect((await new Response(child.stdout).text()).trim()).toBe(expected ?? "");
    }
  });

  test("a pipe that nobody writes to ends with the deadline, and with Ctrl-C", async () => {
    const path = fifo("silent.pipe");
    const late = await rejection(within(100, path));
    expect([late.type, late.message]).toEqual(["timeout", `${path} did not come to its end in time.`]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new InferError("interrupted", "Ctrl-C")), 50);
    expect((await rejection(within(60_000, path, controller.signal))).type).toBe("interrupted");
  });

  test("what never ends is given up", async () => {
    const error = await rejection(within(60_000, "/dev/zero"));
    expect([error.type, error.message]).toEqual(["io", "/dev/zero is longer than 16777216 bytes."]);
  });

  test("/dev/null is an empty config", async () => {
    expect((await within(10_000, "/dev/null")).config).toEqual({});
  });

  test("a .env has to be a file", async () => {
    const state = dirname(fifo("piped-env/.env"));
    const error = await rejection(load({ OPENCLAW_STATE_DIR: state }));
    expect([error.type, error.message]).toEqual(["io", `${state}/.env is not a file.`]);
  });
});

describe("the format", () => {
  test("is JSON5", () => {
    const text = `// a comment
    { agents: { defaults: { model: 'openai/gpt-5.5', }, }, /* more */ "models": { providers: { mine: { baseUrl: "http://127.0.0.1:1/v1", }, } } }`;
    expect(parsed(text)).toEqual({
      agents: { defaults: { model: "openai/gpt-5.5" } },
      models: { providers: { mine: { baseUrl: "http://127.0.0.1:1/v1" } } },
    });
  });

  test.each(["", "  \n", "{}", "// nothing yet\n{}"])("may be empty: %p", (text) => {
    expect(parsed(text)).toEqual({});
  });

  test("takes both forms of a default model", () => {
    expect(parsed(primary("openai/x")).agents?.defaults?.model).toBe("openai/x");
    const text = '{agents:{defaults:{model:{primary:"openai/x",fallbacks:["groq/y"],timeoutMs:5}}}}';
    expect(parsed(text).agents?.defaults?.model).toEqual({ primary: "openai/x", fallbacks: ["groq/y"] });
  });

  test("takes secret references", () => {
    const reference = { source: "env", id: "MY_KEY" } as const;
    const text = JSON.stringify({ models: { providers: { x: { apiKey: { ...reference, provider: "default" } } } } });
    expect(parsed(text).models?.providers?.x?.apiKey).toEqual({ ...reference, provider: "default" });
  });

  test("ignores keys that are OpenClaw's business, at every level", () => {
    const text = `{
      bogusTop: true, channels: { telegram: null }, gateway: { tailscale: 5 }, memory: { backend: 5 },
      agents: { list: [{ id: "main", tools: 5 }], defaults: { workspace: 5, model: "a/b" } },
      models: { mode: 5, providers: { x: { timeoutSeconds: "?", baseUrl: "http://x", models: [{ id: "m", cost: "?" }] } } },
    }`;
    expect(parsed(text)).toEqual({
      channels: { telegram: {} },
      gateway: {},
      memory: {},
      agents: { list: [{ id: "main" }], defaults: { model: "a/b" } },
      models: { providers: { x: { baseUrl: "http://x", models: [{ id: "m" }] } } },
    });
  });

  test.each([
    ["{agents:", /./],
    ["{agents: }", /./],
    ["not json", /./],
    ["null", /: the whole of it: expected an object, received /],
    ['"text"', /: the whole of it: expected an object, received /],
    ["[1]", /: the whole of it: expected an object, received /],
    ["{models: 5}", /models/],
    ["{models: []}", /models/],
    ["{models: {providers: []}}", /models\.providers/],
    ["{models: {providers: [{baseUrl: 'http://x'}]}}", /models\.providers/],
    ["{models: {providers: {x: 'http://x'}}}", /models\.providers\.x/],
    ["{models: {providers: {mock: {baseUrl: 5}}}}", /models\.providers\.mock\.baseUrl.*string/],
    ["{models: {providers: {x: {apiKey: 5}}}}", /models\.providers\.x\.apiKey/],
    ["{models: {providers: {x: {apiKey: {source: 'vault', id: 'a'}}}}}", /models\.providers\.x\.apiKey/],
    ["{models: {providers: {x: {headers: {a: 5}}}}}", /models\.providers\.x\.headers\.a/],
    ["{models: {providers: {x: {models: [{id: 'a'}, {name: 'b'}]}}}}", /models\.providers\.x\.models\.1\.id/],
    ["{models: {providers: {x: {models: [{id: 'a', maxTokens: 0}]}}}}", /models\.providers\.x\.models\.0\.maxTokens/],
    ["{agents: {defaults: {model: 5}}}", /agents\.defaults\.model/],
    ["{agents: {defaults: {model: {fallbacks: 'a/b'}}}}", /agents\.defaults\.model/],
    ["{env: 'A=b'}", /env/],
  ])("%p is a usage error that names the file and the key", (text, named) => {
    const error = failure(() => parsed(text));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "usage", exitCode: 2 });
    expect(error.message).toContain(PATH);
    expect(error.message.replace(PATH, "")).toMatch(named);
  });

  test.each([
    ["{\n  a: 1,\n  b: @\n}", "unexpected character (line 3, column 6)"],
    ['{\n  a: "x"\n  b: 1\n}', "expected ',' (line 3, column 3)"],
    ["{\n  a: 'x\n', b: 1}", "unterminated string (line 2, column 6)"],
    ["{\n  a: sk-secret,\n  b: 1\n}", "unexpected token (line 2, column 6)"],
    ["{\n  a: [1, 2\n", "unterminated array (at the end)"],
    ["{\n  a: {\n", "unexpected end of input (at the end)"],
    ["{\n  a: 1 /* b\n}", "unterminated multi-line comment (at the end)"],
    ["{}\n\n}", "unexpected token after JSON5 value (line 3, column 1)"],
    [`{a: tru, b: ${"[".repeat(600)}`, "unexpected token (line 1)"],
  ])("%p: where it is no JSON5", (text, where) => {
    expect(failure(() => parsed(text)).message).toBe(`Config ${PATH} is not valid: it is not JSON5: ${where}`);
  });

  test("says all that is wrong at once", () => {
    const { message } = failure(() => parsed("{models: {providers: {x: {baseUrl: 1}, y: {baseUrl: 2}}}}"));
    expect(message).toContain("models.providers.x.baseUrl");
    expect(message).toContain("models.providers.y.baseUrl");
  });

  test("does not print a key that stands in a broken file", () => {
    const broken = [
      '{models: {providers: {x: {apiKey: "sk-secret" baseUrl: "http://x"}}}}',
      "{models: {providers: {x: {apiKey: sk-secret}}}}",
      '{models: {providers: {x: {apiKey: ["sk-secret"]}}}}',
      '{models: {providers: {x: {apiKey: {source: "sk-secret", id: "a"}}}}}',
    ];
    for (const text of broken) expect(failure(() => parsed(text)).message).not.toContain("sk-secret");
  });

  test("of one piece has no $include: half a config would be run on", () => {
    for (const text of ['{$include: "more.json"}', '{models: {providers: {x: {$include: ["a.json"]}}}}']) {
      const error = failure(() => parsed(text));
      expect(error.type).toBe("usage");
      expect(error.message).toContain("$include");
      expect(error.message).toContain(PATH);
    }
  });
});

describe("${ENV}", () => {
  const text = (value: string): string => JSON.stringify({ models: { providers: { x: { baseUrl: value } } } });
  const substituted = (value: string, env: Record<string, string>): string | undefined =>
    parsed(text(value), env).models?.providers?.x?.baseUrl;

  test.each([
    ["${HOST}", "h"],
    ["http://${HOST}:${PORT}/v1", "http://h:1/v1"],
    ["${HOST}${HOST}", "hh"],
    ["$${HOST}", "${HOST}"],
    ["$${HOST} ${HOST}", "${HOST} h"],
    ["$HOST", "$HOST"],
    ["${}", "${}"],
    ["${NOT-A-NAME}", "${NOT-A-NAME}"],
    ["${EMPTY}", ""],
  ])("%p becomes %p", (value, expected) => {
    expect(substituted(value, { HOST: "h", PORT: "1", EMPTY: "" })).toBe(expected);
  });

  test("is not looked for in what a variable holds", () => {
    expect(substituted("${A}", { A: "${B}", B: "b" })).toBe("${B}");
    expect(substituted("${A}", { A: "$& $1 $$" })).toBe("$& $1 $$");
  });

  test("without a value stays, and can be named by who needs it", () => {
    const value = " http://${MISSING}/v1 ";
    expect(substituted(value, {})).toBe(value);
    const loaded = parseConfig(text(value), PATH, {});
    expect(unsetVariable(loaded, value)).toBe("MISSING");
    expect(unsetVariable(loaded, value.trim())).toBe("MISSING");
    expect(unsetVariable(loaded, "http://x/v1")).toBeUndefined();
  });

  test.each([
    ["an escape", "p$${V2}", {}, "p${V2}"],
    ["a variable's value", "p${A}", { A: "${V2}" }, "p${V2}"],
    ["an empty value", "${EMPTY}", { EMPTY: "" }, ""],
  ])("waits for nothing in what %s has brought", (_, value, env, expected) => {
    const loaded = parseConfig(text(value), PATH, env);
    expect(loaded.config.models?.providers?.x?.baseUrl).toBe(expected);
    expect(unsetVariable(loaded, expected)).toBeUndefined();
  });

  test("waits beside an escape", () => {
    const loaded = parseConfig(text("$${A} ${B}"), PATH, { A: "a" });
    expect(unsetVariable(loaded, "${A} ${B}")).toBe("B");
  });

  test("is no way to an object's own members", () => {
    expect(substituted("${constructor}", {})).toBe("${constructor}");
  });

  test("works in every string, lists included", () => {
    const config = parsed('{agents: {defaults: {model: {fallbacks: ["${REF}"]}}}}', { REF: "a/b" });
    expect(config.agents?.defaults?.model).toEqual({ fallbacks: ["a/b"] });
  });
});

describe("the env block", () => {
  const envOf = (text: string, env: Record<string, string> = {}): LoadedConfig["env"] =>
    parseConfig(text, PATH, env).env;

  test("is beneath the real environment, in both of its forms", () => {
    const env = envOf('{env: {A: "block", B: "block", vars: {C: "block", D: "block"}}}', { B: "real", D: "real" });
    expect(env).toEqual({ A: "block", B: "real", C: "block", D: "real" });
  });

  test("feeds ${ENV} in the rest of the file", () => {
    const config = parsed('{env: {KEY: "k"}, models: {providers: {x: {apiKey: "${KEY}"}}}}');
    expect(config.models?.providers?.x?.apiKey).toBe("k");
  });

  test("may itself use ${ENV}", () => {
    expect(envOf('{env: {OPENAI_API_KEY: "${WORK_KEY}"}}', { WORK_KEY: "k" })).toMatchObject({ OPENAI_API_KEY: "k" });
  });

  test("leaves out what is no string, and what says nothing", () => {
    expect(envOf("{env: {A: 5, shellEnv: {enabled: true}, B: null, C: ' ', vars: {D: ''}}}")).toEqual({});
    expect(envOf("{env: {shellEnv: 'x', vars: 'x'}}")).toEqual({});
  });

  test("of its two forms, the short one wins, as in OpenClaw", () => {
    expect(envOf('{env: {A: "short", vars: {A: "long", B: "long"}}}')).toEqual({ A: "short", B: "long" });
    expect(envOf('{env: {A: " ", vars: {A: "long"}}}')).toEqual({ A: "long" });
  });

  test.each(["", " "])("is not hidden by %p in the real environment", (blank) => {
    const real = { KEY: blank, OTHER: blank };
    expect(envOf('{env: {KEY: "block"}}', real)).toEqual({ KEY: "block", OTHER: blank });
    expect(
      parsed('{env: {KEY: "k"}, models: {providers: {x: {apiKey: "${KEY}"}}}}', real).models?.providers?.x?.apiKey,
    ).toBe("k");
  });

  test("has no variable that waits for another, but one that an escape spells", () => {
    expect(envOf('{env: {A: "${GONE}", B: "x${GONE}", C: "$${GONE}"}}')).toEqual({ C: "${GONE}" });
  });
});
