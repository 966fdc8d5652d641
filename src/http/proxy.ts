type Env = Readonly<Record<string, string | undefined>>;

const LOOPBACK = ["localhost", "127.0.0.1", "::1", "[::1]"];

/**
 * What Bun's own proxy support leaves open, as assignments to the environment: `ALL_PROXY` stands in for a scheme
 * that has no variable of its own, and loopback never goes through a proxy, so that a local server answers whatever
 * the shell is set up for. Empty when no proxy is configured.
 */
export function proxyAssignments(env: Env): Record<string, string> {
  const assignments: Record<string, string> = {};
  for (const scheme of ["http", "https"]) {
    const proxy = proxyFor(env, scheme);
    if (proxy && ownProxy(env, scheme) === undefined) assignments[`${scheme.toUpperCase()}_PROXY`] = proxy;
  }
  if (!proxyFor(env, "http") && !proxyFor(env, "https")) return {};
  const exempt = exemptions(env);
  if (!exempt.includes("*")) {
    assignments.NO_PROXY = [...new Set([...exempt, ...LOOPBACK])].join(",");
    assignments.no_proxy = assignments.NO_PROXY;
  }
  return assignments;
}

/** The same, together with the variables that the environment has itself, for one that is not the process's own. */
export function proxyEnvironment(env: Env): Record<string, string> {
  const own = VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(own), ...proxyAssignments(env) };
}

const VARIABLES = ["http", "https", "all", "no"].flatMap((kind) => [`${kind}_proxy`, `${kind.toUpperCase()}_PROXY`]);

/** The proxy that a request to this URL goes through, by the rules that Bun follows, as `host:port`. */
export function proxyOf(env: Env, url: URL): string | undefined {
  const proxy = proxyFor(env, url.protocol.slice(0, -1));
  if (!proxy) return undefined;
  const host = url.hostname.toLowerCase();
  const isExempt = exemptions(env).some((exemption) => {
    const entry = exemption.toLowerCase();
    const name = entry.replace(/:\d+$/, "").replace(/^\*?\./, "");
    return entry === "*" || entry === url.host || host === name || host.endsWith(`.${name}`);
  });
  // Without what may stand before the host: a name and a password.
  return isExempt ? undefined : URL.parse(proxy)?.host || proxy.replace(/^.*@/, "");
}

/** The same as an address with its scheme and credentials, for a client that takes none from the environment. */
export function proxyUrlOf(env: Env, url: URL): string | undefined {
  const proxy = proxyOf(env, url) && proxyFor(env, url.protocol.slice(0, -1));
  return proxy?.includes("://") === false ? `http://${proxy}` : proxy;
}

/** Bun takes the lower-case one first; an empty one switches the scheme off unless the other is set. */
function ownProxy(env: Env, scheme: string): string | undefined {
  const [lower, upper] = [env[`${scheme}_proxy`], env[`${scheme.toUpperCase()}_PROXY`]];
  return lower || upper || (lower ?? upper);
}

function proxyFor(env: Env, scheme: string): string | undefined {
  return ownProxy(env, scheme) ?? env.ALL_PROXY ?? env.all_proxy;
}

function exemptions(env: Env): string[] {
  const entries = (env.NO_PROXY ?? env.no_proxy ?? "").split(",");
  return entries.map((entry) => entry.trim()).filter(Boolean);
}
