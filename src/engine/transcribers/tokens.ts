import type { TranscriptWord } from "../../protocols/transcription-wire.ts";

export interface Token {
  start: number;
  end: number;
  text: string;
}

/** A token that begins with a space, or with SentencePiece's sign for one, begins a word. */
const BEGINNING = /^[\s\u2581]/;

/** Scripts that are written without spaces. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

export function wordsOf(tokens: readonly Token[]): TranscriptWord[] {
  const words: TranscriptWord[] = [];
  let open: TranscriptWord | undefined;
  for (const { start, end, text } of tokens) {
    if (BEGINNING.test(text) || UNSPACED.test(text)) open = undefined;
    const piece = text.replace(/^\u2581/, " ").trim();
    if (piece === "") continue;
    if (open) {
      open.word += piece;
      open.end = Math.max(open.end, end);
    } else {
      open = { start, end, word: piece };
      words.push(open);
    }
  }
  return words;
}

/** Tokens of bytes, put together as far as a character reaches. */
export function wholeCharacters(tokens: readonly Token[]): Token[] {
  const whole: Token[] = [];
  let open: Token | undefined;
  for (const token of tokens) {
    open = open ? { ...open, end: token.end, text: open.text + token.text } : token;
    if (utf8(open.text).endsWith("\ufffd")) continue;
    whole.push({ ...open, text: utf8(open.text) });
    open = undefined;
  }
  return whole;
}

/** Bytes that were read one by one. */
export function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
