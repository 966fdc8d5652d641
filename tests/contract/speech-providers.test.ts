import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Context } from "../../src/core/context.ts";
import type { SpeechOutput } from "../../src/core/envelope.ts";
import { envelopeSchema } from "../../src/core/envelope-schema.ts";
import { beginStream, chunk, FaultServer } from "../hazards/fault-server.ts";
import { endlessWavHeader, RECORDINGS, samples, wavContent } from "../support/audio.ts";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";
import {
  SPEECH_VENDORS,
  type SpeechAsked,
  type SpeechVendor,
  speechVendor,
  ssmlText,
  VENDOR_KEY,
} from "../support/speech-vendors.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** sox needs a library for it. */
const PLAYS_MP3 = Boolean(Bun.which("sox")) && / mp3 /.test(Bun.spawnSync(["sox", "--help"]).stdout.toString());
const FACTS = `${import.meta.dir}/../../../shared/facts/provider-facts.json`;
/** What XML, JSON and shells trip over. */
const TEXT = 'Zoë & Jürgen said: "3 < 4" — それは本当だ 🎉 isn\'t it?';

type Format = "mp3" | "wav" | "opus" | "flac" | "aac" | "pcm";

/** One provider as the facts and its vendor have it: every expectation is written out. */
interface Row {
  /** The facts' provider; the server is that vendor's. */
  id: string;
  /** The facts' first variable for a key. */
  env?: string;
  /** The facts' default model; `null` where the API has none. */
  model: string | null;
  /** Asked for when nothing else is wanted: OpenClaw's file format. */
  usual: Format;
  /** What the vendor can write, or what bare samples of it become. */
  formats: readonly Format[];
  /** What is in the request with the facts' defaults, as far as it is not checked by the vendor. */
  asked: Record<string, unknown>;
  voice: { flag: string; seen: (body: unknown) => unknown };
  /** OpenClaw calls its usual format a voice message's on every channel. */
  voiceMessage?: true;
  /** Its refusals come with a 200, and without a time to wait. */
  waitsInSilence?: true;
  /** The vendor is asked for a longer text in parts of at most so much. */
  longest?: true;
}

const at =
  (...keys: string[]) =>
  (body: unknown) =>
    keys.reduce((value, key) => (value as Record<string, unknown>)?.[key], body);

const ROWS: readonly Row[] = [
  {
    id: "openai",
    env: "OPENAI_API_KEY",
    model: "gpt-4o-mini-tts",
    usual: "mp3",
    formats: ["mp3", "wav", "opus", "flac", "aac", "pcm"],
    asked: { model: "gpt-4o-mini-tts", voice: "coral", response_format: "mp3" },
    voice: { flag: "sage", seen: at("voice") },
    longest: true,
  },
  {
    id: "elevenlabs",
    env: "ELEVENLABS_API_KEY",
    model: "eleven_multilingual_v2",
    usual: "mp3",
    formats: ["mp3", "wav", "opus", "pcm"],
    asked: { model_id: "eleven_multilingual_v2" },
    voice: { flag: "21m00Tcm4TlvDq8ikWAM", seen: () => "21m00Tcm4TlvDq8ikWAM" },
    longest: true,
  },
  {
    id: "azure-speech",
    env: "AZURE_SPEECH_KEY",
    model: null,
    usual: "mp3",
    formats: ["mp3", "wav", "opus", "pcm"],
    asked: {},
    voice: { flag: "en-GB-SoniaNeural", seen: (body) => /<voice[^>]* name=["']([^"']*)/.exec(String(body))?.[1] },
    longest: true,
  },
  {
    id: "microsoft",
    voiceMessage: true,
    model: null,
    usual: "mp3",
    formats: ["mp3"],
    asked: {},
    voice: { flag: "en-GB-SoniaNeural", seen: (body) => /<voice[^>]* name=["']([^"']*)/.exec(String(body))?.[1] },
    longest: true,
  },
  {
    id: "google",
    env: "GEMINI_API_KEY",
    model: "gemini-3.1-flash-tts-preview",
    usual: "wav",
    formats: ["wav", "pcm"],
    asked: {
      generationConfig: {
        responseModalities: ["AUDIO"],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
      },
    },
    voice: {
      flag: "Puck",
      seen: at("generationConfig", "speechConfig", "voiceConfig", "prebuiltVoiceConfig", "voiceName"),
    },
    longest: true,
  },
  {
    id: "gradium",
    env: "GRADIUM_API_KEY",
    model: null,
    usual: "wav",
    formats: ["wav", "opus", "pcm"],
    asked: { voice_id: "YTpq7expH9539ERJ", only_audio: true, output_format: "wav" },
    voice: { flag: "LFZvm12tW_z0xfGo", seen: at("voice_id") },
  },
  {
    id: "inworld",
    env: "INWORLD_API_KEY",
    model: "inworld-tts-1.5-max",
    usual: "mp3",
    formats: ["mp3", "opus", "pcm"],
    asked: { voiceId: "Sarah", modelId: "inworld-tts-1.5-max" },
    voice: { flag: "Dennis", seen: at("voiceId") },
    longest: true,
  },
  {
    id: "minimax",
    waitsInSilence: true,
    env: "MINIMAX_API_KEY",
    model: "speech-2.8-hd",
    usual: "mp3",
    formats: ["mp3", "wav", "flac", "pcm"],
    asked: { model: "speech-2.8-hd" },
    voice: { flag: "Wise_Woman", seen: at("voice_setting", "voice_id") },
    longest: true,
  },
  {
    id: "volcengine",
    env: "VOLCENGINE_TTS_API_KEY",
    // The facts' seed-tts-1.0 is a resource, which the server checks.
    model: null,
    usual: "mp3",
    formats: ["mp3", "opus", "pcm"],
    asked: {},
    voice: { flag: "en_male_adam_mars_bigtts", seen: at("req_params", "speaker") },
  },
  {
    id: "xai",
    env: "XAI_API_KEY",
    model: null,
    usual: "mp3",
    formats: ["mp3", "wav", "pcm"],
    asked: { voice_id: "eve", language: "en" },
    voice: { flag: "rex", seen: at("voice_id") },
    longest: true,
  },
  {
    id: "xiaomi",
    env: "XIAOMI_API_KEY",
    model: "mimo-v2.5-tts",
    usual: "mp3",
    formats: ["mp3", "wav"],
    asked: { model: "mimo-v2.5-tts", audio: { format: "mp3", voice: "mimo_default" } },
    voice: { flag: "Mia", seen: at("audio", "voice") },
  },
  {
    id: "openrouter",
    voiceMessage: true,
    env: "OPENROUTER_API_KEY",
    model: "hexgrad/kokoro-82m",
    usual: "mp3",
    formats: ["mp3", "pcm"],
    asked: { model: "hexgrad/kokoro-82m", voice: "af_alloy", response_format: "mp3" },
    voice: { flag: "am_adam", seen: at("voice") },
  },
  {
    id: "deepinfra",
    voiceMessage: true,
    env: "DEEPINFRA_API_KEY",
    model: "hexgrad/Kokoro-82M",
    usual: "mp3",
    formats: ["mp3", "wav", "opus", "flac", "pcm"],
    asked: { model: "hexgrad/Kokoro-82M", voice: "af_bella", response_format: "mp3" },
    voice: { flag: "am_adam", seen: at("voice") },
  },
  {
    id: "vydra",
    env: "VYDRA_API_KEY",
    model: "elevenlabs/tts",
    usual: "mp3",
    formats: ["mp3"],
    asked: { voice_id: "21m00Tcm4TlvDq8ikWAM" },
    voice: { flag: "EXAVITQu4vr4xnSDxMaL", seen: at("voice_id") },
  },
  // The facts know no more of these two than that the vendors speak: the rest is contracts/mistral.json and deepgram.json.
  {
    id: "mistral",
    env: "MISTRAL_API_KEY",
    model: "voxtral-mini-tts-latest",
    usual: "mp3",
    formats: ["mp3", "wav", "opus", "flac"],
    asked: { model: "voxtral-mini-tts-latest", voice_id: "en_paul_neutral", response_format: "mp3" },
    voice: { flag: "gb_jane_neutral", seen: at("voice_id") },
    longest: true,
  },
  {
    id: "deepgram",
    env: "DEEPGRAM_API_KEY",
    model: null,
    usual: "mp3",
    formats: ["mp3", "wav", "opus", "flac", "aac", "pcm"],
    asked: {},
    voice: { flag: "aura-2-zeus-en", seen: () => "aura-2-zeus-en" },
    longest: true,
  },
];

const MIME: Record<Format, RegExp> = {
  mp3: /^audio\/mpeg$/,
  wav: /^audio\/(wav|x-wav|vnd\.wave)$/,
  opus: /^audio\/(ogg|opus)(; ?codecs=opus)?$/,
  flac: /^audio\/(x-)?flac$/,
  aac: /^audio\/aac$/,
  pcm: /^audio\/(pcm|L16)\b|^application\/octet-stream$/i,
};

let count = 0;

/** One `tts convert` of a provider that is pointed at a server by its config. */
async function convert(
  id: string,
  config: unknown,
  more: string[],
  world: { env?: Record<string, string>; sleep?: Context["sleep"]; fetch?: typeof fetch } = {},
) {
  count += 1;
  const place = folder.file(`run-${count}`);
  await mkdir(place, { recursive: true });
  const file = join(place, "openclaw.json");
  await writeFile(file, JSON.stringify(config));
  const argv = ["tts", "convert", "--provider", id, "--config", file, "--json", ...more];
  const run = await runInProcess(argv, { ...world, cwd: place, env: { HOME: place, ...world.env } });
  const envelope = v.parse(envelopeSchema, JSON.parse(run.stdout));
  expect(run.stdout + run.stderr).not.toContain(VENDOR_KEY);
  const [output] = envelope.outputs as SpeechOutput[];
  const bytes: Uint8Array = output ? await Bun.file(output.path).bytes() : new Uint8Array();
  return { ...run, envelope, output, bytes, place };
}

const byModels = (id: string, vendor: SpeechVendor) => ({
  models: { providers: { [id]: { baseUrl: vendor.baseUrl, apiKey: VENDOR_KEY } } },
});
const byTts = (id: string, vendor: SpeechVendor, more: object = {}) => ({
  messages: { tts: { providers: { [id]: { baseUrl: vendor.baseUrl, apiKey: VENDOR_KEY, ...more } } } },
});

describe.each(ROWS)("$id", (row) => {
  const { id } = row;

  test("speaks with the facts' defaults, pointed at by models.providers", async () => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byModels(id, vendor), ["--text", TEXT, "--output", `hello.${row.usual}`]);
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken).toEqual([TEXT]);
    const { body } = vendor.seen.at(-1) ?? {};
    if (Object.keys(row.asked).length > 0) expect(body).toMatchObject(row.asked);
    expect(run.envelope).toMatchObject({ ok: true, capability: "tts.convert", transport: "local", provider: id });
    if (row.model) expect(run.envelope.model).toBe(row.model);
    expect(run.envelope.attempts).toHaveLength(1);
    expect(run.output?.path).toBe(join(run.place, `hello.${row.usual}`));
    expect(run.output?.format).toBe(row.usual);
    expect(run.output?.mimeType).toMatch(MIME[row.usual]);
    expect(run.output?.voiceCompatible).toBe(row.voiceMessage ?? false);
    expect(run.output?.size).toBe(run.bytes.length);
    expect(run.output?.sha256).toBe(new Bun.CryptoHasher("sha256").update(run.bytes).digest("hex"));
    if (row.usual === "mp3") expect(run.bytes).toEqual(RECORDINGS.mp3.bytes.slice());
    expect(run.exitCode).toBe(0);
  });

  test("is pointed at by messages.tts.providers too, with the key of the environment", async () => {
    await using vendor = speechVendor(id);
    const config = { messages: { tts: { providers: { [id]: { baseUrl: vendor.baseUrl } } } } };
    const env: Record<string, string> = row.env ? { [row.env]: VENDOR_KEY } : {};
    const run = await convert(id, config, ["--text", "Sentence 7."], { env });
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken).toEqual(["Sentence 7."]);
    expect(run.output?.path).toEndWith(`.${row.usual}`);
    expect(run.output?.format).toBe(row.usual);
  });

  test("--voice is what the vendor is asked for", async () => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byTts(id, vendor), ["--text", "Hello", "--voice", row.voice.flag]);
    expect(run.envelope.error).toBeNull();
    expect(row.voice.seen(vendor.seen.at(-1)?.body)).toBe(row.voice.flag);
    if (id === "elevenlabs" || id === "deepgram") expect(vendor.seen.at(-1)?.path).toContain(row.voice.flag);
  });

  test.each([...row.formats])("--format %s", async (format) => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byTts(id, vendor), [
      "--text",
      "Sentence 123.",
      "--format",
      format,
      "--output",
      `f.${format}`,
    ]);
    expect(run.envelope.error).toBeNull();
    expect(run.output?.path).toBe(join(run.place, `f.${format}`));
    expect(run.output?.format).toBe(format);
    expect(run.output?.mimeType).toMatch(MIME[format]);
    if (format === "wav") {
      const content = wavContent(run.bytes);
      expect(content.samples.length / content.sampleRate).toBeCloseTo(0.15, 3);
      expect(new Set(content.samples)).toEqual(new Set([123]));
    } else if (format === "pcm") {
      expect(new Set(new Int16Array(run.bytes.slice().buffer))).toEqual(new Set([123]));
    } else {
      expect(run.bytes).toEqual(RECORDINGS[format].bytes);
    }
  });

  if (id !== "microsoft")
    test("401: exit 3, and the vendor's words where it has any", async () => {
      await using vendor = speechVendor(id);
      const config = { models: { providers: { [id]: { baseUrl: vendor.baseUrl, apiKey: "sk-another-key-0001" } } } };
      const run = await convert(id, config, ["--text", "Hello"]);
      expect(run.envelope.error).toMatchObject({ type: "auth", provider: id });
      if (id !== "azure-speech") expect(run.envelope.error?.message).toContain("The API key is not valid.");
      expect(run.stdout + run.stderr).not.toContain("sk-another-key-0001");
      expect(run.exitCode).toBe(3);
      expect(run.envelope.attempts).toHaveLength(1);
    });

  if (row.waitsInSilence)
    test("too many requests: three times, then rate_limited in the vendor's words", async () => {
      await using vendor = speechVendor(id);
      for (let n = 0; n < 3; n += 1) vendor.refuse(429, "Slow down, please.");
      const run = await convert(id, byTts(id, vendor), ["--text", "Hello"], { sleep: async () => {} });
      expect(run.envelope.error).toMatchObject({ type: "rate_limited" });
      expect(run.envelope.error?.message).toContain("Slow down, please.");
      expect(run.exitCode).toBe(5);
      expect(run.envelope.attempts).toHaveLength(3);
    });

  if (!row.waitsInSilence)
    test("429 with a wait that does not fit: at once, and says how long", async () => {
      await using vendor = speechVendor(id);
      vendor.refuse(429, "Slow down, please.", 3600);
      const run = await convert(id, byTts(id, vendor), ["--text", "Hello", "--timeout-ms", "20000"]);
      expect(run.envelope.error).toMatchObject({ type: "rate_limited" });
      if (id !== "microsoft") expect(run.envelope.error?.message).toContain("Slow down, please.");
      expect(run.envelope.error?.retryAfterMs).toBe(3_600_000);
      expect(run.exitCode).toBe(5);
      expect(vendor.spoken).toEqual([]);
    });

  test("400: the vendor's own words, once, and no file", async () => {
    await using vendor = speechVendor(id);
    vendor.refuse(400, "This voice is not in your plan.");
    const run = await convert(id, byTts(id, vendor), ["--text", "Hello", "--output", "no.mp3"]);
    expect(run.envelope.error?.type).toBe("provider_error");
    if (id !== "microsoft") expect(run.envelope.error?.message).toContain("This voice is not in your plan.");
    expect(run.exitCode).toBe(1);
    expect(run.envelope.outputs).toEqual([]);
    expect(await readdir(run.place)).toEqual(["openclaw.json"]);
    expect(vendor.spoken).toEqual([]);
    expect(run.envelope.attempts).toHaveLength(1);
  });
});

describe("100,000 characters", () => {
  const LONG = numbered(100_000);

  test.each(ROWS.map(({ id }) => id))(
    "%s speaks them all, in order, none over its limit",
    async (id) => {
      await using vendor = speechVendor(id);
      const run = await convert(id, byTts(id, vendor), ["--text", LONG]);
      expect(run.envelope.error).toBeNull();
      expect(inOrder(vendor.spoken).join(" ").replace(/\s+/g, " ")).toBe(LONG);
      const limited = ROWS.find((row) => row.id === id)?.longest;
      if (limited) expect(vendor.spoken.length).toBeGreaterThan(1);
      expect(new Set(vendor.spoken).size).toBe(vendor.spoken.length);
      expect(run.envelope.outputs).toHaveLength(1);
    },
    60_000,
  );

  test("the parts are joined in the order of the text", async () => {
    await using vendor = speechVendor("openai");
    const run = await convert("openai", byTts("openai", vendor), ["--text", LONG, "--format", "wav"]);
    expect(run.envelope.error).toBeNull();
    const firsts = inOrder(vendor.spoken).map((text) => Number(/\d+/.exec(text)?.[0]) % 32_768);
    const content = wavContent(run.bytes);
    expect(content.sampleRate).toBe(24_000);
    expect(content.samples.length).toBeGreaterThanOrEqual(firsts.length * 3600);
    expect(levels(content.samples)).toEqual(firsts);
  }, 60_000);

  test.skipIf(!PLAYS_MP3)(
    "sox plays the whole of a joined MP3 (skipped without sox)",
    async () => {
      await using vendor = speechVendor("openai");
      const run = await convert("openai", byTts("openai", vendor), ["--text", LONG]);
      const raw = Bun.spawnSync(["sox", run.output?.path ?? "", "-t", "raw", "-e", "signed", "-b", "16", "-"]).stdout;
      // Each part plays for 0.6 s.
      expect(raw.length / 2 / 24_000).toBeGreaterThan(vendor.spoken.length * 0.59);
      expect(raw.length / 2 / 24_000).toBeLessThan(vendor.spoken.length * 0.75);
    },
    60_000,
  );

  test.skipIf(!Bun.which("opusinfo"))(
    "opusinfo finds nothing wrong with joined Opus (skipped without opus-tools)",
    async () => {
      await using vendor = speechVendor("openai");
      const run = await convert("openai", byTts("openai", vendor), ["--text", LONG, "--format", "opus"]);
      expect(run.envelope.error).toBeNull();
      const told = Bun.spawnSync(["opusinfo", run.output?.path ?? ""]);
      const text = told.stdout.toString() + told.stderr.toString();
      expect(text).not.toMatch(/WARNING|ERROR/);
      const seconds = [...text.matchAll(/Playback length: (\d+)m:([\d.]+)s/g)].reduce(
        (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
        0,
      );
      expect(seconds).toBeGreaterThan(vendor.spoken.length * 0.59);
    },
    60_000,
  );

  test.each(["openai", "inworld", "azure-speech", "microsoft", "volcengine"])(
    "%s: a text without a space is cut between characters, not within them",
    async (id) => {
      await using vendor = speechVendor(id);
      // A family is one character of seven code points; nothing may come of its halves.
      const text = "語".repeat(3_000) + "👨‍👩‍👧‍👦".repeat(1_500) + "x".repeat(5_000);
      const run = await convert(id, byTts(id, vendor), ["--text", text]);
      expect(run.envelope.error).toBeNull();
      expect(vendor.spoken.join("").length).toBe(text.length);
      for (const part of vendor.spoken) {
        expect(part.isWellFormed()).toBe(true);
        expect(part).not.toMatch(/^\u200d|\u200d$/);
      }
    },
    60_000,
  );

  test("bare samples are one behind the other", async () => {
    await using vendor = speechVendor("openai");
    const run = await convert("openai", byTts("openai", vendor), ["--text", LONG, "--format", "pcm"]);
    expect(run.envelope.error).toBeNull();
    expect(run.bytes.length).toBeGreaterThanOrEqual(vendor.spoken.length * 7200);
    expect(run.bytes.length % 2).toBe(0);
  }, 60_000);

  test("FLAC cannot be joined without a decoder: refused before anything is paid for", async () => {
    await using vendor = speechVendor("openai");
    const run = await convert("openai", byTts("openai", vendor), ["--text", LONG, "--format", "flac"]);
    expect(run.envelope.error?.type).toBe("usage");
    expect(run.exitCode).toBe(2);
    expect(vendor.seen).toEqual([]);
  });

  test("a part that fails leaves no file, and is not hidden", async () => {
    await using vendor = speechVendor("openai");
    const config = byTts("openai", vendor);
    const whole = await convert("openai", config, ["--text", LONG]);
    expect(whole.envelope.ok).toBe(true);
    vendor.refuse(400, "The seventh part is not nice.");
    const run = await convert("openai", config, ["--text", LONG, "--output", "no.mp3"]);
    expect(run.envelope.ok).toBe(false);
    expect(run.envelope.error?.message).toContain("The seventh part is not nice.");
    expect(await readdir(run.place)).toEqual(["openclaw.json"]);
  }, 60_000);
});

describe("vendors' own ways", () => {
  test("volcengine of before: an app id and a token", async () => {
    await using vendor = speechVendor("volcengine-legacy");
    const volcengine = { appId: "app-1", token: VENDOR_KEY, baseUrl: vendor.baseUrl };
    const run = await convert("volcengine", { messages: { tts: { providers: { volcengine } } } }, ["--text", TEXT]);
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken).toEqual([TEXT]);
    expect(run.bytes).toEqual(RECORDINGS.mp3.bytes.slice());
  });

  test("azure-speech: an endpoint that has the path already", async () => {
    await using vendor = speechVendor("azure-speech");
    const baseUrl = `${vendor.baseUrl}/cognitiveservices/v1`;
    const tts = { providers: { "azure-speech": { baseUrl, apiKey: VENDOR_KEY } } };
    const run = await convert("azure-speech", { messages: { tts } }, ["--text", "Hello"]);
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken).toEqual(["Hello"]);
  });

  test.each(["/v1", "/anthropic"])("minimax: the base URL of its text, %s, is that of its speech too", async (path) => {
    await using vendor = speechVendor("minimax");
    const minimax = { baseUrl: vendor.baseUrl + path, apiKey: VENDOR_KEY };
    const run = await convert("minimax", { models: { providers: { minimax } } }, ["--text", "Hello"]);
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken).toEqual(["Hello"]);
  });

  test("a WAV whose header was written before its length was known has its length in the file", async () => {
    await using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => new Response(Buffer.concat([endlessWavHeader(), samples(3600, 9)])),
    });
    const openai = { baseUrl: `http://127.0.0.1:${server.port}/v1`, apiKey: VENDOR_KEY };
    const run = await convert("openai", { models: { providers: { openai } } }, ["--text", "Hi", "--format", "wav"]);
    expect(run.envelope.error).toBeNull();
    expect(wavContent(run.bytes).samples).toHaveLength(3600);
  });

  test.each([
    ["nothing", ""],
    ["no audio", "<html>maintenance</html>"],
  ])("an answer of %s is an empty result and leaves no file", async (_, body) => {
    await using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(body) });
    const openai = { baseUrl: `http://127.0.0.1:${server.port}/v1`, apiKey: VENDOR_KEY };
    const run = await convert("openai", { models: { providers: { openai } } }, ["--text", "Hi", "--output", "x.mp3"]);
    expect(run.envelope.error?.type).toBe("empty_result");
    expect(run.exitCode).toBe(9);
    expect(await readdir(run.place)).toEqual(["openclaw.json"]);
  });

  test.each([
    ["google", "mp3"],
    ["mistral", "pcm"],
    ["vydra", "wav"],
    ["xiaomi", "opus"],
  ])("%s has no %s: refused before anything is sent", async (id, format) => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byTts(id, vendor), ["--text", "Hello", "--format", format]);
    expect(run.envelope.error?.type).toBe("usage");
    expect(run.exitCode).toBe(2);
    expect(vendor.seen).toEqual([]);
  });

  test.each([
    ["openai", "2", at("speed"), 2],
    ["elevenlabs", "1.1", at("voice_settings", "speed"), 1.1],
    ["minimax", "1.5", at("voice_setting", "speed"), 1.5],
    ["xai", "1.2", at("speed"), 1.2],
    ["deepinfra", "2", at("speed"), 2],
  ])("%s: --speed %s", async (id, speed, seen, value) => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byTts(id, vendor), ["--text", "Hello", "--speed", speed]);
    expect(run.envelope.error).toBeNull();
    expect(run.envelope.ignoredOverrides ?? []).toEqual([]);
    expect(seen(vendor.seen[0]?.body)).toBe(value);
  });

  test("deepgram: a rate and a voice are in the query, and the text alone in the body", async () => {
    await using vendor = speechVendor("deepgram");
    const run = await convert("deepgram", byTts("deepgram", vendor), ["--text", "Hello", "--speed", "1.25"]);
    expect(run.envelope.error).toBeNull();
    expect(run.envelope.ignoredOverrides ?? []).toEqual([]);
    expect(vendor.seen).toMatchObject([
      { path: "/v1/speak?encoding=mp3&model=aura-2-thalia-en&speed=1.25", body: { text: "Hello" } },
    ]);
  });

  test("deepgram: a voice named as a model is told where voices are named", async () => {
    await using vendor = speechVendor("deepgram");
    const model = ["--model", "deepgram/aura-2-zeus-en"];
    const run = await convert("deepgram", byTts("deepgram", vendor), ["--text", "Hello", ...model]);
    expect(run.envelope.error?.type).toBe("usage");
    expect(run.envelope.error?.hint).toContain("--voice");
    expect(vendor.seen).toEqual([]);
  });

  test("mistral: there is no member for a rate or for instructions", async () => {
    await using vendor = speechVendor("mistral");
    const more = ["--speed", "1.5", "--instructions", "Whisper."];
    const run = await convert("mistral", byTts("mistral", vendor), ["--text", "Hello", ...more]);
    expect(run.envelope.error).toBeNull();
    expect(run.envelope.ignoredOverrides).toEqual([
      { key: "speed", value: 1.5 },
      { key: "instructions", value: "Whisper." },
    ]);
  });

  test("openai itself: --instructions, and a model that cannot be told", async () => {
    await using vendor = speechVendor("openai");
    const redirected = (url: string | URL | Request, init?: RequestInit) =>
      fetch(String(url).replace("https://api.openai.com/v1", vendor.baseUrl), init);
    const world = { env: { OPENAI_API_KEY: VENDOR_KEY }, fetch: Object.assign(redirected, { preconnect() {} }) };
    const told = await convert("openai", {}, ["--text", "Hello", "--instructions", "Whisper."], world);
    expect(told.envelope.error).toBeNull();
    expect(vendor.seen[0]?.body).toMatchObject({ instructions: "Whisper." });
    const model = ["--model", "openai/tts-1"];
    const untold = await convert("openai", {}, ["--text", "Hi", "--instructions", "Whisper.", ...model], world);
    expect(untold.envelope.ignoredOverrides).toEqual([{ key: "instructions", value: "Whisper." }]);
    expect(vendor.seen[1]?.body).not.toHaveProperty("instructions");
  });

  test("volcengine of before: an app id and a token in the environment", async () => {
    await using vendor = speechVendor("volcengine-legacy");
    const config = { messages: { tts: { providers: { volcengine: { baseUrl: vendor.baseUrl } } } } };
    const env = { VOLCENGINE_TTS_APPID: "app-1", VOLCENGINE_TTS_TOKEN: VENDOR_KEY };
    const run = await convert("volcengine", config, ["--text", TEXT], { env });
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken).toEqual([TEXT]);
    expect(run.bytes).toEqual(RECORDINGS.mp3.bytes.slice());
  });

  test("volcengine of before: 1024 bytes at a time", async () => {
    await using vendor = speechVendor("volcengine-legacy");
    const volcengine = { appId: "app-1", token: VENDOR_KEY, baseUrl: vendor.baseUrl };
    const long = numbered(5_000);
    const env = { VOLCENGINE_TTS_APPID: "app-1", VOLCENGINE_TTS_TOKEN: VENDOR_KEY };
    const run = await convert("volcengine", { messages: { tts: { providers: { volcengine } } } }, ["--text", long], {
      env,
    });
    expect(run.envelope.error).toBeNull();
    expect(inOrder(vendor.spoken).join(" ").replace(/\s+/g, " ")).toBe(long);
    expect(vendor.spoken.length).toBeGreaterThan(4);
  });
});

describe("for a channel whose voice messages are Opus, the vendor is asked for that", () => {
  test.each([
    ["openai", (seen: SpeechAsked) => at("response_format")(seen.body), "opus"],
    ["elevenlabs", ({ path }: SpeechAsked) => /output_format=(\w+)/.exec(path)?.[1], "opus_48000_64"],
    [
      "azure-speech",
      ({ headers }: SpeechAsked) => headers.get("x-microsoft-outputformat"),
      "ogg-24khz-16bit-mono-opus",
    ],
    ["gradium", (seen: SpeechAsked) => at("output_format")(seen.body), "opus"],
    ["inworld", (seen: SpeechAsked) => at("audioConfig", "audioEncoding")(seen.body), "OGG_OPUS"],
    ["volcengine", (seen: SpeechAsked) => at("req_params", "audio_params", "format")(seen.body), "ogg_opus"],
    ["mistral", (seen: SpeechAsked) => at("response_format")(seen.body), "opus"],
    ["deepgram", ({ path }: SpeechAsked) => /encoding=(\w+)/.exec(path)?.[1], "opus"],
  ])("%s --channel telegram", async (id, form, wanted) => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byTts(id, vendor), ["--text", "Hello", "--channel", "telegram"]);
    expect(run.envelope.error).toBeNull();
    const [seen] = vendor.seen;
    expect(seen && form(seen)).toBe(wanted);
    expect(run.output).toMatchObject({ format: "opus", voiceCompatible: true });
    expect(run.output?.path).toMatch(/\.(opus|ogg)$/);
    expect(run.bytes).toEqual(RECORDINGS.opus.bytes.slice());
  });
});

describe("answers that are not what they should be", () => {
  const half = RECORDINGS.mp3.bytes.slice(0, 2000).toBase64();

  /** `tts convert` of a provider whose every answer is this one. */
  async function answered(id: string, prefix: string, answer: () => Response) {
    await using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
    const baseUrl = `http://127.0.0.1:${server.port}${prefix}`;
    const config = { messages: { tts: { providers: { [id]: { baseUrl, apiKey: VENDOR_KEY } } } } };
    const run = await convert(id, config, ["--text", "Hello", "--output", "x.mp3"], { sleep: async () => {} });
    expect(run.envelope.outputs).toEqual([]);
    expect(await readdir(run.place)).toEqual(["openclaw.json"]);
    return run.envelope.error;
  }
  const lines = (...all: object[]) => new Response(all.map((line) => `${JSON.stringify(line)}\n`).join(""));

  test("inworld: an error behind the first piece", async () => {
    const error = { code: 13, message: "The voice went away.", details: [] };
    const said = await answered("inworld", "", () => lines({ result: { audioContent: half } }, { error }));
    expect(said).toMatchObject({ type: "provider_error" });
    expect(said?.message).toContain("The voice went away.");
  });

  test("inworld: a refusal for its key inside a stream", async () => {
    const error = { code: 16, message: "Invalid credentials.", details: [] };
    expect((await answered("inworld", "", () => lines({ error })))?.type).toBe("auth");
  });

  test("volcengine: a stream that ends without its last frame", async () => {
    const said = await answered("volcengine", "/api/v3/tts/unidirectional", () => lines({ code: 0, data: half }));
    expect(said).not.toBeNull();
  });

  test("volcengine: an error in a frame of a 200", async () => {
    const frame = { code: 45_000_001, message: "The speaker is unknown.", data: null };
    const said = await answered("volcengine", "/api/v3/tts/unidirectional", () =>
      lines({ code: 0, data: half }, frame),
    );
    expect(said?.message).toContain("The speaker is unknown.");
  });

  test.each([
    [1004, "login fail", "auth"],
    [2049, "invalid api key", "auth"],
    [1008, "insufficient balance", "rate_limited"],
    [1026, "The text has sensitive words.", "refused"],
    [2013, "invalid params, voice id wrong", "provider_error"],
  ])("minimax: status %d in a 200", async (status_code, status_msg, type) => {
    const said = await answered("minimax", "", () => Response.json({ base_resp: { status_code, status_msg } }));
    expect(said?.message).toContain(status_msg);
    expect(said?.type as string).toBe(type);
  });

  test("google: a block is a refusal, and an answer without audio an empty result", async () => {
    const blocked = await answered("google", "/v1beta", () =>
      Response.json({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }),
    );
    expect(blocked?.type).toBe("refused");
    const words = { candidates: [{ content: { parts: [{ text: "Hello" }] }, finishReason: "STOP" }] };
    expect((await answered("google", "/v1beta", () => Response.json(words)))?.type).toBe("empty_result");
  });

  test("mistral: a document without audio", async () => {
    expect((await answered("mistral", "/v1", () => Response.json({ audio_data: "" })))?.type).toBe("empty_result");
  });

  test("xiaomi: a message without audio", async () => {
    const silent = { choices: [{ message: { role: "assistant", content: "" } }] };
    expect((await answered("xiaomi", "/v1", () => Response.json(silent)))?.type).toMatch(/empty_result|provider_error/);
  });

  test("vydra: an address that is none of the web's", async () => {
    const said = await answered("vydra", "/api/v1", () => Response.json({ audioUrl: "file:///etc/passwd" }));
    expect(said?.type).toMatch(/refused|provider_error|empty_result/);
    expect(said?.message).not.toContain("root:");
  });

  test("elevenlabs: a body that breaks off", async () => {
    await using server = await FaultServer.start((socket) => {
      beginStream(socket, "audio/mpeg");
      chunk(socket, Buffer.from(RECORDINGS.mp3.bytes.slice(0, 1000)).toString("latin1"));
      socket.end();
    });
    const elevenlabs = { baseUrl: server.url, apiKey: VENDOR_KEY };
    const config = { models: { providers: { elevenlabs } } };
    const run = await convert("elevenlabs", config, ["--text", "Hi", "--output", "x.mp3"], { sleep: async () => {} });
    expect(run.envelope.error?.type).toBe("network");
    expect(run.envelope.attempts).toHaveLength(1);
    expect(await readdir(run.place)).toEqual(["openclaw.json"]);
  });

  test("microsoft: a socket that closes before the turn is over", async () => {
    await using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("", { status: 426 })),
      websocket: { message: (socket) => void socket.close(1000) },
    });
    const microsoft = { baseUrl: `ws://127.0.0.1:${server.port}/edge/v1` };
    const config = { messages: { tts: { providers: { microsoft } } } };
    const run = await convert("microsoft", config, ["--text", "Hi", "--output", "x.mp3"], { sleep: async () => {} });
    expect(run.envelope.ok).toBe(false);
    expect(await readdir(run.place)).toEqual(["openclaw.json"]);
  });
});

describe("tts voices", () => {
  /** The list that is printed, of a provider that may ask only where the config points. */
  async function voices(id: string, config: unknown) {
    count += 1;
    const place = folder.file(`run-${count}`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, "openclaw.json"), JSON.stringify(config));
    const here = (url: string | URL | Request, init?: RequestInit) => {
      if (!/^https?:\/\/127\.0\.0\.1:/.test(String(url))) throw new Error(`asked ${url}`);
      return fetch(url, init);
    };
    const run = await runInProcess(["tts", "voices", "--provider", id, "--json", "--config", "openclaw.json"], {
      cwd: place,
      env: { HOME: place, PATH: process.env.PATH ?? "" },
      fetch: Object.assign(here, { preconnect() {} }),
    });
    expect(run.stdout + run.stderr).not.toContain(VENDOR_KEY);
    expect(run.exitCode).toBe(0);
    return JSON.parse(run.stdout) as { id: string; name?: string }[];
  }

  test.each([
    [
      "elevenlabs",
      [
        { id: "21m00Tcm4TlvDq8ikWAM", name: "Rachel", category: "premade" },
        { id: "pMsXgVXv3BLzUgSXRplE", name: "Serena", category: "premade", description: "Soft." },
      ],
    ],
    [
      "azure-speech",
      [{ id: "en-US-JennyNeural", name: "Jenny", locale: "en-US", gender: "Female", personalities: ["Warm"] }],
    ],
    ["inworld", [{ id: "Sarah", name: "Sarah", description: "Fast.", locale: "en-US", gender: "female" }]],
    [
      "microsoft",
      [{ id: "en-US-MichelleNeural", locale: "en-US", gender: "Female", personalities: ["Friendly", "Pleasant"] }],
    ],
    [
      "mistral",
      [
        { id: "en_paul_neutral", name: "Paul - Neutral", description: "neutral", locale: "en-US", gender: "male" },
        { id: "a3e8f2b1-4c9d-4a6b-8e2f-1c3d5e7a9b0c", name: "my-voice", locale: "en" },
      ],
    ],
  ])("%s is asked for them", async (id, wanted) => {
    await using vendor = speechVendor(id);
    const found = await voices(id, byTts(id, vendor));
    expect(found).toHaveLength(wanted.length);
    expect(found).toMatchObject(wanted);
    expect(vendor.seen).toHaveLength(1);
  });

  test.skipIf(!existsSync(FACTS))(
    "the others' are known without asking (skipped without ../shared/facts)",
    async () => {
      interface Listed {
        capability: string;
        provider: string;
        method: string | null;
        response: (string | { id: string; name: string })[];
      }
      const { records } = (await Bun.file(FACTS).json()) as { records: Listed[] };
      const all = records.filter(({ capability }) => capability === "tts.voices");
      expect(all).toHaveLength(15);
      const known = all.filter(({ method }) => method === null);
      expect(known).toHaveLength(11);
      for (const { provider, response } of known) {
        const found = await voices(provider, {});
        for (const voice of response) {
          const wanted = typeof voice === "string" ? { id: voice } : voice;
          expect([provider, found.find(({ id }) => id === wanted.id)]).toMatchObject([provider, wanted]);
        }
      }
    },
  );
});

describe("text that XML cannot hold", () => {
  test.each(["azure-speech", "microsoft"])("%s is not sent control characters", async (id) => {
    await using vendor = speechVendor(id);
    const run = await convert(id, byTts(id, vendor), ["--text", "One\u0007 two ]]> three\ufffe <!-- four -->"]);
    expect(run.envelope.error).toBeNull();
    expect(vendor.spoken.join(" ")).toMatch(/^One ?\ufffd? two \]\]> three ?\ufffd? ?<!-- four -->$/);
  });
});

describe.skipIf(process.platform === "win32")("tts-local-cli (skipped on Windows)", () => {
  /** A program as people write them: the text from its arguments or stdin, the audio to a file or stdout. */
  async function program(body: string) {
    count += 1;
    const script = folder.file(`speak-${count}.sh`);
    const [tone, said] = [folder.file("tone.wav"), folder.file(`said-${count}`)];
    await writeFile(tone, RECORDINGS.wav.bytes);
    await writeFile(script, `#!/bin/sh\nTONE='${tone}' SAID='${said}'\n${body}\n`);
    await chmod(script, 0o755);
    return { script, said: () => Bun.file(said).text() };
  }
  const config = (settings: object) => ({ messages: { tts: { providers: { "tts-local-cli": settings } } } });

  test("the text as an argument, the audio in the file that it is told", async () => {
    const { script, said } = await program('printf %s "$1" > "$SAID"; cp "$TONE" "$2"');
    const settings = { command: script, args: ["{{Text}}", "{{OutputPath}}"], outputFormat: "wav" };
    const run = await convert("tts-local-cli", config(settings), ["--text", "Is it 3 < 4?", "--output", "x.wav"], {
      env: { PATH: process.env.PATH ?? "" },
    });
    expect(run.envelope.error).toBeNull();
    expect(await said()).toBe("Is it 3 < 4?");
    expect(run.envelope.provider).toBe("tts-local-cli");
    expect(run.output).toMatchObject({ path: join(run.place, "x.wav"), format: "wav", voiceCompatible: false });
    expect(run.bytes).toEqual(RECORDINGS.wav.bytes);
  });

  test("the text on stdin, the audio on stdout", async () => {
    const { script, said } = await program('cat > "$SAID"; cat "$TONE"');
    const run = await convert("cli", config({ command: script, outputFormat: "wav" }), ["--text", "Hello"], {
      env: { PATH: process.env.PATH ?? "" },
    });
    expect(run.envelope.error).toBeNull();
    expect(await said()).toBe("Hello");
    expect(run.bytes).toEqual(RECORDINGS.wav.bytes);
  });

  test("a program that fails: its own words", async () => {
    const { script } = await program('echo "no voice named bob" >&2; exit 3');
    const run = await convert("tts-local-cli", config({ command: script }), ["--text", "Hello"], {
      env: { PATH: process.env.PATH ?? "" },
    });
    expect(run.envelope.error?.message).toContain("no voice named bob");
    expect(run.envelope.ok).toBe(false);
  });
});

describe("the vendors of this test", () => {
  test.each([...SPEECH_VENDORS])("%s answers nobody without its key, and nothing elsewhere", async (id) => {
    await using vendor = speechVendor(id);
    const origin = new URL(vendor.baseUrl.replace(/^ws/, "http")).origin;
    const lost = await fetch(`${origin}/nowhere`, { method: "POST", body: "{}" });
    if (id !== "minimax") expect(lost.ok).toBe(false);
    expect(vendor.spoken).toEqual([]);
  });

  // Azure's and Microsoft's requests are no documents: see the test of SSML.
  test.each(ROWS.map(({ id }) => id).filter((id) => !/azure|microsoft/.test(id)))(
    "%s is strict: the same request with one member more, or of another type, is not spoken",
    async (id) => {
      await using vendor = speechVendor(id);
      await convert(id, byTts(id, vendor), ["--text", "Hello"]);
      const [seen] = vendor.seen;
      const body = seen?.body as Record<string, unknown>;
      const again = (document: unknown, headers = seen?.headers ?? new Headers()) => {
        const kept = [...headers].filter(([name]) => /^(authorization|x-.*|xi-.*|api-key|content-type)$/.test(name));
        const url = new URL(vendor.baseUrl).origin + seen?.path;
        return fetch(url, { method: "POST", headers: Object.fromEntries(kept), body: JSON.stringify(document) });
      };
      await again(body);
      expect(vendor.spoken).toEqual(["Hello", "Hello"]);
      await again({ ...body, surprise: 1 });
      for (const name of Object.keys(body)) await again({ ...body, [name]: 7 });
      await again(body, new Headers({ "content-type": "application/json" }));
      expect(vendor.spoken).toHaveLength(2);
    },
  );

  test("openai takes what its documentation shows, and not what it does not know", async () => {
    await using vendor = speechVendor("openai");
    const ask = (body: object) =>
      fetch(`${vendor.baseUrl}/audio/speech`, {
        method: "POST",
        headers: { authorization: `Bearer ${VENDOR_KEY}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const good = { model: "tts-1", voice: "alloy", input: "The quick brown fox jumped over the lazy dog." };
    const answer = await ask(good);
    expect(answer.status).toBe(200);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(RECORDINGS.mp3.bytes.slice());
    for (const bad of [{ voice: 7 }, { speed: 5 }, { format: "mp3" }, { input: "x".repeat(4097) }])
      expect((await ask({ ...good, ...bad })).status).toBe(400);
    expect(vendor.spoken).toEqual([good.input]);
  });

  test("deepgram takes the combinations of its documentation, and no others", async () => {
    await using vendor = speechVendor("deepgram");
    const ask = async (query: string) => {
      const answer = await fetch(`${vendor.baseUrl}/speak?${query}`, {
        method: "POST",
        headers: { authorization: `Token ${VENDOR_KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ text: "Hello" }),
      });
      return answer.status;
    };
    expect(await ask("model=aura-2-thalia-en&encoding=linear16&container=wav&sample_rate=24000&speed=0.9")).toBe(200);
    for (const bad of [
      "encoding=mp3",
      "model=thalia&encoding=mp3",
      "model=aura-2-thalia-en&encoding=mp3&container=wav",
      "model=aura-2-thalia-en&encoding=aac&sample_rate=24000",
      "model=aura-2-thalia-en&encoding=flac&sample_rate=24000",
      "model=aura-2-thalia-en&encoding=opus&container=none",
      "model=aura-2-thalia-en&encoding=mp3&speed=2",
      "model=aura-2-thalia-en&encoding=mp3&voice=thalia",
    ])
      expect([bad, await ask(bad)]).toEqual([bad, 400]);
  });

  test("SSML is XML with a voice", () => {
    const speak = (inner: string) =>
      `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">${inner}</speak>`;
    expect(ssmlText(speak('<voice name="en-US-JennyNeural">a &amp; b &lt; c &#x1F389;</voice>'))).toBe("a & b < c 🎉");
    for (const bad of [
      "a",
      '<voice name="x">a & b</voice>',
      '<voice name="x">a < b</voice>',
      "<voice>a</voice>",
      "<voice",
    ])
      expect(() => ssmlText(speak(bad))).toThrow();
  });
});

describe("the table of this test against the facts", () => {
  interface Fact {
    capability: string;
    provider: string;
    in_openclaw: boolean;
    env: string[] | null;
    base_url: string | null;
    default_model: string | null;
  }
  const present = existsSync(FACTS);
  const facts = async (): Promise<Fact[]> =>
    ((await Bun.file(FACTS).json()) as { records: Fact[] }).records.filter(
      ({ capability }) => capability === "tts.convert",
    );

  test.skipIf(!present)("every record is driven here (skipped without ../shared/facts)", async () => {
    const names = (await facts()).map(({ provider }) => provider).toSorted();
    expect(names).toHaveLength(17);
    expect([...ROWS.map(({ id }) => id), "tts-local-cli"].toSorted()).toEqual(names);
    const servers = new Set(SPEECH_VENDORS);
    expect(ROWS.filter(({ id }) => !servers.has(id))).toEqual([]);
  });

  test.skipIf(!present)("variables and models are theirs (skipped without ../shared/facts)", async () => {
    const records = new Map((await facts()).map((record) => [record.provider, record]));
    for (const { id, env, model } of ROWS) {
      const record = records.get(id);
      // Of what OpenClaw does not have, the facts tell neither.
      if (!record?.in_openclaw) continue;
      if (env) expect(record.env ?? []).toContain(env);
      if (model) expect(record.default_model).toStartWith(model);
    }
  });
});

/** Sentences of which each is told by its number. */
function numbered(length: number): string {
  const sentences: string[] = [];
  for (let n = 1, size = 0; size < length; n += 1) {
    const sentence = `Sentence ${n} says that Zoë & Jürgen paid ${n + 0.5} € for <${n}> cafés.`;
    sentences.push(sentence);
    size += sentence.length + 1;
  }
  return sentences.join(" ");
}

/** Requests may be under way together: as the text has them, by the number that each begins with. */
function inOrder(spoken: readonly string[]): string[] {
  return spoken.toSorted((a, b) => first(a) - first(b));
}

function first(text: string): number {
  return Number(/^\D*(\d+)/.exec(text)?.[1] ?? Number.NaN);
}

/** The values that samples keep for a while: silence between the parts, and their soft ends, are left out. */
function levels(all: Int16Array): number[] {
  const found: number[] = [];
  for (let at = 0, end = 0; at < all.length; at = end) {
    end = at + 1;
    while (end < all.length && all[end] === all[at]) end += 1;
    if (all[at] !== 0 && end - at > 2400) found.push(all[at] ?? 0);
  }
  return found;
}
