import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Context } from "../core/context.ts";
import type { IgnoredOverride } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import { type Missing, programOnPath } from "../process/find-program.ts";
import { inTemporaryFolder } from "../process/temporary-folder.ts";
import { transcriptStep } from "../protocols/transcript.ts";
import type { TranscriptionStep } from "../protocols/transcription-wire.ts";
import type { Call } from "./attempts.ts";
import { plainWav } from "./plain-wav.ts";
import {
  isTranscriber,
  type Job,
  type Transcriber,
  type TranscriberId,
  type TranscriptionProgram,
} from "./transcribers/program.ts";
import { sherpa } from "./transcribers/sherpa.ts";
import { whisper } from "./transcribers/whisper.ts";
import { whisperCpp } from "./transcribers/whisper-cpp.ts";
import { MOST_OUTPUT, toItsEnd } from "./user-program.ts";

export { isTranscriber, TRANSCRIBERS } from "./transcribers/program.ts";

/** `model`: for whisper-cli a ggml file, for sherpa-onnx-offline a folder, both from `cwd`; for whisper a name. */
export async function findTranscriber(
  id: string,
  env: Context["env"],
  model: string | undefined,
  cwd: string,
): Promise<Transcriber | Missing> {
  if (!isTranscriber(id)) throw new Error(`${id} is no transcriber`);
  const command = await programOnPath(id, env);
  if (!command) return { missing: `There is no program ${id} on PATH.`, hint: INSTALL[id] };
  const found = await PROGRAMS[id].model(env, model?.trim() || undefined, cwd);
  if ("missing" in found) return found;
  const { path } = found;
  return { id, command, model: id === "whisper" ? path : basename(path), modelPath: path, env };
}

/**
 * Has a program write down a recording, in a folder that is gone afterwards. Fails as `provider_error`, in the program's
 * own words, and as `empty_result` when it heard nothing.
 */
export async function transcribeWithProgram(
  context: Context,
  program: Transcriber,
  job: Job,
  call: Call,
): Promise<{ step: TranscriptionStep; ignored: IgnoredOverride[] }> {
  const { command, env, id } = program;
  const { args, read, hears, takesHints } = PROGRAMS[id];
  let hint = `Check that ${program.modelPath} is a model for ${id}, and that the file is a recording.`;
  return inTemporaryFolder("infer-transcribe-", async (folder) => {
    const given = await job.file(folder);
    const fit = hears === "wav" ? await plainWav(context, given, folder, env, call) : undefined;
    const path = fit?.path ?? resolve(context.cwd, given.path);
    if (fit?.unfit) hint = "Install ffmpeg, which converts recordings, or give a WAV of 16 kHz and one channel.";
    const output = join(folder, "transcript");
    await mkdir(output);
    const run = { command, args: args(program, job, path, output), env, maxOutputBytes: MOST_OUTPUT };
    const finished = await toItsEnd(context, run, call);
    const step = transcriptStep(await read(finished, output));
    if (step.text === "") throw new InferError("empty_result", `${id} heard no words in the recording.`);
    const { language, prompt } = job;
    const hints = takesHints ? [] : Object.entries({ language, prompt });
    return { step, ignored: hints.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])) };
  }).catch((thrown) => {
    if (!(thrown instanceof InferError) || thrown.type !== "provider_error") throw thrown;
    throw thrown.with({
      hint: NO_FFMPEG.test(thrown.message) ? `Install ffmpeg: ${id} reads recordings with it.` : hint,
    });
  });
}

/** As Python says it of a program that it cannot start. */
const NO_FFMPEG = /No such file or directory: '?ffmpeg/;

const INSTALL: Readonly<Record<TranscriberId, string>> = {
  "sherpa-onnx-offline": "Install sherpa-onnx (https://k2-fsa.github.io/sherpa/onnx/), or put it on PATH.",
  "whisper-cli": "Install whisper.cpp (brew install whisper-cpp), or put its whisper-cli on PATH.",
  whisper: "Install it (pip install openai-whisper), or put it on PATH.",
};

const PROGRAMS: Readonly<Record<TranscriberId, TranscriptionProgram>> = {
  "sherpa-onnx-offline": sherpa,
  "whisper-cli": whisperCpp,
  whisper,
};
