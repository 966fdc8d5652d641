import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { inTemporaryFolder } from "../../../src/process/temporary-folder.ts";
import { rejection } from "../../support/failure.ts";

test("is there for the work, and gone afterwards, also after a failure", async () => {
  const seen: string[] = [];
  const look = async (folder: string) => {
    seen.push(folder);
    expect(existsSync(folder)).toBe(true);
    return seen.length;
  };
  expect(await inTemporaryFolder("infer-test-", look)).toBe(1);
  const failed = inTemporaryFolder("infer-test-", async (folder) => {
    await look(folder);
    throw new Error("no");
  });
  await expect(failed).rejects.toThrow("no");
  expect(seen.map((folder) => existsSync(folder))).toEqual([false, false]);
});

test("one that cannot be made is io, with the way out", async () => {
  const error = await rejection(inTemporaryFolder("no/such/", async () => undefined));
  expect(error.type).toBe("io");
  expect(error.details.hint).toContain("TMPDIR");
});
