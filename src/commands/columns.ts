import { oneLine } from "../core/terminal-text.ts";

/** A table for people: two blanks between the columns, and none at the end of a line. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of cells) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  return cells.map((row) => line(row).trimEnd()).join("\n");
}
