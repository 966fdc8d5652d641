import { readImages, runText } from "../capabilities/text.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { OutQueue } from "../output/queue.ts";
import { choose } from "./backend.ts";

/** `infer model run` */
export async function run(context: Context, input: Input<"model.run">): Promise<Result> {
  const candidates = await choose(context, "text", input);
  const images = await readImages(context, input.file, input.allowPrivateNetwork);
  const { prompt, system, maxTokens, temperature, thinking } = input;
  const request = { prompt, system, images, maxTokens, temperature, thinking };
  const out = context.options.json ? undefined : new OutQueue(context.stdio);
  const show = out && ((piece: string) => out.add(piece));
  try {
    const { text, finishReason, usage } = await runText(context, { request, candidates, show });
    context.report.outputs.push({ text, mediaUrl: null, finishReason });
    if (usage) context.report.usage = usage;
    return out ? { kind: "shown" } : { kind: "text", text };
  } catch (thrown) {
    // On a terminal the message must not go on in the line of half an answer.
    if (out?.begun && context.stdio.outIsTerminal()) await out.add("\n");
    throw thrown;
  } finally {
    await out?.drain();
  }
}
