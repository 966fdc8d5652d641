import { join } from "node:path";
import * as v from "valibot";
import { readIfThere } from "../config/text-file.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Applicant, AuthScheme, Found, Origin, Session } from "./scheme.ts";
import { keptWhileValid, requestToken, secretIn, tokenForm } from "./token-request.ts";

/** The login of Gemini CLI, its own or the one that OpenClaw saved, for Google's Code Assist. */
export const googleGeminiCli: AuthScheme = {
  find,
  missing: "log in by running `gemini` once.",
};

const TOKEN_URL = "https://oauth2.googleapis.com/token";
const CODE_ASSIST = "https://cloudcode-pa.googleapis.com";
/** What a client says of itself; these are the values for one that is nobody in particular. */
const METADATA = { ideType: "IDE_UNSPECIFIED", platform: "PLATFORM_UNSPECIFIED", pluginType: "GEMINI" };
const HINT = "Run `gemini` once: it logs in, and renews what it has saved.";
/** A token is renewed this long before it ends. */
const MARGIN_MS = 60_000;

interface Login {
  access?: string | undefined;
  refresh?: string | undefined;
  expires?: number | undefined;
  source: string;
  origin: Origin;
}

async function find(context: Context, applicant: Applicant): Promise<Found | null> {
  const login = savedLogin(applicant) ?? (await geminiLogin(context, applicant));
  if (!login) return null;
  // One that has ended and cannot be renewed here is no credential; who has named the provider is told so.
  if (!applicant.named && !isValid(context, login) && !clientOf(applicant)) return null;
  const open = keptWhileValid(context, async (signal) => {
    const { token, expiresAt } = await tokenOf(context, login, applicant, signal);
    const project = applicant.settings?.project ?? (await projectOf(context, token, applicant, signal));
    const session: Session = { headers: { authorization: `Bearer ${token}` }, settings: { project } };
    return { value: session, expiresAt };
  });
  return { source: login.source, origin: login.origin, open };
}

function savedLogin({ saved, key }: Applicant): Login | undefined {
  if (key) return { access: key.text, source: key.source, origin: key.origin };
  if (!saved || typeof saved.secret !== "string") return undefined;
  const { secret, refresh, expires, source } = saved;
  return { access: secret, refresh, expires, source, origin: "saved" };
}

const credentials = v.object({
  access_token: v.nullish(v.string()),
  refresh_token: v.nullish(v.string()),
  expiry_date: v.nullish(v.number()),
});

/** `oauth_creds.json`, where Gemini CLI keeps its login. */
async function geminiLogin(context: Context, { env }: Applicant): Promise<Login | undefined> {
  const home = env.GEMINI_CLI_HOME || env.HOME || env.USERPROFILE;
  if (!home) return undefined;
  const path = join(home, ".gemini", "oauth_creds.json");
  try {
    const text = await readIfThere(path);
    if (text === null) return undefined;
    const json: unknown = JSON.parse(text);
    const { access_token, refresh_token, expiry_date } = v.parse(credentials, json);
    if (!access_token && !refresh_token) return undefined;
    for (const secret of [access_token, refresh_token]) if (secret) context.secrets.add(secret);
    return {
      access: access_token ?? undefined,
      refresh: refresh_token ?? undefined,
      expires: expiry_date ?? undefined,
      source: path,
      origin: "scheme",
    };
  } catch {
    return { source: path, origin: "scheme" };
  }
}

function isValid(context: Context, { access, expires }: Login): boolean {
  return access !== undefined && (expires === undefined || expires - MARGIN_MS > context.now());
}

/** The client that the login belongs to. Its secret is not ours to carry: it counts when the user gives it. */
function clientOf({ env }: Applicant): { client_id: string; client_secret?: string } | undefined {
  const of = (what: string): string | undefined =>
    env[`OPENCLAW_GEMINI_OAUTH_CLIENT_${what}`]?.trim() || env[`GEMINI_CLI_OAUTH_CLIENT_${what}`]?.trim();
  const [id, secret] = [of("ID"), of("SECRET")];
  return id ? { client_id: id, ...(secret && { client_secret: secret }) } : undefined;
}

async function tokenOf(
  context: Context,
  login: Login,
  applicant: Applicant,
  signal: AbortSignal,
): Promise<{ token: string; expiresAt: number }> {
  const { access, refresh, expires, source } = login;
  for (const secret of [access, refresh]) if (secret) context.secrets.add(secret);
  if (access && isValid(context, login)) return { token: access, expiresAt: expires ?? Number.POSITIVE_INFINITY };
  const client = clientOf(applicant);
  if (!access && !refresh) throw new InferError("auth", `There is no login in ${source}.`, { hint: HINT });
  if (!refresh || !client) throw new InferError("auth", `The login in ${source} has expired.`, { hint: HINT });
  if (client.client_secret) context.secrets.add(client.client_secret);
  const purpose = { who: "oauth2.googleapis.com", hint: HINT };
  const form = tokenForm(TOKEN_URL, { grant_type: "refresh_token", refresh_token: refresh, ...client });
  const json = await requestToken(context, form, signal, purpose);
  const token = secretIn(context, json, "access_token", purpose);
  return { token, expiresAt: context.now() + (Number(json.expires_in) || 0) * 1000 };
}

const assistance = v.object({
  cloudaicompanionProject: v.nullish(v.union([v.string(), v.object({ id: v.nullish(v.string()) })])),
  ineligibleTiers: v.nullish(v.array(v.object({ reasonMessage: v.nullish(v.string()) }))),
});

/** Google gives every account that has used Gemini CLI a project of its own; only the service knows which. */
async function projectOf(
  context: Context,
  token: string,
  { env, baseUrl }: Applicant,
  signal: AbortSignal,
): Promise<string> {
  const base = (baseUrl ?? env.CODE_ASSIST_ENDPOINT?.trim()) || CODE_ASSIST;
  const request = {
    method: "POST" as const,
    url: `${base.replace(/\/+$/, "")}/v1internal:loadCodeAssist`,
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ metadata: METADATA }),
  };
  const json = await requestToken(context, request, signal, { who: "Google Code Assist", hint: HINT });
  const result = v.safeParse(assistance, json);
  const { cloudaicompanionProject: project, ineligibleTiers } = result.success ? result.output : {};
  const id = typeof project === "string" ? project : project?.id;
  if (id) return id;
  const why = ineligibleTiers?.find(({ reasonMessage }) => reasonMessage)?.reasonMessage;
  throw new InferError("auth", why ?? "Google Code Assist knows no project of this account.", {
    hint: "Run `gemini` once to set the account up, or name a project in GOOGLE_CLOUD_PROJECT.",
  });
}
