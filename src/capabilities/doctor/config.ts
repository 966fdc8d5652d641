import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { configPlaces } from "../../config/paths.ts";
import type { Context } from "../../core/context.ts";
import { type Check, fail, ok, type Setup, warn } from "./check.ts";

/** Which config is in force, whether it is valid, and which others it keeps from being read. */
export async function checkConfig({ context, loaded, configProblem }: Setup): Promise<Check[]> {
  if (configProblem) {
    const fix = configProblem.details.hint ?? "Correct it, or name another one with --config.";
    return [fail("config", configProblem.message, fix)];
  }
  const { OPENCLAW_CONFIG_PATH: named } = context.env;
  if (loaded.path === null) {
    const absent = `OPENCLAW_CONFIG_PATH names ${named}, which is not there.`;
    if (named) return [warn("config", absent, "Correct it, or: unset OPENCLAW_CONFIG_PATH")];
    return [ok("config", "None, and none is needed.")];
  }
  const others = (await existing(allPlaces(context))).filter((path) => path !== loaded.path);
  const shadowed = others.length > 0 ? ` Not read: ${others.join(", ")}` : "";
  return [ok("config", `${loaded.path} is valid.${shadowed}`)];
}

/** Every place where a config may be, with the ones that a nearer choice hides. */
function allPlaces({ cwd, env, options }: Context): string[] {
  const withoutInfer = { ...env, INFER_CONFIG: undefined };
  const places = [
    ...configPlaces(options.config, env),
    ...configPlaces(undefined, env),
    ...configPlaces(undefined, withoutInfer),
    ...configPlaces(undefined, { ...withoutInfer, OPENCLAW_CONFIG_PATH: undefined }),
  ];
  return [...new Set(places.map(({ path }) => resolve(cwd, path)))];
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => path,
        () => null,
      ),
    ),
  );
  return found.filter((path) => path !== null);
}
