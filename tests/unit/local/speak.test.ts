import { beforeAll, describe, expect, test } from "bun:test";
import { makeAssets } from "../../../src/local/assets/stage.ts";
import { LOCAL_VOICES, speakLocally } from "../../../src/local/speak.ts";

const signal = new AbortController().signal;
const SENTENCE = "The quick brown fox jumped over the lazy dog.";

beforeAll(() => makeAssets(), 120_000);

/** Checks every field of the header and gives the seconds of audio. */
function seconds(wav: Uint8Array): number {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const tag = (at: number) => new TextDecoder().decode(wav.subarray(at, at + 4));
  expect([tag(0), tag(8), tag(12), tag(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
  expect(view.getUint32(4, true)).toBe(wav.length - 8);
  expect(view.getUint32(40, true)).toBe(wav.length - 44);
  const format = {
    pcm: view.getUint16(20, true),
    channels: view.getUint16(22, true),
    rate: view.getUint32(24, true),
    bytesPerSecond: view.getUint32(28, true),
    bits: view.getUint16(34, true),
  };
  expect(format).toEqual({ pcm: 1, channels: 1, rate: 16_000, bytesPerSecond: 32_000, bits: 16 });
  return (wav.length - 44) / 32_000;
}

async function speak(text: string, voice = "slt", speed = 1): Promise<number> {
  return seconds(await speakLocally({ text, voice, speed }, signal));
}

describe("speakLocally", () => {
  test.each(LOCAL_VOICES.map(({ id }) => id))("speaks a sentence as %s", async (voice) => {
    const length = await speak(SENTENCE, voice);
    expect(length).toBeGreaterThan(2);
    expect(length).toBeLessThan(5);
  });

  test("gives each voice a sound of its own", async () => {
    const wavs = await Promise.all(
      LOCAL_VOICES.map(({ id }) => speakLocally({ text: "Hello.", voice: id, speed: 1 }, signal)),
    );
    expect(new Set(wavs.map((wav) => Bun.hash(wav))).size).toBe(LOCAL_VOICES.length);
  });

  test("speaks faster and slower", async () => {
    const plain = await speak(SENTENCE);
    expect((await speak(SENTENCE, "slt", 2)) / plain).toBeCloseTo(0.5, 1);
    expect((await speak(SENTENCE, "slt", 0.5)) / plain).toBeCloseTo(2, 0);
  });

  test("speaks a text of several pieces whole", async () => {
    const length = await speak(SENTENCE);
    const longer = await speak(`${SENTENCE} `.repeat(60));
    expect(longer / length).toBeGreaterThan(50);
    expect(longer / length).toBeLessThan(70);
  });

  test("reads what looks like a flag, quotes and line breaks as text", async () => {
    const plain = await speak("minus h");
    expect(await speak("-h")).toBeLessThan(plain * 2);
    expect(await speak(`-voice kal "-o" 'x'; $(exit)\n\n<speak>and\ttabs</speak>`)).toBeGreaterThan(2);
  });

  test("does not lose text behind a NUL, an emoji or an accent", async () => {
    const plain = await speakLocally({ text: "one cafe two", voice: "slt", speed: 1 }, signal);
    for (const text of ["one\u0000cafe two", "one 😀 cafe two", "one café two"]) {
      expect(await speakLocally({ text, voice: "slt", speed: 1 }, signal)).toEqual(plain);
    }
  });

  test.each(["", "  \n", "...", "😀", "日本語"])("says that nothing in %j can be spoken", async (text) => {
    await expect(speakLocally({ text, voice: "slt", speed: 1 }, signal)).rejects.toMatchObject({
      type: "empty_result",
    });
  });
});
