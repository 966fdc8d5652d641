import { lstat, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError, isAbsent, messageOf } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { type Finished, runProgram } from "../process/run.ts";
import type { LoadedConfig } from "./file.ts";
import { isBelow, userPath } from "./paths.ts";
import { openToAll, tooOpen } from "./permission.ts";
import type { SourceAnswer } from "./secret.ts";
import type { ExecSource } from "./secret-shape.ts";

const TIMEOUT_MS = 5000;
const MOST_BYTES = 1024 * 1024;

/**
 * A secret that a program gives. It is asked in OpenClaw's protocol: `{protocolVersion: 1, provider, ids}` on its stdin,
 * and `{protocolVersion: 1, values: {<id>: "…"}}` on its stdout; with `jsonOnly: false` plain text will do. Nothing that
 * the program prints gets into an answer's `why`, on whichever stream: it may be the secret. Fails only when the run is
 * interrupted, or out of time.
 */
export async function askSecretProgram(
  context: Context,
  source: ExecSource,
  { name, id }: { name: string; id: string },
  loaded: LoadedConfig,
): Promise<SourceAnswer> {
  if (source.command === undefined) {
    return { why: "it has no command. What a plugin of OpenClaw's brings along is not there for infer." };
  }
  const program = await trusted(source, source.command, loaded);
  if ("why" in program) return program;
  const passed = (source.passEnv ?? []).flatMap((variable) => {
    const value = Object.hasOwn(loaded.env, variable) ? loaded.env[variable] : undefined;
    return value === undefined ? [] : [[variable, value] as const];
  });
  using limit = deadline(context, context.endsAt, () => `${program.path} did not give "${id}" in time.`);
  try {
    const finished = await runProgram({
      command: program.path,
      args: source.args ?? [],
      env: { ...Object.fromEntries(passed), ...source.env },
      cwd: dirname(program.path),
      stdin: JSON.stringify({ protocolVersion: 1, provider: name, ids: [id] }),
      maxOutputBytes: source.maxOutputBytes ?? MOST_BYTES,
      timeoutMs: source.timeoutMs ?? TIMEOUT_MS,
      ...(source.noOutputTimeoutMs !== undefined && { silenceMs: source.noOutputTimeoutMs }),
      signal: limit.signal,
    });
    return answerOf(finished, id, source.jsonOnly ?? true, program.path);
  } catch (thrown) {
    if (thrown === limit.signal.reason || !(thrown instanceof InferError)) throw thrown;
    return { why: thrown.message };
  }
}

/** OpenClaw's rules: an absolute path to a file that nobody else can change, in one of the folders named, if any are. */
async function trusted(
  { trustedDirs = [], allowInsecurePath = false, allowSymlinkCommand = false }: ExecSource,
  command: string,
  { env, path: configPath }: LoadedConfig,
): Promise<{ path: string } | { why: string }> {
  const path = userPath(command, env, "/");
  if (!isAbsolute(command.trim()) && !command.trim().startsWith("~")) {
    return { why: `its command "${command}" has to be an absolute path.` };
  }
  try {
    if ((await lstat(path)).isSymbolicLink() && !allowSymlinkCommand) {
      return { why: `its command ${path} is a link. Name what it leads to, or set allowSymlinkCommand.` };
    }
    const real = await realpath(path);
    const found = await stat(real);
    if (!found.isFile()) return { why: `its command ${path} is not a file.` };
    if (trustedDirs.length > 0) {
      const folders = trustedDirs.map((folder) => userPath(folder, env, dirname(configPath ?? ".")));
      const reals = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
      if (!reals.some((folder) => isBelow(folder, real))) {
        return { why: `its command ${real} is in none of its trustedDirs.` };
      }
    }
    const danger = allowInsecurePath ? undefined : tooOpen(found, "write");
    if (danger) return { why: `its command ${real} ${danger}. Run chmod go-w on it, or set allowInsecurePath.` };
    for (const folder of allowInsecurePath ? [] : new Set([dirname(path), dirname(real)])) {
      const open = openToAll(await stat(folder));
      if (open)
        return { why: `the folder of its command, ${folder}, ${open}. Run chmod o-w on it, or set allowInsecurePath.` };
    }
    return { path: real };
  } catch (thrown) {
    if (isAbsent(thrown)) return { why: `there is no program ${path}.` };
    return { why: `its command ${path} cannot be looked at: ${messageOf(thrown)}` };
  }
}

function answerOf({ exitCode, stdout }: Finished, id: string, jsonOnly: boolean, path: string): SourceAnswer {
  if (exitCode !== 0) return { why: `${path} ended with exit code ${exitCode}. Run it by hand to see what it says.` };
  const text = new TextDecoder().decode(stdout).trim();
  if (text === "") return { why: `${path} printed nothing.` };
  const json = parsed(text);
  if (!isRecord(json)) {
    if (!jsonOnly) return { text: typeof json === "string" ? json : text };
    return {
      why: `${path} did not print a JSON object. For a program that prints the secret alone, set jsonOnly: false.`,
    };
  }
  if (json.protocolVersion !== 1) return { why: `${path} answered without protocolVersion: 1.` };
  if (isRecord(json.errors) && Object.hasOwn(json.errors, id))
    return { why: `${path} says that it cannot give "${id}".` };
  const value = isRecord(json.values) && Object.hasOwn(json.values, id) ? json.values[id] : undefined;
  if (value === undefined) return { why: `${path} gave nothing for "${id}".` };
  return typeof value === "string" ? { text: value } : { why: `what ${path} gave for "${id}" is not a string.` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
