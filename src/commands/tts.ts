import { offeredFormats } from "../capabilities/speech/form.ts";
import { type SpeechTerms, type SpeechWish, speechTerms } from "../capabilities/speech/terms.ts";
import { type Spoken, speak } from "../capabilities/speech.ts";
import { type Input, SPEECH_FORMATS, type SpeechFormat } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import type { FileOutput } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import type { Candidate } from "../engine/candidates.ts";
import { mimeTypeOf } from "../media/audio/format.ts";
import { arrivalFolder, checkDestination, type Destination, endingOf, keepMedia } from "../media/file.ts";
import { withProgress } from "../output/progress.ts";
import { findPlayers, playWith } from "../process/play.ts";
import { choose } from "./backend.ts";

/** `infer tts convert` */
export async function convert(context: Context, input: Input<"tts.convert">): Promise<Result> {
  const { text, voice, speed, instructions, channel, format, output } = input;
  const candidates = await chooseSpeaker(context, input);
  allowTime(context, text);
  const destination: Destination = { output, family: "tts", subject: text };
  await checkDestination(context, output, "tts");
  const told = {
    voice,
    speed,
    instructions,
    channel,
    format,
    likelyFormat: ENDINGS.get(await endingOf(context, output)),
  };
  const wish = input.play ? await playable(context, input, candidates, told) : told;
  await using litter = new AsyncDisposableStack();
  const arrivals = { folder: await arrivalFolder(context, destination), litter };
  const spoken = await withProgress(context, "Speaking", (onState) =>
    speak(context, { text, wish, candidates, arrivals, onState }),
  );
  if (output === "-") return toStdout(spoken, litter.move());
  const { file, failure } = await keepMedia(context, spoken, destination, "audio");
  const { format: written, voiceCompatible, seconds } = spoken;
  const length = seconds === undefined ? {} : { durationSeconds: Math.round(seconds * 1e6) / 1e6 };
  if (file) context.report.outputs.push({ ...file, format: written, voiceCompatible, ...length });
  if (!file || failure) throw failure;
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

/** By what the file is to be called. */
const ENDINGS: ReadonlyMap<string, SpeechFormat> = new Map([
  ...SPEECH_FORMATS.map((format) => [format, format] as const),
  ["ogg", "opus"],
  ["oga", "opus"],
]);

/** The audio's bytes; what is left of its file goes once they have been written. */
function toStdout({ part }: Spoken, litter: AsyncDisposableStack): Result {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    await using _ = litter;
    yield* part.readNameless();
  }
  return { kind: "bytes", chunks: chunks() };
}

/**
 * The wish, such that what comes of it can be played here, before anything is spent on it. Whoever names no form gets
 * another one than the usual where that is needed.
 */
async function playable(
  context: Context,
  { output, text }: Input<"tts.convert">,
  candidates: readonly Candidate[],
  wish: SpeechWish,
): Promise<SpeechWish> {
  if (output === "-") {
    throw new InferError("usage", "--play wants a file, and --output - gives the bytes to stdout.", {
      hint: "Use one of them.",
    });
  }
  const [first] = candidates.flatMap((candidate) => speaking(candidate, wish, text));
  // Nobody speaks: why not is told where it is tried.
  if (!first) return wish;
  const { format = "wav" } = first.terms;
  if (await isPlayed(context, format)) return wish;
  const others: SpeechFormat[] = [];
  for (const one of offeredFormats(first.candidate, text)) if (await isPlayed(context, one)) others.push(one);
  const [other] = others;
  const isNamed = format === wish.format || format === wish.likelyFormat;
  if (other === undefined || isNamed) throw noPlayer(mimeTypeOf(format), others);
  return { ...wish, likelyFormat: other };
}

/** What it would be asked for; none where it would be asked for nothing. */
function speaking(
  candidate: Candidate,
  wish: SpeechWish,
  text: string,
): { candidate: Candidate; terms: SpeechTerms }[] {
  if (candidate.problem || !candidate.provider.speech) return [];
  try {
    return [{ candidate, terms: speechTerms(candidate, wish, text) }];
  } catch (thrown) {
    if (thrown instanceof InferError && thrown.type === "usage") return [];
    throw thrown;
  }
}

async function isPlayed(context: Context, format: SpeechFormat): Promise<boolean> {
  return (await findPlayers(context.env, process.platform, mimeTypeOf(format))).length > 0;
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

/** `others`: forms that can be had, and played. */
function noPlayer(mimeType: string, others: readonly SpeechFormat[] = []): InferError {
  const instead = others.length > 0 ? `Use --format ${others.join(" or ")}. ` : "";
  return new InferError("io", `There is no program on this machine that plays ${mimeType}.`, {
    hint: `${instead}Install one, such as ffplay (ffmpeg) or mpv, or leave --play out.`,
  });
}
