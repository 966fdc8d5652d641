import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { preview } from "../../../src/output/preview.ts";
import { fakeContext } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { bomb } from "../../support/pictures.ts";

test.each([
  [100, 90, true],
  [10_100, 10_000, false],
])(
  "%d by %d: shown or passed over",
  async (width, height, isShown) => {
    using folder = new TemporaryFolder();
    writeFileSync(folder.file("x.png"), bomb(width, height));
    const context = fakeContext({ env: { TERM: "xterm-kitty" } });
    let shown = "";
    const writeErr = (text: string): void => {
      shown += text;
    };
    Object.assign(context.stdio, { errIsTerminal: () => true, writeErr });
    await preview(context, folder.file("x.png"));
    expect(shown.includes("\u001b_G")).toBe(isShown);
    if (!isShown) expect(shown).toBe("");
  },
  30_000,
);
