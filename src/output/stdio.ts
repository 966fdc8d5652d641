import type { StdinKind, Stdio } from "../core/context.ts";
import { codeOf, InferError, messageOf, StdoutClosed } from "../core/error.ts";

/** The process's own streams. Nothing here touches `process.stdout`, which costs 7 ms and hides a full disk. */
export function processStdio(): Stdio {
  let isFirst = true;
  return {
    stdinKind,
    stdin,
    async writeOut(data) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      const isSmall = isFirst && bytes.length <= MOST_PIECES * PIECE;
      isFirst = false;
      try {
        if (isSmall) await writeInPieces(bytes);
        else await writeElsewhere(bytes);
      } catch (thrown) {
        throw stdoutError(thrown);
      }
    },
    writeErr(text) {
      try {
        nodeFs().writeSync(2, text);
      } catch {
        // Nobody reads stderr: there is no one to tell.
      }
    },
    async askSecret(question, signal) {
      const { askSecret } = await import("./secret-prompt.ts");
      return askSecret(question, signal);
    },
    outIsTerminal: () => isTerminal(1),
    errIsTerminal: () => isTerminal(2),
  };
}

/**
 * What one `Bun.write` may take: with more of it in a file opened for appending, it makes room first, with NUL bytes, and
 * then writes behind them. A few pieces fit into any pipe that nobody has filled before; more could block this thread.
 * Up to there it saves loading `node:fs`.
 */
const PIECE = 1024;
const MOST_PIECES = 8;
const PAUSE_MS = 5;

async function writeInPieces(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE) await Bun.write(Bun.stdout, bytes.subarray(at, at + PIECE));
}

/** Writes on another thread: while a pipe is full, Ctrl-C is still heard on this one. */
async function writeElsewhere(bytes: Uint8Array): Promise<void> {
  const { write } = nodeFs();
  for (let done = 0; done < bytes.length; ) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    write(1, bytes, done, bytes.length - done, null, (error, count) => (error ? reject(error) : resolve(count)));
    try {
      done += await promise;
    } catch (thrown) {
      // A pipe that another program made non-blocking, and that is full.
      if (codeOf(thrown) !== "EAGAIN") throw thrown;
      await Bun.sleep(PAUSE_MS);
    }
  }
}

function stdinKind(): StdinKind {
  try {
    const stat = nodeFs().fstatSync(0);
    // Node hands its children a socket where a shell makes a pipe.
    if (stat.isFIFO() || stat.isSocket()) return "pipe";
    if (stat.isFile()) return "file";
    return isTerminal(0) ? "terminal" : "none";
  } catch {
    return "none";
  }
}

async function* stdin(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const reader = Bun.stdin.stream().getReader();
  const stop = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    signal.throwIfAborted();
  } catch (thrown) {
    if (thrown instanceof InferError || signal.aborted) throw signal.reason ?? thrown;
    throw new InferError("io", `stdin cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function stdoutError(thrown: unknown): Error {
  if (codeOf(thrown) === "EPIPE") return new StdoutClosed();
  return new InferError("io", `The answer cannot be written to stdout: ${messageOf(thrown)}`, { cause: thrown });
}

// Loading these two costs 1 ms and 2.5 ms of a start-up of 4, and few runs need them.
function nodeFs(): typeof import("node:fs") {
  return require("node:fs");
}

function isTerminal(fd: number): boolean {
  if (!nodeFs().fstatSync(fd).isCharacterDevice()) return false;
  const tty: typeof import("node:tty") = require("node:tty");
  return tty.isatty(fd);
}
