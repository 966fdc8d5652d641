import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferError } from "../../../src/core/error.ts";
import { memorySource } from "../../../src/http/source.ts";
import { linkCopy, writeCopy } from "../../../src/media/copy.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const SOURCE = join(import.meta.dir, "../../..");
const never = new AbortController().signal;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

describe("writeCopy", () => {
  test("writes all of the bytes", async () => {
    await writeCopy(folder.file("x"), memorySource("0123456789"), never);
    expect(readFileSync(folder.file("x"), "utf8")).toBe("0123456789");
  });

  test("what has the name already stays", async () => {
    writeFileSync(folder.file("x"), "old");
    expect((await rejection(writeCopy(folder.file("x"), memorySource("new"), never))).type).toBe("io");
    expect(readFileSync(folder.file("x"), "utf8")).toBe("old");
  });

  test("fails with the signal's reason, and leaves nothing", async () => {
    const stop = new AbortController();
    async function* open(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      stop.abort(new InferError("interrupted", "Ctrl-C"));
      yield new Uint8Array(10);
    }
    const error = await rejection(writeCopy(folder.file("x"), { size: 20, open }, stop.signal));
    expect(error.type).toBe("interrupted");
    expect(existsSync(folder.file("x"))).toBe(false);
  });

  // The limit on a file's size stands in for a full disk: the write fails half way.
  test.skipIf(process.platform === "win32")("a full disk is io, and leaves nothing", async () => {
    const script = `
      import { writeCopy } from "${SOURCE}/src/media/copy.ts";
      async function* open() { for (let at = 0; at < 64; at++) yield new Uint8Array(65536); }
      await writeCopy("${folder.file("x")}", { size: 64 * 65536, open }, new AbortController().signal)
        .then(() => console.log("written"), (error) => console.log(error.type));`;
    const limited = `trap '' XFSZ; ulimit -f 1024; exec "$0" -e "$1"`;
    const child = Bun.spawn(["bash", "-c", limited, process.execPath, script], { stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect({ stdout, stderr }).toEqual({ stdout: "io\n", stderr: "" });
    expect(existsSync(folder.file("x"))).toBe(false);
  });
});

describe("linkCopy", () => {
  const original = () => {
    writeFileSync(folder.file("long"), "bytes");
    return { path: folder.file("long"), source: memorySource("bytes") };
  };

  test.skipIf(process.platform === "win32")("copies no bytes where there are links", async () => {
    await linkCopy(folder.file("x"), original(), never);
    expect(lstatSync(folder.file("x")).isSymbolicLink()).toBe(true);
    expect(readFileSync(folder.file("x"), "utf8")).toBe("bytes");
  });

  test("does nothing that is no longer wanted", async () => {
    const reason = new InferError("interrupted", "Ctrl-C");
    const error = await rejection(linkCopy(folder.file("x"), original(), AbortSignal.abort(reason)));
    expect(error.type).toBe("interrupted");
    expect(existsSync(folder.file("x"))).toBe(false);
  });
});
