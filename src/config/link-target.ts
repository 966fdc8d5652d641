import { dirname, resolve } from "node:path";

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** The file behind a link, so that writing leaves the link as it is. It may point to what is not there yet. */
export async function linkTarget(path: string): Promise<string> {
  const { readlink, realpath } = await import("node:fs/promises");
  let target = path;
  for (let followed = 0; followed < MOST_LINKS; followed++) {
    const next = await readlink(target).catch(() => null);
    if (next === null) return target;
    target = await realpath(target).catch(() => resolve(dirname(target), next));
  }
  return target;
}
