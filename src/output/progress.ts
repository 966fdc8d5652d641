import type { Context } from "../core/context.ts";
import { redact } from "../core/redact.ts";
import { oneLine } from "../core/terminal-text.ts";

const TICK_MS = 1000;

/** One line on stderr that is written anew, for a person who waits; nobody else sees it. */
export class StatusLine implements Disposable {
  readonly isShown: boolean;

  constructor(private readonly context: Context) {
    const { stdio, options, env } = context;
    this.isShown = !options.quiet && !options.json && !env.CI && stdio.errIsTerminal();
  }

  show(text: string): void {
    if (this.isShown) this.context.stdio.writeErr(`\r${text}\u001b[K`);
  }

  [Symbol.dispose](): void {
    this.show("");
  }
}

/** Does something that a person waits for. `what`: `Speaking`; the work tells how far it is. */
export async function withProgress<T>(
  context: Context,
  what: string,
  work: (onState: (state: string) => void) => Promise<T>,
): Promise<T> {
  using progress = new Progress(context, what);
  return await work((state) => progress.tell(state));
}

/** How long it has been going on. */
export class Progress implements Disposable {
  readonly #line: StatusLine;
  readonly #timer: Timer | undefined;
  #state = "";

  constructor(
    private readonly context: Context,
    private readonly what: string,
  ) {
    this.#line = new StatusLine(context);
    if (this.#line.isShown) this.#timer = setInterval(() => this.#show(), TICK_MS);
  }

  /** In the provider's words: `queued`. */
  tell(state: string): void {
    this.#state = oneLine(redact(state, this.context.secrets));
    this.#show();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#line[Symbol.dispose]();
  }

  #show(): void {
    const seconds = Math.round((this.context.now() - this.context.startedAt) / 1000);
    const state = this.#state && `, ${this.#state}`;
    this.#line.show(`${this.what}${state} (${seconds} s)`);
  }
}
