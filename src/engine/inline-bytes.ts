import { SPILLED } from "../http/spill.ts";
import { malformed } from "../protocols/message.ts";
import { type Arrivals, type Kept, keep } from "./media-download.ts";

/** How bytes are written as text. */
export type Encoding = "base64" | "hex";

/**
 * A file that stands in an answer as text, or as a `data:` URL. A long one is `$spilled:N`, and on the disk already: see
 * `readSpilling`. `what`, for messages: `the audio`.
 */
export async function keepInline(
  text: string,
  {
    spilled,
    arrivals,
    what,
    encoding,
  }: { spilled: readonly Kept[]; arrivals: Arrivals; what: string; encoding?: Encoding },
): Promise<Kept> {
  const there = text.startsWith(SPILLED) ? spilled[Number.parseInt(text.slice(SPILLED.length), 10)] : undefined;
  return there ?? keep([decode(text, what, encoding)], arrivals, what);
}

/** The bytes themselves. Throws a `provider_error` when it is not in this encoding. */
export function decode(text: string, what: string, encoding: Encoding = "base64"): Uint8Array {
  const plain = text.replace(/^data:[^,]*,/, "").replace(/\s+/g, "");
  const isRight = encoding === "hex" ? /^(?:[\da-f]{2})*$/i.test(plain) : /^[\w+/-]*={0,2}$/.test(plain);
  if (!isRight) throw malformed(`${what} in it is not ${encoding}.`);
  return Buffer.from(plain, encoding);
}
