import { expect, test } from "bun:test";
import { skippedNames, summarise } from "../../support/summary.ts";

const report = (passed: number, failed: number, skipped: number): string =>
  `${'<testcase name="p"/>'.repeat(passed)}${'<testcase name="f"><failure/></testcase>'.repeat(failed)}${'<testcase name="s" file="x">\n<skipped/></testcase>'.repeat(skipped)}`;
const summary = (pass: number, fail: number): string =>
  ` ${pass} pass\n ${fail} fail\nRan ${pass + fail} tests across 2 files.\n`;

test("counts what ran", () => {
  expect(summarise(1, summary(3, 2), report(3, 2, 1))).toEqual({ passed: 3, failed: 2, skipped: 1 });
  expect(summarise(0, summary(3, 0), report(3, 0, 0))).toEqual({ passed: 3, failed: 0, skipped: 0 });
  expect(skippedNames(report(1, 0, 2))).toEqual(["s", "s"]);
});

test("a file that does not load is a failure, though the report has none", () => {
  expect(summarise(1, summary(3, 1), report(3, 0, 0))).toMatchObject({ passed: 3, failed: 1 });
});

test("a run that ended early, that ran nothing, or that disagrees with itself is a failure", () => {
  expect(summarise(0, "", "")).toMatchObject({ failed: 1, doubt: expect.any(String) });
  expect(summarise(0, summary(0, 0), report(0, 0, 3))).toMatchObject({ failed: 1, doubt: "no test ran" });
  expect(summarise(0, summary(2, 0), report(3, 0, 0))).toMatchObject({
    failed: 1,
    doubt: expect.stringContaining("bun says 2"),
  });
  expect(summarise(7, summary(3, 0), report(3, 0, 0))).toMatchObject({
    failed: 1,
    doubt: expect.stringContaining("exit code 7"),
  });
});
