import { extname } from "node:path";
import { type MadeImages, makeImages } from "../capabilities/image.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import type { Candidate } from "../engine/candidates.ts";
import type { KnownProvider } from "../engine/directory.ts";
import type { ArrivedPicture } from "../engine/pictures.ts";
import { arrivalFolder, checkDestination, type Destination, keepMedia } from "../media/file.ts";
import { COMMON_TYPES, prepareImage, refuseOthers } from "../media/image-input.ts";
import { openInput } from "../media/input.ts";
import { preview } from "../output/preview.ts";
import { withProgress } from "../output/progress.ts";
import type { ImageHints, InputImage } from "../protocols/image-wire.ts";
import { choose } from "./backend.ts";
import { isByItself } from "./image-providers.ts";

type Flags = Input<"image.generate"> & Partial<Pick<Input<"image.edit">, "file" | "mask" | "allowPrivateNetwork">>;

/** What every image editor takes; a larger picture is made smaller. OpenAI's own limit is 50 MB. */
const LARGEST_INPUT = 50 * 1024 * 1024;
/** What is read at all. */
const LARGEST_FILE = 512 * 1024 * 1024;

/** `infer image generate` */
export async function generate(context: Context, input: Input<"image.generate">): Promise<Result> {
  return make(context, input);
}

/** `infer image edit` */
export async function edit(context: Context, input: Input<"image.edit">): Promise<Result> {
  return make(context, input);
}

async function make(context: Context, flags: Flags): Promise<Result> {
  const { prompt, count = 1, output, file: files = [], mask } = flags;
  if (output === "-" && count > 1)
    throw new InferError("usage", "--output - takes one picture, and --count asks for more.");
  const candidates = await chooseMaker(context, flags, files.length > 0);
  allowTime(context, candidates);
  await checkDestination(context, output, "image");
  const destination: Destination = { output, family: "image", subject: prompt };
  await using litter = new AsyncDisposableStack();
  const inputs: InputImage[] = [];
  for (const file of files) inputs.push(await openPicture(context, file, flags, litter));
  const maskImage = mask === undefined ? undefined : await openPicture(context, mask, flags, litter);
  const arrivals = { folder: await arrivalFolder(context, destination), litter };
  const made = await withProgress(context, "Making the picture", (onState) => {
    const hints = hintsOf(flags);
    return makeImages(context, { prompt, inputs, mask: maskImage, count, hints, candidates, arrivals, onState });
  });
  if (output === "-") return toStdout(context, made, litter.move());
  return await save(context, made, destination, flags);
}

/** Whoever can do it; where only others are set up, one of them, so that it is told what it lacks. */
async function chooseMaker(context: Context, flags: Flags, edits: boolean): Promise<Candidate[]> {
  try {
    const suits = (provider: KnownProvider) => isByItself(provider) && (!edits || !!provider.image?.limits.edit);
    return await choose(context, "image", flags, suits);
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "auth") throw thrown;
    return choose(context, "image", flags).catch(() => Promise.reject(thrown));
  }
}

/** Some providers take longer for a picture than the verb's own deadline gives. */
function allowTime(context: Context, candidates: readonly Candidate[]): void {
  if (context.options.timeoutMs !== undefined) return;
  const longest = Math.max(0, ...candidates.map(({ provider }) => provider.image?.timeoutMs ?? 0));
  context.endsAt = Math.max(context.endsAt, context.now() + longest);
}

async function openPicture(
  context: Context,
  file: string,
  { allowPrivateNetwork = false }: Flags,
  litter: AsyncDisposableStack,
): Promise<InputImage> {
  using limit = deadline(context, context.endsAt, () => "The files could not be read in time.");
  const options = { allowPrivateNetwork, signal: limit.signal, limit: LARGEST_FILE, litter, accepts: refuseOthers };
  const input = await openInput(context, file, options);
  const image = await prepareImage(context, input, { types: COMMON_TYPES, maxBytes: LARGEST_INPUT }, limit.signal);
  context.report.inputs.push({ path: input.origin, mimeType: image.mimeType });
  // ComfyUI keeps every upload under the name that it came with.
  return { ...image, filename: `infer-${crypto.randomUUID()}${extname(image.filename)}` };
}

function hintsOf(flags: Flags): ImageHints {
  const { size, aspectRatio, resolution, quality, outputFormat, background, openaiBackground, openaiModeration } =
    flags;
  const moderation = openaiModeration;
  return { size, aspectRatio, resolution, quality, outputFormat, background, openaiBackground, moderation };
}

async function save(context: Context, made: MadeImages, destination: Destination, flags: Flags): Promise<Result> {
  const { pictures, missing } = made;
  const { count = 1 } = flags;
  const paths: string[] = [];
  const failures: InferError[] = [];
  for (const [index, picture] of pictures.entries()) {
    const { width, height, revisedPrompt } = picture;
    // By how many were asked for: more may come, and fewer.
    const number = count > 1 || index > 0 ? index + 1 : undefined;
    const { file, failure } = await keepMedia(context, picture, { ...destination, number }, "picture");
    if (failure) failures.push(failure);
    if (!file) continue;
    context.report.outputs.push({
      ...file,
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(revisedPrompt !== undefined && { revisedPrompt }),
    });
    paths.push(file.path);
    if (!flags.noPreview) await preview(context, file.path);
  }
  const lost = failures.length > 0 ? unplaced(failures) : undefined;
  if (lost && missing?.type !== "interrupted") throw lost;
  if (missing) throw fewer(pictures.length, count, missing, paths);
  return { kind: "text", text: paths.join("\n") };
}

/** One failure for all that have another name than was asked for, or none. */
function unplaced([first, ...others]: readonly InferError[]): InferError | undefined {
  if (!first || others.length === 0) return first;
  const message = [first, ...others].map((one) => one.message).join(" ");
  return new InferError(first.type, message, first.details);
}

/** Those that were made are there, and are told; Ctrl-C stays what it is. */
function fewer(made: number, wanted: number, missing: InferError, paths: readonly string[]): InferError {
  if (missing.type === "interrupted") return missing;
  const message = `${made} of ${wanted} pictures were made: ${missing.message}`;
  // The same line again would make all of them again.
  const hint = [`Written: ${paths.join(", ")}`, missing.details.hint].filter(Boolean).join(". ");
  const details = { ...missing.details, retryable: false, hint };
  return new InferError("partial", message, details);
}

/** The picture's bytes; what is left of its file goes once they have been written. */
function toStdout(context: Context, { pictures }: MadeImages, litter: AsyncDisposableStack): Result {
  const [picture] = pictures;
  if (!picture) throw new Error("no picture was made");
  if (pictures.length > 1) {
    context.report.warnings.push(`${pictures.length} pictures came: --output - gives the first one, and no other.`);
  }
  async function* chunks({ part }: ArrivedPicture): AsyncGenerator<Uint8Array> {
    await using _ = litter;
    yield* part.readNameless();
  }
  return { kind: "bytes", chunks: chunks(picture) };
}
