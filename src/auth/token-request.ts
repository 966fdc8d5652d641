import type { Context } from "../core/context.ts";
import { type ErrorType, InferError } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { readExcerpt, readText } from "../http/body.ts";
import { type HttpRequest, send } from "../http/client.ts";

type Json = Record<string, unknown>;

/** What is being asked for, to be printed, and what to do when it is refused. */
export interface TokenPurpose {
  /** `Google's token endpoint` */
  who: string;
  hint: string;
}

/** A form, as OAuth's token endpoints take it. */
export function tokenForm(url: string, fields: Readonly<Record<string, string>>): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(fields).toString(),
  };
}

/** One request for a token. Whatever says no to a credential is `auth`, with the endpoint's own words. */
export async function requestToken(
  context: Context,
  request: HttpRequest,
  signal: AbortSignal,
  purpose: TokenPurpose,
): Promise<Json> {
  const { status, body } = await send(context, request, signal);
  return tokenAnswer({ status, body: isRefused(status) ? await readExcerpt(body) : await readText(body) }, purpose);
}

/** The members of an answer; throws what its status and its words say otherwise. */
export function tokenAnswer({ status, body }: { status: number; body: string }, purpose: TokenPurpose): Json {
  const json = parse(body);
  if (isRefused(status)) throw refusal(status, json, purpose);
  if (json) return json;
  throw new InferError("provider_error", `${purpose.who} answered ${status}, and not with a JSON object.`);
}

function isRefused(status: number): boolean {
  return status < 200 || status > 299;
}

/** A member of a token endpoint's answer that has to be there. From now on it is a secret. */
export function secretIn(context: Context, json: Json, name: string, purpose: TokenPurpose): string {
  const value = json[name];
  if (typeof value !== "string" || value === "") {
    throw new InferError("provider_error", `${purpose.who} answered without ${name}.`);
  }
  context.secrets.add(value);
  return value;
}

/** A token is renewed a minute before it ends: it has to last for the request. */
const MARGIN_MS = 60_000;

/** Opens once and again when the last one has run out: a request that is repeated does not need a new token. */
export function keptWhileValid<T>(
  context: Context,
  open: (signal: AbortSignal) => Promise<{ value: T; expiresAt: number }>,
): (signal: AbortSignal) => Promise<T> {
  let kept: { value: T; expiresAt: number } | undefined;
  return async (signal) => {
    if (!kept || kept.expiresAt - MARGIN_MS <= context.now()) kept = await open(signal);
    return kept.value;
  };
}

function refusal(status: number, json: Json | null, { who, hint }: TokenPurpose): InferError {
  const said = words(json);
  const message = `${who} answered ${status}${said ? `: ${said}` : "."}`;
  const mayPass = status === 429 || status >= 500;
  const type: ErrorType = status === 429 ? "rate_limited" : mayPass ? "provider_error" : "auth";
  return new InferError(type, message, { status, retryable: mayPass, ...(type === "auth" && { hint }) });
}

/** OAuth's `error` and `error_description` (RFC 6749, 5.2), Google's `error.message`, GitHub's `message`. */
function words(json: Json | null): string {
  const nested = json?.error;
  const inside = typeof nested === "object" && nested !== null && "message" in nested ? nested.message : nested;
  const said = [inside, json?.error_description ?? json?.message].filter((word) => typeof word === "string");
  return [...new Set(said)].join(", ").slice(0, 500);
}

function parse(body: string): Json | null {
  try {
    const json: unknown = JSON.parse(body);
    return isRecord(json) ? json : null;
  } catch {
    return null;
  }
}
