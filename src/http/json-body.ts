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

/** A JSON body whose files are read while it is sent. */
export function jsonBody(value: unknown): ByteSource {
  const members: Base64Member[] = [];
  // Where the text is split; nobody else can have written it.
  const mark = crypto.randomUUID();
  const texts = JSON.stringify(replaceFiles(value, mark, members)).split(`"${mark}"`);
  return joined(
    texts.flatMap((text, index) => {
      const member = members[index];
      const before = memorySource(member ? `${text}"${member.prefix}` : text);
      return member ? [before, base64Source(member.source), memorySource('"')] : [before];
    }),
  );
}

function replaceFiles(value: unknown, mark: string, members: Base64Member[]): unknown {
  if (value instanceof Base64Member) {
    members.push(value);
    return mark;
  }
  if (Array.isArray(value)) return value.map((entry) => replaceFiles(entry, mark, members));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replaceFiles(entry, mark, members)]));
}
