import { type CommandDef, defineCommand } from "citty";
import { HANDLERS } from "../commands/index.ts";
import { CAPABILITIES, type CommandId, GROUPS, type Row, TOOLS } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";

/** What a leaf of the tree is given to run. */
export interface Call {
  context: Context;
  /** Validated against the row's flags. */
  input: Record<string, unknown>;
}

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

/** citty's tree of everything below `path`, made from the table; each leaf loads its own family when it runs. */
export function commandTree(path: readonly string[] = []): CommandDef {
  const row = findRow(path);
  if (row) {
    return defineCommand({
      meta: { name: path.at(-1) ?? "", description: row.description },
      run: async ({ data }) => runRow(row, data as Call),
    });
  }
  return defineCommand({
    meta: { name: path.at(-1) ?? "infer", description: GROUPS[path.join(".")] ?? "" },
    subCommands: Object.fromEntries(childrenOf(path).map((name) => [name, () => commandTree([...path, name])])),
  });
}

async function runRow(row: Row, { context, input }: Call): Promise<Result> {
  const load = HANDLERS[row.id as CommandId];
  if (!load) throw new Error(`${row.id} has no handler`);
  const handler = await load();
  // The input was validated against this very row, which is where the handler's input type comes from.
  return handler(context, input as never);
}
