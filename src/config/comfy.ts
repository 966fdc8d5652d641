import * as v from "valibot";
import { InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { invalidConfig } from "./document.ts";
import type { LoadedConfig } from "./file.ts";
import type { SecretValue } from "./schema.ts";
import { secret } from "./secret-shape.ts";
import { anything, count, object, oneOf, problemOf, text } from "./shape.ts";

// https://docs.openclaw.ai/providers/comfy: everything that ComfyUI does stands in a workflow, and the config says which.

const PLUGIN = "plugins.entries.comfy.config";
const CLOUD = "https://cloud.comfy.org";
export const KEYS = ["COMFY_API_KEY", "COMFY_CLOUD_API_KEY"];
/** The member of `params` that says which file they are of. */
export const FILE = "configFile";

/** Written as text or as a number: nodes are numbered. */
const nodeId = v.pipe(
  anything,
  v.check((value) => typeof value === "number" || (typeof value === "string" && value.trim() !== ""), "a node's id"),
  v.transform(String),
);

const settings = object({
  mode: v.optional(oneOf("local", "cloud")),
  baseUrl: v.optional(text),
  apiKey: v.optional(secret),
  /** The workflow itself, or where it is: OpenClaw's code has the one, its documentation the other. */
  workflow: v.optional(anything),
  workflowPath: v.optional(text),
  promptNodeId: v.optional(nodeId),
  promptInputName: v.optional(text),
  inputImageNodeId: v.optional(nodeId),
  inputImageInputName: v.optional(text),
  outputNodeId: v.optional(nodeId),
  pollIntervalMs: v.optional(count),
  timeoutMs: v.optional(count),
});

export type Settings = v.InferOutput<typeof settings>;
export type Params = Readonly<Record<string, unknown>>;

/** How the config departs from ComfyUI's row: members of a `KnownProvider`. */
export interface ComfySetup<Image> {
  configPath: string;
  params: Params;
  env: readonly string[];
  ambientEnv: readonly string[];
  baseUrl?: string;
  hasOwnBaseUrl?: true;
  isMoved?: true;
  keyless?: true;
  apiKey?: { value: SecretValue; place: string };
  image?: Image;
  problem?: InferError;
}

/**
 * ComfyUI as the config has it, under `plugins` as OpenClaw writes it or under `models.providers.comfy`; `undefined` when
 * it has none, and for every other row. A key is for the cloud: a server of the user's own is not sent one.
 */
export function comfySetup<Image extends object>(
  row: { id: string; image?: Image },
  { config, path }: LoadedConfig,
): ComfySetup<Image> | undefined {
  const plugin = config.plugins?.entries?.comfy?.config;
  const entry = config.models?.providers?.comfy;
  if (row.id !== "comfy" || (!plugin && !entry)) return undefined;
  const configPath = plugin ? PLUGIN : "models.providers.comfy";
  const params = { ...(plugin ?? entry?.params), ...(path !== null && { [FILE]: path }) };
  const setup: ComfySetup<Image> = { configPath, params, env: [], ambientEnv: [] };
  try {
    const { mode, baseUrl, apiKey, timeoutMs } = checked({ configPath, params });
    if (timeoutMs !== undefined && row.image) setup.image = { ...row.image, timeoutMs };
    if (baseUrl !== undefined) Object.assign(setup, { baseUrl, hasOwnBaseUrl: true });
    if (mode !== "cloud") return { ...setup, keyless: true };
    if (baseUrl === undefined && entry?.baseUrl === undefined) Object.assign(setup, { baseUrl: CLOUD, isMoved: true });
    if (apiKey !== undefined) setup.apiKey = { value: apiKey, place: placeOf(setup, "apiKey") };
    return { ...setup, env: KEYS };
  } catch (thrown) {
    if (!(thrown instanceof InferError)) throw thrown;
    return { ...setup, problem: thrown };
  }
}

/** Of the provider, what is needed here. */
export interface Configured {
  configPath?: string;
  params?: Params;
}

/** The settings for pictures: those of all capabilities, and over them `image`. */
export function checked(provider: Configured): Settings & { promptNodeId: string } {
  const { image, ...shared } = provider.params ?? {};
  const result = v.safeParse(settings, { ...shared, ...(isRecord(image) ? image : {}) });
  if (!result.success) {
    const [issue] = result.issues;
    const [name] = v.getDotPath(issue)?.split(".") ?? [];
    const [, problem = ""] = /: (.+)$/s.exec(problemOf(issue)) ?? [];
    throw wrong(provider, name ?? "", problem);
  }
  const { workflow, workflowPath, promptNodeId } = result.output;
  if (workflow === undefined && workflowPath === undefined) {
    throw wrong(provider, "workflowPath", "missing: ComfyUI makes pictures with a workflow of your own", EXPORT);
  }
  if (promptNodeId === undefined) {
    throw wrong(provider, "promptNodeId", "missing: it says which node of the workflow takes the prompt");
  }
  return { ...result.output, promptNodeId };
}

export const EXPORT = "In ComfyUI, export the workflow with Export (API), and name the file there.";

/** Where a setting stands, or would stand. */
function placeOf({ configPath = PLUGIN, params = {} }: Configured, name: string): string {
  const root = configPath === PLUGIN ? PLUGIN : `${configPath}.params`;
  const isShared = Object.hasOwn(params, name) && !(isRecord(params.image) && Object.hasOwn(params.image, name));
  return isShared ? `${root}.${name}` : `${root}.image.${name}`;
}

export function wrong(provider: Configured, name: string, problem: string, hint?: string): InferError {
  const file = provider.params?.[FILE];
  const message = `${placeOf(provider, name)}: ${problem}.`;
  return typeof file === "string" ? invalidConfig(file, message, hint) : new InferError("usage", message, { hint });
}
