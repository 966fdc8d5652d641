import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  const personas = { Narrator: { label: "N" }, host: {} };
  const models = { providers: { mine: { baseUrl: "https://mine.example/v1" } } };
  writeFileSync(folder.file("config.json"), JSON.stringify({ messages: { tts: { personas } }, models }));
});
afterEach(() => folder[Symbol.dispose]());

const FILE = "state/infer/settings/tts.json";

async function tts(verb: string, ...args: string[]) {
  const line = ["tts", ...verb.split(" "), ...args, "--config", folder.file("config.json")];
  const env = { HOME: folder.file("home"), XDG_STATE_HOME: folder.file("state") };
  const { stdout, error, exitCode } = await runInProcess(line, { env, cwd: folder.path });
  const path = folder.file(FILE);
  const kept: unknown = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  return { stdout, error, exitCode, kept };
}

describe("with --local", () => {
  test.each([
    ["enable", { enabled: true }, "enabled", { auto: "always" }],
    ["disable", { enabled: false }, "disabled", { auto: "off" }],
    ["set-provider --provider openai", { provider: "openai" }, "openai", { provider: "openai" }],
    ["set-provider --provider mine", { provider: "mine" }, "mine", { provider: "mine" }],
    ["set-provider --provider EDGE", { provider: "microsoft" }, "microsoft", { provider: "microsoft" }],
    ["set-persona --persona Narrator", { persona: "narrator" }, "narrator", { persona: "narrator" }],
    ["set-persona --off", { persona: null }, "off", { persona: null }],
  ])("%s", async (verb, json, text, kept) => {
    const run = await tts(verb, "--local", "--json");
    expect({ exitCode: run.exitCode, json: JSON.parse(run.stdout), kept: run.kept }).toEqual({
      exitCode: 0,
      json,
      kept: { tts: kept },
    });
    expect((await tts(verb, "--local")).stdout).toBe(`${text}\n`);
  });

  test.skipIf(process.platform === "win32")("the file is the user's alone", async () => {
    await tts("enable", "--local");
    expect(statSync(folder.file(FILE)).mode & 0o777).toBe(0o600);
  });

  test("one after the other they add up, and what else is there stays", async () => {
    await tts("enable", "--local");
    await tts("set-provider --provider openai", "--local");
    await tts("set-persona --persona host", "--local");
    writeFileSync(folder.file(FILE), readFileSync(folder.file(FILE), "utf8").replace("{", '{"other": 1,'));
    await tts("disable", "--local");
    const { kept } = await tts("set-persona --off", "--local");
    expect(kept).toEqual({ other: 1, tts: { auto: "off", provider: "openai", persona: null } });
  });

  test.each([
    ["elevenlab", 'There is no provider "elevenlab".', "elevenlabs"],
    ["senseaudio", "infer has no speech through SenseAudio.", "Providers that have it: "],
  ])("a provider that cannot speak is refused: %s", async (name, message, hint) => {
    const { error, kept } = await tts(`set-provider --provider ${name}`, "--local");
    expect({ type: error?.type, message: error?.message }).toEqual({ type: "not_found", message });
    expect(error?.details.hint).toContain(hint);
    expect(kept).toBeUndefined();
  });

  test.each(["azure", "bytedance"])("%s is a name that speech has, too", async (name) => {
    const { error } = await tts(`set-provider --provider ${name}`, "--local");
    expect(error).toBeNull();
  });

  test("a persona that there is not is refused", async () => {
    const { error, kept } = await tts("set-persona --persona narator", "--local");
    expect({ type: error?.type, message: error?.message }).toEqual({
      type: "not_found",
      message: 'There is no persona "narator".',
    });
    expect(error?.details.hint).toContain("narrator");
    expect(error?.details.hint).toContain("Known: host, narrator.");
    expect(kept).toBeUndefined();
    writeFileSync(folder.file("config.json"), "{}");
    const none = await tts("set-persona --persona host", "--local");
    expect(none.error?.details.hint).toBe("The config has none: they stand under messages.tts.personas.");
  });
});

test.each([
  ["enable", "infer tts enable --local"],
  ["disable", "infer tts disable --local"],
  ["set-provider --provider openai", "infer tts set-provider --provider openai --local"],
  ["set-persona --persona host", "infer tts set-persona --persona host --local"],
  ["set-persona --off", "infer tts set-persona --off --local"],
])("without --local, %s goes to the Gateway", async (verb, form) => {
  const { error, exitCode, kept } = await tts(verb);
  expect({ type: error?.type, exitCode, kept }).toEqual({ type: "network", exitCode: 6, kept: undefined });
  expect(error?.details.hint).toEndWith(form);
});

test.each([
  ["set-persona", "--persona is required unless --off is set."],
  ["set-persona --persona host --off", "Pass only one of --persona or --off."],
])("%s is a usage error", async (verb, message) => {
  const { error, exitCode } = await tts(verb, "--local");
  expect({ type: error?.type, message: error?.message, exitCode }).toEqual({ type: "usage", message, exitCode: 2 });
});
