import { createSign } from "node:crypto";
import { resolve } from "node:path";
import * as v from "valibot";
import { readIfThere } from "../config/text-file.ts";
import type { Context } from "../core/context.ts";
import { InferError, messageOf } from "../core/error.ts";
import { readText } from "../http/body.ts";
import { type HttpRequest, send } from "../http/client.ts";
import { requestToken, secretIn, type TokenPurpose, tokenForm } from "./token-request.ts";

const GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const LIFETIME_S = 3600;

const quota_project_id = v.optional(v.string());
const serviceAccount = v.object({
  type: v.literal("service_account"),
  client_email: v.string(),
  private_key: v.string(),
  private_key_id: v.optional(v.string()),
  token_uri: v.optional(v.string()),
  project_id: v.optional(v.string()),
  quota_project_id,
});
const authorizedUser = v.object({
  type: v.literal("authorized_user"),
  client_id: v.string(),
  client_secret: v.string(),
  refresh_token: v.string(),
  token_uri: v.optional(v.string()),
  quota_project_id,
});
const externalAccount = v.object({
  type: v.literal("external_account"),
  audience: v.string(),
  subject_token_type: v.string(),
  token_url: v.string(),
  credential_source: v.object({
    file: v.optional(v.string()),
    url: v.optional(v.string()),
    headers: v.optional(v.record(v.string(), v.string())),
    format: v.optional(v.object({ type: v.optional(v.string()), subject_token_field_name: v.optional(v.string()) })),
  }),
  service_account_impersonation_url: v.optional(v.string()),
  client_id: v.optional(v.string()),
  client_secret: v.optional(v.string()),
  workforce_pool_user_project: v.optional(v.string()),
  quota_project_id,
});
const impersonated = v.object({
  type: v.literal("impersonated_service_account"),
  service_account_impersonation_url: v.string(),
  source_credentials: v.variant("type", [serviceAccount, authorizedUser, externalAccount]),
  delegates: v.optional(v.array(v.string())),
  quota_project_id,
});
const anyCredentials = v.variant("type", [serviceAccount, authorizedUser, externalAccount, impersonated]);

/** The file of a Google login: https://google.aip.dev/auth/4110 and the ones after it. */
export type GoogleCredentials = v.InferOutput<typeof anyCredentials>;
type ServiceAccount = v.InferOutput<typeof serviceAccount>;
type AuthorizedUser = v.InferOutput<typeof authorizedUser>;
type ExternalAccount = v.InferOutput<typeof externalAccount>;

export interface GoogleToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Reads a credentials file; its secrets are remembered. No value of it gets into a message. */
export function parseGoogleCredentials(context: Context, text: string, path: string): GoogleCredentials {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unusable(path, "it is not JSON");
  }
  const result = v.safeParse(anyCredentials, json);
  if (!result.success) {
    const [issue] = result.issues;
    const place = v.getDotPath(issue) ?? "";
    const isKind = /(?:^|\.)type$/.test(place);
    throw unusable(
      path,
      isKind ? "infer does not know its kind of login" : `${place || "its content"} is not as it should be`,
    );
  }
  rememberSecrets(context, result.output);
  return result.output;
}

/** Exchanges what the file holds for an access token. */
export async function googleToken(
  context: Context,
  credentials: GoogleCredentials,
  path: string,
  signal: AbortSignal,
): Promise<GoogleToken> {
  switch (credentials.type) {
    case "service_account":
      return fromServiceAccount(context, credentials, path, signal);
    case "authorized_user":
      return fromUser(context, credentials, path, signal);
    case "external_account":
      return fromElsewhere(context, credentials, path, signal);
    case "impersonated_service_account": {
      const source = await googleToken(context, credentials.source_credentials, path, signal);
      const { service_account_impersonation_url: url, delegates } = credentials;
      return impersonate(context, url, source.token, delegates ?? [], path, signal);
    }
  }
}

/** RFC 7523: https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
async function fromServiceAccount(
  context: Context,
  { client_email, private_key, private_key_id, token_uri }: ServiceAccount,
  path: string,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const url = secure(token_uri ?? GOOGLE_TOKEN_URL, path);
  const now = Math.floor(context.now() / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(private_key_id && { kid: private_key_id }) };
  const claims = { iss: client_email, scope: SCOPE, aud: url, iat: now, exp: now + LIFETIME_S };
  const signed = `${part(header)}.${part(claims)}`;
  let signature: string;
  try {
    signature = createSign("RSA-SHA256").update(signed).sign(private_key, "base64url");
  } catch (thrown) {
    throw unusable(path, "its private_key is not an RSA key in PEM", thrown);
  }
  const assertion = `${signed}.${signature}`;
  context.secrets.add(assertion);
  const form = tokenForm(url, { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  const hint = `Is the key in ${path} still valid, and this machine's clock right?`;
  return exchange(context, form, signal, { who: hostOf(url), hint });
}

async function fromUser(
  context: Context,
  { client_id, client_secret, refresh_token, token_uri }: AuthorizedUser,
  path: string,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const url = secure(token_uri ?? GOOGLE_TOKEN_URL, path);
  const form = tokenForm(url, { grant_type: "refresh_token", client_id, client_secret, refresh_token });
  const hint = "Log in again: gcloud auth application-default login";
  return exchange(context, form, signal, { who: hostOf(url), hint });
}

/** Workload identity federation: https://google.aip.dev/auth/4117 */
async function fromElsewhere(
  context: Context,
  account: ExternalAccount,
  path: string,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const url = secure(account.token_url, path);
  const subject = await subjectToken(context, account, path, signal);
  context.secrets.add(subject);
  const { client_id: id, workforce_pool_user_project: userProject } = account;
  const form = tokenForm(url, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: account.audience,
    scope: SCOPE,
    subject_token: subject,
    subject_token_type: account.subject_token_type,
    ...(userProject && !id && { options: JSON.stringify({ userProject }) }),
  });
  if (id) {
    const basic = Buffer.from(`${id}:${account.client_secret ?? ""}`).toString("base64");
    form.headers.authorization = `Basic ${basic}`;
  }
  const hint = `Check the workload identity pool that ${path} names.`;
  const federated = await exchange(context, form, signal, { who: hostOf(url), hint });
  const { service_account_impersonation_url: next } = account;
  return next ? impersonate(context, next, federated.token, [], path, signal) : federated;
}

async function subjectToken(
  context: Context,
  { credential_source: { file, url, headers, format } }: ExternalAccount,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  let text: string;
  if (file) {
    const place = resolve(context.cwd, file);
    const found = await readIfThere(place).catch((thrown: unknown) => {
      throw unusable(path, `the token file that it names cannot be had: ${messageOf(thrown)}`, thrown);
    });
    if (found === null) throw unusable(path, `the token file that it names, ${place}, is not there`);
    text = found;
  } else if (url) {
    const reply = await send(context, { method: "GET", url, headers: { ...headers } }, signal);
    if (reply.status !== 200) throw unusable(path, `the address of its token answered ${reply.status}`);
    text = await readText(reply.body);
  } else {
    throw unusable(path, "infer takes its token from a file or an address only, not from a program or from AWS");
  }
  if (format?.type !== "json") return text.trim();
  const token = memberOf(text, format.subject_token_field_name ?? "");
  if (token === undefined) throw unusable(path, "there is no token in what it points to");
  return token;
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
async function impersonate(
  context: Context,
  address: string,
  token: string,
  delegates: readonly string[],
  path: string,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const url = secure(address, path);
  const request: HttpRequest = {
    method: "POST",
    url,
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ scope: [SCOPE], lifetime: `${LIFETIME_S}s`, ...(delegates.length > 0 && { delegates }) }),
  };
  const hint = "The account needs the role Service Account Token Creator on the one it acts for.";
  const purpose: TokenPurpose = { who: hostOf(url), hint };
  const json = await requestToken(context, request, signal, purpose);
  const expiresAt = typeof json.expireTime === "string" ? Date.parse(json.expireTime) : Number.NaN;
  return {
    token: secretIn(context, json, "accessToken", purpose),
    expiresAt: Number.isNaN(expiresAt) ? context.now() : expiresAt,
  };
}

async function exchange(
  context: Context,
  request: HttpRequest,
  signal: AbortSignal,
  purpose: TokenPurpose,
): Promise<GoogleToken> {
  const json = await requestToken(context, request, signal, purpose);
  const token = secretIn(context, json, "access_token", purpose);
  return { token, expiresAt: context.now() + (Number(json.expires_in) || 0) * 1000 };
}

function rememberSecrets(context: Context, credentials: GoogleCredentials): void {
  if (credentials.type === "impersonated_service_account") {
    rememberSecrets(context, credentials.source_credentials);
    return;
  }
  for (const name of ["private_key", "client_secret", "refresh_token"] as const) {
    const secret = name in credentials ? credentials[name as keyof typeof credentials] : undefined;
    if (typeof secret === "string") context.secrets.add(secret);
  }
}

/** A secret leaves this machine encrypted, or not at all. */
function secure(address: string, path: string): string {
  const url = URL.parse(address);
  const isLocal = url?.protocol === "http:" && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url?.protocol === "https:" || isLocal) return address;
  throw unusable(path, "it names a token address that is not https");
}

function unusable(path: string, why: string, cause?: unknown): InferError {
  return new InferError("auth", `The Google credentials in ${path} cannot be used: ${why}.`, {
    hint: "infer takes service accounts, logins by gcloud, impersonation, and workload identity by file or address.",
    cause,
  });
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function memberOf(text: string, name: string): string | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const value = typeof json === "object" && json !== null ? Reflect.get(json, name) : undefined;
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
