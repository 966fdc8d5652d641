import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { ADTS } from "../../../../src/media/audio/adts.ts";
import { beginsWithFrames } from "../../../../src/media/audio/frames.ts";
import { MP3 } from "../../../../src/media/audio/mp3.ts";
import { RECORDINGS, samples } from "../../../support/audio.ts";
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

/** Bytes of each frame of an MP3 that is nothing but frames of MPEG 2 layer 3. */
function mp3Frames(bytes: Buffer): Buffer[] {
  const rates = [22_050, 24_000, 16_000];
  const bitrates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes.readUInt16BE(at) & 0xfff6).toBe(0xfff2);
    const third = bytes.readUInt8(at + 2);
    const size =
      Math.floor((72_000 * (bitrates[third >> 4] ?? 0)) / (rates[(third >> 2) & 3] ?? 1)) + ((third >> 1) & 1);
    frames.push(bytes.subarray(at, at + size));
    at += size;
  }
  return frames;
}

/** Two frames that look as if they were sound: 104 bytes each. */
const BAIT = Buffer.concat(Array(2).fill(Buffer.concat([Buffer.from("fff340c4", "hex"), Buffer.alloc(100)])));

/** An ID3v2 tag with this much in it: a program may put anything there. */
function id3(size: number, footer = false): Buffer {
  const tag = Buffer.alloc(10 + size + (footer ? 10 : 0), BAIT);
  tag.write("ID3\x04\0", 0, "latin1");
  tag[5] = footer ? 0x10 : 0;
  tag.set([0, 0, size >> 7, size & 0x7f], 6);
  if (footer) tag.write("3DI", 10 + size, "latin1");
  return tag;
}

/** An APE tag with a header and a footer. */
function ape(): Buffer {
  const part = (flags: number): Buffer => {
    const bytes = Buffer.alloc(32);
    bytes.write("APETAGEX", 0, "latin1");
    bytes.writeUInt32LE(BAIT.length + 32, 12);
    bytes.writeUInt32LE(flags, 20);
    return bytes;
  };
  return Buffer.concat([part(0xa000_0000), BAIT, part(0x8000_0000)]);
}

/** 128 bytes, of which the last ones look like a frame that ends with the file. */
const ID3V1 = Buffer.concat([Buffer.from("TAG"), Buffer.alloc(21, 0x41), BAIT.subarray(0, 104)]);

describe("MP3 files in a row", () => {
  test("the frames of both with sound, and one that counts them", async () => {
    const bytes = await joined("mp3", tone("300ms.mp3"), tone("250ms.mp3"));
    const [info, ...frames] = mp3Frames(bytes);
    const expected = ["300ms.mp3", "250ms.mp3"].flatMap((name) => mp3Frames(toneBytes(name)));
    expect(frames).toEqual(expected);
    expect(frames.length).toBe(26);
    expect(info?.toString("latin1", 13, 17)).toBe("Info");
    expect(info?.readUInt32BE(17)).toBe(3);
    expect(info?.readUInt32BE(21)).toBe(26);
    expect(info?.readUInt32BE(25)).toBe(bytes.length);
  });

  test("of a variable rate it says so", async () => {
    const bytes = await joined("mp3", tone("vbr-24khz.mp3"), tone("tagged-24khz.mp3"));
    const [info, ...frames] = mp3Frames(bytes);
    expect(info?.toString("latin1", 13, 17)).toBe("Xing");
    expect(info?.readUInt32BE(21)).toBe(frames.length);
    expect(info?.readUInt32BE(25)).toBe(bytes.length);
    expect([bytes.indexOf("Xing", 17), bytes.indexOf("Info")]).toEqual([-1, -1]);
  });

  test("tags are left out, wherever they are, and so is noise", async () => {
    const plain = mp3Frames(toneBytes("300ms.mp3"));
    const [first = Buffer.alloc(0), ...rest] = plain;
    const noise = Buffer.from([0, 0xff, 0xfb, 0x90, 0, 0xff, 0xf3]);
    const tagged = file("a.mp3", ...[id3(300), id3(5, true), first, id3(200), noise, ...rest, ape(), ID3V1]);
    expect(mp3Frames(await joined("mp3", tagged)).slice(1)).toEqual(plain);
    const other = file("b.mp3", ...plain, ID3V1);
    expect(mp3Frames(await joined("mp3", other, tone("250ms.mp3"))).length).toBe(27);
  });

  test("a frame that is cut is left out", async () => {
    const plain = mp3Frames(toneBytes("300ms.mp3"));
    const cut = file("a.mp3", Buffer.concat(plain).subarray(0, -1));
    expect(mp3Frames(await joined("mp3", cut, tone("250ms.mp3"))).length).toBe(1 + 13 + 12);
  });

  test("the old counts are left out, also of Fraunhofer's kind", async () => {
    const [counting = Buffer.alloc(0), ...plain] = mp3Frames(toneBytes("vbr-24khz.mp3"));
    expect(counting.indexOf("Xing")).toBe(13);
    const vbri = Buffer.alloc(counting.length);
    counting.copy(vbri, 0, 0, 4);
    vbri.write("VBRI", 36, "latin1");
    const bytes = await joined("mp3", file("a.mp3", vbri, ...plain, counting, ...plain));
    expect(mp3Frames(bytes).slice(1)).toEqual([...plain, ...plain]);
  });

  test("of a rate whose frames are too small to count in: a larger one", async () => {
    // MPEG 2, 8 kbit/s, 24 kHz: 24 bytes.
    const frame = Buffer.concat([Buffer.from("fff314c4", "hex"), Buffer.alloc(20)]);
    const [info, ...frames] = mp3Frames(await joined("mp3", file("a.mp3", frame, frame, frame)));
    expect(info?.length).toBe(48);
    expect(info?.readUInt32BE(21)).toBe(3);
    expect(frames).toEqual([frame, frame, frame]);
  });

  test("frames with a checksum: the one that counts is found behind it, and the new one has none", async () => {
    const frame = Buffer.concat([Buffer.from("fff240c4", "hex"), Buffer.alloc(100)]);
    const counting = Buffer.from(frame);
    counting.write("Info", 15, "latin1");
    const bytes = await joined("mp3", file("a.mp3", counting, frame, frame));
    expect(bytes.subarray(0, 4).toString("hex")).toBe("fff340c4");
    expect(bytes.subarray(104)).toEqual(Buffer.concat([frame, frame]));
  });

  test("of two rates: a failure that names both", async () => {
    const { type, message } = await rejection(joined("mp3", tone("300ms.mp3"), tone("tagged-24khz.mp3")));
    expect(type).toBe("provider_error");
    expect(message).toContain("22050 Hz");
    expect(message).toContain("24000 Hz");
  });

  test("nothing comes of what has no frame", async () => {
    expect((await joined("mp3", file("a.mp3", id3(100)))).length).toBe(0);
  });
});

describe("AAC files in a row", () => {
  test("their frames, without tags", async () => {
    const bytes = await joined("aac", file("a.aac", id3(50), toneBytes("300ms.aac"), ID3V1), tone("250ms.aac"));
    expect(bytes).toEqual(Buffer.concat([toneBytes("300ms.aac"), toneBytes("250ms.aac")]));
  });

  test("a frame that is cut is left out", async () => {
    const cut = file("a.aac", toneBytes("300ms.aac").subarray(0, -1));
    const bytes = await joined("aac", cut, tone("250ms.aac"));
    expect(bytes.subarray(-961)).toEqual(toneBytes("250ms.aac"));
    expect(bytes.length).toBeLessThan(1105 + 961);
  });

  test.each([
    ["rates", 2, 0x3c, 8 << 2, "16000 Hz"],
    ["channels", 3, 0xc0, 2 << 6, "channel layout 2"],
  ])("of two %s: a failure", async (_, place, mask, bits, words) => {
    const other = toneBytes("250ms.aac");
    for (let at = 0; at < other.length; ) {
      const size =
        ((other.readUInt8(at + 3) & 3) << 11) | (other.readUInt8(at + 4) << 3) | (other.readUInt8(at + 5) >> 5);
      other[at + place] = (other.readUInt8(at + place) & ~mask) | bits;
      at += size;
    }
    const { type, message } = await rejection(joined("aac", tone("300ms.aac"), file("b.aac", other)));
    expect(type).toBe("provider_error");
    expect(message).toContain("24000 Hz, channel layout 1");
    expect(message).toContain(words);
  });
});

describe("whether it begins with frames", () => {
  const frames = (count: number): Uint8Array => Buffer.concat(Array(count).fill(BAIT.subarray(0, 104)));

  test.each([
    ["a tag", RECORDINGS.mp3.bytes, true],
    ["many frames", frames(9), true],
    ["two, and no more", frames(2), true],
    ["one, which any sample may look like", frames(1), false],
    ["one, and then something else", Buffer.concat([frames(1), samples(500, 7)]), false],
    ["two of different kinds", Buffer.concat([frames(1), Buffer.from("fffb90c4", "hex"), samples(500)]), false],
    ["samples of -1", samples(500, -1), false],
    ["silence", samples(500), false],
    ["nothing", new Uint8Array(), false],
  ])("MP3: %s", (_, bytes, expected) => {
    expect(beginsWithFrames(bytes, MP3)).toBe(expected);
  });

  test("AAC", () => {
    expect(beginsWithFrames(RECORDINGS.aac.bytes, ADTS)).toBe(true);
    expect(beginsWithFrames(frames(9), ADTS)).toBe(false);
  });
});
