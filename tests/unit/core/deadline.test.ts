import { describe, expect, test } from "bun:test";
import { deadline } from "../../../src/core/deadline.ts";
import { InferError } from "../../../src/core/error.ts";

const quiet = () => new AbortController().signal;

function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve(signal.reason);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));
}

describe("deadline", () => {
  test("fires when its moment has come, with a timeout that says what was waited for", async () => {
    let state = "connecting";
    const started = performance.now();
    using limit = deadline({ now: () => 1000, signal: quiet() }, 1030, () => `still ${state}`);
    state = "reading";
    const reason = await aborted(limit.signal);
    expect(performance.now() - started).toBeGreaterThanOrEqual(25);
    expect(reason).toBeInstanceOf(InferError);
    expect(reason).toMatchObject({ type: "timeout", message: "still reading", retryable: true });
    expect((reason as InferError).details.hint).toContain("--timeout-ms");
  });

  test("fires soon when its moment is over", async () => {
    using limit = deadline({ now: () => 1000, signal: quiet() }, 5, () => "late");
    expect(await aborted(limit.signal)).toMatchObject({ type: "timeout", message: "late" });
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 31 + 5000])("%d ms away does not fire at once", async (endsAt) => {
    using limit = deadline({ now: () => 0, signal: quiet() }, endsAt, () => "x");
    await Bun.sleep(10);
    expect(limit.signal.aborted).toBe(false);
  });

  test("fires with the outer reason, before and after it was made", async () => {
    const reason = new InferError("interrupted", "Ctrl-C");
    using before = deadline({ now: () => 0, signal: AbortSignal.abort(reason) }, 50_000, () => "x");
    expect(before.signal.reason).toBe(reason);
    const outer = new AbortController();
    using after = deadline({ now: () => 0, signal: outer.signal }, 50_000, () => "x");
    expect(after.signal.aborted).toBe(false);
    outer.abort(reason);
    expect(after.signal.reason).toBe(reason);
  });

  test("ends what was opened under it once disposed, and fires no more", async () => {
    const outer = new AbortController();
    const limit = deadline({ now: () => 0, signal: outer.signal }, 15, () => "x");
    limit[Symbol.dispose]();
    outer.abort(new Error("too late"));
    await Bun.sleep(30);
    expect(limit.signal.aborted).toBe(true);
    expect(limit.signal.reason).toMatchObject({ type: "internal" });
  });
});
