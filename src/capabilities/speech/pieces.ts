import { SPEECH_FORMATS } from "../../core/capability.ts";
import { InferError } from "../../core/error.ts";
import type { Arrivals, Kept } from "../../engine/media-download.ts";
import { type ArrivedSpeech, written } from "../../engine/speech-audio.ts";
import { ADTS } from "../../media/audio/adts.ts";
import { type AudioFormat, audioFormat, mimeTypeOf } from "../../media/audio/format.ts";
import { beginsWithFrames } from "../../media/audio/frames.ts";
import { JOINABLE, joinAudio } from "../../media/audio/join.ts";
import { MP3 } from "../../media/audio/mp3.ts";
import { type Sound, soundIn } from "../../media/audio/sound.ts";
import { excerpt } from "../../protocols/message.ts";
import type { SpeechTerms } from "./terms.ts";

/** The speech of one text, known to be sound, and whole. */
export interface Piece extends Kept {
  kind: AudioFormat;
  /** It is samples without a header. */
  bare: boolean;
  /** Of bare samples, where it is known. */
  sampleRate?: number | undefined;
  seconds?: number | undefined;
}

/** Before it is joined to others: a joined file no longer tells that something is missing in it. */
export async function checkedPiece(arrived: ArrivedSpeech, terms: SpeechTerms): Promise<Piece> {
  const { part, stored } = arrived;
  const { bare, ...kind } = kindOf(arrived, terms);
  const sampleRate = bare ? (arrived.sampleRate ?? terms.form.sampleRate) : undefined;
  const { empty, whole, seconds } = await soundOf(arrived, bare ? "pcm" : kind.format, sampleRate);
  if (empty) throw new InferError("empty_result", "The audio that came has no sound in it.");
  if (!whole) throw new InferError("provider_error", "The audio that came is cut short.");
  // Of many pieces their beginnings would fill the memory.
  return { part, stored: { ...stored, head: new Uint8Array() }, kind, bare, sampleRate, seconds };
}

/** All of them as one file. Throws `provider_error` when they do not fit together. */
export async function joinedPieces(
  first: Piece,
  pieces: readonly Piece[],
  arrivals: Arrivals,
): Promise<Kept & { seconds?: number | undefined }> {
  const { format } = first.kind;
  if (pieces.some(({ kind }) => kind.format !== format)) {
    const forms = pieces.map(({ kind }) => kind.format).join(", ");
    throw new InferError("provider_error", `The parts of the speech came as ${forms}.`);
  }
  // A WAV may say of itself that it has no end, as it was sent before that was known.
  if (pieces.length === 1 && !first.bare && format !== "wav") return first;
  const joinable = [...JOINABLE].find((one) => one === format);
  if (!joinable) {
    throw new InferError("provider_error", `The parts of the speech came as ${format}, which cannot be joined.`);
  }
  const kept = await written(
    joinAudio(
      joinable,
      pieces.map(({ stored, sampleRate }) => ({ path: stored.path, sampleRate })),
    ),
    arrivals,
  );
  return { ...kept, seconds: (await soundOf(kept, format, format === "pcm" ? first.sampleRate : undefined)).seconds };
}

/** What is not of our formats counts as sound, and ends as its own format says that it must. */
async function soundOf({ stored }: Kept, format: string, sampleRate: number | undefined): Promise<Sound> {
  const known = SPEECH_FORMATS.find((name) => name === format);
  return known ? soundIn(stored.path, known, sampleRate) : { empty: false, whole: stored.whole };
}

/** What came, and what it is to be: bare samples become WAV where that was asked for. */
function kindOf({ stored, sampleRate }: ArrivedSpeech, { form, format }: SpeechTerms): AudioFormat & { bare: boolean } {
  const known = stored.kind && audioFormat(stored.kind);
  const mayBeBare = sampleRate !== undefined || form.sampleRate !== undefined || format === "pcm";
  if (known && (!mayBeBare || isMarked(known, stored.head))) return { ...known, bare: false };
  const text = textIn(stored.head);
  const bare = mayBeBare ? audioFormat({ mimeType: mimeTypeOf(format === "pcm" ? "pcm" : "wav") }) : undefined;
  if (bare && text === undefined) return { ...bare, bare: true };
  const what = stored.kind?.mimeType ?? "no known kind of file";
  throw new InferError("empty_result", `What came as audio is ${what}${text === undefined ? "" : `: ${text}`}`);
}

/**
 * Whether it is surely that. Some kinds begin with two bytes that samples may begin with as well, and what an answer calls
 * itself proves nothing: frames in a row do.
 */
function isMarked({ format }: AudioFormat, head: Uint8Array): boolean {
  switch (format) {
    case "mp3":
      return beginsWithFrames(head, MP3);
    case "aac":
      return beginsWithFrames(head, ADTS);
    case "ac3":
      return false;
    default:
      return true;
  }
}

/** Bytes that are looked at: samples that are all letters for so long there are none. */
const TEXT_HEAD = 200;

/** A text in whatever script, or a page or a document in whatever encoding. */
function textIn(head: Uint8Array): string | undefined {
  const begins = head.subarray(0, TEXT_HEAD);
  const markup = Buffer.from(begins).toString("latin1");
  if (/^\s*(?:<[!?a-z][\x20-\x7e]{6}|\{\s*"[\x20-\x7e]{6})/i.test(markup)) return excerpt(utf8(begins, false) ?? "");
  const text = utf8(begins, true);
  return text !== undefined && /^[\s\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{Cf}]*$/u.test(text) ? excerpt(text) : undefined;
}

/** `undefined`: it is none. */
function utf8(bytes: Uint8Array, fatal: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal }).decode(bytes, { stream: bytes.length === TEXT_HEAD });
  } catch {
    return undefined;
  }
}
