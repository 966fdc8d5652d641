import type { GLOBAL_FLAGS, InputOf } from "./flags.ts";
import type { Report } from "./report.ts";

export type StdinKind = "terminal" | "pipe" | "file" | "none";

/** The process's own streams. stdout is written in one place only: `src/output/`. */
export interface Stdio {
  /** What fd 0 is; asking reads nothing. */
  stdinKind(): StdinKind;
  /** stdin as it comes; throws the signal's reason when that fires first. */
  stdin(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Resolves when the bytes are handed over; rejects when they could not be (full disk, closed pipe). */
  writeOut(data: string | Uint8Array): Promise<void>;
  writeErr(text: string): void;
  /**
   * Asks on the terminal for a text that is not shown while it is typed. Throws `interrupted` on Ctrl-C, and the signal's
   * reason when that fires first; the terminal is left as it was in every case.
   */
  askSecret(question: string, signal: AbortSignal): Promise<string>;
  outIsTerminal(): boolean;
  errIsTerminal(): boolean;
}

/** What was said about the run as a whole, in flags that every verb has. */
export type GlobalOptions = Omit<InputOf<typeof GLOBAL_FLAGS>, "help">;

/** Made once per run and handed down; everything that touches the world is in here. */
export interface Context {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  now(): number;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** Rejects with the signal's reason when that fires first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Fires on Ctrl-C and SIGTERM, with an `interrupted` error as its reason. */
  signal: AbortSignal;
  /** When the command began, as `now()` counts. */
  startedAt: number;
  /** When the command has to be done, as `now()` counts: the one deadline that everything shares. */
  endsAt: number;
  stdio: Stdio;
  options: GlobalOptions;
  report: Report;
  /** Has every request from now on take the proxies that this environment names. */
  applyProxy(env: Context["env"]): void;
  /** Keys in use: never printed, see `src/core/redact.ts`. */
  secrets: Set<string>;
}
