import { stat } from "node:fs/promises";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError, isAbsent, messageOf } from "../core/error.ts";
import { readPipe } from "../process/pipe.ts";
import { readRegularFile } from "./regular-file.ts";

/** Nobody writes more by hand. What never ends must not fill the memory. */
const MOST_BYTES = 16 * 1024 * 1024;

type World = Pick<Context, "now" | "sleep" | "signal" | "endsAt">;

/** A file's text; `null` when it is not there. Fails as `io`, with its path. */
export async function readIfThere(path: string): Promise<string | null> {
  return readably(path, async () => {
    const found = await readRegularFile(path, MOST_BYTES);
    if (found === "irregular") throw new InferError("io", `${path} is not a file.`);
    if (found === "too-long") throw tooLong(path);
    return found.text;
  });
}

/** The same for one that may come through a pipe, such as the shell's `<(…)`: within the run's time. */
export async function receiveIfThere(context: World, path: string): Promise<string | null> {
  return readably(path, async () => {
    const found = await stat(path);
    // Opened twice, a pipe would lose its writer in between.
    if (found.isFile() || found.isDirectory()) return readIfThere(path);
    using limit = deadline(context, context.endsAt, () => `${path} did not come to its end in time.`);
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for await (const chunk of readPipe(context, path, limit.signal)) {
      size += chunk.length;
      if (size > MOST_BYTES) throw tooLong(path);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  });
}

async function readably(path: string, read: () => Promise<string | null>): Promise<string | null> {
  try {
    return await read();
  } catch (thrown) {
    if (isAbsent(thrown)) return null;
    if (thrown instanceof InferError) throw thrown;
    throw new InferError("io", `${path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function tooLong(path: string): InferError {
  return new InferError("io", `${path} is longer than ${MOST_BYTES} bytes.`);
}
