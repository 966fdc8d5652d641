import type { Stdio } from "../core/context.ts";

/**
 * Writes to stdout in order and in its own time: a reader that is slow does not keep an answer from being read, nor make a
 * deadline pass that is the provider's. What could not be written is thrown by the next call.
 */
export class OutQueue {
  /** Whether anything was put in. */
  begun = false;
  #waiting = "";
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(private readonly stdio: Stdio) {}

  async add(piece: string): Promise<void> {
    this.#throwFailure();
    this.begun = true;
    this.#waiting += piece;
    this.#writing ??= this.#write();
  }

  /** Resolves when everything is handed over. */
  async drain(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
  }

  /** What comes in while a write is under way goes out with the next one. */
  async #write(): Promise<void> {
    try {
      while (this.#waiting !== "") {
        const text = this.#waiting;
        this.#waiting = "";
        await this.stdio.writeOut(text);
      }
    } catch (thrown) {
      this.#failure = thrown;
    }
    this.#writing = undefined;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
