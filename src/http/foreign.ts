import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import {
  type HttpRequest,
  MOST_REDIRECTS,
  type Reply,
  send,
  type Transport,
  tooManyRedirects,
  webUrl,
} from "./client.ts";
import { isLocalName, isPrivateAddress } from "./private-address.ts";
import { proxyOf } from "./proxy.ts";

/** A server that infer was told to use. */
export interface Home {
  baseUrl: string;
  /** How it is reached, where that is not as the environment says. */
  transport?: Transport | undefined;
}

interface ForeignOptions {
  allowPrivateNetwork: boolean;
  /** Who handed the URL over: it may name its own host wherever that is, and from this machine, this machine. */
  home?: Home;
  signal: AbortSignal;
}

/**
 * Fetches a URL that a person or a provider handed over, with no credential on it. Every hop is checked before it is
 * contacted: http(s) only, and no address on this machine or its network unless that is allowed.
 */
export async function fetchForeign(
  context: Pick<Context, "fetch" | "env">,
  address: string,
  options: ForeignOptions,
): Promise<Reply> {
  let url = address;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const target = webUrl(url);
    if (!target) throw new InferError("refused", `${url} is not an http(s) URL.`);
    const request = options.allowPrivateNetwork
      ? plain(target.href)
      : ((await homely(context, target, options.home)) ?? (await guarded(context, target)));
    const reply = await send(context, { ...request, followRedirects: false }, options.signal);
    const location = reply.status >= 300 && reply.status < 400 ? reply.headers.get("location") : null;
    if (location === null) return reply;
    url = URL.parse(location, url)?.href ?? location;
  }
  throw tooManyRedirects(address);
}

/** The request, where the URL leads to the very server that named it. Never to link-local: cloud metadata lives there. */
async function homely(
  { env }: Pick<Context, "env">,
  url: URL,
  home: Home | undefined,
): Promise<HttpRequest | undefined> {
  const base = home && webUrl(home.baseUrl);
  if (!base || (base.hostname !== url.hostname && !(isLoopback(base) && isLoopback(url)))) return undefined;
  const { host, isLiteral } = hostOf(url);
  const isResolved = !isLiteral && !isLoopback(url) && !home.transport?.proxy && !proxyOf(env, url);
  const addresses = isResolved ? await resolve(host) : isLiteral ? [host] : [];
  if (addresses.some(isLinkLocal)) throw refused(host);
  const own = base.hostname === url.hostname && home.transport;
  return { ...plain(url.href), ...(own && { transport: own }) };
}

function isLoopback(url: URL): boolean {
  const { host, isLiteral } = hostOf(url);
  return isLiteral ? rangeOf(host) === "loopback" : /^(?:.+\.)?localhost\.?$/.test(host);
}

function isLinkLocal(address: string): boolean {
  return rangeOf(address) === "linkLocal";
}

function rangeOf(address: string): string | undefined {
  return ipaddr.isValid(address) ? ipaddr.process(address).range() : undefined;
}

/** What the URL says by itself about where it leads. */
function hostOf(url: URL): { host: string; isLiteral: boolean; isPrivate: boolean } {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isLiteral = /^[\d.]+$/.test(host) || host.includes(":");
  return { host, isLiteral, isPrivate: isLiteral ? isPrivateAddress(host) : isLocalName(host) };
}

/** The request, once its address is known to be public. */
async function guarded(context: Pick<Context, "env">, url: URL): Promise<HttpRequest> {
  const { host, isLiteral, isPrivate } = hostOf(url);
  if (isPrivate) throw refused(host);
  // A proxy resolves names itself: only what the URL says can be checked.
  if (isLiteral || proxyOf(context.env, url)) return plain(url.href);
  const addresses = await resolve(host);
  const found = addresses.find(isPrivateAddress);
  if (found !== undefined) throw refused(`${host} (${found})`);
  return pinned(url, addresses);
}

/**
 * Plain http goes to the very address that was checked, so that a second DNS answer cannot lead elsewhere. With
 * https the name has to stay for the certificate, which a private server would not have.
 */
function pinned(url: URL, [address]: readonly string[]): HttpRequest {
  if (url.protocol === "https:" || address === undefined) return plain(url.href);
  const direct = new URL(url);
  direct.hostname = address.includes(":") ? `[${address}]` : address;
  return { method: "GET", url: direct.href, headers: { host: url.host } };
}

function plain(url: string): HttpRequest {
  return { method: "GET", url, headers: {} };
}

async function resolve(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (thrown) {
    throw new InferError("network", `${host} could not be found (DNS).`, { cause: thrown });
  }
}

function refused(what: string): InferError {
  return new InferError("refused", `${what} is on this machine or a private network.`, {
    hint: "Allow it with --allow-private-network.",
  });
}
