import type { Context } from "../core/context.ts";
import { oneLine } from "../core/terminal-text.ts";
import { redact } from "../http/redact.ts";

const TICK_MS = 1000;

/** How long it has been going on, on stderr, for a person who waits; nobody else sees it. */
export class Progress implements Disposable {
  readonly #isShown: boolean;
  readonly #timer: Timer | undefined;
  #state = "";

  constructor(
    private readonly context: Context,
    private readonly what: string,
  ) {
    const { stdio, options, env } = context;
    this.#isShown = !options.quiet && !options.json && !env.CI && stdio.errIsTerminal();
    if (this.#isShown) this.#timer = setInterval(() => this.#show(), TICK_MS);
  }

  /** In the provider's words: `queued`. */
  tell(state: string): void {
    this.#state = oneLine(redact(state, this.context.secrets));
    if (this.#isShown) this.#show();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#isShown) this.context.stdio.writeErr("\r\u001b[K");
  }

  #show(): void {
    const seconds = Math.round((this.context.now() - this.context.startedAt) / 1000);
    const state = this.#state && `, ${this.#state}`;
    this.context.stdio.writeErr(`\r${this.what}${state} (${seconds} s)\u001b[K`);
  }
}
