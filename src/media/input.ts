import { resolve } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readBytes } from "../http/body.ts";
import { fetchForeign } from "../http/foreign.ts";
import { sniff } from "./sniff.ts";

/** A file as it came in. */
export interface InputBytes {
  /** What was asked for: an absolute path, a URL, `data:` or `-`. */
  origin: string;
  bytes: Uint8Array;
  /** By content; `undefined` when the bytes are nothing that is known. */
  mimeType: string | undefined;
}

export interface InputOptions {
  /** Bytes. */
  limit: number;
  allowPrivateNetwork: boolean;
  signal: AbortSignal;
}

/** Resolves what `--file` takes on every verb: a path, an http(s) URL, a `data:` URL, or `-` for stdin. */
export async function readInput(context: Context, file: string, options: InputOptions): Promise<InputBytes> {
  const { origin, bytes } = await read(context, file, options);
  if (bytes.length === 0) throw new InferError("usage", `${origin} is empty.`);
  if (bytes.length > options.limit) throw tooLarge(origin, options.limit);
  return { origin, bytes, mimeType: (await sniff(bytes))?.mimeType };
}

async function read(context: Context, file: string, options: InputOptions): Promise<Omit<InputBytes, "mimeType">> {
  if (file === "-") return { origin: "-", bytes: await context.stdio.readStdin(options.signal) };
  if (/^data:/i.test(file)) return { origin: "data:", bytes: decodeDataUrl(file) };
  if (/^https?:\/\//i.test(file)) return { origin: file, bytes: await download(context, file, options) };
  const path = resolve(context.cwd, file);
  return { origin: path, bytes: await readPath(path, options.limit) };
}

async function readPath(path: string, limit: number): Promise<Uint8Array> {
  try {
    const file = Bun.file(path);
    const { size } = await file.stat();
    if (size > limit) throw tooLarge(path, limit);
    return await file.bytes();
  } catch (thrown) {
    if (thrown instanceof InferError) throw thrown;
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") throw new InferError("not_found", `There is no file ${path}.`);
    const why = code === "EISDIR" ? "it is a folder" : thrown instanceof Error ? thrown.message : String(thrown);
    throw new InferError("io", `${path} cannot be read: ${why}`, { cause: thrown });
  }
}

async function download(context: Context, url: string, options: InputOptions): Promise<Uint8Array> {
  const reply = await fetchForeign(context, url, options);
  if (reply.status !== 200) {
    const type = reply.status === 404 ? "not_found" : "provider_error";
    throw new InferError(type, `${url} answered HTTP ${reply.status}.`, { status: reply.status });
  }
  return readBytes(reply.body, options.limit);
}

/** `data:image/png;base64,…`, or percent-encoded without `;base64`. */
function decodeDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  const head = url.slice(0, comma);
  const body = url.slice(comma + 1);
  if (comma === -1) throw badDataUrl();
  if (!/;base64$/i.test(head)) {
    try {
      return new TextEncoder().encode(decodeURIComponent(body));
    } catch {
      throw badDataUrl();
    }
  }
  const clean = body.replace(/\s+/g, "");
  if (!/^[\w+/-]*={0,2}$/.test(clean)) throw badDataUrl();
  return Buffer.from(clean, "base64");
}

function badDataUrl(): InferError {
  return new InferError("usage", "The data: URL cannot be decoded.");
}

function tooLarge(origin: string, limit: number): InferError {
  return new InferError("usage", `${origin} is larger than ${Math.floor(limit / 1024 / 1024)} MiB.`);
}
