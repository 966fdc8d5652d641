import { type ByteSource, joined, memorySource } from "./source.ts";

/** A field of a form, or a file in it. */
export type Part = { name: string; value: string } | FilePart;

interface FilePart {
  name: string;
  filename: string;
  mimeType: string;
  source: ByteSource;
}

/**
 * `multipart/form-data` that is read from where the files are while it is sent: FormData would hold all of them in memory.
 * Its size is known, and so sent as Content-Length, when every file's is.
 */
export function multipart(parts: readonly Part[]): { contentType: string; body: ByteSource } {
  const boundary = `infer-${crypto.randomUUID()}`;
  const pieces = parts.flatMap((part) => {
    const head = `--${boundary}\r\n${disposition(part)}\r\n\r\n`;
    const content = "source" in part ? part.source : memorySource(part.value);
    return [memorySource(head), content, memorySource("\r\n")];
  });
  const body = joined([...pieces, memorySource(`--${boundary}--\r\n`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}

function disposition(part: Part): string {
  const field = `Content-Disposition: form-data; name="${escaped(part.name)}"`;
  if (!("source" in part)) return field;
  return `${field}; filename="${escaped(part.filename)}"\r\nContent-Type: ${part.mimeType}`;
}

/** As browsers write names in a form (WHATWG HTML, "multipart form data"). */
function escaped(name: string): string {
  return name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}
