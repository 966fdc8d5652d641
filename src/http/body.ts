import { InferError } from "../core/error.ts";
import { within } from "../core/patience.ts";

/** The whole body as bytes. More than `limit` of them is `tooLarge`, so that nothing can fill the memory. */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  tooLarge: () => InferError,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw tooLarge();
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** No answer that is one document is longer than this. */
const LONGEST_DOCUMENT = 64 * 1024 * 1024;

/** A whole answer as text; invalid UTF-8 becomes U+FFFD. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const tooLarge = (): InferError =>
    new InferError("provider_error", `The answer is larger than ${LONGEST_DOCUMENT / 1024 / 1024} MiB.`);
  return new TextDecoder().decode(await readBytes(body, LONGEST_DOCUMENT, tooLarge));
}

/** What is read of an error: no vendor says more. */
const LONGEST_EXCERPT = 256 * 1024;
/** How long the rest of an error is waited for. */
const PATIENCE_MS = 2000;

/**
 * The beginning of an error's body. The status is the fact, and it is there already: a body that is endless, that
 * stalls or that breaks must not hide it. Throws on Ctrl-C only.
 */
export async function readExcerpt(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const read = async (): Promise<void> => {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= LONGEST_EXCERPT) return;
    }
  };
  try {
    await within(PATIENCE_MS, read());
  } catch (thrown) {
    if (thrown instanceof InferError && thrown.type === "interrupted") throw thrown;
  }
  return text;
}
