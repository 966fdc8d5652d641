import { InferError } from "../../core/error.ts";
import { FileReader } from "./file-reader.ts";
import { nextPage, type OggPage, writePage } from "./ogg.ts";

/** Opus counts at this rate, whatever the rate of what was encoded. RFC 7845, section 4. */
export const OPUS_RATE = 48_000;

/** A page of an Opus stream. */
export interface OpusPage extends OggPage {
  kind: "head" | "tags" | "sound";
  /** How much the packets that end on it play, in samples. */
  samples: number;
  /** On the last page of a stream, how much of that is no sound but filling. */
  excess: number;
}

/**
 * The pages of an Ogg file with Opus in it, RFC 7845; of streams in a row each begins with its own head. Throws
 * `provider_error` where it is damaged or breaks off.
 */
export async function* opusPages(reader: FileReader): AsyncGenerator<OpusPage> {
  let stream: OpusStream | undefined;
  for (;;) {
    const page = await nextPage(reader);
    if (page === "end") break;
    if (page === "broken" || !page.isIntact) throw damaged("is damaged, or breaks off");
    if (page.isFirst && isHead(page.payload)) stream = new OpusStream(page.serial);
    if (!stream) throw damaged("is no Opus");
    if (page.serial === stream.serial) yield stream.take(page);
  }
  if (!stream || stream.isOpen) throw damaged("breaks off within a packet");
}

/** Follows one stream from page to page. */
class OpusStream {
  #kind: OpusPage["kind"] = "head";
  /** Samples of the packet that goes on on the next page. */
  #pending: number | undefined;
  /** What has been played, counted from where the first page of sound says that it begins. */
  #played: number | undefined;

  constructor(readonly serial: number) {}

  /** Whether the last packet has no end yet. */
  get isOpen(): boolean {
    return this.#pending !== undefined;
  }

  take(page: OggPage): OpusPage {
    const kind = this.#kind;
    const samples = this.#samples(page);
    // The head has a page of its own; the tags end with theirs.
    if (kind === "head") this.#kind = "tags";
    else if (kind === "tags" && !this.isOpen) this.#kind = "sound";
    if (kind !== "sound") return { ...page, kind, samples: 0, excess: 0 };
    // What was cut out of a longer one begins later than at 0; at an end a smaller number means filling.
    if (this.#played === undefined && page.granule !== undefined) {
      this.#played = page.isLast ? 0 : Math.max(0, page.granule - samples);
    }
    if (this.#played !== undefined) this.#played += samples;
    const excess = page.isLast && this.#played !== undefined ? this.#played - (page.granule ?? this.#played) : 0;
    return { ...page, kind, samples, excess: excess > 0 && excess <= samples ? excess : 0 };
  }

  #samples({ lacing, payload, isContinued }: OggPage): number {
    let samples = 0;
    let at = 0;
    let packet = isContinued ? this.#pending : undefined;
    // What goes on from a page that is not there is left out, by players as well.
    let isLost = isContinued && packet === undefined;
    for (const size of lacing) {
      if (!isLost) packet ??= packetSamples(payload.subarray(at, at + size));
      at += size;
      if (size === 255) continue;
      samples += packet ?? 0;
      packet = undefined;
      isLost = false;
    }
    this.#pending = lacing.at(-1) === 255 ? (packet ?? 0) : undefined;
    return samples;
  }
}

/** How long a packet plays, by its first two bytes. RFC 6716, section 3.1. */
function packetSamples([first, second = 0]: Uint8Array): number {
  if (first === undefined) return 0;
  const mode = first >> 3;
  const count = first & 3;
  const frames = count === 0 ? 1 : count === 3 ? second & 0x3f : 2;
  return frames * frameSamples(mode);
}

function frameSamples(mode: number): number {
  if (mode < 12) return [480, 960, 1920, 2880][mode & 3] ?? 0;
  if (mode < 16) return [480, 960][mode & 1] ?? 0;
  return [120, 240, 480, 960][mode & 3] ?? 0;
}

/** Samples at the beginning that are not to be heard. Only of a page that is the head. */
export function preSkip({ payload }: OpusPage): number {
  return (payload[10] ?? 0) | ((payload[11] ?? 0) << 8);
}

function isHead(payload: Uint8Array): boolean {
  return payload.length >= 19 && Buffer.from(payload.subarray(0, 8)).toString("latin1") === "OpusHead";
}

/**
 * One stream: the head and the tags of the first, then the sound of all. What a later one skips at its beginning, and
 * has too much at its end, is played here, as nothing in the middle of a stream can be skipped; the numbers count it.
 * Throws `provider_error`.
 */
export async function* joinOpus(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  let head: OpusPage | undefined;
  let isFirst = true;
  let sequence = 0;
  let played = 0;
  // The last page is another than the rest, and the next one tells which it is.
  let held: OpusPage | undefined;
  for (const path of paths) {
    await using reader = await FileReader.open(path);
    for await (const page of opusPages(reader)) {
      if (page.kind === "head" && head) {
        checkHeads(head, page);
        isFirst = false;
      }
      if (page.kind === "head") head ??= kept(page);
      if (page.kind !== "sound") {
        if (isFirst) yield writePage({ ...page, isLast: false }, sequence++);
        continue;
      }
      // Nothing is on a page that is there only to be the last.
      if (page.lacing.length === 0) continue;
      if (held) yield writePage(held, sequence++);
      played += page.samples;
      const granule = endsPacket(page) ? played : undefined;
      held = { ...kept(page), isFirst: false, isLast: false, serial: head?.serial ?? page.serial, granule };
    }
  }
  if (held) yield writePage({ ...held, isLast: true, granule: played - held.excess }, sequence);
}

/** Its bytes are its own. */
function kept(page: OpusPage): OpusPage {
  return { ...page, lacing: page.lacing.slice(), payload: page.payload.slice() };
}

function endsPacket({ lacing }: OggPage): boolean {
  return lacing.some((size) => size < 255);
}

/** Version, channels, gain and their mapping: all but the samples to skip and the rate of what was encoded. */
function checkHeads(one: OpusPage, other: OpusPage): void {
  const terms = ({ payload }: OpusPage): string =>
    Buffer.concat([payload.subarray(8, 10), payload.subarray(16)]).toString("hex");
  if (terms(one) === terms(other)) return;
  throw new InferError("provider_error", "The parts of the speech do not fit together: their Opus heads differ.");
}

function damaged(what: string): InferError {
  return new InferError("provider_error", `A part of the speech ${what}.`);
}
