import { createHash } from "node:crypto";

/** The one build whose addresses are known; another one has other addresses. */
const KNOWN_BUILD = "f975276f4f2a6de78613f197533aac2167d181b77020866d142d594bcc2a0e80";

/**
 * Linear-memory addresses of the voices kal, awb_time and kal16, which lie in one piece (from the DWARF data that the
 * npm module still carries). They are an 8 kHz voice, a talking clock and a diphone voice: not offered, yet 46 % of
 * the data. As zeros they compress to nothing; their registration in flite stays intact.
 */
const UNUSED_VOICES = { start: 172_048, end: 8_012_336 };

const CUSTOM_SECTION = 0;
const DATA_SECTION = 11;

/** Takes debug information and unused voices out of flite's WASI module; what is left speaks the same samples. */
export function slimFlite(module: Uint8Array): Uint8Array {
  const hash = createHash("sha256").update(module).digest("hex");
  if (hash !== KNOWN_BUILD) throw new Error(`flite.wasm is not the known build (sha256 ${hash})`);
  const kept = [module.slice(0, 8)];
  const reader = new Reader(module, 8);
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.byte();
    const size = reader.unsigned();
    const body = reader.offset;
    reader.offset += size;
    if (id === CUSTOM_SECTION) continue;
    const section = module.slice(start, reader.offset);
    if (id === DATA_SECTION) blankVoices(section, body - start);
    kept.push(section);
  }
  return Buffer.concat(kept);
}

/** The first segment holds every constant of the module; it begins with flags, `i32.const <address>`, `end`, length. */
function blankVoices(section: Uint8Array, bodyOffset: number): void {
  const reader = new Reader(section, bodyOffset);
  reader.unsigned(); // number of segments
  reader.unsigned(); // flags
  reader.byte(); // i32.const
  const address = reader.unsigned();
  reader.byte(); // end
  const length = reader.unsigned();
  if (address + length < UNUSED_VOICES.end) throw new Error("flite.wasm has no data where its voices were");
  const origin = reader.offset - address;
  section.fill(0, origin + UNUSED_VOICES.start, origin + UNUSED_VOICES.end);
}

/** Walks a wasm binary. Only small positive `i32.const` values are met here, so LEB128 is read as unsigned. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public offset: number,
  ) {}

  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.offset++];
    if (byte === undefined) throw new Error("flite.wasm ends too early");
    return byte;
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
}
