import { dirname, join } from "node:path";
import { InferError } from "../core/error.ts";
import { didYouMean } from "../core/suggest.ts";
import type { LoadedConfig } from "./file.ts";
import { openclawFolder, userPath } from "./paths.ts";
import type { Config, ModelChoice } from "./schema.ts";

/** One of OpenClaw's agents. */
export interface Agent {
  /** As OpenClaw spells it in paths: `Work Bot` is `work-bot`. */
  id: string;
  /** Where OpenClaw keeps its credentials; `undefined` without a home. */
  folder: string | undefined;
}

/** The agent that `--agent` names, else OpenClaw's default one. Fails as `not_found`, with those that there are. */
export function chooseAgent(
  config: Config,
  path: string | null,
  env: LoadedConfig["env"],
  wanted: string | undefined,
): Agent {
  const agents = config.agents?.list ?? [];
  const chosen = wanted ?? (agents.find((agent) => agent.default) ?? agents[0])?.id ?? MAIN;
  const id = agentId(chosen);
  const entry = agents.find((agent) => agentId(agent.id) === id);
  const known = agents.length > 0 ? [...new Set(agents.map((agent) => agentId(agent.id)))] : [MAIN];
  if (!known.includes(id)) {
    const guess = didYouMean(id, known);
    const hint = `Known: ${known.join(", ")}. Others are declared in agents.list of the config.`;
    throw new InferError("not_found", `There is no agent "${chosen}"${path === null ? "" : ` in ${path}`}.`, {
      hint: guess ? `${guess} ${hint}` : hint,
    });
  }
  const folder = entry?.agentDir?.trim();
  if (folder && path !== null) return { id, folder: userPath(folder, env, dirname(path)) };
  const state = openclawFolder(env);
  return { id, folder: state && join(state, "agents", id, "agent") };
}

/**
 * The configured default model and its fallbacks, and where the config has them. An agent's own model stands alone: the
 * common fallbacks are another model's, and count only for an agent that names neither a model nor fallbacks.
 */
export function defaultModels(loaded: LoadedConfig): { refs: string[]; place: string } {
  const { agents } = loaded.config;
  const at = agents?.list?.findIndex((agent) => agentId(agent.id) === loaded.agent.id) ?? -1;
  const own = agents?.list?.[at]?.model;
  const common = agents?.defaults?.model;
  const ownPrimary = primaryOf(own);
  const ownFallbacks = typeof own === "object" ? own.fallbacks : undefined;
  const primary = ownPrimary ?? primaryOf(common) ?? "";
  const inherited = ownPrimary === undefined && typeof common === "object" ? common.fallbacks : undefined;
  const refs = [primary, ...(ownFallbacks ?? inherited ?? [])];
  return {
    refs: refs.filter((ref) => ref.trim() !== ""),
    place: ownPrimary === undefined ? "agents.defaults.model" : `agents.list.${at}.model`,
  };
}

/** The configured image models, in the May 2026 or the September 2026 spelling of their place. */
export function imageModels({ config }: LoadedConfig): { refs: string[]; place: string } {
  const { imageGenerationModel: may, mediaModels } = config.agents?.defaults ?? {};
  const [choice, place] = mediaModels?.image
    ? ([mediaModels.image, "agents.defaults.mediaModels.image"] as const)
    : ([may, "agents.defaults.imageGenerationModel"] as const);
  const refs = [primaryOf(choice) ?? "", ...((typeof choice === "object" ? choice.fallbacks : undefined) ?? [])];
  return { refs: refs.filter((ref) => ref.trim() !== ""), place };
}

/**
 * The configured models that describe pictures. Without any, the default models, which need not see: `mustSee` says so.
 * `mediaModels.image` is not among them: it draws.
 */
export function visionModels(loaded: LoadedConfig): { refs: string[]; place: string; mustSee: boolean } {
  const choice = loaded.config.agents?.defaults?.imageModel;
  const refs = [primaryOf(choice) ?? "", ...((typeof choice === "object" ? choice.fallbacks : undefined) ?? [])];
  const named = refs.filter((ref) => ref.trim() !== "");
  if (named.length > 0) return { refs: named, place: "agents.defaults.imageModel", mustSee: false };
  return { ...defaultModels(loaded), mustSee: true };
}

/** `fast` → `openai/gpt-5.4-mini`, when `agents.defaults.models` gives a model that alias. Of two, the last counts. */
export function resolveAlias({ config }: LoadedConfig, name: string): string | undefined {
  const wanted = name.trim().toLowerCase();
  if (wanted === "") return undefined;
  const models = Object.entries(config.agents?.defaults?.models ?? {});
  // `openai/*` says something about many models, and is the name of none.
  return models.findLast(
    ([ref, { alias }]) => alias?.trim().toLowerCase() === wanted && !ref.trim().endsWith("/*"),
  )?.[0];
}

const MAIN = "main";

function primaryOf(model: ModelChoice | undefined): string | undefined {
  const primary = typeof model === "string" ? model : model?.primary;
  return primary?.trim() ? primary : undefined;
}

/** OpenClaw's form of an agent's name, which is also the name of its folder. */
export function agentId(name: string): string {
  const id = name.trim().toLowerCase();
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(id)) return id;
  const plain = id.replace(/[^a-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
  return plain.slice(0, 64) || MAIN;
}
