import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { soundIn } from "../../../../src/media/audio/sound.ts";
import { isWhole } from "../../../../src/media/completeness.ts";
import { RECORDINGS, samples, wav, wavHeader } from "../../../support/audio.ts";
import { rejection } from "../../../support/failure.ts";
import { TemporaryFolder } from "../../../support/folder.ts";
import { tone, toneBytes } from "./joined.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function file(bytes: Uint8Array): string {
  writeFileSync(folder.file("sound"), bytes);
  return folder.file("sound");
}

describe("how long it is", () => {
  test.each([
    ["300ms.wav", "wav", 0.3],
    ["250ms-streamed.wav", "wav", 0.25],
    ["float.wav", "wav", 0.05],
    // 14 frames of 576 samples at 22,050 Hz: what the encoder puts before and behind is heard as well.
    ["300ms.mp3", "mp3", 0.365714],
    ["tagged-24khz.mp3", "mp3", 0.36],
    ["300ms.opus", "opus", 0.3],
    ["250ms.opus", "opus", 0.25],
    ["stereo.opus", "opus", 0.2],
    ["300ms.aac", "aac", 0.384],
  ] as const)("%s", async (name, format, seconds) => {
    expect(await soundIn(tone(name), format)).toEqual({ seconds, empty: false, whole: true });
  });

  test("FLAC says it at its beginning", async () => {
    expect(await soundIn(file(RECORDINGS.flac.bytes), "flac")).toEqual({ seconds: 0.15, empty: false, whole: true });
  });

  test("of bare samples it needs their rate", async () => {
    const path = file(samples(2400));
    expect(await soundIn(path, "pcm", 24_000)).toEqual({ seconds: 0.1, empty: false, whole: true });
    expect(await soundIn(path, "wav", 8000)).toEqual({ seconds: 0.3, empty: false, whole: true });
    expect(await soundIn(path, "pcm")).toEqual({ empty: false, whole: true });
  });
});

describe("whether there is any", () => {
  test("silence is some", async () => {
    expect((await soundIn(file(wav(samples(100))), "wav")).empty).toBe(false);
  });

  test.each([
    ["a WAV without samples", "wav", wav(samples(0))],
    ["a WAV from a pipe without samples", "wav", wavHeader(0xffff_ffff - 36)],
    ["an MP3 that is a tag", "mp3", Buffer.from("ID3\x04\0\0\0\0\0\x02ab", "latin1")],
    ["an MP3 that only counts", "mp3", toneBytes("vbr-24khz.mp3").subarray(0, 192)],
    [
      "an Opus without a packet",
      "opus",
      toneBytes("250ms.opus").subarray(0, toneBytes("250ms.opus").lastIndexOf("OggS")),
    ],
    ["Vorbis as Opus", "opus", toneBytes("vorbis.ogg")],
    ["a FLAC without a frame", "flac", RECORDINGS.flac.bytes.subarray(0, 86)],
    ["bare samples without one", "pcm", Buffer.from([1])],
    ["JSON as MP3", "mp3", Buffer.from('{"error":"no"}')],
    ["JSON as WAV", "wav", Buffer.from('{"error":"no"}')],
    ["JSON as AAC", "aac", Buffer.from('{"error":"no"}')],
    ["JSON as FLAC", "flac", Buffer.from('{"error":"no"}')],
    ["nothing as MP3", "mp3", Buffer.alloc(0)],
  ] as const)("%s: none", async (_, format, bytes) => {
    expect((await soundIn(file(bytes), format)).empty).toBe(true);
  });

  test("a file that is not there is a failure of its own", async () => {
    expect((await rejection(soundIn(folder.file("nowhere"), "mp3"))).type).toBe("io");
  });
});

describe("whether it ends as it must", () => {
  test.each([
    ["vbr-24khz.mp3", "mp3"],
    ["300ms.aac", "aac"],
    ["300ms.opus", "opus"],
    ["300ms.wav", "wav"],
  ] as const)("%s: at its last byte, and at none before", async (name, format) => {
    const bytes = toneBytes(name);
    for (const missing of [1, 2, 3, 50, 100, 104, 105, 209, 300, 500]) {
      const { whole } = await soundIn(file(bytes.subarray(0, -missing)), format);
      expect({ missing, whole }).toEqual({ missing, whole: false });
    }
    expect((await soundIn(file(bytes), format)).whole).toBe(true);
  });

  test("an MP3 that lacks the last two of the frames that it counts", async () => {
    // 192 bytes of counting, and 13 frames.
    const bytes = toneBytes("vbr-24khz.mp3");
    expect(bytes.subarray(-456, -453).toString("hex")).toBe("fff3d4");
    expect((await soundIn(file(bytes.subarray(0, -456)), "mp3")).whole).toBe(false);
  });

  test.each([1, 2, 3])("an MP3 with %d bytes of another frame", async (more) => {
    const bytes = Buffer.concat([toneBytes("300ms.mp3"), toneBytes("300ms.mp3").subarray(0, more)]);
    expect((await soundIn(file(bytes), "mp3")).whole).toBe(false);
  });

  test("a tag behind it does no harm", async () => {
    const tagged = Buffer.concat([toneBytes("300ms.mp3"), Buffer.from("TAG"), Buffer.alloc(125)]);
    expect((await soundIn(file(tagged), "mp3")).whole).toBe(true);
  });

  test("an Opus without its last page is not whole, and what there is of it is sound", async () => {
    const bytes = toneBytes("300ms.opus");
    const last = bytes.lastIndexOf("OggS");
    expect(await soundIn(file(bytes.subarray(0, last)), "opus")).toEqual({ empty: true, whole: false });
  });

  const tag = (name: string, size: number, content = size) =>
    Buffer.concat([Buffer.from(name), Buffer.from(new Uint32Array([size]).buffer), Buffer.alloc(content)]);

  test("a WAV with what else is told about it behind it", async () => {
    const one = wav(samples(2400));
    const odd = Buffer.concat([one, tag("LIST", 5, 6), tag("id3 ", 20)]);
    expect(await soundIn(file(odd), "wav")).toEqual({ seconds: 0.1, empty: false, whole: true });
  });

  test("WAV after WAV is all of them", async () => {
    const two = Buffer.concat([wav(samples(2400)), tag("LIST", 4), wav(samples(1200)), wav(samples(1200))]);
    expect(await soundIn(file(two), "wav")).toEqual({ seconds: 0.2, empty: false, whole: true });
    expect(await soundIn(file(two.subarray(0, -100)), "wav")).toMatchObject({ whole: false });
    const cut = Buffer.concat([wav(samples(2400)), wav(samples(1200)).subarray(0, 30)]);
    expect(await soundIn(file(cut), "wav")).toMatchObject({ whole: false });
  });

  test("a WAV with sound behind the samples that it counts is none that can be trusted", async () => {
    const more = Buffer.concat([wav(samples(2400)), samples(2400, -3)]);
    expect(await soundIn(file(more), "wav")).toMatchObject({ whole: false });
  });

  test("a FLAC: at its last byte, and at none before", async () => {
    const { bytes } = RECORDINGS.flac;
    for (let missing = 1; missing < bytes.length - 86; missing += 7) {
      const { whole } = await soundIn(file(bytes.subarray(0, -missing)), "flac");
      expect({ missing, whole }).toEqual({ missing, whole: false });
    }
    const changed = Buffer.from(bytes);
    changed[changed.length - 20] = (changed[changed.length - 20] ?? 0) ^ 1;
    expect((await soundIn(file(changed), "flac")).whole).toBe(false);
  });

  test("a FLAC whose writer did not know how long it would be: its last frame tells", async () => {
    const bytes = Buffer.from(RECORDINGS.flac.bytes);
    bytes.fill(0, 22, 26);
    bytes[21] = (bytes[21] ?? 0) & 0xf0;
    expect(await soundIn(file(bytes), "flac")).toEqual({ seconds: 0.15, empty: false, whole: true });
    expect((await soundIn(file(bytes.subarray(0, -10)), "flac")).whole).toBe(false);
  });

  test("a FLAC that ends between two frames, where its head counts more", async () => {
    const bytes = Buffer.from(RECORDINGS.flac.bytes);
    // 3,600 samples: one frame.
    bytes.writeUInt32BE(7696, 22);
    expect((await soundIn(file(bytes), "flac")).whole).toBe(false);
  });

  function whole(type: string, bytes: Uint8Array): boolean {
    return isWhole(type, bytes.subarray(0, 512 * 1024), bytes.subarray(-65_536), bytes.length);
  }

  test.each([
    ["audio/wav", () => toneBytes("300ms.wav")],
    ["audio/ogg; codecs=opus", () => toneBytes("300ms.opus")],
    ["audio/ogg", () => toneBytes("vorbis.ogg")],
  ])("told by head and tail alone: %s", (type, bytes) => {
    expect(whole(type, bytes())).toBe(true);
    for (const missing of [1, 2, 100, 500, 1000]) {
      expect({ missing, whole: whole(type, bytes().subarray(0, -missing)) }).toEqual({ missing, whole: false });
    }
  });

  test("an M4A, unless what it lacks is behind the sound", () => {
    const { bytes } = RECORDINGS.m4a;
    expect(whole("audio/mp4", bytes)).toBe(true);
    expect(whole("audio/mp4", bytes.subarray(0, -1))).toBe(false);
  });

  test("a WAV from a pipe says nothing of its end", () => {
    expect(whole("audio/wav", toneBytes("250ms-streamed.wav").subarray(0, -100))).toBe(true);
  });
});
