import * as v from "valibot";
import type { HttpRequest } from "../http/client.ts";
import { multipart } from "../http/multipart.ts";
import { readHistory, readStatus, readSubmitted } from "./comfy-job.ts";
import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { malformed, parseMessage, text } from "./message.ts";
import { unsentHints } from "./picture.ts";
import { endpoint, jsonRequest } from "./wire.ts";

/**
 * ComfyUI: a workflow of the user's own is sent to `/prompt` with the prompt put into it, and found in `/history` once it
 * has run. Comfy Cloud has the same below `/api`, tells the state of a job, and keeps its pictures elsewhere.
 * https://docs.comfy.org/development/comfyui-server/comms_routes, https://docs.comfy.org/development/cloud/overview
 */
export const comfyImages: ImageProtocol = { job: true, first, build, read };

type Workflow = Readonly<Record<string, unknown>>;

/** What `src/config/comfy-workflow.ts` makes of the config. */
const settings = v.object({
  mode: v.optional(v.picklist(["local", "cloud"]), "local"),
  workflow: v.record(v.string(), v.unknown()),
  promptNodeId: v.string(),
  promptInputName: v.optional(v.string(), "text"),
  inputImageNodeId: v.optional(v.string()),
  inputImageInputName: v.optional(v.string(), "image"),
  outputNodeId: v.optional(v.string()),
  pollIntervalMs: v.optional(v.number(), 1500),
  /** The key once more, for the body: nodes of other vendors are paid with it. */
  apiKey: v.optional(v.string()),
});

function settingsOf({ params }: ImageRoute): v.InferOutput<typeof settings> {
  return v.parse(settings, params);
}

/** A server has its own folder for inputs: the picture to change goes there before the workflow can name it. */
function first({ inputs }: ImageRequest, route: ImageRoute): HttpRequest[] {
  return inputs.map((image) => {
    const { contentType, body } = multipart([
      { name: "image", ...image },
      { name: "type", value: "input" },
      { name: "overwrite", value: "true" },
    ]);
    return { method: "POST", url: addressOf(route, "/upload/image"), headers: { "content-type": contentType }, body };
  });
}

function build({ prompt, inputs, hints }: ImageRequest, route: ImageRoute, answers: readonly unknown[]): BuiltImages {
  const { mode, workflow, promptNodeId, promptInputName, inputImageNodeId, inputImageInputName, apiKey } =
    settingsOf(route);
  const prompted = withInput(workflow, promptNodeId, promptInputName, prompt);
  const complete =
    inputs.length > 0 && inputImageNodeId !== undefined
      ? withInput(prompted, inputImageNodeId, inputImageInputName, uploadedName(answers[0]))
      : prompted;
  const body = {
    prompt: complete,
    ...(mode === "cloud" && apiKey !== undefined && { extra_data: { api_key_comfy_org: apiKey } }),
  };
  // Whatever else a picture is like is the workflow's business.
  return { request: jsonRequest(addressOf(route, "/prompt"), body), ignored: unsentHints(hints, []) };
}

const upload = v.object({ filename: text, name: text, subfolder: text });

/** As a LoadImage node has it: with the folder that the server may have put it into. */
function uploadedName(json: unknown): string {
  const { filename, name, subfolder } = parseMessage(upload, json);
  const file = filename || name;
  if (!file) throw malformed("the upload has no name.");
  return subfolder ? `${subfolder}/${file}` : file;
}

function withInput(workflow: Workflow, id: string, name: string, value: string): Workflow {
  const node = workflow[id];
  const members: Workflow = typeof node === "object" && node !== null ? { ...node } : {};
  const inputs = typeof members.inputs === "object" ? members.inputs : {};
  return { ...workflow, [id]: { ...members, inputs: { ...inputs, [name]: value } } };
}

/** Three kinds of answers, told apart by who gave them. */
function read(json: unknown, route: ImageRoute, from: URL): ImageStep {
  const { mode, outputNodeId, pollIntervalMs } = settingsOf(route);
  const [, kind, encoded = ""] = /\/(history|history_v2|job)\/([^/]+)(?:\/status)?$/.exec(from.pathname) ?? [];
  const id = decodeURIComponent(encoded);
  const job = {
    isCloud: mode === "cloud",
    output: outputNodeId,
    pollMs: pollIntervalMs,
    address: (path: string) => addressOf(route, path),
  };
  if (kind === "job") return readStatus(json, id, job);
  return kind === undefined ? readSubmitted(json, job) : readHistory(json, id, job);
}

function addressOf(route: ImageRoute, path: string): string {
  // The cloud's base is written with `/api` and without.
  return settingsOf(route).mode === "cloud"
    ? endpoint(route.baseUrl, `/api${path}`, /\/api$/)
    : endpoint(route.baseUrl, path);
}
