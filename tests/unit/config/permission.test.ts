import { describe, expect, test } from "bun:test";
import { openToAll, tooOpen } from "../../../src/config/permission.ts";

const own = process.getuid?.() ?? 0;

describe.skipIf(process.platform === "win32")("a file", () => {
  test.each([
    [0o600, undefined, undefined],
    [0o400, undefined, undefined],
    [0o755, undefined, "can be read by other users"],
    [0o640, undefined, "can be read by other users"],
    [0o604, undefined, "can be read by other users"],
    [0o711, undefined, undefined],
    [0o620, "can be changed by other users", "can be changed by other users"],
    [0o602, "can be changed by other users", "can be changed by other users"],
    [0o777, "can be changed by other users", "can be changed by other users"],
    [0o100600, undefined, undefined],
  ] as const)("%o", (mode, toWrite, toRead) => {
    for (const uid of [own, 0]) {
      expect(tooOpen({ mode, uid }, "write")).toBe(toWrite);
      expect(tooOpen({ mode, uid }, "read")).toBe(toRead);
    }
  });

  test("of another user is never trusted", () => {
    for (const against of ["read", "write"] as const) {
      expect(tooOpen({ mode: 0o600, uid: own + 1 }, against)).toBe("belongs to another user");
    }
  });
});

describe.skipIf(process.platform === "win32")("a folder", () => {
  test.each([
    [0o755, true],
    [0o775, true],
    [0o1777, true],
    [0o40755, true],
    [0o41777, true],
    [0o777, false],
    [0o757, false],
    [0o40777, false],
  ])("%o may be trusted: %p", (mode, isTrusted) => {
    expect(openToAll({ mode })).toBe(isTrusted ? undefined : "can be changed by other users");
  });
});
