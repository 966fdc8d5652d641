import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError, isAbsent, messageOf } from "../core/error.ts";
import { rememberUserInfo } from "../core/redact.ts";
import { readBytes } from "../http/body.ts";
import { type Reply, webUrl, withoutSecrets } from "../http/client.ts";
import { fetchForeign } from "../http/foreign.ts";
import { type ByteSource, memorySource } from "../http/source.ts";
import { readPipe } from "../process/pipe.ts";
import { PartFile } from "./part.ts";
import { sniff } from "./sniff.ts";

/** A file as it came in. */
interface InputBytes {
  /** What was asked for: an absolute path, a URL, `data:` or `-`. */
  origin: string;
  bytes: Uint8Array;
  /** By content; `undefined` when the bytes are nothing that is known. */
  mimeType: string | undefined;
}

/** A file to be sent, still where it is. */
export interface InputFile {
  origin: string;
  path: string;
  source: ByteSource;
  /** Bytes. */
  size: number;
  head: Uint8Array;
  /** By content; `undefined` when the bytes are nothing that is known. */
  mimeType: string | undefined;
  extension: string | undefined;
}

/** The beginning of a file, and what it is by that. */
export type InputHead = Pick<InputFile, "origin" | "head" | "mimeType" | "extension">;

interface InputOptions {
  /** Bytes. */
  limit: number;
  allowPrivateNetwork: boolean;
  signal: AbortSignal;
}

/** Resolves what `--file` takes on every verb: a path, an http(s) URL, a `data:` URL, or `-` for stdin. */
export async function readInput(context: Context, file: string, options: InputOptions): Promise<InputBytes> {
  const { limit } = options;
  const { origin, path, chunks } = await locate(context, file, options);
  const bytes =
    path === undefined ? await readBytes(chunks, limit, () => tooLarge(origin, limit)) : await readFile(path);
  if (bytes.length === 0) throw new InferError("usage", `${origin} is empty.`);
  if (bytes.length > limit) throw tooLarge(origin, limit);
  return { origin, bytes, mimeType: (await sniff(bytes))?.mimeType };
}

/**
 * The same without holding it in memory: a file is read from where it is when it is sent, everything else arrives in a
 * temporary file first, which `litter` removes. `accepts` throws when the file is none of those that are wanted: of what
 * comes over a pipe or the network, nothing more is fetched then, and nothing has been written.
 */
export async function openInput(
  context: Context,
  file: string,
  options: InputOptions & { litter: AsyncDisposableStack; accepts?: (begun: InputHead) => void },
): Promise<InputFile> {
  const { limit, litter } = options;
  const located = await locate(context, file, options);
  const { origin } = located;
  const begin = async (head: Uint8Array): Promise<InputHead> => {
    if (head.length === 0) throw new InferError("usage", `${origin} is empty.`);
    const kind = await sniff(head);
    const begun = { origin, head, mimeType: kind?.mimeType, extension: kind?.extension };
    options.accepts?.(begun);
    return begun;
  };
  if (located.path === undefined) {
    const { path, begun } = await arrive(located, begin, limit, litter);
    return { ...begun, ...(await fileSource(origin, path)) };
  }
  const begun = await begin(await readFile(located.path, HEAD));
  return { ...begun, ...(await fileSource(origin, located.path)) };
}

/** As many bytes as the file has now. What is added while it is sent, as to a recording that still runs, is left out. */
async function fileSource(origin: string, path: string): Promise<Pick<InputFile, "path" | "size" | "source">> {
  const { size } = await Bun.file(path).stat();
  async function* open(): AsyncGenerator<Uint8Array> {
    let count = 0;
    for await (const chunk of readably(path, Bun.file(path).slice(0, size).stream())) {
      count += chunk.length;
      yield chunk;
    }
    if (count < size) throw new InferError("io", `${origin} changed while it was sent.`);
  }
  return { path, size, source: { size, open } };
}

/** Enough of a file to say what it is, and how large a picture it is. */
const HEAD = 512 * 1024;

type Located = { origin: string } & ({ path: string; chunks?: undefined } | { path?: undefined; chunks: Chunks });
type Chunks = AsyncIterable<Uint8Array>;

async function locate(context: Context, file: string, options: InputOptions): Promise<Located> {
  const { signal } = options;
  if (file === "-") return { origin: "-", chunks: context.stdio.stdin(signal) };
  if (/^data:/i.test(file)) return { origin: "data:", chunks: memorySource(decodeDataUrl(file)).open() };
  if (/^https?:\/\//i.test(file)) return { origin: file, chunks: await download(context, file, options) };
  const [scheme] = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(file) ?? [];
  if (scheme) throw new InferError("usage", `--file takes no ${scheme}: address, only http(s), data: and paths.`);
  return locatePath(context, resolve(context.cwd, file), options);
}

async function locatePath(context: Context, path: string, { limit, signal }: InputOptions): Promise<Located> {
  try {
    const stat = await Bun.file(path).stat();
    if (stat.isDirectory()) throw new InferError("io", `${path} is a folder.`);
    if (!stat.isFile()) return { origin: path, chunks: readably(path, readPipe(context, path, signal)) };
    if (stat.size > limit) throw tooLarge(path, limit);
    return { origin: path, path };
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

async function readFile(path: string, end?: number): Promise<Uint8Array> {
  try {
    const file = Bun.file(path);
    return await (end === undefined ? file : file.slice(0, end)).bytes();
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

/** Into a temporary file, once `begin` has seen as much of it as it is known by. */
async function arrive<Begun>(
  { origin, chunks }: { origin: string; chunks: Chunks },
  begin: (head: Uint8Array) => Promise<Begun>,
  limit: number,
  litter: AsyncDisposableStack,
): Promise<{ path: string; begun: Begun }> {
  const waiting: Uint8Array[] = [];
  let arrived: { part: PartFile; begun: Begun } | undefined;
  const start = async (): Promise<{ part: PartFile; begun: Begun }> => {
    const bytes = Buffer.concat(waiting.splice(0));
    const begun = await begin(bytes.subarray(0, HEAD));
    const part = litter.use(await PartFile.create(tmpdir()));
    await part.write(bytes);
    return { part, begun };
  };
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw tooLarge(origin, limit);
    if (arrived) await arrived.part.write(chunk);
    else waiting.push(chunk);
    if (size >= HEAD) arrived ??= await start();
  }
  const { part, begun } = arrived ?? (await start());
  return { path: (await part.end()).path, begun };
}

async function* readably(path: string, chunks: Chunks): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, thrown: unknown): InferError {
  if (thrown instanceof InferError) return thrown;
  if (isAbsent(thrown)) return new InferError("not_found", `There is no file ${path}.`);
  return new InferError("io", `${path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
}

async function download(context: Context, url: string, options: InputOptions): Promise<Chunks> {
  if (!webUrl(url)) throw new InferError("usage", `--file: "${withoutSecrets(url)}" is no address.`);
  rememberUserInfo(context, url);
  const leaving = new AbortController();
  const signal = AbortSignal.any([options.signal, leaving.signal]);
  const reply = await fetchForeign(context, url, { ...options, signal });
  const failure = refusalOf(url, reply, options.limit);
  if (!failure) return reply.body;
  // Else the body would come in all the same.
  leaving.abort(failure);
  throw failure;
}

function refusalOf(url: string, { status, headers }: Reply, limit: number): InferError | undefined {
  if (status !== 200) {
    const type = status === 404 ? "not_found" : "provider_error";
    return new InferError(type, `${url} answered HTTP ${status}.`, { status });
  }
  return Number(headers.get("content-length")) > limit ? tooLarge(url, limit) : undefined;
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
