import { InferError, messageOf } from "../core/error.ts";

/** What a config says, and which of its files says it. */
export interface Document {
  json: unknown;
  /** The file that has the value at this path: the config itself, or one that it includes. */
  fileOf(keys: readonly unknown[]): string;
}

/** One file's JSON5. Fails as `usage`, with the file's path. */
export function parseDocument(text: string, path: string): unknown {
  try {
    return text.trim() === "" ? {} : Bun.JSON5.parse(text);
  } catch (thrown) {
    const said = messageOf(thrown);
    const what = said.replace(/^JSON5 Parse error: /, "").replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
    throw invalidConfig(path, `it is not JSON5: ${what} (${placeOf(said, text)})`);
  }
}

/** Longer ones are not written by hand, and looking for a column in them takes long. */
const LONGEST_LINE = 500;

/** Where the parser stopped, which it does not tell: what comes before that place fails in another way, or not at all. */
function placeOf(said: string, text: string): string {
  if (/end of input$|Unterminated (?:object|array|multi)/.test(said)) return "at the end";
  const fails = (length: number): boolean => {
    try {
      Bun.JSON5.parse(text.slice(0, length));
      return false;
    } catch (thrown) {
      return messageOf(thrown) === said;
    }
  };
  const ends = [...text.matchAll(/\n|$/g)].map(({ index }) => index);
  let [first, last] = [0, ends.length - 1];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (fails((ends[middle] ?? 0) + 1)) last = middle;
    else first = middle + 1;
  }
  const start = first === 0 ? 0 : (ends[first - 1] ?? 0) + 1;
  let end = (ends[first] ?? 0) + 1;
  const line = `line ${first + 1}`;
  if (end - start > LONGEST_LINE) return line;
  while (end > start && fails(end - 1)) end--;
  return `${line}, column ${Math.max(1, end - start)}`;
}

/** Whether anything in it has to be read from another file. */
export function mentionsInclude(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "$include") || Object.values(value).some(mentionsInclude);
}

export function invalidConfig(path: string, problem: string, hint?: string): InferError {
  return new InferError("usage", `Config ${path} is not valid: ${problem}`, { hint });
}
