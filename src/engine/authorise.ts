import type { Context } from "../core/context.ts";
import type { HttpRequest } from "../http/client.ts";
import { rememberUserInfo } from "../http/redact.ts";
import type { AuthForm } from "../providers/types.ts";
import type { Candidate } from "./candidates.ts";

const BEARER: AuthForm = { header: "authorization", prefix: "Bearer " };

/**
 * Puts the candidate's credential and headers on a finished request; the config's own headers win. All of them are told
 * to the context, which keeps secrets out of print.
 */
export function authorise(context: Pick<Context, "secrets">, request: HttpRequest, candidate: Candidate): HttpRequest {
  const { provider, key, headers } = candidate;
  if (key !== null) context.secrets.add(key);
  for (const secret of candidate.secrets) context.secrets.add(secret);
  rememberUserInfo(context, request.url);
  return {
    ...request,
    headers: { ...request.headers, ...authHeaders(provider.auth, key), ...provider.headers, ...headers },
  };
}

function authHeaders(forms: readonly AuthForm[] | undefined, key: string | null): Record<string, string> {
  if (key === null) return {};
  const form = forms?.find(({ keys }) => keys === undefined || keys.test(key)) ?? BEARER;
  return { [form.header]: `${form.prefix ?? ""}${key}`, ...form.also };
}
