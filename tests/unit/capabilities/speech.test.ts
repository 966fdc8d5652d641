import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import type { SpeechWish } from "../../../src/capabilities/speech/terms.ts";
import { type Spoken, speak } from "../../../src/capabilities/speech.ts";
import { endlessWavHeader, RECORDINGS, samples, wav, wavContent, wavHeader } from "../../support/audio.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, PictureServer } from "../../support/pictures.ts";
import { bareContext, loaded, select } from "../engine/selection.ts";

let folder: TemporaryFolder;
let litter: AsyncDisposableStack;
beforeEach(() => {
  folder = new TemporaryFolder();
  litter = new AsyncDisposableStack();
});
afterEach(async () => {
  await litter.disposeAsync();
  expect(readdirSync(folder.path)).toEqual([]);
  folder[Symbol.dispose]();
});

type Answer = (asked: Asked, count: number) => Response | Promise<Response>;

interface World {
  answer: Answer;
  text?: string;
  wish?: SpeechWish;
  model?: string;
  fallback?: string[];
  tts?: object;
  states?: string[];
}

/** Every provider of the model and the fallbacks lives on the server. */
async function run(world: World) {
  const { answer, text = "Hello", wish = {}, model = "openai/tts-1", fallback = [], tts = {}, states = [] } = world;
  using server = new PictureServer(answer);
  const entry = { baseUrl: `${server.url}/v1`, apiKey: "sk-speech-unit-0123" };
  const ids = [model, ...fallback].map((ref) => ref.split("/")[0] ?? "");
  const config = loaded({ models: { providers: Object.fromEntries(ids.map((id) => [id, entry])) }, tts });
  const context = bareContext({ fetch, sleep: async () => {} });
  const candidates = await select({ service: "speech", model, fallback }, config, context);
  const arrivals = { folder: folder.path, litter };
  const onState = (state: string) => void states.push(state);
  const speech = speak(context, { text, wish, candidates, arrivals, onState });
  const outcome = await speech.then(
    (spoken: Spoken) => ({ spoken, bytes: readFileSync(spoken.stored.path), speech }),
    () => ({ spoken: undefined, bytes: Buffer.alloc(0), speech }),
  );
  return { ...outcome, asked: server.asked, attempts: context.report.attempts, report: context.report };
}

const json = ({ body }: Asked) => JSON.parse(body.toString());
const busy = (status = 429) =>
  Response.json({ error: { message: "busy" } }, { status, headers: { "retry-after-ms": "1" } });
const sound = (bytes: Uint8Array, type = "audio/wav") =>
  new Response(Buffer.from(bytes), { headers: { "content-type": type } });

/** Each is one request of tts-1. */
const parts = (count: number): string =>
  Array.from({ length: count }, (_, at) => `Part ${at + 1} goes${" on".repeat(900)} and ends.`).join(" ");
const numberOf = (asked: Asked): number => Number(/^Part (\d+) /.exec(json(asked).input)?.[1]);
/** A tone of the part's own. */
const spokenPart: Answer = (asked) => sound(wav(samples(LENGTH, numberOf(asked))));
const LENGTH = 4000;
/** In the middle of each part: where they meet they are faded. */
function heard(bytes: Uint8Array): number[] {
  const all = wavContent(bytes).samples;
  return Array.from({ length: all.length / LENGTH }, (_, at) => all[(at + 0.5) * LENGTH] ?? 0);
}
const WAV = { format: "wav" } as const;

describe("a text of several requests", () => {
  test("is one file in its order, with at most three requests at the same time", async () => {
    let open = 0;
    let most = 0;
    const states: string[] = [];
    const answer: Answer = async (asked, count) => {
      most = Math.max(most, ++open);
      await Bun.sleep(count % 3 === 1 ? 20 : 1);
      open--;
      return spokenPart(asked, count);
    };
    const { bytes, asked, attempts } = await run({ answer, text: parts(8), wish: WAV, states });
    expect(heard(bytes)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(3);
    expect(asked.map(numberOf).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(attempts).toMatchObject([{ outcome: "success", status: 200 }]);
    expect(states).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((count) => `${count} of 8 parts`));
  });

  test("what was made before a 429 is not asked for again", async () => {
    const answer: Answer = (asked, count) => (numberOf(asked) === 2 && count < 5 ? busy() : spokenPart(asked, count));
    const { bytes, asked, attempts } = await run({ answer, text: parts(3), wish: WAV });
    expect(heard(bytes)).toEqual([1, 2, 3]);
    expect(asked.map(numberOf).toSorted()).toEqual([1, 2, 2, 2, 3]);
    expect(attempts.map(({ status }) => status)).toEqual([429, 429, 200]);
  });

  test("each part that comes to nothing at first may be tried again: what gets on is not given up", async () => {
    const tried = new Set<number>();
    const answer: Answer = (asked, count) => {
      const number = numberOf(asked);
      if (tried.has(number)) return spokenPart(asked, count);
      tried.add(number);
      return busy();
    };
    const { bytes, speech } = await run({ answer, text: parts(9), wish: WAV });
    await speech;
    expect(heard(bytes)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("without getting on it is tried three times", async () => {
    const { speech, attempts } = await run({ answer: () => busy(), text: parts(5), wish: WAV });
    expect(await rejection(speech)).toMatchObject({ type: "rate_limited" });
    expect(attempts).toHaveLength(3);
  });

  test("part 20 of 25 fails for good: there is no file, and nothing more is begun", async () => {
    const answer: Answer = (asked, count) => (numberOf(asked) === 20 ? busy(500) : spokenPart(asked, count));
    const { speech, asked, attempts } = await run({ answer, text: parts(25), wish: WAV });
    expect(await rejection(speech)).toMatchObject({ type: "provider_error", message: "busy" });
    expect(asked.length).toBeLessThanOrEqual(23);
    expect(attempts).toMatchObject([{ outcome: "failed", status: 500 }]);
  });

  test("the next candidate begins afresh", async () => {
    const answer: Answer = (asked, count) => {
      const first = json(asked).model === "tts-1";
      if (first && numberOf(asked) === 3) return busy(500);
      return first ? sound(wav(samples(LENGTH, 99))) : spokenPart(asked, count);
    };
    const { bytes, attempts } = await run({ answer, text: parts(3), wish: WAV, fallback: ["openai/tts-1-hd"] });
    expect(heard(bytes)).toEqual([1, 2, 3]);
    expect(attempts.map(({ model }) => model)).toEqual(["tts-1", "tts-1-hd"]);
  });

  test("that comes in several forms cannot be one file", async () => {
    const answer: Answer = (asked, count) =>
      numberOf(asked) === 2 ? sound(RECORDINGS.mp3.bytes) : spokenPart(asked, count);
    const { speech } = await run({ answer, text: parts(2), wish: WAV });
    const error = await rejection(speech);
    expect(error).toMatchObject({ type: "provider_error", message: "The parts of the speech came as wav, mp3." });
  });

  test("in a form that cannot be joined is refused before anything is sent", async () => {
    const { speech, asked } = await run({ answer: spokenPart, text: parts(2), wish: { format: "flac" } });
    expect(await rejection(speech)).toMatchObject({ type: "usage" });
    expect(asked).toEqual([]);
  });
});

describe("what comes", () => {
  const PCM = { model: "openrouter/hexgrad/kokoro-82m", wish: WAV };
  const NINE = samples(9, 5);
  const NINE_WAV = wav(NINE);
  const PCM_ITSELF = { format: "pcm" } as const;
  const { wav: tone, mp3 } = RECORDINGS;
  const ENDLESS = Buffer.concat([endlessWavHeader(), NINE]);

  test.each<[string, Uint8Array, Partial<World>, string, Uint8Array]>([
    ["is kept as it is", mp3.bytes, {}, "mp3", mp3.bytes],
    ["is what it is, whatever was asked for", tone.bytes, { wish: { format: "mp3" } }, "wav", tone.bytes],
    ["as a stream's WAV gets its true length", ENDLESS, { wish: WAV }, "wav", NINE_WAV],
    ["as bare samples becomes a WAV", NINE, PCM, "wav", NINE_WAV],
    ["as bare samples that begin as MP3 does becomes a WAV", samples(9, -1025), PCM, "wav", wav(samples(9, -1025))],
    ["as WAV where bare samples were expected is one WAV", NINE_WAV, PCM, "wav", NINE_WAV],
    ["as bare samples of a config-only server", NINE, { model: "mine/kokoro", wish: PCM_ITSELF }, "pcm", NINE],
    ["as bare samples stays so for pcm", NINE, { ...PCM, wish: PCM_ITSELF }, "pcm", NINE],
  ])("%s", async (_, sent, world, format, expected) => {
    const { spoken, bytes, speech } = await run({ answer: () => sound(sent, "application/octet-stream"), ...world });
    await speech;
    expect(spoken?.format).toBe(format);
    expect(bytes.equals(expected)).toBe(true);
  });

  test.each<[string, () => Response, Partial<World>, string, string]>([
    ["an error in a 200", () => Response.json({ error: { message: "no voice" } }), {}, "provider_error", "no voice"],
    ["a WAV without sound", () => sound(wavHeader(0)), { wish: WAV }, "empty_result", "has no sound in it"],
    ["an MP3 that is cut", () => sound(mp3.bytes.subarray(0, 2500)), {}, "provider_error", "is cut short"],
    ["words as samples", () => sound(Buffer.from("Sorry, no."), "audio/pcm"), PCM, "empty_result", "Sorry, no."],
    ["words as a file", () => sound(Buffer.from("Sorry, no."), "audio/mpeg"), {}, "empty_result", "Sorry, no."],
  ])("%s fails", async (_, answer, world, type, words) => {
    const error = await rejection((await run({ answer, ...world })).speech);
    expect<string>(error.type).toBe(type);
    expect(error.message).toContain(words);
  });
});

describe("how often", () => {
  test.each([
    ["openai/tts-1", 503, 3],
    ["openai/tts-1", 500, 1],
    ["vydra/elevenlabs/tts", 429, 3],
    ["vydra/elevenlabs/tts", 503, 1],
  ])("%s, HTTP %d: %d requests", async (model, status, requests) => {
    const { speech, asked } = await run({ answer: () => busy(status), model });
    await rejection(speech);
    expect(asked).toHaveLength(requests);
  });

  test("an address in place of the audio is fetched once it is there, without the key", async () => {
    const answer: Answer = ({ path, headers }) => {
      if (path === "/file.mp3") return sound(RECORDINGS.mp3.bytes, "audio/mpeg");
      if (path.endsWith("/tts")) return Response.json({ jobId: "j1", status: "queued" });
      return Response.json({ status: "completed", audioUrl: `http://${headers.get("host")}/file.mp3` });
    };
    const { bytes, asked } = await run({ answer, model: "vydra/elevenlabs/tts" });
    expect(bytes.equals(RECORDINGS.mp3.bytes)).toBe(true);
    const key = "Bearer sk-speech-unit-0123";
    expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual([key, key, null]);
  });
});

test("a text that the config does not allow is not sent", async () => {
  const { speech, asked } = await run({ answer: spokenPart, text: "123456", tts: { maxTextLength: 5 } });
  const error = await rejection(speech);
  expect(error).toMatchObject({ type: "usage", message: "The text has 6 characters, and the config allows 5." });
  expect(asked).toEqual([]);
});

test("the config's time is that of one request", async () => {
  const { speech } = await run({
    answer: () => new Promise<Response>(() => {}),
    tts: { providers: { openai: { timeoutMs: 30 } } },
  });
  expect(await rejection(speech)).toMatchObject({ type: "timeout", message: "OpenAI did not answer within 30 ms." });
});

test("what could not be told is told once", async () => {
  const audio = Buffer.from(wav(samples(LENGTH, 7))).toString("hex");
  const { speech, report, asked } = await run({
    answer: () => Response.json({ data: { audio } }),
    text: parts(8),
    wish: { ...WAV, speed: 3, instructions: "softly" },
    model: "minimax/speech-2.8-hd",
  });
  await speech;
  expect(asked.length).toBeGreaterThan(1);
  expect(report.ignoredOverrides).toEqual([
    { key: "speed", value: 3 },
    { key: "instructions", value: "softly" },
  ]);
});

test("voice, speed and form reach the vendor", async () => {
  const { asked } = await run({ answer: spokenPart, wish: { ...WAV, speed: 2, voice: "nova" } });
  expect(asked.map(json)).toMatchObject([{ model: "tts-1", voice: "nova", response_format: "wav", speed: 2 }]);
});
