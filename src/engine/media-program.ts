import { readFile } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import type { Context } from "../core/context.ts";
import { type ErrorType, InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { said } from "../process/said.ts";
import { inTemporaryFolder } from "../process/temporary-folder.ts";
import type { Call } from "./attempts.ts";
import type { MediaProgram } from "./media-choice.ts";
import { plainWav } from "./plain-wav.ts";
import { filledIn, type GivenFile, MOST_OUTPUT, toItsEnd } from "./user-program.ts";

/** What a program is asked about one file. */
interface MediaQuestion {
  prompt: string;
  maxChars: number | undefined;
  /** Of a recording, where the user has said it. */
  language?: string | undefined;
  /** The file as it is given; one that has to be written first is written into the folder, which is gone afterwards. */
  file: GivenFile;
}

/**
 * What a program of the user's own says of a file: an entry with `type: "cli"` of `tools.media`. The answer is what it
 * prints, or the file that OpenClaw knows it to write.
 */
export async function askMediaProgram(
  context: Context,
  { command, args, env }: MediaProgram,
  question: MediaQuestion,
  call: Call,
): Promise<string> {
  return inTemporaryFolder("infer-media-", async (folder) => {
    const given = await question.file(folder);
    const isRecording = !given.mimeType.startsWith("image/") && nameOf(command) === "whisper-cli";
    const { path, mimeType } = isRecording ? await plainWav(context, given, folder, env, call) : given;
    const values: Readonly<Record<string, string>> = {
      mediapath: path,
      mediadir: dirname(path),
      mediatype: mimeType,
      outputdir: folder,
      outputbase: join(folder, parse(path).name),
      prompt: question.prompt,
      language: question.language ?? "",
      maxchars: question.maxChars === undefined ? "" : String(question.maxChars),
    };
    const filled = args.map((arg) => filledIn(arg, values));
    const { stdout, stderr } = await toItsEnd(
      context,
      { command, args: filled, env, maxOutputBytes: MOST_OUTPUT },
      call,
    );
    const file = answerFile(command, filled, path);
    // Not there: it has printed its answer, then.
    const written = file === undefined ? "" : await readFile(resolve(context.cwd, file), "utf8").catch(() => "");
    const text = written.trim() || answerIn(command, new TextDecoder().decode(stdout));
    if (text === "") throw new InferError("empty_result", `${command} printed nothing.${said(stderr)}`);
    return text;
  }).catch((thrown) => {
    if (!(thrown instanceof InferError)) throw thrown;
    const hint = HINTS[thrown.type];
    throw hint === undefined ? thrown : thrown.with({ hint });
  });
}

const HINTS: Partial<Record<ErrorType, string>> = {
  not_found: "Install it, or correct command under tools.media in the config.",
  provider_error: "Try it by hand, or correct args under tools.media in the config.",
  empty_result: "Try it by hand, or correct args under tools.media in the config.",
};

function nameOf(command: string): string {
  return parse(command).name;
}

/** Where a program writes its answer that is known for doing so when its arguments say it. */
function answerFile(command: string, args: readonly string[], mediaPath: string): string | undefined {
  const base = parse(mediaPath).name;
  const after = (...flags: string[]): string | undefined => args[args.findIndex((arg) => flags.includes(arg)) + 1];
  const has = (...flags: string[]): boolean => args.some((arg) => flags.includes(arg));
  switch (nameOf(command)) {
    case "whisper-cli":
      return has("-otxt", "--output-txt") && has("-of", "--output-file")
        ? `${after("-of", "--output-file")}.txt`
        : undefined;
    case "whisper": {
      const formats = has("--output_format", "-f") ? after("--output_format", "-f")?.split(",") : undefined;
      const isText = formats?.some((format) => format.trim() === "txt");
      return isText && has("--output_dir", "-o") ? join(after("--output_dir", "-o") ?? "", `${base}.txt`) : undefined;
    }
    case "parakeet-mlx": {
      const isText = !has("--output-format") || after("--output-format") === "txt";
      return isText && has("--output-dir") ? join(after("--output-dir") ?? "", `${base}.txt`) : undefined;
    }
    default:
      return undefined;
  }
}

/** Two of them print JSON with the answer in a member; any other prints the answer. */
const MEMBERS: Readonly<Record<string, string>> = { gemini: "response", "sherpa-onnx-offline": "text" };

function answerIn(command: string, stdout: string): string {
  const member = MEMBERS[nameOf(command)];
  if (member === undefined) return stdout.trim();
  const lines = stdout.split("\n").toReversed();
  for (const candidate of [stdout.slice(stdout.indexOf("{")), ...lines.filter((line) => line.trim().startsWith("{"))]) {
    const answer = memberOf(candidate, member);
    if (answer !== undefined) return answer;
  }
  return stdout.trim();
}

function memberOf(json: string, member: string): string | undefined {
  try {
    const document: unknown = JSON.parse(json);
    const value = isRecord(document) ? document[member] : undefined;
    return typeof value === "string" ? value.trim() : undefined;
  } catch {
    // Plain text, then.
    return undefined;
  }
}
