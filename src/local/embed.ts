import { type Embedded, runEngine } from "./engine.ts";

/**
 * Turns each text into a vector of 512 numbers and unit length with Universal Sentence Encoder lite, which knows
 * English and reads the first 128 word pieces of a text (some 90 words). Loading it takes most of the time of a short
 * call: give all texts at once. No text may be blank. Throws `provider_error` when the model gives no usable vector.
 */
export async function embedLocally(texts: string[], signal: AbortSignal): Promise<Embedded> {
  return runEngine("embed", texts, signal);
}
