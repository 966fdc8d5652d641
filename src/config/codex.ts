import { join } from "node:path";
import type { Context } from "../core/context.ts";
import { isRecord } from "../core/json.ts";
import { parseFile } from "./openclaw.ts";
import { text } from "./profile.ts";
import type { SavedProfile } from "./saved.ts";

/** The login of the Codex CLI: ChatGPT's tokens, or a key for OpenAI's API. Nothing of it is ever written. */
export async function readCodex(context: Pick<Context, "env" | "report">): Promise<SavedProfile[]> {
  const home = context.env.HOME || context.env.USERPROFILE;
  const folder = context.env.CODEX_HOME || (home && join(home, ".codex"));
  if (!folder) return [];
  const file = join(folder, "auth.json");
  const login = await parseFile(context, file);
  if (!isRecord(login)) return [];
  const place = { place: "codex", file, own: false } as const;
  const found: SavedProfile[] = [];
  const tokens = isRecord(login.tokens) ? login.tokens : {};
  const access = text(tokens.access_token);
  const refresh = text(tokens.refresh_token);
  if (access || refresh) {
    const accountId = text(tokens.account_id);
    const expires = expiryOf(access) ?? sinceRefresh(login.last_refresh);
    const facts = {
      id: "openai-codex:codex-cli",
      provider: "openai-codex",
      kind: "oauth",
      ...(expires !== undefined && { expires }),
      ...(accountId && { accountId }),
      source: `${file} (Codex CLI)`,
      ...place,
    } as const;
    const secrets = { secret: access ?? "", ...(refresh && { refresh }) };
    found.push({ ...facts, read: async () => ({ ...facts, ...secrets }) });
  }
  const key = text(login.OPENAI_API_KEY);
  if (key) {
    const source = `OPENAI_API_KEY in ${file}`;
    const facts = { id: "openai:codex-cli", provider: "openai", kind: "api_key", source, ...place } as const;
    found.push({ ...facts, read: async () => ({ ...facts, secret: key }) });
  }
  return found;
}

/** Without a word about its end, a token of Codex is taken to last this long after its last renewal, as OpenClaw does. */
const HOUR_MS = 60 * 60 * 1000;

function sinceRefresh(value: unknown): number | undefined {
  const renewed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(renewed) ? undefined : renewed + HOUR_MS;
}

/** When a JSON Web Token says that it ends, in milliseconds. */
export function expiryOf(token: string | undefined): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token?.split(".")[1] ?? "", "base64url").toString());
    return isRecord(claims) && typeof claims.exp === "number" ? claims.exp * 1000 : undefined;
  } catch {
    // Not every token is one.
    return undefined;
  }
}
