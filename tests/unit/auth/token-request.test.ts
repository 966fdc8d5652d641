import { describe, expect, test } from "bun:test";
import { keptWhileValid, requestToken, secretIn, tokenAnswer, tokenForm } from "../../../src/auth/token-request.ts";
import { fakeContext } from "../../support/context.ts";
import { failure, rejection } from "../../support/failure.ts";

const PURPOSE = { who: "The token endpoint", hint: "Log in again." };
const SIGNAL = new AbortController().signal;

const ask = (response: Response): Promise<Record<string, unknown>> => {
  const fetch = (async () => response) as unknown as typeof globalThis.fetch;
  return requestToken(fakeContext({ fetch }), tokenForm("https://x.example/token", { a: "b&c" }), SIGNAL, PURPOSE);
};

describe("a refusal", () => {
  test.each([
    [400, "auth", false],
    [401, "auth", false],
    [403, "auth", false],
    [404, "auth", false],
    [302, "auth", false],
    [429, "rate_limited", true],
    [500, "provider_error", true],
    [502, "provider_error", true],
    [503, "provider_error", true],
    [529, "provider_error", true],
  ] as const)("%d is %s", async (status, type, retryable) => {
    const error = await rejection(ask(Response.json({ error: "e", error_description: "Why." }, { status })));
    expect([error.type, error.retryable, error.details.status]).toEqual([type, retryable, status]);
    expect(error.message).toBe(`The token endpoint answered ${status}: e, Why.`);
    // Logging in again helps against a refusal alone.
    expect(error.details.hint).toBe(type === "auth" ? "Log in again." : undefined);
  });

  test.each([
    ["OAuth's", { error: "invalid_grant", error_description: "Used." }, ": invalid_grant, Used."],
    ["Google's", { error: { message: "Bad." } }, ": Bad."],
    ["GitHub's", { message: "Not Found" }, ": Not Found"],
    ["said twice", { error: "no", error_description: "no" }, ": no"],
    ["of another kind", { error: 7, message: ["x"] }, "."],
    ["no object", ["x"], "."],
  ])("in words that are %s", async (_, body, words) => {
    expect((await rejection(ask(Response.json(body, { status: 400 })))).message).toEndWith(`answered 400${words}`);
  });

  test("with a page has no words, and a long one is cut", async () => {
    expect((await rejection(ask(new Response("<html>", { status: 502 })))).message).toEndWith("answered 502.");
    const long = await rejection(ask(Response.json({ message: "x".repeat(9000) }, { status: 400 })));
    expect(long.message.length).toBeLessThan(600);
  });
});

describe("an answer", () => {
  test("is its members", async () => {
    expect(await ask(Response.json({ access_token: "t" }))).toEqual({ access_token: "t" });
  });

  test.each(["", "token=x", "[]", "null", "7"])("%j is no object", async (text) => {
    const error = await rejection(ask(new Response(text)));
    expect([error.type, error.message]).toEqual([
      "provider_error",
      "The token endpoint answered 200, and not with a JSON object.",
    ]);
    expect(failure(() => tokenAnswer({ status: 200, body: text }, PURPOSE)).type).toBe("provider_error");
  });

  test.each([{}, { t: "" }, { t: 7 }, { t: null }])("%j has no token", (json) => {
    const context = fakeContext();
    const error = failure(() => secretIn(context, json, "t", PURPOSE));
    expect([error.type, error.message]).toEqual(["provider_error", "The token endpoint answered without t."]);
    expect(context.secrets.size).toBe(0);
  });

  test("a token is a secret from then on", () => {
    const context = fakeContext();
    expect(secretIn(context, { t: "sk" }, "t", PURPOSE)).toBe("sk");
    expect([...context.secrets]).toEqual(["sk"]);
  });
});

test("what was opened is kept until a minute before its end, and a failure is not kept", async () => {
  let now = 0;
  let opened = 0;
  const open = keptWhileValid(fakeContext({ now: () => now }), async () => {
    if (opened++ === 0) throw new Error("no");
    return { value: opened, expiresAt: now + 100_000 };
  });
  await expect(open(SIGNAL)).rejects.toThrow("no");
  expect(await open(SIGNAL)).toBe(2);
  now = 39_999;
  expect(await open(SIGNAL)).toBe(2);
  now = 40_000;
  expect(await open(SIGNAL)).toBe(3);
});
