import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import * as v from "valibot";
import type { Context } from "../core/context.ts";
import { InferError, isAbsent, messageOf } from "../core/error.ts";
import { configPlaces, openclawFolder } from "./paths.ts";
import { type Config, configSchema } from "./schema.ts";

export interface LoadedConfig {
  /** `null` when there is none: a config is never required. */
  path: string | null;
  config: Config;
  /** The environment with the config's own `env` block beneath it. */
  env: Readonly<Record<string, string | undefined>>;
  /** Values that `${NAME}` brought into the config: a header that has one in it may be a secret. */
  interpolated: ReadonlySet<string>;
}

/** Finds, reads and checks the config. A wrong value is a `usage` error that names its path and its file. */
export async function loadConfig(context: Pick<Context, "env" | "cwd" | "options">): Promise<LoadedConfig> {
  const env = { ...(await stateEnv(context.env)), ...context.env };
  for (const { path, required } of configPlaces(context.options.config, context.env)) {
    const absolute = resolve(context.cwd, path);
    const text = await readIfThere(absolute);
    if (text !== null) return parseConfig(text, absolute, env);
    if (required) throw new InferError("not_found", `There is no config file ${absolute}.`);
  }
  return { path: null, config: {}, env, interpolated: new Set() };
}

/** OpenClaw's JSON5 with `${ENV}` in it. `realEnv` wins over the config's own `env` block. */
export function parseConfig(text: string, path: string, realEnv: LoadedConfig["env"]): LoadedConfig {
  let json: unknown;
  try {
    json = text.trim() === "" ? {} : Bun.JSON5.parse(text);
  } catch (thrown) {
    throw invalid(path, messageOf(thrown));
  }
  if (mentionsInclude(json)) {
    throw invalid(path, "$include is not supported yet: put the included files' content into this file.");
  }
  // No prototype: `${constructor}` is a variable that is not set.
  const env = Object.assign(Object.create(null), envBlock(json, realEnv), realEnv);
  const interpolated = new Set<string>();
  const result = v.safeParse(configSchema, substitute(json, env, interpolated));
  if (result.success) return { path, config: result.output, env, interpolated };
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "<root>"}: ${lowerFirst(issue.message)}`);
  throw invalid(path, problems.join("; "));
}

/** The name of a variable that a string still waits for, when `${NAME}` had no value. */
export function unsetVariable(value: string): string | undefined {
  return VARIABLE.exec(value)?.[1];
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/;
const VARIABLE_OR_ESCAPE = /\$(\$\{[A-Za-z_][A-Za-z0-9_]*\})|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** A variable without a value stays as it is: only what uses the string can say whether that matters. */
function substitute(value: unknown, env: LoadedConfig["env"], used: Set<string>): unknown {
  if (typeof value === "string") {
    return value.replace(VARIABLE_OR_ESCAPE, (whole, escaped?: string, name?: string) => {
      if (escaped !== undefined) return escaped;
      const found = env[name ?? ""];
      if (found) used.add(found);
      return found ?? whole;
    });
  }
  if (Array.isArray(value)) return value.map((entry) => substitute(entry, env, used));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, substitute(entry, env, used)]));
}

/** `env: {NAME: "…"}` or `env: {vars: {NAME: "…"}}`. */
function envBlock(json: unknown, realEnv: LoadedConfig["env"]): Record<string, string> {
  const block = substitute(member(json, "env"), Object.assign(Object.create(null), realEnv), new Set());
  const names = { ...record(block), ...record(member(block, "vars")) };
  return Object.fromEntries(
    Object.entries(names).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** OpenClaw's `.env` beside its config. One in the working directory is never read: a checkout is no place for keys. */
async function stateEnv(env: LoadedConfig["env"]): Promise<NodeJS.Dict<string>> {
  const folder = openclawFolder(env);
  const text = folder && (await readIfThere(join(folder, ".env")));
  return text ? parseEnv(text) : {};
}

function mentionsInclude(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "$include") || Object.values(value).some(mentionsInclude);
}

function member(value: unknown, key: string): unknown {
  return record(value)[key];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Bun.file(path).text();
  } catch (thrown) {
    if (isAbsent(thrown)) return null;
    throw new InferError("io", `${path} cannot be read: ${messageOf(thrown)}`);
  }
}

function invalid(path: string, problem: string): InferError {
  return new InferError("usage", `Config ${path} is not valid: ${problem}`);
}
