import { expect, test } from "bun:test";
import { EXIT_CODES } from "../../src/core/error.ts";
import { README, TABLES, withTables } from "../support/readme.ts";

const readme = await Bun.file(README).text();

test("the README's tables are what the code says (else: bun tests/support/readme.ts)", () => {
  for (const rows of Object.values(TABLES)) expect(rows.length).toBeGreaterThan(3);
  expect(readme).toBe(withTables(readme));
});

test("the README has every error type and its exit code", () => {
  for (const [type, code] of Object.entries(EXIT_CODES)) {
    expect(readme).toMatch(new RegExp(`\\| ${code}(?:, 143)? \\| \`${type}\``));
  }
});
