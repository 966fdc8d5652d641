import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** A file as it was when it was opened. */
export interface RegularFile {
  text: string;
  /** The permission bits and the owner of what was read, not of what has the name by now. */
  mode: number;
  uid: number;
}

/** Why it was not read: it is no regular file, or too long. */
export type NotRead = "irregular" | "too-long";

/**
 * Reads a file whose path somebody else wrote. A pipe or a device, which could be read for ever, is not opened for
 * longer than it takes to see what it is. Throws what the system throws.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<RegularFile | NotRead> {
  // Without O_NONBLOCK, opening a named pipe waits for somebody to write to it. Windows has no such flag.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return "irregular";
    if (stat.size > maxBytes) return "too-long";
    const bytes = await handle.readFile();
    if (bytes.length > maxBytes) return "too-long";
    return { text: bytes.toString("utf8").replace(/^\uFEFF/, ""), mode: stat.mode, uid: stat.uid };
  } finally {
    await handle.close();
  }
}
