import type { Context } from "../core/context.ts";
import { codeOf, InferError } from "../core/error.ts";
import { unlessAborted } from "../core/patience.ts";
import { MOST_PIXELS } from "../core/pixel-limit.ts";
import { type ByteSource, memorySource } from "../http/source.ts";
import type { InputFile, InputHead } from "./input.ts";

/** What a provider takes of pictures. */
export interface PictureTerms {
  /** MIME types that are sent as they are. */
  types: ReadonlySet<string>;
  /** Bytes; a larger picture is made smaller. */
  maxBytes: number;
}

export interface PreparedImage {
  source: ByteSource;
  mimeType: string;
  /** `picture.png`: with the extension of what it is. */
  filename: string;
}

/** The types that every vision model and every image editor takes. */
export const COMMON_TYPES: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** A picture loses a third of its edges with every step. */
const STEP = 2 / 3;
const LEAST_EDGE = 64;
const QUALITY = 85;
/** Pixels. No model looks closer, and WebP knows no edge above 16,383. */
const LONGEST_EDGE = 8000;

/**
 * The picture as the provider takes it: as it is where that is possible, otherwise converted or made smaller, which the
 * report says. What this machine cannot decode is a `usage` error that says what to do. Rejects with the signal's reason;
 * Bun cannot be told to stop the step that it is at, and the process lives until that is done.
 */
export async function prepareImage(
  context: Context,
  input: InputFile,
  terms: PictureTerms,
  signal: AbortSignal,
): Promise<PreparedImage> {
  refuseOthers(input);
  const { origin, mimeType = "", extension = "bin", size, source } = input;
  if (terms.types.has(mimeType) && size <= terms.maxBytes) {
    return { source, mimeType, filename: `picture.${extension}` };
  }
  const why = terms.types.has(mimeType) ? `larger than ${megabytes(terms.maxBytes)}` : `${mimeType}`;
  // JPEG knows no transparency.
  const format = mimeType !== "image/jpeg" && terms.types.has("image/webp") ? "webp" : "jpeg";
  const { bytes, width, height } = await reencoded(input, format, terms.maxBytes, signal);
  context.report.warnings.push(
    `${origin} is ${why}: sent as ${format.toUpperCase()}, ${width}x${height}, ${megabytes(bytes.length)}.`,
  );
  return { source: memorySource(bytes), mimeType: `image/${format}`, filename: `picture.${format}` };
}

/** Fails as `usage` for what begins like no picture. */
export function refuseOthers({ origin, mimeType }: Pick<InputHead, "origin" | "mimeType">): void {
  if (mimeType?.startsWith("image/")) return;
  throw new InferError("usage", `${origin} is ${mimeType ?? "not a known kind of file"}, not a picture.`);
}

async function reencoded(
  input: InputFile,
  format: "webp" | "jpeg",
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; width: number; height: number }> {
  try {
    const { width, height } = await unlessAborted(signal, () => new Bun.Image(input.path).metadata());
    if (width * height > MOST_PIXELS)
      throw tooManyPixels(input, `has ${Math.round((width * height) / 1e6)} megapixels`);
    const first = Math.min(1, LONGEST_EDGE / Math.max(width, height));
    for (let scale = first; ; scale *= STEP) {
      const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
      if (scale < first && Math.max(size.width, size.height) < LEAST_EDGE) break;
      const image = new Bun.Image(input.path, { maxPixels: MOST_PIXELS }).resize(size.width, size.height);
      const bytes = await unlessAborted(signal, () => image[format]({ quality: QUALITY }).bytes());
      if (bytes.length <= maxBytes) return { bytes, ...size };
    }
  } catch (thrown) {
    if (signal.aborted) throw stopped(input, signal.reason);
    if (thrown instanceof InferError) throw thrown;
    if (codeOf(thrown) === "ERR_IMAGE_TOO_MANY_PIXELS") throw tooManyPixels(input, "is too large");
    throw undecodable(input, codeOf(thrown) === "ERR_IMAGE_FORMAT_UNSUPPORTED");
  }
  throw new InferError("usage", `${input.origin} cannot be made smaller than ${megabytes(maxBytes)}.`);
}

/** Out of time: says what it was spent on. */
function stopped({ origin }: InputFile, reason: unknown): unknown {
  if (!(reason instanceof InferError) || reason.type !== "timeout") return reason;
  const message = `${origin} could not be converted in time.`;
  return new InferError("timeout", message, { ...reason.details, cause: reason });
}

function tooManyPixels({ origin }: InputFile, what: string): InferError {
  const message = `${origin} ${what}: it cannot be converted, which takes at most ${MOST_PIXELS / 1e6} megapixels.`;
  return new InferError("usage", message, { hint: "Make it smaller first." });
}

function undecodable({ origin, mimeType }: InputFile, unsupported: boolean): InferError {
  const what = unsupported ? "which cannot be converted on this machine" : "and it cannot be decoded";
  return new InferError("usage", `${origin} is ${mimeType}, ${what}.`, {
    hint: "Convert it to PNG, JPEG or WebP first.",
  });
}

function megabytes(bytes: number): string {
  const amount = bytes / 1024 / 1024;
  return amount >= 10 ? `${Math.round(amount)} MiB` : `${amount.toFixed(1)} MiB`;
}
