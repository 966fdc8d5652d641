import { closest, distance } from "fastest-levenshtein";

/** "Did you mean …?" for a mistyped word, or nothing when no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(word.toLowerCase(), known);
  const prefixed = known.find((name) => word.length > 2 && name.startsWith(word));
  const near = distance(word.toLowerCase(), best) <= Math.max(2, Math.floor(best.length / 3));
  const guess = near ? best : prefixed;
  return guess && `Did you mean ${guess}?`;
}
