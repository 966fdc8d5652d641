import type { Context } from "../core/context.ts";
import type { HttpRequest } from "../http/client.ts";
import { VERSION } from "../version.ts";
import type { Applicant, AuthScheme, Found, Session } from "./scheme.ts";
import { keptWhileValid, requestToken, secretIn } from "./token-request.ts";

/** A GitHub token, exchanged for one of Copilot's own that lasts half an hour. */
export const githubCopilot: AuthScheme = {
  find,
  missing: "set COPILOT_GITHUB_TOKEN to a GitHub token of an account that has Copilot.",
};

const TOKEN_URL = "https://api.github.com/copilot_internal/v2/token";
const HINT =
  "It takes the token that an editor's Copilot login gave, of an account with a Copilot plan: GitHub refuses classic personal access tokens here.";

/**
 * The service answers 400 to a request that names no editor. Which one is free: Neovim's plugins name Neovim, and infer
 * names itself. The integration has to be one that Copilot knows; all the others use this one, OpenClaw among them.
 */
const EDITOR_HEADERS = {
  "editor-version": `infer/${VERSION.version}`,
  "editor-plugin-version": `infer/${VERSION.version}`,
  "copilot-integration-id": "vscode-chat",
  "x-github-api-version": "2025-04-01",
};

async function find(context: Context, applicant: Applicant): Promise<Found | null> {
  const key = githubToken(applicant);
  if (!key) return null;
  const purpose = { who: "GitHub Copilot", hint: HINT };
  const open = keptWhileValid(context, async (signal) => {
    context.secrets.add(key.text);
    const headers = { accept: "application/json", authorization: `Bearer ${key.text}`, ...EDITOR_HEADERS };
    const json = await requestToken(context, { method: "GET", url: TOKEN_URL, headers }, signal, purpose);
    const token = secretIn(context, json, "token", purpose);
    const baseUrl = addressIn(token);
    const session: Session = {
      key: token,
      // A person has asked, and not an agent on its own.
      headers: { ...EDITOR_HEADERS, "x-initiator": "user" },
      ...(baseUrl && { baseUrl }),
      sign,
    };
    return { value: session, expiresAt: (Number(json.expires_at) || 0) * 1000 };
  });
  return { source: key.source, origin: key.origin, open };
}

function githubToken({ key, saved }: Applicant): Applicant["key"] {
  if (key) return key;
  return saved && typeof saved.secret === "string"
    ? { text: saved.secret, source: saved.source, origin: "saved" }
    : undefined;
}

/** `…;proxy-ep=proxy.individual.githubcopilot.com;…`: the account's own host, with `api.` for `proxy.`. */
function addressIn(token: string): string | undefined {
  const [, named = ""] = /(?:^|;)\s*proxy-ep=([^;\s]+)/i.exec(token) ?? [];
  const host = URL.parse(named.includes("://") ? named : `https://${named}`)?.hostname;
  return host ? `https://${host.replace(/^proxy\./i, "api.")}` : undefined;
}

/** A picture has to be announced. Inside the prompt's own text the quotes would have backslashes before them. */
async function sign(request: HttpRequest): Promise<HttpRequest> {
  const text = typeof request.body === "string" ? request.body : "";
  if (!/"type":"(?:image|image_url|input_image)"/.test(text)) return request;
  return { ...request, headers: { ...request.headers, "copilot-vision-request": "true" } };
}
