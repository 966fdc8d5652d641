import { expect, test } from "bun:test";
import { pooled } from "../../../src/core/pool.ts";

test("all of it, in order, and no more at a time than asked for", async () => {
  let now = 0;
  let most = 0;
  const items = Array.from({ length: 25 }, (_, at) => at);
  const results = await pooled(4, items, async (item, index) => {
    expect(item).toBe(index);
    most = Math.max(most, ++now);
    await Bun.sleep((25 - item) % 5);
    now--;
    return item * 2;
  });
  expect(results).toEqual(items.map((item) => item * 2));
  expect(most).toBe(4);
});

test("nothing is nothing", async () => {
  expect(await pooled(4, [], async () => 1)).toEqual([]);
});

test("undefined is an item, too", async () => {
  expect(await pooled(2, [undefined, 1], async (item) => item)).toEqual([undefined, 1]);
});

test("after a failure nothing more is begun", async () => {
  const begun: number[] = [];
  const failing = pooled(2, [0, 1, 2, 3, 4], async (item) => {
    begun.push(item);
    await Bun.sleep(item === 0 ? 1 : 20);
    if (item === 0) throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  await Bun.sleep(60);
  expect(begun).toEqual([0, 1]);
});
