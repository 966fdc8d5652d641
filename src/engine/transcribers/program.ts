import type { Context } from "../../core/context.ts";
import type { Missing } from "../../process/find-program.ts";
import type { Finished } from "../../process/run.ts";
import type { TranscriptionStep } from "../../protocols/transcription-wire.ts";
import type { GivenFile } from "../user-program.ts";

/** Programs of the user's own that write down recordings, in the order in which OpenClaw looks for them. */
export const TRANSCRIBERS = ["sherpa-onnx-offline", "whisper-cli", "whisper"] as const;
export type TranscriberId = (typeof TRANSCRIBERS)[number];

export function isTranscriber(id: string): id is TranscriberId {
  return TRANSCRIBERS.some((known) => known === id);
}

/** One of them that is on this machine, with its model. */
export interface Transcriber {
  id: TranscriberId;
  /** Absolute. */
  command: string;
  /** As it is told: the file's or the folder's own name, or the model's. */
  model: string;
  /** What it is told to load: a file, a folder, or a name. */
  modelPath: string;
  env: Context["env"];
}

export interface Job {
  /** The recording as it is given; one that has to be written first is written into the folder. */
  file: GivenFile;
  /** As the user gave it: `en`, `de-AT`, `german`. */
  language?: string | undefined;
  prompt?: string | undefined;
  /** Whether times are wanted beside the text. */
  times: boolean;
}

export interface TranscriptionProgram {
  model(env: Context["env"], model: string | undefined, cwd: string): Promise<{ path: string } | Missing>;
  args(program: Transcriber, job: Job, path: string, output: string): string[];
  read(finished: Finished, output: string): Promise<TranscriptionStep>;
  /** What it can be given. `wav`: 16 kHz, one channel, is what every version of it reads. */
  hears: "all" | "wav";
  /** Whether it takes a language and a prompt. */
  takesHints: boolean;
}
