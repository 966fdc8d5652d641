import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { RECORDINGS } from "../../support/audio.ts";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, PictureServer } from "../../support/pictures.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  writeFileSync(folder.file("memo.mp3"), RECORDINGS.mp3.bytes);
});
afterEach(() => folder[Symbol.dispose]());

const TIMED = {
  text: "Hello there. Good bye.",
  language: "english",
  duration: 3,
  segments: [
    { start: 0, end: 1.5, text: " Hello there." },
    { start: 2, end: 3, text: " Good bye." },
  ],
};
const SRT = "1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n2\n00:00:02,000 --> 00:00:03,000\nGood bye.\n";
const VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n00:00:02.000 --> 00:00:03.000\nGood bye.\n";

interface World {
  answer?: (asked: Asked) => Response;
  config?: object;
  file?: string;
}

/** A vendor whose only model tells times. */
async function transcribe(args: string[], world: World = {}) {
  const { answer = () => Response.json(TIMED), config = {}, file = "memo.mp3" } = world;
  using server = new PictureServer(answer);
  const models = { providers: { groq: { baseUrl: `${server.url}/v1`, apiKey: "sk-hear-unit-0123" } } };
  writeFileSync(folder.file("config.json"), JSON.stringify({ models, ...config }));
  const line = ["audio", "transcribe", "--file", file, ...args, "--config", folder.file("config.json")];
  const env = { HOME: folder.file("home"), INFER_MEDIA_DIR: folder.file("media"), PATH: "/usr/bin:/bin" };
  const run = await runInProcess(line, { env, cwd: folder.path, sleep: async () => {} });
  const left = readdirSync(folder.path).filter((name) => !["memo.mp3", "config.json"].includes(name));
  return { ...run, asked: server.asked, report: run.context.report, left };
}

const read = (name: string): string => readFileSync(folder.file(name), "utf8");

describe("what is printed", () => {
  test("the text, and nothing but the text", async () => {
    const { stdout, stderr, left } = await transcribe([]);
    expect({ stdout, stderr, left }).toEqual({ stdout: "Hello there. Good bye.\n", stderr: "", left: [] });
  });

  test.each([
    ["srt", SRT],
    ["vtt", VTT],
    ["text", "Hello there. Good bye.\n"],
  ])("--format %s", async (format, text) => {
    expect((await transcribe(["--format", format])).stdout).toBe(text);
    expect((await transcribe(["--format", format, "--output", "-"])).stdout).toBe(text);
  });

  test("--format json is the transcript with its times", async () => {
    const { stdout } = await transcribe(["--format", "json"]);
    expect(JSON.parse(stdout)).toEqual({
      text: "Hello there. Good bye.",
      provider: "groq",
      model: "whisper-large-v3-turbo",
      language: "english",
      durationSeconds: 3,
      segments: [
        { start: 0, end: 1.5, text: "Hello there." },
        { start: 2, end: 3, text: "Good bye." },
      ],
    });
  });

  test("--json is the envelope, with OpenClaw's members", async () => {
    const { stdout } = await transcribe(["--json"]);
    const { capability, provider, model, outputs } = JSON.parse(stdout);
    expect({ capability, provider, model }).toEqual({
      capability: "audio.transcribe",
      provider: "groq",
      model: "whisper-large-v3-turbo",
    });
    expect(outputs).toHaveLength(1);
    expect(outputs[0]).toMatchObject({
      path: folder.file("memo.mp3"),
      kind: "audio.transcription",
      durationSeconds: 3,
    });
    expect(outputs[0].segments).toHaveLength(2);
    expect(outputs[0].subtitles).toBeUndefined();
  });

  test.each([
    ["srt", SRT],
    ["vtt", VTT],
  ])("--format %s --json has the subtitles in the envelope", async (format, text) => {
    const { stdout } = await transcribe(["--format", format, "--json"]);
    expect(JSON.parse(stdout).outputs[0]).toMatchObject({ text: "Hello there. Good bye.", subtitles: text });
    const written = await transcribe(["--format", format, "--json", "--output", `memo.${format}`]);
    expect(JSON.parse(written.stdout).outputs[0].subtitles).toBeUndefined();
  });
});

describe("what is written", () => {
  test.each([
    ["memo.srt", [], SRT],
    ["memo.VTT", [], VTT],
    ["memo.txt", [], "Hello there. Good bye.\n"],
    ["notes.md", [], "Hello there. Good bye.\n"],
    ["memo.srt", ["--format", "srt"], SRT],
  ])("--output %s %j goes by its ending", async (output, args, text) => {
    const { stdout, report, left } = await transcribe(["--output", output, ...args]);
    expect(read(output)).toBe(text);
    expect(stdout).toBe(`${folder.file(output)}\n`);
    expect(left).toEqual([output]);
    expect(report.warnings).toEqual([]);
    expect(report.outputs).toMatchObject([{ kind: "audio.transcription" }, { path: folder.file(output) }]);
  });

  test("--format comes before the ending, and the name tells the truth", async () => {
    const { stdout, report } = await transcribe(["--format", "vtt", "--output", "memo.srt"]);
    expect(read("memo.vtt")).toBe(VTT);
    expect(stdout).toBe(`${folder.file("memo.vtt")}\n`);
    expect(report.warnings).toEqual(["The file is text/vtt: written as memo.vtt, not memo.srt."]);
  });

  test.each([
    ["a.png", "a.txt"],
    ["x.wav", "x.txt"],
    ["t.json", "t.txt"],
    ["q.srt", "q.txt"],
    ["q.VTT", "q.txt"],
  ])("text as %s is %s, and says so", async (output, name) => {
    const { left, report } = await transcribe(["--output", output, "--format", "text"]);
    expect(left).toEqual([name]);
    expect(read(name)).toBe("Hello there. Good bye.\n");
    expect(report.warnings).toEqual([`The file is text/plain: written as ${name}, not ${output}.`]);
  });

  test.each(["a.log", "a.md", "a.html", "a.transcript", "notes.v2"])("text as %s keeps its name", async (output) => {
    const { left, report } = await transcribe(["--output", output]);
    expect([left, report.warnings]).toEqual([[output], []]);
  });

  test("the recording itself is never overwritten, whatever it is called", async () => {
    linkSync(folder.file("memo.mp3"), folder.file("hard.txt"));
    symlinkSync(folder.file("memo.mp3"), folder.file("soft.txt"));
    for (const output of ["memo.mp3", "./memo.mp3", "hard.txt", "soft.txt"]) {
      const { error, exitCode, asked } = await transcribe(["--output", output]);
      expect({ type: error?.type, exitCode, asked }).toEqual({ type: "usage", exitCode: 2, asked: [] });
      expect(error?.message).toBe(`--output ${output} is the file that is read: it would be overwritten.`);
    }
    expect(readFileSync(folder.file("memo.mp3"))).toEqual(Buffer.from(RECORDINGS.mp3.bytes));
  });

  test("a folder gets a file that is named after the recording", async () => {
    const { stdout } = await transcribe(["--output", "here/", "--format", "srt"]);
    expect(stdout.trim()).toMatch(/here[/\\]memo-[0-9a-f]{8}\.srt$/);
    expect(readFileSync(stdout.trim(), "utf8")).toBe(SRT);
  });

  test.each(["here.d/", "old.d"])("of a folder, %s, the name's ending says nothing", async (output) => {
    mkdirSync(folder.file("old.d"));
    const { stdout } = await transcribe(["--output", output]);
    expect(stdout.trim()).toMatch(/(?:here|old)\.d[/\\]memo-[0-9a-f]{8}\.txt$/);
  });

  test("a transcript that cannot be where it was to be is kept", async () => {
    const answer = () => {
      writeFileSync(folder.file("notes"), "no folder");
      return Response.json(TIMED);
    };
    const { exitCode, stdout, error, report } = await transcribe(["--output", "notes/memo.txt"], { answer });
    expect({ exitCode, stdout, type: error?.type }).toEqual({ exitCode: 11, stdout: "", type: "io" });
    const [kept = ""] = readdirSync(folder.file("media"));
    expect(read(`media/${kept}`)).toBe("Hello there. Good bye.\n");
    expect(error?.message).toEndWith(`The transcript is kept as ${folder.file(`media/${kept}`)}.`);
    expect(report.outputs).toMatchObject([{ kind: "audio.transcription" }, { path: folder.file(`media/${kept}`) }]);
  });

  test("an old file stays where nothing comes", async () => {
    writeFileSync(folder.file("memo.srt"), "old");
    const { error, left } = await transcribe(["--output", "memo.srt"], { answer: () => Response.json({ text: "" }) });
    expect(error?.type).toBe("empty_result");
    expect(read("memo.srt")).toBe("old");
    expect(left).toEqual(["memo.srt"]);
  });

  test("a place that cannot be written is refused before anything is sent", async () => {
    const { error, asked } = await transcribe(["--output", "memo.mp3/memo.srt"]);
    expect(error?.type).toBe("io");
    expect(asked).toEqual([]);
  });
});

describe("what is asked", () => {
  const times = ({ body }: Asked): boolean => body.includes("verbose_json");

  test.each([
    [[], false],
    [["--format", "text", "--output", "memo.srt"], false],
    [["--json"], true],
    [["--format", "json"], true],
    [["--output", "memo.srt"], true],
    [["--output", "memo.json"], true],
  ])("%j: times %p", async (args, expected) => {
    const { asked } = await transcribe(args as string[]);
    expect(asked.map(times)).toEqual([expected as boolean]);
  });

  test("a data URL", async () => {
    const file = `data:audio/mpeg;base64,${Buffer.from(RECORDINGS.mp3.bytes).toString("base64")}`;
    const { stdout, asked } = await transcribe(["--output", "./"], { file });
    expect(asked[0]?.body.includes(Buffer.from(RECORDINGS.mp3.bytes))).toBe(true);
    expect(stdout).toContain("transcript-");
  });

  test("the config's word that nobody may", async () => {
    const config = { tools: { media: { audio: { enabled: false } } } };
    const { error, asked, exitCode } = await transcribe([], { config });
    expect({ type: error?.type, exitCode, asked }).toEqual({ type: "refused", exitCode: 8, asked: [] });
    expect((await transcribe(["--provider", "groq"], { config })).stdout).toBe("Hello there. Good bye.\n");
  });
});

test.skipIf(process.platform === "win32")("a program's model is in the envelope and in its attempts", async () => {
  const script = '#!/bin/sh\necho \'{"text": "hello", "tokens": [" hello"], "timestamps": [-0.04]}\'\n';
  mkdirSync(folder.file("zipformer"));
  for (const name of ["tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx"]) {
    writeFileSync(folder.file(`zipformer/${name}`), "");
  }
  mkdirSync(folder.file("bin"));
  writeFileSync(folder.file("bin/sherpa-onnx-offline"), script, { mode: 0o755 });
  const line = ["audio", "transcribe", "--file", "memo.mp3", "--provider", "sherpa-onnx-offline", "--json"];
  const env = { HOME: folder.path, PATH: folder.file("bin"), SHERPA_ONNX_MODEL_DIR: folder.file("zipformer") };
  const { stdout } = await runInProcess(line, { env, cwd: folder.path });
  const { model, attempts, outputs } = JSON.parse(stdout);
  expect(model).toBe("zipformer");
  expect(attempts).toMatchObject([{ provider: "sherpa-onnx-offline", model: "zipformer", outcome: "success" }]);
  expect(outputs[0]).toMatchObject({ model: "zipformer", segments: [{ start: 0, end: 0, text: "hello" }] });
});
