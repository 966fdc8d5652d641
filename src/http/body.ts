import { InferError } from "../core/error.ts";

/** The whole body as bytes; more than `limit` bytes is an error, so that no answer can fill the memory. */
export async function readBytes(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw new InferError("provider_error", `The answer is larger than ${limit} bytes.`);
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** The whole body as text; invalid UTF-8 becomes U+FFFD. */
export async function readText(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(body, limit));
}
