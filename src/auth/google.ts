import { join, resolve } from "node:path";
import { readIfThere } from "../config/text-file.ts";
import type { Context } from "../core/context.ts";
import { InferError, messageOf } from "../core/error.ts";
import { googleToken, parseGoogleCredentials } from "./google-credentials.ts";
import { askMachine, type MachineAnswer, patience, throwIfOver } from "./machine-metadata.ts";
import type { Applicant, AuthScheme, Found, Session } from "./scheme.ts";
import { keptWhileValid, secretIn, tokenAnswer } from "./token-request.ts";

/**
 * Google's application default credentials: the file that GOOGLE_APPLICATION_CREDENTIALS names, the one that gcloud
 * wrote, else the metadata server of the machine. https://cloud.google.com/docs/authentication/application-default-credentials
 */
export const googleAdc: AuthScheme = {
  find,
  missing:
    "run `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a service account's key file.",
};

/** What OpenClaw writes into a config where no key is needed. */
const MARKER = "gcp-vertex-credentials";
/** Where a key works without a project: https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview */
const EXPRESS = "https://aiplatform.googleapis.com/v1/publishers/google";

async function find(context: Context, applicant: Applicant): Promise<Found | null> {
  const { key } = applicant;
  if (key && key.text !== MARKER) {
    // Claude has no express form.
    const isExpress = applicant.providerId === "google-vertex" && applicant.settings?.project === undefined;
    const session: Session = { key: key.text, ...(isExpress && { baseUrl: EXPRESS }) };
    return { source: key.source, origin: key.origin, open: async () => session };
  }
  // The same file serves everything on Google Cloud, so it chooses nobody by itself. OpenClaw's rule, too.
  if (!applicant.named && !(applicant.settings?.project && applicant.settings.location)) return null;
  return (await fromFile(context, applicant)) ?? (applicant.named ? fromMetadata(context, applicant) : null);
}

async function fromFile(context: Context, { env }: Applicant): Promise<Found | null> {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS?.trim();
  for (const path of named ? [resolve(context.cwd, named)] : wellKnownPaths(env)) {
    const text = await read(path);
    if (text === null) continue;
    const source = named ? "GOOGLE_APPLICATION_CREDENTIALS" : path;
    if (text instanceof InferError) return failing(source, text);
    const open = keptWhileValid(context, (signal) => openFile(context, text, path, env, signal));
    return { source, origin: "scheme", open };
  }
  if (!named) return null;
  const hint = "Let it name the JSON file of a service account or of a login, or unset it.";
  const message = `GOOGLE_APPLICATION_CREDENTIALS names ${named}, and there is no such file.`;
  return failing("GOOGLE_APPLICATION_CREDENTIALS", new InferError("auth", message, { hint }));
}

function failing(source: string, error: InferError): Found {
  return { source, origin: "scheme", open: () => Promise.reject(error) };
}

async function openFile(
  context: Context,
  text: string,
  path: string,
  env: Applicant["env"],
  signal: AbortSignal,
): Promise<{ value: Session; expiresAt: number }> {
  const credentials = parseGoogleCredentials(context, text, path);
  const { token, expiresAt } = await googleToken(context, credentials, path, signal);
  const quota = env.GOOGLE_CLOUD_QUOTA_PROJECT?.trim() || credentials.quota_project_id;
  const project = ("project_id" in credentials && credentials.project_id) || quota;
  const headers = {
    authorization: `Bearer ${token}`,
    // A login by gcloud belongs to no project of its own: this one is billed, as Google's libraries have it.
    ...(quota && { "x-goog-user-project": quota }),
  };
  return { value: { headers, ...(project && { settings: { project } }) }, expiresAt };
}

function wellKnownPaths(env: Applicant["env"]): string[] {
  const name = "application_default_credentials.json";
  if (env.CLOUDSDK_CONFIG) return [join(env.CLOUDSDK_CONFIG, name)];
  const home = env.HOME || env.USERPROFILE;
  return [
    ...(env.APPDATA ? [join(env.APPDATA, "gcloud", name)] : []),
    ...(home ? [join(home, ".config", "gcloud", name)] : []),
  ];
}

/** `null` when there is none. */
async function read(path: string): Promise<string | InferError | null> {
  try {
    return await readIfThere(path);
  } catch (thrown) {
    return new InferError("auth", messageOf(thrown), { cause: thrown });
  }
}

/** It is on the same machine, or not there at all. */
const PATIENCE_MS = 600;
const METADATA_HEADERS = { "metadata-flavor": "Google" };

/** The machine's own service account: https://cloud.google.com/compute/docs/metadata/overview */
async function fromMetadata(context: Context, { env }: Applicant): Promise<Found | null> {
  const host = env.GCE_METADATA_HOST?.trim() || "metadata.google.internal";
  const base = URL.parse(`http://${host}/`);
  if (!base) throw new InferError("auth", "GCE_METADATA_HOST is no host.", { hint: "It is a name or an address." });
  if (!(await answers(context, base))) return null;
  const purpose = { who: `The metadata server ${host}`, hint: "Does this machine have a service account?" };
  const ask = (path: string, signal: AbortSignal): Promise<MachineAnswer> =>
    askMachine(context, new URL(`/computeMetadata/v1/${path}`, base), { headers: METADATA_HEADERS, signal });
  const open = keptWhileValid(context, async (signal) => {
    const [token, project] = await Promise.all([
      ask("instance/service-accounts/default/token", signal),
      ask("project/project-id", signal).then(
        ({ status, body }) => (status === 200 ? body.trim() : ""),
        () => "",
      ),
    ]);
    const json = tokenAnswer(token, purpose);
    const session: Session = {
      headers: { authorization: `Bearer ${secretIn(context, json, "access_token", purpose)}` },
      ...(project && { settings: { project } }),
    };
    return { value: session, expiresAt: context.now() + Number(json.expires_in ?? 0) * 1000 };
  });
  return { source: `the metadata server ${host}`, origin: "scheme", open };
}

/** Only Google's own answers with its name. */
async function answers(context: Context, url: URL): Promise<boolean> {
  using limit = patience(context, PATIENCE_MS);
  try {
    const { headers } = await askMachine(context, url, { headers: METADATA_HEADERS, signal: limit.signal });
    return headers.get("metadata-flavor") === "Google";
  } catch (thrown) {
    throwIfOver(context, thrown);
    return false;
  }
}
