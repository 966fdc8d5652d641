import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
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

  test("a folder gets a file that is named after the recording", async () => {
    const { stdout } = await transcribe(["--output", "here/", "--format", "srt"]);
    expect(stdout.trim()).toMatch(/here[/\\]memo-[0-9a-f]{8}\.srt$/);
    expect(readFileSync(stdout.trim(), "utf8")).toBe(SRT);
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
