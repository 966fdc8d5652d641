import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { soundIn } from "../../../../src/media/audio/sound.ts";
import { rejection } from "../../../support/failure.ts";
import { TemporaryFolder } from "../../../support/folder.ts";
import { joined, tone, toneBytes } from "./joined.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function file(name: string, ...parts: Uint8Array[]): string {
  writeFileSync(folder.file(name), Buffer.concat(parts));
  return folder.file(name);
}

/** The checksum of a page, bit by bit, as RFC 3533 describes it: x^32 + x^26 + … + 1, from the highest bit on. */
function checksum(page: Buffer): number {
  const bytes = Buffer.from(page);
  bytes.fill(0, 22, 26);
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 24n;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000_0000n ? ((crc << 1n) ^ 0x1_04c1_1db7n) & 0xffff_ffffn : crc << 1n;
  }
  return Number(crc);
}

interface Page {
  flags: number;
  granule: bigint;
  serial: number;
  lacing: number[];
  payload: Buffer;
}

const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

function write({ flags, granule, serial, lacing, payload }: Page, sequence: number): Buffer {
  const head = Buffer.alloc(27);
  head.write("OggS", 0, "latin1");
  head[5] = flags;
  head.writeBigInt64LE(granule, 6);
  head.writeUInt32LE(serial, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = lacing.length;
  const page = Buffer.concat([head, Buffer.from(lacing), payload]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** The pages of one stream; checks what is the same in every valid one. */
function pages(bytes: Buffer): Page[] {
  const found: Page[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes.toString("latin1", at, at + 4)).toBe("OggS");
    expect(bytes.readUInt32LE(at + 18)).toBe(found.length);
    const lacing = [...bytes.subarray(at + 27, at + 27 + bytes.readUInt8(at + 26))];
    const body = at + 27 + lacing.length;
    const end = body + lacing.reduce((sum, size) => sum + size, 0);
    expect(bytes.readUInt32LE(at + 22)).toBe(checksum(bytes.subarray(at, end)));
    found.push({
      flags: bytes.readUInt8(at + 5),
      granule: bytes.readBigInt64LE(at + 6),
      serial: bytes.readUInt32LE(at + 14),
      lacing,
      payload: bytes.subarray(body, end),
    });
    at = end;
  }
  return found;
}

/** An Opus file of our own, so that its pages can be anything. `preSkip` is 312. */
function ogg(serial: number, sound: Omit<Page, "serial">[], gain = 0): Buffer {
  const head = Buffer.from("OpusHead\x01\x01\x38\x01\xc0\x5d\0\0\0\0\0", "latin1");
  head.writeInt16LE(gain, 16);
  const tags = Buffer.from("OpusTags\x04\0\0\0test\0\0\0\0", "latin1");
  const all = [
    { flags: FIRST, granule: 0n, lacing: [head.length], payload: head },
    { flags: 0, granule: 0n, lacing: [tags.length], payload: tags },
    ...sound,
  ];
  return Buffer.concat(all.map((page, at) => write({ ...page, serial }, at)));
}

/** A packet of this many bytes that plays 20 ms: 960 samples. */
function packet(size: number, fill: number): Buffer {
  return Buffer.concat([Buffer.from([0x78]), Buffer.alloc(size - 1, fill)]);
}

describe("Opus files in a row", () => {
  test("are one stream: one head, one serial, pages in order, and the end at the end", async () => {
    const all = pages(await joined("opus", tone("300ms.opus"), tone("250ms.opus"), tone("300ms.opus")));
    const [first, second] = pages(toneBytes("300ms.opus"));
    expect(all.map(({ flags }) => flags)).toEqual([FIRST, 0, 0, 0, LAST]);
    expect(new Set(all.map(({ serial }) => serial))).toEqual(new Set([0x151c72f4]));
    expect(all[0]?.payload).toEqual(first?.payload as Buffer);
    expect(all[1]?.payload).toEqual(second?.payload as Buffer);
    // Packets of 960: 16, 13, 16; the last 648 samples of the last are filling.
    expect(all.map(({ granule }) => granule)).toEqual([0n, 0n, 15_360n, 27_840n, 43_200n - 648n]);
    const sound = ["300ms.opus", "250ms.opus", "300ms.opus"].map((name) => pages(toneBytes(name))[2]?.payload);
    expect(all.slice(2).map(({ payload }) => payload)).toEqual(sound as Buffer[]);
  });

  test("one alone stays as it is", async () => {
    expect(await joined("opus", tone("300ms.opus"))).toEqual(toneBytes("300ms.opus"));
  });

  test("packets that go on on the next page stay whole", async () => {
    const [long, short] = [packet(700, 1), packet(10, 2)];
    const spanning = ogg(7, [
      { flags: 0, granule: -1n, lacing: [255, 255], payload: long.subarray(0, 510) },
      {
        flags: CONTINUED,
        granule: 1920n,
        lacing: [190, 10, 255],
        payload: Buffer.concat([long.subarray(510), short, long.subarray(0, 255)]),
      },
      { flags: CONTINUED | LAST, granule: 2800n, lacing: [255, 190], payload: long.subarray(255) },
    ]);
    const all = pages(await joined("opus", file("a", spanning), file("b", spanning)));
    expect(all.slice(2).map(({ flags, granule, lacing }) => [flags, granule, lacing])).toEqual([
      [0, -1n, [255, 255]],
      [CONTINUED, 1920n, [190, 10, 255]],
      [CONTINUED, 2880n, [255, 190]],
      [0, -1n, [255, 255]],
      [CONTINUED, 4800n, [190, 10, 255]],
      [CONTINUED | LAST, 5680n, [255, 190]],
    ]);
  });

  test.each([
    ["10 ms of SILK", [0x00], 480n],
    ["60 ms of SILK", [0x18], 2880n],
    ["10 ms of both", [0x60], 480n],
    ["2.5 ms of CELT", [0x80], 120n],
    ["20 ms of CELT, twice", [0x99], 1920n],
    ["20 ms of CELT, twice, of two sizes", [0x9a], 1920n],
    ["20 ms of CELT, six times", [0x9b, 0x06], 5760n],
  ])("%s are counted as that", async (_, start, samples) => {
    const payload = Buffer.concat([Buffer.from(start), Buffer.alloc(5)]);
    const one = ogg(7, [{ flags: LAST, granule: samples, lacing: [payload.length], payload }]);
    const all = pages(await joined("opus", file("a", one), file("b", one)));
    expect(all.map(({ granule }) => granule)).toEqual([0n, 0n, samples, 2n * samples]);
  });

  test("one without a last page gets its end, and one that begins late begins at 0", async () => {
    const live = ogg(7, [
      { flags: 0, granule: 480_960n, lacing: [10], payload: packet(10, 1) },
      { flags: 0, granule: 481_920n, lacing: [10], payload: packet(10, 2) },
    ]);
    expect((await soundIn(file("a", live), "opus")).whole).toBe(false);
    const all = pages(await joined("opus", file("a", live)));
    expect(all.slice(2).map(({ flags, granule }) => [flags, granule])).toEqual([
      [0, 960n],
      [LAST, 1920n],
    ]);
  });

  test("one that begins late ends where it says", async () => {
    const live = ogg(7, [
      { flags: 0, granule: 480_960n, lacing: [10], payload: packet(10, 1) },
      { flags: LAST, granule: 481_820n, lacing: [10], payload: packet(10, 2) },
    ]);
    const all = pages(await joined("opus", file("a", live)));
    expect(all.slice(2).map(({ granule }) => granule)).toEqual([960n, 1820n]);
    expect(await soundIn(file("a", live), "opus")).toEqual({ seconds: 1508 / 48_000, empty: false, whole: true });
  });

  test("the rest of a packet whose beginning is not there counts nothing", async () => {
    const payload = Buffer.concat([Buffer.alloc(5, 0x78), packet(10, 1)]);
    const late = ogg(7, [{ flags: CONTINUED | LAST, granule: 960n, lacing: [5, 10], payload }]);
    const all = pages(await joined("opus", file("a", late), file("b", late)));
    expect(all.slice(2).map(({ granule }) => granule)).toEqual([960n, 1920n]);
  });

  test("a last page with nothing on it is no page in the middle", async () => {
    const page = { flags: 0, granule: 960n, lacing: [10], payload: packet(10, 1) };
    const empty = ogg(7, [page, { flags: LAST, granule: 960n, lacing: [], payload: Buffer.alloc(0) }]);
    const all = pages(await joined("opus", file("a", empty), file("b", empty)));
    expect(all.slice(2).map(({ flags, granule }) => [flags, granule])).toEqual([
      [0, 960n],
      [LAST, 1920n],
    ]);
  });

  test("streams in a row within one file become one as well", async () => {
    const chained = file("a", toneBytes("300ms.opus"), toneBytes("250ms.opus"));
    expect(await joined("opus", chained)).toEqual(await joined("opus", tone("300ms.opus"), tone("250ms.opus")));
  });

  test("pages of another stream beside it are left out", async () => {
    const [head, tags, ...sound] = pages(toneBytes("300ms.opus"));
    const other: Page = { flags: 0, granule: 5n, serial: 99, lacing: [3], payload: Buffer.from("abc") };
    const mixed = [head, tags, other, ...sound].map((page, at) => write(page as Page, at));
    expect(await joined("opus", file("a", ...mixed))).toEqual(toneBytes("300ms.opus"));
  });

  test.each([
    ["Vorbis", () => toneBytes("vorbis.ogg"), "no Opus"],
    ["an MP3", () => toneBytes("300ms.mp3"), "damaged"],
    ["nothing", () => Buffer.alloc(0), "breaks off"],
    ["one that breaks off", () => toneBytes("300ms.opus").subarray(0, -1), "breaks off"],
    ["one with a wrong byte", () => Buffer.from(toneBytes("300ms.opus")).fill(1, 1000, 1001), "damaged"],
    [
      "one that ends within a packet",
      () => ogg(7, [{ flags: LAST, granule: -1n, lacing: [255], payload: packet(255, 1) }]),
      "breaks off",
    ],
  ])("%s: a provider_error", async (_, bytes, words) => {
    const { type, message } = await rejection(joined("opus", tone("300ms.opus"), file("a", bytes())));
    expect(type).toBe("provider_error");
    expect(message).toContain(words);
  });

  test("of two gains: a provider_error", async () => {
    const sound = [{ flags: LAST, granule: 960n, lacing: [10], payload: packet(10, 1) }];
    const parts = joined("opus", file("a", ogg(7, sound)), file("b", ogg(7, sound, 256)));
    expect((await rejection(parts)).type).toBe("provider_error");
  });

  test("of one channel and of two: a provider_error", async () => {
    const { type, message } = await rejection(joined("opus", tone("300ms.opus"), tone("stereo.opus")));
    expect(type).toBe("provider_error");
    expect(message).toContain("do not fit together");
  });
});
