// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the config spells a variable.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseConfig } from "../../../src/config/file.ts";
import type { SecretValue } from "../../../src/config/schema.ts";
import { readSecret, type Secret } from "../../../src/config/secret.ts";
import { InferError } from "../../../src/core/error.ts";
import { type FakeWorld, fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const PLACE = "models.providers.x.apiKey";
const SECRET = "sk-very-secret";

interface Setting {
  secrets?: object;
  env?: Record<string, string>;
  world?: FakeWorld;
}

function read(value: SecretValue, { secrets = {}, env = {}, world = {} }: Setting = {}): Promise<Secret> {
  const loaded = parseConfig(JSON.stringify({ secrets }), folder.file("openclaw.json"), env);
  return readSecret(fakeContext(world), value, PLACE, loaded);
}

/** Why a secret cannot be had; no message may have the secret in it. */
async function missing(value: SecretValue, setting?: Setting): Promise<string> {
  const secret = await read(value, setting);
  if (!("missing" in secret)) throw new Error(`it was found: ${secret.text}`);
  expect(secret.missing).toStartWith(PLACE);
  expect(secret.missing).not.toContain(SECRET);
  return secret.missing;
}

function written(name: string, text: string, mode = 0o600): string {
  const path = folder.file(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("a string", () => {
  test("is the secret", async () => {
    expect(await read(" sk-1 \n")).toEqual({ text: "sk-1", source: PLACE });
  });

  test.each(["$MY_KEY", "${MY_KEY}", "secretref-env:MY_KEY", "__env__:MY_KEY", " $MY_KEY "])(
    "%s is a variable",
    async (value) => {
      expect(await read(value, { env: { MY_KEY: SECRET } })).toEqual({ text: SECRET, source: "MY_KEY" });
      expect(await missing(value)).toContain("the variable MY_KEY, which is not set");
    },
  );

  test.each(["$my_key", "$MY-KEY", "x$MY_KEY", "$$MY_KEY", "secretref-env:my", "$5", "$"])(
    "%s is just a string",
    async (value) => {
      expect(await read(value, { env: { MY_KEY: SECRET, my_key: SECRET } })).toEqual({ text: value, source: PLACE });
    },
  );

  test.each([
    ["Bearer ${MY_KEY}", {}, { missing: `${PLACE} names the variable MY_KEY, which is not set.` }],
    ["p$${MY_KEY}", { MY_KEY: SECRET }, { text: "p${MY_KEY}", source: PLACE }],
    ["p$${MY_KEY}", {}, { text: "p${MY_KEY}", source: PLACE }],
    ["p${A}", { A: "${MY_KEY}" }, { text: "p${MY_KEY}", source: PLACE }],
  ])("%p of the config, with %p", async (written, env, expected) => {
    const text = JSON.stringify({ models: { providers: { x: { apiKey: written } } } });
    const loaded = parseConfig(text, folder.file("openclaw.json"), env);
    const value = loaded.config.models?.providers?.x?.apiKey ?? "";
    expect(await readSecret(fakeContext(), value, PLACE, loaded)).toEqual(expected);
  });

  test.each(["", "  "])("may be blank: %p", async (value) => expect(await missing(value)).toContain("is blank"));
});

describe("source env", () => {
  const reference = { source: "env", provider: "default", id: "MY_KEY" } as const;

  test("reads a variable, with the provider said or not", async () => {
    const env = { MY_KEY: SECRET };
    expect(await read(reference, { env })).toEqual({ text: SECRET, source: "MY_KEY" });
    expect(await read({ source: "env", id: "MY_KEY" }, { env })).toEqual({ text: SECRET, source: "MY_KEY" });
  });

  test("names one that is not set, or blank", async () => {
    expect(await missing(reference)).toContain("MY_KEY");
    expect(await missing(reference, { env: { MY_KEY: " " } })).toContain("MY_KEY");
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("%s is not set", async (id) => {
    expect(await missing({ source: "env", id })).toContain(id);
  });

  test("keeps to an allowlist", async () => {
    const secrets = { providers: { default: { source: "env", allowlist: ["OTHER"] } } };
    expect(await missing(reference, { secrets, env: { MY_KEY: SECRET } })).toContain(
      "secrets.providers.default.allowlist",
    );
    expect(await read({ source: "env", id: "OTHER" }, { secrets, env: { OTHER: "o" } })).toMatchObject({ text: "o" });
  });

  test("knows the default's other name, and no other", async () => {
    const env = { MY_KEY: SECRET };
    const secrets = { defaults: { env: "shell" } };
    expect(await read({ ...reference, provider: "shell" }, { env, secrets })).toMatchObject({ text: SECRET });
    expect(await read({ source: "env", id: "MY_KEY" }, { env, secrets })).toMatchObject({ text: SECRET });
    expect(await missing(reference, { env, secrets })).toContain(
      "secrets.providers.default, which the config does not have",
    );
  });

  test.each(["__proto__", "constructor", "toString"])("a provider called %s is not there", async (provider) => {
    expect(await missing({ source: "file", provider, id: "/a" })).toContain(`secrets.providers.${provider}`);
  });
});

describe("source file", () => {
  const json = (id: string): SecretValue => ({ source: "file", provider: "mine", id });
  const mine = (more: object): Setting => ({ secrets: { providers: { mine: { source: "file", ...more } } } });
  const path = written(
    "secrets.json",
    JSON.stringify({
      a: { key: SECRET },
      "s/l": { "t~i": SECRET },
      list: ["x", SECRET],
      n: 5,
      none: null,
      blank: " ",
      "": SECRET,
    }),
  );

  test.each(["/a/key", "/s~1l/t~0i", "/list/1", "/"])("%s is a JSON pointer", async (id) => {
    expect(await read(json(id), mine({ path }))).toEqual({ text: SECRET, source: "secrets.providers.mine" });
  });

  test.each([
    ["/a/other", "has nothing at /a/other"],
    ["/a/key/0", "has nothing at"],
    ["/a/key/length", "has nothing at"],
    ["/list/2", "has nothing at"],
    ["/list/01", "has nothing at"],
    ["/list/-1", "has nothing at"],
    ["/list/length", "has nothing at"],
    ["/none/x", "has nothing at"],
    ["/__proto__", "has nothing at"],
    ["/constructor/name", "has nothing at"],
    ["/n", "is not a string"],
    ["/a", "is not a string"],
    ["/blank", "a blank"],
    ["a/key", "no JSON pointer"],
    ["value", "no JSON pointer"],
    ["", "no JSON pointer"],
  ])("%p gives none: %s", async (id, why) => expect(await missing(json(id), mine({ path }))).toContain(why));

  test("may be nothing but the secret", async () => {
    const file = written("key.txt", `\ufeff${SECRET}\r\n`);
    const setting = mine({ path: file, mode: "singleValue" });
    expect(await read(json("value"), setting)).toEqual({ text: SECRET, source: "secrets.providers.mine" });
    expect(await missing(json("/a"), setting)).toContain('its id is "value"');
    expect(await missing(json("/a"), mine({ path: file }))).toContain("is not JSON");
  });

  test("is found from the home folder, and from the config's own", async () => {
    written("home/s.json", JSON.stringify({ k: "from-home" }));
    const env = { HOME: folder.file("home") };
    expect(await read(json("/k"), { ...mine({ path: "~/s.json" }), env })).toMatchObject({ text: "from-home" });
    expect(await read(json("/k"), mine({ path: "home/s.json" }))).toMatchObject({ text: "from-home" });
  });

  test("is never looked for in the working directory", async () => {
    written("checkout/local.json", JSON.stringify({ k: SECRET }));
    const world = { cwd: folder.file("checkout") };
    expect(await missing(json("/k"), { ...mine({ path: "local.json" }), world })).toContain(folder.file("local.json"));
  });

  test("has to be the user's alone", async () => {
    for (const mode of [0o644, 0o640, 0o604, 0o620, 0o602]) {
      const open = written("open.json", JSON.stringify({ k: SECRET }), mode);
      expect(await missing(json("/k"), mine({ path: open }))).toMatch(/other users.*chmod 600/);
      expect(await read(json("/k"), mine({ path: open, allowInsecurePath: true }))).toMatchObject({ text: SECRET });
    }
  });

  test("may be reached through a link, as a mounted one is", async () => {
    symlinkSync(path, folder.file("link.json"));
    expect(await read(json("/a/key"), mine({ path: folder.file("link.json") }))).toMatchObject({ text: SECRET });
  });

  test("has a limit", async () => {
    const big = written("big.json", JSON.stringify({ k: SECRET, x: "x".repeat(2 ** 20) }));
    expect(await missing(json("/k"), mine({ path: big }))).toContain("1048576 bytes");
    expect(await read(json("/k"), mine({ path: big, maxBytes: 2 ** 21 }))).toMatchObject({ text: SECRET });
  });

  test("that is not there, is a folder, or a pipe", async () => {
    Bun.spawnSync(["mkfifo", folder.file("pipe")]);
    expect(await missing(json("/k"), mine({ path: folder.file("gone") }))).toContain("there is no file");
    expect(await missing(json("/k"), mine({ path: folder.path }))).toMatch(/not a file|cannot be read/);
    expect(await missing(json("/k"), mine({ path: folder.file("pipe") }))).toContain("not a file");
  });

  test("does not quote a file that is no JSON", async () => {
    const broken = written("broken.json", SECRET);
    expect(await missing(json("/k"), mine({ path: broken }))).toContain("singleValue");
  });

  test.each(["[1]", '"text"', "null", "5"])("%s has nothing in it", async (text) => {
    expect(await missing(json("/k"), mine({ path: written("odd.json", text) }))).toContain("has nothing at /k");
  });

  test("is not what another source's name leads to", async () => {
    expect(await missing({ source: "exec", provider: "mine", id: "k" }, mine({ path }))).toContain('has source "file"');
  });

  test("is the default one, where the reference does not say", async () => {
    const secrets = { providers: { mine: { source: "file", path } }, defaults: { file: "mine" } };
    expect(await read({ source: "file", id: "/a/key" }, { secrets })).toMatchObject({ text: SECRET });
    expect(await missing({ source: "file", id: "/a/key" })).toContain("secrets.providers.default");
  });
});

describe("source exec", () => {
  const reference: SecretValue = { source: "exec", provider: "vault", id: "openai/key" };
  let programs = 0;

  /** A program of these lines of shell. */
  function program(lines: string, mode = 0o755): string {
    return written(`bin/tool-${++programs}`, `#!/bin/sh\n${lines}\n`, mode);
  }

  function vault(command: string, more: object = {}, env: Record<string, string> = {}): Setting {
    return { secrets: { providers: { vault: { source: "exec", command, ...more } } }, env };
  }

  const answer = (values: object): string => `cat >/dev/null; echo '${JSON.stringify({ protocolVersion: 1, values })}'`;

  test("asks in OpenClaw's protocol", async () => {
    const asked = folder.file("asked.json");
    const command = program(`cat > ${asked}; echo '{"protocolVersion":1,"values":{"openai/key":"${SECRET}"}}'`);
    expect(await read(reference, vault(command, { passEnv: ["PATH"] }, { PATH: "/usr/bin:/bin" }))).toEqual({
      text: SECRET,
      source: "secrets.providers.vault",
    });
    expect(JSON.parse(readFileSync(asked, "utf8"))).toEqual({
      protocolVersion: 1,
      provider: "vault",
      ids: ["openai/key"],
    });
  });

  test("hands down its arguments and only the variables that are listed", async () => {
    const seen = folder.file("seen.txt");
    const command = program(`echo "$1|$2|$PASSED|$SET|$HIDDEN|$BLOCK" > ${seen}; echo x`);
    const more = { args: ["a b", "$HOME"], passEnv: ["PASSED", "NOT_SET"], env: { SET: "set" }, jsonOnly: false };
    await read(reference, vault(command, more, { PASSED: "passed", HIDDEN: SECRET }));
    expect(readFileSync(seen, "utf8")).toBe("a b|$HOME|passed|set||\n");
  });

  test("runs it in its own folder", async () => {
    const at = folder.file("at.txt");
    await read(reference, vault(program(`pwd -P > ${at}; echo x`), { jsonOnly: false }));
    expect(readFileSync(at, "utf8").trim()).toEndWith("/bin");
  });

  test.each([
    ["plain text", `echo '  ${SECRET}  '`],
    ["a JSON string", `echo '"${SECRET}"'`],
    ["the protocol", answer({ "openai/key": SECRET })],
  ])("with jsonOnly: false takes %s", async (_, lines) => {
    expect(
      await read(reference, vault(program(lines), { jsonOnly: false, env: { PATH: "/bin:/usr/bin" } })),
    ).toMatchObject({ text: SECRET });
  });

  test("with jsonOnly: false takes a number for the text that it is", async () => {
    expect(await read(reference, vault(program("echo 0012345"), { jsonOnly: false }))).toMatchObject({
      text: "0012345",
    });
    expect(await read(reference, vault(program("echo 12345"), { jsonOnly: false }))).toMatchObject({ text: "12345" });
  });

  test.each([
    ["plain text", `echo ${SECRET}`, "jsonOnly: false"],
    ["a JSON string", `echo '"${SECRET}"'`, "did not print a JSON object"],
    ["an array", `echo '["${SECRET}"]'`, "did not print a JSON object"],
    ["nothing", "true", "printed nothing"],
    ["another protocol", `echo '{"protocolVersion":2,"values":{"openai/key":"${SECRET}"}}'`, "protocolVersion: 1"],
    ["no values", `echo '{"protocolVersion":1}'`, 'gave nothing for "openai/key"'],
    ["an array of values", `echo '{"protocolVersion":1,"values":["${SECRET}"]}'`, "gave nothing"],
    ["another's value", `echo '{"protocolVersion":1,"values":{"other":"${SECRET}"}}'`, "gave nothing"],
    ["no string", `echo '{"protocolVersion":1,"values":{"openai/key":{"v":"${SECRET}"}}}'`, "is not a string"],
    ["a blank", `echo '{"protocolVersion":1,"values":{"openai/key":" "}}'`, "a blank"],
    [
      "an error",
      `echo '{"protocolVersion":1,"values":{},"errors":{"openai/key":{"message":"${SECRET}"}}}'`,
      'cannot give "openai/key"',
    ],
    ["failure, with the secret on both streams", `echo ${SECRET}; echo ${SECRET} >&2; exit 3`, "exit code 3"],
    ["death", `echo ${SECRET}; kill -9 $$`, "exit code 137"],
  ])("%s is no answer", async (_, lines, why) =>
    expect(await missing(reference, vault(program(lines)))).toContain(why),
  );

  test.each(["__proto__", "constructor", "toString"])("%s is no value that was given", async (id) => {
    const command = program(`echo '{"protocolVersion":1,"values":{},"errors":{}}'`);
    expect(await missing({ source: "exec", provider: "vault", id }, vault(command))).toContain("gave nothing");
  });

  test("says nothing of what goes to stderr beside a good answer", async () => {
    const command = program(`echo ${SECRET} >&2; echo '{"protocolVersion":1,"values":{"openai/key":"k"}}'`);
    expect(await read(reference, vault(command))).toEqual({ text: "k", source: "secrets.providers.vault" });
  });

  test("without an end is ended", async () => {
    const command = program(`echo ${SECRET}; trap '' TERM; while :; do sleep 1; done`);
    const why = await missing(reference, vault(command, { timeoutMs: 300, env: { PATH: "/usr/bin:/bin" } }));
    expect(why).toContain("took longer than 300 ms");
  });

  test("that says nothing is ended before its time", async () => {
    const command = program("sleep 60");
    const more = { timeoutMs: 60_000, noOutputTimeoutMs: 300, env: { PATH: "/usr/bin:/bin" } };
    expect(await missing(reference, vault(command, more))).toContain("said nothing for 300 ms");
  });

  test("gets no longer than the whole command has", async () => {
    const context = fakeContext();
    context.endsAt = Date.now() + 300;
    const { secrets } = vault(program("sleep 60"), { timeoutMs: 60_000, env: { PATH: "/usr/bin:/bin" } });
    const loaded = parseConfig(JSON.stringify({ secrets }), folder.file("openclaw.json"), {});
    const error = await rejection(readSecret(context, reference, PLACE, loaded));
    expect(error).toMatchObject({
      type: "timeout",
      exitCode: 7,
      details: { hint: expect.stringContaining("--timeout-ms") },
    });
    expect(error.message).toContain("tool-");
  });

  test("prints 100 MB in vain", async () => {
    const command = program("head -c 100000000 /dev/zero");
    const env = { PATH: "/usr/bin:/bin" };
    expect(await missing(reference, vault(command, { env }))).toContain("more than 1048576 bytes");
    expect(await missing(reference, vault(program("echo 123456"), { maxOutputBytes: 3 }))).toContain(
      "more than 3 bytes",
    );
  });

  test("is stopped when the run is: that is no missing secret", async () => {
    const controller = new AbortController();
    const reason = new InferError("interrupted", "Stopped.");
    const begun = folder.file("begun");
    const command = program(`touch ${begun}; sleep 60`);
    const world = { signal: controller.signal };
    const reading = rejection(read(reference, { ...vault(command, { env: { PATH: "/usr/bin:/bin" } }), world }));
    while (!existsSync(begun)) await Bun.sleep(10);
    controller.abort(reason);
    expect(await reading).toBe(reason);
  });

  test.each([["tool"], ["./tool"], ["../tool"], [""]])("is never looked for: %p", async (command) => {
    expect(await missing(reference, vault(command))).toContain("has to be an absolute path");
  });

  test("may be in the home folder", async () => {
    const command = program("echo at-home");
    const more = { jsonOnly: false };
    expect(await read(reference, vault(command.replace(folder.path, "~"), more, { HOME: folder.path }))).toMatchObject({
      text: "at-home",
    });
  });

  test("that is not there, or is a folder", async () => {
    expect(await missing(reference, vault(folder.file("nothing")))).toContain("there is no program");
    expect(await missing(reference, vault(folder.path))).toContain("is not a file");
  });

  test("that cannot be run", async () => {
    expect(await missing(reference, vault(program("echo x", 0o600)))).toContain("cannot be started");
  });

  test("that others can change is not run", async () => {
    for (const mode of [0o777, 0o775, 0o757]) {
      const command = program("echo x", mode);
      expect(await missing(reference, vault(command, { jsonOnly: false }))).toMatch(
        /changed by other users.*chmod go-w/,
      );
      expect(await read(reference, vault(command, { jsonOnly: false, allowInsecurePath: true }))).toMatchObject({
        text: "x",
      });
    }
  });

  test("in a folder where others can put another in its place is not run", async () => {
    const own = folder.file("bin-of-all");
    mkdirSync(own, { recursive: true });
    const command = join(own, "tool");
    copyFileSync(program("echo x"), command);
    chmodSync(own, 0o777);
    expect(await missing(reference, vault(command, { jsonOnly: false }))).toContain(`${own}, can be changed by other`);
    const link = folder.file("safe-link");
    symlinkSync(command, link);
    const linked = { jsonOnly: false, allowSymlinkCommand: true };
    expect(await missing(reference, vault(link, linked))).toContain(`${own}, can be changed by other`);
    const bold = { jsonOnly: false, allowInsecurePath: true };
    expect(await read(reference, vault(command, bold))).toMatchObject({ text: "x" });
    for (const mode of [0o1777, 0o775, 0o755]) {
      chmodSync(own, mode);
      expect(await read(reference, vault(command, { jsonOnly: false }))).toMatchObject({ text: "x" });
    }
  });

  test("that is a link is run where that is allowed", async () => {
    const link = folder.file("op");
    symlinkSync(program("echo linked"), link);
    expect(await missing(reference, vault(link, { jsonOnly: false }))).toContain("allowSymlinkCommand");
    expect(await read(reference, vault(link, { jsonOnly: false, allowSymlinkCommand: true }))).toMatchObject({
      text: "linked",
    });
  });

  test("has to be in a trusted folder, where its link leads", async () => {
    const link = folder.file("trusted/op");
    mkdirSync(folder.file("trusted"), { recursive: true });
    symlinkSync(program("echo linked"), link);
    const more = { jsonOnly: false, allowSymlinkCommand: true };
    expect(await missing(reference, vault(link, { ...more, trustedDirs: [folder.file("trusted")] }))).toContain(
      "none of its trustedDirs",
    );
    expect(await missing(reference, vault(link, { ...more, trustedDirs: [folder.file("bi")] }))).toContain(
      "none of its trustedDirs",
    );
    const trustedDirs = [folder.file("trusted"), folder.file("bin")];
    expect(await read(reference, vault(link, { ...more, trustedDirs }))).toMatchObject({ text: "linked" });
  });

  test("that a plugin would bring is not there", async () => {
    const secrets = {
      providers: { vault: { source: "exec", pluginIntegration: { pluginId: "a", integrationId: "b" } } },
    };
    expect(await missing(reference, { secrets })).toContain("plugin of OpenClaw's");
  });
});
