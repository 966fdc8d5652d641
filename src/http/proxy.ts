type Env = Readonly<Record<string, string | undefined>>;

const LOOPBACK = ["localhost", "127.0.0.1", "::1", "[::1]"];

/**
 * What Bun's own proxy support leaves open, as assignments to the environment: `ALL_PROXY` stands in for a scheme
 * that has no variable of its own, and loopback never goes through a proxy, so that a local server answers whatever
 * the shell is set up for. Empty when no proxy is configured.
 */
export function proxyAssignments(env: Env): Record<string, string> {
  const assignments: Record<string, string> = {};
  const all = env.ALL_PROXY ?? env.all_proxy;
  let proxied = false;
  for (const scheme of ["HTTP", "HTTPS"]) {
    const own = env[`${scheme}_PROXY`] ?? env[`${scheme.toLowerCase()}_proxy`];
    if (own === undefined && all) assignments[`${scheme}_PROXY`] = all;
    proxied ||= Boolean(own ?? all);
  }
  if (!proxied) return {};
  const exempt = (env.NO_PROXY ?? env.no_proxy ?? "").split(",").map((entry) => entry.trim());
  if (!exempt.includes("*")) {
    assignments.NO_PROXY = [...new Set([...exempt.filter(Boolean), ...LOOPBACK])].join(",");
    assignments.no_proxy = assignments.NO_PROXY;
  }
  return assignments;
}

/** The proxy that a request to this URL goes through, by the rules that Bun follows, as `host:port`. */
export function proxyOf(env: Env, url: URL): string | undefined {
  const scheme = url.protocol.slice(0, -1);
  const proxy = env[`${scheme.toUpperCase()}_PROXY`] ?? env[`${scheme}_proxy`] ?? env.ALL_PROXY ?? env.all_proxy;
  if (!proxy) return undefined;
  const exempt = (env.NO_PROXY ?? env.no_proxy ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  const host = url.hostname.toLowerCase();
  const isExempt = exempt.filter(Boolean).some((entry) => {
    const name = entry.replace(/:\d+$/, "").replace(/^\*?\./, "");
    return entry === "*" || entry === url.host || host === name || host.endsWith(`.${name}`);
  });
  // Without what may stand before the host: a name and a password.
  return isExempt ? undefined : URL.parse(proxy)?.host || proxy.replace(/^.*@/, "");
}
