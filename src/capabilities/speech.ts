import { SPEECH_FORMATS } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { pooled } from "../core/pool.ts";
import { textPieces } from "../core/text-pieces.ts";
import { beforeAJobWasTaken, beforeAnythingWasMade, type Call, tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import type { Arrivals } from "../engine/media-download.ts";
import { type ArrivedSpeech, written } from "../engine/speech-audio.ts";
import { type AudioFormat, audioFormat } from "../media/audio/format.ts";
import { JOINABLE, joinAudio } from "../media/audio/join.ts";
import { soundIn } from "../media/audio/sound.ts";
import type { ArrivedFile } from "../media/file.ts";
import type { StoredFile } from "../media/part.ts";
import { excerpt } from "../protocols/message.ts";
import { type Speaker, speakerOf } from "./speech/pieces.ts";
import { isVoiceCompatible, type SpeechTerms, type SpeechWish, speechTerms } from "./speech/terms.ts";

export interface SpeechRun {
  text: string;
  wish: SpeechWish;
  candidates: readonly Candidate[];
  arrivals: Arrivals;
  /** How many of the requests are done, of how many; also what the provider says of a job. */
  onState(state: string): void;
}

/** Speech on the disk, complete and checked, not yet under its name. */
export interface Spoken extends ArrivedFile {
  /** A short name: `mp3`, `wav`, `opus`. */
  format: string;
  voiceCompatible: boolean;
}

/** Requests at the same time, of one long text. */
const WIDTH = 3;

/** `tts.convert`: all of the text as one file, however many requests that takes. */
export async function speak(context: Context, run: SpeechRun): Promise<Spoken> {
  let isJob = false;
  let done = 0;
  const made = new Map<string, ArrivedSpeech[]>();
  const plan = {
    candidates: run.candidates,
    mayRepeat: () => true,
    mayRetry: (error: InferError) => (isJob ? beforeAJobWasTaken(error) : beforeAnythingWasMade(error)),
    progress: () => done,
  };
  return tryCandidates(context, plan, async (candidate, call) => {
    isJob = false;
    checkLength(candidate, run.text);
    const terms = speechTerms(candidate, run.wish, run.text);
    const { arrivals, onState } = run;
    const speaker = await speakerOf(context, candidate, { terms, arrivals, onState }, call);
    isJob = speaker.isJob;
    if (speaker.model !== undefined) {
      call.model = speaker.model;
      context.report.model = speaker.model;
    }
    const pieces = terms.longest === undefined ? [run.text] : textPieces(run.text, terms.longest);
    // What has been made has been paid for: another try of the same candidate goes on from there.
    const key = `${candidate.provider.id}/${candidate.model}`;
    const arrived = made.get(key) ?? [];
    made.set(key, arrived);
    await speakAll(pieces, arrived, speaker, call, (count) => {
      done++;
      if (pieces.length > 1) onState(`${count} of ${pieces.length} parts`);
    });
    context.report.ignoredOverrides = [...terms.ignored, ...speaker.ignored];
    return finished(candidate, arrived, terms, run);
  });
}

function checkLength({ speech }: Candidate, text: string): void {
  const most = speech?.maxTextLength;
  if (most === undefined || text.length <= most) return;
  throw new InferError("usage", `The text has ${text.length} characters, and the config allows ${most}.`, {
    hint: "Raise maxTextLength of tts in the config, or leave it out: a long text is spoken in parts.",
  });
}

/** After a failure nothing more is begun, and what is under way is waited for: it has been paid for. */
async function speakAll(
  pieces: readonly string[],
  arrived: ArrivedSpeech[],
  speaker: Speaker,
  call: Call,
  onPiece: (count: number) => void,
): Promise<void> {
  const missing = pieces.flatMap((text, index) => (arrived[index] ? [] : [{ text, index }]));
  let failure: { thrown: unknown; own: Call } | undefined;
  await pooled(WIDTH, missing, async ({ text, index }) => {
    if (failure) return;
    const own: Call = { signal: call.signal };
    try {
      arrived[index] = await speaker.speak(text, own);
      if (!failure) learn(call, own);
      onPiece(arrived.filter(Boolean).length);
    } catch (thrown) {
      failure ??= { thrown, own };
    }
  });
  if (!failure) return;
  learn(call, failure.own);
  throw failure.thrown;
}

function learn(call: Call, { status, requestId }: Call): void {
  if (status !== undefined) call.status = status;
  call.requestId = requestId;
}

/** One whole file of all the pieces, or the reason why they are none. */
async function finished(
  { provider }: Candidate,
  arrived: readonly ArrivedSpeech[],
  terms: SpeechTerms,
  { arrivals, wish }: SpeechRun,
): Promise<Spoken> {
  const kinds = arrived.map((piece) => kindOf(piece, terms));
  const [first] = kinds;
  if (!first || !provider.speech) throw new Error("nothing was spoken");
  if (kinds.some(({ format }) => format !== first.format)) {
    throw new InferError(
      "provider_error",
      `The parts of the speech came as ${kinds.map(({ format }) => format).join(", ")}.`,
    );
  }
  const { part, stored } = await joined(first, arrived, terms, arrivals);
  await checkSound(stored, first.format);
  const { mimeType, extension, format } = first;
  const voiceCompatible = isVoiceCompatible(provider.speech, format, wish.channel);
  return { part, stored, mimeType, extension, format, voiceCompatible };
}

async function checkSound({ path, whole }: StoredFile, format: string): Promise<void> {
  const known = SPEECH_FORMATS.find((name) => name === format);
  const sound = known ? await soundIn(path, known) : { empty: false, whole };
  if (sound.empty) throw new InferError("empty_result", "The audio that came has no sound in it.");
  if (!sound.whole) throw new InferError("provider_error", "The audio that came is cut short.");
}

/** Formats that begin with a mark of their own: bare samples may begin as anything else does. */
const MARKED: ReadonlySet<string> = new Set(["wav", "opus", "ogg", "flac", "m4a", "webm"]);

/** What came, and what it is to be: bare samples become WAV where that was asked for. */
function kindOf({ stored, sampleRate }: ArrivedSpeech, { form, format }: SpeechTerms): AudioFormat & { bare: boolean } {
  const known = stored.kind && audioFormat(stored.kind);
  const isBare = sampleRate !== undefined || form.sampleRate !== undefined || format === "pcm";
  if (known && (!isBare || MARKED.has(known.format))) return { ...known, bare: false };
  const text = textIn(stored.head);
  const kind = isBare ? audioFormat({ mimeType: format === "pcm" ? "audio/pcm" : "audio/wav" }) : undefined;
  if (kind && text === undefined) return { ...kind, bare: true };
  const what = stored.kind?.mimeType ?? "no known kind of file";
  throw new InferError("empty_result", `What came as audio is ${what}${text === undefined ? "" : `: ${text}`}`);
}

function textIn(head: Uint8Array): string | undefined {
  const begins = Buffer.from(head.subarray(0, 80)).toString("latin1");
  return /^[\s\x20-\x7e]*$/.test(begins) ? excerpt(begins) : undefined;
}

async function joined(
  { format, bare }: { format: string; bare: boolean },
  arrived: readonly ArrivedSpeech[],
  { form }: SpeechTerms,
  arrivals: Arrivals,
): Promise<Pick<ArrivedSpeech, "part" | "stored">> {
  const [only] = arrived;
  // A WAV may say of itself that it has no end, as it was sent before that was known.
  if (only && arrived.length === 1 && !bare && format !== "wav") return only;
  const joinable = [...JOINABLE].find((one) => one === format);
  if (!joinable)
    throw new InferError("provider_error", `The parts of the speech came as ${format}, which cannot be joined.`);
  const pieces = arrived.map(({ stored, sampleRate }) => ({
    path: stored.path,
    ...(bare && { sampleRate: sampleRate ?? form.sampleRate ?? 0 }),
  }));
  return written(joinAudio(joinable, pieces), arrivals);
}
