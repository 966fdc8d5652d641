import type { Session } from "../auth/scheme.ts";
import type { Context } from "../core/context.ts";
import { rememberUserInfo } from "../core/redact.ts";
import type { HttpRequest } from "../http/client.ts";
import type { AuthForm } from "../providers/types.ts";
import type { Candidate } from "./candidates.ts";
import type { Settings } from "./route.ts";

const BEARER: AuthForm = { header: "authorization", prefix: "Bearer " };

/** Makes the candidate's credential usable; the context learns what must not be printed. */
export async function openSession(context: Context, candidate: Candidate, signal: AbortSignal): Promise<Session> {
  for (const secret of candidate.secrets) context.secrets.add(secret);
  const session = (await candidate.credential?.open(signal)) ?? {};
  if (session.key !== undefined) {
    context.secrets.add(session.key);
    context.secrets.add(carriedKey(candidate.provider.auth, session.key));
  }
  return session;
}

/** Puts the credential and the headers on a finished request; the config's own headers win. */
export async function authorise(
  context: Pick<Context, "secrets">,
  request: HttpRequest,
  candidate: Candidate,
  session: Session,
  settings: Settings = {},
): Promise<HttpRequest> {
  const { provider, headers } = candidate;
  rememberUserInfo(context, request.url);
  const complete = {
    ...request,
    ...(candidate.transport && { transport: candidate.transport }),
    headers: {
      ...request.headers,
      ...authHeaders(provider.auth, session.key, request.url),
      ...provider.headers,
      ...session.headers,
      ...headers,
    },
  };
  return session.sign ? session.sign(complete, settings) : complete;
}

function authHeaders(
  forms: readonly AuthForm[] | undefined,
  key: string | undefined,
  url: string,
): Record<string, string> {
  if (key === undefined) return {};
  const { hostname = "", pathname = "" } = URL.parse(url) ?? {};
  const fits = ({ keys, hosts, paths }: AuthForm): boolean =>
    (keys?.test(key) ?? true) && (hosts?.test(hostname) ?? true) && (paths?.test(pathname) ?? true);
  const form = forms?.find(fits) ?? BEARER;
  return { [form.header]: `${form.prefix ?? ""}${carriedKey([form], key)}`, ...form.also };
}

/** The part of a key that is sent: all of it, or what a form's pattern takes out of it. */
export function carriedKey(forms: readonly AuthForm[] | undefined, key: string): string {
  return forms?.map(({ keys }) => keys?.exec(key)?.[1]).find(Boolean) ?? key;
}
