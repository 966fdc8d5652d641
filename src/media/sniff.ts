import { fileTypeFromBuffer } from "file-type";

/** What the bytes are, by their content; `undefined` when they are nothing that is known. */
export async function sniff(bytes: Uint8Array): Promise<{ mimeType: string; extension: string } | undefined> {
  const found = await fileTypeFromBuffer(bytes);
  return found && { mimeType: found.mime, extension: found.ext };
}
