/** What fits on a line of a screen; signs that are as wide as high count twice. */
export const LINE = 42;
/** Two lines. */
export const LONGEST = 2 * LINE;

const WIDE = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]/u;
/** Scripts that have no blanks between words. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\u3000-\u303F\uFF01-\uFF60]/u;
export const SENTENCE_END = /[.!?…。！？؟।]["'”’»」』)\]]*$/u;
const CLAUSE_END = /[,;:，、；：،–—]["'”’»」』)\]]*$/u;

/** How many columns of a screen it takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const sign of text) width += WIDE.test(sign) ? 2 : /\p{M}/u.test(sign) ? 0 : 1;
  return width;
}

/** Whether no blank stands behind it. */
export function isUnspaced(text: string): boolean {
  return UNSPACED.test(text.slice(-1));
}

/** A text on lines of a screen, cut between words, without an empty one. */
export function lines(text: string): string {
  return rowsOf(unitsOf(text)).join("\n");
}

/** A text in pieces of at most two lines: cut at the end of a sentence, or of a clause, or where there is no room left. */
export function pieces(text: string): string[] {
  const found: string[] = [];
  let rest = unitsOf(text);
  while (rest.length > 0) {
    const room = roomFor(rest);
    const cut = room === rest.length ? room : cutWithin(rest.slice(0, room));
    found.push(joined(rest.slice(0, cut)));
    rest = rest.slice(cut);
  }
  return found;
}

/** What stays on one line, and whether a blank stands before it. */
interface Unit {
  text: string;
  blank: boolean;
}

/** How many of them fit on two lines: one at least. */
function roomFor(units: readonly Unit[]): number {
  let count = 1;
  while (count < units.length) {
    const more = units.slice(0, count + 1);
    if (widthOf(joined(more)) > LONGEST || rowsOf(more).length > 2) break;
    count++;
  }
  return count;
}

function cutWithin(units: readonly Unit[]): number {
  const sentence = units.findLastIndex(({ text }) => SENTENCE_END.test(text));
  if (sentence !== -1) return sentence + 1;
  const clause = units.findLastIndex(({ text }) => CLAUSE_END.test(text));
  // A clause of a word or two leaves the most of it for later.
  return clause !== -1 && widthOf(joined(units.slice(0, clause + 1))) >= LINE / 2 ? clause + 1 : units.length;
}

function rowsOf(units: readonly Unit[]): string[] {
  const rows: string[] = [];
  for (const { text, blank } of units) {
    const row = rows.at(-1);
    const longer = row === undefined ? text : `${row}${blank ? " " : ""}${text}`;
    if (row === undefined || widthOf(longer) > LINE) rows.push(text);
    else rows[rows.length - 1] = longer;
  }
  return rows;
}

function joined(units: readonly Unit[]): string {
  return units.map(({ text, blank }, index) => (blank && index > 0 ? ` ${text}` : text)).join("");
}

const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });
const SIGNS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function unitsOf(text: string): Unit[] {
  return text
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((run) =>
      runUnits(run)
        .flatMap(short)
        .map((unit, index) => ({ text: unit, blank: index === 0 })),
    );
}

/** What stands between two blanks: whole, or, in a script without them, its words with the marks around them. */
function runUnits(run: string): string[] {
  if (!UNSPACED.test(run)) return [run];
  const units: string[] = [];
  let opening = "";
  for (const { segment } of WORDS.segment(run)) {
    if (/^[\p{Ps}\p{Pi}]+$/u.test(segment)) {
      opening += segment;
      continue;
    }
    const last = units.at(-1);
    // Neither a mark nor two words of another script may be parted from what they follow.
    const isOpen = last === undefined || opening !== "" || UNSPACED.test(segment.slice(0, 1)) || isUnspaced(last);
    const isMark = !/[\p{L}\p{N}]/u.test(segment);
    if (last === undefined || (isOpen && !(isMark && opening === ""))) units.push(opening + segment);
    else units[units.length - 1] = last + segment;
    opening = "";
  }
  if (opening) units.push((units.pop() ?? "") + opening);
  return units;
}

/** One that is longer than a line is cut between two signs. */
function short(unit: string): string[] {
  if (widthOf(unit) <= LINE) return [unit];
  const parts: string[] = [];
  for (const { segment } of SIGNS.segment(unit)) {
    const last = parts.at(-1);
    if (last === undefined || widthOf(last + segment) > LINE) parts.push(segment);
    else parts[parts.length - 1] = last + segment;
  }
  return parts;
}
