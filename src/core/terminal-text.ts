/** Anybody's words on one line: they must not steer the terminal, nor look like another line or row. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\x00-\x1f\x7f-\x9f]|\p{Bidi_Control}/gu, "")
    .trim();
}

/** The same with its lines and tabs as they are. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
