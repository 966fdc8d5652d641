import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Keychain, keychainOf } from "../../../src/config/keychain.ts";
import { withLock } from "../../../src/config/lock.ts";
import type { SavedCredential } from "../../../src/config/saved.ts";
import { readStore, removeProfiles, saveProfile, storePath } from "../../../src/config/store.ts";
import { InferError } from "../../../src/core/error.ts";
import { type FakeContext, fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
let context: FakeContext;
let file: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  context = fakeContext({ env: { XDG_STATE_HOME: folder.file("state"), INFER_KEYCHAIN: "off" } });
  file = folder.file("state/infer/auth.json");
});
afterEach(() => folder[Symbol.dispose]());

const profile = (provider: string, key: string) => ({
  id: `${provider}:default`,
  type: "api_key" as const,
  provider,
  key,
});
const stored = () => JSON.parse(readFileSync(file, "utf8"));
const mode = (path: string): number => statSync(path).mode & 0o777;

/** A keychain that the test can look into. */
class FakeKeychain implements Keychain {
  readonly entries = new Map<string, string>();
  readonly asked: string[] = [];
  async get(name: string): Promise<string | null> {
    this.asked.push(name);
    return this.entries.get(name) ?? null;
  }
  async set(name: string, value: string): Promise<void> {
    this.entries.set(name, value);
  }
  async delete(name: string): Promise<void> {
    this.entries.delete(name);
  }
}

/** What is in the store, with its secrets. */
async function credentials(keychain: Keychain | null): Promise<SavedCredential[]> {
  const profiles = await readStore(context, keychain);
  return (await Promise.all(profiles.map((profile) => profile.read()))).filter((one) => one !== undefined);
}

function headless(code = "ERR_SECRETS_PLATFORM_ERROR"): Keychain {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error("sk-secret: Cannot autolaunch D-Bus"), { code });
  };
  return { get: refuse, set: refuse, delete: refuse };
}

describe("the file", () => {
  test("is OpenClaw's shape, for its owner alone, and nothing is left beside it", async () => {
    expect(await saveProfile(context, profile("openai", "sk-1"))).toBe(file);
    await saveProfile(context, { ...profile("openai", "sk-2") });
    await saveProfile(context, profile("groq", "gsk"));
    expect(stored()).toEqual({
      version: 1,
      profiles: {
        "openai:default": { type: "api_key", provider: "openai", key: "sk-2" },
        "groq:default": { type: "api_key", provider: "groq", key: "gsk" },
      },
    });
    expect(readdirSync(join(file, ".."))).toEqual(["auth.json"]);
    if (process.platform === "win32") return;
    expect(mode(file)).toBe(0o600);
    expect(mode(join(file, ".."))).toBe(0o700);
  });

  test.skipIf(process.platform === "win32")("a folder and a file that were open to others are closed", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, '{"version":1,"profiles":{}}');
    chmodSync(join(file, ".."), 0o755);
    chmodSync(file, 0o644);
    await saveProfile(context, profile("openai", "sk-1"));
    expect([mode(join(file, "..")), mode(file)]).toEqual([0o700, 0o600]);
  });

  test("a login with all its parts is read as it was saved", async () => {
    const login = { provider: "p", access: "a", refresh: "r", expires: 5, accountId: "me", renews: "codex" as const };
    await saveProfile(context, { id: "p:x", type: "oauth", ...login });
    const { access: secret, ...rest } = login;
    const [profile] = await readStore(context);
    const { refresh, renews, ...facts } = { id: "p:x", kind: "oauth" as const, ...rest, source: `p:x in ${file}` };
    const place = { place: "infer" as const, file, own: true };
    expect(profile).toEqual({ ...facts, ...place, renews, read: expect.any(Function) });
    expect(await profile?.read()).toEqual({ ...facts, ...place, secret, refresh });
  });

  test("what infer does not know in it stays", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(
      file,
      JSON.stringify({ version: 1, note: 1, profiles: { "x:y": { type: "new", provider: "x", a: [1] } } }),
    );
    await saveProfile(context, profile("openai", "sk-1"));
    expect(stored()).toMatchObject({ note: 1, profiles: { "x:y": { type: "new", provider: "x", a: [1] } } });
  });

  test("a link stays, and what it points to is written", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    const target = folder.file("dotfiles.json");
    writeFileSync(target, '{"profiles":{}}');
    symlinkSync(target, file);
    await saveProfile(context, profile("openai", "sk-1"));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toContain("sk-1");
  });

  test.each(["{", "[]", '{"profiles":[]}', "sk-secret"])("a broken one (%s) is left as it is", async (text) => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    const error = await rejection(saveProfile(context, profile("openai", "sk-1")));
    expect([error.type, error.message]).toEqual(["io", `${file} is not a store of infer's, and is left as it is.`]);
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(readdirSync(join(file, ".."))).toEqual(["auth.json"]);
  });

  test("one of a newer infer is left as it is", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, '{"version":2,"profiles":{}}');
    expect((await rejection(saveProfile(context, profile("openai", "sk-1")))).message).toContain("newer infer");
  });

  test("without a home there is nowhere to save", async () => {
    const homeless = fakeContext({ env: { INFER_KEYCHAIN: "off" } });
    expect(storePath(homeless)).toBeUndefined();
    expect((await rejection(saveProfile(homeless, profile("openai", "sk-1")))).type).toBe("usage");
    expect(await removeProfiles(homeless, ["openai"])).toEqual([]);
  });

  test("a folder that cannot be made is said without a word of the key", async () => {
    writeFileSync(folder.file("state"), "");
    const error = await rejection(saveProfile(context, profile("openai", "sk-secret")));
    expect(error.type).toBe("io");
    expect(error.message).not.toContain("secret");
  });
});

describe("removing", () => {
  test("takes a provider's profiles and no other's", async () => {
    await saveProfile(context, profile("openai", "sk-1"));
    await saveProfile(context, { ...profile("openai", "sk-2"), id: "openai:work" });
    await saveProfile(context, profile("groq", "gsk"));
    expect(await removeProfiles(context, ["openai"])).toEqual(["openai:default", "openai:work"]);
    expect(await removeProfiles(context, ["openai"])).toEqual([]);
    expect(Object.keys(stored().profiles)).toEqual(["groq:default"]);
  });

  test("makes no file where there was none", async () => {
    expect(await removeProfiles(context, ["openai"])).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("the keychain", () => {
  test("takes the secret where there is one, and the file keeps a mark", async () => {
    const keychain = new FakeKeychain();
    expect(await saveProfile(context, profile("openai", "sk-1"), keychain)).toBe("keychain");
    expect(stored().profiles).toEqual({ "openai:default": { type: "api_key", provider: "openai", keychain: true } });
    const [saved] = await credentials(keychain);
    expect([saved?.secret, saved?.source, saved?.keychain]).toEqual(["sk-1", "openai:default in the keychain", true]);
  });

  test("keeps a login's tokens, and its end and account stay in the file", async () => {
    const keychain = new FakeKeychain();
    const login = {
      id: "p:x",
      type: "oauth",
      provider: "p",
      access: "a",
      refresh: "r",
      expires: 5,
      accountId: "me",
    } as const;
    await saveProfile(context, login, keychain);
    expect(stored().profiles["p:x"]).toEqual({
      type: "oauth",
      provider: "p",
      expires: 5,
      accountId: "me",
      keychain: true,
    });
    expect((await credentials(keychain))[0]).toMatchObject({ secret: "a", refresh: "r", expires: 5 });
  });

  test("is not asked for what it does not have", async () => {
    await saveProfile(context, profile("openai", "sk-1"));
    expect((await credentials(headless()))[0]?.secret).toBe("sk-1");
    expect(context.report.warnings).toEqual([]);
  });

  test("is asked when the secret is wanted, once, and for no other profile's", async () => {
    const keychain = new FakeKeychain();
    await saveProfile(context, profile("openai", "sk-1"), keychain);
    await saveProfile(context, profile("groq", "gsk"), keychain);
    keychain.asked.length = 0;
    const profiles = await readStore(context, keychain);
    expect(profiles.map(({ id, keychain: isKept }) => [id, isKept])).toEqual([
      ["openai:default", true],
      ["groq:default", true],
    ]);
    expect(keychain.asked).toEqual([]);
    for (let at = 0; at < 3; at++) expect((await profiles[0]?.read())?.secret).toBe("sk-1");
    expect(keychain.asked).toEqual([`openai:default (${file})`]);
  });

  test("forgets what is removed, of this store alone", async () => {
    const keychain = new FakeKeychain();
    await saveProfile(context, profile("openai", "sk-1"), keychain);
    keychain.entries.set("openai:default (/somewhere/else)", "x");
    expect(await removeProfiles(context, ["openai"], keychain)).toEqual(["openai:default"]);
    expect([...keychain.entries.keys()]).toEqual(["openai:default (/somewhere/else)"]);
  });

  test("one that is not there leaves it to the file, and is not worth a word", async () => {
    expect(await saveProfile(context, profile("openai", "sk-1"), headless())).toBe(file);
    expect(stored().profiles["openai:default"].key).toBe("sk-1");
    expect(context.report.warnings).toEqual([]);
  });

  test("one that refuses, or keeps nothing, leaves it to the file and is told", async () => {
    expect(await saveProfile(context, profile("openai", "sk-1"), headless("ERR_SECRETS_ACCESS_DENIED"))).toBe(file);
    const forgetful = new FakeKeychain();
    forgetful.set = async () => {};
    expect(await saveProfile(context, profile("groq", "gsk"), forgetful)).toBe(file);
    expect(context.report.warnings).toEqual([
      "The keychain refused the key: it is in a file that only you can read.",
      "The keychain did not keep the key: it is in a file that only you can read.",
    ]);
  });

  test("one that has lost the key, or is off, is a warning, and the profile is none", async () => {
    const keychain = new FakeKeychain();
    await saveProfile(context, profile("openai", "sk-1"), keychain);
    expect(await credentials(new FakeKeychain())).toEqual([]);
    expect(await credentials(headless())).toEqual([]);
    expect(await credentials(null)).toEqual([]);
    expect(context.report.warnings).toEqual([
      `The keychain does not give openai:default (${file}): log in again, or out.`,
      `INFER_KEYCHAIN=off hides openai:default (${file}): log in again, or out.`,
    ]);
    await removeProfiles(context, ["openai"], null);
    expect(context.report.warnings[2]).toStartWith("The keychain could not be told to forget openai:default");
  });

  test("INFER_KEYCHAIN=off means none", () => {
    expect(keychainOf({ env: { INFER_KEYCHAIN: "OFF" } })).toBeNull();
    expect(keychainOf({ env: {} })).not.toBeNull();
  });
});

describe("the lock", () => {
  const terms = (patience = 300, staleMs = 5_000) => ({
    staleMs,
    endsAt: Date.now() + patience,
    signal: new AbortController().signal,
  });
  const lock = (): string => folder.file("x.lock");
  const held = (pid: number, host = hostname()): void =>
    writeFileSync(lock(), JSON.stringify({ pid, host, token: "theirs" }));
  const gone = async (): Promise<number> => {
    const child = Bun.spawn([process.execPath, "--version"], { stdout: "ignore" });
    await child.exited;
    return child.pid;
  };

  test("one at a time, and it is gone afterwards, also after a failure", async () => {
    let inside = 0;
    const work = async (): Promise<number> => {
      expect(++inside).toBe(1);
      await Bun.sleep(5);
      return inside--;
    };
    await Promise.all(Array.from({ length: 10 }, () => withLock(context, lock(), terms(5_000), work)));
    await expect(withLock(context, lock(), terms(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("of a process that is gone is taken over", async () => {
    held(await gone());
    expect(await withLock(context, lock(), terms(), async () => "mine")).toBe("mine");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("of another machine's process is not, until it is too old", async () => {
    held(await gone(), "elsewhere");
    const error = await rejection(withLock(context, lock(), terms(60), async () => 1));
    expect([error.type, error.message]).toEqual([
      "io",
      expect.stringMatching(/ is held by process \d+ on elsewhere\.$/),
    ]);
    utimesSync(lock(), new Date(), new Date(Date.now() - 10_000));
    expect(await withLock(context, lock(), terms(), async () => "mine")).toBe("mine");
  });

  test("of a process that lives is not, until it is too old; one that was never finished, too", async () => {
    for (const write of [() => held(process.pid), () => writeFileSync(lock(), "")]) {
      write();
      expect((await rejection(withLock(context, lock(), terms(60), async () => 1))).type).toBe("io");
      utimesSync(lock(), new Date(), new Date(Date.now() - 10_000));
      expect(await withLock(context, lock(), terms(), async () => "mine")).toBe("mine");
    }
  });

  test("of many that find it stale, one at a time gets in", async () => {
    held(await gone());
    let inside = 0;
    const most = await Promise.all(
      Array.from({ length: 20 }, () =>
        withLock(context, lock(), terms(10_000), async () => {
          const now = ++inside;
          await Bun.sleep(2);
          inside--;
          return now;
        }),
      ),
    );
    expect(new Set(most)).toEqual(new Set([1]));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("that was taken over says so before anything is written, and is not removed", async () => {
    const error = await rejection(
      withLock(context, lock(), terms(), async ({ confirm }) => {
        held(process.pid);
        await confirm();
      }),
    );
    expect(error.message).toContain("was taken over");
    expect(readdirSync(folder.path)).toEqual(["x.lock"]);
  });

  test("is kept fresh while it is held: work that takes longer is not taken for dead", async () => {
    let inside = 0;
    const work = async (): Promise<number> => {
      const now = ++inside;
      await Bun.sleep(300);
      inside--;
      return now;
    };
    const both = await Promise.all([1, 2].map(() => withLock(context, lock(), terms(5_000, 100), work)));
    expect(both).toEqual([1, 1]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("that was taken over is not kept fresh for the other", async () => {
    const error = await rejection(
      withLock(context, lock(), terms(300, 100), async ({ confirm }) => {
        held(process.pid);
        utimesSync(lock(), new Date(0), new Date(0));
        await Bun.sleep(120);
        expect(statSync(lock()).mtimeMs).toBe(0);
        await confirm();
      }),
    );
    expect(error.message).toContain("was taken over");
  });

  test("that cannot be written is io in plain words, and can be done without", async () => {
    const path = join(lock(), "below-a-file", "x.lock");
    writeFileSync(lock(), "");
    const error = await rejection(withLock(context, path, terms(), async () => 1));
    expect([error.type, error.message]).toEqual(["io", `${path} cannot be written: ENOTDIR: not a directory`]);
    expect(
      await withLock(context, path, { ...terms(), optional: true }, ({ confirm }) => confirm().then(() => 1)),
    ).toBe(1);
  });

  test("that is held is waited for, also where it could be done without", async () => {
    held(process.pid);
    const error = await rejection(withLock(context, lock(), { ...terms(60), optional: true }, async () => 1));
    expect(error.message).toContain("is held by");
  });

  test("waiting ends with the signal", async () => {
    held(process.pid);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new InferError("interrupted", "Ctrl-C")), 30);
    const waiting = withLock(
      { ...context, sleep: (ms, signal) => Bun.sleep(ms).then(() => signal.throwIfAborted()) },
      lock(),
      { ...terms(60_000), signal: controller.signal },
      async () => 1,
    );
    expect((await rejection(waiting)).type).toBe("interrupted");
  });
});

test("50 processes that log in at once lose nothing", async () => {
  const names = Array.from({ length: 50 }, (_, at) => `vendor${at}`);
  const config = folder.file("config.json");
  const providers = names.map((name) => [name, { baseUrl: "https://example.com/v1" }]);
  writeFileSync(config, JSON.stringify({ models: { providers: Object.fromEntries(providers) } }));
  const main = join(import.meta.dir, "../../../src/main.ts");
  const children = names.map((name) => {
    const flags = ["--provider", name, "--api-key", "-", "--config", config, "--json"];
    return Bun.spawn([process.execPath, main, "model", "auth", "login", ...flags], {
      env: { XDG_STATE_HOME: folder.file("state"), HOME: folder.path, INFER_KEYCHAIN: "off" },
      stdin: new TextEncoder().encode(`key-of-${name}\n`),
      stdout: "ignore",
      stderr: "pipe",
    });
  });
  const ends = await Promise.all(
    children.map(async (child) => [await child.exited, await new Response(child.stderr).text()]),
  );
  expect(ends.filter(([code]) => code !== 0)).toEqual([]);
  const expected = names.map((name) => [`${name}:default`, { type: "api_key", provider: name, key: `key-of-${name}` }]);
  expect(stored().profiles).toEqual(Object.fromEntries(expected));
  expect(readdirSync(join(file, ".."))).toEqual(["auth.json"]);
}, 120_000);

describe.skipIf(process.platform === "win32")("a lock that nobody has written to", () => {
  const old = (path: string): void => utimesSync(path, new Date(), new Date(Date.now() - 2_000));

  test.each(["auth.json.lock", "auth.json.lock.removal"])("%s, left by a kill, holds nobody up", async (name) => {
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
    // The guard only matters beside a lock that is stale.
    for (const path of new Set([name, "auth.json.lock"])) {
      writeFileSync(join(file, "..", path), "");
      old(join(file, "..", path));
    }
    const started = performance.now();
    await saveProfile(context, profile("openai", "sk-1"));
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(readdirSync(join(file, ".."))).toEqual(["auth.json"]);
  });

  test("is not left by a disk that takes nothing", async () => {
    const lock = folder.file("full.lock");
    const program = `
      const { withLock } = await import(${JSON.stringify(join(import.meta.dir, "../../../src/config/lock.ts"))});
      const terms = { staleMs: 1000, endsAt: Date.now() + 500, signal: new AbortController().signal };
      const world = { now: Date.now, random: Math.random, sleep: Bun.sleep };
      const thrown = await withLock(world, ${JSON.stringify(lock)}, terms, async () => "in").catch((error) => error);
      console.log(thrown.type);
    `;
    // No file may grow: a write fails as it does on a full disk, and making a file does not.
    const child = Bun.spawn(["sh", "-c", `trap "" XFSZ; ulimit -f 0; exec "$0" -e "$1"`, process.execPath, program], {
      stdout: "pipe",
      env: { ...process.env, BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0" },
    });
    expect((await new Response(child.stdout).text()).trim()).toBe("io");
    expect(readdirSync(folder.path)).not.toContain("full.lock");
  });
});

describe.skipIf(process.platform === "win32")("a store that somebody else has arranged", () => {
  test("a link to what is not there yet stays, and what it points to is made", async () => {
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
    mkdirSync(folder.file("elsewhere"));
    symlinkSync(folder.file("second"), file);
    symlinkSync("elsewhere/auth.json", folder.file("second"));
    await saveProfile(context, profile("openai", "sk-1"));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(lstatSync(folder.file("second")).isSymbolicLink()).toBe(true);
    expect(Object.keys(stored().profiles)).toEqual(["openai:default"]);
    expect(mode(folder.file("elsewhere/auth.json"))).toBe(0o600);
  });

  test("rights are taken from its folder, and never given", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    chmodSync(join(file, ".."), 0o555);
    // Root writes there all the same.
    const error = await saveProfile(context, profile("openai", "sk-1")).catch((thrown: InferError) => thrown);
    expect(mode(join(file, ".."))).toBe(0o500);
    if (process.getuid?.() !== 0) expect(error).toMatchObject({ type: "io" });
    chmodSync(join(file, ".."), 0o700);
  });

  test("why it cannot be read is said", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    symlinkSync("auth.json", file);
    const error = await rejection(saveProfile(context, profile("openai", "sk-1")));
    expect([error.type, error.message]).toEqual(["io", expect.stringContaining("ELOOP")]);
  });

  test("one with a byte order mark is one", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `\uFEFF${JSON.stringify({ version: 1, profiles: {} })}`);
    await saveProfile(context, profile("openai", "sk-1"));
    expect(Object.keys(stored().profiles)).toEqual(["openai:default"]);
  });
});
