import { type CommandDef, defineCommand, runCommand } from "citty";
import { HANDLERS } from "../commands/index.ts";
import { type CommandId, GROUPS, type Row } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { childrenOf, findRow } from "./rows.ts";

/** What a leaf of the tree is given to run. */
interface Leaf {
  context: Context;
  /** Validated against the row's flags. */
  input: Record<string, unknown>;
}

/** Runs one leaf. argv has been read already: citty gets none of it, and its own loose parsing has nothing to do. */
export async function runLeaf(row: Row, leaf: Leaf): Promise<Result> {
  let command = commandTree();
  for (const name of row.id.split(".")) {
    const below = command.subCommands as Record<string, () => CommandDef>;
    const next = Object.hasOwn(below, name) ? below[name] : undefined;
    if (!next) throw new Error(`no command ${row.id}`);
    command = next();
  }
  const { result } = await runCommand(command, { rawArgs: [], data: leaf });
  return result as Result;
}

/** citty's tree of everything below `path`, made from the table; each leaf loads its own family when it runs. */
function commandTree(path: readonly string[] = []): CommandDef {
  const row = findRow(path);
  if (row) {
    return defineCommand({
      meta: { name: path.at(-1) ?? "", description: row.description },
      run: async ({ data }) => runHandler(row, data as Leaf),
    });
  }
  return defineCommand({
    meta: { name: path.at(-1) ?? "infer", description: GROUPS[path.join(".")] ?? "" },
    subCommands: Object.fromEntries(childrenOf(path).map((name) => [name, () => commandTree([...path, name])])),
  });
}

async function runHandler(row: Row, { context, input }: Leaf): Promise<Result> {
  const load = HANDLERS[row.id as CommandId];
  if (!load) throw new Error(`${row.id} has no handler`);
  const handler = await load();
  // The input was validated against this very row, which is where the handler's input type comes from.
  return handler(context, input as never);
}
