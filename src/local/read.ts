import { type Reading, runEngine } from "./engine.ts";

/**
 * Reads the text in a picture (a path, or the bytes of a file: PNG, JPEG, WebP, GIF, BMP; the first frame of an
 * animation) with Tesseract, which knows English. A picture without text is a success with an empty `text` and
 * confidence 0. Throws `usage` for what cannot be decoded, `not_found` and `io` for a path that cannot be read; they tell
 * of it by its name.
 */
export async function readTextLocally(
  picture: string | Uint8Array,
  signal: AbortSignal,
  name = typeof picture === "string" ? picture : "The picture",
): Promise<Reading> {
  return runEngine("read", { picture, name }, signal);
}
