import { afterAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { connect, createServer, type Socket as TcpSocket } from "node:net";
import type { Server, ServerWebSocket } from "bun";
import { InferError } from "../../../src/core/error.ts";
import { openSocket, type Socket } from "../../../src/http/web-socket.ts";
import { rejection } from "../../support/failure.ts";

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

interface Talk {
  open?(client: ServerWebSocket): void;
  message?(client: ServerWebSocket, message: string | Buffer): void;
}

/** A server that takes every WebSocket, and remembers with which headers it was asked for and how it ended. */
function serve(talk: Talk) {
  const seen: Record<string, string>[] = [];
  const closed = Promise.withResolvers<number>();
  const server: Server<undefined> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, self) {
      seen.push(Object.fromEntries(request.headers.entries()));
      return self.upgrade(request) ? undefined : new Response("no", { status: 400 });
    },
    websocket: {
      maxPayloadLength: 1024 ** 3,
      backpressureLimit: 1024 ** 3,
      open: (client) => talk.open?.(client),
      message: (client, message) => talk.message?.(client, message),
      close: (_, code) => closed.resolve(code),
    },
  });
  stops.push(() => server.stop(true));
  return { url: `ws://127.0.0.1:${server.port}/`, port: Number(server.port), seen, closed: closed.promise };
}

/** A server that speaks bytes once it has heard a request. */
async function serveRaw(talk: (socket: TcpSocket, head: string) => void): Promise<number> {
  const sockets = new Set<TcpSocket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (head) => talk(socket, head.toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function accepted(head: string): string {
  const [, key = ""] = /sec-websocket-key: (\S+)/i.exec(head) ?? [];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** A proxy that leads every name to one port of this machine, and remembers what it was asked. */
async function proxyTo(port: number): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const own = await serveRaw((socket, head) => {
    asked.push(head);
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
  return { port: own, asked };
}

const quiet = (): AbortSignal => new AbortController().signal;
const open = (url: string, signal = quiet()): Promise<Socket> => openSocket({ env: {} }, { url, headers: {} }, signal);

async function everything(socket: Socket): Promise<(string | Uint8Array)[]> {
  const all: (string | Uint8Array)[] = [];
  for await (const message of socket.messages()) all.push(message);
  return all;
}

describe("a socket", () => {
  test("carries words and bytes both ways, in order, until the server closes", async () => {
    const server = serve({
      open: (client) => void client.send("hello"),
      message(client, message) {
        client.send(`you said ${message}`);
        client.send(new Uint8Array([0, 255]));
        client.send("");
        client.close(1000);
      },
    });
    const headers = { origin: "chrome-extension://abc", "user-agent": "Edge", cookie: "a=b;", "x-key": "k" };
    using socket = await openSocket({ env: {} }, { url: server.url, headers }, quiet());
    socket.send("äöü");
    expect(await everything(socket)).toEqual(["hello", "you said äöü", new Uint8Array([0, 255]), ""]);
    expect(server.seen[0]).toMatchObject(headers);
  });

  test("keeps what comes before anybody reads", async () => {
    const server = serve({
      open(client) {
        for (const word of ["a", "b", "c"]) client.send(word);
        client.close(1000);
      },
    });
    using socket = await open(server.url);
    await server.closed;
    await Bun.sleep(20);
    expect(await everything(socket)).toEqual(["a", "b", "c"]);
  });

  test("is closed when it is disposed of, and when its reader has had enough", async () => {
    const server = serve({ open: (client) => void client.send("a") });
    {
      using socket = await open(server.url);
      for await (const message of socket.messages()) {
        expect(message).toBe("a");
        break;
      }
    }
    expect(await server.closed).toBe(1000);
  });

  test("lets the process end, whatever the server does", async () => {
    const port = await serveRaw((client, head) => void client.write(accepted(head)));
    const program = `
      import { openSocket } from ${JSON.stringify(require.resolve("../../../src/http/web-socket.ts"))};
      const request = { url: "ws://127.0.0.1:${port}/", headers: {} };
      { using socket = await openSocket({ env: {} }, request, new AbortController().signal); socket.send("x"); }
      console.log("done");
    `;
    const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "inherit" });
    expect(await new Response(child.stdout).text()).toBe("done\n");
    expect(await child.exited).toBe(0);
  });

  test("leaves no listener on the signal", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    const server = serve({});
    {
      using _ = await open(server.url, signal);
      expect(listeners).toBe(1);
    }
    expect(listeners).toBe(0);
    await rejection(open("ws://127.0.0.1:9/", signal));
    expect(listeners).toBe(0);
  });

  test.each([
    ["large", 6, new Uint8Array(16 * 1024 * 1024)],
    ["empty", 1_100_000, ""],
  ])("does not fill the memory with %s messages when nobody reads", async (_, count, message) => {
    const server = serve({
      open(client) {
        for (let index = 0; index < count; index++) client.send(message);
      },
    });
    using socket = await open(server.url);
    await server.closed;
    const error = await rejection(everything(socket));
    expect(error.type).toBe("provider_error");
    expect(error.message).toContain("64 MiB");
  });

  test("takes more than that when it is read", async () => {
    const piece = new Uint8Array(16 * 1024 * 1024);
    const server = serve({
      open: (client) => void client.send(piece),
      message(client, message) {
        if (message === "end") client.close(1000);
        else client.send(piece);
      },
    });
    using socket = await open(server.url);
    let size = 0;
    for await (const message of socket.messages()) {
      size += message.length;
      socket.send(size < 6 * piece.length ? "more" : "end");
    }
    expect(size).toBe(6 * piece.length);
  });
});

describe("a connection that does not come about", () => {
  test("is network, and nothing was sent", async () => {
    const error = await rejection(open("ws://127.0.0.1:9/?key=secret"));
    expect(error.type).toBe("network");
    expect(error.message).toBe("127.0.0.1:9 refused the connection [ECONNREFUSED].");
    expect(error.details).toMatchObject({ unsent: true, retryable: true });
  });

  test("tells the status of a refusal", async () => {
    const port = await serveRaw((socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
    const error = await rejection(open(`ws://127.0.0.1:${port}/?key=secret`));
    expect(error.type).toBe("provider_error");
    expect(error.message).toBe(`127.0.0.1:${port} answered HTTP 403 in place of a WebSocket.`);
    expect(error.details).toMatchObject({ status: 403, unsent: true });
  });

  test.each([
    ["hangs up", (socket: TcpSocket) => socket.destroy()],
    ["does not speak HTTP", (socket: TcpSocket) => socket.end("garbage\r\n\r\n")],
    [
      "does not know the key",
      (socket: TcpSocket, head: string) => socket.end(accepted(`${head}`.replace(/key: /i, "key: x"))),
    ],
  ])("is network when the server %s", async (_, talk) => {
    const port = await serveRaw(talk);
    const error = await rejection(open(`ws://127.0.0.1:${port}/?key=secret`));
    expect(error.type).toBe("network");
    expect(error.message).not.toContain("secret");
    expect(error.details.unsent).toBe(true);
  });

  test("is given up on when the signal fires", async () => {
    const controller = new AbortController();
    const port = await serveRaw(() => controller.abort(new InferError("timeout", "too late")));
    const error = await rejection(open(`ws://127.0.0.1:${port}/`, controller.signal));
    expect(error).toBe(controller.signal.reason);
    expect(await rejection(open(`ws://127.0.0.1:${port}/`, controller.signal))).toBe(error);
  });
});

describe("a connection that breaks", () => {
  test("has given what came before", async () => {
    const port = await serveRaw((socket, head) => {
      socket.write(accepted(head));
      socket.write(Buffer.from([0x81, 1, 0x61]));
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    using socket = await open(`ws://127.0.0.1:${port}/`);
    const messages = socket.messages();
    expect((await messages.next()).value).toBe("a");
    const error = await rejection(messages.next());
    expect(error.type).toBe("network");
    expect(error.retryable).toBe(true);
    expect(error.details.unsent).toBeUndefined();
  });

  test.each([
    [1007, "provider_error", false],
    [1009, "provider_error", false],
    [1011, "network", true],
    [4000, "network", true],
  ] as const)("with the code %p is %s, in the server's words", async (code, type, retryable) => {
    const server = serve({ open: (client) => client.close(code, "Unsupported voice x.") });
    using socket = await open(server.url);
    const error = await rejection(everything(socket));
    expect(error.type).toBe(type);
    expect(error.retryable).toBe(retryable);
    expect(error.message).toContain(`: Unsupported voice x. [${code}].`);
  });

  test.each([1000, 1001])("with the code %p has ended", async (code) => {
    const server = serve({ open: (client) => client.close(code, "bye") });
    using socket = await open(server.url);
    expect(await everything(socket)).toEqual([]);
  });

  test.each([
    ["frames that nobody agreed on", [0xff, 0xff, 1, 2]],
    ["words that are not UTF-8", [0x81, 2, 0xc3, 0x28]],
  ])("over %s is a provider_error", async (_, bytes) => {
    const port = await serveRaw((socket, head) => {
      socket.write(accepted(head));
      socket.write(Buffer.from(bytes));
    });
    using socket = await open(`ws://127.0.0.1:${port}/`);
    expect((await rejection(everything(socket))).type).toBe("provider_error");
  });

  test("because the signal fires throws its reason, and nothing more is read", async () => {
    const controller = new AbortController();
    const server = serve({
      open(client) {
        client.send("a");
        client.send("b");
      },
    });
    using socket = await open(server.url, controller.signal);
    const messages = socket.messages();
    expect((await messages.next()).value).toBe("a");
    controller.abort(new InferError("interrupted", "stop"));
    expect(await rejection(messages.next())).toBe(controller.signal.reason);
  });
});

describe("a proxy", () => {
  const echo = () => serve({ open: (client) => client.close(1000) });
  const through = async (env: Record<string, string>, transport?: { proxy: string }) => {
    using socket = await openSocket(
      { env },
      { url: "ws://speech.test:81/", headers: {}, ...(transport && { transport }) },
      quiet(),
    );
    return everything(socket);
  };

  test.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY"])("of %s is on the way", async (name) => {
    const proxy = await proxyTo(echo().port);
    expect(await through({ [name]: `http://me:p%40ss@127.0.0.1:${proxy.port}` })).toEqual([]);
    expect(proxy.asked[0]).toStartWith("CONNECT speech.test:81 HTTP/1.1\r\n");
    // me:p@ss
    expect(proxy.asked[0]).toContain("Proxy-Authorization: Basic bWU6cEBzcw==\r\n");
  });

  test("may be named without its scheme", async () => {
    const proxy = await proxyTo(echo().port);
    expect(await through({ HTTP_PROXY: `127.0.0.1:${proxy.port}` })).toEqual([]);
    expect(proxy.asked).toHaveLength(1);
  });

  test("of the config comes before the environment's", async () => {
    const proxy = await proxyTo(echo().port);
    expect(await through({ HTTP_PROXY: "http://127.0.0.1:9" }, { proxy: `http://127.0.0.1:${proxy.port}` })).toEqual(
      [],
    );
    expect(proxy.asked).toHaveLength(1);
  });

  test("is left out for this machine, and for NO_PROXY", async () => {
    const server = echo();
    using socket = await openSocket(
      { env: { ALL_PROXY: "http://127.0.0.1:9" } },
      { url: server.url, headers: {} },
      quiet(),
    );
    expect(await everything(socket)).toEqual([]);
    const error = await rejection(
      openSocket(
        { env: { HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "invalid" } },
        { url: "ws://speech.invalid/", headers: {} },
        quiet(),
      ),
    );
    expect(error.message).toContain("could not be found (DNS)");
  });

  test("that is not there is named, and its password is not", async () => {
    const error = await rejection(through({ HTTP_PROXY: "http://me:secret@127.0.0.1:9" }));
    expect(error.type).toBe("network");
    expect(error.message).toBe(
      "The proxy 127.0.0.1:9, on the way to speech.test:81, refused the connection [ECONNREFUSED].",
    );
    expect(error.details.unsent).toBe(true);
  });

  test("that refuses says so", async () => {
    const port = await serveRaw((socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    const error = await rejection(through({ HTTP_PROXY: `http://127.0.0.1:${port}` }));
    expect(error.type).toBe("network");
    expect(error.message).toContain("407");
  });

  test("that is none is named as such", async () => {
    const error = await rejection(through({ HTTP_PROXY: "socks5://me:secret@127.0.0.1:9" }));
    expect(error.type).toBe("network");
    expect(error.message).toContain("[UnsupportedProxyProtocol]");
    expect(error.message).not.toContain("secret");
  });
});
