import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { within } from "../core/patience.ts";
import { withoutKeys } from "./keys.ts";

export type Json = Record<string, unknown>;

/** What the other side has to say to a request of ours. */
export class RpcError extends Error {
  override name = "RpcError";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export interface RpcHandlers {
  notification(method: string, params: Json): void;
  /** The result, or `undefined` for "no such method". */
  request(method: string, params: Json): Json | undefined;
}

/** No message is longer than this; a program that never ends its line must not fill the memory. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** What is kept of its last words. */
const LAST_WORDS = 4000;
/** How long a program may take to end by itself once its stdin is closed, and then after SIGTERM. */
const PATIENCE_MS = 500;
const NO_SUCH_METHOD = -32601;

/** A program that speaks JSON-RPC in lines over its stdin and stdout, and is gone when the block ends. */
export class RpcProgram implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #pending = new Map<number, PromiseWithResolvers<Json>>();
  readonly #ended: Promise<never>;
  readonly #drained: Promise<void>;
  #lastId = 0;
  #stderr = "";

  private constructor(
    readonly name: string,
    child: Bun.Subprocess<"pipe", "pipe", "pipe">,
    readonly env: Context["env"],
    handlers: RpcHandlers,
  ) {
    this.#child = child;
    const heard = this.#listen(handlers);
    this.#drained = Promise.allSettled([heard, this.#keepStderr()]).then(() => undefined);
    this.#ended = this.#end(heard);
    // Whoever waits for an answer hears of it; when nobody does, it is no news.
    this.#ended.catch(() => undefined);
  }

  /** `command` is the path of the program, then its arguments. */
  static start(
    context: Pick<Context, "env">,
    command: readonly string[],
    cwd: string,
    handlers: RpcHandlers,
  ): RpcProgram {
    const name = command[0] ?? "";
    try {
      const child = Bun.spawn({
        cmd: [...command],
        cwd,
        env: { ...context.env },
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        // A group of its own, so that what it starts can be ended with it.
        detached: process.platform !== "win32",
        windowsHide: true,
      });
      return new RpcProgram(name, child, context.env, handlers);
    } catch (thrown) {
      throw new InferError("io", `${name} could not be started.`, { cause: thrown });
    }
  }

  /** The result of a method; an `RpcError` when it is refused, an `InferError` when the program ends first. */
  async request(method: string, params: Json): Promise<Json> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Json>();
    this.#pending.set(id, answer);
    this.#write({ id, method, params });
    try {
      return await Promise.race([answer.promise, this.#ended]);
    } finally {
      this.#pending.delete(id);
    }
  }

  notify(method: string, params?: Json): void {
    this.#write({ method, ...(params && { params }) });
  }

  /** What is being waited for, unless the program ends first. */
  orEnd<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // A rejection only says that it has gone already.
      await Promise.resolve(this.#child.stdin.end()).catch(() => undefined);
    } catch {
      // It is gone.
    }
    if (!(await this.#goes())) {
      this.#signal("SIGTERM");
      await this.#goes();
    }
    // What it has started may outlive it, and what ignores SIGTERM does not ignore this.
    this.#signal("SIGKILL");
    await this.#child.exited;
  }

  async #goes(): Promise<boolean> {
    return (await within(PATIENCE_MS, this.#child.exited)) !== null;
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    try {
      if (process.platform === "win32") this.#child.kill(signal);
      else process.kill(-this.#child.pid, signal);
    } catch {
      // Nobody is left.
    }
  }

  #write(message: Json): void {
    try {
      this.#child.stdin.write(`${JSON.stringify(message)}\n`);
      // A broken pipe means that it has ended, which is told by then.
      Promise.resolve(this.#child.stdin.flush()).catch(() => undefined);
    } catch {
      // As above.
    }
  }

  async #listen(handlers: RpcHandlers): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      // Only the new text is searched: a long line comes in many pieces.
      const lines = decoder.decode(chunk, { stream: true }).split("\n");
      const last = lines.pop() ?? "";
      for (const line of lines) {
        this.#hear(rest + line, handlers);
        rest = "";
      }
      rest += last;
      if (rest.length > LONGEST_LINE) {
        throw new InferError("provider_error", `${this.name} sent a message of more than ${LONGEST_LINE} characters.`);
      }
    }
  }

  /** What is no message of the protocol is somebody's print-out, and passed over. */
  #hear(line: string, handlers: RpcHandlers): void {
    const message = objectIn(line);
    if (!message) return;
    const { id, method } = message;
    if (typeof method === "string") {
      const params = isRecord(message.params) ? message.params : {};
      if (id === undefined || id === null) handlers.notification(method, params);
      else this.#answer(id, handlers.request(method, params));
      return;
    }
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (!pending) return;
    if (!isRecord(message.error)) pending.resolve(isRecord(message.result) ? message.result : {});
    else pending.reject(new RpcError(Number(message.error.code), String(message.error.message ?? "no reason given")));
  }

  #answer(id: unknown, result: Json | undefined): void {
    if (result) this.#write({ id, result });
    else this.#write({ id, error: { code: NO_SUCH_METHOD, message: "infer does not do this." } });
  }

  async #keepStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#stderr = (this.#stderr + decoder.decode(chunk, { stream: true })).slice(-LAST_WORDS);
    }
  }

  /** Never resolves: rejects when the program has ended, or can no longer be understood. */
  async #end(heard: Promise<void>): Promise<never> {
    await heard;
    const code = await this.#child.exited;
    // A descendant may hold stderr open.
    await within(PATIENCE_MS, this.#drained);
    const how = this.#child.signalCode ? `by ${this.#child.signalCode}` : `with exit code ${code}`;
    const said = lastWords(withoutKeys(this.#stderr, this.env));
    throw new InferError(
      "provider_error",
      `${this.name} ended ${how} before the answer was complete.${said && ` ${said}`}`,
      {
        hint: `Run it by hand to see what is wrong: ${this.name}`,
      },
    );
  }
}

/** The last lines that say something. */
function lastWords(stderr: string): string {
  const lines = Bun.stripANSI(stderr)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const said = lines.slice(-3).join(" · ");
  return said.length > 500 ? `…${said.slice(-500)}` : said;
}

function objectIn(line: string): Json | null {
  if (!line.trimStart().startsWith("{")) return null;
  try {
    const json: unknown = JSON.parse(line);
    return isRecord(json) ? json : null;
  } catch {
    return null;
  }
}
