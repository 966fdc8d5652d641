import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askMediaProgram } from "../../../src/engine/media-program.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.file("work"));
});
afterEach(() => folder[Symbol.dispose]());

/** Every program notes its arguments, one a line, and then does as it is told. */
function install(name: string, script: string): void {
  const whole = `#!/bin/sh\nPATH=/usr/bin:/bin\nprintf '%s\\n' "$@" > "$NOTES/${name}.args"\n${script}\n`;
  writeFileSync(folder.file(name), whole, { mode: 0o755 });
}

function argsOf(name: string): string[] {
  return readFileSync(folder.file(`${name}.args`), "utf8")
    .trimEnd()
    .split("\n");
}

/** Where the recording was written to, the last time. */
let written = "";

async function ask(
  command: string,
  args: string[],
  given: { name?: string; mimeType?: string; language?: string } = {},
) {
  const { name = "memo.wav", mimeType = "audio/wav", language } = given;
  const file = async (place: string) => {
    written = join(place, name);
    writeFileSync(written, "RIFF----WAVEJUNK");
    return { path: written, mimeType };
  };
  const env = { PATH: folder.path, NOTES: folder.path };
  const context = fakeContext({ cwd: folder.file("work") });
  const question = { prompt: "Names: Ada", maxChars: 80, language, file };
  const call = { signal: new AbortController().signal };
  return askMediaProgram(context, { command: folder.file(command), args, env }, question, call);
}

describe.skipIf(process.platform === "win32")("askMediaProgram, of a recording", () => {
  test("the placeholders", async () => {
    install("hear", "echo ' heard '");
    const names = ["MediaPath", "MediaDir", "MediaType", "OutputDir", "OutputBase", "Prompt", "Language", "MaxChars"];
    const args = [...names.map((name) => `${name}={{${name}}}`), "{{ mediapath }}", "<{{Nobody}}>"];
    expect(await ask("hear", args, { language: "de" })).toBe("heard");
    const place = join(written, "..");
    expect(argsOf("hear")).toEqual([
      `MediaPath=${written}`,
      `MediaDir=${place}`,
      "MediaType=audio/wav",
      `OutputDir=${place}`,
      `OutputBase=${join(place, "memo")}`,
      "Prompt=Names: Ada",
      "Language=de",
      "MaxChars=80",
      written,
      "<>",
    ]);
    expect(existsSync(place)).toBe(false);
  });

  /** As OpenClaw starts them, and as it reads what they say. */
  test.each([
    ["whisper-cli", ["-otxt", "-of", "{{OutputBase}}", "-np", "{{MediaPath}}"], "memo.txt"],
    ["whisper-cli", ["--output-txt", "--output-file", "{{OutputDir}}/x", "{{MediaPath}}"], "x.txt"],
    ["whisper", ["--output_format", "srt,txt", "--output_dir", "{{OutputDir}}", "{{MediaPath}}"], "memo.txt"],
    ["whisper", ["--output_format", "txt", "-o", "{{OutputDir}}", "{{MediaPath}}"], "memo.txt"],
    ["parakeet-mlx", ["--output-dir", "{{OutputDir}}", "{{MediaPath}}"], "memo.txt"],
    ["parakeet-mlx", ["--output-dir", "{{OutputDir}}", "--output-format", "txt", "{{MediaPath}}"], "memo.txt"],
  ])("%s %p answers in a file", async (command, args, answer) => {
    const last = 'for last; do :; done; place=$(dirname "$last")';
    install(command, `${last}; echo ' from the file ' > "$place/${answer}"; echo progress`);
    expect(await ask(command, args)).toBe("from the file");
    install(command, `${last}; : > "$place/${answer}"; echo printed`);
    expect(await ask(command, args)).toBe("printed");
    install(command, "echo printed");
    expect(await ask(command, args)).toBe("printed");
  });

  test.each([
    ["whisper-cli", ["-of", "{{OutputBase}}", "{{MediaPath}}"]],
    ["whisper-cli", ["-otxt", "{{MediaPath}}"]],
    ["whisper", ["--output_format", "json", "--output_dir", "{{OutputDir}}", "{{MediaPath}}"]],
    ["parakeet-mlx", ["--output-dir", "{{OutputDir}}", "--output-format", "srt", "{{MediaPath}}"]],
    ["hear", ["-otxt", "-of", "{{OutputBase}}", "{{MediaPath}}"]],
  ])("%s %p prints its answer", async (command, args) => {
    install(command, 'for last; do :; done; echo file > "$(dirname "$last")/memo.txt"; echo printed');
    expect(await ask(command, args)).toBe("printed");
  });

  test("a file that is named from the working folder", async () => {
    install("whisper-cli", "echo here > out.txt");
    expect(await ask("whisper-cli", ["-otxt", "-of", "out"])).toBe("here");
  });

  test("sherpa-onnx-offline prints JSON, among other things", async () => {
    install("sherpa-onnx-offline", `echo 'Started {'; echo '{"text": " HI ", "tokens": ["{"]}'; echo Done`);
    expect(await ask("sherpa-onnx-offline", ["{{MediaPath}}"])).toBe("HI");
    install("sherpa-onnx-offline", "echo HI");
    expect(await ask("sherpa-onnx-offline", ["{{MediaPath}}"])).toBe("HI");
    install("sherpa-onnx-offline", `echo '{"text": ""}'`);
    expect(await rejection(ask("sherpa-onnx-offline", ["{{MediaPath}}"]))).toMatchObject({ type: "empty_result" });
  });

  test("for whisper-cli, what is no WAV is converted where there is an ffmpeg", async () => {
    const mp3 = { name: "memo.mp3", mimeType: "audio/mpeg" };
    const args = ["-f", "{{MediaPath}}", "{{MediaType}}"];
    install("whisper-cli", "echo heard");
    install("hear", "echo heard");
    await ask("whisper-cli", args, mp3);
    expect(argsOf("whisper-cli")).toEqual(["-f", written, "audio/mpeg"]);
    install("ffmpeg", 'for last; do :; done; : > "$last"');
    await ask("whisper-cli", args, mp3);
    expect(argsOf("whisper-cli")).toEqual(["-f", join(written, "..", "memo.16k.wav"), "audio/wav"]);
    await ask("hear", args, mp3);
    expect(argsOf("hear")).toEqual(["-f", written, "audio/mpeg"]);
  });

  test("one that fails, says nothing, or is not there", async () => {
    install("hear", "seq 3000 >&2; echo 'bad model' >&2; exit 3");
    const failed = await rejection(ask("hear", []));
    expect(failed.type).toBe("provider_error");
    expect(failed.message).toStartWith(`${folder.file("hear")} ended with exit code 3. It said: …`);
    expect(failed.message).toEndWith("3000 bad model");
    expect(failed.details.hint).toContain("tools.media");
    install("hear", "echo 'nothing heard' >&2");
    const silent = await rejection(ask("hear", []));
    expect(silent.type).toBe("empty_result");
    expect(silent.message).toEndWith("printed nothing. It said: nothing heard");
    expect(await rejection(ask("gone", []))).toMatchObject({ type: "not_found" });
    expect(existsSync(join(written, ".."))).toBe(false);
  });
});
