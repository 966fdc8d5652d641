/** The tables of the README that are made from the code: `bun tests/support/readme.ts` writes them anew. */
import { join } from "node:path";
import { ROWS } from "../../src/commands/index.ts";
import { PROVIDERS } from "../../src/providers/table.ts";

export const README = join(import.meta.dir, "../../README.md");

export const TABLES = {
  commands: ROWS.map(({ id, description }) => [`\`infer ${id.replaceAll(".", " ")}\``, description.replace(/\.$/, "")]),
  providers: PROVIDERS.map(({ id, env, keyless, text }) => {
    const keys = env.map(code).join(" or ");
    const key = keyless ? (keys ? `none, or ${keys}` : "none") : keys;
    return [code(id), key, text ? code(text.protocol) : "–", text?.defaultModel ? code(text.defaultModel) : "–"];
  }),
};

/** The README with its tables made anew. Throws when it has no place for one. */
export function withTables(readme: string): string {
  return Object.entries(TABLES).reduce((text, [name, rows]) => {
    const place = new RegExp(`(<!-- ${name}\\b[^>]*-->\\n[^\\n]*\\n\\|[-|]+\\|\\n)[^]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`README has no ${name} table`);
    const lines = rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
    return text.replace(place, (_, head: string, end: string) => head + lines + end);
  }, readme);
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) await Bun.write(README, withTables(await Bun.file(README).text()));
