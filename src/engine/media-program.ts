import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { runProgram } from "../process/run.ts";
import { excerpt } from "../protocols/message.ts";
import type { Call } from "./attempts.ts";
import type { MediaProgram } from "./media-choice.ts";

/** What a program is asked about one file. */
interface MediaQuestion {
  prompt: string;
  maxChars: number | undefined;
  /** The file as it is given; one that has to be written first is written into the folder, which is gone afterwards. */
  file(folder: string): Promise<{ path: string; mimeType: string }>;
}

/** As OpenClaw: a program that prints more has not understood the question. */
const MOST_OUTPUT = 5 * 1024 * 1024;

/** What a program of the user's own says of a file: an entry with `type: "cli"` of `tools.media`. */
export async function askMediaProgram(
  context: Context,
  { command, args, env }: MediaProgram,
  question: MediaQuestion,
  call: Call,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "infer-media-"));
  try {
    const { path, mimeType } = await question.file(folder);
    const values: Readonly<Record<string, string>> = {
      MediaPath: path,
      MediaDir: dirname(path),
      MediaType: mimeType,
      OutputDir: folder,
      OutputBase: join(folder, parse(path).name),
      Prompt: question.prompt,
      MaxChars: question.maxChars === undefined ? "" : String(question.maxChars),
    };
    const { exitCode, stdout, stderr } = await runProgram({
      command,
      args: args.map((arg) => filledIn(arg, values)),
      env: Object.fromEntries(
        Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      cwd: context.cwd,
      maxOutputBytes: MOST_OUTPUT,
      timeoutMs: Math.max(1, context.endsAt - context.now()),
      signal: call.signal,
    });
    if (exitCode !== 0) throw failed(command, exitCode, stderr);
    const text = answerIn(command, new TextDecoder().decode(stdout));
    if (text === "") throw new InferError("empty_result", `${command} printed nothing.${said(stderr)}`);
    return text;
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "not_found") throw thrown;
    throw thrown.with({ hint: "Install it, or correct command under tools.media in the config." });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `{{MediaPath}}` and the like; a name that nobody knows is nothing. */
function filledIn(arg: string, values: Readonly<Record<string, string>>): string {
  return arg.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? "") : "",
  );
}

/** Gemini's own program prints JSON when it is told to, with the answer in `response`; any other prints the answer. */
function answerIn(command: string, stdout: string): string {
  if (parse(command).name !== "gemini") return stdout.trim();
  try {
    const json: unknown = JSON.parse(stdout.slice(stdout.indexOf("{")));
    const isAnswer = typeof json === "object" && json !== null && "response" in json;
    if (isAnswer && typeof json.response === "string" && json.response.trim() !== "") return json.response.trim();
  } catch {
    // Plain text, then.
  }
  return stdout.trim();
}

function failed(command: string, exitCode: number, stderr: string): InferError {
  return new InferError("provider_error", `${command} ended with exit code ${exitCode}.${said(stderr)}`);
}

function said(stderr: string): string {
  return stderr === "" ? "" : ` It said: ${excerpt(stderr, 500)}`;
}
