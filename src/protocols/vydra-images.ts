import * as v from "valibot";
import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { hasFailed } from "./job-state.ts";
import { malformed, parseMessage, text } from "./message.ts";
import { unsentHints } from "./picture.ts";
import { endpoint, getRequest, jsonRequest } from "./wire.ts";

/** `POST /models/<model>`, and `GET /jobs/<id>` until there is a picture: Vydra's own wire, as OpenClaw speaks it. */
export const vydraImages: ImageProtocol = { job: true, build, read };

const POLL_MS = 2500;

/** Where an address of a picture may stand, and where to look for more of them; the best known first. */
const URL_KEYS = [
  "imageUrl",
  "imageUrls",
  "resultUrl",
  "resultUrls",
  "outputUrl",
  "outputUrls",
  "url",
  "urls",
] as const;
const RESULT_KEYS = ["output", "outputs", "result", "results", "data", "asset", "assets"] as const;
const DEEPEST = 5;

function build({ prompt, hints }: ImageRequest, route: ImageRoute): BuiltImages {
  const path = `/models/${route.model.split("/").map(encodeURIComponent).join("/")}`;
  const url = endpoint(apiBase(route.baseUrl), path);
  return { request: jsonRequest(url, { prompt, model: "text-to-image" }), ignored: unsentHints(hints, []) };
}

/** The bare host redirects to `www`, and no key follows a redirect to another host. */
function apiBase(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.hostname === "vydra.ai") url.hostname = "www.vydra.ai";
  if (url.pathname === "/") url.pathname = "/api/v1";
  return url.href;
}

const words = v.nullish(v.union([v.string(), v.record(v.string(), v.unknown())]));
const id = v.nullish(v.union([v.string(), v.number()]));
const answer = v.object({ jobId: id, id, status: text, message: text, error: words });

function read(json: unknown, route: ImageRoute, from: URL): ImageStep {
  const job = parseMessage(answer, json);
  const status = job.status?.trim().toLowerCase();
  if (status !== undefined && hasFailed(status)) return { failure: complaintOf(job, `The job ${status}.`) };
  const [url] = resultUrls(json, 0);
  if (url !== undefined) return { pictures: [{ url }] };
  if (status === "completed") return { pictures: [] };
  if (job.error) return { failure: complaintOf(job, "") };
  const address = jobAddress(job, route, from);
  if (address !== undefined) {
    return { next: { request: getRequest(address), afterMs: POLL_MS, ...(status && { state: status }) } };
  }
  if (job.message) return { failure: { message: job.message } };
  throw malformed("it has neither a picture nor the id of a job.");
}

/** The error before the message: the latter may say no more than that there is one. */
function complaintOf({ error, message }: v.InferOutput<typeof answer>, otherwise: string): object {
  return typeof error === "object" && error !== null ? error : { message: error || message || otherwise };
}

function jobAddress(job: v.InferOutput<typeof answer>, route: ImageRoute, from: URL): string | undefined {
  const name = job.jobId || job.id;
  if (name) return endpoint(apiBase(route.baseUrl), `/jobs/${encodeURIComponent(name)}`);
  // The state of a job need not say again which one it is.
  return /\/jobs\/[^/]+$/.test(from.pathname) ? from.href : undefined;
}

function resultUrls(value: unknown, depth: number): string[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => resultUrls(entry, depth + 1));
  if (typeof value === "string") return /^https?:\/\//i.test(value.trim()) && depth > 0 ? [value.trim()] : [];
  if (typeof value !== "object" || value === null) return [];
  const members = new Map<string, unknown>(Object.entries(value));
  const direct = URL_KEYS.flatMap((key) => [members.get(key)].flat()).filter((entry) => typeof entry === "string");
  return [
    ...direct.flatMap((entry) => resultUrls(entry, 1)),
    ...RESULT_KEYS.flatMap((key) => resultUrls(members.get(key), depth + 1)),
  ];
}
