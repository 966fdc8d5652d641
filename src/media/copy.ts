import { symlink, unlink, writeFile } from "node:fs/promises";
import { codeOf, InferError, messageOf } from "../core/error.ts";
import type { ByteSource } from "../http/source.ts";

/** A file of these bytes under a name of its own. Fails as `io` on a full disk, and with the signal's reason: nothing is left then. */
export async function writeCopy(path: string, source: ByteSource, signal: AbortSignal): Promise<void> {
  try {
    await writeFile(path, unlessAborted(source, signal), { flag: "wx" });
  } catch (thrown) {
    // What was there before is somebody else's.
    if (codeOf(thrown) !== "EEXIST") await unlink(path).catch(() => undefined);
    signal.throwIfAborted();
    // What cannot be read says so itself.
    if (thrown instanceof InferError) throw thrown;
    const [why] = messageOf(thrown).split(", ");
    throw new InferError("io", `${path} cannot be written: ${why}`, { cause: thrown });
  }
}

/** The same, of bytes that are a file already: under another name where the system has links, without a copy of them. */
export async function linkCopy(
  path: string,
  original: { path: string; source: ByteSource },
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await symlink(original.path, path, "file").catch(() => writeCopy(path, original.source, signal));
}

async function* unlessAborted({ open }: ByteSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of open()) {
    signal.throwIfAborted();
    yield chunk;
  }
}
