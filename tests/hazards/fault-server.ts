import { createServer, type Server, type Socket } from "node:net";

/** A request as it arrived. */
export interface Seen {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** What a fault does with one connection, byte by byte. */
export type Behaviour = (socket: Socket, seen: Seen, count: number) => void;

/** A server that can be wrong in every way: it writes raw bytes, so nothing puts them right. */
export class FaultServer implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    readonly port: number,
  ) {}

  static async start(behaviour: Behaviour): Promise<FaultServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    const faults = new FaultServer(server, address.port);
    server.on("connection", (socket) => faults.#accept(socket, behaviour));
    return faults;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #accept(socket: Socket, behaviour: Behaviour): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    let received = Buffer.alloc(0);
    socket.on("data", (data) => {
      received = Buffer.concat([received, Buffer.from(data)]);
      const request = parse(received);
      if (!request) return;
      received = Buffer.alloc(0);
      this.seen.push(request);
      behaviour(socket, request, this.seen.length);
    });
  }
}

/** The response head and a complete body. */
export function respond(
  socket: Socket,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(body);
  const all = { "content-length": String(bytes.length), connection: "close", ...headers };
  socket.end(Buffer.concat([Buffer.from(head(status, all)), bytes]));
}

/** The response head of a chunked answer; its chunks follow with `chunk`. */
export function beginStream(socket: Socket, contentType: string, status = 200): void {
  socket.write(head(status, { "content-type": contentType, "transfer-encoding": "chunked" }));
}

export function chunk(socket: Socket, data: string | Buffer): void {
  const bytes = Buffer.from(data);
  socket.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]));
}

export function endStream(socket: Socket): void {
  socket.end("0\r\n\r\n");
}

function head(status: number, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`;
}

function parse(received: Buffer): Seen | null {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [start = "", ...lines] = received.subarray(0, end).toString().split("\r\n");
  const headers = Object.fromEntries(
    lines.map((text) => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
    }),
  );
  const body = received.subarray(end + 4);
  if (body.length < Number(headers["content-length"] ?? 0)) return null;
  return { path: start.split(" ")[1] ?? "", headers, body: body.toString() };
}
