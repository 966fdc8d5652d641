import type { Context } from "./context.ts";
import { InferError } from "./error.ts";

/**
 * A signal that fires at a moment, or when the context's own does; its reason is one of our errors in both cases.
 * It covers whatever is done under it: connect, headers and body.
 */
export interface Deadline extends Disposable {
  signal: AbortSignal;
}

/** What setTimeout can wait for; a later moment needs no timer. */
const LONGEST_TIMER = 2 ** 31 - 1;

const LONGER = "Give it longer with --timeout-ms.";

/**
 * `endsAt` as `context.now()` counts. `message` says what was being waited for when it fires. `hint: null` where
 * `--timeout-ms` would not make it longer.
 */
export function deadline(
  context: Pick<Context, "now" | "signal">,
  endsAt: number,
  message: () => string,
  hint: string | null = LONGER,
): Deadline {
  const { signal: outer } = context;
  const controller = new AbortController();
  const expire = (): void => {
    controller.abort(new InferError("timeout", message(), { retryable: true, ...(hint !== null && { hint }) }));
  };
  const wait = Math.max(0, endsAt - context.now());
  const timer = wait <= LONGEST_TIMER ? setTimeout(expire, wait) : undefined;
  const onAbort = (): void => controller.abort(outer.reason);
  if (outer.aborted) onAbort();
  else outer.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer.removeEventListener("abort", onAbort);
      // What was opened under it and not read to its end would keep the process alive.
      controller.abort(new InferError("internal", "This was read after its deadline's block had ended."));
    },
  };
}
