/** How much is kept of what a program says: all of it up to a limit, or its end. */
interface Capacity {
  most: number;
  keep: "all" | "end";
}

/** Reads one of a program's streams for as long as it is open, so that the program never waits for a reader. */
export class Listener {
  /** When it last said something, as `performance.now()` counts. */
  heardAt = performance.now();
  onHeard: () => void = () => {};
  /** Nothing is kept after it. */
  onTooMuch: () => void = () => {};
  /** Resolves at the stream's end, and when nobody listens any more. */
  readonly ended: Promise<void>;
  /** What is still to come is of no interest; without this an open stream would keep the process alive. */
  readonly leave: () => void;
  readonly #capacity: Capacity;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(stream: ReadableStream<Uint8Array>, capacity: Capacity) {
    this.#capacity = capacity;
    const reader = stream.getReader();
    this.leave = () => void reader.cancel().catch(() => {});
    this.ended = this.#listen(() => reader.read());
  }

  bytes(): Uint8Array {
    const whole = Buffer.concat(this.#chunks);
    return this.#capacity.keep === "end" ? whole.subarray(-this.#capacity.most) : whole;
  }

  async #listen(read: () => Promise<{ done: boolean; value?: Uint8Array | undefined }>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await read();
        if (done || value === undefined) return;
        this.heardAt = performance.now();
        this.onHeard();
        if (!this.#keep(value)) return this.onTooMuch();
      }
    } catch {
      // A stream that breaks is one that has ended.
    }
  }

  #keep(chunk: Uint8Array): boolean {
    const { most, keep } = this.#capacity;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (keep === "all") return this.#size <= most;
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= most) this.#size -= this.#chunks.shift()?.length ?? 0;
    return true;
  }
}
