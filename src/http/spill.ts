import { InferError } from "../core/error.ts";

/** Takes the bytes of one long value as they arrive. */
export interface Spill<Kept> {
  /** The bytes are the caller's again when it is done: they are overwritten by the next ones. */
  write(bytes: Uint8Array): Promise<void>;
  /** All of it has arrived. */
  end(): Promise<Kept>;
}

/** An answer whose long base64 values are elsewhere: in their place stands a number, the index into `spilled`. */
export interface Spilled<Kept> {
  /** The document without them. */
  text: string;
  spilled: readonly Kept[];
  /** It ended in the middle of a string. */
  cut: boolean;
}

/** Text up to here stays in the document: no message, prompt or small picture is worth a file. */
const SHORTEST_SPILL = 64 * 1024;
/** Bytes of one file: a disk must not be filled by an answer without end. */
const LONGEST_SPILL = 2 * 1024 ** 3;
/** What may be left of a document without its pictures. */
const LONGEST_REST = 64 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The name that a value has in place of its bytes. */
export const SPILLED = "$spilled:";

/**
 * Reads one JSON document and lets the long base64 strings in it pass through into spills, so that memory does not grow
 * with the pictures in an answer. The document has `$spilled:0` where the first of them was, with the text behind it when
 * a `data:` URL and a text are one string. `most`: bytes of one file.
 */
export async function readSpilling<Kept>(
  body: AsyncIterable<Uint8Array>,
  open: () => Promise<Spill<Kept>>,
  most = LONGEST_SPILL,
): Promise<Spilled<Kept>> {
  const reader = new SpillReader(open, most);
  for await (const chunk of body) await reader.push(chunk);
  return reader.finish();
}

class SpillReader<Kept> {
  readonly #spilled: Kept[] = [];
  /** The document so far, without what is spilled, and room for more. */
  #rest = new Uint8Array(4 * SHORTEST_SPILL);
  #size = 0;
  #inString = false;
  #escaped = false;
  /** Where the string that is being read begins. */
  #stringAt = 0;
  /** It has been looked at, and is no file. */
  #plain = false;
  #spill: { sink: Spill<Kept>; decoder: Base64Decoder; size: number; isUrl: boolean } | undefined;

  constructor(
    readonly open: () => Promise<Spill<Kept>>,
    readonly most: number,
  ) {}

  async push(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (!this.#inString) {
        const quote = chunk.indexOf(QUOTE, at);
        const end = quote === -1 ? chunk.length : quote + 1;
        this.#keep(chunk.subarray(at, end));
        this.#inString = quote !== -1;
        this.#stringAt = this.#size;
        at = end;
      } else {
        const end = this.#stringEnd(chunk, at);
        await this.#content(chunk.subarray(at, end === -1 ? chunk.length : end));
        if (end === -1) return;
        await this.#close();
        at = end + 1;
      }
    }
  }

  finish(): Spilled<Kept> {
    const text = new TextDecoder().decode(this.#rest.subarray(0, this.#size));
    return { text, spilled: this.#spilled, cut: this.#inString };
  }

  /** Where the string ends in this chunk, or -1. A quote after a backslash does not end it. */
  #stringEnd(chunk: Uint8Array, from: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at++;
    }
    let quote = chunk.indexOf(QUOTE, at);
    for (;;) {
      // Only when an escape has covered it: to look for it behind every escape takes the square of the time.
      if (quote !== -1 && quote < at) quote = chunk.indexOf(QUOTE, at);
      const backslash = chunk.subarray(at, quote === -1 ? chunk.length : quote).indexOf(BACKSLASH);
      if (backslash === -1) return quote;
      at += backslash + 2;
      if (at > chunk.length) {
        this.#escaped = true;
        return -1;
      }
    }
  }

  async #content(bytes: Uint8Array): Promise<void> {
    if (this.#spill) {
      const { decoded, rest } = this.#spill.decoder.push(bytes);
      if (rest && !this.#spill.isUrl) throw notBase64();
      await this.#write(decoded);
      if (rest) await this.#continueAsText(rest);
      return;
    }
    this.#keep(bytes);
    if (!this.#plain && this.#size - this.#stringAt >= SHORTEST_SPILL) await this.#decide();
  }

  /** A long string is either a file or a very long text. */
  async #decide(): Promise<void> {
    const held = this.#rest.subarray(this.#stringAt, this.#size);
    const decoder = new Base64Decoder();
    const prefix = prefixLength(held);
    const { decoded, rest } = decoder.push(held.subarray(prefix));
    const isUrl = prefix > 0;
    this.#plain = rest !== undefined && !(isUrl && held.length - rest.length >= SHORTEST_SPILL);
    if (this.#plain) return;
    this.#size = this.#stringAt;
    this.#spill = { sink: await this.open(), decoder, size: 0, isUrl };
    await this.#write(decoded);
    if (rest) await this.#continueAsText(rest);
  }

  async #write(decoded: Uint8Array): Promise<void> {
    if (!this.#spill) return;
    this.#spill.size += decoded.length;
    if (this.#spill.size > this.most) {
      throw new InferError("provider_error", `A picture in the answer is larger than ${this.most / 1024 ** 3} GiB.`);
    }
    await this.#spill.sink.write(decoded);
  }

  /** Behind a `data:` URL, in the same string: the picture is whole, and the rest is no part of it. */
  async #continueAsText(rest: Uint8Array): Promise<void> {
    await this.#seal(true);
    this.#plain = true;
    // `$spilled:0` and `1st` are not `$spilled:01st`.
    if (/^\d/.test(String.fromCharCode(rest[0] ?? 0))) this.#keep(new TextEncoder().encode(" "));
    this.#keep(rest);
  }

  /** `isEarly`: text goes on behind it, and its first letter may have been taken for base64. */
  async #seal(isEarly = false): Promise<void> {
    if (!this.#spill) return;
    const { sink, decoder } = this.#spill;
    const last = decoder.finish();
    if (!last && !isEarly) throw notBase64();
    if (last) await this.#write(last);
    this.#keep(new TextEncoder().encode(`${SPILLED}${this.#spilled.length}`));
    this.#spilled.push(await sink.end());
    this.#spill = undefined;
  }

  async #close(): Promise<void> {
    await this.#seal();
    this.#inString = false;
    this.#plain = false;
    this.#keep(Uint8Array.of(QUOTE));
  }

  #keep(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > LONGEST_REST) {
      throw new InferError("provider_error", `The answer is larger than ${LONGEST_REST / 1024 / 1024} MiB.`);
    }
    if (size > this.#rest.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#rest.length));
      larger.set(this.#rest.subarray(0, this.#size));
      this.#rest = larger;
    }
    this.#rest.set(bytes, this.#size);
    this.#size = size;
  }
}

/** How long the `data:image/png;base64,` before a picture is; its slash may be escaped. */
function prefixLength(held: Uint8Array): number {
  const start = Buffer.from(held.buffer, held.byteOffset, Math.min(held.length, LONGEST_PREFIX)).toString("latin1");
  return /^data:[^,]*;base64,/i.exec(start)?.[0].length ?? 0;
}

const LONGEST_PREFIX = 256;

function notBase64(): InferError {
  return new InferError("provider_error", "The answer cannot be understood: a picture in it is not base64.");
}

const IGNORED = 64;
const PADDING = 65;
const INVALID = 66;

/** What a byte of base64 means: six bits, or one of the words above. Both alphabets, as vendors use both. */
const MEANINGS = new Uint8Array(256)
  .fill(INVALID)
  .map((invalid, code) => {
    const known = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".indexOf(String.fromCharCode(code));
    return known === -1 ? invalid : known;
  })
  .with(0x2d, 62)
  .with(0x5f, 63)
  .with(0x3d, PADDING)
  .with(0x0a, IGNORED)
  .with(0x0d, IGNORED)
  .with(0x09, IGNORED);

function meaningOf(bytes: Uint8Array, at: number): number {
  return MEANINGS[bytes[at] ?? 0] ?? INVALID;
}

/**
 * Base64 as JSON has it: with line ends, and with any character of it escaped, in any pieces. It works on bytes and into
 * the same buffer every time: strings in between would leave more garbage than the pictures are large.
 */
class Base64Decoder {
  #out = new Uint8Array();
  /** Up to three characters that make no whole byte yet. */
  #bits = 0;
  #count = 0;
  #padded = false;
  /** What has come of an escape, without its backslash. */
  #escape: string | undefined;
  /** The last escape that was read to its end, without its backslash. */
  #last = "";

  /** `rest`: what is not base64, and everything behind it; of an escape that began in an earlier piece, all of it. */
  push(bytes: Uint8Array): { decoded: Uint8Array; rest?: Uint8Array } {
    if (this.#out.length < bytes.length) this.#out = new Uint8Array(bytes.length);
    const out = this.#out;
    let bits = this.#bits;
    let count = this.#count;
    let size = 0;
    let at = 0;
    let rest: Uint8Array | undefined;
    while (at < bytes.length) {
      // Four at once, as long as nothing else is among them: nearly always.
      if (count === 0 && !this.#padded && this.#escape === undefined) {
        for (; at + 4 <= bytes.length; at += 4) {
          const a = meaningOf(bytes, at);
          const b = meaningOf(bytes, at + 1);
          const c = meaningOf(bytes, at + 2);
          const d = meaningOf(bytes, at + 3);
          if ((a | b | c | d) >= IGNORED) break;
          out[size++] = (a << 2) | (b >> 4);
          out[size++] = (b << 4) | (c >> 2);
          out[size++] = (c << 6) | d;
        }
        if (at === bytes.length) break;
      }
      const code = bytes[at++] ?? 0;
      const isPlain = this.#escape === undefined && code !== BACKSLASH;
      const meaning = isPlain ? (MEANINGS[code] ?? INVALID) : this.#unescaped(code);
      if (meaning === INVALID || (meaning < IGNORED && this.#padded)) {
        const first = isPlain ? bytes.subarray(at - 1, at) : Buffer.from(`\\${this.#last}`, "latin1");
        rest = Buffer.concat([first, bytes.subarray(at)]);
        break;
      }
      if (meaning === PADDING) this.#padded = true;
      else if (meaning < IGNORED) {
        bits = (bits << 6) | meaning;
        if (++count === 4) {
          out[size++] = bits >> 16;
          out[size++] = bits >> 8;
          out[size++] = bits;
          bits = 0;
          count = 0;
        }
      }
    }
    this.#bits = bits;
    this.#count = count;
    return { decoded: out.subarray(0, size), ...(rest && { rest }) };
  }

  /** The bytes that the last characters make; `null` when they make none. */
  finish(): Uint8Array | null {
    if (this.#count === 1 || this.#escape !== undefined) return null;
    if (this.#count === 2) return Uint8Array.of(this.#bits >> 4);
    return this.#count === 3 ? Uint8Array.of(this.#bits >> 10, this.#bits >> 2) : new Uint8Array();
  }

  /** What an escaped character means, as soon as all of the escape is there. .NET writes `+` as `\u002B`, PHP `/` as `\/`. */
  #unescaped(code: number): number {
    if (this.#escape === undefined) {
      this.#escape = "";
      return IGNORED;
    }
    this.#escape += String.fromCharCode(code);
    if (this.#escape.startsWith("u") && this.#escape.length < 5) return IGNORED;
    const escaped = this.#escape;
    this.#last = escaped;
    this.#escape = undefined;
    if (/^[nrt]$/.test(escaped)) return IGNORED;
    if (escaped === "/") return 63;
    return /^u00[0-7][\da-f]$/i.test(escaped) ? (MEANINGS[Number.parseInt(escaped.slice(1), 16)] ?? INVALID) : INVALID;
  }
}
