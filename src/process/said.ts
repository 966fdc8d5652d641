const MOST = 500;

/** The end of what a program has said, on one line: what went wrong stands there. Nothing where it has said nothing. */
export function said(words: string): string {
  const line = words.replace(/\s+/g, " ").trim();
  if (line === "") return "";
  return ` It said: ${line.length > MOST ? `…${wholeWords(line.slice(-MOST))}` : line}`;
}

/** Half a word may be half a key, which nobody would know for one. */
function wholeWords(end: string): string {
  return end.slice(end.indexOf(" ") + 1);
}
