import { createFetch } from "ofetch";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { VERSION } from "../version.ts";
import { toNetworkError } from "./network-error.ts";
import { proxyOf } from "./proxy.ts";
import { type ByteSource, exactly } from "./source.ts";

export interface HttpRequest {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  /** Text, or bytes that are read while they are sent; their size is told when it is known. */
  body?: string | ByteSource;
  /** `false`: hand a redirect back instead of following it. */
  followRedirects?: false;
  /** How to get there, where that is not as the environment says. */
  transport?: Transport;
}

/** A proxy of its own, and certificates in PEM. */
export interface Transport {
  proxy?: string;
  tls?: {
    ca?: string;
    cert?: string;
    key?: string;
    passphrase?: string;
    serverName?: string;
    rejectUnauthorized?: boolean;
  };
}

export interface Reply {
  status: number;
  headers: Headers;
  /** Where the answer came from, after redirects. */
  url: URL;
  /** Chunks as they arrive. A break or the signal surfaces as an `InferError`, also in the middle of the body. */
  body: AsyncIterable<Uint8Array>;
}

const USER_AGENT = `infer/${VERSION.version}`;

type Sender = Pick<Context, "fetch" | "env">;

/**
 * Sends one request and hands back the answer with its body still to be read, whatever its status. Redirects are
 * followed by hand and within the origin only: fetch would carry `x-api-key` and the like to another one, and turn a
 * POST into a GET without its body.
 */
export async function send(context: Sender, request: HttpRequest, signal: AbortSignal): Promise<Reply> {
  // Left to itself, ofetch says that it accepts JSON alone.
  const headers = { "user-agent": USER_AGENT, accept: "*/*", ...request.headers };
  let url = parseUrl(request.url);
  for (let hops = 0; ; hops++) {
    const response = await open(context, { ...request, headers }, url, signal);
    const location = request.followRedirects === false ? null : redirectTarget(response, url);
    if (location === null) {
      return {
        status: response.status,
        headers: response.headers,
        url,
        body: chunks(context, request, response, url, signal),
      };
    }
    await response.body?.cancel();
    if (hops === MOST_REDIRECTS) throw tooManyRedirects(url.host);
    const keepsBody = request.method === "GET" || [307, 308].includes(response.status);
    if (location.origin !== url.origin || !keepsBody) throw refusedRedirect(url, location, response.status);
    url = location;
  }
}

export const MOST_REDIRECTS = 5;

export function tooManyRedirects(from: string): InferError {
  return new InferError("provider_error", `${from} redirected more than ${MOST_REDIRECTS} times.`);
}

async function open(context: Sender, request: HttpRequest, url: URL, signal: AbortSignal): Promise<Response> {
  // ofetch's own retry and timeout stay off: it ignores Retry-After, and its timeout does not cover the body.
  const client = createFetch({ fetch: context.fetch, Headers, AbortController });
  const { body } = request;
  const size = typeof body === "object" ? body.size : undefined;
  try {
    signal.throwIfAborted();
    return await client.raw(url.href, {
      method: request.method,
      headers: { ...request.headers, ...(size !== undefined && { "content-length": String(size) }) },
      ...(body !== undefined && { body: typeof body === "string" ? body : exactly(body) }),
      signal,
      retry: false,
      redirect: "manual",
      responseType: "stream",
      ignoreResponseError: true,
      ...request.transport,
    });
  } catch (thrown) {
    throw toNetworkError(thrown, url, signal, onTheWay(context, request, url));
  }
}

async function* chunks(
  context: Sender,
  request: HttpRequest,
  response: Response,
  url: URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  try {
    for await (const chunk of response.body) yield chunk;
  } catch (thrown) {
    throw toNetworkError(thrown, url, signal, onTheWay(context, request, url));
  }
}

function onTheWay({ env }: Sender, { transport }: HttpRequest, url: URL): string | undefined {
  return transport?.proxy === undefined ? proxyOf(env, url) : (URL.parse(transport.proxy)?.host ?? "of the config");
}

/** An http(s) URL, or `null` for anything else. */
export function webUrl(text: string, base?: URL): URL | null {
  const url = URL.parse(text, base?.href);
  return url && /^https?:$/.test(url.protocol) ? url : null;
}

function parseUrl(text: string): URL {
  const url = webUrl(text);
  if (url) return url;
  throw new InferError("usage", `"${withoutSecrets(text)}" is not an http(s) URL.`, {
    hint: "Check baseUrl in the config.",
  });
}

/** What is no URL, and was meant for one, without what may be secret in it. */
export function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//").replace(/[?#].*/s, "");
}

function redirectTarget(response: Response, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(response.status)) return null;
  const location = response.headers.get("location");
  return location === null ? null : webUrl(location, from);
}

function refusedRedirect(from: URL, to: URL, status: number): InferError {
  return new InferError("provider_error", `${from.host} answered ${status} and points to ${to.origin}${to.pathname}.`, {
    status,
    hint: `infer does not send a prompt or a key where it was not told to. If that is the right address, set it as baseUrl.`,
  });
}
