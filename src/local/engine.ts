import { type ErrorType, InferError } from "../core/error.ts";

/** The embedded engines: what each is given and what it gives back. */
export interface Engines {
  embed: { input: string[]; output: Embedded };
  speak: { input: Speech; output: Uint8Array<ArrayBuffer> };
  read: { input: NamedPicture; output: Reading };
}

export interface NamedPicture {
  /** A path, or the bytes of a picture file. */
  picture: string | Uint8Array;
  /** What the user calls it: a path may be one of our own temporary files. */
  name: string;
}

export interface Embedded {
  /** In the order of the texts. */
  vectors: number[][];
  /** Indexes of the texts that are longer than what the model reads. */
  cut: number[];
  /** Indexes of the texts that are mostly in another script than Latin: their vectors mean nothing. */
  unknown: number[];
}

export interface Speech {
  text: string;
  /** A voice of flite. */
  voice: string;
  /** 1 is the voice's own pace, 2 is twice as fast. */
  speed: number;
}

export interface Reading {
  /** Lines in reading order, an empty one between paragraphs; empty when the picture has no text. */
  text: string;
  /** 0 to 1, the mean of the words; 0 without text. */
  confidence: number;
  words: number;
  /** Of the picture as it is seen: what EXIF says about turning is done. */
  width: number;
  height: number;
  /** `png`, `jpeg`, `webp`, `gif`, `bmp`. */
  format: string;
}

export type Job = { [Name in keyof Engines]: { engine: Name; input: Engines[Name]["input"] } }[keyof Engines];

/** What the worker answers. An `InferError` does not survive the way between threads, so its parts travel. */
export type EngineReply =
  | { output: Engines[keyof Engines]["output"] }
  | { error: { type: ErrorType; message: string; hint?: string | undefined } };

/**
 * Runs one job on a thread of its own: WebAssembly blocks the thread that it runs on, and Ctrl-C must still be heard.
 * The thread ends with the job, whichever way it ends. Rejects with `signal.reason` on abort, with the engine's own
 * `InferError`, or with `internal` when the engine crashed.
 */
export async function runEngine<Name extends keyof Engines>(
  engine: Name,
  input: Engines[Name]["input"],
  signal: AbortSignal,
): Promise<Engines[Name]["output"]> {
  signal.throwIfAborted();
  const worker = new Worker(workerUrl());
  const { promise, resolve, reject } = Promise.withResolvers<Engines[Name]["output"]>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  worker.onmessage = ({ data: reply }: MessageEvent<EngineReply>) => {
    if ("output" in reply) return resolve(reply.output);
    const { type, message, hint } = reply.error;
    reject(new InferError(type, message, { provider: "local", hint }));
  };
  const crash = (why: string) =>
    reject(new InferError("internal", `The embedded engine crashed: ${why}`, { provider: "local" }));
  worker.onerror = (event) => crash(event.message);
  worker.addEventListener("close", () => crash("its thread ended without an answer"));
  worker.postMessage({ engine, input });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    worker.terminate();
  }
}

/** In the compiled binary this file is a chunk at the root, and the worker is an entry that keeps its folder. */
function workerUrl(): URL {
  return new URL(Bun.isStandaloneExecutable ? "./local/worker.js" : "./worker.ts", import.meta.url);
}
