import { dirname, join } from "node:path";
import { InferError, messageOf } from "../core/error.ts";
import { linkTarget } from "./link-target.ts";
import type { Held } from "./lock.ts";

/**
 * Writes a JSON document whole or not at all, and for the user alone, under a lock that is still held. A link stays, and
 * what it points to is written. Fails as `io`.
 */
export async function writePrivate(file: string, document: unknown, lock: Held): Promise<void> {
  const fs = await import("node:fs/promises");
  const target = await linkTarget(file);
  const temporary = join(dirname(target), `.${Bun.randomUUIDv7().slice(-12)}.part`);
  try {
    const handle = await fs.open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(document, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await lock.confirm();
    await fs.rename(temporary, target);
  } catch (thrown) {
    await fs.unlink(temporary).catch(() => undefined);
    throw thrown instanceof InferError ? thrown : unwritable(file, thrown);
  }
}

export function unwritable(path: string, thrown: unknown): InferError {
  // Without the second half of Node's message, which names the temporary file.
  return new InferError("io", `${path} cannot be written: ${messageOf(thrown).split(", ")[0]}`, { cause: thrown });
}
