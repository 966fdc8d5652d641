import { type ByteSource, base64Source, joined, memorySource } from "./source.ts";

/** A file in the middle of a JSON body, in base64: as it is, or as a `data:` URL. */
export class Base64Member {
  constructor(
    readonly source: ByteSource,
    /** Before the base64: `data:image/png;base64,`. */
    readonly prefix = "",
  ) {}

  toJSON(): never {
    throw new Error("a file cannot be put into plain JSON");
  }
}

/** Where a value with files in it is split; no text can hold it, as JSON escapes the control character. */
const MARK = "\u0000";

/** A JSON body whose files are read while it is sent. */
export function jsonBody(value: unknown): ByteSource {
  const members: Base64Member[] = [];
  const replaced = replaceFiles(value, members);
  const texts = JSON.stringify(replaced).split(`"${ESCAPED_MARK}"`);
  return joined(
    texts.flatMap((text, index) => {
      const member = members[index];
      const before = memorySource(member ? `${text}"${member.prefix}` : text);
      return member ? [before, base64Source(member.source), memorySource('"')] : [before];
    }),
  );
}

const ESCAPED_MARK = JSON.stringify(MARK).slice(1, -1);

function replaceFiles(value: unknown, members: Base64Member[]): unknown {
  if (value instanceof Base64Member) {
    members.push(value);
    return MARK;
  }
  if (Array.isArray(value)) return value.map((entry) => replaceFiles(entry, members));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replaceFiles(entry, members)]));
}
