import { connect } from "node:net";
import type { Context } from "../../core/context.ts";
import { toInferError } from "../../core/error.ts";
import { toNetworkError } from "../../http/network-error.ts";
import { type Check, fail, ok, patience, type Setup, throwIfInterrupted, warn } from "./check.ts";

type Env = Context["env"];

/** The proxies that the environment names: whether infer can use them, and whether they are there. */
export async function checkProxy({ context }: Setup): Promise<Check[]> {
  const { env } = context;
  const [http, https] = [proxyFor(env, "http"), proxyFor(env, "https")];
  const named: readonly (readonly [id: string, proxy: string])[] =
    http === https
      ? [["proxy", http]]
      : [
          ["proxy.http", http],
          ["proxy.https", https],
        ];
  const proxies = named.filter(([, proxy]) => proxy !== "");
  if (proxies.length === 0) return [ok("proxy", "None is set.")];
  const checks = await Promise.all(proxies.map(([id, proxy]) => one(context, id, proxy, variablesWith(env, proxy))));
  return [...checks, ...contradictions(env), ...exemptions(env)];
}

/** What Bun takes: the variable in lower case before the one in upper case. */
function proxyFor(env: Env, scheme: string): string {
  const lower = env[`${scheme}_proxy`];
  const upper = env[`${scheme.toUpperCase()}_PROXY`];
  if (lower === undefined && upper === undefined) return env.ALL_PROXY ?? env.all_proxy ?? "";
  return lower || upper || "";
}

const VARIABLES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

function variablesWith(env: Env, proxy: string): string {
  return VARIABLES.filter((name) => env[name] === proxy).join(", ");
}

/** Nothing of the variable is printed but the host: a name and a password may stand before it. */
async function one(context: Context, id: string, proxy: string, variables: string): Promise<Check> {
  const url = URL.parse(proxy.includes("://") ? proxy : `http://${proxy}`);
  if (!url?.hostname) return fail(id, `${variables} is not the address of a proxy.`, "Write it as http://host:port");
  const name = `${url.host} (${variables})`;
  if (!/^https?:$/.test(url.protocol)) {
    const fix = "Name an http or https proxy; many SOCKS proxies listen as one on another port.";
    return fail(id, `${name} is a ${url.protocol.slice(0, -1)} proxy, which infer cannot use.`, fix);
  }
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  using limit = patience(context, url.host);
  try {
    await reach(url.hostname.replace(/^\[|\]$/g, ""), port, limit.signal);
    return ok(id, `${name} takes connections.`);
  } catch (thrown) {
    throwIfInterrupted(thrown);
    const { message } = toInferError(toNetworkError(thrown, url, limit.signal));
    return fail(
      id,
      `The proxy of ${variables} is not there: ${message}`,
      `Start it, correct the address, or: unset ${variables.replaceAll(",", "")}`,
    );
  }
}

async function reach(host: string, port: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const socket = connect({ host, port });
  socket.once("connect", resolve);
  socket.once("error", reject);
  try {
    if (signal.aborted) onAbort();
    await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

function contradictions(env: Env): Check[] {
  return ["http_proxy", "https_proxy"].flatMap((lower) => {
    const upper = lower.toUpperCase();
    if (!env[lower] || !env[upper] || env[lower] === env[upper]) return [];
    return [warn(`proxy.${lower}`, `${lower} and ${upper} differ: ${lower} counts.`, `unset ${upper}`)];
  });
}

/** Forms that other programs know and that match nothing here. */
const ODD: readonly (readonly [form: RegExp, what: string])[] = [
  [/\/\d+$/, "a range of addresses"],
  [/:\/\//, "a URL"],
  [/^\*?[^*]+\*|^\*[^.]/, "a pattern"],
];

function exemptions(env: Env): Check[] {
  const entries = (env.no_proxy || env.NO_PROXY || "").split(/[\s,]+/).filter(Boolean);
  const odd = entries.flatMap((entry) => {
    const [, what] = ODD.find(([form]) => form.test(entry)) ?? [];
    return what === undefined ? [] : [`${entry.replace(/^.*@/, "")} (${what})`];
  });
  if (odd.length === 0) return [];
  const fix = "List the hosts themselves, or a domain as .example.com";
  return [warn("proxy.NO_PROXY", `Entries of NO_PROXY that exempt nothing: ${odd.join(", ")}`, fix)];
}
