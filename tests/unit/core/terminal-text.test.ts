import { expect, test } from "bun:test";
import { oneLine, printable } from "../../../src/core/terminal-text.ts";

test("one line: no breaks, no escapes, no blanks around it", () => {
  expect(oneLine("  a\r\n\tb\u001b[31m \u009bc\u0000\u007f ")).toBe("a b[31m c");
});

test("printable: lines and tabs stay, what steers does not", () => {
  expect(printable("a\n\tb\r\u001b[31m\u0007\u009b")).toBe("a\n\tb[31m");
});
