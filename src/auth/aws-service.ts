import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readExcerpt, readText } from "../http/body.ts";
import { type HttpRequest, send } from "../http/client.ts";

/**
 * Where one of AWS's services is: its own variable, the one for all, else its public host.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function awsEndpoint(
  env: Readonly<Record<string, string | undefined>>,
  service: "STS" | "SSO" | "BEDROCK_RUNTIME",
): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === "true") return undefined;
  const url = env[`AWS_ENDPOINT_URL_${service}`]?.trim() || env.AWS_ENDPOINT_URL?.trim();
  return url ? url.replace(/\/+$/, "") : undefined;
}

interface Question {
  request: HttpRequest;
  /** Who is asked, for messages. */
  who: string;
  /** The service's own words in the body of an error. */
  said(body: string): string | undefined;
  /** What to do about a 401. */
  hint?: string;
}

/** The answer of a service that hands out credentials; what it refuses is an `auth` error in its own words. */
export async function askAws(context: Context, question: Question, signal: AbortSignal): Promise<string> {
  const { status, body } = await send(context, question.request, signal);
  if (status >= 200 && status <= 299) return readText(body);
  const said = question.said(await readExcerpt(body));
  throw awsRefusal(question.who, status, said, status === 401 ? question.hint : undefined);
}

export function awsRefusal(who: string, status: number, said?: string, hint?: string): InferError {
  const passes = status === 429 || status >= 500;
  const type = status === 429 ? "rate_limited" : passes ? "provider_error" : "auth";
  const message = `${who} gave no credentials: ${said?.trim().slice(0, 1000) || `HTTP ${status}`}`;
  return new InferError(type, message, { status, retryable: passes, hint });
}
