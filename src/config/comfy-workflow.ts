import { dirname } from "node:path";
import type { Context } from "../core/context.ts";
import { InferError, messageOf } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { type Configured, checked, EXPORT, FILE, KEYS, type Params, type Settings, wrong } from "./comfy.ts";
import { userPath } from "./paths.ts";
import { readIfThere } from "./text-file.ts";

/**
 * What the wire is told: the settings with the workflow read from its file, and the key, which the cloud wants in the body
 * as well. Everything that is missing or does not fit is a usage error that names its place in the config.
 */
export async function comfyParams(
  context: Pick<Context, "env" | "cwd">,
  provider: Configured,
  { edits, key }: { edits: boolean; key: string | undefined },
): Promise<Params> {
  const found = checked(provider);
  const workflow = isRecord(found.workflow) ? found.workflow : await workflowIn(context, provider, found);
  if (Array.isArray(workflow.nodes)) {
    throw wrong(provider, "workflow", "it is the editor's own format", "In ComfyUI, export it with Export (API).");
  }
  if (edits && found.inputImageNodeId === undefined) {
    throw wrong(
      provider,
      "inputImageNodeId",
      "missing: it says which node of the workflow takes the picture to change",
    );
  }
  for (const name of ["promptNodeId", "inputImageNodeId", "outputNodeId"] as const) {
    const id = found[name];
    const node = id === undefined ? undefined : workflow[id];
    if (id !== undefined && !isRecord(node)) throw wrong(provider, name, `the workflow has no node "${id}"`);
    if (isRecord(node) && name !== "outputNodeId" && !isRecord(node.inputs)) {
      throw wrong(provider, name, `node "${id}" of the workflow has no inputs`);
    }
  }
  // What is about the connection is no business of the wire's.
  const { baseUrl: _, apiKey: __, workflowPath: ___, ...told } = found;
  if (found.mode !== "cloud") return { ...told, workflow };
  if (key === undefined) throw new InferError("auth", `No key for Comfy Cloud: set ${KEYS.join(" or ")}.`);
  return { ...told, workflow, apiKey: key };
}

async function workflowIn(
  { env, cwd }: Pick<Context, "env" | "cwd">,
  provider: Configured,
  { workflow, workflowPath }: Settings,
): Promise<Readonly<Record<string, unknown>>> {
  const name = workflowPath === undefined ? "workflow" : "workflowPath";
  const written = workflowPath ?? workflow;
  if (typeof written !== "string") throw wrong(provider, name, "expected a workflow or the path of one");
  const config = provider.params?.[FILE];
  // Beside the config like every path in it; OpenClaw takes it from the working directory.
  const folders = typeof config === "string" ? [dirname(config), cwd] : [cwd];
  const paths = [...new Set(folders.map((start) => userPath(written, env, start)))];
  const file = await firstThere(paths);
  if (!file) throw wrong(provider, name, `there is no file ${paths.join(" and ")}`);
  let json: unknown;
  try {
    json = JSON.parse(file.text);
  } catch (thrown) {
    throw wrong(provider, name, `${file.path} is not JSON: ${messageOf(thrown)}`);
  }
  if (!isRecord(json)) throw wrong(provider, name, `${file.path} is not a workflow: it has no object in it`, EXPORT);
  return json;
}

async function firstThere(paths: readonly string[]): Promise<{ path: string; text: string } | null> {
  for (const path of paths) {
    const text = await readIfThere(path);
    if (text !== null) return { path, text };
  }
  return null;
}
