import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROWS } from "../../src/commands/index.ts";
import { EXIT_CODES } from "../../src/core/error.ts";
import { PROVIDERS } from "../../src/providers/table.ts";

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();

/** The lines between `<!-- name -->` and `<!-- /name -->`, without the head of the table. */
function tableBelow(name: string): string {
  const block = new RegExp(`<!-- ${name}\\b[^>]*-->\\n[^\\n]*\\n\\|[-|]+\\|\\n([^]*?)<!-- /${name} -->`).exec(readme);
  if (!block) throw new Error(`README has no ${name} table`);
  return (block[1] ?? "").trimEnd();
}

test("the README lists the commands of the table", () => {
  const rows = ROWS.map(
    ({ id, description }) => `| \`infer ${id.replaceAll(".", " ")}\` | ${description.replace(/\.$/, "")} |`,
  );
  expect(tableBelow("commands")).toBe(rows.join("\n"));
});

test("the README lists the providers of the table", () => {
  const code = (text: string): string => `\`${text}\``;
  const rows = PROVIDERS.map(({ id, env, keyless, text }) => {
    const keys = env.map(code).join(" or ");
    const key = keyless ? (keys ? `none, or ${keys}` : "none") : keys;
    return `| ${code(id)} | ${key} | ${text ? code(text.protocol) : "–"} | ${text?.defaultModel ? code(text.defaultModel) : "–"} |`;
  });
  expect(tableBelow("providers")).toBe(rows.join("\n"));
});

test("the README has every error type and its exit code", () => {
  for (const [type, code] of Object.entries(EXIT_CODES))
    expect(readme).toMatch(new RegExp(`\\| ${code}(?:, 143)? \\| \`${type}\``));
});
