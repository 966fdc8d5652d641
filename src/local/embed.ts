import { InferError } from "../core/error.ts";
import { type Embedded, runEngine } from "./engine.ts";

/** Universal Sentence Encoder lite: English, 512 dimensions, vectors of unit length. */
export const EMBEDDING_MODEL = "use-lite";

/**
 * Turns each text into a vector of 512 numbers, in the order given. The model reads the first 128 word pieces of a text
 * (some 90 words) and no more. Loading it takes most of the time of a short call: give all texts at once.
 * Throws `usage` for a blank text, `provider_error` when the model gives no usable vector.
 */
export async function embedLocally(texts: string[], signal: AbortSignal): Promise<Embedded> {
  signal.throwIfAborted();
  const blank = texts.findIndex((text) => text.trim() === "");
  if (blank !== -1) {
    throw new InferError("usage", `Text ${blank + 1} of ${texts.length} is blank: there is nothing to embed.`);
  }
  return texts.length === 0 ? { vectors: [], cut: [] } : runEngine("embed", texts, signal);
}
