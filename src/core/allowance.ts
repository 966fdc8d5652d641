/** An amount that many may take of, in the order in which they come; who would take too much waits. */
export class Allowance {
  #left: number;
  readonly #waiting: { amount: number; start: () => void }[] = [];

  constructor(private readonly total: number) {
    this.#left = total;
  }

  /** Given back at the end of the block. What is more than there is at all takes everything. */
  async take(wanted: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const amount = Math.min(wanted, this.total);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { amount, start: resolve };
    const onAbort = (): void => {
      const index = this.#waiting.indexOf(entry);
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      reject(signal.reason);
      this.#serve();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(entry);
    this.#serve();
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    return {
      [Symbol.dispose]: () => {
        this.#left += amount;
        this.#serve();
      },
    };
  }

  #serve(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (!next || next.amount > this.#left) return;
      this.#waiting.shift();
      this.#left -= next.amount;
      next.start();
    }
  }
}
