import { expect, test } from "bun:test";
import { paintFor } from "../../../src/commands/verdict.ts";
import { fakeContext } from "../../support/context.ts";

const onTerminal = (env: Record<string, string>) => {
  const context = fakeContext({ env });
  return { ...context, stdio: { ...context.stdio, outIsTerminal: () => true } };
};

test.each([
  [{ TERM: "xterm" }, true],
  [{}, true],
  [{ TERM: "dumb" }, false],
  [{ TERM: "xterm", NO_COLOR: "1" }, false],
] as const)("%p: coloured %p", (env, isColoured) => {
  expect(paintFor(onTerminal(env))("red", "x") !== "x").toBe(isColoured);
});
