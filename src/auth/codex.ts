import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { CODEX_CLIENT } from "../providers/codex.ts";
import { freshLogin } from "./oauth.ts";
import type { Applicant, AuthScheme, Found, Session } from "./scheme.ts";
import { keptWhileValid } from "./token-request.ts";

/** The ChatGPT login that Codex or OpenClaw saved. */
export const openaiCodex: AuthScheme = {
  find,
  missing: "log in with Codex: `codex login`.",
};

/** Where OpenAI puts what it knows of the account into its tokens. */
const CLAIM = "https://api.openai.com/auth";

async function find(context: Context, { key, saved }: Applicant): Promise<Found | null> {
  if (key)
    return { source: key.source, origin: key.origin, open: async () => sessionOf(key.text, undefined, key.source) };
  if (!saved) return null;
  const open = keptWhileValid(context, async (signal) => {
    const { secret, accountId, expires } = await freshLogin(context, saved, CODEX_CLIENT, signal);
    const token = typeof secret === "string" ? secret : "";
    context.secrets.add(token);
    return { value: sessionOf(token, accountId, saved.source), expiresAt: expires ?? Number.POSITIVE_INFINITY };
  });
  return { source: saved.source, origin: "saved", open };
}

/** With the headers that the backend asks for, as OpenClaw and Codex send them. */
function sessionOf(key: string, accountId: string | undefined, source: string): Session {
  const account = accountId ?? accountIn(key);
  if (!account) {
    throw new InferError("auth", `The login in ${source} names no ChatGPT account.`, {
      hint: "Log in again: codex login",
    });
  }
  const id = crypto.randomUUID();
  return {
    key,
    headers: {
      "chatgpt-account-id": account,
      originator: "infer",
      "openai-beta": "responses=experimental",
      accept: "text/event-stream",
      session_id: id,
      "x-client-request-id": id,
    },
  };
}

/** The token's own word for the account; nothing here has to trust it, so its signature is not checked. */
function accountIn(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const told = typeof claims === "object" && claims !== null ? Reflect.get(claims, CLAIM) : undefined;
    const id: unknown = typeof told === "object" && told !== null ? Reflect.get(told, "chatgpt_account_id") : undefined;
    return typeof id === "string" && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}
