import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { collectSpeech, type ReadSpeech, readSpeech, written } from "../../../src/engine/speech-audio.ts";
import type { SpeechProtocol, SpeechStep } from "../../../src/protocols/speech-wire.ts";
import { RECORDINGS } from "../../support/audio.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { PictureServer } from "../../support/pictures.ts";

let folder: TemporaryFolder;
let litter: AsyncDisposableStack;
beforeEach(() => {
  folder = new TemporaryFolder();
  litter = new AsyncDisposableStack();
});
afterEach(async () => {
  await litter.disposeAsync();
  // Whatever came of it, nothing is left behind.
  expect(readdirSync(folder.path)).toEqual([]);
  folder[Symbol.dispose]();
});

const ROUTE = { model: "m", baseUrl: "https://voice.example" };

/** A wire whose answers are steps already. */
function wire(parts: Partial<SpeechProtocol>): SpeechProtocol {
  const build = () => {
    throw new Error("nothing is asked here");
  };
  return { answer: "json", build, read: (json) => json as SpeechStep, ...parts };
}

/** An answer that comes in pieces of that many bytes. */
function reply(body: string | Uint8Array, type = "application/json", size = 1000) {
  const bytes = Buffer.from(body);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const headers = new Headers(type === "" ? {} : { "content-type": type });
  return { status: 200, headers, url: new URL("https://voice.example/tts"), body: pieces() };
}

const read = (protocol: SpeechProtocol, answer: ReturnType<typeof reply>): Promise<ReadSpeech> =>
  readSpeech(protocol, ROUTE, answer, { folder: folder.path, litter });

const heard = ({ arrived }: ReadSpeech): Buffer => readFileSync(arrived?.stored.path ?? "/nowhere");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const MP3 = Buffer.from(RECORDINGS.mp3.bytes);
/** More than is held in memory of one string. */
const LARGE = Buffer.concat(Array(40).fill(MP3));

test("the long one is long", () => expect(LARGE.length).toBeGreaterThan(2 * 65_536));

describe("an answer that is the audio", () => {
  const body = wire({ answer: "body" });

  test.each(["audio/mpeg", "application/octet-stream", ""])("of type %p is written as it comes", async (type) => {
    const answer = await read(body, reply(MP3, type));
    expect(heard(answer).equals(MP3)).toBe(true);
    expect(answer.arrived?.stored.kind).toMatchObject({ mimeType: "audio/mpeg" });
    expect(answer.sampleRate).toBeUndefined();
  });

  test.each([
    ["audio/pcm;rate=24000;channels=1", 24_000],
    ["audio/L16; codec=pcm; rate=16000", 16_000],
    ["audio/pcm", undefined],
    ["audio/mpeg;rate=24000", undefined],
  ])("%s tells the rate of bare samples: %p", async (type, rate) => {
    expect((await read(body, reply(RECORDINGS.pcm.bytes, type))).sampleRate).toBe(rate as number);
  });

  test.each([
    [
      { error: { message: "Incorrect API key provided", code: "invalid_api_key" } },
      "auth",
      "Incorrect API key provided",
    ],
    [{ error: { message: "Slow down", code: 429 } }, "rate_limited", "Slow down"],
    [{ detail: "no such voice" }, "provider_error", "no such voice"],
  ])("an error in a 200: %j", async (json, type, message) => {
    const error = await rejection(read(body, reply(JSON.stringify(json), "application/json; charset=utf-8")));
    expect({ type: error.type, message: error.message }).toEqual({ type: type as "auth", message });
  });

  test("a web page", async () => {
    const error = await rejection(read(body, reply("<html><title>Sign in</title></html>", "text/html")));
    expect(error.type).toBe("empty_result");
    expect(error.message).toStartWith("What came as audio is text/html: ");
    expect(error.message).toContain("Sign in");
  });

  test("text without a word", async () => {
    expect(await rejection(read(body, reply(" \n", "text/plain")))).toMatchObject({
      type: "empty_result",
      message: "The provider said success and sent no audio.",
    });
  });
});

describe("one document", () => {
  test.each([
    ["base64, short", MP3.subarray(0, 300), "base64"],
    ["base64, longer than is held in memory", LARGE, "base64"],
    ["hex, short", MP3.subarray(0, 300), "hex"],
    ["hex, longer than is held in memory", LARGE, "hex"],
  ] as const)("%s", async (_, bytes, encoding) => {
    const json = JSON.stringify({ audio: Buffer.from(bytes).toString(encoding), sampleRate: 8000 });
    const answer = await read(wire({ encoding }), reply(json, "application/json", 777));
    expect(heard(answer).equals(bytes)).toBe(true);
    expect(answer.sampleRate).toBe(8000);
  });

  test("base64 is the usual way, with an address of its kind before it", async () => {
    const answer = await read(wire({}), reply(JSON.stringify({ audio: `data:audio/mpeg;base64,${base64(MP3)}` })));
    expect(heard(answer).equals(MP3)).toBe(true);
  });

  test.each([
    ["hex", "abc"],
    ["hex", "xyzz"],
    ["base64", "not audio!"],
  ] as const)("what is not %s: %s", async (encoding, audio) => {
    const error = await rejection(read(wire({ encoding }), reply(JSON.stringify({ audio }))));
    expect(error.type).toBe("provider_error");
    expect(error.message).toContain(`the audio in it is not ${encoding}.`);
  });

  test.each([
    [
      { failure: { message: "voice is busy", code: 503 } },
      { type: "provider_error", message: "voice is busy", retryable: true },
    ],
    [{ refusal: "Not this text." }, { type: "refused", message: "Not this text." }],
  ])("%j", async (step, expected) => {
    expect(await rejection(read(wire({}), reply(JSON.stringify(step))))).toMatchObject(expected);
  });

  test.each([
    ["", "empty_result"],
    ["  ", "empty_result"],
    ["{oops", "provider_error"],
  ])("%p is %s", async (body, type) => {
    expect((await rejection(read(wire({}), reply(body)))).type).toBe(type as "empty_result");
  });

  test("that breaks off in the middle of the audio", async () => {
    const json = JSON.stringify({ audio: base64(LARGE) }).slice(0, -1000);
    const error = await rejection(read(wire({}), reply(json)));
    expect(error).toMatchObject({ type: "network", retryable: true });
  });

  test("with the audio in several places is all of it, in order", async () => {
    const audio = [base64(LARGE), base64(MP3.subarray(0, 300)), base64(MP3)];
    const answer = await read(wire({}), reply(JSON.stringify({ audio })));
    expect(heard(answer).equals(Buffer.concat([LARGE, MP3.subarray(0, 300), MP3]))).toBe(true);
    expect(readdirSync(folder.path)).toHaveLength(1);
  });

  test("without audio it is what it says", async () => {
    expect(await read(wire({}), reply(JSON.stringify({ audio: "", url: "https://x.example/a" })))).toEqual({
      audio: "",
      url: "https://x.example/a",
    });
  });
});

describe("a stream of lines", () => {
  const half = MP3.length >> 1;
  const steps: SpeechStep[] = [
    { audio: base64(MP3.subarray(0, half)), sampleRate: 16_000 },
    {},
    { audio: base64(MP3.subarray(half)), usage: { inputTokens: 3 } },
  ];
  const lines = (all: readonly SpeechStep[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join("");

  test("has the pieces in their order, and what is said along the way", async () => {
    const answer = await read(wire({ answer: "ndjson" }), reply(lines(steps), "application/x-ndjson", 50));
    expect(heard(answer).equals(MP3)).toBe(true);
    expect(answer).toMatchObject({ sampleRate: 16_000, usage: { inputTokens: 3 } });
  });

  test("with an error in a later line", async () => {
    const body = lines([...steps, { failure: { message: "out of voice", code: 500 } }]);
    // What has been made is not made again.
    expect(await rejection(read(wire({ answer: "ndjson" }), reply(body)))).toMatchObject({
      type: "provider_error",
      message: "out of voice",
      retryable: false,
    });
    const early = lines([{}, { failure: { message: "out of voice", code: 500 } }]);
    expect(await rejection(read(wire({ answer: "ndjson" }), reply(early)))).toMatchObject({ retryable: true });
  });

  test.each([
    ["after audio", steps.slice(0, 2), false],
    ["before any", steps.slice(1, 2), true],
  ])("that ends in the middle of a line, %s", async (_, whole, retryable) => {
    const body = lines(whole) + lines(steps.slice(2)).slice(0, 100);
    const error = await rejection(read(wire({ answer: "ndjson" }), reply(body)));
    expect(error).toMatchObject({ type: "network", message: "The answer broke off in the middle.", retryable });
    expect(error.details.hint).toBeUndefined();
  });

  test("before its end word is broken off, where there is one", async () => {
    const protocol = wire({ answer: "ndjson", endsWithWord: true });
    const error = await rejection(read(protocol, reply(lines(steps))));
    expect(error).toMatchObject({ type: "network", retryable: false });
    const early = await rejection(read(protocol, reply(lines([{}]))));
    expect(early).toMatchObject({ type: "network", retryable: true });
    const whole = await read(protocol, reply(lines([...steps, { ended: true }])));
    expect(heard(whole).equals(MP3)).toBe(true);
  });
});

describe("collectSpeech", () => {
  const collect = (answer: ReadSpeech, baseUrl = "https://voice.example") => {
    const own = () => Promise.reject(new Error("the key must stay at home"));
    const { signal } = new AbortController();
    const context = fakeContext({ sleep: async () => {} });
    return collectSpeech(
      context,
      answer,
      { folder: folder.path, litter },
      { what: "audio", own, home: { baseUrl }, signal },
    );
  };

  test("what has arrived, with its rate", async () => {
    const arrived = await written([MP3], { folder: folder.path, litter });
    expect(await collect({ arrived, sampleRate: 8000 })).toEqual({ ...arrived, sampleRate: 8000 });
  });

  test("nothing at all, or no byte of it", async () => {
    const nothing = { type: "empty_result", message: "The provider said success and sent no audio." };
    expect(await rejection(collect({}))).toMatchObject(nothing);
    const words = "The provider said success and sent no audio, but these words: I cannot speak.";
    expect(await rejection(collect({ words: "I cannot speak." }))).toMatchObject({ ...nothing, message: words });
    const arrived = await written([], { folder: folder.path, litter });
    expect(await rejection(collect({ arrived }))).toMatchObject(nothing);
  });

  test("an address is fetched without the key", async () => {
    using server = new PictureServer(() => new Response(MP3));
    const { stored } = await collect({ url: `${server.otherUrl}/a.mp3?sig=1` }, server.url);
    expect(readFileSync(stored.path).equals(MP3)).toBe(true);
    expect(server.asked).toMatchObject([{ method: "GET", path: "/a.mp3?sig=1" }]);
    for (const name of ["authorization", "x-api-key", "xi-api-key"]) {
      expect(server.asked[0]?.headers.get(name)).toBeNull();
    }
  });

  test("an address on this machine's network that a vendor elsewhere names is not asked", async () => {
    using server = new PictureServer(() => new Response(MP3));
    expect((await rejection(collect({ url: server.url }))).type).toBe("refused");
    expect(server.asked).toEqual([]);
  });

  test("an address where there is nothing", async () => {
    using server = new PictureServer(() => new Response("gone", { status: 404 }));
    const error = await rejection(collect({ url: `${server.url}/a.mp3` }, server.url));
    expect(error).toMatchObject({ type: "provider_error" });
    // It is speech that was asked for.
    expect(`${error.message} ${error.details.hint}`).not.toContain("icture");
  });
});
