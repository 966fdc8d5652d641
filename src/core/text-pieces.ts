/** The longest piece: `characters` as JavaScript counts them (UTF-16 units), or `bytes` of UTF-8. At least one letter's. */
type Longest = { characters: number } | { bytes: number };

/**
 * A text to be spoken, in pieces that are no longer than the limit: cut at the end of a sentence where there is one, else
 * at the end of a line, at a clause, between words, and only then within one. Every piece is trimmed and none is blank;
 * nothing but the white space between them is lost. As even as the places to cut allow. Time grows with the text alone.
 */
export function textPieces(text: string, longest: Longest): string[] {
  const whole = text.trim();
  const limit = "bytes" in longest ? longest.bytes : longest.characters;
  const measure = "bytes" in longest ? byteMeasure(whole) : UNITS;
  const strengths = breaksOf(whole);
  const pieces: string[] = [];
  for (let from = 0; from < whole.length; ) {
    const rest = measure.size(from, whole.length);
    // The share of each piece, if the rest were cut into equal ones: a first cut there or later leaves no more pieces.
    const share = rest / Math.ceil(rest / limit);
    const end = Math.min(measure.reach(from, limit), whole.length);
    const to = rest <= limit ? whole.length : cut(whole, strengths, { from, share: measure.reach(from, share), end });
    pieces.push(whole.slice(from, to).trimEnd());
    from = to;
    while (/\s/.test(whole.charAt(from))) from++;
  }
  return pieces;
}

/** How good a place is to cut at. */
const WORD = 1;
const CLAUSE = 2;
const LINE = 3;
const SENTENCE = 4;

interface Window {
  from: number;
  /** Where an even piece would end. */
  share: number;
  /** Where the longest piece ends. */
  end: number;
}

/** The best of the places where a piece may end: of those that are equally good, the first behind an even share. */
function cut(text: string, strengths: Uint8Array, window: Window): number {
  for (const strength of [SENTENCE, LINE, CLAUSE]) {
    const place = nearest(window, (at) => (strengths[at] ?? 0) >= strength);
    if (place !== undefined) return place;
  }
  const space = nearest(window, (at) => (strengths[at] ?? 0) >= WORD);
  // A script without spaces may have one all the same, around a foreign word.
  if (space !== undefined && space - window.from >= (window.share - window.from) / 2) return space;
  const { from, share, end } = window;
  // What follows the window belongs to it as far as it tells whether a word, or a letter of several signs, goes on.
  const slice = text.slice(from, end + LONGEST_LETTER);
  for (const granularity of ["word", "grapheme"] as const) {
    const places = new Set<number>();
    let before = "";
    for (const { index, segment } of new Intl.Segmenter(undefined, { granularity }).segment(slice)) {
      // A bracket or a mark stays with its word.
      const isTied = /^[\p{Pe}\p{Pf}\p{Po}]/u.test(segment) || /[\p{Ps}\p{Pi}]$/u.test(before);
      if (granularity === "grapheme" || !isTied) places.add(from + index);
      before = segment;
    }
    const place = nearest(window, (at) => places.has(at));
    if (place !== undefined) return place;
  }
  // One letter with more signs on it than a piece may have.
  const at = Math.max(share, from + 1);
  const isSplit = isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
  if (!isSplit) return at;
  return at - 1 > from ? at - 1 : at + 1;
}

/** Beyond a family of emoji with all their joiners. */
const LONGEST_LETTER = 64;

function nearest({ from, share, end }: Window, isPlace: (at: number) => boolean): number | undefined {
  const middle = Math.max(share, from + 1);
  for (let at = middle; at <= end; at++) if (isPlace(at)) return at;
  for (let at = Math.min(middle - 1, end); at > from; at--) if (isPlace(at)) return at;
  return undefined;
}

/** Brackets and quotation marks that belong to the sentence before them. */
const CLOSERS = new Set(`"'”’»›)]}」』》〉】）］｝`);

/** Of scripts that put no space behind a sentence or a clause, or need none to be understood. */
const UNSPACED = /(?:[。！？｡؟।॥۔]|[，、；：،؛､])+["'”’»›)\]}」』》〉】）］｝]*/g;
const UNSPACED_END = /[。！？｡؟।॥۔]/;

/**
 * Where the text may be cut, and how well: at the index of the first character that no longer belongs to a piece. Only
 * what can be told without a dictionary.
 */
function breaksOf(text: string): Uint8Array {
  const strengths = new Uint8Array(text.length + 1);
  for (const { 0: space, index } of text.matchAll(/[^\S\u00a0\u202f]+/g)) {
    strengths[index] = strengthOf(text, index, space);
  }
  for (const { 0: mark, index } of text.matchAll(UNSPACED)) {
    const at = index + mark.length;
    strengths[at] = Math.max(strengths[at] ?? 0, UNSPACED_END.test(mark) ? SENTENCE : CLAUSE);
  }
  return strengths;
}

function strengthOf(text: string, at: number, space: string): number {
  const lines = space.match(/\r\n|[\n\r\u0085\u2028\u2029]/g)?.length ?? 0;
  if (lines > 1 || space.includes("\u2029")) return SENTENCE;
  let last = at - 1;
  while (last > 0 && CLOSERS.has(text.charAt(last))) last--;
  const mark = text.charAt(last);
  // "Stop!" he said. And so on … and on.
  const goesOn = /^\p{Ll}/u.test(text.slice(at + space.length, at + space.length + 2));
  const isEnd = /[.!?…‽]/.test(mark) && !(mark === "." && isAbbreviation(text, last));
  if (isEnd && !goesOn) return SENTENCE;
  if (lines > 0) return LINE;
  return isEnd || /[,;:—–]/.test(mark) ? CLAUSE : WORD;
}

/** What a full stop stands behind without ending a sentence, though a capital may follow. */
const ABBREVIATIONS = new Set(
  "dr mr mrs ms mx prof st jr sr hon rev gen col capt lt sgt gov sen rep pres vs etc approx vol fig figs pp eds inc ltd corp dept jan feb mar apr jun jul aug sep sept oct nov dec mme mlle nr bzw ca ggf inkl usw evtl str abs sra srta dra dott".split(
    " ",
  ),
);

/** "Dr.", an initial ("J."), "e.g.", "z.B.", and a short number, as of a day or of an item ("3. Oktober"). */
function isAbbreviation(text: string, stop: number): boolean {
  const word = /[\p{L}\p{N}.]*$/u.exec(text.slice(Math.max(0, stop - 12), stop))?.[0] ?? "";
  return ABBREVIATIONS.has(word.toLowerCase()) || /^(?:\p{L}\.)*\p{L}$|^\d{1,2}$/u.test(word);
}

/** How much a part of a text counts against the limit. */
interface Measure {
  size(from: number, to: number): number;
  /** The last index that a part of this size can end at. */
  reach(from: number, size: number): number;
}

const UNITS: Measure = {
  size: (from, to) => to - from,
  reach: (from, size) => from + Math.floor(size),
};

function byteMeasure(text: string): Measure {
  // The bytes before every character; the second half of a pair has none of its own.
  const before = new Uint32Array(text.length + 1);
  for (let at = 0; at < text.length; at++) before[at + 1] = (before[at] ?? 0) + bytesAt(text, at);
  const size = (from: number, to: number): number => (before[to] ?? 0) - (before[from] ?? 0);
  return {
    size,
    reach(from, limit) {
      let low = from;
      let high = text.length;
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if (size(from, middle) <= limit) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}

function bytesAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  if (isLow(code) && isHigh(text.charCodeAt(at - 1))) return 0;
  return isHigh(code) && isLow(text.charCodeAt(at + 1)) ? 4 : 3;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
