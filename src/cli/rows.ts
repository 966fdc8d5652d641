import { ROWS } from "../commands/index.ts";
import type { Row } from "../core/capability.ts";

export function findRow(path: readonly string[]): Row | undefined {
  return ROWS.find(({ id }) => id === path.join("."));
}

/** The next words that may follow `path`, in the table's order. */
export function childrenOf(path: readonly string[]): string[] {
  const prefix = path.map((word) => `${word}.`).join("");
  const names = ROWS.flatMap(({ id }) => (id.startsWith(prefix) ? [id.slice(prefix.length).split(".")[0] ?? ""] : []));
  return [...new Set(names)];
}
