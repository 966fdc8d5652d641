import type { TranscriptSegment } from "../../core/envelope.ts";
import type { TranscriptionStep, TranscriptWord } from "../../protocols/transcription-wire.ts";
import { align, bare, type Span } from "./alignment.ts";
import { isUnspaced, LONGEST, SENTENCE_END, widthOf } from "./lines.ts";

/** Seconds of silence behind which something new begins. */
const PAUSE = 0.8;
/** As subtitles are made. */
export const MOST_SECONDS = 7;

/** The parts of a recording with their times: the vendor's, with their words; or made of its words; `undefined` without times. */
export function segmentsOf({ text, segments, words }: TranscriptionStep): TranscriptSegment[] | undefined {
  if (segments?.length) return withWords(segments, words ?? []);
  return words?.length ? groupWords(words, text) : undefined;
}

/** Each word belongs to the segment that it is spoken in, or to the nearest one. */
function withWords(
  segments: NonNullable<TranscriptionStep["segments"]>,
  words: readonly TranscriptWord[],
): TranscriptSegment[] {
  if (words.length === 0) return segments.map((segment) => ({ ...segment }));
  const owned = segments.map((segment) => ({ ...segment, words: [] as TranscriptWord[] }));
  let at = 0;
  for (const word of words) {
    const middle = (word.start + word.end) / 2;
    while (at < owned.length - 1 && middle >= (owned[at + 1]?.start ?? Number.POSITIVE_INFINITY)) at++;
    owned[at]?.words.push(word);
  }
  return owned.map(({ words: own, ...segment }) => (own.length > 0 ? { ...segment, words: own } : segment));
}

/** Pieces that can be read as subtitles: cut at the end of a sentence, at a pause, where somebody else speaks. */
export function groupWords(words: readonly TranscriptWord[], text: string): TranscriptSegment[] {
  const groups: TranscriptWord[][] = [];
  let length = 0;
  for (const word of words) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const size = widthOf(word.word);
    const isNew =
      !group ||
      !last ||
      word.speaker !== last.speaker ||
      word.start - last.end > PAUSE ||
      SENTENCE_END.test(last.word) ||
      length + size > LONGEST ||
      word.end - (group[0]?.start ?? 0) > MOST_SECONDS;
    if (isNew) groups.push([word]);
    else group.push(word);
    length = (isNew ? 0 : length) + size + (isUnspaced(word.word) ? 0 : 1);
  }
  const texts = textsOf(groups, text);
  return groups.flatMap((group, index) => {
    const speaker = group[0]?.speaker;
    const said = texts[index] ?? "";
    // Heard, and left out of the text.
    if (said === "") return [];
    const end = Math.max(...group.map((word) => word.end));
    const heard = group.reduce((sum, { word }) => sum + bare(word).length, 0);
    // What no words are told of is said before the next ones are.
    const isMore = bare(said).length > heard + LONGEST;
    return [
      {
        start: group[0]?.start ?? 0,
        end: isMore ? Math.max(end, groups[index + 1]?.[0]?.start ?? end) : end,
        text: said,
        ...(speaker !== undefined && { speaker }),
        words: group,
      },
    ];
  });
}

/**
 * What each group of words is in the text. Together that is all of the text, where the words are those of the text: what
 * is written otherwise than it was heard stands between words that are found. Else the words speak for themselves.
 */
function textsOf(groups: readonly TranscriptWord[][], text: string): string[] {
  const words = groups.flat();
  const spans = align(
    words.map(({ word }) => word),
    text,
  );
  const isWord = words.map(({ word }) => bare(word) !== "");
  if (!covers(words, spans, text)) return asHeard(groups, spans, text);
  let first = 0;
  let from = 0;
  return groups.map((group, index) => {
    first += group.length;
    const to = index === groups.length - 1 ? text.length : Math.max(from, cutAt(first, spans, isWord, text));
    const said = text.slice(from, to).trim();
    from = to;
    return said;
  });
}

/**
 * Whether the words are those of the text. It may have parts that no words are told of; but where words are left over as
 * well, those of two channels are mixed, or they are of another text.
 */
function covers(words: readonly TranscriptWord[], spans: readonly (Span | undefined)[], text: string): boolean {
  let end = 0;
  let untold = 0;
  for (const span of [...spans, { start: text.length, end: text.length }]) {
    if (!span) continue;
    const letters = bare(text.slice(end, span.start)).length;
    if (letters > LONGEST) untold += letters;
    end = span.end;
  }
  const left = words.filter((_, index) => !spans[index]).reduce((sum, { word }) => sum + bare(word).length, 0);
  return untold === 0 || 2 * left < untold;
}

/** Where the text is cut before the word with this number. */
function cutAt(first: number, spans: readonly (Span | undefined)[], isWord: readonly boolean[], text: string): number {
  let before = first - 1;
  while (before >= 0 && !spans[before]) before--;
  let behind = first;
  while (behind < spans.length && !spans[behind]) behind++;
  const isMissing = (index: number): boolean => isWord[index] === true && !spans[index];
  const count = (from: number, to: number): number => {
    let missing = 0;
    for (let index = from; index < to; index++) if (isMissing(index)) missing++;
    return missing;
  };
  const mine = count(before + 1, first);
  const theirs = count(first, behind);
  const next = spans[behind]?.start ?? text.length;
  const end = spans[before]?.end ?? 0;
  // Marks behind a word are its own, those that open something belong to the next one.
  const start = end + (CLOSING.exec(text.slice(end, next))?.[0].length ?? 0);
  const last = next - (behind === spans.length ? 0 : (OPENING.exec(text.slice(start, next))?.[0].length ?? 0));
  if (theirs === 0) return last;
  if (mine === 0) return start;
  // Both have words that are written otherwise: as many pieces for each as it has words.
  const pieces = [...text.slice(start, last).matchAll(/\S+\s*/g)];
  const own = Math.round((pieces.length * mine) / (mine + theirs));
  return start + (pieces[own]?.index ?? last - start);
}

const CLOSING = /^[^\s\p{L}\p{N}\p{Ps}\p{Pi}¿¡]*/u;
const OPENING = /[^\s\p{L}\p{N}]*$/u;

function asHeard(groups: readonly TranscriptWord[][], spans: readonly (Span | undefined)[], text: string): string[] {
  let index = 0;
  return groups.map((group) => {
    let said = "";
    let end: number | undefined;
    for (const { word } of group) {
      const span = spans[index++];
      const between = span && end !== undefined ? text.slice(end, span.start) : undefined;
      const blank = between !== undefined && bare(between) === "" ? between : " ";
      said += blank + (span ? text.slice(span.start, span.end) : word.trim());
      end = span?.end;
    }
    // A mark behind the last word is part of what is said.
    return (said + (end === undefined ? "" : (CLOSING.exec(text.slice(end, end + 8))?.[0] ?? ""))).trim();
  });
}
