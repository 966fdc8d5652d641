import { join, parse } from "node:path";
import { SPEECH_FORMATS, type SpeechFormat } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { ByteSource } from "../http/source.ts";
import { type AudioFormat, audioFormat, isRecording } from "./audio/format.ts";
import { soundIn } from "./audio/sound.ts";
import { linkCopy } from "./copy.ts";
import { type InputFile, type InputHead, openInput } from "./input.ts";

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
    const input = await openInput(context, file, {
      ...options,
      limit: LARGEST_FILE,
      accepts: (begun) => kindOf(begun),
    });
    const { mimeType, extension } = kindOf(input);
    const sound = mimeType.startsWith("video/") ? undefined : audioFormat({ mimeType, extension });
    if (await isEmpty(input, extension, sound)) {
      throw new InferError("usage", `${input.origin} has no sound in it.`, {
        hint: "Check the file: nothing was recorded, or it was cut short.",
      });
    }
    // Vendors go by the name, and know Ogg by this one, whatever is in it.
    if (sound?.mimeType === "audio/ogg") return new Recording(input, sound.mimeType, "ogg");
    return new Recording(input, sound?.mimeType ?? mimeType, sound?.extension ?? extension);
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
  async file(folder: string, signal: AbortSignal): Promise<RecordingFile> {
    const { mimeType, extension, input } = this;
    const { path, origin } = input;
    // A program goes by the name: it has to be true.
    if (origin === path && parse(path).ext.slice(1).toLowerCase() === extension) return { path, mimeType };
    const named = join(folder, `recording.${extension}`);
    await linkCopy(named, input, signal);
    return { path: named, mimeType };
  }
}

/** What it is by its first bytes. Throws `usage` where that is no recording. */
function kindOf({ origin, mimeType, extension }: InputHead): { mimeType: string; extension: string } {
  if (mimeType !== undefined && extension !== undefined && isRecording(mimeType)) return { mimeType, extension };
  throw new InferError("usage", `${origin} is ${mimeType ?? "not a known kind of file"}, not a recording.`, {
    hint:
      mimeType === undefined
        ? "Bare samples need a header first: sox -t raw -r 16000 -e signed -b 16 -c 1 in.raw out.wav"
        : "Give a sound file, or a video with sound.",
  });
}

/** Bytes of a file that may be nothing but its own header. */
const SMALL = 64 * 1024;

/** It would be sent, and billed, for nothing. What cannot be told is the vendor's to judge. */
async function isEmpty(
  { path, size, head }: InputFile,
  extension: string,
  sound: AudioFormat | undefined,
): Promise<boolean> {
  const format = SPEECH_FORMATS.find((known) => known === sound?.format);
  if (size >= SMALL || format === undefined || format === "pcm") return false;
  // MPEG audio of layers 1 and 2 goes under the name of MP3.
  if (format === "mp3" && extension !== "mp3") return false;
  // RF64 is a WAV as well, and FLAC may have a tag before it.
  const name = NAMES[format] ?? "";
  return Buffer.from(head.subarray(0, name.length)).toString("latin1") === name && (await soundIn(path, format)).empty;
}

/** What those begin with whose emptiness can be told. */
const NAMES: Partial<Record<SpeechFormat, string>> = { wav: "RIFF", flac: "fLaC" };

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
