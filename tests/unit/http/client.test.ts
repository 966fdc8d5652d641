import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { InferError } from "../../../src/core/error.ts";
import { readBytes, readText } from "../../../src/http/body.ts";
import { type HttpRequest, send } from "../../../src/http/client.ts";
import { memorySource } from "../../../src/http/source.ts";
import { VERSION } from "../../../src/version.ts";
import { rejection } from "../../support/failure.ts";

interface Seen {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

/** A server that answers with what the test says and remembers what it was asked. */
function serve(answer: (request: Request) => Response | Promise<Response>) {
  const seen: Seen[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const headers = Object.fromEntries(request.headers.entries());
      seen.push({ method: request.method, path: pathname + search, headers, body: await request.text() });
      return answer(request);
    },
  });
  stops.push(() => server.stop(true));
  return { origin: `http://127.0.0.1:${server.port}`, seen };
}

/** A server that speaks bytes. */
async function serveRaw(talk: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => talk(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

function redirect(status: number, location: string): Response {
  return new Response("moved", { status, headers: { location } });
}

const context = { fetch: globalThis.fetch, env: {} };
const quiet = new AbortController().signal;
const KEYS = {
  authorization: "Bearer key",
  "x-api-key": "key",
  "xi-api-key": "key",
  "x-goog-api-key": "key",
  "api-key": "key",
  cookie: "a=b",
  "x-custom": "maybe a key",
};

function post(url: string): HttpRequest {
  return { method: "POST", url, headers: { "content-type": "application/json", ...KEYS }, body: '{"prompt":"é"}' };
}
function get(url: string): HttpRequest {
  return { method: "GET", url, headers: { accept: "text/html", ...KEYS } };
}

describe("a request", () => {
  test("arrives as it was built, and the answer comes back as it is", async () => {
    const { origin, seen } = serve(() => new Response("ok", { headers: { "x-request-id": "r" } }));
    const reply = await send(context, post(`${origin}/v1/x?a=1`), quiet);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("x-request-id")).toBe("r");
    expect(reply.url.href).toBe(`${origin}/v1/x?a=1`);
    expect(await readText(reply.body)).toBe("ok");
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: "POST", path: "/v1/x?a=1", body: '{"prompt":"é"}' });
    expect(seen[0]?.headers).toMatchObject({
      ...KEYS,
      "content-type": "application/json",
      "user-agent": `infer/${VERSION.version}`,
    });
  });

  test("for a stream does not say that it wants JSON alone", async () => {
    const { origin, seen } = serve(() => new Response("ok"));
    await send(context, post(origin), quiet);
    expect(seen[0]?.headers.accept).not.toBe("application/json");
  });

  test.each([
    ["fewer", 3],
    ["more", 9],
  ])("whose body has %s bytes than were told fails as io, and not as the network", async (_, size) => {
    const { origin } = serve(() => new Response("ok"));
    const body = { size: 5, open: memorySource("x".repeat(size)).open };
    const error = await rejection(send(context, { method: "POST", url: origin, headers: {}, body }, quiet));
    expect({ type: error.type, message: error.message, retryable: error.retryable }).toEqual({
      type: "io",
      message: "What was being sent changed while it was sent.",
      retryable: false,
    });
  });

  test("can name its own user agent", async () => {
    const { origin, seen } = serve(() => new Response("ok"));
    await send(context, { method: "GET", url: origin, headers: { "user-agent": "me" } }, quiet);
    expect(seen[0]?.headers["user-agent"]).toBe("me");
  });

  test.each([204, 304, 400, 401, 404, 429, 500, 503])("status %d is an answer, tried once", async (status) => {
    const { origin, seen } = serve(() => new Response(status === 204 || status === 304 ? null : "words", { status }));
    const reply = await send(context, post(origin), quiet);
    expect(reply.status).toBe(status);
    expect(await readText(reply.body)).toBe(status === 204 || status === 304 ? "" : "words");
    expect(seen).toHaveLength(1);
  });

  test("the first chunk is there before the answer is complete", async () => {
    const gate = Promise.withResolvers<void>();
    const { origin } = serve(
      () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(new TextEncoder().encode("first"));
              await gate.promise;
              controller.close();
            },
          }),
        ),
    );
    const reply = await send(context, get(origin), quiet);
    const chunks = reply.body[Symbol.asyncIterator]();
    const first = await chunks.next();
    expect(new TextDecoder().decode(first.value)).toBe("first");
    gate.resolve();
    expect((await chunks.next()).done).toBe(true);
  });

  test.each(["file:///etc/passwd", "ftp://a/b", "nonsense", "", "data:text/plain,x", "api.example.com/v1"])(
    "to %p is refused before anything is sent",
    async (url) => {
      const never = { fetch: (() => Promise.reject(new Error("sent"))) as unknown as typeof globalThis.fetch, env: {} };
      expect((await rejection(send(never, post(url), quiet))).type).toBe("usage");
    },
  );
});

describe("a redirect on the same origin", () => {
  test.each([307, 308])("%d keeps method, key and body", async (status) => {
    const { origin, seen } = serve((request) =>
      new URL(request.url).pathname === "/new" ? new Response("ok") : redirect(status, "/new"),
    );
    const reply = await send(context, post(`${origin}/old`), quiet);
    expect(reply.url.pathname).toBe("/new");
    expect(await readText(reply.body)).toBe("ok");
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatchObject({ method: "POST", path: "/new", body: '{"prompt":"é"}' });
    expect(seen[1]?.headers).toMatchObject(KEYS);
  });

  test.each([301, 302, 303])("%d on a POST is refused: it would arrive without its body", async (status) => {
    const { origin, seen } = serve(() => redirect(status, "/new"));
    const error = await rejection(send(context, post(`${origin}/old`), quiet));
    expect(error.type).toBe("provider_error");
    expect(error.details.status).toBe(status);
    expect(error.message).toContain("/new");
    expect(seen).toHaveLength(1);
  });

  test.each([301, 302, 303, 307, 308])("%d on a GET is followed with its key", async (status) => {
    const { origin, seen } = serve((request) =>
      new URL(request.url).pathname === "/a/new" ? new Response("ok") : redirect(status, "new?b=1"),
    );
    const reply = await send(context, get(`${origin}/a/old`), quiet);
    expect(reply.status).toBe(200);
    expect(seen[1]).toMatchObject({ method: "GET", path: "/a/new?b=1" });
    expect(seen[1]?.headers).toMatchObject(KEYS);
  });

  test("without end ends", async () => {
    const { origin, seen } = serve(() => redirect(307, "/again"));
    const error = await rejection(send(context, post(origin), quiet));
    expect(error.type).toBe("provider_error");
    expect(error.message).toContain("redirected more than");
    expect(seen.length).toBeLessThanOrEqual(10);
  });
});

describe("a redirect to another origin", () => {
  test.each([301, 302, 303, 307, 308])("%d is refused before anything is sent there", async (status) => {
    const other = serve(() => new Response("ok"));
    const { origin } = serve(() => redirect(status, `${other.origin}/steal?token=1`));
    for (const request of [post(origin), get(origin)]) {
      const error = await rejection(send(context, request, quiet));
      expect(error.type).toBe("provider_error");
      expect(error.message).toContain(other.origin);
      expect(error.details.hint).toContain("baseUrl");
    }
    expect(other.seen).toEqual([]);
  });
});

describe("an answer that only looks like a redirect", () => {
  test.each<[string, Response]>([
    ["no location", new Response("no", { status: 302 })],
    ["a file", redirect(302, "file:///etc/passwd")],
    ["a script", redirect(302, "javascript:alert(1)")],
    ["multiple choices", redirect(300, "/x")],
  ])("%s is handed back", async (_name, response) => {
    const { origin, seen } = serve(() => response);
    expect((await send(context, get(origin), quiet)).status).toBe(response.status);
    expect(seen).toHaveLength(1);
  });

  test("and one that is not to be followed", async () => {
    const { origin, seen } = serve(() => redirect(302, "/x"));
    const reply = await send(context, { ...get(origin), followRedirects: false }, quiet);
    expect(reply.status).toBe(302);
    expect(reply.headers.get("location")).toBe("/x");
    expect(seen).toHaveLength(1);
  });
});

describe("a connection that fails", () => {
  test("refused", async () => {
    const { origin } = serve(() => new Response());
    await stops.pop()?.();
    const error = await rejection(send(context, post(origin), quiet));
    expect(error.type).toBe("network");
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(new URL(origin).host);
    expect(error.message).toContain("refused the connection");
  });

  test("closed before the head", async () => {
    const origin = await serveRaw((socket) => socket.destroy());
    expect((await rejection(send(context, post(origin), quiet))).type).toBe("network");
  });

  test("not HTTP", async () => {
    const origin = await serveRaw((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    expect((await rejection(send(context, post(origin), quiet))).type).toBe("network");
  });

  test("TLS spoken to a server that does not", async () => {
    const origin = await serveRaw((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await rejection(send(context, post(origin.replace("http:", "https:")), quiet));
    expect(error.type).toBe("network");
  });

  test.each<[string, string, (socket: Socket) => void]>([
    ["a short Content-Length", "Content-Length: 100\r\n\r\nhalf", (socket) => socket.end()],
    ["a chunk that is cut", "Transfer-Encoding: chunked\r\n\r\n10\r\nhalf", (socket) => socket.end()],
    ["chunks without the last", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", (socket) => socket.end()],
    ["a reset", "Content-Length: 100\r\n\r\nhalf", (socket) => socket.resetAndDestroy()],
  ])("in the middle of the body: %s", async (_name, rest, end) => {
    const origin = await serveRaw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${rest}`);
      setTimeout(() => end(socket), 20);
    });
    const reply = await send(context, post(origin), quiet);
    expect(reply.status).toBe(200);
    const error = await rejection(readText(reply.body));
    expect(error.type).toBe("network");
    expect(error.retryable).toBe(true);
  });
});

describe("an abort", () => {
  const reason = new InferError("timeout", "too slow");

  test("before the start sends nothing", async () => {
    const { origin, seen } = serve(() => new Response("ok"));
    expect(await rejection(send(context, post(origin), AbortSignal.abort(reason)))).toBe(reason);
    expect(seen).toEqual([]);
  });

  test("while the head is waited for rejects with its reason", async () => {
    const gate = Promise.withResolvers<Response>();
    const { origin } = serve(() => gate.promise);
    const controller = new AbortController();
    const sending = rejection(send(context, post(origin), controller.signal));
    setTimeout(() => controller.abort(reason), 20);
    expect(await sending).toBe(reason);
    gate.resolve(new Response());
  });

  test("in the middle of the body rejects with its reason", async () => {
    const origin = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
    const controller = new AbortController();
    const reply = await send(context, post(origin), controller.signal);
    setTimeout(() => controller.abort(reason), 20);
    expect(await rejection(readText(reply.body))).toBe(reason);
  });

  test("between head and body rejects with its reason", async () => {
    const origin = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    });
    const controller = new AbortController();
    const reply = await send(context, post(origin), controller.signal);
    controller.abort(reason);
    expect(await rejection(readText(reply.body))).toBe(reason);
  });
});

describe("a body that is not read to its end", () => {
  test("closes the connection", async () => {
    const closed = Promise.withResolvers<void>();
    const origin = await serveRaw((socket) => {
      socket.on("close", () => closed.resolve());
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
    });
    const reply = await send(context, get(origin), quiet);
    for await (const _chunk of reply.body) break;
    const outcome = await Promise.race([closed.promise.then(() => "closed"), Bun.sleep(1000).then(() => "open")]);
    expect(outcome).toBe("closed");
  });

  test("is cut at the reader's limit", async () => {
    const { origin } = serve(() => new Response("x".repeat(2000)));
    const reply = await send(context, get(origin), quiet);
    const tooLarge = new InferError("usage", "too large");
    expect(await rejection(readBytes(reply.body, 1000, () => tooLarge))).toBe(tooLarge);
  });
});
