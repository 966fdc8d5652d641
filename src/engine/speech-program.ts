import { readdir, writeFile } from "node:fs/promises";
import { basename, extname, join, parse } from "node:path";
import type { Context } from "../core/context.ts";
import type { IgnoredOverride } from "../core/envelope.ts";
import { codeOf, InferError, messageOf } from "../core/error.ts";
import { said } from "../process/said.ts";
import { inTemporaryFolder } from "../process/temporary-folder.ts";
import type { Call } from "./attempts.ts";
import { piperVoice } from "./program-voices.ts";
import { type ProgramFormat, type SpeechProgram, sizeOf } from "./speech-programs.ts";
import { filledIn, toItsEnd } from "./user-program.ts";

interface Speech {
  text: string;
  voice?: string | undefined;
  /** 1 is normal. */
  speed?: number | undefined;
  /** Of the file that it is told to write, where its own is not known. OpenClaw's is mp3. */
  format?: ProgramFormat | undefined;
}

/** What a program has spoken, for as long as it is being taken. */
export interface Recorded {
  /** Its content alone tells its form. */
  path: string;
  /** What was asked for, and this program has no words for. */
  ignored: IgnoredOverride[];
}

/**
 * Hands over the audio, in a folder of its own that is gone afterwards. Fails as `provider_error`, in the program's own
 * words, and as `empty_result`.
 */
export async function speakWithProgram<T>(
  context: Context,
  program: SpeechProgram,
  speech: Speech,
  call: Call,
  take: (recorded: Recorded) => Promise<T>,
): Promise<T> {
  const text = withoutEmoji(speech.text);
  if (text === "") throw new InferError("empty_result", "There is nothing in the text that can be spoken.");
  // Of its own, so that whatever is in it comes from this run.
  return inTemporaryFolder("infer-speech-", async (folder) =>
    take(await recorded(context, program, { ...speech, text }, folder, call)),
  );
}

async function recorded(
  context: Context,
  program: SpeechProgram,
  speech: Speech,
  folder: string,
  call: Call,
): Promise<Recorded> {
  const path = join(folder, `${BASE}.${program.writes ?? speech.format ?? "mp3"}`);
  const { args, stdin, ignored } = lineOf(program, speech, path);
  const { command, env, cwd } = program;
  const optional = { ...(stdin !== undefined && { stdin }), ...(cwd && { cwd }) };
  const run = { command, args, env, maxOutputBytes: MOST_AUDIO, ...optional };
  const { stdout, stderr } = await toItsEnd(context, run, call).catch((thrown) =>
    Promise.reject(told(thrown, program)),
  );
  const written = await audioIn(folder);
  if (written) return { path: written, ignored };
  // What the known ones print is no audio.
  if (program.known || stdout.length === 0) {
    const hint = hintOf(program);
    throw new InferError("empty_result", `${program.name} wrote no audio.${said(stderr)}`, { hint });
  }
  await writeFile(path, stdout).catch((thrown) => {
    throw new InferError("io", `The audio could not be written: ${messageOf(thrown)}.`, { cause: thrown });
  });
  return { path, ignored };
}

const BASE = "speech";

/** What a program prints is held in memory, unlike the file that it writes: 25 minutes of WAV at 22.05 kHz. */
const MOST_AUDIO = 64 * 1024 * 1024;
const TOO_MUCH =
  "What it prints may have 64 MiB. Let it write a file, which may be longer: {{OutputPath}} in args under messages.tts.providers.tts-local-cli in the config.";

const TOO_LONG =
  "The text is too long for an argument. Leave {{Text}} out of args under messages.tts.providers.tts-local-cli in the config: it is given on stdin then.";

function told(thrown: unknown, program: SpeechProgram): unknown {
  if (!(thrown instanceof InferError)) return thrown;
  if (thrown.type === "provider_error") return thrown.with({ hint: hintOf(program) });
  if (thrown.type !== "io") return thrown;
  if (/ printed more than /.test(thrown.message)) return thrown.with({ hint: TOO_MUCH });
  const { args } = program;
  return codeOf(thrown.details.cause) === "E2BIG" && args.some(hasText) ? thrown.with({ hint: TOO_LONG }) : thrown;
}

interface Line {
  args: string[];
  /** The text, where no argument has it. */
  stdin?: string;
  /** What this program has no words for. */
  ignored: IgnoredOverride[];
}

function lineOf(program: SpeechProgram, { text, voice, speed }: Speech, path: string): Line {
  const rate = speed === undefined ? undefined : String(Math.round(NORMAL_RATE * speed));
  switch (program.known) {
    case "say": {
      // The format of the file goes by its ending: https://keith.github.io/xcode-man-pages/say.1.html
      const args = ["-o", path, "--data-format=LEI16@22050", ...flag("-v", voice), ...flag("-r", rate), "-f", "-"];
      return { args, stdin: text, ignored: [] };
    }
    case "espeak-ng": {
      return { args: ["-w", path, ...flag("-v", voice), ...flag("-s", rate), "--stdin"], stdin: text, ignored: [] };
    }
    case "piper": {
      // Flags that rhasspy/piper and OHF-Voice/piper1-gpl have in common; each line would be spoken by itself.
      const { voicePath = "" } = program;
      const isSpeaker = voice !== undefined && /^\d+$/.test(voice);
      const isItself = voice === undefined || voice === piperVoice(voicePath).id;
      const scale = speed === undefined ? undefined : String(Number((1 / speed).toFixed(3)));
      const args = ["--model", voicePath, "--output_file", path, ...flag("--length_scale", scale)];
      return {
        args: [...args, ...(isSpeaker ? flag("--speaker", voice) : [])],
        stdin: `${text.replace(/\s+/g, " ")}\n`,
        ignored: isSpeaker || isItself ? [] : [{ key: "voice", value: voice }],
      };
    }
    default: {
      const values = { text, outputpath: path, outputdir: parse(path).dir, outputbase: BASE };
      return {
        // The text is nobody's flag.
        args: program.args.map((arg) => filledIn(arg, values).replace(/^-/, arg.startsWith("-") ? "-" : " -")),
        ...(!program.args.some(hasText) && { stdin: text }),
        ignored: [
          ...(voice === undefined ? [] : [{ key: "voice", value: voice }]),
          ...(speed === undefined ? [] : [{ key: "speed", value: speed }]),
        ],
      };
    }
  }
}

function hasText(arg: string): boolean {
  return /\{\{\s*text\s*\}\}/i.test(arg);
}

/** Words a minute; espeak-ng tells it of itself, and `say` speaks about as fast. */
const NORMAL_RATE = 175;

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}

function hintOf({ known, command }: SpeechProgram): string {
  if (known === "piper") return "Check the voice: its .onnx.json belongs beside it.";
  if (known) return "The voices that it has: infer tts voices --provider tts-local-cli";
  return `Try ${basename(command)} by hand, or correct args under messages.tts.providers.tts-local-cli in the config.`;
}

const AUDIO = [".wav", ".mp3", ".opus", ".ogg", ".m4a", ".flac", ".aac", ".aiff", ".aif"];

/** What it was told to write, or else what it wrote. */
async function audioIn(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => AUDIO.includes(extname(name).toLowerCase())).toSorted();
  for (const name of [...names.filter((one) => one.startsWith(BASE)), ...names]) {
    if (await sizeOf(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

/** As OpenClaw: they would be read out by their names. */
function withoutEmoji(text: string): string {
  const emoji = /(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)(?:\p{Emoji_Modifier}|\u200d|\ufe0f)*/gu;
  return text.replace(emoji, " ").trim();
}
