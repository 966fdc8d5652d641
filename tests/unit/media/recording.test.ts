import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Recording } from "../../../src/media/recording.ts";
import { RECORDINGS, type RecordingFormat, wavHeader } from "../../support/audio.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { picture } from "../../support/pictures.ts";

let folder: TemporaryFolder;
let litter: AsyncDisposableStack;
beforeEach(() => {
  folder = new TemporaryFolder();
  litter = new AsyncDisposableStack();
});
afterEach(async () => {
  await litter.disposeAsync();
  folder[Symbol.dispose]();
});

const never = new AbortController().signal;

function open(file: string): Promise<Recording> {
  const context = fakeContext({ cwd: folder.path });
  return Recording.open(context, file, { allowPrivateNetwork: false, signal: never, litter });
}

function put(name: string, format: RecordingFormat): string {
  writeFileSync(folder.file(name), RECORDINGS[format].bytes);
  return folder.file(name);
}

describe("Recording.open", () => {
  test.each<[RecordingFormat, string, string]>([
    ["wav", "audio/wav", "wav"],
    ["mp3", "audio/mpeg", "mp3"],
    ["opus", "audio/ogg", "ogg"],
    ["flac", "audio/flac", "flac"],
    ["aac", "audio/aac", "aac"],
    ["m4a", "audio/mp4", "m4a"],
  ])("%s is known by its bytes, whatever its name says", async (format, mimeType, extension) => {
    const recording = await open(put("memo.txt", format));
    expect({ mimeType: recording.mimeType, extension: recording.extension }).toEqual({ mimeType, extension });
    expect(recording.size).toBe(RECORDINGS[format].bytes.length);
  });

  test("sound in a film's container is a recording", async () => {
    expect((await open(put("memo", "webm"))).mimeType).toMatch(/^(?:audio|video)\/webm$/);
  });

  test("what is no recording is refused before it is read", async () => {
    writeFileSync(folder.file("cat.mp3"), await picture("png"));
    const error = await rejection(open("cat.mp3"));
    expect(error).toMatchObject({ type: "usage" });
    expect(error.message).toEndWith("cat.mp3 is image/png, not a recording.");
  });

  test.each<[string, Uint8Array]>([
    ["a WAV's header alone", wavHeader(0)],
    ["a WAV's name alone", Buffer.from("RIFF\x04\0\0\0WAVE")],
    ["a header of MP3 alone", RECORDINGS.mp3.bytes.subarray(45, 49)],
    ["FLAC's first block alone", Buffer.concat([Buffer.from("fLaC\x80\0\0\x22"), new Uint8Array(34)])],
  ])("%s has no sound in it", async (_, bytes) => {
    writeFileSync(folder.file("memo"), bytes);
    const error = await rejection(open("memo"));
    expect(error).toMatchObject({ type: "usage", message: `${folder.file("memo")} has no sound in it.` });
  });

  test.each<[string, Uint8Array]>([
    ["a WAV with one sample", Buffer.concat([wavHeader(2), new Uint8Array(2)])],
    ["what is written into a pipe", Buffer.concat([wavHeader(0xffffffff - 36), new Uint8Array(2)])],
    ["a long WAV's form", Buffer.from("RF64\xff\xff\xff\xffWAVEds64", "latin1")],
    ["MPEG audio of layer 2", Buffer.from([0xff, 0xfd, 0x84, 0x04, ...new Uint8Array(600)])],
  ])("%s is the vendor's to judge", async (_, bytes) => {
    writeFileSync(folder.file("memo"), bytes);
    expect((await open("memo")).size).toBe(bytes.length);
  });

  test("of an address that leads to no recording, no more is fetched than tells so", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++;
        const chunk = new Uint8Array(1024 * 1024);
        if (sent === 1) chunk.set(Buffer.from("%PDF-1.7"));
        controller.enqueue(chunk);
        if (sent === 40) controller.close();
      },
    });
    await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(body) });
    const context = fakeContext({ cwd: folder.path, fetch });
    const options = { allowPrivateNetwork: true, signal: never, litter };
    const error = await rejection(Recording.open(context, `http://127.0.0.1:${server.port}/memo.mp3`, options));
    expect(error).toMatchObject({ type: "usage" });
    expect(error.message).toEndWith("/memo.mp3 is application/pdf, not a recording.");
    expect(sent).toBeLessThan(20);
  });

  test("bare samples: how to give them a header", async () => {
    const error = await rejection(open(put("memo.pcm", "pcm")));
    expect(error).toMatchObject({ type: "usage" });
    expect(error.message).toEndWith("is not a known kind of file, not a recording.");
    expect(error.details.hint).toContain("sox -t raw");
  });

  test("no file", async () => {
    expect(await rejection(open("gone.wav"))).toMatchObject({ type: "not_found" });
  });
});

test("what a vendor is sent: a neutral name, all of the bytes each time, and how far it is", async () => {
  const recording = await open(put("secret name.bin", "mp3"));
  const counts: number[] = [];
  const { source, filename, mimeType, extension } = recording.sent((count) => counts.push(count));
  expect({ filename, mimeType, extension }).toEqual({
    filename: "recording.mp3",
    mimeType: "audio/mpeg",
    extension: "mp3",
  });
  for (let time = 0; time < 2; time++) {
    counts.length = 0;
    const chunks = [];
    for await (const chunk of source.open()) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(RECORDINGS.mp3.bytes)).toBe(true);
    expect(counts.at(-1)).toBe(RECORDINGS.mp3.bytes.length);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  }
  expect(source.size).toBe(RECORDINGS.mp3.bytes.length);
});

describe("the file for a program", () => {
  test("is the user's own, where its name is true", async () => {
    const path = put("memo.WAV", "wav");
    expect(await (await open("memo.WAV")).file("/nowhere", never)).toEqual({ path, mimeType: "audio/wav" });
  });

  test("is a copy with a true name otherwise", async () => {
    put("memo.mp3", "wav");
    mkdirSync(folder.file("work"));
    const { path, mimeType } = await (await open("memo.mp3")).file(folder.file("work"), never);
    expect({ path, mimeType }).toEqual({ path: folder.file("work/recording.wav"), mimeType: "audio/wav" });
    expect(readFileSync(path).equals(RECORDINGS.wav.bytes)).toBe(true);
  });

  test("of a data URL is a copy", async () => {
    const url = `data:audio/flac;base64,${Buffer.from(RECORDINGS.flac.bytes).toString("base64")}`;
    const { path } = await (await open(url)).file(folder.path, never);
    expect(path).toBe(folder.file("recording.flac"));
    expect(existsSync(path)).toBe(true);
  });
});
