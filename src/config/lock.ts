import { dirname } from "node:path";
import type { Context } from "../core/context.ts";
import { codeOf, InferError, messageOf } from "../core/error.ts";

export interface LockTerms {
  /** Locks that nobody has kept fresh for so long are taken over: their process hangs, sleeps or is gone. */
  staleMs: number;
  /** When to give up, as `context.now()` counts. */
  endsAt: number;
  signal: AbortSignal;
  /** Where nobody could write a lock, the work is done without one. */
  optional?: true;
}

/** A lock that is held. */
export interface Held {
  /** Throws when somebody took the lock over meanwhile, as after a laptop's sleep: nothing may be written then. */
  confirm(): Promise<void>;
}

interface Owner {
  pid: number;
  host: string;
  /** Tells this lock from every other. */
  token: string;
}

type World = Pick<Context, "now" | "sleep" | "random">;

/**
 * Runs `work` while no other process does, told by a file that only one can create. A lock whose process is gone, or
 * that is too old, is taken over. Fails as `io` when it is held for too long, or cannot be made.
 */
export async function withLock<T>(
  context: World,
  path: string,
  terms: LockTerms,
  work: (lock: Held) => Promise<T>,
): Promise<T> {
  const fs = await import("node:fs/promises");
  const { hostname } = await import("node:os");
  const owner: Owner = { pid: process.pid, host: hostname(), token: Bun.randomUUIDv7() };
  try {
    await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await acquire(context, path, owner, terms);
  } catch (thrown) {
    if (thrown instanceof InferError) throw thrown;
    if (terms.optional) return work({ confirm: async () => undefined });
    throw new InferError("io", `${path} cannot be written: ${messageOf(thrown).split(", ")[0]}`, { cause: thrown });
  }
  const isMine = async (): Promise<boolean> => (await readOwner(path))?.token === owner.token;
  const refresh = async (): Promise<void> => {
    const now = new Date();
    if (await isMine()) await fs.utimes(path, now, now).catch(() => undefined);
  };
  const timer = setInterval(() => void refresh(), terms.staleMs / REFRESHES);
  try {
    return await work({
      confirm: async () => {
        if (!(await isMine())) throw new InferError("io", `${path} was taken over by another process.`, RETRY);
      },
    });
  } finally {
    clearInterval(timer);
    if (await isMine()) await fs.unlink(path).catch(() => undefined);
  }
}

/** How often a lock is kept fresh before it would be taken for stale. */
const REFRESHES = 4;

const RETRY = { retryable: true, hint: "Run the command again." } as const;
/** Long enough for two dozen others to be done in between, short enough not to be felt. */
const PAUSE_MS = 20;

/** Throws what the system throws when no file can be made there, and one of our errors for everything else. */
async function acquire(context: World, path: string, owner: Owner, terms: LockTerms): Promise<void> {
  for (;;) {
    terms.signal.throwIfAborted();
    if (await create(path, owner)) return;
    if (await isStale(path, owner.host, terms.staleMs)) await remove(path, owner, terms.staleMs);
    if (context.now() >= terms.endsAt) {
      const holder = await readOwner(path);
      const who = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
      throw new InferError("io", `${path} is held by ${who}.`, {
        retryable: true,
        hint: "Try again; remove the file if no infer is running there.",
      });
    }
    await context.sleep(PAUSE_MS * (0.5 + context.random()), terms.signal);
  }
}

async function create(path: string, owner: Owner): Promise<boolean> {
  const fs = await import("node:fs/promises");
  try {
    const handle = await fs.open(path, "wx", 0o600);
    try {
      await handle.writeFile(JSON.stringify(owner)).finally(() => handle.close());
    } catch (thrown) {
      // A full disk makes the file and takes nothing into it: left there, it would hold up everybody after us.
      await fs.unlink(path).catch(() => undefined);
      throw thrown;
    }
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    // Windows says so while a file that was deleted is still open somewhere.
    if (process.platform === "win32" && codeOf(thrown) === "EPERM") return false;
    throw thrown;
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const { pid, host, token } = JSON.parse(await Bun.file(path).text()) as Partial<Owner>;
    return typeof pid === "number" && typeof host === "string" && typeof token === "string"
      ? { pid, host, token }
      : undefined;
  } catch {
    // Not there any more, or not written yet.
    return undefined;
  }
}

async function isStale(path: string, host: string, staleMs: number): Promise<boolean> {
  const fs = await import("node:fs/promises");
  const written = await fs.stat(path).catch(() => null);
  if (!written) return false;
  // The file system's clock is the machine's, whatever the context's is.
  if (Date.now() - written.mtimeMs > (written.size === 0 ? EMPTY_MS : staleMs)) return true;
  const holder = await readOwner(path);
  // Another machine's processes, and another container's, cannot be asked for.
  return holder !== undefined && holder.host === host && !isAlive(holder.pid);
}

/** A lock is empty for as long as its owner takes from making it to writing to it: one that stays so has lost its owner. */
const EMPTY_MS = 1000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) !== "ESRCH";
  }
}

/** Nobody takes longer than this to remove one file. */
const REMOVAL_MS = 10_000;

/**
 * Removes a stale lock, under a lock of its own: of two processes that saw it stale, the slower one would otherwise remove
 * what the faster one has created in its place.
 */
async function remove(path: string, owner: Owner, staleMs: number): Promise<void> {
  const fs = await import("node:fs/promises");
  const guard = `${path}.removal`;
  if (!(await create(guard, owner))) {
    const found = await fs.stat(guard).catch(() => null);
    const longest = found?.size === 0 ? EMPTY_MS : REMOVAL_MS;
    if (found && Date.now() - found.mtimeMs > longest) await fs.unlink(guard).catch(() => undefined);
    return;
  }
  try {
    if (await isStale(path, owner.host, staleMs)) await fs.unlink(path).catch(() => undefined);
  } finally {
    await fs.unlink(guard).catch(() => undefined);
  }
}
