import { describe, expect, test } from "bun:test";
import type { ErrorType, InferError } from "../../../src/core/error.ts";
import { failureInside, failureOf, requestId } from "../../../src/protocols/failure.ts";

const NOW = Date.parse("2026-05-01T12:00:00Z");

function fail(status: number, body: unknown, headers: Record<string, string> = {}): InferError {
  return failureOf({
    status,
    headers: new Headers(headers),
    body: typeof body === "string" ? body : JSON.stringify(body),
    now: NOW,
  });
}

describe("every error shape gives the provider's own words", () => {
  const words = "The model `x` went for a walk.";
  const validation = { detail: [{ loc: ["body", "prompt"], msg: words, type: "missing" }] };
  test.each<[string, number, unknown]>([
    ["openai", 500, { error: { message: words, type: "server_error", param: null, code: null } }],
    ["anthropic", 500, { type: "error", error: { type: "api_error", message: words }, request_id: "req_1" }],
    ["google", 500, { error: { code: 500, message: words, status: "INTERNAL", details: [] } }],
    [
      "google, in a list as its unframed stream is",
      500,
      [{ error: { code: 500, message: words, status: "INTERNAL" } }],
    ],
    ["ollama", 500, { error: words }],
    ["bedrock", 400, { message: words }],
    ["minimax", 400, { base_resp: { status_code: 1004, status_msg: words } }],
    ["fal, a text", 500, { detail: words }],
    ["fal, a list", 422, validation],
    ["fal, an object", 500, { error: { message: words, code: "boom" } }],
    ["xai, responses", 400, { code: "Client specified an invalid argument", error: words }],
    ["xai, chat", 400, { error: { message: words, type: "invalid_request_error", param: null, code: null } }],
    ["xai, tts", 400, { error: words }],
    ["eleven", 400, { detail: { status: "voice_not_found", message: words } }],
    ["eleven, 422", 422, validation],
    ["deepgram", 400, { err_code: "Bad Request", err_msg: words, request_id: "r" }],
    ["mistral", 400, { object: "error", message: words, type: "invalid_request_error", param: null, code: "3051" }],
    ["mistral, 422", 422, validation],
    // What the API answers to a member that it does not know.
    ["mistral, 422 with the list in message", 422, { object: "error", message: validation, type: "invalid_request" }],
    ["openrouter", 500, { error: { code: 500, message: words, metadata: {} }, user_id: "u" }],
    ["runway", 400, { error: words, issues: [{ code: "too_big", message: "no" }], docUrl: "https://docs" }],
    ["runway, 429", 429, { error: words }],
    ["dashscope", 400, { code: "InvalidParameter", message: words, request_id: "r" }],
    ["byteplus", 400, { error: { code: "InvalidParameter", message: words, type: "BadRequest", param: "" } }],
    ["tavily", 400, { detail: { error: words } }],
    [
      "brave",
      422,
      { type: "ErrorResponse", error: { id: "1", status: 422, code: "VALIDATION", detail: words, meta: {} } },
    ],
    ["brave, the older description", 422, { error: { code: "VALIDATION", message: words } }],
    ["exa", 400, { requestId: "r", error: words, tag: "INVALID_REQUEST_BODY" }],
    ["firecrawl", 400, { success: false, error: words, code: "BAD_REQUEST" }],
    ["venice", 400, { error: words, details: {} }],
    ["fastapi422", 422, validation],
    ["fastapi, an object", 400, { error: { message: words, type: "x", code: "y" } }],
    ["a JSON text", 500, JSON.stringify(words)],
  ])("%s", (_name, status, body) => {
    const { message } = fail(status, body);
    expect(message).toContain(words);
    expect(message).not.toMatch(/[{}]/);
  });

  test("openrouter tells the upstream's words, JSON or not, and whose they are", () => {
    const error = (raw: string) => ({
      error: { code: 502, message: "Provider returned error", metadata: { raw, provider_name: "Acme" } },
    });
    const expected = "Provider returned error (Acme: GPU on fire)";
    expect(fail(502, error("GPU on fire")).message).toBe(expected);
    expect(fail(502, error('{"error":{"message":"GPU on fire"}}')).message).toBe(expected);
  });

  test("a validation error says which member it is about", () => {
    const { message } = fail(422, {
      detail: [{ loc: ["body", "temperature"], msg: "Field required", type: "missing" }],
    });
    expect(message).toContain("Field required");
    expect(message).toContain("temperature");
  });
});

describe("bodies without words of the provider", () => {
  test.each<[string, number, string, Record<string, string>, string]>([
    ["empty", 503, "", {}, "HTTP 503"],
    ["blank", 503, " \n", {}, "HTTP 503"],
    [
      "an HTML page with a title",
      502,
      "<html><head><title>502 Bad Gateway</title></head></html>",
      {},
      "502 Bad Gateway",
    ],
    ["HTML by its type alone", 502, "oops", { "content-type": "text/html" }, "a web page"],
    ["a plain text", 500, "upstream\n  connect error", { "content-type": "text/plain" }, "upstream connect error"],
    ["JSON without a message", 500, '{"ok":false}', {}, "HTTP 500"],
    ["JSON null", 500, "null", {}, "HTTP 500"],
    ["cut JSON", 500, '{"error":{"mess', {}, "HTTP 500"],
  ])("%s", (_name, status, body, headers, part) => {
    const { message } = fail(status, body, headers);
    expect(message).toContain(`${status}`);
    expect(message).toContain(part);
    expect(message).not.toContain("<");
    expect(message).not.toContain("\n");
  });

  test("a long body is cut", () => {
    expect(fail(500, "x".repeat(100_000)).message.length).toBeLessThan(300);
  });

  test("a deep body does not end in a crash", () => {
    expect(fail(500, `${'{"error":'.repeat(5000)}"x"${"}".repeat(5000)}`).type).toBe("provider_error");
  });
});

describe("types (cli-contract §4)", () => {
  const openai = (code: string | null, message = "words", type = "invalid_request_error") => ({
    error: { message, type, param: null, code },
  });
  const google = (code: number, status: string, details: object[] = []) => ({
    error: { code, message: "words", status, details },
  });
  const keyInvalid = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: "API_KEY_INVALID",
    domain: "googleapis.com",
  };
  const anthropic = (type: string, message: string) => ({ type: "error", error: { type, message } });
  test.each<[string, number, unknown, ErrorType, boolean]>([
    ["bad request", 400, openai("invalid_value"), "provider_error", false],
    ["wrong key", 401, openai("invalid_api_key"), "auth", false],
    ["401 without a body", 401, "", "auth", false],
    ["no permission", 403, anthropic("permission_error", "words"), "auth", false],
    ["Google, a wrong key is a 400", 400, google(400, "INVALID_ARGUMENT", [keyInvalid]), "auth", false],
    ["no such model", 404, openai("model_not_found"), "not_found", false],
    ["404 without a body", 404, "", "not_found", false],
    ["no such model, as a 400", 400, openai("model_not_found"), "not_found", false],
    ["no credit", 402, { error: { message: "Insufficient Balance" } }, "rate_limited", false],
    ["too many requests", 429, openai("rate_limit_exceeded"), "rate_limited", true],
    ["no quota left", 429, openai("insufficient_quota", "words", "insufficient_quota"), "rate_limited", false],
    [
      "Anthropic, no credit is a 400",
      400,
      anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
      "rate_limited",
      false,
    ],
    ["Anthropic, billing", 403, anthropic("billing_error", "words"), "rate_limited", false],
    ["Tavily, the plan's limit", 432, { detail: { error: "words" } }, "rate_limited", false],
    ["Tavily, pay as you go", 433, { detail: { error: "words" } }, "rate_limited", false],
    [
      "ElevenLabs, no quota is a 401",
      401,
      { detail: { status: "quota_exceeded", message: "words" } },
      "rate_limited",
      false,
    ],
    ["legal reasons", 451, "", "refused", false],
    ["OpenAI, policy as a 400", 400, openai("content_policy_violation"), "refused", false],
    ["OpenAI, policy on images", 400, openai("image_content_policy_violation"), "refused", false],
    ["OpenAI, moderation as a 400", 400, openai("moderation_blocked"), "refused", false],
    ["Azure, its content filter", 400, openai("content_filter"), "refused", false],
    [
      "OpenAI, a flagged prompt",
      400,
      openai("invalid_prompt", "Your prompt was flagged as potentially violating our usage policy."),
      "refused",
      false,
    ],
    [
      "Anthropic, the output filter says so in words only",
      400,
      anthropic("invalid_request_error", "Output blocked by content filtering policy"),
      "refused",
      false,
    ],
    [
      "DashScope, data inspection",
      400,
      { code: "DataInspectionFailed", message: "Input data may contain inappropriate content.", request_id: "r" },
      "refused",
      false,
    ],
    [
      "OpenRouter, moderation as a 403",
      403,
      {
        error: {
          code: 403,
          message: "Your chosen model requires moderation and your input was flagged",
          metadata: { reasons: ["violence"], flagged_input: "…", provider_name: "OpenAI" },
        },
      },
      "refused",
      false,
    ],
    ["policy words in a 500 are a failure of the server", 500, openai("safety_service_down"), "provider_error", true],
    ["timeout", 408, "", "provider_error", true],
    ["conflict", 409, "", "provider_error", true],
    ["too large", 413, anthropic("request_too_large", "words"), "provider_error", false],
    ["media type", 415, "", "provider_error", false],
    ["validation", 422, "", "provider_error", false],
    ["too early", 425, "", "provider_error", true],
    ["server error", 500, "", "provider_error", true],
    ["not implemented", 501, "", "provider_error", false],
    ["bad gateway", 502, "", "provider_error", true],
    ["unavailable", 503, google(503, "UNAVAILABLE"), "provider_error", true],
    ["gateway timeout", 504, "", "provider_error", true],
    ["Cloudflare", 524, "", "provider_error", true],
    ["overloaded", 529, anthropic("overloaded_error", "Overloaded"), "provider_error", true],
  ])("%s (%d)", (_name, status, body, type, retryable) => {
    const error = fail(status, body);
    expect({ type: error.type, retryable: error.retryable, status: error.details.status }).toEqual({
      type,
      retryable,
      status,
    });
  });
});

describe("how long to wait", () => {
  const retryInfo = (retryDelay: string) => ({
    error: {
      code: 429,
      message: "words",
      status: "RESOURCE_EXHAUSTED",
      details: [
        { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [] },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay },
      ],
    },
  });
  test.each<[string, Record<string, string>, unknown, number | undefined]>([
    ["seconds", { "retry-after": "20" }, "", 20_000],
    ["a fraction of seconds", { "retry-after": "0.25" }, "", 250],
    ["zero", { "retry-after": "0" }, "", 0],
    ["a date", { "retry-after": "Fri, 01 May 2026 12:00:30 GMT" }, "", 30_000],
    ["a date that is over", { "retry-after": "Fri, 01 May 2026 11:00:00 GMT" }, "", 0],
    ["milliseconds", { "retry-after-ms": "1500.2" }, "", 1501],
    ["milliseconds are more exact than seconds", { "retry-after-ms": "150", "retry-after": "1" }, "", 150],
    ["Google's RetryInfo", {}, retryInfo("34.074824224s"), 34_075],
    ["the header before RetryInfo", { "retry-after": "2" }, retryInfo("34s"), 2000],
    ["nothing", {}, "", undefined],
    ["a word", { "retry-after": "soon" }, "", undefined],
    ["a negative number", { "retry-after": "-5" }, "", undefined],
    ["a word for milliseconds falls back to seconds", { "retry-after-ms": "soon", "retry-after": "3" }, "", 3000],
    ["no end", { "retry-after-ms": "Infinity" }, "", undefined],
  ])("%s", (_name, headers, body, expected) => {
    expect(fail(429, body, headers).details.retryAfterMs).toBe(expected);
  });
});

describe("request ids", () => {
  test.each([
    ["x-request-id", "OpenAI, Mistral"],
    ["request-id", "Anthropic"],
    ["x-amzn-requestid", "Bedrock"],
  ])("%s (%s)", (header) => {
    expect(requestId(new Headers({ [header]: "id-1" }))).toBe("id-1");
  });

  test("none", () => {
    expect(requestId(new Headers())).toBeUndefined();
  });
});

describe("failureInside: an error that came with a 200", () => {
  test.each<[string, unknown, ErrorType, string, boolean]>([
    [
      "Anthropic, overloaded",
      { type: "overloaded_error", message: "Overloaded" },
      "provider_error",
      "Overloaded",
      true,
    ],
    ["Anthropic, rate limit", { type: "rate_limit_error", message: "Slow" }, "rate_limited", "Slow", true],
    ["Anthropic, internal", { type: "api_error", message: "Boom" }, "provider_error", "Boom", true],
    ["Anthropic, timeout", { type: "timeout_error", message: "Slow" }, "provider_error", "Slow", true],
    ["Anthropic, bad request", { type: "invalid_request_error", message: "No" }, "provider_error", "No", false],
    ["Anthropic, key", { type: "authentication_error", message: "No key" }, "auth", "No key", false],
    ["Anthropic, permission", { type: "permission_error", message: "Not you" }, "auth", "Not you", false],
    ["Anthropic, no such model", { type: "not_found_error", message: "model: x" }, "not_found", "model: x", false],
    ["OpenAI, server", { code: "server_error", message: "Boom" }, "provider_error", "Boom", true],
    [
      "OpenAI, rate limit",
      { type: "error", code: "rate_limit_exceeded", message: "Slow", param: null },
      "rate_limited",
      "Slow",
      true,
    ],
    ["OpenAI, quota", { code: "insufficient_quota", message: "No money" }, "rate_limited", "No money", false],
    ["OpenAI, picture policy", { code: "image_content_policy_violation", message: "No" }, "refused", "No", false],
    ["OpenAI, bio policy", { code: "bio_policy", message: "No" }, "refused", "No", false],
    ["Google", { code: 503, message: "Overloaded", status: "UNAVAILABLE" }, "provider_error", "Overloaded", true],
    ["Google, quota", { code: 429, message: "Slow", status: "RESOURCE_EXHAUSTED" }, "rate_limited", "Slow", true],
    ["OpenRouter", { code: 502, message: "Upstream" }, "provider_error", "Upstream", true],
    ["OpenRouter, moderation", { code: 403, message: "No", metadata: { reasons: ["x"] } }, "refused", "No", false],
    [
      "Ollama",
      "model runner has unexpectedly stopped",
      "provider_error",
      "model runner has unexpectedly stopped",
      false,
    ],
    ["nothing but a flag", true, "provider_error", "true", false],
  ])("%s", (_name, value, type, message, retryable) => {
    const error = failureInside(value, 200);
    expect({ type: error.type, message: error.message, retryable: error.retryable }).toEqual({
      type,
      message,
      retryable,
    });
  });

  test("an object without words is quoted", () => {
    expect(failureInside({ smell: "burnt" }, 200).message).toContain("burnt");
  });
});

describe("MiniMax's errors, which come inside a 200", () => {
  test.each([
    [1004, "auth"],
    [2049, "auth"],
    [1008, "rate_limited"],
    [1002, "rate_limited"],
    [1026, "refused"],
    [2013, "provider_error"],
  ] as const)("%d is %s, in its own words", (status_code, type) => {
    const error = failureInside({ status_code, status_msg: "in its own words" }, 200);
    expect({ type: error.type, message: error.message }).toEqual({ type, message: "in its own words" });
  });
});
