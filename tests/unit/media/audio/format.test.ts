import { describe, expect, test } from "bun:test";
import { audioFormat, isRecording } from "../../../../src/media/audio/format.ts";
import { sniff } from "../../../../src/media/sniff.ts";
import { RECORDINGS } from "../../../support/audio.ts";
import { toneBytes } from "./joined.ts";

describe("what real files are, by their bytes", () => {
  test.each([
    ["mp3", toneBytes("300ms.mp3"), "mp3", "audio/mpeg", "mp3"],
    ["mp3 with tags", toneBytes("tagged-24khz.mp3"), "mp3", "audio/mpeg", "mp3"],
    ["wav", toneBytes("300ms.wav"), "wav", "audio/wav", "wav"],
    ["wav from a pipe", toneBytes("250ms-streamed.wav"), "wav", "audio/wav", "wav"],
    ["opus", toneBytes("300ms.opus"), "opus", "audio/ogg", "opus"],
    ["vorbis", toneBytes("vorbis.ogg"), "ogg", "audio/ogg", "ogg"],
    ["aac", toneBytes("300ms.aac"), "aac", "audio/aac", "aac"],
    ["flac", RECORDINGS.flac.bytes, "flac", "audio/flac", "flac"],
    ["m4a", RECORDINGS.m4a.bytes, "m4a", "audio/mp4", "m4a"],
    ["webm", RECORDINGS.webm.bytes, "webm", "audio/webm", "webm"],
  ])("%s", async (_, bytes, format, mimeType, extension) => {
    const kind = await sniff(bytes);
    expect(kind && audioFormat(kind)).toEqual({ format, mimeType, extension });
  });

  test.each([
    ["a text", Buffer.from("Hello there, this is no audio at all.")],
    ["JSON", Buffer.from('{"error":{"message":"quota"}}')],
    ["HTML", Buffer.from("<!doctype html><html><body>502</body></html>")],
    ["a GIF", Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64")],
  ])("%s is none", async (_, bytes) => {
    const kind = await sniff(bytes);
    expect(kind && audioFormat(kind)).toBeUndefined();
  });
});

test.each([
  ["audio/vnd.wave", "wav", "audio/wav", "wav"],
  ["audio/wave", "wav", "audio/wav", "wav"],
  ["Audio/X-WAV", "wav", "audio/wav", "wav"],
  ["audio/mpeg; charset=binary", "mp3", "audio/mpeg", "mp3"],
  ["audio/mp3", "mp3", "audio/mpeg", "mp3"],
  ["audio/ogg", "opus", "audio/ogg", "opus"],
  ["audio/ogg; codecs=opus", "opus", "audio/ogg", "opus"],
  ["audio/opus", "opus", "audio/ogg", "opus"],
  ["audio/L16;codec=pcm;rate=24000", "pcm", "audio/pcm", "pcm"],
  ["audio/x-m4a", "m4a", "audio/mp4", "m4a"],
  ["audio/x-caf", "caf", "audio/x-caf", "caf"],
])("a vendor's word for it: %s", (mimeType, format, registered, extension) => {
  expect(audioFormat({ mimeType })).toEqual({ format, mimeType: registered, extension });
});

test.each(["text/plain", "application/json", "text/html; charset=utf-8", "image/png", "application/octet-stream", ""])(
  "%j is no sound",
  (mimeType) => {
    expect(audioFormat({ mimeType })).toBeUndefined();
  },
);

test.each([
  ["audio/mpeg", true],
  ["audio/ogg; codecs=opus", true],
  ["audio/x-anything", true],
  ["application/ogg", true],
  ["video/mp4", true],
  ["video/webm", true],
  ["video/quicktime", true],
  ["video/x-matroska", true],
  ["video/mpeg", true],
  ["audio/midi", false],
  ["image/gif", false],
  ["application/pdf", false],
  ["text/plain", false],
])("isRecording(%j) is %j", (mimeType, is) => {
  expect(isRecording(mimeType)).toBe(is);
});
