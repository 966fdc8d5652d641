import { InferError } from "../core/error.ts";

/**
 * Reads one line from the terminal and shows a star for each character of it. What is pasted comes in one piece; what the
 * terminal was is restored whatever happens.
 */
export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const { writeSync } = await import("node:fs");
  const show = (text: string): void => {
    try {
      writeSync(2, text);
    } catch {
      // Nobody sees the stars: the answer counts all the same.
    }
  };
  // Not a ReadStream of our own: in Bun 1.4.5 one that has begun to read keeps the process alive, destroyed or not.
  const terminal = process.stdin;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const line = new SecretLine(show);
  const onData = (chunk: Uint8Array): void => {
    const end = line.take(chunk);
    if (end === "done") resolve(line.text);
    if (end === "interrupted") reject(new InferError("interrupted", "Interrupted by SIGINT.", { exitCode: 130 }));
  };
  const onAbort = (): void => reject(signal.reason);
  const onLost = (): void => reject(new InferError("io", "The terminal went away."));
  signal.addEventListener("abort", onAbort, { once: true });
  terminal.on("data", onData);
  terminal.once("error", onLost);
  terminal.once("close", onLost);
  try {
    // Before the question: what is typed from then on is not shown.
    terminal.setRawMode(true);
    show(question);
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    terminal.off("data", onData);
    terminal.off("error", onLost);
    terminal.off("close", onLost);
    terminal.pause();
    terminal.setRawMode(false);
    terminal.unref();
    show("\n");
  }
}

/** More stars would run over the end of the line, where a backspace does not come back from. */
const MOST_STARS = 32;
/** No key is longer; a terminal that repeats a key for ever must not fill the memory. */
const LONGEST = 64 * 1024;

/** What has been typed so far. In raw mode the terminal edits nothing itself. */
export class SecretLine {
  readonly #decoder = new TextDecoder();
  #characters: string[] = [];
  /** The beginning of an escape sequence whose end is still to come. */
  #pending = "";

  constructor(private readonly show: (text: string) => void) {}

  get text(): string {
    return this.#characters.join("");
  }

  take(chunk: Uint8Array): "done" | "interrupted" | undefined {
    const typed = this.#pending + this.#decoder.decode(chunk, { stream: true });
    const cut = typed.search(UNFINISHED);
    this.#pending = cut === -1 ? "" : typed.slice(cut);
    const complete = cut === -1 ? typed : typed.slice(0, cut);
    // Arrows, and the marks that some terminals put around what is pasted.
    const characters = [...complete.replace(SEQUENCE, "")];
    for (const [at, character] of characters.entries()) {
      if (character === "\u0003") return "interrupted";
      if (character === "\r" || character === "\n" || character === "\u0004") {
        // Several lines, pasted: kept, so that they are refused and the first is not taken for all of it.
        const rest = characters.slice(at).join("");
        if (/[^\s\u0004]/.test(rest)) for (const one of rest) this.#type(one);
        return "done";
      }
      this.#type(character);
    }
    return undefined;
  }

  #type(character: string): void {
    if (character === "\u007f" || character === "\b") this.#erase(1);
    else if (character === "\u0015") this.#erase(this.#characters.length);
    // Other control characters are kept, so that the key is refused and not silently another one.
    else if (this.#characters.length < LONGEST) {
      this.#characters.push(character);
      if (this.#characters.length <= MOST_STARS) this.show("*");
    }
  }

  #erase(count: number): void {
    for (let left = count; left > 0 && this.#characters.length > 0; left--) {
      if (this.#characters.length <= MOST_STARS) this.show("\b \b");
      this.#characters.pop();
    }
  }
}

const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.)/g;
const UNFINISHED = /\u001b(?:\[[0-?]*[ -/]*|O)?$/;
