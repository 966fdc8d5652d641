import { describe, expect, test } from "bun:test";
import { openaiTranscriptions } from "../../../src/protocols/openai-transcriptions.ts";
import type { TranscriptionRequest, TranscriptionRoute } from "../../../src/protocols/transcription-wire.ts";
import { failure } from "../../support/failure.ts";
import { MP3_PART, OPUS, sentForm, transcriptionRouteTo } from "../../support/recordings.ts";

const OPENAI = transcriptionRouteTo("openai");
const read = (json: unknown) => openaiTranscriptions.read(json, OPENAI);
const sent = (request: Partial<TranscriptionRequest>, route: TranscriptionRoute = OPENAI) =>
  sentForm(openaiTranscriptions, request, route);
const fieldsOf = async (provider: string, model: string, request: Partial<TranscriptionRequest>) =>
  (await sent(request, transcriptionRouteTo(provider, { model }))).fields;

describe("a recording", () => {
  test("is a file in a form, behind the model", async () => {
    expect(await sent({})).toEqual({
      method: "POST",
      url: "https://api.openai.com/v1/audio/transcriptions",
      contentType: "multipart/form-data; boundary=…",
      headers: {},
      fields: ["model=gpt-4o-transcribe"],
      last: MP3_PART,
      ignored: [],
    });
  });

  test("goes with its hints, the language as the bare code", async () => {
    const { fields, ignored } = await sent({ language: "en-US", prompt: "Ada, Babbage" });
    expect(fields).toEqual(["model=gpt-4o-transcribe", "language=en", "prompt=Ada, Babbage"]);
    expect(ignored).toEqual([]);
  });

  test("in Opus has the ending of its container, by which vendors tell files apart", async () => {
    const { last } = await sent({ audio: OPUS });
    expect(last).toEqual({ name: "file", value: "opus bytes", filename: "recording.ogg", mimeType: "audio/ogg" });
  });

  test.each([
    ["groq", "https://api.groq.com/openai/v1/audio/transcriptions", "whisper-large-v3-turbo"],
    ["mistral", "https://api.mistral.ai/v1/audio/transcriptions", "voxtral-mini-latest"],
    ["senseaudio", "https://api.senseaudio.cn/v1/audio/transcriptions", "senseaudio-asr-pro-1.5-260319"],
    ["deepinfra", "https://api.deepinfra.com/v1/openai/audio/transcriptions", "openai/whisper-large-v3-turbo"],
  ])("goes to %s at %s", async (provider, url, model) => {
    const told = await sent({}, transcriptionRouteTo(provider));
    expect({ url: told.url, fields: told.fields }).toEqual({ url, fields: [`model=${model}`] });
  });

  test("has the config's options, and what is asked for now comes before them", async () => {
    const options = { temperature: 0.2, language: "fr", prompt: "Curie" };
    const { fields } = await sent({ language: "de" }, { ...OPENAI, options });
    expect(fields).toEqual(["model=gpt-4o-transcribe", "temperature=0.2", "language=de", "prompt=Curie"]);
  });
});

describe("times", () => {
  const VERBOSE = [
    "response_format=verbose_json",
    "timestamp_granularities[]=segment",
    "timestamp_granularities[]=word",
  ];

  test.each([
    ["openai", "whisper-1"],
    ["groq", "whisper-large-v3-turbo"],
    ["deepinfra", "openai/whisper-large-v3"],
    ["senseaudio", "senseaudio-asr-pro-1.5-260319"],
  ])("%s is asked for them as Whisper is: %s", async (provider, model) => {
    expect(await fieldsOf(provider, model, { times: true })).toEqual([`model=${model}`, ...VERBOSE]);
  });

  test.each([
    ["openai", "gpt-4o-transcribe"],
    ["openai", "gpt-4o-mini-transcribe"],
    ["senseaudio", "sense-asr-lite"],
    ["senseaudio", "sense-asr-deepthink"],
  ])("%s is not asked for them of %s, which has none", async (provider, model) => {
    expect(await fieldsOf(provider, model, { times: true })).toEqual([`model=${model}`]);
  });

  test("come with speakers from the model that tells those apart", async () => {
    const route = transcriptionRouteTo("openai", { model: "gpt-4o-transcribe-diarize" });
    const { fields, ignored } = await sent({ times: true, language: "en", prompt: "Ada" }, route);
    expect(fields).toEqual([
      "model=gpt-4o-transcribe-diarize",
      "chunking_strategy=auto",
      "language=en",
      "response_format=diarized_json",
    ]);
    expect(ignored).toEqual([{ key: "prompt", value: "Ada" }]);
    // More than 30 seconds need a way to cut them, with times or without.
    expect((await sent({}, route)).fields).toEqual(["model=gpt-4o-transcribe-diarize", "chunking_strategy=auto"]);
  });

  test("take the place of the language at Mistral, which knows either", async () => {
    const route = transcriptionRouteTo("mistral");
    const { fields, ignored } = await sent({ times: true, language: "de-AT" }, route);
    expect(fields).toEqual(["model=voxtral-mini-latest", "timestamp_granularities=segment"]);
    expect(ignored).toEqual([{ key: "language", value: "de-AT" }]);
    const untimed = await sent({ language: "de-AT" }, route);
    expect(untimed.fields).toEqual(["model=voxtral-mini-latest", "language=de"]);
  });
});

test.each(["mistral", "senseaudio"])("%s has no field for a prompt, and it is told so", async (provider) => {
  const { fields, ignored } = await sent({ prompt: "Ada" }, transcriptionRouteTo(provider, { model: "m" }));
  expect(fields).toEqual(["model=m"]);
  expect(ignored).toEqual([{ key: "prompt", value: "Ada" }]);
});

describe("an answer", () => {
  test("is a text with the tokens that it took (OpenAI's example)", () => {
    const text = "Imagine the wildest idea that you've ever had.";
    const usage = {
      type: "tokens",
      input_tokens: 14,
      input_token_details: { text_tokens: 10, audio_tokens: 4 },
      output_tokens: 101,
      total_tokens: 115,
    };
    expect(read({ text, usage })).toEqual({
      text,
      usage: { inputTokens: 14, outputTokens: 101, totalTokens: 115 },
    });
  });

  test("may have times of segments and of words (OpenAI's example of verbose_json)", () => {
    const step = read({
      task: "transcribe",
      language: "english",
      duration: 8.470000267028809,
      text: "The beach was a popular spot on a hot summer day.",
      segments: [
        {
          id: 0,
          seek: 0,
          start: 0.0,
          end: 3.319999933242798,
          text: " The beach was a popular spot on a hot summer day.",
          tokens: [50364, 440, 7534],
          temperature: 0.0,
          avg_logprob: -0.2860786020755768,
          compression_ratio: 1.2363636493682861,
          no_speech_prob: 0.00985979475080967,
        },
      ],
      words: [
        { word: "The", start: 0, end: 0.23999999463558197 },
        { word: "beach", start: 0.23999999463558197, end: 0.5600000023841858 },
      ],
      usage: { type: "duration", seconds: 9 },
    });
    expect(step).toEqual({
      text: "The beach was a popular spot on a hot summer day.",
      language: "english",
      durationSeconds: 8.470000267028809,
      segments: [{ start: 0, end: 3.319999933242798, text: "The beach was a popular spot on a hot summer day." }],
      words: [
        { start: 0, end: 0.23999999463558197, word: "The" },
        { start: 0.23999999463558197, end: 0.5600000023841858, word: "beach" },
      ],
    });
  });

  test("may say who speaks (OpenAI's example of diarized_json)", () => {
    const step = read({
      task: "transcribe",
      duration: 42.7,
      text: "Agent: Thanks for calling OpenAI support.\nCustomer: Hi, I need help with diarization.",
      segments: [
        {
          type: "transcript.text.segment",
          id: "seg_001",
          start: 0.0,
          end: 5.2,
          text: "Thanks for calling OpenAI support.",
          speaker: "agent",
        },
        {
          type: "transcript.text.segment",
          id: "seg_002",
          start: 5.2,
          end: 12.8,
          text: "Hi, I need help with diarization.",
          speaker: "A",
        },
      ],
      usage: { type: "duration", seconds: 43 },
    });
    expect(step).toEqual({
      text: "Agent: Thanks for calling OpenAI support.\nCustomer: Hi, I need help with diarization.",
      durationSeconds: 42.7,
      segments: [
        { start: 0, end: 5.2, text: "Thanks for calling OpenAI support.", speaker: "agent" },
        { start: 5.2, end: 12.8, text: "Hi, I need help with diarization.", speaker: "A" },
      ],
    });
  });

  test("of Mistral's counts as its chat does, and numbers speakers", () => {
    const step = read({
      model: "voxtral-mini-2507",
      text: "This week, I traveled to Chicago.",
      language: "en",
      segments: [
        { type: "transcription_segment", text: "This week, I traveled", start: 0.8, end: 3, speaker_id: "speaker_1" },
        { type: "transcription_segment", text: " to Chicago.", start: 3, end: 4.1, speaker_id: null },
      ],
      usage: { prompt_audio_seconds: 203, prompt_tokens: 4, total_tokens: 3264, completion_tokens: 635 },
    });
    expect(step).toEqual({
      text: "This week, I traveled to Chicago.",
      language: "en",
      segments: [
        { start: 0.8, end: 3, text: "This week, I traveled", speaker: "speaker_1" },
        { start: 3, end: 4.1, text: "to Chicago." },
      ],
      usage: { inputTokens: 4, outputTokens: 635, totalTokens: 3264 },
    });
  });

  test("of gpt-transcribe's names the languages as a list", () => {
    expect(read({ text: "Hallo.", languages: [{ code: "de" }, { code: "en" }] })).toEqual({
      text: "Hallo.",
      language: "de",
    });
    expect(read({ text: "Hm.", languages: [] })).toEqual({ text: "Hm." });
  });

  test("with numbers as strings is read as numbers", () => {
    const segments = [{ start: "0.0", end: "1.5", text: "Hi." }];
    expect(read({ text: "Hi.", duration: "1.5", segments })).toEqual({
      text: "Hi.",
      durationSeconds: 1.5,
      segments: [{ start: 0, end: 1.5, text: "Hi." }],
    });
  });

  test("may be that nothing was said", () => {
    expect(read({ text: " \n", segments: [] })).toEqual({ text: "" });
  });
});

describe("what is wrong beside the text is left out, and the text is kept", () => {
  const good = { start: 0, end: 1, text: "Hi." };
  const word = { start: 0, end: 1, word: "Hi." };

  test.each([
    ["tokens", { usage: { input_tokens: "12" } }, {}],
    ["some of the tokens", { usage: { input_tokens: "12", output_tokens: 3 } }, { usage: { outputTokens: 3 } }],
    ["usage", { usage: 7 }, {}],
    ["the language", { language: ["en"], languages: "en" }, {}],
    ["the duration", { duration: "long" }, {}],
    ["the kind", { object: 5 }, {}],
    ["a speaker", { segments: [{ ...good, speaker: {} }] }, { segments: [good] }],
    ["a segment without a text, with all of them", { segments: [{ ...good, text: null }, good] }, {}],
    ["a segment without its end, with all of them", { segments: [good, { start: 1, text: "So." }, good] }, {}],
    ["a word without an end", { words: [{ start: 0, word: "Oh" }, word] }, { words: [word] }],
    ["a time that is none", { words: [{ ...word, start: "x" }, word, word] }, { words: [word, word] }],
    ["most of the words", { words: [{ word: "Oh" }, { word: "Oh" }, word] }, {}],
    ["all of the segments", { segments: [{ start: 0, text: "Hi." }], words: "none" }, {}],
  ])("%s", (_, beside, read_) => {
    expect<unknown>(read({ text: "Hi.", ...beside })).toEqual({ text: "Hi.", ...read_ });
  });
});

describe("an answer that is none", () => {
  test.each([
    [{}, "The answer cannot be understood: text is missing."],
    [{ text: null }, "The answer cannot be understood: text is missing."],
    [{ text: 7 }, "The answer cannot be understood: text: a number where a string belongs."],
    [[], "The answer cannot be understood: a list where an object belongs."],
  ])("%j is refused", (json, message) => {
    const { type, message: said } = failure(() => read(json));
    expect({ type, said }).toEqual({ type: "provider_error", said: message });
  });

  test("an error inside a 200 is handed on as it came", () => {
    const error = { message: "Audio file is too short.", type: "invalid_request_error", param: "file", code: null };
    expect(read({ error }).failure).toEqual(error);
    expect(read({ error: "Model is loading" }).failure).toEqual({ error: "Model is loading" });
    const mistral = { object: "error", message: "Service tier capacity exceeded", type: "service_tier", code: "3505" };
    expect(read(mistral).failure).toEqual(mistral);
  });
});
