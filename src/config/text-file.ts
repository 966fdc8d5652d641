import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError, isAbsent, messageOf } from "../core/error.ts";

/** Nobody writes more by hand. What never ends must not fill the memory. */
const MOST_BYTES = 16 * 1024 * 1024;

type World = Pick<Context, "now" | "sleep" | "signal" | "endsAt">;

/** A file's text; `null` when it is not there. Fails as `io`, with its path. */
export async function readIfThere(path: string): Promise<string | null> {
  return readably(path, async () => {
    // Bun's own: `node:fs` would cost a millisecond of every run.
    const file = Bun.file(path);
    const found = await file.stat();
    if (!found.isFile()) throw new InferError("io", `${path} is not a file.`);
    if (found.size > MOST_BYTES) throw tooLong(path);
    return (await file.text()).replace(/^\uFEFF/, "");
  });
}

/** The same for one that may come through a pipe, such as the shell's `<(…)`: within the run's time. */
export async function receiveIfThere(context: World, path: string): Promise<string | null> {
  return readably(path, async () => {
    const found = await Bun.file(path).stat();
    // Opened twice, a pipe would lose its writer in between.
    if (found.isFile() || found.isDirectory()) return readIfThere(path);
    const { readPipe } = await import("../process/pipe.ts");
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
