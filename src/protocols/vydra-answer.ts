import * as v from "valibot";
import type { HttpRequest } from "../http/client.ts";
import { hasFailed } from "./job-state.ts";
import { malformed, parseMessage, text } from "./message.ts";
import { endpoint, getRequest } from "./wire.ts";

/** What Vydra says to whatever it is asked to make: addresses of it, an error, or a job to ask about. */
export type VydraAnswer =
  | { urls: string[] }
  | { failure: object }
  | { next: { request: HttpRequest; afterMs: number; state?: string } };

const POLL_MS = 2500;

/** Where an address of a result may stand, after the ones for its kind, and where to look for more; the best known first. */
const URL_KEYS = ["resultUrl", "resultUrls", "outputUrl", "outputUrls", "url", "urls"] as const;
const RESULT_KEYS = ["output", "outputs", "result", "results", "data", "asset", "assets"] as const;
const DEEPEST = 5;

/** Where a model of Vydra's is asked: `elevenlabs/tts`. */
export function vydraModelUrl(baseUrl: string, model: string): string {
  return endpoint(apiBase(baseUrl), `/models/${model.split("/").map(encodeURIComponent).join("/")}`);
}

const words = v.nullish(v.union([v.string(), v.record(v.string(), v.unknown())]));
const id = v.nullish(v.union([v.string(), v.number()]));
const answer = v.object({ jobId: id, id, status: text, message: text, error: words });

/** `kind`: how members are called that hold what was asked for, `image` of `imageUrl`; `what`: the same for people. */
export function readVydra(
  json: unknown,
  { baseUrl, from, kind, what }: { baseUrl: string; from: URL; kind: string; what: string },
): VydraAnswer {
  const job = parseMessage(answer, json);
  const status = job.status?.trim().toLowerCase();
  if (status !== undefined && hasFailed(status)) return { failure: complaintOf(job, `The job ${status}.`) };
  const urls = resultUrls(json, [`${kind}Url`, `${kind}Urls`, ...URL_KEYS], 0);
  if (urls.length > 0 || status === "completed") return { urls };
  if (job.error) return { failure: complaintOf(job, "") };
  const address = jobAddress(job, baseUrl, from);
  if (address !== undefined) {
    return { next: { request: getRequest(address), afterMs: POLL_MS, ...(status && { state: status }) } };
  }
  if (job.message) return { failure: { message: job.message } };
  throw malformed(`it has neither ${what} nor the id of a job.`);
}

/** The bare host redirects to `www`, and no key follows a redirect to another host. */
function apiBase(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.hostname === "vydra.ai") url.hostname = "www.vydra.ai";
  if (url.pathname === "/") url.pathname = "/api/v1";
  return url.href;
}

/** The error before the message: the latter may say no more than that there is one. */
function complaintOf({ error, message }: v.InferOutput<typeof answer>, otherwise: string): object {
  return typeof error === "object" && error !== null ? error : { message: error || message || otherwise };
}

function jobAddress(job: v.InferOutput<typeof answer>, baseUrl: string, from: URL): string | undefined {
  const name = job.jobId || job.id;
  if (name) return endpoint(apiBase(baseUrl), `/jobs/${encodeURIComponent(name)}`);
  // The state of a job need not say again which one it is.
  return /\/jobs\/[^/]+$/.test(from.pathname) ? from.href : undefined;
}

function resultUrls(value: unknown, keys: readonly string[], depth: number): string[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => resultUrls(entry, keys, depth + 1));
  if (typeof value === "string") return /^https?:\/\//i.test(value.trim()) && depth > 0 ? [value.trim()] : [];
  if (typeof value !== "object" || value === null) return [];
  const members = new Map<string, unknown>(Object.entries(value));
  const direct = keys.flatMap((key) => [members.get(key)].flat()).filter((entry) => typeof entry === "string");
  return [
    ...direct.flatMap((entry) => resultUrls(entry, keys, 1)),
    ...RESULT_KEYS.flatMap((key) => resultUrls(members.get(key), keys, depth + 1)),
  ];
}
