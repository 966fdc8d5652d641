import { describe, expect, test } from "bun:test";
import { sniff } from "../../../src/media/sniff.ts";

const audio = (name: string) => Bun.file(new URL(`../../support/audio/${name}`, import.meta.url)).bytes();
const bytes = (...parts: (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

const UNKNOWN = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const HEAD = bytes([0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84], "webm");
/** An empty element, with its size in eight bytes as ffmpeg writes it. */
const VOID = [0xec, 0x01, 0, 0, 0, 0, 0, 0, 0x05, 1, 2, 3, 4, 5];
const track = (type: number): number[] => [0xae, 0x86, 0xd7, 0x81, 0x01, 0x83, 0x81, type];
const tracks = (...types: number[]): number[] => {
  const entries = types.flatMap(track);
  return [0x16, 0x54, 0xae, 0x6b, 0x80 | entries.length, ...entries];
};
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75, 0x84, 0xe7, 0x82, 0, 0];
const webm = (content: readonly number[], size: readonly number[] = [0x80 | content.length]): Uint8Array =>
  bytes([...HEAD], [0x18, 0x53, 0x80, 0x67, ...size], content);

describe("WebM", () => {
  test("of the encoder's, with sound alone", async () => {
    expect(await sniff(await audio("tone.webm"))).toEqual({ mimeType: "audio/webm", extension: "webm" });
  });

  test.each([
    ["sound", webm([...VOID, ...tracks(2)]), "audio/webm"],
    ["sound, live: no size is told", webm([...VOID, ...tracks(2), ...CLUSTER], UNKNOWN), "audio/webm"],
    ["two tracks of sound", webm(tracks(2, 2)), "audio/webm"],
    ["a film", webm([...VOID, ...tracks(1, 2)]), "video/webm"],
    ["a film whose sound is told first", webm(tracks(2, 1)), "video/webm"],
    ["a silent film", webm(tracks(1)), "video/webm"],
    ["subtitles alone", webm(tracks(17)), "video/webm"],
    ["a beginning that ends before it says", webm([...VOID]), "video/webm"],
    ["tracks that come behind what they are for", webm([...CLUSTER, ...tracks(2)]), "video/webm"],
  ])("%s", async (_, file, mimeType) => {
    expect(await sniff(file)).toEqual({ mimeType, extension: "webm" });
  });

  test("cut off anywhere, or with a size that lies, it is no failure", async () => {
    const whole = webm([...VOID, ...tracks(1, 2), ...CLUSTER]);
    for (let length = 16; length <= whole.length; length++) {
      expect((await sniff(whole.subarray(0, length)))?.extension).toBe("webm");
    }
    expect((await sniff(webm([...tracks(2)], [0x40, 0x01])))?.mimeType).toBe("video/webm");
  });
});

describe("WAV", () => {
  test.each(["RF64", "BW64"])("of more than 4 GiB: %s", async (name) => {
    const file = bytes(name, [0xff, 0xff, 0xff, 0xff], "WAVEds64", [28, 0, 0, 0]);
    expect(await sniff(file)).toEqual({ mimeType: "audio/wav", extension: "wav" });
  });

  test.each(["RF64", "RF64xxxxAVI ", "XF64xxxxWAVE", ""])("%p is none", async (text) => {
    expect(await sniff(bytes(text))).toBeUndefined();
  });
});

test("the rest is what it was", async () => {
  expect(await sniff(await audio("tone.wav"))).toEqual({ mimeType: "audio/wav", extension: "wav" });
  expect(await sniff(await audio("tone.m4a"))).toMatchObject({ extension: "m4a" });
  expect(await sniff(bytes("just text"))).toBeUndefined();
});
