import { CAPABILITIES, flagsOf, type Input, type Row } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { offered, ROWS, TRANSPORTS } from "./index.ts";

/** `infer list`: what this build can run. */
export async function list(): Promise<Result> {
  const inventory = capabilities().map(({ id, transports, description }) => ({
    id,
    transports: available(transports),
    description,
  }));
  const widest = Math.max(...inventory.map(({ id }) => id.length));
  return {
    kind: "inventory",
    value: inventory,
    text: inventory.map(({ id, description }) => `${id.padEnd(widest)}  ${description}`).join("\n"),
  };
}

/** `infer inspect`: one capability, or the schema of the envelope that all of them share. */
export async function inspect(_context: Context, input: Input<"inspect">): Promise<Result> {
  if (input.schema) {
    const { envelopeJsonSchema } = await import("../core/envelope-schema.ts");
    const schema = envelopeJsonSchema();
    return { kind: "inventory", value: schema, text: JSON.stringify(schema, null, 2) };
  }
  const { name } = input;
  if (name === undefined) throw new InferError("usage", "--name is missing.", { hint: "See infer list" });
  const row = capabilities().find(({ id }) => id === name);
  if (!row) throw unknownCapability(name);
  const inventory = {
    id: row.id,
    description: row.description,
    transports: available(row.transports),
    flags: offered(flagsOf(row)).map((flag) => `--${flag.name}`),
    resultShape: row.resultShape,
  };
  return { kind: "inventory", value: inventory, text: JSON.stringify(inventory, null, 2) };
}

function capabilities(): Row[] {
  return ROWS.filter((row) => CAPABILITIES.some(({ id }) => id === row.id));
}

function available(transports: Row["transports"]): Row["transports"] {
  return transports.filter((transport) => TRANSPORTS.includes(transport));
}

function unknownCapability(name: string): InferError {
  const later = CAPABILITIES.some(({ id }) => id === name);
  return new InferError("not_found", later ? `This build has no ${name} yet.` : `There is no capability "${name}".`, {
    hint: "See infer list",
  });
}
