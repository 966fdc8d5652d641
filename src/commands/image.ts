import { type MadeImages, makeImages } from "../capabilities/image.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import type { Candidate } from "../engine/candidates.ts";
import type { ArrivedPicture } from "../engine/pictures.ts";
import { arrivalFolder, checkDestination, type Destination, saveMedia } from "../media/file.ts";
import { COMMON_TYPES, prepareImage } from "../media/image-input.ts";
import { openInput } from "../media/input.ts";
import { preview } from "../output/preview.ts";
import { Progress } from "../output/progress.ts";
import type { ImageHints, InputImage } from "../protocols/image-wire.ts";
import { choose } from "./backend.ts";

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
  const candidates = await choose(
    context,
    "image",
    flags,
    ({ image }) => files.length === 0 || image?.limits.edit !== undefined,
  );
  allowTime(context, candidates);
  await checkDestination(context, output, "image");
  const destination: Destination = { output, family: "image", subject: prompt };
  await using litter = new AsyncDisposableStack();
  const inputs: InputImage[] = [];
  for (const file of files) inputs.push(await openPicture(context, file, flags, litter));
  const maskImage = mask === undefined ? undefined : await openPicture(context, mask, flags, litter);
  const arrivals = { folder: await arrivalFolder(context, destination), litter };
  const made = await waiting(context, (onState) => {
    const hints = hintsOf(flags);
    return makeImages(context, { prompt, inputs, mask: maskImage, count, hints, candidates, arrivals, onState });
  });
  if (output === "-") return toStdout(made, litter.move());
  return await save(context, made, destination, flags);
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
  const options = { allowPrivateNetwork, signal: limit.signal, limit: LARGEST_FILE, litter };
  const input = await openInput(context, file, options);
  const image = await prepareImage(context, input, { types: COMMON_TYPES, maxBytes: LARGEST_INPUT });
  context.report.inputs.push({ path: input.origin, mimeType: image.mimeType });
  return image;
}

function hintsOf(flags: Flags): ImageHints {
  const { size, aspectRatio, resolution, quality, outputFormat, background, openaiBackground, openaiModeration } =
    flags;
  const moderation = openaiModeration;
  return { size, aspectRatio, resolution, quality, outputFormat, background, openaiBackground, moderation };
}

async function waiting<T>(context: Context, work: (onState: (state: string) => void) => Promise<T>): Promise<T> {
  using progress = new Progress(context, "Making the picture");
  return await work((state) => progress.tell(state));
}

async function save(context: Context, made: MadeImages, destination: Destination, flags: Flags): Promise<Result> {
  const { pictures, missing } = made;
  const several = pictures.length > 1;
  const paths: string[] = [];
  for (const [index, picture] of pictures.entries()) {
    const { width, height, revisedPrompt } = picture;
    const file = await saveMedia(context, picture, { ...destination, number: several ? index + 1 : undefined });
    context.report.outputs.push({
      ...file,
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(revisedPrompt !== undefined && { revisedPrompt }),
    });
    paths.push(file.path);
    if (!flags.noPreview) await preview(context, file.path);
  }
  if (missing) throw fewer(pictures.length, flags.count ?? 1, missing, paths);
  return { kind: "text", text: paths.join("\n") };
}

/** Those that were made are there, and are told; Ctrl-C stays what it is. */
function fewer(made: number, wanted: number, missing: InferError, paths: readonly string[]): InferError {
  if (missing.type === "interrupted") return missing;
  const message = `${made} of ${wanted} pictures were made: ${missing.message}`;
  return new InferError("partial", message, { ...missing.details, hint: `Written: ${paths.join(", ")}` });
}

/** The picture's bytes; what is left of its file goes once they have been written. */
function toStdout({ pictures: [picture] }: MadeImages, litter: AsyncDisposableStack): Result {
  if (!picture) throw new Error("no picture was made");
  async function* chunks({ part }: ArrivedPicture): AsyncGenerator<Uint8Array> {
    await using _ = litter;
    yield* part.readNameless();
  }
  return { kind: "bytes", chunks: chunks(picture) };
}
