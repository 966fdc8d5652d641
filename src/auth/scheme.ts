import type { SavedCredential } from "../config/saved.ts";
import type { Context } from "../core/context.ts";
import type { HttpRequest } from "../http/client.ts";
import type { SchemeId } from "../providers/types.ts";

/** What a scheme is told about a provider as this user has it. */
export interface Applicant {
  providerId: string;
  providerName: string;
  /** The environment, with the config's own `env` block beneath it. */
  env: Readonly<Record<string, string | undefined>>;
  /** A plain key of the config, the saved profiles or the provider's own variables, when there is one. */
  key?: { text: string; source: string; origin: Origin };
  /** A saved login that is more than a key. */
  saved?: SavedCredential;
  /** The parts of the base URL that the config and the environment tell, such as `project`. */
  settings?: Readonly<Record<string, string>>;
  /** The config's own base URL. */
  baseUrl?: string;
  /** Whether the user has named this provider: only then may something be asked of the network to find a credential. */
  named: boolean;
}

/** Who has the credential: the config, a saved profile, a variable of the provider's, or what the scheme itself found. */
export type Origin = "config" | "saved" | "env" | "scheme";

/** A credential that is there; nothing has been asked of the network yet. */
export interface Found {
  /** Where it comes from, to be printed. */
  source: string;
  origin: Origin;
  /** Makes it usable, over the network where that is needed. Fails as `auth`, or as the network does. */
  open(signal: AbortSignal): Promise<Session>;
}

/** What is put on a request. */
export interface Session {
  /** Sent as the row's `auth` forms say. */
  key?: string;
  headers?: Readonly<Record<string, string>>;
  /** Where the credential itself says where to go (Copilot). A configured base URL still wins. */
  baseUrl?: string;
  /** Parts of the base URL that the credential's own files tell, such as `region` and `project`. */
  settings?: Readonly<Record<string, string>>;
  /** Signs a finished request. */
  sign?(request: HttpRequest, settings: Readonly<Record<string, string>>): Promise<HttpRequest>;
}

/** One way to be let in. */
export interface AuthScheme {
  /** `null`: there is nothing to be let in with; `missing` says what would be. */
  find(context: Context, applicant: Applicant): Promise<Found | null>;
  /** How to get a credential, as the end of "No credential for X: …". */
  missing: string;
}

/** Each scheme is loaded when a provider that uses it is looked at. */
export const SCHEMES: Partial<Record<SchemeId, () => Promise<AuthScheme>>> = {
  "aws-sigv4": async () => (await import("./aws.ts")).awsSigv4,
  "aws-bearer": async () => (await import("./aws.ts")).awsBearer,
  "github-copilot": async () => (await import("./copilot.ts")).githubCopilot,
  "google-adc": async () => (await import("./google.ts")).googleAdc,
  "google-gemini-cli": async () => (await import("./gemini-cli.ts")).googleGeminiCli,
  "openai-codex": async () => (await import("./codex.ts")).openaiCodex,
};
