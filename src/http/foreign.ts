import { lookup } from "node:dns/promises";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type HttpRequest, MOST_REDIRECTS, type Reply, send, tooManyRedirects, webUrl } from "./client.ts";
import { isLocalName, isPrivateAddress } from "./private-address.ts";
import { proxyOf } from "./proxy.ts";

interface ForeignOptions {
  allowPrivateNetwork: boolean;
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
    const request = options.allowPrivateNetwork ? plain(target.href) : await guarded(context, target);
    const reply = await send(context, { ...request, followRedirects: false }, options.signal);
    const location = reply.status >= 300 && reply.status < 400 ? reply.headers.get("location") : null;
    if (location === null) return reply;
    url = URL.parse(location, url)?.href ?? location;
  }
  throw tooManyRedirects(address);
}

/** Whether a server that infer was told to use is on this machine or its network; what cannot be resolved is not. */
export async function isOnPrivateNetwork({ env }: Pick<Context, "env">, address: string): Promise<boolean> {
  const url = webUrl(address);
  if (!url) return false;
  const { host, isLiteral, isPrivate } = hostOf(url);
  if (isLiteral || isPrivate || proxyOf(env, url)) return isPrivate;
  return resolve(host).then(
    (addresses) => addresses.some(isPrivateAddress),
    () => false,
  );
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
