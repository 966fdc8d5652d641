import type { TranscriptSegment } from "../../core/envelope.ts";
import { groupWords } from "./segments.ts";

/** What fits on a line of a screen. */
const LINE = 42;
/** A piece that stays longer than this is cut where its words are known. */
const LONGEST_SECONDS = 7;
const LONGEST_TEXT = 2 * LINE;
/** A subtitle that is gone at once was not there. */
const SHORTEST_SECONDS = 0.1;

/** SubRip: numbered, times with a comma. */
export function srt(segments: readonly TranscriptSegment[]): string {
  const pieces = readable(segments);
  const names = hasSpeakers(pieces);
  return pieces
    .map(({ start, end, text, speaker }, index) => {
      const said = lines(names && speaker !== undefined ? `${speaker}: ${text}` : text);
      return `${index + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${said}\n`;
    })
    .join("\n");
}

/** WebVTT (W3C): speakers are voices, and `&`, `<` and `>` are escaped. */
export function vtt(segments: readonly TranscriptSegment[]): string {
  const pieces = readable(segments);
  const names = hasSpeakers(pieces);
  const cues = pieces.map(({ start, end, text, speaker }) => {
    const voice = names && speaker !== undefined ? `<v ${escaped(speaker)}>` : "";
    return `${clock(start, ".")} --> ${clock(end, ".")}\n${voice}${escaped(lines(text))}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/** In order, none over the next one, none empty, and none longer than can be read where its words are known. */
function readable(segments: readonly TranscriptSegment[]): TranscriptSegment[] {
  const cut = segments.flatMap((segment) => {
    const { text, words, start, end } = segment;
    const isLong = text.length > LONGEST_TEXT || end - start > LONGEST_SECONDS;
    return isLong && words?.length ? groupWords(words, text) : [segment];
  });
  const pieces = cut.filter(({ text }) => text.trim() !== "").toSorted((a, b) => a.start - b.start);
  return pieces.map((piece, index) => {
    const next = pieces[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    return {
      ...piece,
      end: Math.max(Math.min(piece.end, Math.max(next, piece.start)), piece.start + SHORTEST_SECONDS),
    };
  });
}

function hasSpeakers(pieces: readonly TranscriptSegment[]): boolean {
  return new Set(pieces.map(({ speaker }) => speaker)).size > 1;
}

/** A blank line would end the subtitle. */
function lines(text: string): string {
  const words = text.trim().split(/\s+/);
  const rows: string[] = [];
  for (const word of words) {
    const row = rows.at(-1);
    if (row === undefined || row.length + 1 + word.length > LINE) rows.push(word);
    else rows[rows.length - 1] = `${row} ${word}`;
  }
  return rows.join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** `01:02:03,450` */
function clock(seconds: number, mark: "," | "."): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const part = (value: number, width: number): string => String(value).padStart(width, "0");
  const [hours, minutes, whole] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1000) % 60,
  ];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(whole, 2)}${mark}${part(ms % 1000, 3)}`;
}
