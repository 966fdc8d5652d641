import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { readWavHeader } from "../../../../src/media/audio/wav.ts";
import { samples, wav } from "../../../support/audio.ts";
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

/** Chunks as they stand in a file: a name, a size, and bytes to an even place. */
function chunk(name: string, data: Uint8Array, size = data.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, "latin1");
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

function riff(size: number, ...chunks: Uint8Array[]): Buffer {
  const head = Buffer.alloc(12);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(size, 4);
  head.write("WAVE", 8, "latin1");
  return Buffer.concat([head, ...chunks]);
}

/** PCM, one channel, 8000 Hz, 16 bit. */
const FMT = Buffer.from("0100010040 1f0000803e000002001000".replaceAll(" ", ""), "hex");
/** The same, written in the extensible form. */
const EXTENSIBLE = Buffer.concat([
  Buffer.from("feff010040 1f0000803e000002001000".replaceAll(" ", ""), "hex"),
  Buffer.from("1600 1000 04000000 0100000000001000800000aa00389b71".replaceAll(" ", ""), "hex"),
]);

test("bare samples of a rate that nobody told stand in a row as they are", async () => {
  const paths = [1, 2].map((value) => ({ path: file(`${value}.pcm`, samples(300, value * 1000)) }));
  const bytes = await joined("pcm", ...paths);
  expect(bytes.equals(Buffer.concat([samples(300, 1000), samples(300, 2000)]))).toBe(true);
});

describe("a header", () => {
  test("is found behind other chunks, odd ones too", () => {
    const header = readWavHeader(
      riff(100, chunk("bext", Buffer.alloc(5)), chunk("fmt ", FMT), chunk("data", samples(4))),
    );
    expect(header).toMatchObject({ encoding: 1, channels: 1, sampleRate: 8000, bitsPerSample: 16, blockSize: 2 });
    expect(header?.dataAt).toBe(12 + 14 + 24 + 8);
    expect(header?.dataSize).toBe(8);
  });

  test("in the extensible form is what it stands for", () => {
    const header = readWavHeader(riff(100, chunk("fmt ", EXTENSIBLE), chunk("data", samples(4))));
    expect(header).toMatchObject({ encoding: 1, channels: 1, sampleRate: 8000, bitsPerSample: 16 });
  });

  test.each([0, 0x7fff_ffff, 0x7fff_ffdb, 0xffff_ffff])("the size %d is that of a writer into a pipe", (size) => {
    expect(readWavHeader(riff(size, chunk("fmt ", FMT), chunk("data", samples(4), size)))?.dataSize).toBeUndefined();
  });

  test("no samples at all, and a chunk behind them", () => {
    const bytes = riff(36 + 16, chunk("fmt ", FMT), chunk("data", samples(0)), chunk("LIST", Buffer.alloc(8)));
    expect(readWavHeader(bytes)?.dataSize).toBe(0);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["another RIFF", Buffer.from("RIFF\x10\0\0\0WEBPVP8 ")],
    ["samples without a form", riff(100, chunk("data", samples(4)))],
    ["a form that is too short", riff(100, chunk("fmt ", Buffer.alloc(8)), chunk("data", samples(4)))],
    ["a header that breaks off", toneBytes("300ms.wav").subarray(0, 30)],
  ])("there is none in %s", (_, bytes) => {
    expect(readWavHeader(bytes)).toBeUndefined();
  });
});

describe("WAV files in a row", () => {
  test("the samples of both, and true sizes", async () => {
    const bytes = await joined("wav", tone("300ms.wav"), tone("250ms-streamed.wav"));
    // 2,400 and 2,000 samples of 16 bits.
    expect(bytes.length).toBe(44 + 8800);
    expect(bytes.readUInt32LE(4)).toBe(36 + 8800);
    expect(bytes.toString("latin1", 36, 40)).toBe("data");
    expect(bytes.readUInt32LE(40)).toBe(8800);
    expect(bytes.readUInt32LE(24)).toBe(8000);
    // Away from the joint nothing is changed; 40 samples of it on both sides are softer.
    expect(bytes.subarray(44, 44 + 4720)).toEqual(toneBytes("300ms.wav").subarray(44, 44 + 4720));
    expect(bytes.subarray(44 + 4880)).toEqual(toneBytes("250ms-streamed.wav").subarray(78 + 80));
  });

  test.each([0, 0x7fff_ffff, 0xffff_ffff])("one alone, written with sizes of %d: they become true", async (size) => {
    const data = samples(100, 7);
    const bytes = await joined("wav", file("a.wav", riff(size, chunk("fmt ", FMT), chunk("data", data, size))));
    expect(bytes.readUInt32LE(4)).toBe(36 + 200);
    expect(bytes.readUInt32LE(40)).toBe(200);
    expect(bytes.subarray(44)).toEqual(Buffer.from(data));
  });

  test("those in one file go on without a fade, and the next file does not", async () => {
    const two = file("two.wav", wav(samples(2400, 1000)), wav(samples(2400, 1000)));
    const bytes = await joined("wav", two, two);
    const heard = Array.from({ length: 9600 }, (_, at) => bytes.readInt16LE(44 + 2 * at));
    expect(new Set(heard.slice(0, 4680))).toEqual(new Set([1000]));
    expect([heard[4799], heard[4800]]).toEqual([0, 0]);
    expect(new Set(heard.slice(4920))).toEqual(new Set([1000]));
  });

  test("a fade of 5 ms towards the joint, and none at the ends", async () => {
    const piece = file("a.wav", wav(samples(2400, 1000)));
    const bytes = await joined("wav", piece, piece, piece);
    const heard = Array.from({ length: 7200 }, (_, at) => bytes.readInt16LE(44 + 2 * at));
    // 120 samples at 24 kHz.
    expect([heard[0], heard[2279], heard[2400 - 60], heard[2399], heard[2400], heard[2460], heard[2520]]).toEqual([
      1000, 1000, 492, 0, 0, 500, 1000,
    ]);
    expect([heard[4799], heard[4800], heard[7199]]).toEqual([0, 0, 1000]);
    const steps = heard.slice(1).map((value, at) => Math.abs(value - (heard[at] ?? 0)));
    expect(Math.max(...steps)).toBeLessThanOrEqual(9);
  });

  test("a piece that is shorter than its fades, or empty, does no harm", async () => {
    const short = file("short.wav", wav(samples(3, 1000)));
    const bytes = await joined("wav", short, file("empty.wav", wav(samples(0))), short);
    expect(bytes.length).toBe(44 + 12);
    expect([0, 1, 2, 3, 4, 5].map((at) => bytes.readInt16LE(44 + 2 * at))).toEqual([1000, 1000, 0, 0, 1000, 1000]);
  });

  test("what stands behind the samples is no sound, and half a sample is none", async () => {
    const tagged = riff(36 + 8 + 20, chunk("fmt ", FMT), chunk("data", samples(4, 9)), chunk("LIST", Buffer.alloc(12)));
    const odd = riff(0, chunk("fmt ", FMT), chunk("data", Buffer.alloc(5, 1), 0).subarray(0, 13));
    const bytes = await joined("wav", file("a.wav", tagged), file("b.wav", odd));
    expect(bytes.readUInt32LE(40)).toBe(12);
    expect(bytes.length).toBe(44 + 12);
  });

  test("samples of another form are joined as they are", async () => {
    const bytes = await joined("wav", tone("float.wav"), tone("float.wav"));
    const one = toneBytes("float.wav");
    const data = one.subarray(one.indexOf("data") + 8);
    expect(data.length).toBe(1600);
    expect(bytes.subarray(-3200)).toEqual(Buffer.concat([data, data]));
    expect(bytes.readUInt16LE(20)).toBe(3);
    expect(bytes.readUInt32LE(bytes.indexOf("data") + 4)).toBe(3200);
  });

  test("an odd number of bytes ends at an even place", async () => {
    const fmt = Buffer.from("0100010040 1f0000401f000001000800".replaceAll(" ", ""), "hex");
    const path = file("a.wav", riff(36 + 4, chunk("fmt ", fmt), chunk("data", Buffer.from([1, 2, 3]))));
    const bytes = await joined("wav", path);
    expect([bytes.length, bytes.readUInt32LE(4), bytes.readUInt32LE(40)]).toEqual([48, 40, 3]);
    expect(bytes.subarray(44)).toEqual(Buffer.from([1, 2, 3, 0]));
  });

  test("bare samples get a header of 44 bytes, and their rate", async () => {
    const bytes = await joined(
      "wav",
      { path: file("a", samples(10, 5)), sampleRate: 16_000 },
      { path: file("b", samples(10, 5), Buffer.from([1])), sampleRate: 16_000 },
    );
    expect(bytes.subarray(0, 44)).toEqual(Buffer.from(wav(samples(20), 16_000).subarray(0, 44)));
    expect(bytes.length).toBe(44 + 40);
  });

  test("bare samples stay bare for pcm", async () => {
    const path = file("a", samples(500, 100), Buffer.from([1]));
    const bytes = await joined("pcm", { path, sampleRate: 16_000 }, path);
    expect(bytes.length).toBe(2000);
    expect([0, 419, 499, 500, 580, 999].map((at) => bytes.readInt16LE(2 * at))).toEqual([100, 100, 0, 0, 100, 100]);
  });

  test("more than a buffer of them", async () => {
    const path = file("a", samples(400_000, 1000));
    const bytes = await joined("wav", { path, sampleRate: 24_000 }, { path, sampleRate: 24_000 });
    const soft = Array.from({ length: 800_000 }, (_, at) => bytes.readInt16LE(44 + 2 * at)).flatMap((value, at) =>
      value === 1000 ? [] : [at],
    );
    expect([soft.length, soft[0], soft.at(-1)]).toEqual([240, 399_880, 400_119]);
  });

  test("of two rates: a failure that names both", async () => {
    const parts = joined("wav", tone("300ms.wav"), file("b.wav", wav(samples(10), 24_000)));
    const { type, message } = await rejection(parts);
    expect(type).toBe("provider_error");
    expect(message).toContain("8000 Hz");
    expect(message).toContain("24000 Hz");
  });

  test("what is no WAV is a failure, and so is what is not there", async () => {
    expect((await rejection(joined("wav", tone("300ms.mp3")))).type).toBe("provider_error");
    expect((await rejection(joined("wav", folder.file("nowhere")))).type).toBe("io");
  });
});
