import { afterAll, expect, test } from "bun:test";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { readRegularFile } from "../../../src/config/regular-file.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function file(name: string, content: string | Uint8Array): string {
  const path = folder.file(name);
  writeFileSync(path, content);
  return path;
}

test("its text, its bits and its owner", async () => {
  const path = file("plain", "\uFEFFhéllo");
  chmodSync(path, 0o640);
  const read = await readRegularFile(path, 100);
  if (typeof read === "string") throw new Error(read);
  expect([read.text, read.mode & 0o777, read.uid]).toEqual(["héllo", 0o640, process.getuid?.() ?? 0]);
});

test("a link leads to it", async () => {
  symlinkSync(file("target", "x"), folder.file("link"));
  expect(await readRegularFile(folder.file("link"), 100)).toMatchObject({ text: "x" });
});

test("as long as it may be, and no longer", async () => {
  const path = file("long", "é".repeat(5));
  expect(await readRegularFile(path, 10)).toMatchObject({ text: "ééééé" });
  expect(await readRegularFile(path, 9)).toBe("too-long");
});

test("a folder is none", async () => {
  expect(await readRegularFile(folder.path, 100)).toBe("irregular");
});

test.skipIf(process.platform === "win32")("a pipe that nobody writes to is not waited for", async () => {
  const pipe = folder.file("pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  const started = performance.now();
  expect(await readRegularFile(pipe, 100)).toBe("irregular");
  expect(performance.now() - started).toBeLessThan(1000);
});

test.skipIf(process.platform === "win32")("a device without an end is not read", async () => {
  expect(await readRegularFile("/dev/zero", 100)).toBe("irregular");
});

test("what is not there is thrown as the system has it", async () => {
  await expect(readRegularFile(folder.file("absent"), 100)).rejects.toMatchObject({ code: "ENOENT" });
});
