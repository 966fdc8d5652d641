import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import type { IgnoredOverride, TranscriptOutput } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise, openSession } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { transcriptionRoute } from "../engine/route.ts";
import { readText } from "../http/body.ts";
import { Recording } from "../media/recording.ts";
import { notThere } from "../process/find-program.ts";
import { failureInside } from "../protocols/failure.ts";
import { TRANSCRIPTION_PROTOCOLS } from "../protocols/index.ts";
import { parseJson } from "../protocols/message.ts";
import type { TranscriptionStep } from "../protocols/transcription-wire.ts";
import { segmentsOf } from "./transcribe/segments.ts";

export interface TranscribeRun {
  language: string | undefined;
  prompt: string | undefined;
  /** Whether times are needed, or only taken where they cost nothing. */
  times: "needed" | "wanted" | "unwanted";
  /** Somebody has named the model: no other may be asked in its place. */
  namesModel: boolean;
  candidates: readonly Candidate[];
  allowPrivateNetwork: boolean;
  /** How much of the recording has been handed over, 0 to 1. */
  onSent(share: number): void;
}

/** What came of one try. */
interface Heard {
  step: TranscriptionStep;
  ignored: readonly IgnoredOverride[];
  /** The one that was asked. */
  model: string;
}

/** `audio.transcribe`: what is said in a recording, as the first candidate that can tell hears it. */
export async function transcribe(context: Context, file: string, run: TranscribeRun): Promise<TranscriptOutput> {
  await using litter = new AsyncDisposableStack();
  using limit = deadline(context, context.endsAt, () => "The recording could not be read in time.");
  const { allowPrivateNetwork } = run;
  const recording = await Recording.open(context, file, { allowPrivateNetwork, signal: limit.signal, litter });
  context.report.inputs.push({ path: recording.input.origin, mimeType: recording.mimeType });
  const plan = { candidates: run.candidates, mayRepeat: () => true };
  // Awaited here: what has arrived in a temporary file must be there until the end.
  return await tryCandidates(context, plan, async (candidate, call) => {
    const { step, ignored, model } = await hear(context, candidate, recording, run, call);
    context.report.ignoredOverrides = ignored.map(({ key, value }) => ({ key, value }));
    return outputOf(context, candidate, recording, step, { model, run });
  });
}

function outputOf(
  context: Context,
  candidate: Candidate,
  { input }: Recording,
  step: TranscriptionStep,
  { model, run }: { model: string; run: TranscribeRun },
): TranscriptOutput {
  const text = step.text.trim();
  if (text === "") {
    throw new InferError("empty_result", `There is nothing said in ${input.origin} that could be written down.`, {
      hint: "Check that the recording has speech in it, and --language.",
    });
  }
  const written = run.times === "needed" ? text : cut(context, text, input.origin, candidate);
  // The times of a text that was cut tell all of it.
  const segments = run.times === "unwanted" || written !== text ? undefined : segmentsOf({ ...step, text });
  if (run.times === "needed" && !segments?.length) {
    throw new InferError(
      "provider_error",
      `${candidate.provider.name} gave no times for ${model}: subtitles need them.`,
    );
  }
  const { language, durationSeconds } = step;
  return {
    path: input.origin,
    text: written,
    kind: "audio.transcription",
    provider: candidate.provider.id,
    model,
    ...(language !== undefined && { language }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...(segments && { segments }),
  };
}

async function hear(
  context: Context,
  candidate: Candidate,
  recording: Recording,
  run: TranscribeRun,
  call: Call,
): Promise<Heard> {
  checkSize(candidate, recording);
  if (candidate.program) return hearByCommand(context, candidate, recording, run, call);
  if (candidate.provider.transcription?.protocol === "transcription-program") {
    return hearByProgram(context, candidate, recording, run, call);
  }
  return hearByModel(context, candidate, recording, run, call);
}

async function hearByModel(
  context: Context,
  asked: Candidate,
  recording: Recording,
  run: TranscribeRun,
  call: Call,
): Promise<Heard> {
  const candidate = timed(context, asked, run, call);
  checkKind(candidate, recording);
  const session = await openSession(context, candidate, call.signal);
  const { route, settings } = transcriptionRoute(candidate, session);
  const id = candidate.provider.transcription?.protocol;
  if (!id || id === "transcription-program") throw new Error(`${candidate.provider.id} has no wire for recordings`);
  const protocol = await TRANSCRIPTION_PROTOCOLS[id]();
  const audio = recording.sent((count) => run.onSent(count / recording.size));
  const words = wordsFor(candidate, run);
  const times = run.times === "needed" || (run.times === "wanted" && isFree(candidate, words));
  const { request, ignored } = protocol.build({ audio, ...words, times }, route);
  const reply = await exchange(context, call, await authorise(context, request, candidate, session, settings));
  const body = await readText(reply.body);
  const step = body.trim() === "" ? { text: "" } : protocol.read(parseJson(body), route);
  if (step.failure !== undefined) throw failureInside(step.failure, reply.status);
  if (step.refusal !== undefined) throw new InferError("refused", step.refusal);
  if (step.usage) context.report.usage = step.usage;
  return { step, ignored: asGiven(ignored, run), model: candidate.model ?? "" };
}

/** What the user says counts before what the config says. */
function wordsFor({ media }: Candidate, { language, prompt }: TranscribeRun) {
  return { language: language ?? media?.language, prompt: prompt?.trim() || media?.prompt };
}

/** What a flag said; what the config said is nothing that was asked for just now. */
function asGiven(ignored: readonly IgnoredOverride[], { language, prompt }: TranscribeRun): IgnoredOverride[] {
  const given: Readonly<Record<string, string | undefined>> = { language, prompt: prompt?.trim() || undefined };
  return ignored.flatMap(({ key }) => {
    const value = given[key];
    return value === undefined ? [] : [{ key, value }];
  });
}

function givesTimes({ provider, model }: Candidate): boolean {
  return provider.transcription?.timed?.test(model ?? "") ?? false;
}

/** Whether times can be had without a risk, and without a hint that was given: nobody has asked for them by name. */
function isFree(candidate: Candidate, hints: ReturnType<typeof wordsFor>): boolean {
  const { provider, model } = candidate;
  if (!givesTimes(candidate) || provider.transcription?.timesOnRequest) return false;
  const fields = provider.transcription?.quirks?.times?.find((one) => one.model.test(model ?? ""))?.fields ?? {};
  return !Object.entries(hints).some(([name, hint]) => hint !== undefined && Object.hasOwn(fields, name));
}

/** Subtitles need a model that tells times: where nobody named one, the vendor's that does. */
function timed(context: Context, candidate: Candidate, run: TranscribeRun, call: Call): Candidate {
  if (run.times !== "needed" || givesTimes(candidate)) return candidate;
  const { provider, model, reason, media } = candidate;
  const { timedModel, defaultModel } = provider.transcription ?? {};
  const isNamed = run.namesModel || media?.namesModel || reason === "--fallback" || model !== defaultModel;
  if (timedModel === undefined || isNamed) {
    throw new InferError("usage", `${provider.id}/${model} gives no times, and subtitles need them.`, {
      hint:
        timedModel === undefined
          ? "Leave --format out, or name a model of another provider with --model."
          : `Use --model ${provider.id}/${timedModel}, or leave --format out.`,
    });
  }
  const words = `${provider.id}/${model} gives no times: ${timedModel} was asked instead.`;
  if (!context.report.warnings.includes(words)) context.report.warnings.push(words);
  tellModel(context, call, timedModel);
  return { ...candidate, model: timedModel };
}

/** The one that is asked, as soon as it is known. */
function tellModel({ report }: Context, call: Call, model: string): void {
  call.model = model;
  report.model = model;
}

const SMALLER = "ffmpeg -i in -vn -ac 1 -ar 16000 -b:a 32k out.mp3 makes it about 14 MB an hour";

/** Before anything is sent: it would be sent whole, to be refused. */
function checkSize({ provider, media }: Candidate, { input, size }: Recording): void {
  const vendors = provider.transcription?.maxBytes;
  const most = Math.min(vendors ?? Number.POSITIVE_INFINITY, media?.maxBytes ?? Number.POSITIVE_INFINITY);
  if (size <= most) return;
  const limit = most === vendors ? `${provider.name} takes at most` : "the config allows (maxBytes)";
  const has = mebibytes(size) === mebibytes(most) ? `${size} bytes` : mebibytes(size);
  throw new InferError(
    "usage",
    `${input.origin} has ${has}: ${limit} ${mebibytes(most)}${most < 1024 * 1024 ? "" : ` (${most} bytes)`}.`,
    {
      hint: `Make it smaller (${SMALLER}), split it, or use a provider that takes more, such as deepgram.`,
    },
  );
}

function checkKind({ provider }: Candidate, { input, mimeType, extension }: Recording): void {
  const takes = provider.transcription?.takes;
  if (!takes || takes.includes(extension)) return;
  throw new InferError("usage", `${input.origin} is ${mimeType}, which ${provider.name} does not take.`, {
    hint: `It takes ${takes.join(", ")}: convert it first, as with ffmpeg -i in out.mp3`,
  });
}

function mebibytes(bytes: number): string {
  const amount = bytes / 1024 / 1024;
  if (amount < 1) return `${bytes} bytes`;
  return `${amount >= 10 ? Math.round(amount) : amount.toFixed(1)} MiB`;
}

/** A program of the config. */
async function hearByCommand(
  context: Context,
  candidate: Candidate,
  recording: Recording,
  run: TranscribeRun,
  call: Call,
): Promise<Heard> {
  const { program, media, model } = candidate;
  if (!program) throw new Error("no program");
  if (run.times === "needed") {
    throw new InferError("usage", `${program.command} gives no times, and subtitles need them.`, {
      hint: "Leave --format out, or name a model with --model.",
    });
  }
  const { askMediaProgram } = await import("../engine/media-program.ts");
  const { language, prompt } = wordsFor(candidate, run);
  const question = {
    prompt: prompt ?? "Transcribe the audio.",
    ...(language !== undefined && { language }),
    maxChars: media?.maxChars,
    file: (folder: string) => recording.file(folder, call.signal),
  };
  const text = await askMediaProgram(context, program, question, call);
  const isTold = (name: string) => program.args.some((arg) => new RegExp(`{{\\s*${name}\\s*}}`, "i").test(arg));
  const ignored = Object.entries({ language, prompt }).flatMap(([key, value]) =>
    value === undefined || isTold(key) ? [] : [{ key, value }],
  );
  return { step: { text }, ignored: asGiven(ignored, run), model: model ?? "" };
}

/** A program that is known by its name. */
async function hearByProgram(
  context: Context,
  candidate: Candidate,
  recording: Recording,
  run: TranscribeRun,
  call: Call,
): Promise<Heard> {
  const { findTranscriber, transcribeWithProgram } = await import("../engine/transcription-program.ts");
  const { provider, model, env = context.env } = candidate;
  const program = await findTranscriber(provider.id, env, model ?? undefined, context.cwd);
  if ("missing" in program) throw notThere(program);
  tellModel(context, call, program.model);
  const job = {
    ...wordsFor(candidate, run),
    times: run.times !== "unwanted",
    file: (folder: string) => recording.file(folder, call.signal),
  };
  const { step, ignored } = await transcribeWithProgram(context, program, job, call);
  return { step, ignored: asGiven(ignored, run), model: program.model };
}

/** The config's limit is the user's word; of what is said in subtitles it says nothing. */
function cut(context: Context, text: string, origin: string, { media }: Candidate): string {
  const most = media?.maxChars;
  if (most === undefined || text.length <= most) return text;
  context.report.warnings.push(`${origin}: the transcript was cut to ${most} characters, as the config says.`);
  return text
    .slice(0, most)
    .replace(/[\uD800-\uDBFF]$/, "")
    .trim();
}
