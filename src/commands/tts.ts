import { extname } from "node:path";
import { type Spoken, speak } from "../capabilities/speech.ts";
import type { Input, SpeechFormat } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import type { FileOutput } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import type { Candidate } from "../engine/candidates.ts";
import { arrivalFolder, checkDestination, type Destination, keepMedia } from "../media/file.ts";
import { Progress } from "../output/progress.ts";
import { findPlayers, playWith } from "../process/play.ts";
import { choose } from "./backend.ts";

/** `infer tts convert` */
export async function convert(context: Context, input: Input<"tts.convert">): Promise<Result> {
  const { text, voice, speed, instructions, channel, format, output } = input;
  const candidates = await chooseSpeaker(context, input);
  allowTime(context, text);
  const destination: Destination = { output, family: "tts", subject: text };
  await checkDestination(context, output, "tts");
  if (input.play) await checkPlayer(context, output);
  await using litter = new AsyncDisposableStack();
  const arrivals = { folder: await arrivalFolder(context, destination), litter };
  const wish = { voice, speed, instructions, channel, format, likelyFormat: formatOf(output) };
  const spoken = await waiting(context, (onState) => speak(context, { text, wish, candidates, arrivals, onState }));
  if (output === "-") return toStdout(spoken, litter.move());
  const { file, failure } = await keepMedia(context, spoken, destination, "audio");
  const { format: written, voiceCompatible } = spoken;
  if (file) context.report.outputs.push({ ...file, format: written, voiceCompatible });
  if (failure) throw failure;
  if (!file) throw new Error("the audio is nowhere");
  if (input.play) await playFile(context, file);
  return { kind: "text", text: file.path };
}

/** As OpenClaw: a voice is one provider's, and no other that is merely set up is asked in its place. */
async function chooseSpeaker(context: Context, input: Input<"tts.convert">): Promise<Candidate[]> {
  const candidates = await choose(context, "speech", input);
  const isNamed = input.provider !== undefined || input.model !== undefined;
  if (input.voice === undefined || isNamed) return candidates;
  return [...candidates.slice(0, 1), ...candidates.slice(1).filter(({ reason }) => reason === "--fallback")];
}

/** Milliseconds that a character may take, where the whole of it may take longer than the verb's own deadline. */
const PATIENCE_MS = 20;

function allowTime(context: Context, text: string): void {
  if (context.options.timeoutMs !== undefined) return;
  context.endsAt = Math.max(context.endsAt, context.now() + text.length * PATIENCE_MS);
}

const ENDINGS: Readonly<Record<string, SpeechFormat>> = {
  mp3: "mp3",
  wav: "wav",
  opus: "opus",
  ogg: "opus",
  oga: "opus",
  flac: "flac",
  aac: "aac",
  pcm: "pcm",
};

/** By what the file is to be called. */
function formatOf(output: string | undefined): SpeechFormat | undefined {
  return ENDINGS[
    extname(output ?? "")
      .slice(1)
      .toLowerCase()
  ];
}

async function waiting<T>(context: Context, work: (onState: (state: string) => void) => Promise<T>): Promise<T> {
  using progress = new Progress(context, "Speaking");
  return await work((state) => progress.tell(state));
}

/** The audio's bytes; what is left of its file goes once they have been written. */
function toStdout({ part }: Spoken, litter: AsyncDisposableStack): Result {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    await using _ = litter;
    yield* part.readNameless();
  }
  return { kind: "bytes", chunks: chunks() };
}

/** Before anything is spent on it. What every player plays is WAV. */
async function checkPlayer(context: Context, output: string | undefined): Promise<void> {
  if (output === "-") {
    throw new InferError("usage", "--play wants a file, and --output - gives the bytes to stdout.", {
      hint: "Use one of them.",
    });
  }
  const players = await findPlayers(context.env, process.platform, "audio/wav");
  if (players.length === 0) throw noPlayer("audio/wav");
}

async function playFile(context: Context, { path, mimeType }: FileOutput): Promise<void> {
  const players = await findPlayers(context.env, process.platform, mimeType);
  if (players.length === 0) throw noPlayer(mimeType);
  using limit = deadline(
    context,
    context.options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : context.endsAt,
    () => `${path} could not be played to its end in time.`,
  );
  await playWith(players, path, { env: context.env, cwd: context.cwd, signal: limit.signal });
}

function noPlayer(mimeType: string): InferError {
  return new InferError("io", `There is no program on this machine that plays ${mimeType}.`, {
    hint: "Install one, such as ffplay (ffmpeg) or mpv, or leave --play out.",
  });
}
