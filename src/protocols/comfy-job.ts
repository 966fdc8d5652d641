import * as v from "valibot";
import type { ImageStep, Picture } from "./image-wire.ts";
import { hasFailed } from "./job-state.ts";
import { malformed, parseMessage, text } from "./message.ts";
import { getRequest } from "./wire.ts";

/** What there is to know about a running workflow. */
interface ComfyJob {
  isCloud: boolean;
  /** The node whose pictures are wanted; all that have some, without one. */
  output: string | undefined;
  pollMs: number;
  /** The server's address of a path. */
  address(path: string): string;
}

/** A short pause: the job is over, and only its outputs are still to be asked for. */
const AT_ONCE_MS = 200;

const submitted = v.object({
  prompt_id: text,
  error: v.nullish(v.unknown()),
  node_errors: v.nullish(v.record(v.string(), v.unknown())),
});
const nodeErrors = v.object({
  class_type: text,
  dependent_outputs: v.nullish(v.array(v.unknown())),
  errors: v.nullish(v.array(v.object({ message: text, details: text }))),
});

/** The answer to `/prompt`. One output may be sound where another is not: that counts when it is the one that is wanted. */
export function readSubmitted(json: unknown, job: ComfyJob): ImageStep {
  const { prompt_id: id, error, node_errors } = parseMessage(submitted, json);
  const wrong = Object.entries(node_errors ?? {}).map(([node, errors]) => ({
    node,
    ...parseMessage(nodeErrors, errors),
  }));
  const fatal = wrong.filter(
    ({ node, dependent_outputs }) => !id || node === job.output || dependent_outputs?.includes(job.output),
  );
  if (fatal.length > 0) return { failure: { message: fatal.map(wordsOf).join("; ") } };
  if (error) return { failure: { error } };
  if (!id) throw malformed("it has no prompt_id.");
  const path = job.isCloud ? `/job/${encodeURIComponent(id)}/status` : `/history/${encodeURIComponent(id)}`;
  return { next: { request: getRequest(job.address(path)), afterMs: job.pollMs } };
}

function wordsOf({ node, class_type, errors }: { node: string } & v.InferOutput<typeof nodeErrors>): string {
  const said = (errors ?? []).map(({ message, details }) => [message, details].filter(Boolean).join(": "));
  return `node ${node}${class_type ? ` (${class_type})` : ""}: ${said.join(", ") || "not valid"}`;
}

const status = v.object({ status: text, error: text, error_message: text, message: text });

/** The cloud's word on a job. */
export function readStatus(json: unknown, id: string, job: ComfyJob): ImageStep {
  const { status: state, error, error_message, message } = parseMessage(status, json);
  if (state && hasFailed(state)) {
    return { failure: { message: error || error_message || message || `The workflow ended as ${state}.` } };
  }
  const isDone = state === "completed";
  const path = isDone ? `/history_v2/${encodeURIComponent(id)}` : `/job/${encodeURIComponent(id)}/status`;
  return {
    next: {
      request: getRequest(job.address(path)),
      afterMs: isDone ? AT_ONCE_MS : job.pollMs,
      ...(state && { state }),
    },
  };
}

const file = v.object({ filename: text, name: text, subfolder: text, type: text });
const outcome = v.object({ status_str: text, completed: v.nullish(v.boolean()), messages: v.nullish(v.unknown()) });
const entrySchema = v.object({
  outputs: v.nullish(v.record(v.string(), v.nullish(v.object({ images: v.nullish(v.array(file)) })))),
  status: v.nullish(outcome),
});

/** What became of a job. The history of a local server has nothing of it before it is over. */
export function readHistory(json: unknown, id: string, job: ComfyJob): ImageStep {
  const history = parseMessage(v.record(v.string(), v.unknown()), json);
  const found = typeof history.outputs === "object" ? history : history[id];
  const entry = found === undefined || found === null ? undefined : parseMessage(entrySchema, found);
  if (entry?.status?.status_str === "error") return { failure: { message: exceptionOf(entry.status.messages) } };
  const outputs = entry?.outputs ?? {};
  const isDone =
    job.isCloud ||
    Object.keys(outputs).length > 0 ||
    entry?.status?.completed === true ||
    entry?.status?.status_str === "success";
  if (!isDone) {
    const request = getRequest(job.address(`/history/${encodeURIComponent(id)}`));
    return { next: { request, afterMs: job.pollMs } };
  }
  const nodes = job.output === undefined ? Object.values(outputs) : [outputs[job.output]];
  return { pictures: nodes.flatMap((node) => node?.images ?? []).flatMap((image) => pictureOf(image, job)) };
}

/** An address of the server itself: with its key, where it has one. The cloud redirects to a signed address elsewhere. */
function pictureOf({ filename, name, subfolder, type }: v.InferOutput<typeof file>, job: ComfyJob): Picture[] {
  const known = filename || name;
  if (!known) return [];
  const query = new URLSearchParams({ filename: known, subfolder: subfolder ?? "", type: type || "output" });
  return [{ url: job.address(`/view?${query}`), own: true }];
}

const exception = v.object({
  exception_message: text,
  node_id: v.nullish(v.union([v.string(), v.number()])),
  node_type: text,
});

/** History keeps what happened as pairs: `["execution_error", {exception_message, node_id, …}]`. */
function exceptionOf(messages: unknown): string {
  for (const message of Array.isArray(messages) ? messages : []) {
    const [name, details] = Array.isArray(message) ? message : [];
    if (name !== "execution_error" && name !== "execution_interrupted") continue;
    const { exception_message, node_id, node_type } = parseMessage(exception, details ?? {});
    const said = exception_message?.trim() || (name === "execution_error" ? "failed" : "was interrupted");
    return node_id ? `node ${node_id}${node_type ? ` (${node_type})` : ""}: ${said}` : `The workflow: ${said}`;
  }
  return "The workflow failed.";
}
