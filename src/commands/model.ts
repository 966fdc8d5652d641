import { readImages, runText } from "../capabilities/text.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { choose } from "./backend.ts";

/** `infer model run` */
export async function run(context: Context, input: Input<"model.run">): Promise<Result> {
  const candidates = await choose(context, "text", input);
  const images = await readImages(context, input.file, input.allowPrivateNetwork);
  const { prompt, system, maxTokens, temperature, thinking } = input;
  const request = { prompt, system, images, maxTokens, temperature, thinking };
  const streams = !context.options.json;
  const show = streams ? (piece: string) => context.stdio.writeOut(piece) : undefined;
  const { text, finishReason, usage } = await runText(context, { request, candidates, show });
  context.report.outputs.push({ text, mediaUrl: null, finishReason });
  if (usage) context.report.usage = usage;
  return streams ? { kind: "shown" } : { kind: "text", text };
}
