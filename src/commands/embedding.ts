import { createEmbeddings } from "../capabilities/embed.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { choose } from "./backend.ts";

/** `infer embedding create` */
export async function create(context: Context, input: Input<"embedding.create">): Promise<Result> {
  const candidates = await choose(context, "embedding", input);
  const outputs = await createEmbeddings(context, { texts: input.text, candidates });
  context.report.outputs.push(...outputs);
  return { kind: "text", text: outputs.map(({ embedding }) => JSON.stringify(embedding)).join("\n") };
}
