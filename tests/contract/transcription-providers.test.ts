import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Context } from "../../src/core/context.ts";
import type { Envelope } from "../../src/core/envelope.ts";
import { envelopeSchema } from "../../src/core/envelope-schema.ts";
import { RECORDINGS } from "../support/audio.ts";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";
import {
  TRANSCRIPT,
  TRANSCRIPTION_VENDORS,
  type TranscriptionVendor,
  transcriptionVendor,
  VENDOR_KEY,
} from "../support/transcription-vendors.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const FACTS = `${import.meta.dir}/../../../shared/facts/provider-facts.json`;

type Kind = keyof typeof RECORDINGS;

/** One provider as the facts and its vendor have it: every expectation is written out. */
interface Row {
  /** The facts' provider; the server is that vendor's. */
  id: string;
  /** The facts' first variable for a key. */
  env: string;
  model: string;
  /** The fields with the facts' defaults; a list is what a field has to be one of. */
  asked: Record<string, string>;
  /** Where `--language en` goes; `null` where the vendor is told in words or not at all. */
  language: string | null;
  /** Where `--prompt` goes; `null` where the vendor has no such thing. */
  prompt: string | null;
  /** Whether its answers tell times: as segments, or of words alone. */
  times: "segments" | "words" | null;
  /** What it takes, besides MP3. */
  takes: readonly Kind[];
}

const ROWS: readonly Row[] = [
  {
    id: "openai",
    env: "OPENAI_API_KEY",
    model: "gpt-4o-transcribe",
    asked: { model: "gpt-4o-transcribe" },
    language: "language",
    prompt: "prompt",
    times: "segments",
    takes: ["wav", "opus", "flac", "m4a", "webm"],
  },
  {
    id: "groq",
    env: "GROQ_API_KEY",
    model: "whisper-large-v3-turbo",
    asked: { model: "whisper-large-v3-turbo" },
    language: "language",
    prompt: "prompt",
    times: "segments",
    takes: ["wav", "opus", "flac", "m4a", "webm"],
  },
  {
    id: "xai",
    env: "XAI_API_KEY",
    model: "grok-stt",
    asked: {},
    language: "language",
    prompt: null,
    times: "words",
    takes: ["wav", "opus", "flac", "aac", "m4a"],
  },
  {
    id: "deepgram",
    env: "DEEPGRAM_API_KEY",
    model: "nova-3",
    asked: { model: "nova-3" },
    language: "language",
    prompt: null,
    times: "words",
    takes: ["wav", "opus", "flac", "aac", "m4a", "webm"],
  },
  {
    id: "openrouter",
    env: "OPENROUTER_API_KEY",
    model: "openai/whisper-large-v3-turbo",
    asked: { model: "openai/whisper-large-v3-turbo" },
    language: "language",
    prompt: null,
    times: "segments",
    takes: ["wav", "opus", "flac", "aac", "m4a", "webm"],
  },
  {
    id: "google",
    env: "GEMINI_API_KEY",
    model: "gemini-3-flash-preview",
    asked: {},
    language: null,
    prompt: null,
    times: null,
    takes: ["wav", "opus", "flac", "aac", "m4a", "webm"],
  },
  {
    id: "senseaudio",
    env: "SENSEAUDIO_API_KEY",
    model: "senseaudio-asr-pro-1.5-260319",
    asked: { model: "senseaudio-asr-pro-1.5-260319" },
    language: "language",
    prompt: null,
    times: "segments",
    takes: ["wav", "opus", "flac", "aac", "m4a"],
  },
  {
    id: "elevenlabs",
    env: "ELEVENLABS_API_KEY",
    model: "scribe_v2",
    asked: { model_id: "scribe_v2" },
    language: "language_code",
    prompt: null,
    times: "words",
    takes: ["wav", "opus", "flac", "aac", "m4a", "webm"],
  },
  {
    id: "deepinfra",
    env: "DEEPINFRA_API_KEY",
    model: "openai/whisper-large-v3-turbo",
    asked: { model: "openai/whisper-large-v3-turbo" },
    language: "language",
    prompt: "prompt",
    times: "segments",
    takes: ["wav", "flac", "m4a"],
  },
  {
    id: "mistral",
    env: "MISTRAL_API_KEY",
    model: "voxtral-mini-latest",
    asked: { model: "voxtral-mini-latest" },
    language: "language",
    prompt: null,
    times: "segments",
    takes: ["wav", "opus", "flac", "m4a"],
  },
];

let count = 0;

/** One `audio transcribe` of a provider that is pointed at a server by its config. */
async function transcribe(
  id: string,
  config: unknown,
  more: string[],
  world: { env?: Record<string, string>; kind?: Kind; sleep?: Context["sleep"] } = {},
) {
  count += 1;
  const place = folder.file(`run-${count}`);
  await mkdir(place, { recursive: true });
  const file = join(place, "openclaw.json");
  await writeFile(file, JSON.stringify(config));
  const recording = RECORDINGS[world.kind ?? "mp3"];
  await writeFile(join(place, `tone.${recording.extension}`), recording.bytes);
  const argv = ["audio", "transcribe", "--provider", id, "--file", `tone.${recording.extension}`, "--config", file];
  const run = await runInProcess([...argv, ...more], {
    cwd: place,
    env: { HOME: place, ...world.env },
    ...(world.sleep && { sleep: world.sleep }),
  });
  expect(run.stdout + run.stderr).not.toContain(VENDOR_KEY);
  const envelope = (): Envelope => v.parse(envelopeSchema, JSON.parse(run.stdout));
  return { ...run, place, envelope };
}

const pointed = (id: string, vendor: TranscriptionVendor) => ({
  models: { providers: { [id]: { baseUrl: vendor.baseUrl, apiKey: VENDOR_KEY } } },
});

describe.each(ROWS)("$id", (row) => {
  const { id } = row;

  test("writes down an MP3 with the facts' defaults", async () => {
    await using vendor = transcriptionVendor(id);
    const run = await transcribe(id, pointed(id, vendor), ["--json"]);
    const envelope = run.envelope();
    expect(envelope.error).toBeNull();
    expect(vendor.seen).toHaveLength(1);
    const { file, fields = {}, path } = vendor.seen[0] ?? {};
    expect(file?.bytes).toEqual(Buffer.from(RECORDINGS.mp3.bytes));
    if (file?.mimeType) expect(file.mimeType).toMatch(/^audio\/(mpeg|mp3)$/);
    for (const [name, value] of Object.entries(row.asked)) expect(fields[name]).toEqual([value]);
    if (id === "google") expect(path).toContain("/models/gemini-3-flash-preview:");
    expect(envelope).toMatchObject({
      ok: true,
      capability: "audio.transcribe",
      transport: "local",
      provider: id,
      model: row.model,
    });
    expect(envelope.outputs).toHaveLength(1);
    expect(envelope.outputs[0]).toMatchObject({
      kind: "audio.transcription",
      path: join(run.place, "tone.mp3"),
      text: TRANSCRIPT,
      provider: id,
      model: row.model,
    });
    expect(envelope.attempts).toHaveLength(1);
    expect(run.exitCode).toBe(0);
  });

  test("prints the words alone; the key is the environment's", async () => {
    await using vendor = transcriptionVendor(id);
    const config = { models: { providers: { [id]: { baseUrl: vendor.baseUrl } } } };
    const run = await transcribe(id, config, [], { env: { [row.env]: VENDOR_KEY } });
    expect(run.stdout).toBe(`${TRANSCRIPT}\n`);
  });

  test.each([...row.takes])("takes %s, under a name that says so", async (kind) => {
    await using vendor = transcriptionVendor(id);
    const run = await transcribe(id, pointed(id, vendor), ["--json"], { kind });
    expect(run.envelope().error).toBeNull();
    expect(vendor.seen[0]?.file?.bytes).toEqual(Buffer.from(RECORDINGS[kind].bytes));
  });

  test("--language and --prompt go where the vendor has a place for them, or are said to be ignored", async () => {
    await using vendor = transcriptionVendor(id);
    const run = await transcribe(id, pointed(id, vendor), ["--json", "--language", "en", "--prompt", "Zoë"]);
    const envelope = run.envelope();
    expect(envelope.error).toBeNull();
    const { fields = {} } = vendor.seen[0] ?? {};
    const said = JSON.stringify(fields);
    const ignored = (envelope.ignoredOverrides ?? []).map(({ key }) => key);
    if (row.language) expect(fields[row.language]).toEqual(["en"]);
    if (row.prompt) expect(fields[row.prompt]).toEqual(["Zoë"]);
    if (row.prompt) expect(ignored).not.toContain("prompt");
    // Nothing is dropped in silence.
    expect(said.includes("Zoë") || ignored.includes("prompt")).toBe(true);
    expect(/\ben\b|english/i.test(said) || ignored.includes("language")).toBe(true);
  });

  test.each(["srt", "vtt"])("--format %s", async (format) => {
    await using vendor = transcriptionVendor(id);
    const run = await transcribe(id, pointed(id, vendor), ["--format", format]);
    if (row.times === null) {
      expect(run.exitCode).toBe(2);
      expect(run.stdout).toBe("");
      expect(vendor.seen).toEqual([]);
      return;
    }
    // Whisper tells times in the place of OpenAI's default model, which is said.
    if (id === "openai") expect(run.stderr).toContain("whisper-1");
    else expect(run.stderr).toBe("");
    expect(run.exitCode).toBe(0);
    const found = cues(run.stdout, format);
    expect(found.map(({ text }) => text).join(" ")).toBe(TRANSCRIPT);
    expect(found[0]?.start).toBe(0);
    expect(found.at(-1)?.end).toBe(3.25);
    for (const [index, cue] of found.entries()) {
      expect(cue.end).toBeGreaterThan(cue.start);
      expect(cue.start).toBeGreaterThanOrEqual(found[index - 1]?.end ?? 0);
    }
    if (row.times === "segments" && format === "srt")
      expect(run.stdout).toBe(
        "1\n00:00:00,000 --> 00:00:01,500\nOne two three.\n\n2\n00:00:01,500 --> 00:00:03,250\nFour five six.\n",
      );
  });

  test("401: exit 3, in the vendor's words", async () => {
    await using vendor = transcriptionVendor(id);
    const config = { models: { providers: { [id]: { baseUrl: vendor.baseUrl, apiKey: "sk-another-key-0001" } } } };
    const run = await transcribe(id, config, ["--json"]);
    const envelope = run.envelope();
    expect(envelope.error).toMatchObject({ type: "auth", provider: id, status: 401 });
    expect(envelope.error?.message).toContain("The API key is not valid.");
    expect(run.stdout + run.stderr).not.toContain("sk-another-key-0001");
    expect(run.exitCode).toBe(3);
    expect(vendor.seen).toHaveLength(1);
  });

  test("429 with a wait that does not fit: at once, and says how long", async () => {
    await using vendor = transcriptionVendor(id);
    vendor.refuse(429, "Slow down, please.", 3600);
    const run = await transcribe(id, pointed(id, vendor), ["--json", "--timeout-ms", "20000"]);
    const envelope = run.envelope();
    expect(envelope.error).toMatchObject({ type: "rate_limited", status: 429, retryAfterMs: 3_600_000 });
    expect(envelope.error?.message).toContain("Slow down, please.");
    expect(run.exitCode).toBe(5);
    expect(vendor.seen).toHaveLength(1);
  });

  test("429 with a short wait is asked again, with the whole recording", async () => {
    await using vendor = transcriptionVendor(id);
    vendor.refuse(429, "Slow down, please.", 1);
    const pauses: number[] = [];
    const sleep = async (ms: number) => void pauses.push(ms);
    const run = await transcribe(id, pointed(id, vendor), ["--json"], { sleep });
    expect(run.envelope().error).toBeNull();
    expect(pauses).toEqual([1000]);
    expect(run.envelope().attempts.map(({ outcome }) => outcome)).toEqual(["failed", "success"]);
    expect(vendor.seen[1]?.file?.bytes).toEqual(Buffer.from(RECORDINGS.mp3.bytes));
  });

  test("400: the vendor's own words, once", async () => {
    await using vendor = transcriptionVendor(id);
    vendor.refuse(400, "The audio could not be decoded.");
    const run = await transcribe(id, pointed(id, vendor), ["--json", "--output", "no.txt"]);
    const envelope = run.envelope();
    expect(envelope.error?.type).toBe("provider_error");
    expect(envelope.error?.message).toContain("The audio could not be decoded.");
    expect(run.exitCode).toBe(1);
    expect(vendor.seen).toHaveLength(1);
    expect((await readdir(run.place)).toSorted()).toEqual(["openclaw.json", "tone.mp3"]);
  });

  test("no words are an empty result", async () => {
    await using vendor = transcriptionVendor(id, async () => "  ");
    const run = await transcribe(id, pointed(id, vendor), ["--json"]);
    expect(run.envelope().error?.type).toBe("empty_result");
    expect(run.exitCode).toBe(9);
  });
});

describe("vendors' own ways", () => {
  test("openai: times come from whisper-1, which is asked in place of the default model", async () => {
    await using vendor = transcriptionVendor("openai");
    const run = await transcribe("openai", pointed("openai", vendor), ["--json", "--format", "srt"]);
    const envelope = run.envelope();
    expect(envelope.error).toBeNull();
    expect(vendor.seen[0]?.fields).toMatchObject({ model: ["whisper-1"], response_format: ["verbose_json"] });
    expect(envelope.model).toBe("whisper-1");
  });

  test("openai: a model that tells no times, named by the user, is refused before anything is sent", async () => {
    await using vendor = transcriptionVendor("openai");
    const config = pointed("openai", vendor);
    const run = await transcribe("openai", config, [
      "--json",
      "--format",
      "srt",
      "--model",
      "openai/gpt-4o-transcribe",
    ]);
    expect(run.envelope().error?.type).toBe("usage");
    expect(run.exitCode).toBe(2);
    expect(vendor.seen).toEqual([]);
  });

  test("openai takes no bare AAC: refused, or wrapped, but never sent under a wrong name", async () => {
    await using vendor = transcriptionVendor("openai");
    const run = await transcribe("openai", pointed("openai", vendor), ["--json"], { kind: "aac" });
    expect(run.envelope().error?.type).toBe("usage");
    expect(vendor.seen).toEqual([]);
  });

  test("senseaudio takes no WebM", async () => {
    await using vendor = transcriptionVendor("senseaudio");
    const run = await transcribe("senseaudio", pointed("senseaudio", vendor), ["--json"], { kind: "webm" });
    expect(run.envelope().error?.type).toBe("usage");
    expect(vendor.seen).toEqual([]);
  });

  test("a wrong name is put right by the content", async () => {
    await using vendor = transcriptionVendor("groq");
    const place = folder.file("wrong-name");
    await mkdir(place, { recursive: true });
    await writeFile(join(place, "openclaw.json"), JSON.stringify(pointed("groq", vendor)));
    await writeFile(join(place, "voice.mp3"), RECORDINGS.m4a.bytes);
    const argv = ["audio", "transcribe", "--provider", "groq", "--file", "voice.mp3", "--config", "openclaw.json"];
    const run = await runInProcess([...argv, "--json"], { cwd: place, env: { HOME: place } });
    expect(v.parse(envelopeSchema, JSON.parse(run.stdout)).error).toBeNull();
    expect(vendor.seen[0]?.file?.filename).toMatch(/\.(m4a|mp4)$/);
  });

  test("tools.media.audio of the config: deepgram's options are in its query", async () => {
    await using vendor = transcriptionVendor("deepgram");
    const providerOptions = { deepgram: { smart_format: true, detect_language: true } };
    const config = { ...pointed("deepgram", vendor), tools: { media: { audio: { providerOptions } } } };
    const run = await transcribe("deepgram", config, ["--json"]);
    expect(run.envelope().error).toBeNull();
    expect(vendor.seen[0]?.fields).toMatchObject({ smart_format: ["true"], detect_language: ["true"] });
  });

  test("--output takes the form that its name ends in", async () => {
    await using vendor = transcriptionVendor("groq");
    const run = await transcribe("groq", pointed("groq", vendor), ["--output", "talk.srt"]);
    expect(run.stderr).toBe("");
    expect(await Bun.file(join(run.place, "talk.srt")).text()).toStartWith("1\n00:00:00,000 --> 00:00:01,500\n");
  });
});

describe("answers that are not what they should be", () => {
  async function answered(id: string, prefix: string, answer: unknown, ...more: string[]) {
    await using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json(answer) });
    const provider = { baseUrl: `http://127.0.0.1:${server.port}${prefix}`, apiKey: VENDOR_KEY };
    const run = await transcribe(id, { models: { providers: { [id]: provider } } }, ["--json", ...more]);
    expect(run.envelope().ok).toBe(false);
    expect((await readdir(run.place)).toSorted()).toEqual(["openclaw.json", "tone.mp3"]);
    return run.envelope().error;
  }

  test.each([
    ["openai", "/v1", { transcript: "wrong member" }],
    ["deepgram", "/v1", { metadata: {} }],
    ["elevenlabs", "", []],
    ["openrouter", "/api/v1", { text: 7 }],
    ["xai", "/v1", null],
    ["google", "/v1beta", { candidates: "none" }],
  ])("%s: another document", async (id, prefix, answer) => {
    expect((await answered(id, prefix, answer))?.type).toMatch(/provider_error|empty_result/);
  });

  test("google: a block is a refusal", async () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } };
    expect((await answered("google", "/v1beta", blocked))?.type).toBe("refused");
  });

  test.each([
    ["xai", "/v1", { text: TRANSCRIPT, language: "", duration: 3.25 }],
    ["groq", "/openai/v1", { text: TRANSCRIPT }],
  ])("%s: subtitles without the times of the answer are no success", async (id, prefix, answer) => {
    expect((await answered(id, prefix, answer, "--format", "srt", "--output", "talk.srt"))?.type).toMatch(
      /provider_error|empty_result/,
    );
  });

  test("a 200 that is an error", async () => {
    const error = { code: 502, message: "The provider behind us is down." };
    expect((await answered("openrouter", "/api/v1", { error }))?.message).toContain("The provider behind us is down.");
  });
});

describe("what is no recording", () => {
  test.each([
    ["text", "This is no sound at all, whatever its name says."],
    ["nothing", ""],
  ])("%s is refused before anything is sent", async (_, content) => {
    await using vendor = transcriptionVendor("openai");
    count += 1;
    const place = folder.file(`run-${count}`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, "openclaw.json"), JSON.stringify(pointed("openai", vendor)));
    await writeFile(join(place, "voice.mp3"), content);
    const argv = ["audio", "transcribe", "--provider", "openai", "--file", "voice.mp3", "--config", "openclaw.json"];
    const run = await runInProcess([...argv, "--json"], { cwd: place, env: { HOME: place } });
    expect(v.parse(envelopeSchema, JSON.parse(run.stdout)).error?.type).toBe("usage");
    expect(run.exitCode).toBe(2);
    expect(vendor.seen).toEqual([]);
  });
});

describe("the vendors of this test", () => {
  test.each([...TRANSCRIPTION_VENDORS])("%s answers nobody without its key, and nothing elsewhere", async (id) => {
    await using vendor = transcriptionVendor(id);
    expect((await fetch(`${new URL(vendor.baseUrl).origin}/nowhere`, { method: "POST", body: "{}" })).status).toBe(404);
  });

  test("openai reads a form as browsers write it, and looks into it", async () => {
    await using vendor = transcriptionVendor("openai");
    const ask = async (fields: Record<string, string>, name = "tone.wav") => {
      const form = new FormData();
      for (const [field, value] of Object.entries(fields)) form.append(field, value);
      form.append("file", new Blob([RECORDINGS.wav.bytes.slice()]), name);
      const headers = { authorization: `Bearer ${VENDOR_KEY}` };
      return fetch(`${vendor.baseUrl}/audio/transcriptions`, { method: "POST", headers, body: form });
    };
    const answer = await ask({ model: "whisper-1", response_format: "verbose_json" });
    expect(await answer.json()).toMatchObject({ text: TRANSCRIPT, duration: 3.25 });
    expect(vendor.seen[0]?.file?.bytes).toEqual(Buffer.from(RECORDINGS.wav.bytes));
    expect((await ask({})).status).toBe(400);
    expect((await ask({ model: "whisper-1", lang: "en" })).status).toBe(400);
    expect((await ask({ model: "gpt-4o-transcribe", response_format: "srt" })).status).toBe(400);
    expect((await ask({ model: "whisper-1" }, "tone.mp3")).status).toBe(400);
    expect((await ask({ model: "whisper-1" }, "tone")).status).toBe(400);
  });
});

describe("the table of this test against the facts", () => {
  interface Fact {
    capability: string;
    provider: string;
    env: string[] | null;
    default_model: string | null;
  }
  const present = existsSync(FACTS);

  test.skipIf(!present)("every record is driven here, with its model (skipped without ../shared/facts)", async () => {
    const { records } = (await Bun.file(FACTS).json()) as { records: Fact[] };
    const facts = records.filter(({ capability }) => capability === "audio.transcribe");
    expect(facts).toHaveLength(10);
    expect(ROWS.map(({ id }) => id).toSorted()).toEqual(facts.map(({ provider }) => provider).toSorted());
    for (const { id, env, model } of ROWS) {
      const fact = facts.find(({ provider }) => provider === id);
      expect([id, fact?.env?.[0], fact?.default_model]).toEqual([id, env, model]);
    }
  });
});

/** The cues of subtitles, in seconds; throws when a line is neither. */
function cues(subtitles: string, format: string): { start: number; end: number; text: string }[] {
  const blocks = subtitles.trimEnd().split("\n\n");
  if (format === "vtt" && blocks.shift() !== "WEBVTT") throw new Error("no WEBVTT");
  const time = format === "srt" ? /^(\d\d):(\d\d):(\d\d),(\d{3})$/ : /^(?:(\d\d):)?(\d\d):(\d\d)\.(\d{3})$/;
  const seconds = (text = ""): number => {
    const parts = time.exec(text);
    if (!parts) throw new Error(`no time: ${text}`);
    const [hours = 0, minutes = 0, whole = 0, thousandths = 0] = parts.slice(1).map((part) => Number(part ?? 0));
    return hours * 3600 + minutes * 60 + whole + thousandths / 1000;
  };
  return blocks.map((block, index) => {
    const lines = block.split("\n");
    if (format === "srt" && lines.shift() !== String(index + 1)) throw new Error(`no number: ${block}`);
    const [start, end] = (lines.shift() ?? "").split(" --> ");
    return { start: seconds(start), end: seconds(end), text: lines.join(" ") };
  });
}
