import { type DescribeRun, describeImage } from "../capabilities/describe.ts";
import { type Described, describeImages } from "../capabilities/describe-many.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { OutQueue } from "../output/queue.ts";
import { choose } from "./backend.ts";

type Failed = Extract<Described, { error: InferError }>;

/** `infer image describe` */
export async function describe(context: Context, input: Input<"image.describe">): Promise<Result> {
  const output = await describeImage(context, input.file, await runOf(context, input));
  context.report.outputs.push(output);
  return { kind: "text", text: output.text };
}

/**
 * `infer image describe-many`: the descriptions in the order of the files, each as soon as it is its turn. Of several,
 * each is headed by the path that it is of, and a blank line stands between them.
 */
export async function describeMany(context: Context, input: Input<"image.describe-many">): Promise<Result> {
  const { file: files } = input;
  const run = await runOf(context, input);
  const out = context.options.json ? undefined : new OutQueue(context.stdio);
  const failed: Failed[] = [];
  try {
    await describeImages(context, files, run, async (described) => {
      if ("error" in described) {
        failed.push(described);
        if (out && files.length > 1) await sayFailed(context, described);
        return;
      }
      const { path, text } = described.output;
      await out?.add((out.begun ? "\n\n" : "") + (files.length > 1 ? `${path}\n${text}` : text));
    });
    nameFirst(context);
    if (failed.length > 0) throw failureOf(failed, files.length, out !== undefined);
    return out ? { kind: "shown" } : { kind: "text", text: "" };
  } catch (thrown) {
    if (out?.begun) await out.add("\n");
    throw thrown;
  } finally {
    await out?.drain();
  }
}

async function runOf(context: Context, input: Input<"image.describe" | "image.describe-many">): Promise<DescribeRun> {
  const candidates = await choose(context, "vision", input);
  return { prompt: input.prompt, candidates, allowPrivateNetwork: input.allowPrivateNetwork };
}

/** As OpenClaw: the envelope names the backend of the first output. */
function nameFirst({ report }: Context): void {
  const [first] = report.outputs;
  if (first && "provider" in first) Object.assign(report, { provider: first.provider, model: first.model });
}

/** One line for each, in its turn: on a terminal, where it belongs among the others. */
async function sayFailed(context: Context, { file, error }: Failed): Promise<void> {
  const { sayFailure } = await import("../output/stderr.ts");
  const { hint } = error.details;
  sayFailure(context, new InferError(error.type, told({ file, error }), { hint }));
}

/** Why the command fails; `isSaid`: each file's reason has been said. */
function failureOf(failed: readonly Failed[], count: number, isSaid: boolean): InferError {
  const [first] = failed;
  if (!first) throw new Error("no file failed");
  const { error } = first;
  if (count === 1) return error;
  const which = isSaid ? "" : ` ${failed.map(told).join(" · ")}`;
  const message = `${failed.length} of ${count} images could not be described.${which}`;
  const retryable = failed.every((one) => one.error.retryable);
  if (failed.length < count) return new InferError("partial", message, { retryable });
  const { hint, status } = error.details;
  return new InferError(error.type, message, { retryable, ...(isSaid ? {} : { hint }), status });
}

/** `b.png: openai/gpt-5.5: …`; a `data:` URL is no name. */
function told({ file, error }: Failed): string {
  const { provider, model } = error.details;
  const name = /^data:/i.test(file) ? "data:" : file;
  return [name, [provider, model].filter(Boolean).join("/"), error.message].filter(Boolean).join(": ");
}
