import { describe, expect, test } from "bun:test";
import { type SpeechWish, speechTerms } from "../../../src/capabilities/speech/terms.ts";
import { isVoiceCompatible } from "../../../src/capabilities/speech/voice-note.ts";
import type { Candidate } from "../../../src/engine/candidates.ts";
import type { SpeechSettings } from "../../../src/engine/speech-choice.ts";
import { SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import type { SpeechService } from "../../../src/providers/types.ts";
import { failure } from "../../support/failure.ts";
import { known } from "../engine/selection.ts";

function service(id: string): SpeechService {
  const found = SPEECH_SERVICES[id];
  if (!found) throw new Error(`no speech through ${id}`);
  return found;
}

function speaker(
  id: string,
  speech: Partial<SpeechSettings> = {},
  model = service(id).defaultModel ?? null,
): Candidate {
  const provider = known({ id, speech: service(id) });
  return {
    provider,
    model,
    credential: null,
    headers: {},
    secrets: [],
    reason: "",
    speech: { options: {}, personaBinding: "none", ...speech },
  };
}

const terms = (id: string, wish: SpeechWish = {}, options: Record<string, unknown> = {}, text = "Hello") =>
  speechTerms(speaker(id, { options }), wish, text);

/** Two requests for gpt-4o-mini-tts. */
const LONG = "Hello there. ".repeat(400);

describe("the form of the audio", () => {
  test.each<[string, string, SpeechWish, Record<string, unknown>, string, string]>([
    ["the provider's own", "openai", {}, {}, "mp3", "mp3"],
    ["the provider's own, of Google", "google", {}, {}, "wav", "pcm"],
    ["--format", "elevenlabs", { format: "opus" }, {}, "opus", "opus_48000_64"],
    ["--format before --output", "openai", { format: "flac", likelyFormat: "wav" }, {}, "flac", "flac"],
    ["--output before the config", "openai", { likelyFormat: "wav" }, { responseFormat: "opus" }, "wav", "wav"],
    ["an --output that cannot be had", "xai", { likelyFormat: "opus" }, {}, "mp3", "mp3"],
    ["the config's responseFormat", "openai", {}, { responseFormat: "Opus" }, "opus", "opus"],
    [
      "the config's outputFormat, in the vendor's words",
      "elevenlabs",
      {},
      { outputFormat: "wav_24000" },
      "wav",
      "wav_24000",
    ],
    ["the config's format", "xiaomi", {}, { format: "wav" }, "wav", "wav"],
    ["the config before the channel", "openai", { channel: "telegram" }, { responseFormat: "wav" }, "wav", "wav"],
    ["the channel", "openai", { channel: "telegram" }, {}, "opus", "opus"],
    ["the channel, as somebody writes it", "openai", { channel: " WhatsApp " }, {}, "opus", "opus"],
    ["a channel where there is no Opus", "xai", { channel: "telegram" }, {}, "mp3", "mp3"],
    ["a channel without voice messages", "openai", { channel: "slack" }, {}, "mp3", "mp3"],
    ["--format before the channel", "openai", { channel: "telegram", format: "mp3" }, {}, "mp3", "mp3"],
  ])("%s", (_, id, wish, options, format, ask) => {
    expect(terms(id, wish, options)).toMatchObject({ format, form: { ask } });
  });

  test("bare samples where the vendor has no WAV", () => {
    expect(terms("inworld", { format: "wav" }).form).toEqual({ ask: "PCM", sampleRate: 48_000 });
  });

  test("a word that only the vendor knows is passed on, and names no form of ours", () => {
    const { format, form } = terms("elevenlabs", {}, { outputFormat: "mp3_22050_32" });
    expect({ format, form }).toEqual({ format: undefined, form: { ask: "mp3_22050_32" } });
  });

  test.each([
    ["elevenlabs", "outputFormat", "ulaw_8000"],
    ["elevenlabs", "outputFormat", "alaw_8000"],
    ["azure-speech", "outputFormat", "raw-8khz-8bit-mono-mulaw"],
    ["xai", "responseFormat", "mulaw"],
    ["xai", "format", "alaw"],
  ])("%s: a telephone's %s of %s is refused, unless another form is named", (id, name, word) => {
    for (const text of ["Hello", "Hello there. ".repeat(4000)]) {
      const error = failure(() => terms(id, {}, { [name]: word }, text));
      expect(error.type).toBe("usage");
      expect(error.message).toContain(`${name} of ${id} is "${word}"`);
      expect(error.details.hint).toContain("--format");
      expect(terms(id, { format: "mp3" }, { [name]: word }, text).format).toBe("mp3");
    }
  });

  test("a form of the config that the provider does not give is refused, too", () => {
    const error = failure(() => terms("mistral", {}, { responseFormat: "PCM" }));
    expect(error.type).toBe("usage");
    expect(error.message).toBe('responseFormat of mistral is "PCM", which it does not give.');
    expect(terms("mistral", { format: "wav" }, { responseFormat: "PCM" }).format).toBe("wav");
  });

  test("a telephone's sound in a WAV is a file", () => {
    const { form } = terms("azure-speech", {}, { outputFormat: "riff-8khz-8bit-mono-mulaw" });
    expect(form).toEqual({ ask: "riff-8khz-8bit-mono-mulaw" });
  });

  test("voiceNoteOutputFormat is for channels with voice messages", () => {
    const options = { voiceNoteOutputFormat: "ogg-48khz-16bit-mono-opus", outputFormat: "riff-24khz-16bit-mono-pcm" };
    expect(terms("azure-speech", { channel: "telegram" }, options).form.ask).toBe("ogg-48khz-16bit-mono-opus");
    expect(terms("azure-speech", {}, options).form.ask).toBe("riff-24khz-16bit-mono-pcm");
  });

  test("--format that the provider does not have", () => {
    const error = failure(() => terms("xai", { format: "opus" }));
    expect(error).toMatchObject({ type: "usage", message: "Mine gives no opus." });
    expect(error.details.hint).toBe("Use --format mp3 or wav or pcm.");
  });
});

describe("a text of several requests", () => {
  test.each<[string, SpeechWish, Record<string, unknown>, string]>([
    ["the usual form", {}, {}, "mp3"],
    ["an --output of flac", { likelyFormat: "flac" }, {}, "mp3"],
    ["a config of flac", {}, { responseFormat: "flac" }, "mp3"],
    ["a config of a word that nobody knows", {}, { responseFormat: "speex" }, "mp3"],
    ["a config of wav", {}, { responseFormat: "wav" }, "wav"],
    ["a channel", { channel: "telegram" }, {}, "opus"],
  ])("%s: one that can be joined", (_, wish, options, format) => {
    expect<string | undefined>(terms("openai", wish, options, LONG).format).toBe(format);
  });

  test.each([
    ["elevenlabs", "pcm_16000", 16_000],
    ["azure-speech", "raw-8khz-16bit-mono-pcm", 8000],
  ])("%s: %s of the config are bare samples", (id, outputFormat, sampleRate) => {
    const { format, form } = terms(id, {}, { outputFormat });
    expect<unknown>({ format, form }).toEqual({ format: "pcm", form: { ask: outputFormat, sampleRate } });
  });

  test("--format flac cannot be joined", () => {
    const error = failure(() => terms("openai", { format: "flac" }, {}, LONG));
    expect(error.type).toBe("usage");
    expect(error.message).toBe("Mine gives no flac for a text of this length: its parts could not be joined.");
    expect(error.details.hint).not.toContain("flac");
    expect(terms("openai", { format: "flac" }).format).toBe("flac");
  });

  test("a --format that cannot be had for any text has nothing to do with its length", () => {
    const error = failure(() => terms("microsoft", { format: "wav" }, {}, "Hello there. ".repeat(1000)));
    expect(error.message).toBe("Mine gives no wav.");
    expect(error.details.hint).toBe("Use --format mp3.");
  });

  test("the limit is the model's, in bytes or in characters", () => {
    expect(terms("openai").longest).toEqual({ bytes: 4096 });
    expect(speechTerms(speaker("openai", {}, "tts-1"), {}, "x").longest).toEqual({ characters: 4096 });
    expect(speechTerms(speaker("elevenlabs", {}, "eleven_v3"), {}, "x").longest).toEqual({ characters: 5000 });
    const chinese = "好".repeat(2000);
    expect(failure(() => terms("openai", { format: "flac" }, {}, chinese)).type).toBe("usage");
    expect(speechTerms(speaker("openai", {}, "tts-1"), { format: "flac" }, chinese).format).toBe("flac");
  });
});

describe("the voice", () => {
  test.each<[string, SpeechWish, Record<string, unknown>, string | undefined]>([
    ["openai", {}, {}, "coral"],
    ["openai", {}, { voice: " nova " }, "nova"],
    ["openai", { voice: "onyx" }, { voice: "nova" }, "onyx"],
    ["openai", {}, { voice: "  " }, "coral"],
    ["tts-local-cli", {}, {}, undefined],
  ])("%s %j %j: %s", (id, wish, options, voice) => {
    expect(terms(id, wish, options).voice).toBe(voice);
  });

  test.each<[string, SpeechWish, Record<string, unknown>, string]>([
    ["你好，世界。", {}, {}, "zh-CN-XiaoxiaoNeural"],
    ["Say 你好 to the whole world", {}, {}, "en-US-MichelleNeural"],
    ["Hello there", {}, {}, "en-US-MichelleNeural"],
    ["你好，世界。", { voice: "en-GB-SoniaNeural" }, {}, "en-GB-SoniaNeural"],
    ["你好，世界。", {}, { voice: "zh-CN-YunxiNeural" }, "zh-CN-YunxiNeural"],
  ])("Microsoft's for %s, %j %j: %s", (text, wish, options, voice) => {
    expect(terms("microsoft", wish, options, text).voice).toBe(voice);
  });

  test("Chinese has no special voice elsewhere", () => {
    expect(terms("openai", {}, {}, "你好，世界。").voice).toBe("coral");
  });
});

describe("the speed", () => {
  test.each<[string, SpeechWish, Record<string, unknown>, number | undefined, object[]]>([
    ["within the range", { speed: 1.2 }, {}, 1.2, []],
    ["too fast", { speed: 1.21 }, {}, undefined, [{ key: "speed", value: 1.21 }]],
    ["too slow", { speed: 0.5 }, {}, undefined, [{ key: "speed", value: 0.5 }]],
    ["the config's", {}, { speed: 0.9 }, 0.9, []],
    ["the config's, out of range: nobody asked just now", {}, { speed: 3 }, undefined, []],
    ["no number", {}, { speed: "fast" }, undefined, []],
    ["argv before the config", { speed: 1.1 }, { speed: 0.9 }, 1.1, []],
    ["argv that cannot be had is not replaced", { speed: 4 }, { speed: 0.9 }, undefined, [{ key: "speed", value: 4 }]],
  ])("%s", (_, wish, options, speed, ignored) => {
    expect(terms("elevenlabs", wish, options)).toMatchObject({ speed, ignored });
  });

  test("where there is none to ask for", () => {
    expect(terms("google", { speed: 1.5 })).toMatchObject({
      speed: undefined,
      ignored: [{ key: "speed", value: 1.5 }],
    });
  });
});

test("instructions: argv before the config", () => {
  expect(terms("openai", {}, { instructions: "softly" }).instructions).toBe("softly");
  expect(terms("openai", { instructions: "loudly" }, { instructions: "softly" }).instructions).toBe("loudly");
});

test("the persona and all of the config go along", () => {
  const persona = { id: "narrator", prompt: { style: "calm" } };
  const options = { seed: 7 };
  expect(speechTerms(speaker("openai", { persona, options }), {}, "x")).toMatchObject({ persona, options });
});

/** OpenClaw's: which files its channels send as voice messages. */
test.each<[string, string, string | undefined, boolean]>([
  ["openai", "opus", "telegram", true],
  ["openai", "opus", undefined, false],
  ["openai", "opus", "slack", false],
  ["openai", "mp3", "telegram", false],
  ["deepinfra", "mp3", undefined, true],
  ["deepinfra", "opus", "slack", true],
  ["deepinfra", "wav", "telegram", false],
  ["openrouter", "mp3", undefined, true],
  ["microsoft", "mp3", undefined, true],
  ["xai", "mp3", "telegram", false],
  ["elevenlabs", "opus", "Discord", true],
])("%s: %s for channel %p is a voice message: %p", (id, format, channel, expected) => {
  expect(isVoiceCompatible(service(id), format, channel)).toBe(expected);
});

test("Deepgram calls a voice a model", () => {
  const model = "aura-2-luna-en";
  expect(terms("deepgram", {}, { model }).voice).toBe(model);
  expect(terms("deepgram", {}, { model, voice: "aura-2-zeus-en" }).voice).toBe("aura-2-zeus-en");
  expect(terms("deepgram", { voice: "aura-2-apollo-en" }, { model }).voice).toBe("aura-2-apollo-en");
});
