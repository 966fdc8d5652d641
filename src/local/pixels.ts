import { inflateSync } from "node:zlib";
import { codeOf, InferError, isAbsent } from "../core/error.ts";
import { MOST_PIXELS } from "../core/pixel-limit.ts";
import type { NamedPicture } from "./engine.ts";

/** A picture as rows of RGBA, without transparency. */
export interface Pixels {
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
}

/** Width and height as the picture is seen: what EXIF says about turning is done. */
export interface PictureFacts {
  format: string;
  width: number;
  height: number;
}

const CHANNELS = 4;
const WHITE = 255;
/** Visible pixels this bright, on average, cannot be seen on white. */
const NEARLY_WHITE = 200;

const PNG_SIGNATURE_BYTES = 8;
/** Length and type before the data of a chunk, its checksum behind. */
const CHUNK_HEAD_BYTES = 8;
const CHUNK_TAIL_BYTES = 4;

export async function pictureFacts(picture: NamedPicture): Promise<PictureFacts> {
  return decoding(picture, async () => await open(picture).metadata());
}

/** The picture in this size. Transparent parts become white, or black where the rest is nearly white itself. */
export async function pixelsOf(picture: NamedPicture, width: number, height: number): Promise<Pixels> {
  // Bun.Image hands out no raw pixels; an uncompressed PNG of its own is the nearest thing.
  const png = await decoding(picture, () => open(picture).resize(width, height).png({ compressionLevel: 0 }).bytes());
  const pixels = readPng(png);
  fillTransparent(pixels.data);
  return pixels;
}

/** Turned clockwise by quarters. */
export function turned(pixels: Pixels, quarters: number): Pixels {
  if (quarters === 0) return pixels;
  const { width: height, height: width } = pixels;
  const from = new Uint32Array(pixels.data.buffer);
  const to = new Uint32Array(from.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) to[y * width + x] = from[(width - 1 - x) * height + y] ?? 0;
  }
  return turned({ data: new Uint8Array(to.buffer), width, height }, quarters - 1);
}

/** A path as a file: as a string it might be taken for a `data:` URL. */
function open({ picture }: NamedPicture): Bun.Image {
  return new Bun.Image(typeof picture === "string" ? Bun.file(picture) : picture, { maxPixels: MOST_PIXELS });
}

async function decoding<T>({ name }: NamedPicture, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (thrown) {
    const code = codeOf(thrown) ?? "";
    if (isAbsent(thrown)) throw new InferError("not_found", `${name} does not exist.`);
    if (!code.startsWith("ERR_IMAGE_")) throw new InferError("io", `${name} cannot be read: ${code || thrown}`);
    const [what, hint] = REFUSALS[code] ?? ["cannot be decoded: it is damaged, or of a rare kind", CONVERT];
    throw new InferError("usage", `${name} ${what}.`, { hint });
  }
}

const CONVERT = "Convert it to PNG, JPEG or WebP first.";

const REFUSALS: Readonly<Record<string, [what: string, hint: string]>> = {
  ERR_IMAGE_UNKNOWN_FORMAT: ["is not a picture that is known here", "Give a PNG, JPEG, WebP, GIF or BMP."],
  ERR_IMAGE_FORMAT_UNSUPPORTED: ["is in a format that this machine cannot decode", CONVERT],
  ERR_IMAGE_TOO_MANY_PIXELS: ["is too large", `Make it smaller first: at most ${MOST_PIXELS / 1e6} megapixels.`],
};

/** Reads the one kind of PNG that Bun.Image writes: 8-bit RGBA, not interlaced. */
function readPng(png: Uint8Array): Pixels {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = PNG_SIGNATURE_BYTES; at < png.length; ) {
    const length = view.getUint32(at);
    const start = at + CHUNK_HEAD_BYTES;
    if (view.getUint32(at + 4) === 0x49444154) parts.push(png.subarray(start, start + length)); // "IDAT"
    at = start + length + CHUNK_TAIL_BYTES;
  }
  const [width, height, kind] = [view.getUint32(16), view.getUint32(20), view.getUint32(24)];
  if (kind !== 0x08060000) throw new Error("Bun.Image wrote a PNG that is not plain RGBA");
  const row = width * CHANNELS;
  const packed = inflateSync(Buffer.concat(parts), { maxOutputLength: (row + 1) * height });
  const data = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const start = y * (row + 1);
    // Each row begins with its filter; uncompressed, Bun uses none.
    if (packed[start] !== 0) throw new Error("Bun.Image wrote a PNG with filtered rows");
    data.set(packed.subarray(start + 1, start + 1 + row), y * row);
  }
  return { data, width, height };
}

function fillTransparent(data: Uint8Array): void {
  const visible = visibleBrightness(data);
  if (visible === undefined) return;
  const backdrop = visible > NEARLY_WHITE ? 0 : WHITE;
  for (let at = 0; at < data.length; at += CHANNELS) {
    const alpha = data[at + 3] ?? WHITE;
    if (alpha === WHITE) continue;
    for (let channel = at; channel < at + 3; channel++) {
      data[channel] = ((data[channel] ?? 0) * alpha + backdrop * (WHITE - alpha)) / WHITE;
    }
    data[at + 3] = WHITE;
  }
}

/** The mean brightness of what can be seen, or undefined when nothing is transparent. */
function visibleBrightness(data: Uint8Array): number | undefined {
  let sum = 0;
  let weight = 0;
  for (let at = 0; at < data.length; at += CHANNELS) {
    const alpha = data[at + 3] ?? WHITE;
    sum += alpha * ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0));
    weight += alpha;
  }
  const opaque = weight === (data.length / CHANNELS) * WHITE;
  return opaque ? undefined : sum / 3 / Math.max(weight, 1);
}
