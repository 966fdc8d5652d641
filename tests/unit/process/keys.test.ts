import { expect, test } from "bun:test";
import { keysIn, withoutKeys } from "../../../src/process/keys.ts";
import { said } from "../../../src/process/said.ts";
import { IMAGE_PROVIDERS } from "../../../src/providers/images.ts";
import { SPEECH_PROVIDERS, SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { PROVIDERS } from "../../../src/providers/table.ts";
import { TRANSCRIPTION_PROVIDERS } from "../../../src/providers/transcription.ts";

const KEY = "sk-0123456789";

test("every provider's variables hold keys", () => {
  const rows = [...PROVIDERS, ...IMAGE_PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS];
  const ambient = rows.flatMap(({ env, ambientEnv = [] }) => [...env, ...ambientEnv]);
  const names = [...ambient, ...Object.values(SPEECH_SERVICES).flatMap(({ env = [] }) => env)];
  expect(names.length).toBeGreaterThan(70);
  expect(names.filter((name) => keysIn({ [name]: KEY }).length === 0)).toEqual([]);
});

test.each(["MY_SECRET", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "apikey"])("so does %s", (name) => {
  expect(keysIn({ [name]: ` ${KEY}\n` })).toEqual([KEY]);
});

test.each(["PATH", "HOME", "KEYBOARD_LAYOUT", "OPENAI_BASE_URL", "TOKENIZERS_PARALLELISM"])("%s does not", (name) => {
  expect(keysIn({ [name]: KEY })).toEqual([]);
});

test("a short one may be a word", () => {
  expect(keysIn({ API_KEY: "changed", OTHER_KEY: undefined })).toEqual([]);
});

test.each(["SIGNING_KEY_DIR", "API_KEY_FILE", "TOKEN_URL"])("%s tells where one is", (name) => {
  expect(keysIn({ [name]: "/srv/project" })).toEqual([]);
});

test("one that begins another", () => {
  const env = { A_KEY: "sk-abcdef", B_KEY: "sk-abcdef-SECOND-HALF" };
  expect(withoutKeys("bad key sk-abcdef-SECOND-HALF", env)).toBe("bad key [redacted]");
});

test("words without them", () => {
  expect(withoutKeys(`no: ${KEY}`, { A_KEY: KEY, HOME: "no" })).toBe("no: [redacted]");
});

test("what is cut is cut between words", () => {
  const words = said(`${"x ".repeat(200)}${KEY}-and-more ${"y ".repeat(245)}`);
  expect(words).toStartWith(" It said: …y y ");
});
