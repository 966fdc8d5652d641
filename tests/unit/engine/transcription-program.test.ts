import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../../src/core/context.ts";
import { InferError } from "../../../src/core/error.ts";
import { redact } from "../../../src/core/redact.ts";
import {
  findTranscriber as find,
  isTranscriber,
  transcribeWithProgram,
} from "../../../src/engine/transcription-program.ts";
import { wav } from "../../support/audio.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
let env: Record<string, string>;
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.file("bin"));
  env = { PATH: folder.file("bin"), NOTES: folder.path };
});
afterEach(() => folder[Symbol.dispose]());

const never = new AbortController().signal;

function findTranscriber(id: string, own: Record<string, string>, model?: string) {
  return find(id, own, model, folder.path);
}

/** Every program notes its arguments, one a line, and then does as it is told. */
function install(name: string, script: string): void {
  const whole = `#!/bin/sh\nPATH=/usr/bin:/bin\nprintf '%s\\n' "$@" > "$NOTES/${name}.args"\n${script}\n`;
  writeFileSync(folder.file(`bin/${name}`), whole, { mode: 0o755 });
}

function argsOf(name: string): string[] {
  return readFileSync(folder.file(`${name}.args`), "utf8")
    .trimEnd()
    .split("\n");
}

/** whisper-cli, whose transcript this is: what it writes beside `-of`. */
function installWhisperCpp(transcript: string | Uint8Array, model = "ggml-base.bin"): void {
  writeFileSync(folder.file("transcript"), transcript);
  writeFileSync(folder.file(model), "a model");
  env.WHISPER_CPP_MODEL = folder.file(model);
  install("whisper-cli", 'while [ "$1" != -of ]; do shift; done; cp "$NOTES/transcript" "$2.json"');
}

const PLAIN_WAV = wav(new Uint8Array(3200), 16_000);

interface Given {
  bytes?: Uint8Array;
  mimeType?: string;
  name?: string;
  language?: string;
  prompt?: string;
  times?: boolean;
  signal?: AbortSignal;
  context?: Context;
}

/** Where the recording was written to, the last time. */
let written = "";

async function transcribe(id: string, given: Given = {}) {
  const { bytes = PLAIN_WAV, mimeType = "audio/wav", name = "recording.wav", times = false, signal = never } = given;
  const program = await findTranscriber(id, env);
  if ("missing" in program) throw new Error(program.missing);
  const { language, prompt } = given;
  const file = async (place: string) => {
    written = join(place, name);
    writeFileSync(written, bytes);
    return { path: written, mimeType };
  };
  return transcribeWithProgram(
    given.context ?? fakeContext({ cwd: folder.path }),
    program,
    { file, language, prompt, times },
    { signal },
  );
}

/** As ggml-org/whisper.cpp's examples/cli/cli.cpp writes it, without what nobody reads. */
const WHISPER_CPP = `{
	"systeminfo": "AVX = 1",
	"params": { "model": "ggml-base.bin", "language": "auto", "translate": false },
	"result": {
		"language": "en"
	},
	"transcription": [
		{
			"timestamps": { "from": "00:00:00,000", "to": "00:00:02,500" },
			"offsets": { "from": 0, "to": 2500 },
			"text": " And so, my \\"fellow\\" Americans"
		},
		{
			"timestamps": { "from": "00:00:02,500", "to": "00:00:04,120" },
			"offsets": { "from": 2500, "to": 4120 },
			"text": " ask not."
		}
	]
}
`;

function token(text: string, from: number, to: number): string {
  return `{ "text": "${text}", "offsets": { "from": ${from}, "to": ${to} }, "id": 1, "p": 0.9, "t_dtw": -1 }`;
}

describe.skipIf(process.platform === "win32")("findTranscriber", () => {
  test("knows three", () => {
    expect(["whisper-cli", "whisper", "sherpa-onnx-offline", "openai"].map(isTranscriber)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test.each(["sherpa-onnx-offline", "whisper-cli", "whisper"])("%s that is not there", async (id) => {
    expect(await findTranscriber(id, env)).toEqual({
      missing: `There is no program ${id} on PATH.`,
      hint: expect.stringContaining("nstall"),
    });
  });

  test("whisper-cli: the model of the variable, or the one that is named", async () => {
    install("whisper-cli", "");
    const unset = { missing: "WHISPER_CPP_MODEL is not set.", hint: expect.stringContaining("WHISPER_CPP_MODEL") };
    expect(await findTranscriber("whisper-cli", env)).toEqual(unset);
    env.WHISPER_CPP_MODEL = folder.file("gone.bin");
    expect(await findTranscriber("whisper-cli", env)).toMatchObject({
      missing: `The model ${folder.file("gone.bin")} is missing.`,
    });
    writeFileSync(folder.file("ggml-base.bin"), "");
    writeFileSync(folder.file("ggml-tiny.bin"), "");
    env.WHISPER_CPP_MODEL = folder.file("ggml-base.bin");
    const command = folder.file("bin/whisper-cli");
    const base = { command, model: "ggml-base.bin", modelPath: folder.file("ggml-base.bin"), env };
    expect(await findTranscriber("whisper-cli", env)).toMatchObject(base);
    // As it is told in the answer.
    expect(await findTranscriber("whisper-cli", env, "ggml-base.bin")).toMatchObject(base);
    const tiny = { model: "ggml-tiny.bin", modelPath: folder.file("ggml-tiny.bin") };
    expect(await findTranscriber("whisper-cli", env, folder.file("ggml-tiny.bin"))).toMatchObject(tiny);
    expect(await findTranscriber("whisper-cli", env, "ggml-tiny.bin")).toMatchObject(tiny);
    expect(await findTranscriber("whisper-cli", { ...env, HOME: folder.path }, "~/ggml-tiny.bin")).toMatchObject(tiny);
    expect(await findTranscriber("whisper-cli", env, "/no/such.bin")).toMatchObject({
      missing: "The model /no/such.bin is missing.",
    });
  });

  test("sherpa-onnx-offline: a folder with all four files", async () => {
    install("sherpa-onnx-offline", "");
    expect(await findTranscriber("sherpa-onnx-offline", env)).toMatchObject({
      missing: "SHERPA_ONNX_MODEL_DIR is not set.",
    });
    mkdirSync(folder.file("zipformer"));
    env.SHERPA_ONNX_MODEL_DIR = folder.file("zipformer");
    for (const name of ["tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx"]) {
      const missing = `The file ${folder.file(`zipformer/${name}`)} is missing.`;
      expect(await findTranscriber("sherpa-onnx-offline", env)).toMatchObject({ missing });
      writeFileSync(folder.file(`zipformer/${name}`), "");
    }
    const found = { model: "zipformer", modelPath: folder.file("zipformer") };
    expect(await findTranscriber("sherpa-onnx-offline", env)).toMatchObject(found);
    expect(await findTranscriber("sherpa-onnx-offline", env, "zipformer")).toMatchObject(found);
    expect(await findTranscriber("sherpa-onnx-offline", env, folder.file("zipformer"))).toMatchObject(found);
  });

  test("whisper: any name; turbo by itself", async () => {
    install("whisper", "");
    expect(await findTranscriber("whisper", env)).toMatchObject({ model: "turbo", modelPath: "turbo" });
    expect(await findTranscriber("whisper", env, "tiny.en")).toMatchObject({ model: "tiny.en", modelPath: "tiny.en" });
  });
});

describe.skipIf(process.platform === "win32")("whisper-cli", () => {
  test("text, language and segments in seconds; nothing stays behind", async () => {
    installWhisperCpp(WHISPER_CPP);
    expect(await transcribe("whisper-cli")).toEqual({
      step: {
        text: 'And so, my "fellow" Americans ask not.',
        language: "en",
        segments: [
          { start: 0, end: 2.5, text: 'And so, my "fellow" Americans' },
          { start: 2.5, end: 4.12, text: "ask not." },
        ],
      },
      ignored: [],
    });
    const args = argsOf("whisper-cli");
    const output = args[5] ?? "";
    expect(args).toEqual([
      ...["-m", folder.file("ggml-base.bin"), "-f", written, "-of", output, "-np", "-oj", "-l", "auto"],
    ]);
    expect(existsSync(join(written, ".."))).toBe(false);
    expect(output.startsWith(join(written, "..", "transcript"))).toBe(true);
  });

  test("times of words, put together from tokens that cut characters in two", async () => {
    // «à» is the bytes C3 A0; the second alone would be taken for a space.
    const tokens = [
      token("[_BEG_]", 0, 0),
      token(" vo", 0, 200),
      token("il", 200, 300),
      token("\u00c3", 300, 350),
      token("\u00a0", 350, 400),
      token(",", 400, 410),
      token(" \u00c3\u00a9t\u00c3\u00a9", 500, 900),
      token("[_TT_550]", 900, 900),
    ];
    const json = `{ "result": { "language": "fr" }, "transcription": [ { "offsets": { "from": 0, "to": 900 },
      "text": " voil\u00c3\u00a0, \u00c3\u00a9t\u00c3\u00a9\n", "tokens": [ ${tokens.join(", ")} ] } ] }`;
    installWhisperCpp(Buffer.from(json, "latin1"));
    const { step } = await transcribe("whisper-cli", { times: true });
    expect(step).toEqual({
      text: "voilà, été",
      language: "fr",
      segments: [{ start: 0, end: 0.9, text: "voilà, été" }],
      words: [
        { start: 0, end: 0.41, word: "voilà," },
        { start: 0.5, end: 0.9, word: "été" },
      ],
    });
    expect(argsOf("whisper-cli")).toContain("-ojf");
  });

  test("a script without spaces: each token is a word", async () => {
    const json = `{ "transcription": [ { "offsets": { "from": 0, "to": 400 }, "text": "你好",
      "tokens": [ ${token("你", 0, 200)}, ${token("好", 200, 400)} ] } ] }`;
    installWhisperCpp(json);
    const { step } = await transcribe("whisper-cli", { times: true });
    expect(step.words?.map(({ word }) => word)).toEqual(["你", "好"]);
  });

  test("the hints, as it knows them", async () => {
    installWhisperCpp(WHISPER_CPP);
    const { ignored } = await transcribe("whisper-cli", { language: "de-AT", prompt: "-x Grüß Gott" });
    expect(ignored).toEqual([]);
    expect(argsOf("whisper-cli").slice(-4)).toEqual(["-l", "de", "--prompt", "-x Grüß Gott"]);
    await transcribe("whisper-cli", { language: "german" });
    expect(argsOf("whisper-cli").slice(-2)).toEqual(["-l", "German"]);
  });

  test("what is no plain WAV is converted by ffmpeg", async () => {
    installWhisperCpp(WHISPER_CPP);
    install("ffmpeg", 'for last; do :; done; : > "$last"');
    await transcribe("whisper-cli", { bytes: new Uint8Array(9), mimeType: "audio/mpeg", name: "a.mp3" });
    const args = argsOf("ffmpeg");
    const converted = args.at(-1) ?? "";
    expect(args.slice(args.indexOf("-i"))).toEqual([
      ...["-i", written, "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "wav", converted],
    ]);
    expect(argsOf("whisper-cli").slice(2, 4)).toEqual(["-f", converted]);
    await transcribe("whisper-cli", { bytes: wav(new Uint8Array(4), 44_100) });
    expect(argsOf("ffmpeg").at(-1)).toEndWith("recording.16k.wav");
  });

  test("a plain WAV is left alone, and so is one whose header is unusual", async () => {
    installWhisperCpp(WHISPER_CPP);
    install("ffmpeg", "exit 1");
    await transcribe("whisper-cli");
    await transcribe("whisper-cli", { bytes: Buffer.from("RIFF----WAVEJUNK") });
    expect(existsSync(folder.file("ffmpeg.args"))).toBe(false);
  });

  test("ffmpeg that fails: in its own words", async () => {
    installWhisperCpp(WHISPER_CPP);
    install("ffmpeg", "echo 'moov atom not found' >&2; exit 1");
    const error = await rejection(transcribe("whisper-cli", { mimeType: "audio/mp4", name: "a.m4a" }));
    expect(error).toMatchObject({ type: "provider_error" });
    expect(error.message).toEndWith("ended with exit code 1. It said: moov atom not found");
    expect(error.details.hint).toBe("Check that the file is a recording that ffmpeg can read.");
    expect(existsSync(join(written, ".."))).toBe(false);
  });

  test("ffmpeg on a full disk", async () => {
    installWhisperCpp(WHISPER_CPP);
    install("ffmpeg", "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228");
    const error = await rejection(transcribe("whisper-cli", { mimeType: "audio/mp4", name: "a.m4a" }));
    expect(error).toMatchObject({ type: "io" });
    expect(error.message).toEndWith("It said: av_interleaved_write_frame(): No space left on device");
    expect(error.details.hint).toBeUndefined();
  });

  test.each([
    ["a failure", 'echo "key=$OPENAI_API_KEY, $MY_SECRET" >&2; exit 3'],
    ["a failure, on stdout", 'echo "key=$OPENAI_API_KEY, $MY_SECRET"; exit 3'],
    ["a long failure", 'seq 3000 >&2; echo "key=$OPENAI_API_KEY, $MY_SECRET $(seq -s " " 130)" >&2; exit 3'],
    ["a transcript that is missing", 'echo "key=$OPENAI_API_KEY, $MY_SECRET" >&2'],
  ])("%s is told without the keys that the program was given", async (_, script) => {
    installWhisperCpp("");
    Object.assign(env, { OPENAI_API_KEY: "sk-hear-keys-0123456789", MY_SECRET: "own-words-0123456789" });
    install("whisper-cli", script);
    const context = fakeContext({ cwd: folder.path });
    const error = await rejection(transcribe("whisper-cli", { context }));
    const message = redact(error.message, context.secrets);
    expect(message).toContain("It said: ");
    expect(message).not.toMatch(/0123456789|6789/);
  });

  test("ffmpeg that is ended from here says nothing of the file", async () => {
    installWhisperCpp(WHISPER_CPP);
    install("ffmpeg", "head -c 6000000 /dev/zero");
    const error = await rejection(transcribe("whisper-cli", { name: "recording.mp3", mimeType: "audio/mpeg" }));
    expect(error.message).toEndWith("ffmpeg printed more than 5242880 bytes.");
    expect(error.details.hint).toBeUndefined();
  });

  test("without ffmpeg the file goes over as it is; what then fails has a way out", async () => {
    installWhisperCpp(WHISPER_CPP);
    const mp3 = { mimeType: "audio/mpeg", name: "a.mp3" };
    expect((await transcribe("whisper-cli", mp3)).step.language).toBe("en");
    expect(argsOf("whisper-cli").slice(2, 4)).toEqual(["-f", written]);
    // Exit code 0, as it really is, and nothing is written.
    install("whisper-cli", "echo \"error: unsupported audio extension '.m4a'\" >&2");
    const error = await rejection(transcribe("whisper-cli", { mimeType: "audio/mp4", name: "a.m4a" }));
    expect(error).toMatchObject({
      type: "provider_error",
      message:
        "The program wrote no transcript that can be understood. It said: error: unsupported audio extension '.m4a'",
    });
    expect(error.details.hint).toContain("Install ffmpeg");
  });

  test("one that fails: the end of what it said, and a hint", async () => {
    installWhisperCpp("");
    install("whisper-cli", "seq 3000 >&2; echo 'error: failed to initialize whisper context' >&2; exit 3");
    const error = await rejection(transcribe("whisper-cli"));
    expect(error).toMatchObject({ type: "provider_error" });
    expect(error.message).toEndWith("error: failed to initialize whisper context");
    expect(error.message.length).toBeLessThan(700);
    expect(error.details.hint).toContain(folder.file("ggml-base.bin"));
  });

  test.each([
    ["no segment", '{ "transcription": [] }'],
    ["silence", '{ "transcription": [ { "offsets": { "from": 0, "to": 1 }, "text": " [BLANK_AUDIO]" } ] }'],
  ])("%s: nothing was heard", async (_, transcript) => {
    installWhisperCpp(transcript);
    expect(await rejection(transcribe("whisper-cli"))).toMatchObject({ type: "empty_result" });
  });

  test.each(["", "{", "[]", '{ "transcription": [ { "text": "hi" } ] }'])("no transcript: %p", async (transcript) => {
    installWhisperCpp(transcript);
    expect(await rejection(transcribe("whisper-cli"))).toMatchObject({ type: "provider_error" });
  });

  test("ends when the signal fires, and leaves nothing", async () => {
    installWhisperCpp("");
    install("whisper-cli", "exec sleep 60");
    const stop = new AbortController();
    const running = rejection(transcribe("whisper-cli", { signal: stop.signal }));
    while (!existsSync(folder.file("whisper-cli.args"))) await Bun.sleep(5);
    stop.abort(new InferError("interrupted", "Ctrl-C"));
    expect((await running).type).toBe("interrupted");
    expect(existsSync(join(written, ".."))).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("whisper", () => {
  /** openai/whisper: whisper/utils.py names the file after the recording; versions differ in how. */
  const installWhisper = (result: object, name = "recording.json"): void => {
    writeFileSync(folder.file("transcript"), JSON.stringify(result));
    install(
      "whisper",
      `for arg; do case "$arg" in --output_dir=*) cp "$NOTES/transcript" "\${arg#*=}/${name}";; esac; done`,
    );
  };
  const words = [
    { word: " Hello", start: 0.1, end: 0.4, probability: 0.98 },
    { word: " there.", start: 0.4, end: 0.9, probability: 0.97 },
  ];
  const segment = { id: 0, seek: 0, start: 0, end: 1.2, text: " Hello there.", tokens: [1], avg_logprob: -0.3 };
  // As it leaves a segment that lasts no time.
  const empty = { id: 1, seek: 0, start: 1.2, end: 1.2, text: "", tokens: [], words: [] };

  test("text, language, segments and words", async () => {
    const segments = [{ ...segment, words }, empty];
    installWhisper({ text: " Hello there.", segments, language: "en" }, "recording.mp3.json");
    // ffmpeg is not asked: it reads everything itself.
    install("ffmpeg", "exit 1");
    const given = { mimeType: "audio/mpeg", name: "recording.mp3", times: true, prompt: "-p", language: "EN-us" };
    expect(await transcribe("whisper", given)).toEqual({
      step: {
        text: "Hello there.",
        language: "en",
        segments: [{ start: 0, end: 1.2, text: "Hello there." }],
        words: [
          { start: 0.1, end: 0.4, word: "Hello" },
          { start: 0.4, end: 0.9, word: "there." },
        ],
      },
      ignored: [],
    });
    const args = argsOf("whisper");
    expect(args).toEqual([
      "--model=turbo",
      "--output_format=json",
      `--output_dir=${join(written, "..", "transcript")}`,
      "--verbose=False",
      "--language=en",
      "--initial_prompt=-p",
      "--word_timestamps=True",
      written,
    ]);
  });

  test("without times it is not made to look for them", async () => {
    installWhisper({ text: " Hi", segments: [], language: "en" });
    expect((await transcribe("whisper")).step).toEqual({ text: "Hi", language: "en" });
    expect(argsOf("whisper").filter((arg) => /language|prompt|word/.test(arg))).toEqual([]);
  });

  test("it ends well although it has skipped the file: no transcript, and what to do", async () => {
    install("whisper", "echo \"FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'\" >&2");
    const error = await rejection(transcribe("whisper"));
    expect(error.type).toBe("provider_error");
    expect(error.message).toEndWith("No such file or directory: 'ffmpeg'");
    expect(error.details.hint).toBe("Install ffmpeg: whisper reads recordings with it.");
  });
});

describe.skipIf(process.platform === "win32")("sherpa-onnx-offline", () => {
  const installSherpa = (script: string): void => {
    mkdirSync(folder.file("zipformer"));
    for (const name of ["tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx"]) {
      writeFileSync(folder.file(`zipformer/${name}`), "");
    }
    env.SHERPA_ONNX_MODEL_DIR = folder.file("zipformer");
    install("sherpa-onnx-offline", script);
  };
  /** As k2-fsa/sherpa-onnx's AsJsonString in csrc/offline-stream.cc writes it. */
  const RESULT =
    '{"lang": "", "emotion": "", "event": "", "text": " ASK NOT \\"WHAT\\"", "timestamps": [0.00, 0.32, 0.40, 0.80], ' +
    '"durations": [], "tokens":[" AS", "K", " NOT", " \\"WHAT\\""], "ys_log_probs": [], "words": []}';

  test("text and words; what it cannot be told is returned", async () => {
    installSherpa(`echo Started >&2; cat <<'X'\n${RESULT}\nX\necho 'num threads: 2' >&2`);
    expect(await transcribe("sherpa-onnx-offline", { language: "en", prompt: "JFK" })).toEqual({
      step: {
        text: 'ASK NOT "WHAT"',
        words: [
          { start: 0, end: 0.4, word: "ASK" },
          { start: 0.4, end: 0.8, word: "NOT" },
          { start: 0.8, end: 0.8, word: '"WHAT"' },
        ],
      },
      ignored: [
        { key: "language", value: "en" },
        { key: "prompt", value: "JFK" },
      ],
    });
    expect(argsOf("sherpa-onnx-offline")).toEqual([
      `--tokens=${folder.file("zipformer/tokens.txt")}`,
      `--encoder=${folder.file("zipformer/encoder.onnx")}`,
      `--decoder=${folder.file("zipformer/decoder.onnx")}`,
      `--joiner=${folder.file("zipformer/joiner.onnx")}`,
      written,
    ]);
  });

  test("SentencePiece's sign alone begins a word; lengths that are told count", async () => {
    const result = {
      text: "a bc",
      tokens: ["▁", "a", "▁b", "c"],
      timestamps: [0, 0.1, 0.4, 0.6],
      durations: [0, 0.2, 0.1, 0.3],
    };
    installSherpa(`echo '${JSON.stringify(result)}'`);
    expect((await transcribe("sherpa-onnx-offline")).step.words).toEqual([
      { start: 0.1, end: expect.closeTo(0.3), word: "a" },
      { start: 0.4, end: expect.closeTo(0.9), word: "bc" },
    ]);
  });

  test("an older one, which says everything on stderr", async () => {
    installSherpa(`cat >&2 <<'X'\nDone!\n\nrecording.wav\n${RESULT}\n----\nElapsed seconds: 1.2 s\nX`);
    expect((await transcribe("sherpa-onnx-offline")).step.text).toBe('ASK NOT "WHAT"');
  });

  test("no result at all", async () => {
    installSherpa("echo nothing");
    const error = await rejection(transcribe("sherpa-onnx-offline"));
    expect(error).toMatchObject({ type: "provider_error" });
    expect(error.details.hint).toContain("Bring sherpa-onnx up to date");
  });

  test("blank text", async () => {
    installSherpa(`echo '{"text": " ", "timestamps": [], "tokens": []}'`);
    expect(await rejection(transcribe("sherpa-onnx-offline"))).toMatchObject({ type: "empty_result" });
  });
});

const ffmpeg = Bun.which("ffmpeg");
test.skipIf(ffmpeg === null)("with the real ffmpeg: MP3 becomes 16 kHz, one channel", async () => {
  const { RECORDINGS } = await import("../../support/audio.ts");
  installWhisperCpp(WHISPER_CPP);
  install("whisper-cli", `cp "$4" "$NOTES/seen.wav"; cp "$NOTES/transcript" "$6.json"`);
  env.PATH += `:${join(ffmpeg ?? "", "..")}`;
  await transcribe("whisper-cli", { bytes: RECORDINGS.mp3.bytes, mimeType: "audio/mpeg", name: "tone.mp3" });
  const header = readFileSync(folder.file("seen.wav"));
  expect([header.readUInt16LE(22), header.readUInt32LE(24), header.readUInt16LE(34)]).toEqual([1, 16_000, 16]);
  expect(header.length).toBeGreaterThan(16_000);
  expect(readdirSync(folder.path).toSorted()).not.toContain("tone.16k.wav");
});
