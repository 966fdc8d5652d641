import { expect, test } from "bun:test";
import { within } from "../../../src/core/patience.ts";

test("gives the value, or null once it takes too long", async () => {
  expect(await within(1000, Promise.resolve("there"))).toBe("there");
  expect(await within(10, new Promise(() => undefined))).toBeNull();
  await expect(within(1000, Promise.reject(new Error("no")))).rejects.toThrow("no");
});
