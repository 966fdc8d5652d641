import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readExcerpt } from "../http/body.ts";
import { type HttpRequest, type Reply, webUrl } from "../http/client.ts";
import { fetchForeign, type Home } from "../http/foreign.ts";
import { retryAfter } from "../http/retry-after.ts";
import { PartFile, type StoredFile } from "../media/part.ts";
import { excerpt } from "../protocols/message.ts";

/** A file that has arrived whole, and has no name yet. */
export interface Kept {
  part: PartFile;
  stored: StoredFile;
}

/** Where files arrive, and who removes the ones that are not kept. */
export interface Arrivals {
  folder: string;
  litter: AsyncDisposableStack;
}

/** Who is asked for what an answer only has the address of. */
export interface Fetching {
  /** Asks the provider itself, with the key. */
  own(request: HttpRequest): Promise<Reply>;
  /** What is fetched, for messages: `picture`, `audio`. */
  what: string;
  /** Where the provider lives: its word leads to no other place on this machine or its network. */
  home: Home;
  signal: AbortSignal;
}

/** Where it is; `own`: with the provider itself, which wants the key. */
interface Place {
  url: string;
  own?: true;
}

/** More than any picture or speech has; an endless download must not fill the disk. */
const LARGEST_FILE = 2 * 1024 * 1024 * 1024;
const MOST_RETRIES = 2;
const BACKOFF_MS = 500;

/** It has been paid for, and fetching it costs nothing: what passes is waited for. */
export async function download(context: Context, place: Place, arrivals: Arrivals, fetching: Fetching): Promise<Kept> {
  for (let retries = 0; ; retries++) {
    try {
      return await downloadOnce(context, place, arrivals, fetching);
    } catch (thrown) {
      const passes = thrown instanceof InferError && thrown.retryable && thrown.type !== "timeout";
      if (!passes || retries === MOST_RETRIES) throw told(thrown, place, fetching.what);
      const wait = thrown.details.retryAfterMs ?? context.random() * BACKOFF_MS * 2 ** retries;
      // A wait that ends after the deadline would only hide the cause behind a timeout.
      if (context.now() + wait >= context.endsAt) throw told(thrown, place, fetching.what);
      await context.sleep(wait, fetching.signal);
    }
  }
}

/** Says where it is: it may still be had. A signature in a foreign address is nobody else's business. */
function told(thrown: unknown, { url, own }: Place, what: string): unknown {
  const address = webUrl(url);
  if (!(thrown instanceof InferError) || !address || ["interrupted", "internal"].includes(thrown.type)) return thrown;
  const place = `${address.origin}${address.pathname}${own ? address.search : ""}`;
  const hint = [thrown.details.hint, `The ${what} was made: ${place}`].filter(Boolean).join(" ");
  return new InferError(thrown.type, thrown.message, { ...thrown.details, hint });
}

async function downloadOnce(
  context: Context,
  { url, own }: Place,
  arrivals: Arrivals,
  fetching: Fetching,
): Promise<Kept> {
  const reply = own
    ? await fetching.own({ method: "GET", url, headers: {}, followRedirects: false })
    : await fetchedElsewhere(context, url, fetching);
  const { status } = reply;
  const location = own && status >= 300 && status < 400 ? reply.headers.get("location") : null;
  if (location !== null) {
    // A signed address elsewhere: the key stays here.
    const target = webUrl(location, new URL(url));
    if (target) return downloadOnce(context, { url: target.href }, arrivals, fetching);
    throw new InferError(
      "provider_error",
      `The ${fetching.what} could not be fetched: its address leads to no http(s) URL.`,
    );
  }
  if (status !== 200) {
    const said = excerpt(await readExcerpt(reply.body));
    const message = `The ${fetching.what} could not be fetched: HTTP ${status} ${said}`.trim();
    throw new InferError("provider_error", message, {
      status,
      retryable: [408, 425, 429].includes(status) || status >= 500,
      retryAfterMs: retryAfter(reply.headers, context.now()),
    });
  }
  return keep(reply.body, arrivals, `the ${fetching.what}`);
}

/** Bytes as they come, in a file of their own; one that breaks off goes at once: the next try needs its room. `what`: `the audio`. */
export async function keep(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { folder, litter }: Arrivals,
  what: string,
): Promise<Kept> {
  const part = litter.use(await PartFile.create(folder));
  try {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > LARGEST_FILE) throw tooLarge(what);
      await part.write(chunk);
    }
    return { part, stored: await part.end() };
  } catch (thrown) {
    await part[Symbol.asyncDispose]();
    throw thrown;
  }
}

function tooLarge(what: string): InferError {
  return new InferError("provider_error", `${what.charAt(0).toUpperCase()}${what.slice(1)} is larger than 2 GiB.`);
}

async function fetchedElsewhere(context: Context, url: string, { what, home, signal }: Fetching): Promise<Reply> {
  try {
    return await fetchForeign(context, url, { allowPrivateNetwork: false, home, signal });
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "refused") throw thrown;
    // Nobody can allow it: a provider has no business there.
    throw new InferError("refused", `The ${what}'s address was not asked: ${thrown.message}`);
  }
}
