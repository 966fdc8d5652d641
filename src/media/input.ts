import { resolve } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError, isAbsent, messageOf } from "../core/error.ts";
import { readBytes } from "../http/body.ts";
import { fetchForeign } from "../http/foreign.ts";
import { rememberUserInfo } from "../http/redact.ts";
import { readPipe } from "./pipe.ts";
import { sniff } from "./sniff.ts";

/** A file as it came in. */
interface InputBytes {
  /** What was asked for: an absolute path, a URL, `data:` or `-`. */
  origin: string;
  bytes: Uint8Array;
  /** By content; `undefined` when the bytes are nothing that is known. */
  mimeType: string | undefined;
}

interface InputOptions {
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
  const { limit, signal } = options;
  if (file === "-")
    return { origin: "-", bytes: await readBytes(context.stdio.stdin(signal), limit, () => tooLarge("stdin", limit)) };
  if (/^data:/i.test(file)) return { origin: "data:", bytes: decodeDataUrl(file) };
  if (/^https?:\/\//i.test(file)) return { origin: file, bytes: await download(context, file, options) };
  const [scheme] = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(file) ?? [];
  if (scheme) throw new InferError("usage", `--file takes no ${scheme}: address, only http(s), data: and paths.`);
  const path = resolve(context.cwd, file);
  return { origin: path, bytes: await readPath(context, path, options) };
}

async function readPath(context: Context, path: string, { limit, signal }: InputOptions): Promise<Uint8Array> {
  try {
    const file = Bun.file(path);
    const stat = await file.stat();
    if (stat.isDirectory()) throw new InferError("io", `${path} is a folder.`);
    if (!stat.isFile()) return await readBytes(readPipe(context, path, signal), limit, () => tooLarge(path, limit));
    if (stat.size > limit) throw tooLarge(path, limit);
    return await file.bytes();
  } catch (thrown) {
    if (thrown instanceof InferError) throw thrown;
    if (isAbsent(thrown)) throw new InferError("not_found", `There is no file ${path}.`);
    throw new InferError("io", `${path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
}

async function download(context: Context, url: string, options: InputOptions): Promise<Uint8Array> {
  rememberUserInfo(context, url);
  const reply = await fetchForeign(context, url, options);
  if (reply.status !== 200) {
    const type = reply.status === 404 ? "not_found" : "provider_error";
    throw new InferError(type, `${url} answered HTTP ${reply.status}.`, { status: reply.status });
  }
  return readBytes(reply.body, options.limit, () => tooLarge(url, options.limit));
}

/** `data:image/png;base64,…`, or percent-encoded without `;base64`; both may be percent-encoded. */
function decodeDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  if (comma === -1) throw badDataUrl();
  const bytes = percentDecode(url.slice(comma + 1));
  if (!/;\s*base64\s*$/i.test(url.slice(0, comma))) return bytes;
  const text = bytes.toString("latin1").replace(/\s+/g, "");
  if (!/^[\w+/-]*={0,2}$/.test(text)) throw badDataUrl();
  return Buffer.from(text, "base64");
}

/** Into bytes, not text: `%89PNG` is no UTF-8. */
function percentDecode(text: string): Buffer {
  if (/%(?![0-9a-f]{2})/i.test(text)) throw badDataUrl();
  const parts = text.split(/((?:%[0-9a-f]{2})+)/i);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 ? Buffer.from(part.replaceAll("%", ""), "hex") : Buffer.from(part))),
  );
}

function badDataUrl(): InferError {
  return new InferError("usage", "The data: URL cannot be decoded.");
}

function tooLarge(origin: string, limit: number): InferError {
  return new InferError("usage", `${origin} is larger than ${Math.floor(limit / 1024 / 1024)} MiB.`);
}
