import { join, parse } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { ByteSource } from "../http/source.ts";
import { audioFormat, isRecording } from "./audio/format.ts";
import { type InputFile, openInput } from "./input.ts";

/** A recording as a program is given it. */
interface RecordingFile {
  path: string;
  mimeType: string;
}

/** A recording as a vendor is sent it. */
interface SentRecording {
  source: ByteSource;
  mimeType: string;
  filename: string;
  extension: string;
}

/** Bytes of what is opened at all; no vendor takes more. */
const LARGEST_FILE = 5 * 1024 ** 3;

/** A recording to be written down: opened once, and read from where it is each time that it is sent. */
export class Recording {
  private constructor(
    readonly input: InputFile,
    readonly mimeType: string,
    /** Of what it is, whatever its name says. */
    readonly extension: string,
  ) {}

  /** Fails before anything is sent: as `not_found` where there is no file, as `usage` where it is no recording. */
  static async open(
    context: Context,
    file: string,
    options: { allowPrivateNetwork: boolean; signal: AbortSignal; litter: AsyncDisposableStack },
  ): Promise<Recording> {
    const input = await openInput(context, file, { ...options, limit: LARGEST_FILE });
    const { origin, mimeType, extension } = input;
    if (mimeType !== undefined && extension !== undefined && isRecording(mimeType)) {
      const sound = mimeType.startsWith("video/") ? undefined : audioFormat({ mimeType, extension });
      // Vendors go by the name, and know Ogg by this one, whatever is in it.
      if (sound?.mimeType === "audio/ogg") return new Recording(input, sound.mimeType, "ogg");
      return new Recording(input, sound?.mimeType ?? mimeType, sound?.extension ?? extension);
    }
    throw new InferError("usage", `${origin} is ${mimeType ?? "not a known kind of file"}, not a recording.`, {
      hint:
        mimeType === undefined
          ? "Bare samples need a header first: sox -t raw -r 16000 -e signed -b 16 -c 1 in.raw out.wav"
          : "Give a sound file, or a video with sound.",
    });
  }

  get size(): number {
    return this.input.size;
  }

  /** What it is called here says nothing to anybody else. */
  sent(onBytes: (count: number) => void): SentRecording {
    const { mimeType, extension, input } = this;
    return { source: counted(input.source, onBytes), mimeType, extension, filename: `recording.${extension}` };
  }

  /** For a program: as it is where that is possible; what came over the network or a pipe gets a name in the folder. */
  async file(folder: string): Promise<RecordingFile> {
    const { mimeType, extension, input } = this;
    const { path, origin, source } = input;
    // A program goes by the name: it has to be true.
    if (origin === path && parse(path).ext.slice(1).toLowerCase() === extension) return { path, mimeType };
    const named = join(folder, `recording.${extension}`);
    const copy = Bun.file(named).writer();
    for await (const chunk of source.open()) copy.write(chunk);
    await copy.end();
    return { path: named, mimeType };
  }
}

/** The same bytes; says how many have been read so far, anew for each reading. */
function counted({ size, open }: ByteSource, onBytes: (count: number) => void): ByteSource {
  return {
    size,
    async *open() {
      let count = 0;
      for await (const chunk of open()) {
        yield chunk;
        count += chunk.length;
        onBytes(count);
      }
    },
  };
}
