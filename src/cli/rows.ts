import { HANDLERS } from "../commands/index.ts";
import { CAPABILITIES, type Row, TOOLS } from "../core/capability.ts";

/** The rows that this build can run, in the table's order. A verb without a handler does not exist. */
export const ROWS: readonly Row[] = [...CAPABILITIES, ...TOOLS].filter(({ id }) => Object.hasOwn(HANDLERS, id));

export function findRow(path: readonly string[]): Row | undefined {
  return ROWS.find(({ id }) => id === path.join("."));
}

/** The next words that may follow `path`, in the table's order. */
export function childrenOf(path: readonly string[]): string[] {
  const prefix = path.map((word) => `${word}.`).join("");
  const names = ROWS.flatMap(({ id }) => (id.startsWith(prefix) ? [id.slice(prefix.length).split(".")[0] ?? ""] : []));
  return [...new Set(names)];
}
