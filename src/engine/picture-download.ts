import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readExcerpt } from "../http/body.ts";
import type { HttpRequest, Reply } from "../http/client.ts";
import { fetchForeign } from "../http/foreign.ts";
import { PartFile, type StoredFile } from "../media/part.ts";
import { excerpt } from "../protocols/message.ts";

/** A file that has arrived whole, and has no name yet. */
export interface Kept {
  part: PartFile;
  stored: StoredFile;
}

/** Where pictures arrive, and who removes the ones that are not kept. */
export interface Arrivals {
  folder: string;
  litter: AsyncDisposableStack;
}

/** Who is asked for the pictures that an answer only has the addresses of. */
export interface Fetching {
  /** Asks the provider itself, with the key. */
  own(request: HttpRequest): Promise<Reply>;
  /** Whether an address on this machine or its network may be asked: not on the word of a provider somewhere else. */
  allowPrivateNetwork(): Promise<boolean>;
  signal: AbortSignal;
}

/** Where a picture is; `own`: with the provider itself, which wants the key. */
interface Place {
  url: string;
  own?: true;
}

/** More than any picture has; an endless download must not fill the disk. */
const LARGEST_PICTURE = 2 * 1024 * 1024 * 1024;
const MOST_RETRIES = 2;
const BACKOFF_MS = 500;

/** The picture has been paid for, and fetching it costs nothing: what passes is waited for. */
export async function download(context: Context, place: Place, arrivals: Arrivals, fetching: Fetching): Promise<Kept> {
  for (let retries = 0; ; retries++) {
    try {
      return await downloadOnce(context, place, arrivals, fetching);
    } catch (thrown) {
      const passes = thrown instanceof InferError && thrown.retryable && thrown.type !== "timeout";
      if (!passes || retries === MOST_RETRIES) throw thrown;
      await context.sleep(context.random() * BACKOFF_MS * 2 ** retries, fetching.signal);
    }
  }
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
  // A signed address elsewhere: the key stays here.
  if (location) return downloadOnce(context, { url: new URL(location, url).href }, arrivals, fetching);
  if (status !== 200) {
    const said = excerpt(await readExcerpt(reply.body));
    const message = `The picture could not be fetched: HTTP ${status} ${said}`.trim();
    throw new InferError("provider_error", message, {
      status,
      retryable: [408, 429].includes(status) || status >= 500,
    });
  }
  const part = arrivals.litter.use(await PartFile.create(arrivals.folder));
  let size = 0;
  for await (const chunk of reply.body) {
    size += chunk.length;
    if (size > LARGEST_PICTURE) throw new InferError("provider_error", "The picture is larger than 2 GiB.");
    await part.write(chunk);
  }
  return { part, stored: await part.end() };
}

async function fetchedElsewhere(
  context: Context,
  url: string,
  { allowPrivateNetwork, signal }: Fetching,
): Promise<Reply> {
  try {
    return await fetchForeign(context, url, { allowPrivateNetwork: await allowPrivateNetwork(), signal });
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "refused") throw thrown;
    // Nobody can allow it: a provider on the internet has no business there.
    throw new InferError("refused", `The picture's address was not asked: ${thrown.message}`);
  }
}
