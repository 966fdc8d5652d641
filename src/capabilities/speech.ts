import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { pooled } from "../core/pool.ts";
import { textPieces } from "../core/text-pieces.ts";
import { beforeAJobWasTaken, beforeAnythingWasMade, type Call, type Plan, tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import type { Arrivals } from "../engine/media-download.ts";
import type { ArrivedFile } from "../media/file.ts";
import { checkedPiece, joinedPieces, type Piece } from "./speech/pieces.ts";
import { speakerOf } from "./speech/speaker.ts";
import { type SpeechWish, speechTerms } from "./speech/terms.ts";
import { isVoiceCompatible } from "./speech/voice-note.ts";

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
  /** Where the format tells. */
  seconds?: number;
}

/** Requests at the same time, of one long text; the embedded engine holds each in memory. */
const WIDTH = 3;
const EMBEDDED_WIDTH = 1;

/** Of one request: the first, and two more. What gets on as a whole may still be stuck at one. */
const MOST_TRIES = 3;

/** What has been made for one candidate, by the place of each text. */
interface Made {
  pieces: Piece[];
  failures: number[];
}

/** `tts.convert`: all of the text as one file, however many requests that takes. */
export async function speak(context: Context, run: SpeechRun): Promise<Spoken> {
  let mayRetry: Plan["mayRetry"];
  let done = 0;
  const made = new Map<string, Made>();
  let mine: Made = { pieces: [], failures: [] };
  const plan = {
    candidates: run.candidates,
    mayRepeat: () => true,
    mayRetry: (error: InferError) => !isStuck(mine) && (mayRetry?.(error) ?? true),
    progress: () => done,
  };
  return tryCandidates(context, plan, async (candidate, call) => {
    // What has been made has been paid for: another try of the same candidate goes on from there.
    const key = `${candidate.provider.id}/${candidate.model}`;
    mine = made.get(key) ?? { pieces: [], failures: [] };
    made.set(key, mine);
    mayRetry = whatMayBeRetried(candidate, false);
    checkLength(candidate, run.text);
    const terms = speechTerms(candidate, run.wish, run.text);
    const { arrivals, onState } = run;
    const speaker = await speakerOf(context, candidate, { whole: run.text, terms, arrivals, onState }, call);
    mayRetry = whatMayBeRetried(candidate, speaker.isJob);
    if (speaker.model !== undefined) {
      call.model = speaker.model;
      context.report.model = speaker.model;
    }
    const texts = speaker.texts ?? (terms.longest === undefined ? [run.text] : textPieces(run.text, terms.longest));
    const say = async (text: string, own: Call) => checkedPiece(await speaker.speak(text, own), terms);
    const width = candidate.provider.speech?.protocol === "local-flite" ? EMBEDDED_WIDTH : WIDTH;
    await speakAll(texts, mine, { say, width }, call, (count) => {
      done++;
      if (texts.length > 1) onState(`${count} of ${texts.length} parts`);
    });
    const spoken = await finished(candidate, mine.pieces, run);
    context.report.ignoredOverrides = [...terms.ignored, ...speaker.ignored];
    tellFormat(context, candidate, spoken, run.wish);
    return spoken;
  });
}

function isStuck({ failures }: Made): boolean {
  return failures.some((count) => count >= MOST_TRIES);
}

/** Nothing is billed by those who want no key. */
function whatMayBeRetried({ provider }: Candidate, isJob: boolean): Plan["mayRetry"] {
  if (provider.keyless) return undefined;
  return isJob ? beforeAJobWasTaken : beforeAnythingWasMade;
}

function checkLength({ speech }: Candidate, text: string): void {
  const most = speech?.maxTextLength;
  if (most === undefined || text.length <= most) return;
  throw new InferError("usage", `The text has ${text.length} characters, and the config allows ${most}.`, {
    hint: "Raise maxTextLength of tts in the config, or leave it out: a long text is spoken in parts.",
  });
}

interface Saying {
  say(text: string, own: Call): Promise<Piece>;
  /** How many at the same time. */
  width: number;
}

/** After a failure nothing more is begun, and what is under way is waited for: it has been paid for. */
async function speakAll(
  texts: readonly string[],
  { pieces, failures }: Made,
  { say, width }: Saying,
  call: Call,
  onPiece: (count: number) => void,
): Promise<void> {
  const missing = texts.flatMap((text, index) => (pieces[index] ? [] : [{ text, index }]));
  let failure: { thrown: unknown; own: Call } | undefined;
  await pooled(width, missing, async ({ text, index }) => {
    if (failure) return;
    const own = callOfOne(call);
    try {
      pieces[index] = await say(text, own);
      if (!failure) learn(call, own);
      onPiece(pieces.filter(Boolean).length);
    } catch (thrown) {
      failures[index] = (failures[index] ?? 0) + 1;
      failure ??= { thrown, own };
    }
  });
  if (!failure) return;
  learn(call, failure.own);
  throw failure.thrown;
}

/** A call of its own; that something was answered is known to the one of all at once, which may run out of time. */
function callOfOne(all: Call): Call {
  let known: number | undefined;
  return Object.defineProperty({ signal: all.signal }, "status", {
    get: () => known,
    set(status: number) {
      known = status;
      all.status = status;
    },
  });
}

function learn(call: Call, { status, requestId }: Call): void {
  if (status === undefined) delete call.status;
  else call.status = status;
  call.requestId = requestId;
}

/** One whole file of all the pieces. */
async function finished(
  { provider }: Candidate,
  pieces: readonly Piece[],
  { arrivals, wish }: SpeechRun,
): Promise<Spoken> {
  const [first] = pieces;
  if (!first || !provider.speech) throw new Error("nothing was spoken");
  const { part, stored, seconds } = await joinedPieces(first, pieces, arrivals);
  const { mimeType, extension, format } = first.kind;
  const voiceCompatible = isVoiceCompatible(provider.speech, format, wish.channel);
  return { part, stored, mimeType, extension, format, voiceCompatible, ...(seconds !== undefined && { seconds }) };
}

function tellFormat({ report }: Context, { provider }: Candidate, { format }: Spoken, wish: SpeechWish): void {
  if (wish.format === undefined || wish.format === format) return;
  report.ignoredOverrides.push({ key: "format", value: wish.format });
  report.warnings.push(`${provider.name} gave ${format} where ${wish.format} was asked for.`);
}
