import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Context } from "../core/context.ts";
import { codeOf } from "../core/error.ts";

const CHUNK = 65_536;
const PAUSE_MS = 10;

/**
 * A named pipe or a device as it comes, such as the shell's `<(…)`. Opened without blocking: a pipe that nobody writes to
 * would hold the thread, and neither a deadline nor Ctrl-C could end it. Throws the signal's reason when that fires.
 */
export async function* readPipe(
  context: Pick<Context, "sleep">,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // Whoever writes to one without a name of its own is there already, or gone.
    const isNamed = (await handle.stat()).isFIFO() && !/^\/(?:dev\/fd|proc)\//.test(path);
    let begun = false;
    for (;;) {
      signal.throwIfAborted();
      const chunk = await readSome(handle);
      if (chunk && chunk.length > 0) {
        begun = true;
        yield chunk;
      } else if (chunk === null || (isNamed && !begun)) {
        // Nothing yet: the writer is slow, or has still to come.
        await context.sleep(PAUSE_MS, signal);
      } else {
        return;
      }
    }
  } finally {
    await handle.close();
  }
}

/** `null`: there is a writer, and it has nothing yet. Empty: the end, or no writer. */
async function readSome(handle: FileHandle): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(CHUNK);
  try {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
    return buffer.subarray(0, bytesRead);
  } catch (thrown) {
    if (codeOf(thrown) === "EAGAIN") return null;
    throw thrown;
  }
}
