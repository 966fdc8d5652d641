/** Where in a text something stands, in its UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** How many words and places behind one that is not found are looked at together. */
const LOOK_AHEAD = 40;
/** So little is passed over for one word alone; for more, the next one has to follow it. */
const SURE = 2;
/** So many words in a row are theirs wherever they are found again, within so many letters: some answers have holes. */
const ANCHOR = 6;
const LONGEST_HOLE = 20_000;

/**
 * Each word's place in a text, in order; `undefined` for one that is not there, or that has neither letter nor digit.
 * Case and punctuation do not count, and not every script has blanks between words. Behind a word that is written
 * otherwise than it was heard, the least is passed over with which the rest goes on.
 */
export function align(words: readonly string[], text: string): (Span | undefined)[] {
  const written = new Written(text);
  const heard = words.map(bare);
  const spans: (Span | undefined)[] = words.map(() => undefined);
  const said = heard.flatMap((word, index) => (word === "" ? [] : [{ word, index }]));
  /** Whether a word stands at a place. The place behind it, else `undefined`. */
  const after = (word: number, place: number): number | undefined => written.behind(said[word]?.word ?? "", place);
  const fits = (word: number, place: number, passed: number): boolean => {
    const next = after(word, place);
    if (next === undefined) return false;
    const isLast = word + 1 >= said.length || next >= written.places;
    return passed <= SURE || isLast || after(word + 1, next) !== undefined;
  };
  let word = 0;
  let place = 0;
  while (word < said.length && place < written.places) {
    const found = nearest((words, places) => fits(word + words, place + places, words + places));
    if (!found) {
      const run = said.slice(word, word + ANCHOR).map((one) => one.word);
      const further = run.length === ANCHOR ? written.placeOf(run.join(""), place) : undefined;
      if (further === undefined) word++;
      else place = further;
      continue;
    }
    word += found.words;
    place += found.places;
    const next = after(word, place);
    const { index } = said[word] ?? {};
    if (next === undefined || index === undefined) break;
    spans[index] = written.span(place, next);
    word++;
    place = next;
  }
  return spans;
}

function nearest(fits: (words: number, places: number) => boolean): { words: number; places: number } | undefined {
  for (let passed = 0; passed <= LOOK_AHEAD; passed++) {
    for (let words = 0; words <= passed; words++) {
      if (fits(words, passed - words)) return { words, places: passed - words };
    }
  }
  return undefined;
}

/** What a word is known by. */
export function bare(word: string): string {
  return word
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replace(/[^\p{L}\p{N}\p{M}]/gu, "");
}

/** Scripts that have no blanks between words: one may begin with each of their signs. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}ー]/u;

/** A text as its letters and digits alone, and the places in it where a word can begin. */
class Written {
  #letters = "";
  /** Of each place: where it is among the letters, and in the text. */
  readonly #starts: { letter: number; at: number }[] = [];
  /** Which place is at this letter. */
  readonly #placeAt = new Map<number, number>();
  /** Of each place: where in the text what stands before it ends. */
  readonly #ends: number[] = [];

  constructor(text: string) {
    let at = 0;
    let end = 0;
    let isWithin = false;
    for (const sign of text) {
      const letters = bare(sign);
      if (letters === "") {
        isWithin = false;
      } else {
        const isMark = /^\p{M}/u.test(sign);
        if (!isMark && (!isWithin || UNSPACED.test(sign))) this.#begin(at, end);
        this.#letters += letters;
        isWithin = !UNSPACED.test(sign);
        end = at + sign.length;
      }
      at += sign.length;
    }
    this.#placeAt.set(this.#letters.length, this.#starts.length);
    this.#ends.push(end);
  }

  #begin(at: number, end: number): void {
    this.#placeAt.set(this.#letters.length, this.#starts.length);
    this.#starts.push({ letter: this.#letters.length, at });
    this.#ends.push(end);
  }

  get places(): number {
    return this.#starts.length;
  }

  /** The place behind this word, where it stands at this one. */
  behind(word: string, place: number): number | undefined {
    const start = this.#starts[place];
    if (!start || word === "" || !this.#letters.startsWith(word, start.letter)) return undefined;
    return this.#placeAt.get(start.letter + word.length);
  }

  /** The place further on where these letters stand, which are those of whole words. */
  placeOf(letters: string, from: number): number | undefined {
    const start = this.#starts[from]?.letter ?? 0;
    const found = this.#letters.slice(start, start + LONGEST_HOLE).indexOf(letters, 1);
    return found === -1 ? undefined : this.#placeAt.get(start + found);
  }

  span(from: number, to: number): Span {
    return { start: this.#starts[from]?.at ?? 0, end: this.#ends[to] ?? 0 };
  }
}
