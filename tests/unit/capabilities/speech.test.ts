import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { SpeechWish } from "../../../src/capabilities/speech/terms.ts";
import { type Spoken, speak } from "../../../src/capabilities/speech.ts";
import { endlessWavHeader, RECORDINGS, samples, wav, wavContent, wavHeader } from "../../support/audio.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, PictureServer } from "../../support/pictures.ts";
import { bareContext, type Env, loaded, select } from "../engine/selection.ts";

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
  env?: Env;
  /** Milliseconds until the command's deadline. */
  endsIn?: number;
}

/** Every provider of the model and the fallbacks lives on the server. */
async function run(world: World) {
  const {
    answer,
    text = "Hello",
    wish = {},
    model = "openai/tts-1",
    fallback = [],
    tts = {},
    states = [],
    env = {},
  } = world;
  using server = new PictureServer(answer);
  const entry = { baseUrl: `${server.url}/v1`, apiKey: "sk-speech-unit-0123" };
  const ids = [model, ...fallback].map((ref) => ref.split("/")[0] ?? "");
  const config = loaded({ models: { providers: Object.fromEntries(ids.map((id) => [id, entry])) }, tts }, env);
  const context = bareContext({ fetch, sleep: async () => {}, cwd: folder.path });
  if (world.endsIn !== undefined) context.endsAt = context.now() + world.endsIn;
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
/** The first two pages of an Ogg. */
function headAndTags(ogg: Uint8Array): Uint8Array {
  const bytes = Buffer.from(ogg);
  const second = bytes.indexOf("OggS", 1);
  return bytes.subarray(0, bytes.indexOf("OggS", second + 1));
}

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

  test("one that never comes is tried three times, whatever the others do", async () => {
    const answer: Answer = (asked, count) => (numberOf(asked) === 1 ? busy() : spokenPart(asked, count));
    const { speech, asked } = await run({ answer, text: parts(10), wish: WAV });
    expect(await rejection(speech)).toMatchObject({ type: "rate_limited", retryable: true });
    expect(asked.filter((one) => numberOf(one) === 1)).toHaveLength(3);
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

  const { wav: tone, mp3, opus } = RECORDINGS;
  const HALF_MP3 = mp3.bytes.subarray(0, 2500);
  test.each<[string, SpeechWish, Uint8Array, Uint8Array, string]>([
    ["a WAV that is cut", WAV, tone.bytes, tone.bytes.subarray(0, 3000), "provider_error"],
    ["a WAV without samples", WAV, tone.bytes, wavHeader(0), "empty_result"],
    ["an MP3 that is cut", {}, mp3.bytes, HALF_MP3, "provider_error"],
    ["an Opus of head and tags only", { format: "opus" }, opus.bytes, headAndTags(opus.bytes), "empty_result"],
  ])("of which the second is %s is no file", async (_, wish, good, bad, type) => {
    const { speech } = await run({
      answer: (asked) => sound(numberOf(asked) === 2 ? bad : good),
      text: parts(3),
      wish,
    });
    expect<string>((await rejection(speech)).type).toBe(type);
  });

  test.each([0, 0x7fff_ffff, 0xffff_ffff])("whose WAVs say %d of their size is whole", async (size) => {
    const answer: Answer = (asked) => {
      const streamed = Buffer.from(wav(samples(LENGTH, numberOf(asked))));
      streamed.writeUInt32LE(size, 4);
      streamed.writeUInt32LE(size, 40);
      return sound(streamed);
    };
    const { bytes, spoken } = await run({ answer, text: parts(3), wish: WAV });
    expect(heard(bytes)).toEqual([1, 2, 3]);
    expect(spoken?.seconds).toBe(0.5);
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
  const { wav: tone, mp3, flac } = RECORDINGS;
  const FOREIGN = "服务不可用，请稍后再试";
  const PAGE = "<html><p>Größe unbekannt</p></html>";
  const TWO = Buffer.concat([wav(samples(9, 5)), wav(samples(9, 5))]);
  const ENDLESS = Buffer.concat([endlessWavHeader(), NINE]);
  const AMR = Buffer.from("#!AMR\n<some frames of it>");
  const LIKE_AC3 = Buffer.concat([samples(1, 0x770b), NINE]);
  const MP3_FRAMES = Buffer.from(mp3.bytes).indexOf(Buffer.from([0xff, 0xf3]));

  test.each<[string, Uint8Array, Partial<World>, string, Uint8Array]>([
    ["is kept as it is", mp3.bytes, {}, "mp3", mp3.bytes],
    ["is what it is, whatever was asked for", tone.bytes, { wish: { format: "mp3" } }, "wav", tone.bytes],
    ["as a stream's WAV gets its true length", ENDLESS, { wish: WAV }, "wav", NINE_WAV],
    ["as WAV after WAV is one", TWO, { wish: WAV }, "wav", wav(samples(18, 5))],
    ["as bare samples becomes a WAV", NINE, PCM, "wav", NINE_WAV],
    ["as bare samples that begin as MP3 does becomes a WAV", samples(9, -1025), PCM, "wav", wav(samples(9, -1025))],
    ["as WAV where bare samples were expected is one WAV", NINE_WAV, PCM, "wav", NINE_WAV],
    ["as bare samples of a config-only server", NINE, { model: "mine/kokoro", wish: PCM_ITSELF }, "pcm", NINE],
    ["as bare samples stays so for pcm", NINE, { ...PCM, wish: PCM_ITSELF }, "pcm", NINE],
    ["as MP3 where bare samples were expected is MP3", mp3.bytes, PCM, "mp3", mp3.bytes],
    ["as MP3 without a tag, too", mp3.bytes.subarray(MP3_FRAMES), PCM, "mp3", mp3.bytes.subarray(MP3_FRAMES)],
    ["as MP3 where pcm was asked for", mp3.bytes, { wish: PCM_ITSELF }, "mp3", mp3.bytes],
    ["as AMR where bare samples were expected is AMR", AMR, PCM, "amr", AMR],
    ["as bare samples that begin as AC-3 does becomes a WAV", LIKE_AC3, PCM, "wav", wav(LIKE_AC3)],
    ["as AAC where pcm was asked for", RECORDINGS.aac.bytes, { wish: PCM_ITSELF }, "aac", RECORDINGS.aac.bytes],
  ])("%s", async (_, sent, world, format, expected) => {
    const { spoken, bytes, speech, report } = await run({
      answer: () => sound(sent, "application/octet-stream"),
      ...world,
    });
    await speech;
    expect(spoken?.format).toBe(format);
    expect(bytes.equals(expected)).toBe(true);
    // Who asked for another form by name is told.
    const wished = world.wish?.format;
    const isOther = wished !== undefined && wished !== format;
    expect(report.ignoredOverrides).toEqual(isOther ? [{ key: "format", value: wished }] : []);
    expect(report.warnings).toEqual(isOther ? [expect.stringContaining(`gave ${format} where ${wished}`)] : []);
  });

  test.each([
    ["wav", 0.15, {}],
    // 27 frames; a decoder leaves out what the encoder put before and behind the tone.
    ["mp3", 0.648, {}],
    ["opus", 0.6, {}],
    ["pcm", 0.15, { wish: PCM_ITSELF }],
    ["m4a", undefined, {}],
  ] as const)("%s tells how long it is: %p", async (name, seconds, world) => {
    const { spoken, speech } = await run({ answer: () => sound(RECORDINGS[name].bytes), ...world });
    await speech;
    expect(spoken?.seconds).toBe(seconds);
  });

  test("of a vendor that tells no rate has no length as bare samples", async () => {
    const { spoken } = await run({ answer: () => sound(NINE), model: "mine/kokoro", wish: PCM_ITSELF });
    expect(spoken?.format).toBe("pcm");
    expect(spoken?.seconds).toBeUndefined();
  });

  test.each<[string, () => Response, Partial<World>, string, string]>([
    ["an error in a 200", () => Response.json({ error: { message: "no voice" } }), {}, "provider_error", "no voice"],
    ["a WAV without sound", () => sound(wavHeader(0)), { wish: WAV }, "empty_result", "has no sound in it"],
    ["a WAV that is cut", () => sound(tone.bytes.subarray(0, 3000)), { wish: WAV }, "provider_error", "is cut short"],
    ["a single bare byte", () => sound(Buffer.from([200])), PCM, "empty_result", "has no sound in it"],
    ["an MP3 that is cut", () => sound(mp3.bytes.subarray(0, 2500)), {}, "provider_error", "is cut short"],
    ["a FLAC that is cut", () => sound(flac.bytes.subarray(0, -5)), {}, "provider_error", "is cut short"],
    ["a WAV that ends in its header", () => sound(wavHeader(8).subarray(0, 30)), {}, "empty_result", "has no sound"],
    ["foreign words as samples", () => sound(Buffer.from(FOREIGN), "audio/pcm"), PCM, "empty_result", FOREIGN],
    ["a page in Latin-1", () => sound(Buffer.from(PAGE, "latin1"), "audio/pcm"), PCM, "empty_result", "<html><p>Gr"],
    ["a page of characters", () => sound(Buffer.from(PAGE), "audio/pcm"), PCM, "empty_result", PAGE],
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

test("who knows no such voice: where the voices are", async () => {
  const answer = () => Response.json({ detail: { message: "A voice with that id was not found" } }, { status: 404 });
  const { speech } = await run({ answer, model: "elevenlabs/eleven_v3" });
  const error = await rejection(speech);
  expect(error.type).toBe("not_found");
  expect(error.details.hint).toBe("Check --voice. The voices that there are: infer tts voices --provider elevenlabs");
});

test("the embedded voice speaks a long text in parts, without those in another script, and says so once", async () => {
  const space = " ".repeat(4000);
  const text = `Hello, ёж.${space}${"Жизнь ".repeat(700)}.${space}Good bye, ёж.`;
  const states: string[] = [];
  const { bytes, speech, report } = await run({ answer: () => new Response(), model: "local/flite", text, states });
  await speech;
  expect(states).toEqual(["1 of 2 parts", "2 of 2 parts"]);
  const { sampleRate, samples } = wavContent(bytes);
  expect(samples.length / sampleRate).toBeGreaterThan(1);
  expect(report.warnings).toEqual(["The embedded voices read English; these characters were left out: ежЖизнь"]);
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

test("who has begun to answer and does not finish is told so", async () => {
  const answer = () =>
    new Response(
      new ReadableStream({
        start: (stream) => stream.enqueue(RECORDINGS.mp3.bytes),
      }),
      { headers: { "content-type": "audio/mpeg" } },
    );
  const words = /^OpenAI began to answer and did not finish within \d+ ms\.$/;
  expect((await rejection((await run({ answer, endsIn: 300 })).speech)).message).toMatch(words);
  const tts = { providers: { openai: { timeoutMs: 300 } } };
  expect((await rejection((await run({ answer, tts })).speech)).message).toMatch(words);
});

describe.skipIf(process.platform === "win32")("a program", () => {
  let bin: TemporaryFolder;
  beforeEach(() => {
    bin = new TemporaryFolder();
  });
  afterEach(() => bin[Symbol.dispose]());

  interface More {
    timeoutMs?: number;
    command?: string;
    args?: string[];
    outputFormat?: string;
  }
  const program = (script: string, { speed, format, ...more }: More & SpeechWish = {}) => {
    writeFileSync(bin.file("espeak-ng"), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, { mode: 0o755 });
    const env = { PATH: bin.path, HOME: bin.path };
    const tts = { providers: { "tts-local-cli": more } };
    const model = "tts-local-cli/espeak-ng";
    return run({ answer: () => new Response(), model, env, tts, wish: { speed, format } });
  };

  test("has the config's time, too", async () => {
    const { speech } = await program("exec sleep 60", { timeoutMs: 50 });
    const error = await rejection(speech);
    expect(error).toMatchObject({ type: "timeout", message: "Local CLI did not answer within 50 ms." });
  });

  const spoken = `touch ${"$HOME"}/ran; for at; do OUT=$at; done; cat $HOME/tone.wav`;
  test.each([
    ["one that is known", {}, "espeak-ng gives no mp3."],
    ["as it is set up", { command: "espeak-ng", outputFormat: "wav" }, "espeak-ng is set up to write wav, not mp3."],
  ])("that does not give the form that is named is not run: %s", async (_, more, message) => {
    const { speech } = await program(spoken, { ...more, format: "mp3" });
    const error = await rejection(speech);
    expect(error).toMatchObject({ type: "usage", message });
    expect(error.details.hint).toContain("--format wav");
    expect(readdirSync(bin.path)).toEqual(["espeak-ng"]);
  });

  test("that nobody knows is told the form by the name of its file", async () => {
    writeFileSync(bin.file("tone.wav"), RECORDINGS.wav.bytes);
    const script = `echo "$1" > $HOME/args; cat $HOME/tone.wav`;
    const { speech } = await program(script, { command: "espeak-ng", args: ["{{OutputPath}}"], format: "wav" });
    expect((await speech).format).toBe("wav");
    expect(readFileSync(bin.file("args"), "utf8")).toEndWith("/speech.wav\n");
  });

  test("is told the speed", async () => {
    writeFileSync(bin.file("tone.wav"), RECORDINGS.wav.bytes);
    const note = `echo "$@" > ${bin.file("args")}; cat > /dev/null; cat ${bin.file("tone.wav")} > "$2"`;
    const { speech, report } = await program(note, { speed: 2 });
    expect((await speech).format).toBe("wav");
    expect(readFileSync(bin.file("args"), "utf8")).toContain("-s 350 --stdin");
    expect(report.ignoredOverrides).toEqual([]);
  });
});

test("Microsoft's silence passes: it is asked again, as it costs nothing", async () => {
  let connections = 0;
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("", { status: 400 })),
    websocket: {
      open: () => void connections++,
      message(client, message) {
        if (!String(message).includes("Path:ssml")) return;
        const head = "Content-Type:audio/mpeg\r\nPath:audio\r\n";
        const sent = Buffer.concat([Buffer.from([0, head.length]), Buffer.from(head), RECORDINGS.mp3.bytes]);
        if (connections > 1) client.send(sent);
        client.send("X-RequestId:a\r\nPath:turn.end\r\n\r\n{}");
      },
    },
  });
  const config = loaded({ tts: { providers: { microsoft: { baseUrl: `http://127.0.0.1:${server.port}/edge/v1` } } } });
  const context = bareContext({ fetch, sleep: async () => {} });
  const candidates = await select({ service: "speech", provider: "microsoft" }, config, context);
  const arrivals = { folder: folder.path, litter };
  const spoken = await speak(context, { text: "Hello", wish: {}, candidates, arrivals, onState: () => {} });
  expect(readFileSync(spoken.stored.path).equals(RECORDINGS.mp3.bytes)).toBe(true);
  expect(connections).toBe(2);
  expect(context.report.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "success"]);
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
