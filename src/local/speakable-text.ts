import { textPieces as piecesOf } from "../core/text-pieces.ts";

/**
 * The longest text that flite gets at once, in characters. Its memory and time grow faster than the length of a
 * sentence, and a file that it writes in one go is copied on every append.
 */
const LONGEST_PIECE = 1000;

/** Words beyond this are noise; flite is quadratic in the length of a word. */
const LONGEST_WORD = 100;

/** flite reads ASCII. What these say is kept; other characters are silent. */
const SPELLINGS: readonly [RegExp, string][] = [
  [/[‘’‚′]/g, "'"],
  [/[“”„″«»]/g, '"'],
  [/[‐‑]/g, "-"],
  [/[‒–—―]/g, ", "],
  [/€/g, " euro "],
  [/£/g, " pound "],
  [/ß/g, "ss"],
  [/[æÆ]/g, "ae"],
  [/[øØ]/g, "o"],
  [/[œŒ]/g, "oe"],
];

/** The text as flite can read it: "café" becomes "cafe", a dash a pause, an emoji or a control character a space. */
export function speakableText(text: string): string {
  const ascii = spelled(text).replace(/[^\n\x20-\x7e]/gu, " ");
  return ascii.replace(new RegExp(`[^\\s]{${LONGEST_WORD}}`, "g"), "$& ").trim();
}

/** Letters and digits of the text that flite leaves out, each once: "Привет, Bob" gives "Привет". */
export function unspeakableLetters(text: string): string {
  const left = spelled(text).match(/[\p{L}\p{N}]/gu) ?? [];
  return [...new Set(left.filter((letter) => letter > "\x7e"))].join("");
}

function spelled(text: string): string {
  return SPELLINGS.reduce((result, [pattern, spelling]) => result.replace(pattern, spelling), text)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/\u2044/g, "/"); // "½" is "1⁄2" by now
}

/** The text as flite is given it, a piece at a time. */
export function textPieces(text: string): string[] {
  return piecesOf(text, { characters: LONGEST_PIECE });
}
