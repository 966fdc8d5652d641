import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { type TranscribeRun, transcribe } from "../../../src/capabilities/transcribe.ts";
import { RECORDINGS, type RecordingFormat } from "../../support/audio.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, PictureServer } from "../../support/pictures.ts";
import { bareContext, loaded, select, type Asked as Wanted } from "../engine/selection.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

interface World extends Partial<Pick<TranscribeRun, "language" | "prompt" | "times">> {
  answer?: (asked: Asked, count: number) => Response;
  file?: RecordingFormat;
  /** Without one, whatever the config has. */
  model?: string;
  provider?: string;
  fallback?: string[];
  audio?: object;
  /** Of the file, where it is to be longer than the recording. */
  size?: number;
}

const TIMED = {
  text: "Hello there.",
  language: "english",
  duration: 0.6,
  segments: [{ start: 0, end: 0.6, text: " Hello there." }],
  words: [
    { word: "Hello", start: 0, end: 0.3 },
    { word: "there", start: 0.3, end: 0.6 },
  ],
};
const said = (text = "Hello there.") => Response.json({ text });
const timed = () => Response.json(TIMED);

const NOTHING_ELSE = { language: undefined, prompt: undefined, times: "unwanted" } as const;

/** Every provider lives on the server. */
async function run(world: World = {}) {
  const { answer = () => said(), file = "mp3", model, provider, fallback = [], audio = {}, size, ...wanted } = world;
  using server = new PictureServer(answer);
  const entry = { baseUrl: `${server.url}/v1`, apiKey: "sk-hear-unit-0123" };
  const ids = ["openai", "groq", "senseaudio", "mistral", "mine"];
  const providers = Object.fromEntries(ids.map((id) => [id, entry]));
  const config = loaded({ models: { providers }, tools: { media: { audio } } });
  const env = { HOME: folder.path, PATH: "/usr/bin:/bin" };
  const context = bareContext({ fetch, sleep: async () => {}, env, cwd: folder.path });
  const candidates = await select({ service: "transcription", model, provider, fallback } as Wanted, config, context);
  const path = folder.file("memo");
  writeFileSync(path, RECORDINGS[file].bytes);
  if (size !== undefined) truncateSync(path, size);
  const shares: number[] = [];
  const onSent = (share: number) => void shares.push(share);
  const rest = { namesModel: model !== undefined, candidates, allowPrivateNetwork: false, onSent };
  const heard = transcribe(context, path, { ...NOTHING_ELSE, ...wanted, ...rest });
  const transcript = await heard.catch(() => undefined);
  return { heard, transcript, path, asked: server.asked, shares, report: context.report };
}

/** The text of a form's field. */
function field(asked: Asked | undefined, name: string): string | undefined {
  return new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(asked?.body.toString("latin1") ?? "")?.[1];
}

describe("a transcript", () => {
  test("says who heard it, and what", async () => {
    const answer = () => said(" Hello there. \n");
    const { transcript, path, report, asked, shares } = await run({ answer, model: "openai/whisper-1" });
    const kind = "audio.transcription";
    expect(transcript).toEqual({ path, text: "Hello there.", kind, provider: "openai", model: "whisper-1" });
    expect(report.inputs).toEqual([{ path, mimeType: "audio/mpeg" }]);
    expect(asked.map((one) => one.path)).toEqual(["/v1/audio/transcriptions"]);
    expect(asked[0]?.body.toString("latin1")).toContain('filename="recording.mp3"');
    expect(asked[0]?.body.includes(Buffer.from(RECORDINGS.mp3.bytes))).toBe(true);
    expect(shares.at(-1)).toBe(1);
  });

  test.each(["", " \n"])("of silence (%p) is none", async (text) => {
    const error = await rejection((await run({ answer: () => said(text) })).heard);
    expect(error.type).toBe("empty_result");
    expect(error.details.hint).toContain("--language");
  });

  test("has the config's length, with no letter cut in two", async () => {
    const answer = () => said("Hello 👋 there");
    const { transcript, report, path } = await run({ answer, audio: { maxChars: 7 } });
    expect(transcript?.text).toBe("Hello");
    expect(report.warnings).toEqual([`${path}: the transcript was cut to 7 characters, as the config says.`]);
  });

  test("that was cut has no times, and one for subtitles is not cut", async () => {
    const audio = { maxChars: 7 };
    const cut = await run({ answer: timed, provider: "groq", times: "wanted", fallback: [], audio });
    // The config's terms are not for whom argv names.
    expect(cut.transcript?.text).toBe("Hello there.");
    const models = [{ provider: "groq" }];
    const wanted = await run({ answer: timed, times: "wanted", audio: { ...audio, models } });
    expect(wanted.transcript).toMatchObject({ text: "Hello t", durationSeconds: 0.6 });
    expect(wanted.transcript).not.toHaveProperty("segments");
    const needed = await run({ answer: timed, times: "needed", audio: { ...audio, models } });
    expect(needed.transcript?.text).toBe("Hello there.");
    expect(needed.transcript?.segments).toHaveLength(1);
    expect(needed.report.warnings).toEqual([]);
  });
});

describe("hints", () => {
  const audio = { language: "fr", prompt: "Noms", models: [{ provider: "openai", model: "whisper-1" }] };

  test("the user's come before the config's", async () => {
    const config = await run({ audio });
    expect([field(config.asked[0], "language"), field(config.asked[0], "prompt")]).toEqual(["fr", "Noms"]);
    const argv = await run({ audio, language: "de", prompt: " Ada " });
    expect([field(argv.asked[0], "language"), field(argv.asked[0], "prompt")]).toEqual(["de", "Ada"]);
  });

  test("that a vendor does not take are told, where the user gave them", async () => {
    const ignored = async (world: World) => (await run(world)).report.ignoredOverrides;
    const senseaudio = { provider: "senseaudio" };
    expect(await ignored({ ...senseaudio, prompt: "Ada" })).toEqual([{ key: "prompt", value: "Ada" }]);
    expect(await ignored({ audio: { prompt: "Ada", models: [senseaudio] } })).toEqual([]);
  });
});

describe("times", () => {
  test("are not asked for where nobody wants them", async () => {
    const { asked, transcript } = await run({ answer: timed, model: "openai/whisper-1" });
    expect(field(asked[0], "response_format")).toBeUndefined();
    expect(transcript?.segments).toBeUndefined();
  });

  test.each(["wanted", "needed"] as const)("%s, of a model that tells them", async (times) => {
    const { asked, transcript } = await run({ answer: timed, model: "openai/whisper-1", times });
    expect(field(asked[0], "response_format")).toBe("verbose_json");
    expect(transcript).toMatchObject({ language: "english", durationSeconds: 0.6, segments: [{ start: 0, end: 0.6 }] });
    expect(transcript?.segments?.[0]?.words).toEqual(TIMED.words);
  });

  test("wanted, of a model that tells none", async () => {
    const { transcript, report } = await run({ model: "openai/gpt-4o-transcribe", times: "wanted" });
    expect(transcript?.text).toBe("Hello there.");
    expect(transcript?.segments).toBeUndefined();
    expect(report.warnings).toEqual([]);
  });

  test("of a server that only the config knows: asked for where they are needed, and only there", async () => {
    const wanted = await run({ model: "mine/hear", times: "wanted" });
    expect(field(wanted.asked[0], "response_format")).toBeUndefined();
    expect(wanted.transcript?.text).toBe("Hello there.");
    const needed = await run({ answer: timed, model: "mine/hear", times: "needed" });
    expect(field(needed.asked[0], "response_format")).toBe("verbose_json");
  });

  test("needed, of nobody in particular: the vendor's model that tells them, with a warning", async () => {
    const { asked, transcript, report } = await run({ answer: timed, provider: "openai", times: "needed" });
    expect(field(asked[0], "model")).toBe("whisper-1");
    expect(transcript?.model).toBe("whisper-1");
    expect(report).toMatchObject({ model: "whisper-1", attempts: [{ model: "whisper-1", outcome: "success" }] });
    expect(report.warnings).toEqual(["openai/gpt-4o-transcribe gives no times: whisper-1 was asked instead."]);
  });

  test.each<[string, World]>([
    ["--model", { model: "openai/gpt-4o-mini-transcribe" }],
    ["--model of the default's name", { model: "openai/gpt-4o-transcribe" }],
    ["--fallback", { provider: "groq", file: "aac", fallback: ["openai/gpt-4o-transcribe"] }],
    ["the config", { audio: { models: [{ provider: "openai", model: "gpt-4o-mini-transcribe" }] } }],
    ["the config, the default's", { audio: { models: [{ provider: "openai", model: "gpt-4o-transcribe" }] } }],
    ["the config, with its provider", { audio: { models: [{ model: "openai/gpt-4o-transcribe" }] } }],
  ])("needed, of a model that %s names: no other is asked in its place", async (_, world) => {
    const { heard, asked } = await run({ ...world, times: "needed" });
    const error = await rejection(heard);
    expect(error.type).toBe("usage");
    expect(error.message).toContain("gives no times, and subtitles need them.");
    if (!world.fallback) expect(error.details.hint).toStartWith("Use --model openai/whisper-1");
    expect(asked).toEqual([]);
  });

  test("needed, and the next candidate tells them", async () => {
    const refs = { model: "openai/gpt-4o-transcribe", fallback: ["groq/whisper-large-v3"] };
    const { transcript, report } = await run({ answer: timed, ...refs, times: "needed" });
    expect(transcript).toMatchObject({ provider: "groq", model: "whisper-large-v3" });
    expect(report.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "success"]);
  });

  test("needed, and the vendor sends none", async () => {
    const error = await rejection((await run({ model: "openai/whisper-1", times: "needed" })).heard);
    expect(error).toMatchObject({ type: "provider_error" });
  });

  test("of Mistral cost the language: they are taken only where they are needed", async () => {
    const { asked } = await run({ provider: "mistral", times: "wanted", language: "de" });
    expect([field(asked[0], "language"), field(asked[0], "timestamp_granularities")]).toEqual(["de", undefined]);
    const { asked: needed, report } = await run({
      answer: timed,
      provider: "mistral",
      times: "needed",
      language: "de",
    });
    expect([field(needed[0], "language"), field(needed[0], "timestamp_granularities")]).toEqual([undefined, "segment"]);
    expect(report.ignoredOverrides).toEqual([{ key: "language", value: "de" }]);
  });
});

describe("before anything is sent", () => {
  test("a file over the vendor's limit", async () => {
    // Bytes that are not there take no room.
    const { heard, asked } = await run({ provider: "senseaudio", size: 11 * 1024 * 1024 });
    const error = await rejection(heard);
    expect(error.type).toBe("usage");
    expect(error.message).toContain("SenseAudio takes at most 10");
    expect(error.details.hint).toContain("deepgram");
    expect(asked).toEqual([]);
  });

  test("a file of a kind that the vendor does not take; the next one is still tried", async () => {
    const alone = await run({ provider: "openai", file: "aac" });
    const error = await rejection(alone.heard);
    expect(error.message).toBe(`${alone.path} is audio/aac, which OpenAI does not take.`);
    expect(error).toMatchObject({ type: "usage" });
    expect(error.details.hint).toContain("mp3");
    expect(alone.asked).toEqual([]);
    const { transcript, asked } = await run({ provider: "openai", file: "aac", fallback: ["mine/hear"] });
    expect(transcript).toMatchObject({ provider: "mine", model: "hear" });
    expect(asked).toHaveLength(1);
  });

  test("a file over the config's limit; the next one is still tried", async () => {
    const models = [{ provider: "openai", maxBytes: 100 }, { provider: "groq" }];
    const alone = await run({ audio: { models: models.slice(0, 1) } });
    const error = await rejection(alone.heard);
    const size = RECORDINGS.mp3.bytes.length;
    expect(error).toMatchObject({ type: "usage" });
    expect(error.message).toStartWith(`${alone.path} has ${size} bytes: the config allows (maxBytes) `);
    expect(error.message).toContain("100 bytes");
    expect(error.details.hint).toContain("ffmpeg");
    expect(alone.asked).toEqual([]);
    const { transcript } = await run({ audio: { models } });
    expect(transcript).toMatchObject({ provider: "groq" });
  });
});

describe.skipIf(process.platform === "win32")("a program of the config", () => {
  const program = (script: string, args: string[] = []) => ({
    models: [{ type: "cli", command: "/bin/sh", args: ["-c", script, "sh", ...args] }],
  });

  test("prints what it hears", async () => {
    const script = 'echo "heard $(wc -c < "$1"), $2"';
    const audio = program(script, ["{{MediaPath}}", "{{Prompt}}"]);
    const { transcript, report } = await run({ audio, prompt: "Ada" });
    expect(transcript).toMatchObject({ provider: "cli", model: "/bin/sh" });
    expect(transcript?.text.replace(/\s+/g, " ")).toBe(`heard ${RECORDINGS.mp3.bytes.length}, Ada`);
    expect(report.ignoredOverrides).toEqual([]);
  });

  test("is told what it takes, and the rest is reported", async () => {
    const audio = program("echo heard");
    const { report } = await run({ audio, prompt: "Ada", language: "de" });
    expect(report.ignoredOverrides.map(({ value }) => value)).toEqual(["de", "Ada"]);
    const told = await run({ audio: program('echo "$1"', ["{{Language}}"]), language: "de" });
    expect(told.transcript?.text).toBe("de");
    expect(told.report.ignoredOverrides).toEqual([]);
  });

  test("tells no times", async () => {
    const error = await rejection((await run({ audio: program("echo heard"), times: "needed" })).heard);
    expect(error).toMatchObject({ type: "usage", message: "/bin/sh gives no times, and subtitles need them." });
  });
});
