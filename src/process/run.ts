import { codeOf, InferError, messageOf } from "../core/error.ts";
import { within } from "../core/patience.ts";
import { Listener } from "./listener.ts";

/** A program of the user's own, and the bounds it runs in. */
export interface Program {
  /** A path, or a name that is looked for in `env.PATH`. No shell reads it. */
  command: string;
  args: readonly string[];
  /** The child's whole environment: nothing is inherited. */
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Written to its stdin, which is then closed; without it there is nothing to read. */
  stdin?: string;
  /** Of stdout. */
  maxOutputBytes: number;
  timeoutMs: number;
  /** The longest that it may say nothing, on stdout and stderr. */
  silenceMs?: number;
  signal: AbortSignal;
}

/** How it ended by itself. */
export interface Finished {
  /** As a shell counts: 128 and more is a signal. */
  exitCode: number;
  stdout: Uint8Array;
  /** Its end, where it is long. It may hold secrets: a program says there what it likes. */
  stderr: string;
}

/**
 * Runs a program to its end. One that takes too long, says too much, or is no longer wanted is ended with everything it
 * has started, also when it ignores SIGTERM, and nothing is left running when this fails.
 *
 * Fails as `not_found` (no such program), `io` (it may not be run, or says too much), `timeout`, or with the signal's
 * reason. An exit code other than 0 is no failure here.
 */
export async function runProgram(program: Program): Promise<Finished> {
  const { command, signal, maxOutputBytes, timeoutMs, silenceMs } = program;
  signal.throwIfAborted();
  const child = start(program);
  const { promise: trouble, reject: stop } = Promise.withResolvers<never>();
  const late = (why: string) => (): void => stop(new InferError("timeout", `${command} ${why}.`, { retryable: true }));
  const onAbort = (): void => stop(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const whole = setTimeout(late(`took longer than ${timeoutMs} ms`), timer(timeoutMs));
  const silence =
    silenceMs === undefined ? undefined : setTimeout(late(`said nothing for ${silenceMs} ms`), timer(silenceMs));
  const stdout = new Listener(child.stdout, { most: maxOutputBytes, keep: "all" });
  const stderr = new Listener(child.stderr, { most: STDERR_TAIL, keep: "end" });
  for (const listener of [stdout, stderr]) listener.onHeard = () => silence?.refresh();
  stdout.onTooMuch = () => stop(new InferError("io", `${command} printed more than ${maxOutputBytes} bytes.`));
  try {
    return await Promise.race([finish(child, stdout, stderr), trouble]);
  } catch (thrown) {
    await end(child, signal);
    throw thrown;
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(whole);
    clearTimeout(silence);
    stdout.leave();
    stderr.leave();
  }
}

/** setTimeout takes a longer wait for none. */
function timer(ms: number): number {
  return Math.min(ms, 2 ** 31 - 1);
}

const STDERR_TAIL = 8192;

/** After SIGTERM, before SIGKILL. */
const GRACE_MS = 500;

/** The same when the run's own time is over: who set a deadline does not wait longer for a program that ignores it. */
const LAST_GRACE_MS = 50;

/** What a program has started in the background may hold its stdout open for ever. */
const LINGER_MS = 250;

type Child = Bun.Subprocess<"ignore" | Blob, "pipe", "pipe">;

const HAS_GROUPS = process.platform !== "win32";

function start({ command, args, env, cwd, stdin }: Program): Child {
  try {
    return Bun.spawn({
      cmd: [command, ...args],
      env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
      cwd,
      stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
      stdout: "pipe",
      stderr: "pipe",
      // A group of its own can be ended as a whole.
      detached: HAS_GROUPS,
      windowsHide: true,
    });
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") {
      // The system says the same when the first line of a script calls for what is not there.
      throw new InferError("not_found", `There is no program ${command}, or it is a script for one that is missing.`);
    }
    throw new InferError("io", `${command} cannot be started: ${messageOf(thrown)}`, { cause: thrown });
  }
}

async function finish(child: Child, stdout: Listener, stderr: Listener): Promise<Finished> {
  const exitCode = await child.exited;
  const ended = Promise.all([stdout.ended, stderr.ended]);
  while ((await within(LINGER_MS, ended)) === null) {
    if (performance.now() - Math.max(stdout.heardAt, stderr.heardAt) >= LINGER_MS) break;
  }
  return { exitCode, stdout: stdout.bytes(), stderr: new TextDecoder().decode(stderr.bytes()).trim() };
}

async function end(child: Child, signal: AbortSignal): Promise<void> {
  send(child, "SIGTERM");
  const hurry = Promise.withResolvers<void>();
  const onAbort = (): void => {
    if (signal.reason instanceof InferError && signal.reason.type === "timeout") hurry.resolve();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  await within(GRACE_MS, Promise.race([child.exited, hurry.promise]));
  signal.removeEventListener("abort", onAbort);
  await within(LAST_GRACE_MS, child.exited);
  // Even when the program itself has gone: what it has started may have stayed.
  send(child, "SIGKILL");
  await within(GRACE_MS, child.exited);
}

function send(child: Child, signal: NodeJS.Signals): void {
  try {
    if (HAS_GROUPS) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
