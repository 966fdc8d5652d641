import { type ErrorType, InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { retryAfter, seconds } from "../http/retry-after.ts";
import { excerpt } from "./message.ts";

interface FailedAnswer {
  status: number;
  headers: Headers;
  body: string;
  /** Milliseconds since the epoch, for `Retry-After` dates. */
  now: number;
}

/** What a provider said about a failure, whatever its dialect. */
interface Complaint {
  message?: string | undefined;
  /** Machine-readable words: codes, types, reasons. */
  codes: string[];
  /** An HTTP status inside the body; OpenRouter and Google repeat it there. */
  status?: number | undefined;
  retryAfterMs?: number | undefined;
}

/** Vendors put whole pages into a message. */
const LONGEST_MESSAGE = 2000;

/** Statuses that a later try may not meet again. */
const TRANSIENT = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]);
const POLICY =
  /content_?policy|content_?filter|moderation|safety|responsibleai|prohibited|flagged|bio_policy|datainspection/i;
const POLICY_WORDS = /content (?:filter|policy|management)|flagged|safety (?:system|policy|filter)|usage polic/i;
const NO_CREDIT =
  /insufficient_quota|quota_exceeded|servicequotaexceeded|billing|insufficient_(?:credit|balance|fund)|credit_balance|payment_required/i;
const NO_CREDIT_WORDS = /credit balance is too low|insufficient (?:credits|balance)|out of credits|exhausted balance/i;
const BAD_KEY =
  /expiredtoken|unrecognizedclient|incompletesignature|invalidsignature|api_key_invalid|invalid_api_key|authentication_error|unauthenticated|permission_error/i;
const NO_MODEL = /model_not_found|not_found_error|model_decommissioned/i;
/** Bedrock's words for a model that it does not have, in a 400. */
const NO_MODEL_WORDS = /provided model identifier is invalid/i;

/** An HTTP error as one of ours: its type from status and code, its message in the provider's own words. */
export function failureOf({ status, headers, body, now }: FailedAnswer): InferError {
  const complaint = readComplaint(body);
  // AWS names the error in a header, and may add where it comes from: `ValidationException:http://…`.
  const awsType = headers.get("x-amzn-errortype")?.split(":")[0];
  if (awsType) complaint.codes.push(awsType);
  const message = complaint.message ?? plainMessage(status, headers, body);
  return new InferError(typeOf(status, complaint), message, {
    status,
    retryable: mayPass(status, complaint),
    retryAfterMs: retryAfter(headers, now) ?? complaint.retryAfterMs,
  });
}

/** An error object that came inside a 200 or in the middle of a stream. */
export function failureInside(value: unknown, httpStatus: number): InferError {
  const complaint = readComplaint(JSON.stringify(value) ?? "");
  const status = complaint.status ?? statusOfCode(complaint.codes) ?? httpStatus;
  return new InferError(
    typeOf(status, complaint),
    complaint.message ?? excerpt(JSON.stringify(value) ?? String(value)),
    {
      // A 200 with an error inside says nothing by its status.
      status: status < 400 ? undefined : status,
      retryable: mayPass(status, complaint),
      retryAfterMs: complaint.retryAfterMs,
    },
  );
}

export function requestId(headers: Headers): string | undefined {
  // The last one is MiniMax's.
  const names = ["x-request-id", "request-id", "x-amzn-requestid", "trace-id"];
  return names.map((name) => headers.get(name)).find(Boolean) ?? undefined;
}

function typeOf(status: number, complaint: Complaint): ErrorType {
  const code = complaint.codes.join(" ");
  if (status === 451) return "refused";
  if ([200, 400, 403, 422].includes(status) && isPolicy(code, complaint.message)) return "refused";
  if ([402, 429, 432, 433].includes(status) || noCredit(complaint)) return "rate_limited";
  if (status === 401 || status === 403 || BAD_KEY.test(code)) return "auth";
  if (status === 404 || NO_MODEL.test(code) || NO_MODEL_WORDS.test(complaint.message ?? "")) return "not_found";
  return "provider_error";
}

function mayPass(status: number, complaint: Complaint): boolean {
  // "An error occurred while streaming the response. Retry your request.", says Bedrock's reference, as a 424.
  const isBroken = complaint.codes.some((code) => /^modelStreamError/i.test(code));
  return (TRANSIENT.has(status) || isBroken) && !noCredit(complaint);
}

function isPolicy(code: string, message = ""): boolean {
  return POLICY.test(code) || POLICY_WORDS.test(message);
}

function noCredit({ codes, message }: Complaint): boolean {
  return NO_CREDIT.test(codes.join(" ")) || NO_CREDIT_WORDS.test(message ?? "");
}

/** Anthropic and OpenAI name errors in the middle of a stream by type alone. */
function statusOfCode(codes: readonly string[]): number | undefined {
  const code = codes.join(" ");
  if (/overloaded/.test(code)) return 529;
  if (/rate_limit/.test(code)) return 429;
  if (/timeout_error/.test(code)) return 504;
  if (/server_error|api_error|internal/.test(code)) return 500;
  return undefined;
}

function readComplaint(body: string): Complaint {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { codes: [] };
  }
  const complaint: Complaint = { codes: [] };
  collect(json, complaint, 0);
  if (isRecord(json) && isRecord(json.node_errors)) collectNodes(json.node_errors, complaint);
  return complaint;
}

/** ComfyUI's own message says no more than that a workflow is not valid: why is said node by node (server.py). */
function collectNodes(nodes: Readonly<Record<string, unknown>>, into: Complaint): void {
  const said = Object.entries(nodes).flatMap(([id, node]) => {
    const errors = isRecord(node) && Array.isArray(node.errors) ? node.errors.filter(isRecord) : [];
    return errors.map(({ message, details }) => `node ${id}: ${[message, details].filter(Boolean).join(": ")}`);
  });
  if (said.length > 0) {
    into.message = [into.message, said.join("; ")].filter(Boolean).join(": ").slice(0, LONGEST_MESSAGE);
  }
}

/** Vendors nest the same few members in many ways: `error`, `detail`, `errors`, lists of them, JSON in a string. */
function collect(value: unknown, into: Complaint, depth: number): void {
  if (depth > 4) return;
  if (typeof value === "string") {
    into.message ??= value.trim().slice(0, LONGEST_MESSAGE) || undefined;
    return;
  }
  if (Array.isArray(value)) {
    for (const entry of value) collect(entry, into, depth + 1);
    return;
  }
  if (!isRecord(value)) return;
  if (typeof value.status_code === "number") collectMinimax(value.status_code, into);
  for (const key of ["code", "type", "__type", "status", "err_code"]) {
    const word = value[key];
    if (typeof word === "string") into.codes.push(word);
    if (typeof word === "number" && word >= 400 && word < 600) into.status ??= word;
  }
  collectDetail(value, into);
  const words = value.message ?? value.Message ?? value.msg ?? value.err_msg ?? value.status_msg;
  collect(typeof words === "string" ? about(value.loc) + words : words, into, depth + 1);
  for (const key of ["error", "detail", "errors", "base_resp", "header"]) collect(value[key], into, depth + 1);
  // Google keeps its reason and its retry delay among the details; OpenRouter keeps the upstream's answer apart.
  if (Array.isArray(value.details)) for (const entry of value.details) collectDetail(entry, into);
  if (isRecord(value.metadata)) upstream(value.metadata, into);
}

/** A validation error names the member it is about: `["body", "messages"]`. */
function about(path: unknown): string {
  return Array.isArray(path) && path.length > 0 ? `${path.join(".")}: ` : "";
}

/**
 * MiniMax says its errors inside a 200, as numbers of its own:
 * https://platform.minimax.io/docs/api-reference/errorcode
 */
function collectMinimax(code: number, into: Complaint): void {
  if ([1002, 1039, 1041].includes(code)) into.status ??= 429;
  if ([1004, 2049].includes(code)) into.status ??= 401;
  if ([1008, 2056].includes(code)) into.status ??= 402;
  if ([1000, 1001, 1024, 1033].includes(code)) into.status ??= 500;
  if ([1026, 1027].includes(code)) into.codes.push("moderation");
}

function collectDetail(detail: unknown, into: Complaint): void {
  if (!isRecord(detail)) return;
  if (typeof detail.reason === "string") into.codes.push(detail.reason);
  if (typeof detail.retryDelay === "string") into.retryAfterMs ??= seconds(detail.retryDelay.replace(/s$/, ""));
}

function upstream(metadata: Record<string, unknown>, into: Complaint): void {
  const { raw, provider_name: name, reasons } = metadata;
  if (Array.isArray(reasons) && reasons.length > 0) into.codes.push("moderation");
  if (typeof raw !== "string" || raw === "") return;
  const said = readComplaint(raw).message ?? excerpt(raw);
  const from = typeof name === "string" ? `${name}: ` : "";
  into.message = into.message ? `${into.message} (${from}${said})` : said;
}

function plainMessage(status: number, headers: Headers, body: string): string {
  const isHtml = /html/i.test(headers.get("content-type") ?? "") || /^\s*</.test(body);
  const location = status < 400 ? headers.get("location") : null;
  if (location !== null) return `HTTP ${status} to ${excerpt(location)}, which is no address to follow.`;
  const said = isHtml ? pageTitle(body) : excerpt(body);
  return said ? `HTTP ${status}: ${said}` : `HTTP ${status} without a word of explanation.`;
}

/** Bounded on all sides: a page that is made of `<title` must not take minutes. */
function pageTitle(body: string): string {
  const [, title = ""] = /<title[^<>]{0,200}>([^<]{0,300})/i.exec(body.slice(0, 16_384)) ?? [];
  return excerpt(title) || "a web page";
}
