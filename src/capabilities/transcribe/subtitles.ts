import type { TranscriptSegment } from "../../core/envelope.ts";
import { LONGEST, lines, pieces, widthOf } from "./lines.ts";
import { groupWords, MOST_SECONDS } from "./segments.ts";

/** A subtitle that is gone at once was not there. */
const SHORTEST_MS = 100;

/** A segment with its times in whole milliseconds: those are what is written. */
type Cue = Pick<TranscriptSegment, "start" | "end" | "text" | "speaker">;

/** SubRip: numbered, times with a comma. */
export function srt(segments: readonly TranscriptSegment[]): string {
  const cues = readable(segments);
  const names = hasSpeakers(cues);
  return cues
    .map(({ start, end, text, speaker }, index) => {
      const said = lines(names && speaker !== undefined ? `${speaker}: ${text}` : text);
      return `${index + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${said}\n`;
    })
    .join("\n");
}

/** WebVTT (W3C): speakers are voices, and `&`, `<` and `>` are escaped. */
export function vtt(segments: readonly TranscriptSegment[]): string {
  const said = readable(segments);
  const names = hasSpeakers(said);
  const cues = said.map(({ start, end, text, speaker }) => {
    const voice = names && speaker !== undefined ? `<v ${escaped(speaker)}>` : "";
    return `${clock(start, ".")} --> ${clock(end, ".")}\n${voice}${escaped(lines(text))}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/**
 * In order, none empty, and none longer than can be read. Who speaks at the same time as another is seen as long; two
 * pieces of one speaker lie over each other because a vendor rounds, and the first ends where the next begins.
 */
function readable(segments: readonly TranscriptSegment[]): Cue[] {
  const cues = segments
    .flatMap(short)
    .filter(({ text }) => text.trim() !== "")
    .map((piece) => ({ ...piece, start: milliseconds(piece.start), end: milliseconds(piece.end) }))
    .toSorted((a, b) => a.start - b.start);
  return cues.map((cue, index) => {
    let at = index + 1;
    let next = cues[at];
    while (next && (next.start === cue.start || areTwo(cue, next))) next = cues[++at];
    return { ...cue, end: Math.max(Math.min(cue.end, next?.start ?? cue.end), cue.start + SHORTEST_MS) };
  });
}

function areTwo({ speaker: one }: Cue, { speaker: other }: Cue): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function milliseconds(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1000));
}

function short(segment: TranscriptSegment): TranscriptSegment[] {
  const { text, words, start, end, speaker } = segment;
  // What stays longer is cut where its words are known.
  const isLong = widthOf(text) > LONGEST || end - start > MOST_SECONDS;
  if (!isLong || !words?.length) return shared(segment);
  // Its words may go without a speaker, and it has one.
  return groupWords(words, text).flatMap((group) => shared({ ...(speaker !== undefined && { speaker }), ...group }));
}

/** Where no words are known, each piece gets as much of the time as it has of the text. */
function shared(segment: TranscriptSegment): TranscriptSegment[] {
  const { text, start, end } = segment;
  const parts = pieces(text);
  if (parts.length < 2) return [segment];
  const whole = parts.reduce((sum, part) => sum + widthOf(part), 0);
  let before = 0;
  const at = (): number => start + ((end - start) * before) / whole;
  return parts.map((part) => {
    const from = at();
    before += widthOf(part);
    return { ...segment, start: from, end: at(), text: part };
  });
}

function hasSpeakers(cues: readonly Cue[]): boolean {
  return new Set(cues.map(({ speaker }) => speaker)).size > 1;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** `01:02:03,450` */
function clock(ms: number, mark: "," | "."): string {
  const part = (value: number, width: number): string => String(value).padStart(width, "0");
  const [hours, minutes, whole] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1000) % 60,
  ];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(whole, 2)}${mark}${part(ms % 1000, 3)}`;
}
