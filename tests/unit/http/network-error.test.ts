import { describe, expect, test } from "bun:test";
import { InferError } from "../../../src/core/error.ts";
import { toNetworkError } from "../../../src/http/network-error.ts";

const URL_WITH_KEY = new URL("https://user:pass@api.example.com:8443/v1?key=secret");
const quiet = new AbortController().signal;

function coded(code: string): Error {
  return Object.assign(new Error(`went wrong at ${URL_WITH_KEY.href}`), { code });
}

/** As ofetch wraps what fetch threw. */
function wrapped(cause: Error): Error {
  return new Error(`[POST] "${URL_WITH_KEY.href}": <no response>`, { cause });
}

describe("toNetworkError", () => {
  test.each<[string, string, boolean]>([
    ["ECONNREFUSED", "refused the connection", true],
    ["ECONNRESET", "closed the connection", true],
    ["ETIMEDOUT", "did not answer", true],
    ["EAI_AGAIN", "DNS", true],
    ["ENOTFOUND", "DNS", false],
    ["EPROTO", "TLS", false],
    ["CERT_HAS_EXPIRED", "expired certificate", false],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", false],
    ["SELF_SIGNED_CERT_IN_CHAIN", "unknown CA", false],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "cannot be verified", false],
    ["UNABLE_TO_GET_ISSUER_CERT", "cannot be verified", false],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "cannot be verified", false],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "another name", false],
    ["UnsupportedProxyProtocol", "proxy", false],
    ["InvalidHTTPResponse", "HTTP", true],
  ])("%s", (code, words, retryable) => {
    for (const thrown of [coded(code), wrapped(coded(code)), wrapped(wrapped(coded(code)))]) {
      const error = toNetworkError(thrown, URL_WITH_KEY, quiet);
      expect(error.type).toBe("network");
      expect(error.message).toContain("api.example.com:8443");
      expect(error.message).toContain(words);
      expect(error.message).toContain(`[${code}]`);
      expect(error.message).not.toMatch(/secret|pass/);
      expect(error.retryable).toBe(retryable);
      expect(error.details.cause).toBe(thrown);
    }
  });

  test.each(["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])(
    "%s: the hint names the variables for a private CA",
    (code) => {
      expect(toNetworkError(coded(code), URL_WITH_KEY, quiet).details.hint).toMatch(/NODE_EXTRA_CA_CERTS/);
    },
  );

  test("an unknown error keeps its words", () => {
    expect(toNetworkError(new Error("the cat sat on it"), URL_WITH_KEY, quiet).message).toContain("the cat sat on it");
    expect(toNetworkError("odd", URL_WITH_KEY, quiet).message).toContain("odd");
  });

  test("one of ours passes as it is", () => {
    const ours = new InferError("refused", "no");
    expect(toNetworkError(ours, URL_WITH_KEY, quiet)).toBe(ours);
  });

  test("also when fetch failed of it", () => {
    const ours = new InferError("io", "it changed");
    expect(toNetworkError(wrapped(ours), URL_WITH_KEY, quiet)).toBe(ours);
    expect(toNetworkError(wrapped(wrapped(ours)), URL_WITH_KEY, quiet)).toBe(ours);
  });

  test("the reason of an abort wins", () => {
    const reason = new InferError("timeout", "too slow");
    expect(toNetworkError(coded("ECONNRESET"), URL_WITH_KEY, AbortSignal.abort(reason))).toBe(reason);
  });
});
