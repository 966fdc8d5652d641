import type { Context } from "../core/context.ts";
import { InferError, toInferError } from "../core/error.ts";
import type { Reply } from "../http/client.ts";
import { readFrames } from "../http/frames.ts";
import { readSpilling } from "../http/spill.ts";
import { dimensionsOf } from "../media/dimensions.ts";
import type { ArrivedFile } from "../media/file.ts";
import { PartFile, type StoredFile } from "../media/part.ts";
import { failureInside } from "../protocols/failure.ts";
import type { ImageProtocol, ImageRoute, ImageStep, Picture } from "../protocols/image-wire.ts";
import { excerpt, malformed, parseJson } from "../protocols/message.ts";
import { keepInline } from "./inline-bytes.ts";
import { type Arrivals, download, type Fetching, type Kept } from "./media-download.ts";

/** A picture that has arrived whole. */
export interface ArrivedPicture extends ArrivedFile {
  width?: number;
  height?: number;
  revisedPrompt?: string;
}

/** An answer with its long base64 values on the disk. */
export interface ReadImages extends ImageStep {
  kept: readonly Kept[];
}

/** Reads one answer as its wire says. */
export async function readImages(
  protocol: ImageProtocol,
  route: ImageRoute,
  reply: Reply,
  arrivals: Arrivals,
): Promise<ReadImages> {
  if (protocol.framing === "sse" && /event-stream/.test(reply.headers.get("content-type") ?? "")) {
    return readEvents(protocol, route, reply);
  }
  const { spilled, ...document } = await readSpilling(reply.body, async () => {
    const part = arrivals.litter.use(await PartFile.create(arrivals.folder));
    return { write: (bytes) => part.write(bytes), end: async () => ({ part, stored: await part.end() }) };
  });
  const json = jsonOf(document, reply);
  return { ...checked(protocol.read(json, route, reply.url), reply.status), kept: spilled };
}

/** What an answer says, or what it is instead of one. */
function jsonOf({ text, cut }: { text: string; cut: boolean }, { status }: Reply): unknown {
  const start = text.trimStart();
  if (start === "") throw new InferError("empty_result", `HTTP ${status}, and nothing in it.`);
  if (start.startsWith("<")) throw malformed(`it is a web page: ${excerpt(text)}`);
  if (cut) throw new InferError("network", "The answer broke off in the middle.", { retryable: true });
  return parseJson(text);
}

async function readEvents(protocol: ImageProtocol, route: ImageRoute, reply: Reply): Promise<ReadImages> {
  const answer: ReadImages = { kept: [] };
  const pictures: Picture[] = [];
  // Some say everything once more at the end; it counts only when nothing came before.
  let repeated: readonly Picture[] = [];
  let refusal: string | undefined;
  let isOver = false;
  for await (const { data } of readFrames(reply.body, "sse")) {
    if (data.trim() === "[DONE]") {
      isOver = true;
      break;
    }
    const step = checked(protocol.read(parseJson(data), route, reply.url), reply.status);
    pictures.push(...(step.pictures ?? []));
    repeated = step.wholePictures ?? repeated;
    refusal = step.wholeRefusal ?? refusal;
    if (step.usage) answer.usage = step.usage;
    isOver ||= step.ended ?? false;
  }
  const all = pictures.length > 0 ? pictures : repeated;
  if (all.length === 0 && !isOver) {
    throw new InferError("network", "The stream broke off before the picture came.", { retryable: true });
  }
  if (all.length === 0 && refusal) throw new InferError("refused", refusal);
  return { ...answer, pictures: all };
}

function checked(step: ImageStep, status: number): ImageStep {
  if (step.failure !== undefined) throw failureInside(step.failure, status);
  if (step.refusal && !step.pictures?.length) throw new InferError("refused", step.refusal);
  return step;
}

/**
 * Brings every picture of an answer onto the disk, and makes sure that it is one. All of them have been paid for: what is
 * wrong with one is told beside the others, and thrown only when it is wrong with all.
 */
export async function collectPictures(
  context: Context,
  { pictures = [], kept }: ReadImages,
  arrivals: Arrivals,
  fetching: Fetching,
): Promise<{ arrived: ArrivedPicture[]; failure?: InferError }> {
  if (pictures.length === 0) throw new InferError("empty_result", "The provider said success and sent no picture.");
  const arrived: ArrivedPicture[] = [];
  let failure: InferError | undefined;
  for (const picture of pictures) {
    try {
      const { part, stored } =
        "base64" in picture
          ? await decoded(picture.base64, kept, arrivals)
          : await fetched(context, picture, arrivals, fetching);
      const { revisedPrompt } = picture;
      arrived.push({ ...asPicture(part, stored), ...(revisedPrompt && { revisedPrompt }) });
    } catch (thrown) {
      failure ??= toInferError(thrown);
      // What ends the command ends this as well; the next one would fail in the same way, or wait for nothing.
      if (["interrupted", "timeout", "io", "internal"].includes(failure.type)) break;
    }
  }
  if (arrived.length === 0 && failure) throw failure;
  return { arrived, ...(failure && { failure }) };
}

async function fetched(
  context: Context,
  picture: Extract<Picture, { url: string }>,
  arrivals: Arrivals,
  fetching: Fetching,
): Promise<Kept> {
  const { url } = picture;
  return url.startsWith("data:") ? decoded(url, [], arrivals) : download(context, picture, arrivals, fetching);
}

function decoded(base64: string, spilled: readonly Kept[], arrivals: Arrivals): Promise<Kept> {
  return keepInline(base64, { spilled, arrivals, what: "a picture" });
}

/** A picture, or the reason why what came is none. */
function asPicture(part: PartFile, stored: StoredFile): ArrivedPicture {
  const { size, kind, head, whole } = stored;
  if (size === 0) throw new InferError("empty_result", "The picture that came is empty.");
  if (!kind?.mimeType.startsWith("image/")) {
    const what = kind?.mimeType ?? "no known kind of file";
    const begins = /^[\s\x20-\x7e]*$/.test(text(head, 80)) ? `: ${text(head, 80).trim()}` : "";
    throw new InferError("empty_result", `What came as a picture is ${what}${begins}`);
  }
  if (!whole) throw new InferError("provider_error", "The picture that came is cut short.");
  return { part, stored, ...kind, ...dimensionsOf(head) };
}

function text(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.subarray(0, length)).toString("latin1");
}
