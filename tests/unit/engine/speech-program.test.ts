import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { InferError } from "../../../src/core/error.ts";
import { programVoices } from "../../../src/engine/program-voices.ts";
import { speakWithProgram } from "../../../src/engine/speech-program.ts";
import { findSpeechProgram, type SpeechProgram } from "../../../src/engine/speech-programs.ts";
import { fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

let folder: TemporaryFolder;
let env: Record<string, string>;
beforeEach(() => {
  folder = new TemporaryFolder();
  for (const name of ["bin", "work"]) mkdirSync(folder.file(name));
  env = { PATH: folder.file("bin"), NOTES: folder.path };
});
afterEach(() => folder[Symbol.dispose]());

const never = new AbortController().signal;
const HERE = process.platform !== "win32";

/** Every program notes its arguments, one a line, and its stdin, and then does as it is told. */
function install(name: string, script = 'printf "RIFF" > "$OUT"'): void {
  const note = `printf '%s\\n' "$@" > "$NOTES/args"; cat > "$NOTES/stdin"`;
  // OUT: what comes after the flag that names the file.
  const out = 'at=; for arg; do case "$at" in -o|-w|--output_file) OUT=$arg;; esac; at=$arg; done';
  writeFileSync(folder.file(`bin/${name}`), `#!/bin/sh\nPATH=/usr/bin:/bin\n${note}\n${out}\n${script}\n`, {
    mode: 0o755,
  });
}

const noted = (name: "args" | "stdin"): string => readFileSync(folder.file(name), "utf8");
const args = (): string[] => noted("args").trimEnd().split("\n");

async function speaker(options: Record<string, unknown> = {}, model?: string): Promise<SpeechProgram> {
  const found = await findSpeechProgram(options, env, model, folder.path);
  if ("missing" in found) throw new Error(found.missing);
  return found;
}

async function speak(
  by: SpeechProgram,
  speech: { text?: string; voice?: string; speed?: number } = {},
  signal: AbortSignal = never,
): Promise<{ path: string; ignored: unknown[]; content: string }> {
  const context = fakeContext({ cwd: folder.file("work") });
  const spoken = await speakWithProgram(context, by, { text: "Hi", ...speech }, { signal }, async (recorded) => {
    return { ...recorded, content: readFileSync(recorded.path, "latin1") };
  });
  expect(existsSync(dirname(spoken.path))).toBe(false);
  return spoken;
}

describe.skipIf(!HERE)("findSpeechProgram", () => {
  test("nothing on this machine", async () => {
    expect(await findSpeechProgram({}, env, undefined, folder.path)).toEqual({
      missing: "None of say, piper, espeak-ng is ready on this machine.",
      hint: expect.stringContaining("Install espeak-ng"),
    });
  });

  test("the first that is ready: piper only with a voice", async () => {
    install("piper");
    install("espeak-ng");
    expect((await speaker()).name).toBe("espeak-ng");
    writeFileSync(folder.file("en_US-lessac-medium.onnx"), "a voice");
    env.PIPER_MODEL = folder.file("en_US-lessac-medium.onnx");
    expect(await speaker()).toMatchObject({ name: "piper", voicePath: folder.file("en_US-lessac-medium.onnx") });
  });

  test.skipIf(process.platform === "darwin")("say is taken on a Mac only, or by its name", async () => {
    install("say");
    expect(await findSpeechProgram({}, env, undefined, folder.path)).toHaveProperty("missing");
    expect((await speaker({}, "say")).command).toBe(folder.file("bin/say"));
  });

  test("the config's command, but not in place of the one that argv names", async () => {
    install("espeak-ng");
    install("tts");
    expect(await speaker({ command: "tts" })).toMatchObject({ name: "tts", command: folder.file("bin/tts") });
    expect((await speaker({ command: "tts" }, "tts")).name).toBe("tts");
    expect((await speaker({ command: "tts" }, "espeak-ng")).name).toBe("espeak-ng");
    expect((await speaker({ command: "nosuch" }, "espeak-ng")).name).toBe("espeak-ng");
    expect((await speaker({ command: "  " })).name).toBe("espeak-ng");
  });

  test("what is missing, exactly", async () => {
    install("piper");
    const of = async (options: Record<string, unknown>, model?: string) => {
      const found = await findSpeechProgram(options, env, model, folder.path);
      return "missing" in found ? found.missing : found;
    };
    expect(await of({ command: "nosuch --flag" })).toBe('There is no program "nosuch".');
    expect(await of({}, "espeak-ng")).toBe("There is no program espeak-ng on PATH.");
    expect(await of({}, "piper")).toBe("PIPER_MODEL is not set.");
    expect(await of({}, "voices/a.onnx")).toBe(`The voice ${folder.file("voices/a.onnx")} is missing.`);
    expect(await of({}, "festival")).toBe('There is no program "festival" among say, piper, espeak-ng.');
  });

  test("a command line with quotes; a path with spaces needs none", async () => {
    install("my tts");
    const own = { command: folder.file("bin/my tts"), name: "my tts" };
    expect(await speaker({ command: folder.file("bin/my tts") })).toMatchObject({ ...own, args: [] });
    const line = `'${folder.file("bin/my tts")}' --voice="A \\B" -x '' last`;
    const args = ["--voice=A \\B", "-x", "", "last", "more"];
    expect(await speaker({ command: line, args: ["more"] })).toMatchObject({ ...own, args });
  });
});

describe.skipIf(!HERE)("a configured command", () => {
  test("gets its placeholders, whatever their case, and no stdin", async () => {
    install("tts");
    const by = await speaker({
      command: "tts",
      args: ["-o", "{{OutputPath}}", "{{ outputdir }}", "{{OUTPUTBASE}}.x", "<{{Text}}>", "{{Nobody}}"],
      outputFormat: "wav",
    });
    const { path, ignored, content } = await speak(by, { text: "it's $(true)" });
    expect(content).toBe("RIFF");
    expect(args()).toEqual(["-o", path, dirname(path), "speech.x", "<it's $(true)>"]);
    expect(path).toEndWith("/speech.wav");
    expect(noted("stdin")).toBe("");
    expect(ignored).toEqual([]);
  });

  test("the text is never a flag", async () => {
    install("tts");
    await speak(await speaker({ command: "tts", args: ["-o", "{{OutputPath}}", "{{Text}}"] }), { text: "--help me" });
    expect(args().at(-1)).toBe(" --help me");
  });

  test("the text on stdin, the audio on stdout; voice and speed are told as ignored", async () => {
    install("tts", "printf 'ID3\\377'");
    const { path, ignored, content } = await speak(await speaker({ command: "tts -q" }), { voice: "amy", speed: 1.5 });
    expect(noted("stdin")).toBe("Hi");
    expect(args()).toEqual(["-q"]);
    expect(content).toBe("ID3\u00ff");
    expect(path).toEndWith("/speech.mp3");
    expect(ignored).toEqual([
      { key: "voice", value: "amy" },
      { key: "speed", value: 1.5 },
    ]);
  });

  test("a file of another name in the folder is the audio", async () => {
    install("tts", 'printf log > "$2/a.log"; printf OggS > "$2/out.OGG"; echo done');
    const { path, content } = await speak(await speaker({ command: "tts", args: ["-d", "{{OutputDir}}"] }));
    expect([path.split("/").at(-1), content]).toEqual(["out.OGG", "OggS"]);
  });

  test("its own environment and folder", async () => {
    install("tts", 'printf "%s|%s|%s" "$VOICE" "$HOME" "$PWD"');
    env.HOME = "/home/me";
    const by = await speaker({ command: "tts", cwd: folder.file("bin"), env: { VOICE: "amy", BAD: 7 } });
    expect((await speak(by)).content).toBe(`amy|/home/me|${realpathSync(folder.file("bin"))}`);
    const plain = await speaker({ command: "tts" });
    expect((await speak(plain)).content).toBe(`|/home/me|${realpathSync(folder.file("work"))}`);
  });

  test("one that prints too much: what it may do instead", async () => {
    install("tts", "head -c 67108865 /dev/zero");
    const error = await rejection(speak(await speaker({ command: "tts" })));
    expect(error).toMatchObject({ type: "io", message: expect.stringContaining("printed more than 67108864 bytes") });
    expect(error.details.hint).toContain("64 MiB");
    expect(error.details.hint).toContain("{{OutputPath}}");
  });

  test("a text that is too long for an argument: where it may go", async () => {
    install("tts", "printf x");
    const text = "word ".repeat(60_000);
    const error = await rejection(speak(await speaker({ command: "tts", args: ["{{Text}}"] }), { text }));
    expect(error).toMatchObject({ type: "io", message: expect.stringContaining("E2BIG") });
    expect(error.details.hint).toContain("Leave {{Text}} out");
    await speak(await speaker({ command: "tts" }), { text });
    expect(noted("stdin")).toHaveLength(text.trim().length);
  });

  test("whose audio is not taken leaves nothing either", async () => {
    install("tts", "printf x");
    let path = "";
    const by = await speaker({ command: "tts" });
    const context = fakeContext({ cwd: folder.file("work") });
    const taken = speakWithProgram(context, by, { text: "Hi" }, { signal: never }, (recorded) => {
      path = recorded.path;
      return Promise.reject(new InferError("io", "No room."));
    });
    expect((await rejection(taken)).message).toBe("No room.");
    expect([path.endsWith("speech.mp3"), existsSync(dirname(path))]).toEqual([true, false]);
  });

  test("one that fails: in its own words", async () => {
    install("tts", "echo 'no voice' >&2; exit 2");
    const error = await rejection(speak(await speaker({ command: "tts" })));
    expect(error).toMatchObject({
      type: "provider_error",
      message: `${folder.file("bin/tts")} ended with exit code 2. It said: no voice`,
    });
    expect(error.details.hint).toContain("messages.tts.providers.tts-local-cli");
  });

  test("no audio, and a file that is empty", async () => {
    install("tts", "echo 'nothing to do' >&2");
    const error = await rejection(speak(await speaker({ command: "tts" })));
    expect(error).toMatchObject({ type: "empty_result", message: "tts wrote no audio. It said: nothing to do" });
    install("tts", ': > "$OUT"');
    const empty = speak(await speaker({ command: "tts", args: ["-o", "{{OutputPath}}"] }));
    expect(await rejection(empty)).toMatchObject({ type: "empty_result" });
  });

  test("emoji are not read out; a text of nothing else says nothing", async () => {
    install("tts", "printf x");
    await speak(await speaker({ command: "tts" }), { text: "Hi 👋🏽 you 👩‍💻, © 2026 #1 ❤️" });
    expect(noted("stdin").split(/\s+/)).toEqual(["Hi", "you", ",", "©", "2026", "#1"]);
    const error = await rejection(speak(await speaker({ command: "tts" }), { text: " 👋 " }));
    expect(error.type).toBe("empty_result");
  });

  test("ends when the signal fires; two at a time do not meet", async () => {
    install("tts", "exec sleep 60");
    const stop = new AbortController();
    const speaking = rejection(speak(await speaker({ command: "tts" }), {}, stop.signal));
    while (!existsSync(folder.file("stdin"))) await Bun.sleep(5);
    stop.abort(new InferError("interrupted", "Ctrl-C"));
    expect((await speaking).type).toBe("interrupted");
    install("tts", "printf x");
    const by = await speaker({ command: "tts" });
    const [one, two] = await Promise.all([speak(by), speak(by)]);
    expect(one.path).not.toBe(two.path);
  });

  test("has no voices to tell of", async () => {
    install("tts");
    expect(await programVoices(await speaker({ command: "tts" }), fakeContext(), never)).toEqual([]);
  });
});

describe.skipIf(!HERE)("say", () => {
  test("writes WAV, and gets the text on stdin", async () => {
    install("say");
    const by = await speaker({}, "say");
    const { path } = await speak(by, { text: "-v Bad", voice: "Bad News", speed: 2 });
    expect(args()).toEqual(["-o", path, "--data-format=LEI16@22050", "-v", "Bad News", "-r", "350", "-f", "-"]);
    expect(noted("stdin")).toBe("-v Bad");
    await speak(by);
    expect(args().slice(3)).toEqual(["-f", "-"]);
  });

  test("its voices", async () => {
    install(
      "say",
      `cat <<'X'
Alex                en_US    # Most people recognize me by my voice.
Eddy (German (Germany)) de_DE    # Hallo! Ich heiße Eddy.
Majed               ar_001   # مرحبًا! اسمي ماجد.
X`,
    );
    expect(await programVoices(await speaker({}, "say"), fakeContext(), never)).toEqual([
      { id: "Alex", name: "Alex", locale: "en-US" },
      { id: "Eddy (German (Germany))", name: "Eddy (German (Germany))", locale: "de-DE" },
      { id: "Majed", name: "Majed", locale: "ar-001" },
    ]);
    expect(args()).toEqual(["-v", "?"]);
  });
});

describe.skipIf(!HERE)("piper", () => {
  const voice = (): string => folder.file("en_GB-alba-medium.onnx");
  beforeEach(() => {
    install("piper");
    writeFileSync(voice(), "a voice");
  });

  test("one line on stdin; faster is shorter", async () => {
    const by = await speaker({}, "./en_GB-alba-medium.onnx");
    const { path, ignored } = await speak(by, { text: "One.\n\nTwo.", speed: 1.5 });
    expect(args()).toEqual(["--model", voice(), "--output_file", path, "--length_scale", "0.667"]);
    expect(noted("stdin")).toBe("One. Two.\n");
    expect(ignored).toEqual([]);
  });

  test("a voice is one of its speakers, by number", async () => {
    env.PIPER_MODEL = voice();
    const by = await speaker({}, "piper");
    expect((await speak(by, { voice: "3" })).ignored).toEqual([]);
    expect(args().slice(4)).toEqual(["--speaker", "3"]);
    expect((await speak(by, { voice: "en_GB-alba-medium" })).ignored).toEqual([]);
    expect((await speak(by, { voice: "amy" })).ignored).toEqual([{ key: "voice", value: "amy" }]);
    expect(args().slice(4)).toEqual([]);
  });

  test("what it prints is no audio", async () => {
    install("piper", "echo /tmp/speech.wav");
    expect(await rejection(speak(await speaker({}, voice())))).toMatchObject({ type: "empty_result" });
  });

  test("its voice is the model", async () => {
    expect(await programVoices(await speaker({}, voice()), fakeContext(), never)).toEqual([
      { id: "en_GB-alba-medium", name: "en_GB-alba-medium", locale: "en-GB" },
    ]);
  });
});

describe.skipIf(!HERE)("espeak-ng", () => {
  test("gets the text on stdin", async () => {
    install("espeak-ng");
    const { path } = await speak(await speaker(), { text: "-v", voice: "en-us", speed: 0.5 });
    expect(args()).toEqual(["-w", path, "-v", "en-us", "-s", "88", "--stdin"]);
    expect(noted("stdin")).toBe("-v");
  });

  test("its voices; the second one of a language goes by its file", async () => {
    install(
      "espeak-ng",
      `cat <<'X'
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  yue             --/F      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/-      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
X`,
    );
    expect(await programVoices(await speaker(), fakeContext(), never)).toEqual([
      { id: "chr-US-Qaaa-x-west", name: "Cherokee", locale: "chr-US-Qaaa-x-west", gender: "male" },
      { id: "en-gb", name: "English (Great Britain)", locale: "en-gb", gender: "male" },
      { id: "yue", name: "Chinese (Cantonese)", locale: "yue", gender: "female" },
      { id: "sit/yue-Latn-jyutping", name: "Chinese (Cantonese, latin as Jyutping)", locale: "yue" },
    ]);
    expect(args()).toEqual(["--voices"]);
  });
});

const espeak = Bun.which("espeak-ng");
describe.skipIf(espeak === null)("the real espeak-ng", () => {
  beforeEach(() => {
    env.PATH = dirname(espeak ?? "");
  });

  test("speaks, faster when it is told to, and takes no text for a flag", async () => {
    const by = await speaker({}, "espeak-ng");
    const seconds = async (speed: number): Promise<number> => {
      const { content } = await speak(by, {
        text: "--version is what I say.\nAnd a second line.",
        voice: "en-us",
        speed,
      });
      // 22,050 samples a second, of two bytes.
      return content.length / 44_100;
    };
    const [slow, fast] = [await seconds(1), await seconds(2)];
    expect(slow).toBeGreaterThan(2);
    expect(fast).toBeLessThan(slow * 0.7);
  });

  test("a voice that it does not have", async () => {
    const error = await rejection(speak(await speaker({}, "espeak-ng"), { voice: "nosuch" }));
    expect(error.message).toEndWith("It said: Error: The specified espeak-ng voice does not exist.");
    expect(error.details.hint).toContain("tts voices --provider tts-local-cli");
  });

  test("every voice that it tells of speaks", async () => {
    const by = await speaker({}, "espeak-ng");
    const voices = await programVoices(by, fakeContext(), never);
    expect(voices.length).toBeGreaterThan(50);
    expect(new Set(voices.map(({ id }) => id)).size).toBe(voices.length);
    for (const { id } of voices.filter((_, at) => at % 10 === 0)) {
      expect((await speak(by, { text: "1", voice: id })).content.slice(0, 4)).toBe("RIFF");
    }
  });
});
