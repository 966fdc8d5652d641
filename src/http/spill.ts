import { InferError } from "../core/error.ts";

/** Takes the bytes of one long value as they arrive. */
export interface Spill<Kept> {
  /** The bytes are the caller's again when it is done: they are overwritten by the next ones. */
  write(bytes: Uint8Array): Promise<void>;
  /** All of it has arrived. */
  end(): Promise<Kept>;
}

/** An answer whose long encoded values are elsewhere: in their place stands a number, the index into `spilled`. */
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
/** What may be left of a document without its files. */
const LONGEST_REST = 64 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;

/** The name that a value has in place of its bytes. */
export const SPILLED = "$spilled:";

interface SpillOptions {
  /** Bytes of one file. */
  most?: number;
  /** How files are written in this document. Default: base64. */
  decoding?: "base64" | "hex";
}

/**
 * Reads one JSON document and lets the long base64 or hex strings in it pass through into spills, so that memory does not
 * grow with the pictures and the sound in an answer. The document has `$spilled:0` where the first of them was, with the
 * text behind it when a `data:` URL and a text are one string.
 */
export async function readSpilling<Kept>(
  body: AsyncIterable<Uint8Array>,
  open: () => Promise<Spill<Kept>>,
  { most = LONGEST_SPILL, decoding = "base64" }: SpillOptions = {},
): Promise<Spilled<Kept>> {
  const reader = new SpillReader(open, most, CODES[decoding]);
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
  #spill: { sink: Spill<Kept>; decoder: Decoder; size: number; isUrl: boolean } | undefined;

  constructor(
    readonly open: () => Promise<Spill<Kept>>,
    readonly most: number,
    readonly code: Code,
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
      if (rest && !this.#spill.isUrl) throw notEncoded(this.code);
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
    const decoder = new Decoder(this.code);
    const prefix = this.code === BASE64 ? prefixLength(held) : 0;
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
      throw new InferError("provider_error", `A file in the answer is larger than ${this.most / 1024 ** 3} GiB.`);
    }
    await this.#spill.sink.write(decoded);
  }

  /** Behind a `data:` URL, in the same string: the file is whole, and the rest is no part of it. */
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
    if (!last && !isEarly) throw notEncoded(this.code);
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

/** How long the `data:image/png;base64,` before a file is; its slash may be escaped. */
function prefixLength(held: Uint8Array): number {
  const start = Buffer.from(held.buffer, held.byteOffset, Math.min(held.length, LONGEST_PREFIX)).toString("latin1");
  return /^data:[^,]*;base64,/i.exec(start)?.[0].length ?? 0;
}

const LONGEST_PREFIX = 256;

function notEncoded({ name }: Code): InferError {
  return new InferError("provider_error", `The answer cannot be understood: a file in it is not ${name}.`);
}

const IGNORED = 64;
const PADDING = 65;
const INVALID = 66;

/** How bytes are written in letters: `letters` of them, with `bits` each, make whole bytes. */
interface Code {
  name: string;
  bits: 4 | 6;
  letters: 2 | 4;
  /** What a byte of the text means: its bits, or one of the words above. */
  meanings: Uint8Array;
}

/** Line ends mean nothing, in either code. */
const NOTHING_KNOWN = new Uint8Array(256).fill(INVALID).with(0x0a, IGNORED).with(0x0d, IGNORED).with(0x09, IGNORED);

/** Both alphabets, as vendors use both. */
const BASE64: Code = {
  name: "base64",
  bits: 6,
  letters: 4,
  meanings: known("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    .with(0x2d, 62)
    .with(0x5f, 63)
    .with(0x3d, PADDING),
};

const HEX: Code = {
  name: "hex",
  bits: 4,
  letters: 2,
  meanings: known("0123456789abcdef").map((meaning, code) =>
    code >= 0x41 && code <= 0x46 ? code - 0x41 + 10 : meaning,
  ),
};

const CODES = { base64: BASE64, hex: HEX } as const;

function known(alphabet: string): Uint8Array<ArrayBuffer> {
  return NOTHING_KNOWN.map((unknown, code) => {
    const meaning = alphabet.indexOf(String.fromCharCode(code));
    return meaning === -1 ? unknown : meaning;
  });
}

/**
 * Base64 or hex as JSON has it: with line ends, and with any letter of it escaped, in any pieces. It works on bytes and
 * into the same buffer every time: strings in between would leave more garbage than the files are large.
 */
class Decoder {
  #out = new Uint8Array();
  /** Letters that make no whole byte yet. */
  #bits = 0;
  #count = 0;
  #padded = false;
  /** What has come of an escape, without its backslash. */
  #escape: string | undefined;
  /** The last escape that was read to its end, without its backslash. */
  #last = "";

  constructor(readonly code: Code) {}

  /** `rest`: what is not in this code, and everything behind it; of an escape that began in an earlier piece, all of it. */
  push(bytes: Uint8Array): { decoded: Uint8Array; rest?: Uint8Array } {
    if (this.#out.length < bytes.length) this.#out = new Uint8Array(bytes.length);
    const { bits: width, letters, meanings } = this.code;
    const out = this.#out;
    let bits = this.#bits;
    let count = this.#count;
    let size = 0;
    let at = 0;
    let rest: Uint8Array | undefined;
    while (at < bytes.length) {
      // Whole groups at once, as long as nothing else is among them: nearly always.
      if (count === 0 && !this.#padded && this.#escape === undefined) {
        const read = letters === 4 ? fours(bytes, at, out, size, meanings) : twos(bytes, at, out, size, meanings);
        size += ((read - at) * width) / 8;
        at = read;
        if (at === bytes.length) break;
      }
      const code = bytes[at++] ?? 0;
      const isPlain = this.#escape === undefined && code !== BACKSLASH;
      const meaning = isPlain ? (meanings[code] ?? INVALID) : this.#unescaped(code);
      if (meaning === INVALID || (meaning < IGNORED && this.#padded)) {
        const first = isPlain ? bytes.subarray(at - 1, at) : Buffer.from(`\\${this.#last}`, "latin1");
        rest = Buffer.concat([first, bytes.subarray(at)]);
        break;
      }
      if (meaning === PADDING) this.#padded = true;
      else if (meaning < IGNORED) {
        bits = (bits << width) | meaning;
        if (++count === letters) {
          for (let shift = count * width - 8; shift >= 0; shift -= 8) out[size++] = bits >> shift;
          bits = 0;
          count = 0;
        }
      }
    }
    this.#bits = bits;
    this.#count = count;
    return { decoded: out.subarray(0, size), ...(rest && { rest }) };
  }

  /** The bytes that the last letters make; `null` when they make none. */
  finish(): Uint8Array | null {
    if (this.#escape !== undefined) return null;
    if (this.#count === 0) return new Uint8Array();
    // Of base64: two letters and three are whole bytes, with padding behind them or without.
    if (this.#count === 1) return null;
    return this.#count === 2 ? Uint8Array.of(this.#bits >> 4) : Uint8Array.of(this.#bits >> 10, this.#bits >> 2);
  }

  /** What an escaped letter means, as soon as all of the escape is there. .NET writes `+` as `\u002B`, PHP `/` as `\/`. */
  #unescaped(code: number): number {
    if (this.#escape === undefined) {
      this.#escape = "";
      return IGNORED;
    }
    this.#escape += String.fromCharCode(code);
    if (this.#escape.startsWith("u") && this.#escape.length < 5) return IGNORED;
    const escaped = this.#escape;
    const { meanings } = this.code;
    this.#last = escaped;
    this.#escape = undefined;
    if (/^[nrt]$/.test(escaped)) return IGNORED;
    if (escaped === "/") return meanings[SLASH] ?? INVALID;
    return /^u00[0-7][\da-f]$/i.test(escaped) ? (meanings[Number.parseInt(escaped.slice(1), 16)] ?? INVALID) : INVALID;
  }
}

/** Decodes letters of base64 by four, and says where it stopped: before the first group that has another byte in it. */
function fours(bytes: Uint8Array, from: number, out: Uint8Array, to: number, meanings: Uint8Array): number {
  let at = from;
  let size = to;
  for (; at + 4 <= bytes.length; at += 4) {
    const a = meanings[bytes[at] ?? 0] ?? INVALID;
    const b = meanings[bytes[at + 1] ?? 0] ?? INVALID;
    const c = meanings[bytes[at + 2] ?? 0] ?? INVALID;
    const d = meanings[bytes[at + 3] ?? 0] ?? INVALID;
    if ((a | b | c | d) >= IGNORED) break;
    out[size++] = (a << 2) | (b >> 4);
    out[size++] = (b << 4) | (c >> 2);
    out[size++] = (c << 6) | d;
  }
  return at;
}

/** The same for hex, by two. */
function twos(bytes: Uint8Array, from: number, out: Uint8Array, to: number, meanings: Uint8Array): number {
  let at = from;
  let size = to;
  for (; at + 2 <= bytes.length; at += 2) {
    const a = meanings[bytes[at] ?? 0] ?? INVALID;
    const b = meanings[bytes[at + 1] ?? 0] ?? INVALID;
    if ((a | b) >= IGNORED) break;
    out[size++] = (a << 4) | b;
  }
  return at;
}
