import { describe, expect, test } from "bun:test";
import { redact, rememberUserInfo } from "../../../src/core/redact.ts";

describe("redact", () => {
  test.each<[string, string, string[], string]>([
    ["one key", "key sk-12345 refused", ["sk-12345"], "key [redacted] refused"],
    ["every place", "sk-1234 sk-1234", ["sk-1234"], "[redacted] [redacted]"],
    ["several keys", "a=keyone b=keytwo", ["keyone", "keytwo"], "a=[redacted] b=[redacted]"],
    ["a key that is the start of another", "long-key-1", ["long", "long-key-1"], "[redacted]"],
    ["percent-encoded in a URL", "?key=a%2Fb%2Bc%3D%3D", ["a/b+c=="], "?key=[redacted]"],
    ["escaped in JSON", '{"k":"ab\\"cd\\\\"}', ['ab"cd\\'], '{"k":"[redacted]"}'],
    ["characters that mean something in a pattern", "k (.*)$& k", ["(.*)$&"], "k [redacted] k"],
    ["a short word stays", "an apt map", ["ap"], "an apt map"],
    ["an empty secret stays", "text", [""], "text"],
    ["no secrets", "text", [], "text"],
    ["inside a longer word", "Bearer xsecretx", ["secret"], "Bearer x[redacted]x"],
  ])("%s", (_name, text, secrets, clean) => {
    expect(redact(text, secrets)).toBe(clean);
    expect(redact(text, new Set(secrets))).toBe(clean);
  });

  test("the shortest key that counts has 4 characters", () => {
    expect(redact("abcd abc", ["abcd", "abc"])).toBe("[redacted] abc");
  });

  test("a secret with a lone surrogate does not end in a crash", () => {
    expect(redact("text", ["\uD800abc"])).toBe("text");
  });
});

describe("as a vendor may write it", () => {
  const SECRET = "sk-a/b+c=d&é<9>";

  test.each([
    ["base64", Buffer.from(SECRET).toString("base64")],
    ["lower-case percent-encoding", encodeURIComponent(SECRET).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ["HTML", Bun.escapeHTML(SECRET)],
    ["JSON with escaped slashes", SECRET.replaceAll("/", "\\/")],
  ])("%s", (_, form) => {
    expect(redact(`no: ${form}!`, [SECRET])).toBe("no: [redacted]!");
  });

  test("the beginning of one where the text was cut, at every length", () => {
    for (let length = 8; length < SECRET.length; length++) {
      const part = SECRET.slice(0, length);
      expect(redact(`no: ${part}`, [SECRET])).toBe("no: [redacted]");
      expect(redact(`no: ${part}… and more`, [SECRET])).toBe("no: [redacted]… and more");
    }
    for (const text of [`no: ${SECRET.slice(0, 9)} in the middle`, `no: ${SECRET.slice(0, 7)}`]) {
      expect(redact(text, [SECRET])).toBe(text);
    }
  });
});

test("a password with a % of its own is remembered as it is", () => {
  const context = { secrets: new Set<string>() };
  rememberUserInfo(context, "http://me:50%25off@proxy.example");
  rememberUserInfo(context, "http://me:50%off@proxy.example");
  expect(context.secrets).toContain("50%off");
});
