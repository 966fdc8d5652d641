import type { TranscriptSegment } from "../../core/envelope.ts";
import type { TranscriptionStep, TranscriptWord } from "../../protocols/transcription-wire.ts";

/** Seconds of silence behind which something new begins. */
const PAUSE = 0.8;
/** As subtitles are made: two lines of 42 characters, seven seconds. */
const MOST_CHARACTERS = 84;
const MOST_SECONDS = 7;

const SENTENCE_END = /[.!?…。！？؟।]["'”’»)\]]*$/u;

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
  const written = new Transcript(text);
  const groups: TranscriptWord[][] = [];
  let length = 0;
  for (const word of words) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const isNew =
      !group ||
      !last ||
      word.speaker !== last.speaker ||
      word.start - last.end > PAUSE ||
      SENTENCE_END.test(last.word) ||
      length + word.word.length > MOST_CHARACTERS ||
      word.end - (group[0]?.start ?? 0) > MOST_SECONDS;
    if (isNew) groups.push([word]);
    else group.push(word);
    length = (isNew ? 0 : length) + word.word.length + 1;
  }
  return groups.map((group) => {
    const speaker = group[0]?.speaker;
    return {
      start: group[0]?.start ?? 0,
      end: Math.max(...group.map(({ end }) => end)),
      text: written.wordsAs(group),
      ...(speaker !== undefined && { speaker }),
      words: group,
    };
  });
}

/** Finds words again where they are written: not every script has blanks between them. */
class Transcript {
  #at = 0;

  constructor(readonly text: string) {}

  wordsAs(words: readonly TranscriptWord[]): string {
    let start: number | undefined;
    let end = this.#at;
    for (const { word } of words) {
      const found = this.text.indexOf(word.trim(), end);
      // It is written otherwise than it was heard.
      if (found === -1 || found - end > MOST_CHARACTERS) return words.map((one) => one.word.trim()).join(" ");
      start ??= found;
      end = found + word.trim().length;
    }
    // A mark behind the last word is part of what is said.
    end += /^[^\s\p{L}\p{N}]*/u.exec(this.text.slice(end, end + 8))?.[0].length ?? 0;
    this.#at = end;
    return this.text.slice(start ?? end, end).trim();
  }
}
