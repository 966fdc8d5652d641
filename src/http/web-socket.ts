import type { Context } from "../core/context.ts";
import { codeOf, InferError, messageOf } from "../core/error.ts";
import type { Transport } from "./client.ts";
import { toNetworkError } from "./network-error.ts";
import { proxyEnvironment, proxyUrlOf } from "./proxy.ts";

export interface SocketRequest {
  /** `ws:` or `wss:`. */
  url: string;
  headers: Record<string, string>;
  /** How to get there, where that is not as the environment says. */
  transport?: Transport;
}

/** An open connection. Disposing closes it, whatever state it is in; nothing of it keeps the process alive then. */
export interface Socket extends Disposable {
  send(message: string): void;
  /**
   * What arrives, until the server closes in an orderly way; for one reader. Throws an `InferError` when the connection
   * breaks or the server closes it as an error, and the signal's reason when that fires.
   */
  messages(): AsyncGenerator<string | Uint8Array>;
}

/** What may lie unread: a WebSocket cannot be asked to wait. One message alone is bounded by Bun, at 128 MiB. */
const MOST_UNREAD = 64 * 1024 * 1024;

/**
 * Opens a WebSocket. Without a connection the error is `network`, and `unsent`. An answer other than 101 is a
 * `provider_error` with its status: what else it says, Bun does not tell.
 */
export async function openSocket(
  { env }: Pick<Context, "env">,
  { url: address, headers, transport }: SocketRequest,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const url = new URL(address);
  // Bun 1.4.5 takes the environment's proxies for fetch, and not for a WebSocket.
  const proxy = transport?.proxy ?? proxyUrlOf(proxyEnvironment(env), new URL(url.href.replace(/^ws/, "http")));
  const client = dial(url, headers, transport, proxy, signal);
  const inbox = new Inbox();
  const opened = Promise.withResolvers<void>();
  let isOpen = false;
  const fail = (reason: unknown): void => {
    opened.reject(reason);
    inbox.end(reason);
  };
  const giveUp = (reason: unknown): void => {
    inbox.clear();
    fail(reason);
    client.terminate();
  };
  const onAbort = (): void => giveUp(signal.reason);
  const dispose = (): void => {
    signal.removeEventListener("abort", onAbort);
    inbox.end();
    // The closing handshake is begun, and not waited for: the server need not answer it.
    if (isOpen) client.close(1000);
    client.terminate();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  client.binaryType = "arraybuffer";
  client.onopen = () => {
    isOpen = true;
    opened.resolve();
  };
  client.onmessage = ({ data }) => {
    if (!inbox.put(typeof data === "string" ? data : new Uint8Array(data))) giveUp(tooMuch(url));
  };
  client.onerror = (event) => {
    const thrown = causeOf(event);
    fail(isOpen ? broken(thrown, url, signal) : unopened(thrown, url, signal, hostOf(proxy)));
  };
  client.onclose = ({ code, reason }) => fail(isOpen && ORDERLY.has(code) ? undefined : closed(url, code, reason));
  try {
    await opened.promise;
  } catch (thrown) {
    dispose();
    throw thrown;
  }
  return {
    send: (message) => client.send(message),
    messages: () => inbox.read(),
    [Symbol.dispose]: dispose,
  };
}

/** Messages that have arrived and are not read yet. */
class Inbox {
  #messages: (string | Uint8Array)[] = [];
  #size = 0;
  #end: { reason: unknown } | undefined;
  #wake = (): void => undefined;

  /** `false` when there is no room for it. After the end it is dropped. */
  put(message: string | Uint8Array): boolean {
    if (this.#end) return true;
    this.#size += sizeOf(message);
    if (this.#size > MOST_UNREAD) return false;
    this.#messages.push(message);
    this.#wake();
    return true;
  }

  clear(): void {
    this.#messages = [];
  }

  /** Nothing more comes; the first reason counts, and none is an orderly end. */
  end(reason?: unknown): void {
    this.#end ??= { reason };
    this.#wake();
  }

  async *read(): AsyncGenerator<string | Uint8Array> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) {
        this.#size -= sizeOf(message);
        yield message;
      } else if (this.#end) {
        if (this.#end.reason !== undefined) throw this.#end.reason;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

/** Bytes, about: an empty message takes room, too. */
function sizeOf(message: string | Uint8Array): number {
  return message.length + 64;
}

function dial(
  url: URL,
  headers: Record<string, string>,
  transport: Transport | undefined,
  proxy: string | undefined,
  signal: AbortSignal,
): WebSocket {
  const tls = transport?.tls;
  try {
    return new WebSocket(url.href, { headers, ...(tls && { tls }), ...(proxy !== undefined && { proxy }) });
  } catch (thrown) {
    // Bun quotes a proxy that it cannot use, and a password may stand in that.
    const cause = proxy === undefined ? thrown : Object.assign(new Error(), { code: "UnsupportedProxyProtocol" });
    throw unopened(cause, url, signal, hostOf(proxy));
  }
}

function hostOf(proxy: string | undefined): string | undefined {
  return proxy === undefined ? undefined : URL.parse(proxy)?.host || "of the config";
}

/** Bun's message begins with the whole URL, in which there may be a key. */
function causeOf(event: Event): Error {
  const { error, message } = event as ErrorEvent;
  const what = (message || messageOf(error)).replace(/^WebSocket connection to '.*' failed: /s, "");
  return Object.assign(new Error(what), { code: codeOf(error) });
}

function unopened(thrown: unknown, url: URL, signal: AbortSignal, proxy: string | undefined): InferError {
  const [, digits] = /^Expected 101 status code: (\d{3})$/.exec(messageOf(thrown)) ?? [];
  if (digits) {
    return new InferError("provider_error", `${url.host} answered HTTP ${digits} in place of a WebSocket.`, {
      status: Number(digits),
      unsent: true,
    });
  }
  const { type, message, details } = toNetworkError(thrown, url, signal, proxy);
  return new InferError(type, message, { ...details, unsent: true });
}

function broken(thrown: Error, url: URL, signal: AbortSignal): InferError {
  if (!codeOf(thrown)?.startsWith("WS_ERR_")) return toNetworkError(thrown, url, signal);
  return new InferError("provider_error", `${url.host} does not keep to the WebSocket protocol: ${thrown.message}.`);
}

/** 1005: closed without a code. */
const ORDERLY = new Set([1000, 1001, 1005]);

/** What was sent is at fault: RFC 6455, 7.4.1. */
const OBJECTIONS = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

function closed(url: URL, code: number, reason: string): InferError {
  const why = reason.trim();
  if (code === 1006) return interruption(`${url.host} broke the connection off.`);
  const message = `${url.host} closed the connection${why ? `: ${why}` : ""} [${code}].`;
  return OBJECTIONS.has(code) ? new InferError("provider_error", message) : interruption(message);
}

function interruption(message: string): InferError {
  return new InferError("network", message, { retryable: true });
}

function tooMuch(url: URL): InferError {
  const mib = MOST_UNREAD / 1024 / 1024;
  return new InferError("provider_error", `${url.host} sent more than ${mib} MiB faster than they could be written.`);
}
