import { fileTypeFromBuffer } from "file-type";
import { isSoundOnly } from "./webm.ts";

/** What the bytes are, by their content; `undefined` when they are nothing that is known. */
export async function sniff(bytes: Uint8Array): Promise<{ mimeType: string; extension: string } | undefined> {
  const found = await fileTypeFromBuffer(bytes);
  if (found?.mime === "video/webm" && isSoundOnly(bytes)) return { mimeType: "audio/webm", extension: "webm" };
  if (found) return { mimeType: found.mime, extension: found.ext };
  return isLongWav(bytes) ? { mimeType: "audio/wav", extension: "wav" } : undefined;
}

/** WAV of more than 4 GiB: EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64). */
function isLongWav(bytes: Uint8Array): boolean {
  const [name, kind] = [bytes.subarray(0, 4), bytes.subarray(8, 12)].map((part) => String.fromCharCode(...part));
  return (name === "RF64" || name === "BW64") && kind === "WAVE";
}
