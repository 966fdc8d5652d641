import { join, parse } from "node:path";
import type { Context } from "../core/context.ts";
import { writeCopy } from "./copy.ts";
import { type PictureTerms, type PreparedImage, prepareImage, refuseOthers } from "./image-input.ts";
import { type InputFile, openInput } from "./input.ts";

/** A picture as a program is given it. */
export interface PictureFile {
  path: string;
  mimeType: string;
}

/** A picture as one model is sent it, in memory. */
interface InlinePicture {
  mimeType: string;
  base64: string;
}

/** Bytes of what is opened at all: what is larger than a provider takes is made smaller, and that has to fit in memory. */
const LARGEST_FILE = 100 * 1024 * 1024;

/** A picture to be looked at: opened once, and made ready for each backend as that one takes it. */
export class Picture {
  readonly #prepared = new Map<string, Promise<PreparedImage>>();

  private constructor(
    private readonly context: Context,
    readonly input: InputFile,
  ) {}

  /** Fails before anything is sent: as `not_found` where there is no file, as `usage` where it is no picture. */
  static async open(
    context: Context,
    file: string,
    options: { allowPrivateNetwork: boolean; signal: AbortSignal; litter: AsyncDisposableStack },
  ): Promise<Picture> {
    const input = await openInput(context, file, { ...options, limit: LARGEST_FILE, accepts: refuseOthers });
    return new Picture(context, input);
  }

  /** Nothing of it is kept: of many pictures, only those that are being sent are in memory. */
  async inline(terms: PictureTerms, signal: AbortSignal): Promise<InlinePicture> {
    const { source, mimeType } = await this.#prepare(terms, signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.open()) chunks.push(chunk);
    return { mimeType, base64: Buffer.concat(chunks).toString("base64") };
  }

  /** For a program: as it is where that is possible, else a smaller one, or one with a name, in the folder. */
  async file(folder: string, maxBytes: number, signal: AbortSignal): Promise<PictureFile> {
    const { path, origin, mimeType = "", extension = "bin", source } = this.input;
    const isSmall = this.input.size <= maxBytes;
    if (isSmall && origin === path) return { path, mimeType };
    // What came over the network or a pipe has no name that a program could go by.
    const prepared = isSmall
      ? { source, mimeType, filename: `picture.${extension}` }
      : await this.#prepare({ types: new Set([mimeType]), maxBytes }, signal);
    const name = origin === path ? `${parse(path).name}${parse(prepared.filename).ext}` : prepared.filename;
    await writeCopy(join(folder, name), prepared.source, signal);
    return { path: join(folder, name), mimeType: prepared.mimeType };
  }

  /** Once for the same terms: a second try sends the same, and warns no second time. */
  #prepare(terms: PictureTerms, signal: AbortSignal): Promise<PreparedImage> {
    const key = `${terms.maxBytes} ${[...terms.types].join()}`;
    const known = this.#prepared.get(key) ?? prepareImage(this.context, this.input, terms, signal);
    this.#prepared.set(key, known);
    // Whoever tries again may have more time.
    known.catch(() => this.#prepared.delete(key));
    return known;
  }
}
