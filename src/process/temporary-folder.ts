import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferError, messageOf } from "../core/error.ts";

/** Works in an empty folder of its own, which is gone afterwards. Throws `io` where there can be none. */
export async function inTemporaryFolder<T>(prefix: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), prefix)).catch((thrown) => {
    throw new InferError("io", `No temporary folder can be made: ${messageOf(thrown)}.`, {
      cause: thrown,
      hint: "Let TMPDIR name a folder that can be written to.",
    });
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
