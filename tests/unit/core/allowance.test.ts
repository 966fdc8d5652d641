import { describe, expect, test } from "bun:test";
import { Allowance } from "../../../src/core/allowance.ts";

const { signal } = new AbortController();

describe("Allowance", () => {
  test("never more at once than there is, in the order in which they come", async () => {
    const allowance = new Allowance(10);
    const order: number[] = [];
    let taken = 0;
    let most = 0;
    const amounts = [4, 4, 4, 9, 1, 1, 10];
    await Promise.all(
      amounts.map(async (amount, index) => {
        using _ = await allowance.take(amount, signal);
        order.push(index);
        taken += amount;
        most = Math.max(most, taken);
        await Bun.sleep(2);
        taken -= amount;
      }),
    );
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(10);
  });

  test("what is more than there is at all has it for itself", async () => {
    const allowance = new Allowance(10);
    const large = await allowance.take(1000, signal);
    let isIn = false;
    const waiting = allowance.take(1, signal).then((one) => {
      isIn = true;
      return one;
    });
    await Bun.sleep(5);
    expect(isIn).toBe(false);
    large[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
    (await allowance.take(10, signal))[Symbol.dispose]();
  });

  test("who is stopped waits no more, and holds up nobody behind", async () => {
    const allowance = new Allowance(10);
    const controller = new AbortController();
    const reason = new Error("stop");
    const first = await allowance.take(5, signal);
    const stopped = allowance.take(10, controller.signal).catch((thrown) => thrown);
    const behind = allowance.take(5, signal);
    controller.abort(reason);
    expect(await stopped).toBe(reason);
    (await behind)[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(await allowance.take(1, controller.signal).catch((thrown) => thrown)).toBe(reason);
    (await allowance.take(10, signal))[Symbol.dispose]();
  });
});
