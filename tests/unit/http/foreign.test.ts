import { afterAll, beforeEach, describe, expect, mock, test } from "bun:test";
import type { InferError } from "../../../src/core/error.ts";
import { readText } from "../../../src/http/body.ts";
import { fetchForeign } from "../../../src/http/foreign.ts";

const dns = { ...(await import("node:dns/promises")) };
const PUBLIC = "93.184.216.34";
let names: Record<string, string[]> = {};
let asked: string[] = [];

// The guard resolves names itself; no test may need the network for that.
mock.module("node:dns/promises", () => ({
  ...dns,
  lookup: async (host: string) => {
    asked.push(host);
    const found = names[host];
    if (!found) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
    return found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  },
}));
afterAll(() => {
  mock.module("node:dns/promises", () => dns);
});
beforeEach(() => {
  names = { "example.com": [PUBLIC] };
  asked = [];
});

interface Visit {
  url: string;
  headers: Headers;
}

/** A network that answers what the test says; every address that is really contacted is noted. */
function network(answers: (url: string) => Response = () => new Response("ok")) {
  const visits: Visit[] = [];
  const fetch = (async (input: string | URL | Request, init?: RequestInit) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    visits.push({ url, headers });
    return answers(url);
  }) as unknown as typeof globalThis.fetch;
  return { fetch, visits };
}

interface Options {
  allow?: boolean;
  env?: Record<string, string>;
  answers?: (url: string) => Response;
}

async function visit(address: string, { allow = false, env = {}, answers }: Options = {}) {
  const { fetch, visits } = network(answers);
  const options = { allowPrivateNetwork: allow, signal: new AbortController().signal };
  const outcome = await fetchForeign({ fetch, env }, address, options).then(
    (reply) => ({ reply, error: undefined }),
    (error: InferError) => ({ reply: undefined, error }),
  );
  return { ...outcome, visits, urls: visits.map(({ url }) => url) };
}

function redirectTo(location: string, status = 302): (url: string) => Response {
  return (url) =>
    new URL(url).hostname === PUBLIC ? new Response(null, { status, headers: { location } }) : new Response("inside");
}

const PRIVATE_URLS = [
  "http://127.0.0.1/",
  "http://127.1/",
  "http://10.1.2.3/",
  "http://172.20.0.1/",
  "http://192.168.0.1:8080/",
  "http://169.254.169.254/latest/meta-data/",
  "http://100.64.0.1/",
  "http://0.0.0.0:8080/",
  "http://0/",
  "http://2130706433/",
  "http://0x7f.1/",
  "http://0x7f000001/",
  "http://0177.0.0.1/",
  "http://127.0.0.1./",
  "http://１２７.0.0.1/",
  "http://%31%32%37.0.0.1/",
  "http://[::1]/",
  "http://[::]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:a9fe:a9fe]/",
  "http://[::127.0.0.1]/",
  "http://[fd00:ec2::254]/",
  "http://[fe80::1]/",
  "http://[64:ff9b::7f00:1]/",
  "http://[2002:7f00:1::]/",
  "http://localhost/",
  "http://LOCALHOST:3000/",
  "http://localhost./",
  "http://app.localhost/",
  "http://metadata.google.internal/",
  "http://nas.local/",
  "http://intranet/",
  "https://127.0.0.1/",
  "https://[::1]/",
  "http://user:pass@127.0.0.1/",
  "http://example.com@127.0.0.1/",
];

describe("an address on this machine or its network", () => {
  test.each(PRIVATE_URLS)("%s is refused before anything is sent", async (url) => {
    const { error, urls } = await visit(url);
    expect(error?.type).toBe("refused");
    expect(error?.details.hint).toContain("--allow-private-network");
    expect(urls).toEqual([]);
  });

  test.each(PRIVATE_URLS)("%s is refused behind a proxy as well", async (url) => {
    const { error, urls } = await visit(url, { env: { HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1" } });
    expect(error?.type).toBe("refused");
    expect(urls).toEqual([]);
  });

  test.each(PRIVATE_URLS)("%s is allowed by --allow-private-network", async (url) => {
    const { reply, urls } = await visit(url, { allow: true });
    expect(reply?.status).toBe(200);
    expect(urls).toHaveLength(1);
  });
});

describe("a name", () => {
  test("that resolves to public addresses is fetched", async () => {
    const { reply, urls } = await visit("https://example.com/a?b=1#c");
    expect(reply && (await readText(reply.body))).toBe("ok");
    expect(urls).toHaveLength(1);
    expect(asked).toEqual(["example.com"]);
  });

  test.each([[["127.0.0.1"]], [[PUBLIC, "10.0.0.1"]], [["::1"]], [["::ffff:192.168.0.1"]], [["169.254.169.254"]]])(
    "that resolves to %j is refused",
    async (addresses) => {
      names["rebound.example"] = addresses;
      for (const scheme of ["http", "https"]) {
        const { error, urls } = await visit(`${scheme}://rebound.example/`);
        expect(error?.type).toBe("refused");
        expect(error?.message).toContain("rebound.example");
        expect(urls).toEqual([]);
      }
    },
  );

  test("that does not resolve is a network error", async () => {
    const { error, urls } = await visit("https://nowhere.example/");
    expect(error?.type).toBe("network");
    expect(urls).toEqual([]);
  });

  test("is contacted over http at the very address that was checked", async () => {
    const { visits } = await visit("http://example.com:8080/a?b=1");
    expect(visits).toHaveLength(1);
    expect(visits[0]?.url).toBe(`http://${PUBLIC}:8080/a?b=1`);
    expect(visits[0]?.headers.get("host")).toBe("example.com:8080");
  });

  test("stays in an https URL, for the certificate", async () => {
    expect((await visit("https://example.com/a")).urls).toEqual(["https://example.com/a"]);
  });

  test("is left to a proxy to resolve", async () => {
    const { urls } = await visit("http://example.com/", { env: { http_proxy: "http://p:1" } });
    expect(urls).toEqual(["http://example.com/"]);
    expect(asked).toEqual([]);
  });

  test.each<[string, string, Record<string, string>]>([
    ["the proxy is for the other scheme", "http://rebound.example/", { HTTPS_PROXY: "http://p:1" }],
    ["the proxy is for the other scheme", "https://rebound.example/", { HTTP_PROXY: "http://p:1" }],
    ["NO_PROXY exempts everything", "http://rebound.example/", { HTTP_PROXY: "http://p:1", NO_PROXY: "*" }],
    ["NO_PROXY exempts it", "http://rebound.example/", { HTTP_PROXY: "http://p:1", NO_PROXY: "rebound.example" }],
    ["no_proxy exempts it", "http://rebound.example/", { HTTP_PROXY: "http://p:1", no_proxy: "rebound.example" }],
  ])("that no proxy resolves is checked: %s", async (_name, url, env) => {
    names["rebound.example"] = ["10.0.0.1"];
    const { error, urls } = await visit(url, { env });
    expect(error?.type).toBe("refused");
    expect(urls).toEqual([]);
  });
});

describe("a redirect", () => {
  // A header holds no other characters.
  const inHeaders = PRIVATE_URLS.filter((url) => /^[\x20-\x7e]+$/.test(url));
  test.each(inHeaders)("from a public host to %s is refused", async (url) => {
    const { error, urls } = await visit("http://example.com/", { answers: redirectTo(url) });
    expect(error?.type).toBe("refused");
    expect(urls).toEqual([`http://${PUBLIC}/`]);
  });

  test.each([301, 302, 303, 307, 308])("with status %d is checked", async (status) => {
    const { error, urls } = await visit(`http://${PUBLIC}/`, { answers: redirectTo("http://127.0.0.1/", status) });
    expect(error?.type).toBe("refused");
    expect(urls).toHaveLength(1);
  });

  test.each(["file:///etc/passwd", "ftp://example.com/", "data:text/plain,x", "javascript:alert(1)", "blob:x"])(
    "to %s is refused",
    async (url) => {
      const { error, urls } = await visit(`http://${PUBLIC}/`, { answers: redirectTo(url) });
      expect(error?.type).toBe("refused");
      expect(urls).toHaveLength(1);
    },
  );

  test("to a name that resolves to a private address is refused", async () => {
    names["rebound.example"] = ["192.168.1.1"];
    const { error, urls } = await visit("https://example.com/", {
      answers: (url) =>
        url.includes("example.com")
          ? new Response(null, { status: 302, headers: { location: "https://rebound.example/" } })
          : new Response("inside"),
    });
    expect(error?.type).toBe("refused");
    expect(urls).toEqual(["https://example.com/"]);
  });

  test("that is relative keeps the name, not the address that it was pinned to", async () => {
    names["example.com"] = [PUBLIC];
    const { reply, visits } = await visit("http://example.com/a/b", {
      answers: (url) =>
        url.endsWith("/a/c") ? new Response("ok") : new Response(null, { status: 302, headers: { location: "c" } }),
    });
    expect(reply?.status).toBe(200);
    expect(visits.map(({ url, headers }) => [url, headers.get("host")])).toEqual([
      [`http://${PUBLIC}/a/b`, "example.com"],
      [`http://${PUBLIC}/a/c`, "example.com"],
    ]);
  });

  test("to a public host is followed", async () => {
    names["cdn.example"] = ["1.1.1.1"];
    const { reply, urls } = await visit("https://example.com/", {
      answers: (url) =>
        url.includes("cdn")
          ? new Response("ok")
          : new Response(null, { status: 302, headers: { location: "https://cdn.example/x" } }),
    });
    expect(reply?.status).toBe(200);
    expect(urls).toEqual(["https://example.com/", "https://cdn.example/x"]);
  });

  test("without end ends", async () => {
    const { error, urls } = await visit("https://example.com/", {
      answers: () => new Response(null, { status: 302, headers: { location: "https://example.com/" } }),
    });
    expect(error?.type).toBe("provider_error");
    expect(urls.length).toBeLessThanOrEqual(10);
  });

  test("to a private host is followed when that is allowed", async () => {
    const { reply, urls } = await visit(`http://${PUBLIC}/`, {
      allow: true,
      answers: redirectTo("http://127.0.0.1:1/x"),
    });
    expect(reply?.status).toBe(200);
    expect(urls).toEqual([`http://${PUBLIC}/`, "http://127.0.0.1:1/x"]);
  });
});

describe("another scheme", () => {
  const urls = ["file:///etc/passwd", "ftp://example.com/x", "gopher://example.com", "data:text/plain,x", "nonsense"];
  test.each(urls)("%s is refused", async (url) => {
    const { error, urls: visited } = await visit(url);
    expect(error?.type).toBe("refused");
    expect(visited).toEqual([]);
  });

  test.each(urls)("%s is not opened by --allow-private-network either", async (url) => {
    const { error, urls: visited } = await visit(url, { allow: true });
    expect(["refused", "usage"]).toContain(error?.type ?? "none");
    expect(error?.details.hint ?? "").not.toContain("baseUrl");
    expect(visited).toEqual([]);
  });

  test("a redirect to a file is not handed out as a file when private addresses are allowed", async () => {
    const { error, urls: visited } = await visit(`http://${PUBLIC}/`, {
      allow: true,
      answers: redirectTo("file:///etc/passwd"),
    });
    expect(error).toBeDefined();
    expect(visited).toHaveLength(1);
  });
});

describe("the request", () => {
  test("carries no credential", async () => {
    const { visits } = await visit("https://example.com/");
    const sent = Array.from(visits[0]?.headers.keys() ?? []);
    expect(sent.filter((name) => /auth|key|token|cookie/i.test(name))).toEqual([]);
  });

  test("over the wire, with the private network allowed", async () => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => new Response(request.method) });
    const context = { fetch: globalThis.fetch, env: {} };
    const options = { signal: new AbortController().signal };
    const url = `http://127.0.0.1:${server.port}/x`;
    const reply = await fetchForeign(context, url, { ...options, allowPrivateNetwork: true });
    expect(await readText(reply.body)).toBe("GET");
    await expect(fetchForeign(context, url, { ...options, allowPrivateNetwork: false })).rejects.toMatchObject({
      type: "refused",
    });
  });
});

describe("what a server names that infer was told to use", () => {
  const named = async (baseUrl: string, url: string, more: { env?: Record<string, string>; proxy?: string } = {}) => {
    const { fetch, visits } = network();
    const home = { baseUrl, ...(more.proxy && { transport: { proxy: more.proxy } }) };
    const options = { allowPrivateNetwork: false, home, signal: new AbortController().signal };
    const outcome = await fetchForeign({ fetch, env: more.env ?? {} }, url, options).then(
      ({ status }) => status,
      ({ type }: InferError) => type,
    );
    return [outcome, visits.length];
  };

  test.each([
    ["http://127.0.0.1:8188", "http://127.0.0.1:9000/a"],
    ["http://127.0.0.1:8188", "http://localhost:9000/a"],
    ["http://localhost:8188", "http://[::1]:9000/a"],
    ["http://192.168.0.7:8188", "http://192.168.0.7/a"],
    ["http://nas.local:8188", "http://nas.local/a"],
    ["https://example.com/v1", "https://example.com/a"],
    ["https://example.com/v1", "https://cdn.example/a"],
  ])("%s may name %s", async (baseUrl, url) => {
    names = { ...names, "cdn.example": ["1.1.1.1"], "nas.local": ["192.168.0.9"] };
    expect(await named(baseUrl, url)).toEqual([200, 1]);
  });

  test.each([
    ["http://127.0.0.1:8188", "http://192.168.0.1/admin"],
    ["http://127.0.0.1:8188", "http://169.254.169.254/latest/meta-data/"],
    ["http://127.0.0.1:8188", "http://inside.example/"],
    ["http://127.0.0.1:8188", "http://metadata.google.internal/"],
    ["http://192.168.0.7:8188", "http://192.168.0.8/a"],
    ["http://192.168.0.7:8188", "http://127.0.0.1/a"],
    ["http://169.254.169.254/v1", "http://169.254.169.254/latest/meta-data/"],
    ["http://[fe80::1]/v1", "http://[fe80::1]/a"],
    ["http://link.example/v1", "http://link.example/a"],
    ["https://example.com/v1", "http://127.0.0.1/a"],
  ])("%s may not name %s", async (baseUrl, url) => {
    names = { ...names, "inside.example": ["127.0.0.1"], "link.example": ["169.254.1.2"] };
    expect(await named(baseUrl, url)).toEqual(["refused", 0]);
  });

  test("is reached in its own way, and what is elsewhere is not", async () => {
    const transports: unknown[] = [];
    const fetch = (async (_: unknown, init: RequestInit & { proxy?: string }) => {
      transports.push(init.proxy);
      return new Response("ok");
    }) as unknown as typeof globalThis.fetch;
    const home = { baseUrl: "https://images.example/v1", transport: { proxy: "http://proxy.example:3128" } };
    const options = { allowPrivateNetwork: false, home, signal: new AbortController().signal };
    // The proxy resolves the one name, and nobody has to know it here.
    for (const url of ["https://images.example/a", "https://example.com/a"]) {
      await fetchForeign({ fetch, env: {} }, url, options);
    }
    expect(transports).toEqual(["http://proxy.example:3128", undefined]);
    expect(asked).toEqual(["example.com"]);
  });
});
