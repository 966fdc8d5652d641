import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import * as v from "valibot";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type Agent, chooseAgent } from "./agent.ts";
import { type Document, invalidConfig, mentionsInclude, parseDocument } from "./document.ts";
import { configPlaces, openclawFolder } from "./paths.ts";
import { type Config, configSchema } from "./schema.ts";
import { problemOf } from "./shape.ts";
import { readIfThere, receiveIfThere } from "./text-file.ts";
import { envBlock, layered, substitute, type Variables } from "./variables.ts";

export interface LoadedConfig extends Variables {
  /** `null` when there is none: a config is never required. */
  path: string | null;
  config: Config;
  /** The environment with the config's own `env` block beneath it. */
  env: Readonly<Record<string, string | undefined>>;
  /** Whose settings and credentials apply. */
  agent: Agent;
}

/**
 * Finds, reads and checks the config. A wrong value is a `usage` error that names its path and its file; an `--agent`
 * that the config does not have is `not_found`. From then on requests take the proxies that its environment names.
 */
export async function loadConfig(context: World): Promise<LoadedConfig> {
  const loaded = await findConfig(context);
  context.applyProxy(loaded.env);
  return loaded;
}

type World = Pick<Context, "env" | "cwd" | "options" | "now" | "sleep" | "signal" | "endsAt" | "applyProxy">;

async function findConfig(context: World): Promise<LoadedConfig> {
  const env = layered(context.env, await stateEnv(context.env));
  const { agent } = context.options;
  for (const { path, required } of configPlaces(context.options.config, context.env)) {
    const absolute = resolve(context.cwd, path);
    const text = await receiveIfThere(context, absolute);
    if (text !== null) return interpret(await wholeDocument(text, absolute, env), absolute, env, agent);
    if (required) throw new InferError("not_found", `There is no config file ${absolute}.`);
  }
  return noConfig(env, agent);
}

/** What there is to go by without a config. */
export function noConfig(env: LoadedConfig["env"], agent?: string): LoadedConfig {
  const none = { path: null, config: {}, interpolated: new Set<string>(), unset: new Map<string, string>() };
  return { ...none, env, agent: chooseAgent({}, null, env, agent) };
}

/** A config in one piece: JSON5 with `${ENV}` in it. `realEnv` wins over the config's own `env` block. */
export function parseConfig(text: string, path: string, realEnv: LoadedConfig["env"], agent?: string): LoadedConfig {
  const json = parseDocument(text, path);
  if (mentionsInclude(json)) throw invalidConfig(path, "$include is only read from a file.");
  return interpret({ json, fileOf: () => path }, path, realEnv, agent);
}

async function wholeDocument(text: string, path: string, env: LoadedConfig["env"]): Promise<Document> {
  const json = parseDocument(text, path);
  if (!mentionsInclude(json)) return { json, fileOf: () => path };
  const { expandIncludes } = await import("./include.ts");
  return expandIncludes(json, path, env);
}

function interpret(
  { json, fileOf }: Document,
  path: string,
  realEnv: LoadedConfig["env"],
  agent: string | undefined,
): LoadedConfig {
  const env = layered(realEnv, envBlock(json, layered(realEnv)));
  const { json: filled, ...variables } = substitute(json, env);
  const result = v.safeParse(configSchema, filled);
  if (!result.success) throw wrongValues(result.issues, fileOf);
  const config = result.output;
  return { path, config, env, ...variables, agent: chooseAgent(config, path, realEnv, agent) };
}

function wrongValues(issues: readonly v.BaseIssue<unknown>[], fileOf: Document["fileOf"]): InferError {
  const byFile = Map.groupBy(issues, (issue) => fileOf(issue.path?.map(({ key }) => key) ?? []));
  const [[path, first] = ["", []], ...others] = [...byFile].map(
    ([file, found]) => [file, found.map(problemOf)] as const,
  );
  const more = others.map(([file, problems]) => `; in ${file}: ${problems.join("; ")}`).join("");
  const hint = "Correct the value, or remove the key: infer does without it.";
  return invalidConfig(path, `${first.join("; ")}${more}`, hint);
}

/** OpenClaw's `.env` beside its config. One in the working directory is never read: a checkout is no place for keys. */
async function stateEnv(env: LoadedConfig["env"]): Promise<NodeJS.Dict<string>> {
  const folder = openclawFolder(env);
  const text = folder && (await readIfThere(join(folder, ".env")));
  return text ? parseEnv(text) : {};
}
