import { InferError } from "../core/error.ts";
import { withoutKeys } from "../process/keys.ts";
import { type Finished, runProgram } from "../process/run.ts";
import type { AwsWorld } from "./aws-credentials.ts";

/** No credentials are longer. */
const LONGEST_OUTPUT = 256 * 1024;
/** Some ask for a finger or a password on their own; the command's deadline is nearer, mostly. */
const PATIENCE_MS = 120_000;

/**
 * What a `credential_process` prints. `where` names it in messages; its stderr may stand there, as AWS tells the authors of
 * such programs to put no secret into it: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export async function runCredentialProcess(
  { context, env }: AwsWorld,
  text: string,
  where: string,
  signal: AbortSignal,
): Promise<string> {
  const [command = "", ...args] = words(text);
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { exitCode, stdout, stderr } = await run({
    command,
    args,
    env: Object.fromEntries(set),
    cwd: context.cwd,
    maxOutputBytes: LONGEST_OUTPUT,
    timeoutMs: PATIENCE_MS,
    signal,
  });
  if (exitCode === 0) return new TextDecoder().decode(stdout);
  const said = withoutKeys(stderr, env).replace(/\s+/g, " ").trim().slice(0, 300);
  throw new InferError("auth", `${where} failed with exit code ${exitCode}${said && `: ${said}`}`);
}

/** A program that is not there, or may not be run, is a credential that cannot be had. */
async function run(program: Parameters<typeof runProgram>[0]): Promise<Finished> {
  try {
    return await runProgram(program);
  } catch (thrown) {
    const isOurs = thrown instanceof InferError && (thrown.type === "not_found" || thrown.type === "io");
    throw isOurs ? new InferError("auth", thrown.message, { cause: thrown }) : thrown;
  }
}

/**
 * The command's words, with quotes as a shell has them, and none of a shell's other powers. A path on Windows is full of
 * backslashes, so there they mean nothing else.
 */
export function words(command: string, isWindows = process.platform === "win32"): string[] {
  const found: string[] = [];
  for (const [word] of command.matchAll(isWindows ? WINDOWS_WORD : WORD)) {
    const text = isWindows
      ? word.replaceAll('"', "")
      : word.replace(QUOTED_OR_ESCAPED, (_, double?: string, single?: string, escaped?: string) => {
          return double?.replace(/\\(["\\])/g, "$1") ?? single ?? escaped ?? "";
        });
    found.push(text);
  }
  return found;
}

const WORD = /(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g;
const WINDOWS_WORD = /(?:"[^"]*"|[^\s"])+/g;
const QUOTED_OR_ESCAPED = /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g;
