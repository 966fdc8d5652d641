import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type LoadedConfig, noConfig, parseConfig } from "../../../src/config/file.ts";
import type { Persona } from "../../../src/config/tts.ts";
import { activePersona, changeTtsPrefs, readTtsPrefs, type TtsPrefs } from "../../../src/config/tts-prefs.ts";
import { InferError } from "../../../src/core/error.ts";
import { type FakeContext, fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
let env: Record<string, string>;
/** infer's own file, and OpenClaw's. */
let own: string;
let openclaw: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  env = { HOME: folder.path };
  own = folder.file(".local/state/infer/settings/tts.json");
  openclaw = folder.file(".openclaw/settings/tts.json");
});
afterEach(() => folder[Symbol.dispose]());

const world = (): FakeContext => fakeContext({ env, cwd: folder.path });
const mode = (path: string): number => statSync(path).mode & 0o777;
const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const change = (what: Parameters<typeof changeTtsPrefs>[1]): Promise<void> => changeTtsPrefs(world(), what);

function put(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

function read(prefsPath?: string, loaded: LoadedConfig = noConfig(env)): Promise<TtsPrefs> {
  return readTtsPrefs(world(), loaded, prefsPath);
}

describe("reading", () => {
  test("without any file there are none", async () => expect(await read()).toEqual({ place: {} }));

  test("without a home there are none", async () => {
    env = {};
    expect(await read()).toEqual({ place: {} });
  });

  test("one's own win over OpenClaw's, member by member", async () => {
    put(openclaw, { tts: { auto: "inbound", provider: "elevenlabs", persona: "zoe", maxLength: 5 } });
    expect(await read()).toEqual({
      auto: "inbound",
      provider: "elevenlabs",
      persona: "zoe",
      place: { provider: openclaw, persona: openclaw },
    });
    put(own, { tts: { provider: " openai " } });
    expect(await read()).toEqual({
      auto: "inbound",
      provider: "openai",
      persona: "zoe",
      place: { provider: own, persona: openclaw },
    });
    put(own, { tts: { auto: "off", persona: null } });
    expect(await read()).toEqual({
      auto: "off",
      provider: "elevenlabs",
      persona: null,
      place: { provider: openclaw, persona: own },
    });
  });

  test.each<[object, object]>([
    [{ enabled: true }, { auto: "always" }],
    [{ enabled: false }, { auto: "off" }],
    [{ auto: "TAGGED ", enabled: false }, { auto: "tagged" }],
    [{ auto: "sometimes" }, {}],
    [{ auto: "sometimes", enabled: true }, { auto: "always" }],
    [{ provider: " " }, {}],
    [{ persona: " Alfred " }, { persona: "alfred" }],
    [{ persona: " " }, { persona: null }],
    [{ persona: null }, { persona: null }],
  ])("%j means %j, in either file", async (tts, expected) => {
    for (const file of [own, openclaw]) {
      put(own, "");
      put(openclaw, "{}");
      put(file, { tts });
      const { place: _, ...prefs } = await read();
      expect(prefs as object).toEqual(expected);
    }
  });

  test.each(["", " \n", "{}", '{"other":1}', '{"tts":{}}', '\uFEFF{"tts":{}}'])("%j holds none", async (content) => {
    put(own, content);
    expect(await read()).toEqual({ place: {} });
  });

  const damaged = ["{", "[]", "null", '"x"', '{"tts":[]}', '{"tts":{"provider":5}}', '{"tts":{"persona":{}}}'];

  test.each(damaged)("OpenClaw's, damaged as %s, counts as absent", async (content) => {
    put(openclaw, content);
    put(own, { tts: { provider: "xai" } });
    expect(await read()).toEqual({ provider: "xai", place: { provider: own } });
  });

  test("OpenClaw's that is a folder counts as absent", async () => {
    mkdirSync(openclaw, { recursive: true });
    expect(await read()).toEqual({ place: {} });
  });

  test.each(damaged)("one's own, damaged as %s, is an error with its path", async (content) => {
    put(own, content);
    const error = await rejection(read());
    expect([error.type, error.message]).toEqual(["io", expect.stringContaining(own)]);
    expect(error.details.hint).toContain("Mend it");
  });

  test("what is wrong in one's own is said", async () => {
    put(own, { tts: { provider: 5 } });
    expect((await rejection(read())).message).toEndWith("tts.provider: expected a string, received a number");
    put(own, "{");
    expect((await rejection(read())).message).toEndWith("it is not JSON");
  });
});

describe("OpenClaw's file", () => {
  const prefs = (provider: string) => ({ tts: { provider } });
  const provider = async (...args: Parameters<typeof read>) => (await read(...args)).provider;

  test("is the config's, else the variable's, else the one of its state folder", async () => {
    put(openclaw, prefs("home"));
    expect(await provider()).toBe("home");
    env.OPENCLAW_STATE_DIR = folder.file("state");
    put(folder.file("state/settings/tts.json"), prefs("state"));
    expect(await provider()).toBe("state");
    env.OPENCLAW_TTS_PREFS = " ";
    expect(await provider()).toBe("state");
    env.OPENCLAW_TTS_PREFS = "~/named.json";
    put(folder.file("named.json"), prefs("variable"));
    expect(await provider()).toBe("variable");
    put(folder.file("configured.json"), prefs("config"));
    expect(await provider("~/configured.json")).toBe("config");
    expect(await provider(folder.file("configured.json"))).toBe("config");
    // The user has said where it is: no other one counts.
    expect(await provider("~/missing.json")).toBeUndefined();
  });

  test("starts at the config's folder when the config has a relative path", async () => {
    put(folder.file("etc/prefs.json"), prefs("beside"));
    put(folder.file("prefs.json"), prefs("working folder"));
    const loaded = parseConfig("{}", folder.file("etc/openclaw.json"), env);
    expect(await provider("prefs.json", loaded)).toBe("beside");
  });

  test("may be named in the config's own variables", async () => {
    put(folder.file("named.json"), prefs("variable"));
    const loaded = parseConfig('{env: {OPENCLAW_TTS_PREFS: "~/named.json"}}', folder.file("openclaw.json"), env);
    expect(await provider(undefined, loaded)).toBe("variable");
  });

  test("is never written", async () => {
    put(openclaw, prefs("theirs"));
    await change({ provider: "mine", persona: null, auto: "off" });
    expect(json(openclaw)).toEqual({ tts: { provider: "theirs" } });
    expect(readdirSync(dirname(openclaw))).toEqual(["tts.json"]);
    expect(await read()).toEqual({
      auto: "off",
      provider: "mine",
      persona: null,
      place: { provider: own, persona: own },
    });
  });
});

describe("changing", () => {
  test("makes OpenClaw's shape, for its owner alone, and leaves nothing beside it", async () => {
    await change({ auto: "always" });
    await change({ provider: "openai" });
    await change({ persona: " Alfred " });
    expect(json(own)).toEqual({ tts: { auto: "always", provider: "openai", persona: "alfred" } });
    await change({ persona: null, auto: "off" });
    expect(json(own)).toEqual({ tts: { auto: "off", provider: "openai", persona: null } });
    expect(readdirSync(dirname(own))).toEqual(["tts.json"]);
    expect(readFileSync(own, "utf8")).toEndWith("}\n");
    if (process.platform === "win32") return;
    expect([mode(own), mode(dirname(own)), mode(dirname(dirname(own)))]).toEqual([0o600, 0o700, 0o700]);
  });

  test("keeps what else is there", async () => {
    put(own, { note: [1], tts: { maxLength: 5, summarize: false, provider: "xai" } });
    await change({ persona: "zoe" });
    expect(json(own)).toEqual({ note: [1], tts: { maxLength: 5, summarize: false, provider: "xai", persona: "zoe" } });
  });

  test("drops the old form of auto, only beside the new one", async () => {
    put(own, { tts: { enabled: true } });
    await change({ provider: "xai" });
    expect(json(own)).toEqual({ tts: { enabled: true, provider: "xai" } });
    await change({ auto: "off" });
    expect(json(own)).toEqual({ tts: { auto: "off", provider: "xai" } });
  });

  test("goes to XDG_STATE_HOME, and to INFER_TTS_PREFS before it", async () => {
    env.XDG_STATE_HOME = folder.file("xdg");
    await change({ provider: "one" });
    expect(json(folder.file("xdg/infer/settings/tts.json"))).toEqual({ tts: { provider: "one" } });
    env.INFER_TTS_PREFS = "~/deep/down/mine.json";
    await change({ provider: "two" });
    expect(json(folder.file("deep/down/mine.json"))).toEqual({ tts: { provider: "two" } });
    expect(json(folder.file("xdg/infer/settings/tts.json"))).toEqual({ tts: { provider: "one" } });
    expect((await read()).provider).toBe("two");
  });

  test("a relative path starts at the working folder", async () => {
    env = { INFER_TTS_PREFS: "mine.json" };
    await change({ auto: "off" });
    expect(json(folder.file("mine.json"))).toEqual({ tts: { auto: "off" } });
  });

  test.skipIf(process.platform === "win32")("leaves the rights of a folder that the user names", async () => {
    mkdirSync(folder.file("open"));
    chmodSync(folder.file("open"), 0o755);
    env.INFER_TTS_PREFS = folder.file("open/mine.json");
    put(folder.file("open/mine.json"), "");
    chmodSync(folder.file("open/mine.json"), 0o644);
    await change({ auto: "off" });
    expect([mode(folder.file("open")), mode(folder.file("open/mine.json"))]).toEqual([0o755, 0o600]);
  });

  test("without a home says what to set", async () => {
    env = { USERPROFILE: "" };
    const error = await rejection(change({ auto: "off" }));
    expect(error.type).toBe("usage");
    expect(error.details.hint).toContain("HOME or XDG_STATE_HOME");
  });

  test.each(["{", "[]", '{"tts":5}', '{"tts":{"auto":5}}'])("never touches a damaged one: %s", async (content) => {
    put(own, content);
    const error = await rejection(change({ auto: "off" }));
    expect([error.type, error.message]).toEqual(["io", expect.stringContaining(own)]);
    expect(readFileSync(own, "utf8")).toBe(content);
    expect(readdirSync(dirname(own))).toEqual(["tts.json"]);
  });

  test("where no folder can be made is an io error with the path", async () => {
    put(folder.file("file"), "");
    env.XDG_STATE_HOME = folder.file("file");
    const error = await rejection(change({ auto: "off" }));
    expect([error.type, error.message]).toEqual(["io", expect.stringContaining("file/infer/settings/tts.json")]);
  });
});

describe.skipIf(process.platform === "win32")("a folder that somebody else has arranged", () => {
  test("read-only, it stays so, and the file as it was", async () => {
    put(own, { tts: { provider: "xai" } });
    chmodSync(dirname(own), 0o500);
    // Root writes there all the same.
    const thrown: unknown = await change({ provider: "openai" }).catch((error: unknown) => error);
    expect(mode(dirname(own))).toBe(0o500);
    chmodSync(dirname(own), 0o700);
    expect(readdirSync(dirname(own))).toEqual(["tts.json"]);
    if (process.getuid?.() === 0) return;
    expect(thrown).toBeInstanceOf(InferError);
    expect(thrown).toMatchObject({ type: "io" });
    expect(json(own)).toEqual({ tts: { provider: "xai" } });
  });

  test("a link stays, and what it points to is written", async () => {
    put(folder.file("dotfiles/tts.json"), { note: 1 });
    mkdirSync(dirname(own), { recursive: true });
    symlinkSync(folder.file("dotfiles/tts.json"), own);
    await change({ auto: "always" });
    expect(lstatSync(own).isSymbolicLink()).toBe(true);
    expect(json(folder.file("dotfiles/tts.json"))).toEqual({ note: 1, tts: { auto: "always" } });
    expect(readdirSync(folder.file("dotfiles"))).toEqual(["tts.json"]);
    expect(mode(folder.file("dotfiles/tts.json"))).toBe(0o600);
  });

  test("a link to what is not there yet stays, and what it points to is made", async () => {
    mkdirSync(dirname(own), { recursive: true });
    mkdirSync(folder.file("dotfiles"));
    symlinkSync(folder.file("dotfiles/tts.json"), own);
    await change({ auto: "always" });
    expect(lstatSync(own).isSymbolicLink()).toBe(true);
    expect(json(folder.file("dotfiles/tts.json"))).toEqual({ tts: { auto: "always" } });
  });

  test("a link that leads nowhere is an io error, and leaves nothing behind", async () => {
    mkdirSync(dirname(own), { recursive: true });
    symlinkSync(folder.file("missing/tts.json"), own);
    const error = await rejection(change({ auto: "always" }));
    expect([error.type, error.message]).toEqual(["io", expect.stringContaining(own)]);
    expect(error.message).not.toContain(".part");
    expect(readdirSync(dirname(own))).toEqual(["tts.json"]);
  });

  test("a link that leads to itself is an io error", async () => {
    mkdirSync(dirname(own), { recursive: true });
    symlinkSync("tts.json", own);
    expect([(await rejection(change({ auto: "off" }))).type, (await rejection(read())).type]).toEqual(["io", "io"]);
  });
});

/** Makes these changes one after the other in another process; `limit` is a line of the shell before it. */
function changing(changes: readonly object[], limit = ":") {
  const source = JSON.stringify(join(import.meta.dir, "../../../src/config/tts-prefs.ts"));
  const program = `
    const { changeTtsPrefs } = await import(${source});
    const context = {
      env: process.env, cwd: process.cwd(), now: Date.now, random: Math.random, sleep: Bun.sleep,
      signal: new AbortController().signal, endsAt: Infinity,
    };
    for (const change of ${JSON.stringify(changes)}) await changeTtsPrefs(context, change);
  `;
  return Bun.spawn(["sh", "-c", `${limit}; exec "$0" -e "$1"`, process.execPath, program], {
    env: { ...env, BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0" },
    stdout: "ignore",
    stderr: "pipe",
  });
}

test.skipIf(process.platform === "win32")(
  "a disk that takes only half of it leaves the old file, and nothing beside it",
  async () => {
    const before = JSON.stringify({ note: "x".repeat(5000), tts: { provider: "xai" } });
    put(own, before);
    // No file may grow beyond a block: a write fails as it does on a full disk, but for the small file of the lock.
    const child = changing([{ provider: "openai" }], 'trap "" XFSZ; ulimit -f 1');
    expect(await new Response(child.stderr).text()).toContain(`${own} cannot be written: `);
    expect(await child.exited).not.toBe(0);
    expect(readFileSync(own, "utf8")).toBe(before);
    expect(readdirSync(dirname(own))).toEqual(["tts.json"]);
  },
);

test.skipIf(process.platform === "win32")(
  "50 processes that change it at once lose nothing",
  async () => {
    // Two of them have one thing to say, once; all others might write over it what they read before.
    const said: Record<number, object[]> = { 20: [{ provider: "xai" }], 30: [{ persona: "zoe" }] };
    const others = [{ auto: "off" }, { auto: "always" }, { auto: "off" }];
    put(own, { note: "kept" });
    const children = Array.from({ length: 50 }, (_, at) => changing(said[at] ?? others));
    const ends = await Promise.all(
      children.map(async (child) => [await child.exited, await new Response(child.stderr).text()]),
    );
    expect(ends.filter(([code]) => code !== 0)).toEqual([]);
    expect(json(own)).toEqual({ note: "kept", tts: { auto: "off", provider: "xai", persona: "zoe" } });
    expect(readdirSync(dirname(own))).toEqual(["tts.json"]);
  },
  120_000,
);

describe("the active persona", () => {
  const persona = (id: string): Persona => ({ id, fallbackPolicy: "preserve-persona", providers: {} });
  const personas = [persona("alfred"), persona("zoe")];

  test.each<[string, string | undefined, Pick<TtsPrefs, "persona">, string | undefined]>([
    ["the config's", "zoe", {}, "zoe"],
    ["the user's before the config's", "zoe", { persona: "alfred" }, "alfred"],
    ["the user's where the config has none", undefined, { persona: "alfred" }, "alfred"],
    ["nobody when the user wants nobody", "zoe", { persona: null }, undefined],
    ["nobody when the user wants one who is not there", "zoe", { persona: "ben" }, undefined],
    ["nobody when the config names one who is not there", "ben", {}, undefined],
    ["nobody when nobody is named", undefined, {}, undefined],
  ])("is %s", (_, configured, prefs, id) => {
    const settings = { personas, ...(configured !== undefined && { persona: configured }) };
    expect(activePersona(settings, prefs)?.id).toBe(id);
  });
});
