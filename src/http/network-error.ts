import { codeOf, InferError, messageOf } from "../core/error.ts";

const TLS_HINT =
  "If a company proxy or a private CA is in between, name its certificate in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE.";

/** Bun's and OpenSSL's codes, as a person would put them. */
const CODES: Readonly<Record<string, readonly [what: string, hint?: string]>> = {
  ECONNREFUSED: ["refused the connection", "Is the server running, and is the address right?"],
  ENOTFOUND: ["could not be found (DNS)", "Check the host name, and that this machine is online."],
  EAI_AGAIN: ["could not be looked up (DNS)", "Check that this machine is online."],
  ECONNRESET: ["closed the connection before the answer was complete"],
  EPIPE: ["closed the connection while the request was being sent"],
  ETIMEDOUT: ["did not answer the connection"],
  EHOSTUNREACH: ["cannot be reached from here"],
  ENETUNREACH: ["cannot be reached from here", "Check that this machine is online."],
  EPROTO: ["failed the TLS handshake", "Does the server speak https on this port?"],
  UnsupportedProxyProtocol: ["cannot be reached through this proxy", "Only http and https proxies are supported."],
  InvalidHTTPResponse: ["did not answer in HTTP"],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["has a certificate that cannot be verified", TLS_HINT],
  UNABLE_TO_GET_ISSUER_CERT: ["has a certificate that cannot be verified", TLS_HINT],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["has a certificate that cannot be verified", TLS_HINT],
  SELF_SIGNED_CERT_IN_CHAIN: ["has a certificate from an unknown CA", TLS_HINT],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["has a self-signed certificate", TLS_HINT],
  CERT_HAS_EXPIRED: ["has an expired certificate", "Check this machine's clock, too."],
  CERT_NOT_YET_VALID: ["has a certificate that is not valid yet", "Check this machine's clock."],
  ERR_TLS_CERT_ALTNAME_INVALID: ["has a certificate for another name"],
};

/** Nothing that a second try a moment later would meet differently. */
const LASTING = /^(?:ENOTFOUND|UnsupportedProxyProtocol|EPROTO|CERT_\w+|ERR_TLS_\w+|\w+_CERT\w*|\w+_LEAF_SIGNATURE)$/;

/** No connection came about, so that nothing was asked of anybody. */
const NEVER_OPENED =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UnsupportedProxyProtocol|EPROTO|CERT_\w+|ERR_TLS_\w+|\w+_CERT\w*|\w+_LEAF_SIGNATURE)$/;

/** What a proxy may be to blame for as well as the server behind it. */
const ON_THE_WAY = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|)$/;

/**
 * What fetch threw, as one of our errors. `signal` tells a deadline and Ctrl-C from a broken connection: their
 * reasons are already ours. `proxy` is the one on the way.
 */
export function toNetworkError(thrown: unknown, url: URL, signal: AbortSignal, proxy?: string): InferError {
  // Also what went wrong while the body was read to be sent: ofetch wraps it as it does the rest.
  const ours = causes(thrown).find((error) => error instanceof InferError);
  if (ours instanceof InferError) return ours;
  if (signal.aborted && signal.reason instanceof InferError) return signal.reason;
  const { code, message } = rootCause(thrown);
  const [what, hint] = CODES[code] ?? [`could not be reached: ${message}`];
  const viaProxy = proxy !== undefined && ON_THE_WAY.test(code);
  const who = viaProxy ? `The proxy ${proxy}, on the way to ${url.host},` : url.host;
  return new InferError("network", `${who} ${what}${code ? ` [${code}]` : ""}.`, {
    hint: viaProxy ? `Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or add ${url.hostname} to NO_PROXY.` : hint,
    retryable: !LASTING.test(code),
    unsent: NEVER_OPENED.test(code),
    cause: thrown,
  });
}

/** ofetch wraps what fetch threw, and its own message quotes the whole URL. */
function rootCause(thrown: unknown): { code: string; message: string } {
  const error = causes(thrown).at(-1);
  // Bun's advice is for programmers.
  return { code: codeOf(error) ?? "", message: messageOf(error).replace(/ For more information, pass .*$/, "") };
}

/** What was thrown, what that was thrown for, and so on. */
function causes(thrown: unknown): unknown[] {
  const chain = [thrown];
  for (let error = thrown; error instanceof Error && error.cause instanceof Error; error = error.cause) {
    chain.push(error.cause);
  }
  return chain;
}
