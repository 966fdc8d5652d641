import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { basename, extname, join, parse } from "node:path";
import type { Context } from "../core/context.ts";
import type { IgnoredOverride } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import type { Call } from "./attempts.ts";
import { piperVoice } from "./program-voices.ts";
import { type Speaker, sizeOf } from "./speaker.ts";
import { filledIn, said, toItsEnd } from "./user-program.ts";

interface Speech {
  text: string;
  voice?: string | undefined;
  /** 1 is normal. */
  speed?: number | undefined;
  /** Where to write; it has to be there. */
  folder: string;
}

/**
 * The path of the audio, somewhere in the folder; its content alone tells its form. Fails as `provider_error`, in the
 * program's own words, and as `empty_result`.
 */
export async function speakWithProgram(
  context: Context,
  speaker: Speaker,
  speech: Speech,
  call: Call,
): Promise<{ path: string; ignored: IgnoredOverride[] }> {
  const text = withoutEmoji(speech.text);
  if (text === "") throw new InferError("empty_result", "There is nothing in the text that can be spoken.");
  // Of its own, so that whatever is in it comes from this run.
  const folder = await mkdtemp(join(speech.folder, "speech-"));
  const path = join(folder, `${BASE}.${speaker.extension}`);
  const { args, stdin, ignored } = lineOf(speaker, { ...speech, text }, path);
  const { command, env, cwd, timeoutMs } = speaker;
  const optional = { ...(stdin !== undefined && { stdin }), ...(cwd && { cwd }), ...(timeoutMs && { timeoutMs }) };
  const run = { command, args, env, maxOutputBytes: MOST_AUDIO, ...optional };
  const { stdout, stderr } = await toItsEnd(context, run, call).catch((thrown: unknown) => {
    throw thrown instanceof InferError && thrown.type === "provider_error"
      ? thrown.with({ hint: hintOf(speaker) })
      : thrown;
  });
  const written = await audioIn(folder);
  if (written) return { path: written, ignored };
  // What the known ones print is no audio.
  if (speaker.known || stdout.length === 0) {
    const hint = hintOf(speaker);
    throw new InferError("empty_result", `${speaker.name} wrote no audio.${said(stderr)}`, { hint });
  }
  await writeFile(path, stdout);
  return { path, ignored };
}

const BASE = "speech";

/** An hour of WAV, 44.1 kHz, one channel, is 318 MB. */
const MOST_AUDIO = 512 * 1024 * 1024;

interface Line {
  args: string[];
  /** The text, where no argument has it. */
  stdin?: string;
  /** What this program has no words for. */
  ignored: IgnoredOverride[];
}

function lineOf(speaker: Speaker, { text, voice, speed }: Speech, path: string): Line {
  const rate = speed === undefined ? undefined : String(Math.round(NORMAL_RATE * speed));
  switch (speaker.known) {
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
      const { voicePath = "" } = speaker;
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
      const hasText = speaker.args.some((arg) => TEXT.test(arg));
      return {
        // The text is nobody's flag.
        args: speaker.args.map((arg) => filledIn(arg, values).replace(/^-/, arg.startsWith("-") ? "-" : " -")),
        ...(!hasText && { stdin: text }),
        ignored: [
          ...(voice === undefined ? [] : [{ key: "voice", value: voice }]),
          ...(speed === undefined ? [] : [{ key: "speed", value: speed }]),
        ],
      };
    }
  }
}

const TEXT = /\{\{\s*text\s*\}\}/i;

/** Words a minute; espeak-ng tells it of itself, and `say` speaks about as fast. */
const NORMAL_RATE = 175;

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}

function hintOf({ known, command }: Speaker): string {
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
