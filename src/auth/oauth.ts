import { expiryOf } from "../config/codex.ts";
import { withLock } from "../config/lock.ts";
import { loginCommand } from "../config/profile.ts";
import type { SavedCredential } from "../config/saved.ts";
import { saveProfile, storePath } from "../config/store.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError, messageOf } from "../core/error.ts";
import { within } from "../core/patience.ts";
import type { OAuthClient } from "../providers/types.ts";
import type { Found } from "./scheme.ts";
import { requestToken, secretIn, tokenForm } from "./token-request.ts";

/** A saved OAuth login, whose access token is sent as a key and renewed when it has run out. */
export function oauthLogin(context: Context, saved: SavedCredential, client: OAuthClient | undefined): Found {
  return {
    source: saved.source,
    origin: "saved",
    open: async (signal) => ({ key: accessOf(await freshLogin(context, saved, client, signal)) }),
  };
}

/** The login with an access token that is good for a while yet; for schemes that need more of it than the token. */
export async function freshLogin(
  context: Context,
  saved: SavedCredential,
  client: OAuthClient | undefined,
  signal: AbortSignal,
): Promise<SavedCredential> {
  if (isFresh(context, saved, MARGIN_MS)) return saved;
  if (!saved.refresh || !client) {
    // Nothing can renew it: it may still do for a minute.
    if (isFresh(context, saved, 0)) return saved;
    throw expired(saved);
  }
  const file = storePath(context);
  // Without a home there is no other process to meet either.
  if (!file) return renew(context, saved, client, signal);
  // Where no lock can be written, no login can be kept either, which is said: this one still gets its answer.
  const terms = { staleMs: STALE_MS, endsAt: context.now() + STALE_MS + CALL_MS, signal, optional: true } as const;
  return withLock(context, `${file}.renewal.lock`, terms, async (lock) => {
    // A refresh token is often good for once: whoever held the lock before may have used it.
    const latest = (await saved.latest?.()) ?? saved;
    if (isFresh(context, latest, MARGIN_MS)) return latest;
    // The keychain may have waited for its user.
    await lock.confirm();
    return renew(context, latest, client, signal);
  });
}

/** A token that ends sooner than this might end on its way. */
const MARGIN_MS = 60_000;
/** How long the vendor may take. */
const CALL_MS = 60_000;
/** A process that has not touched its lock for so long sleeps or hangs. */
const STALE_MS = 120_000;
/** How long the new tokens may still take to be kept when the run has ended. */
const GRACE_MS = 2000;

function isFresh(context: Context, { secret, expires }: SavedCredential, margin: number): boolean {
  return secret !== "" && (expires === undefined || expires - margin > context.now());
}

function accessOf({ secret }: SavedCredential): string {
  return typeof secret === "string" ? secret : "";
}

async function renew(
  context: Context,
  saved: SavedCredential,
  client: OAuthClient,
  signal: AbortSignal,
): Promise<SavedCredential> {
  const refresh = saved.refresh ?? "";
  for (const secret of [refresh, accessOf(saved)]) if (secret !== "") context.secrets.add(secret);
  const purpose = { who: URL.parse(client.tokenUrl)?.host ?? client.tokenUrl, hint: again(saved) };
  using limit = deadline({ now: context.now, signal }, context.now() + CALL_MS, () => {
    return `${purpose.who} took too long to renew the login.`;
  });
  // RFC 6749, section 6.
  const fields = { grant_type: "refresh_token", refresh_token: refresh, client_id: client.clientId };
  const json = await requestToken(context, tokenForm(client.tokenUrl, fields), limit.signal, purpose);
  const access = secretIn(context, json, "access_token", purpose);
  // Without a new one, the old one stays good.
  const next = typeof json.refresh_token === "string" && json.refresh_token !== "" ? json.refresh_token : refresh;
  context.secrets.add(next);
  const seconds = Number(json.expires_in) || 0;
  const expires = seconds > 0 ? context.now() + seconds * 1000 : expiryOf(access);
  const { expires: _, ...rest } = saved;
  const renewed = { ...rest, secret: access, refresh: next, ...(expires !== undefined && { expires }) };
  await keep(context, renewed, access, next, signal);
  return renewed;
}

/** The old refresh token may be gone by now: not keeping the new one would be a logout, also when the run ends here. */
async function keep(
  context: Context,
  login: SavedCredential,
  access: string,
  refresh: string,
  signal: AbortSignal,
): Promise<void> {
  const saving = save(context, login, access, refresh);
  const ended = AbortSignal.any([context.signal, signal]);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const onEnd = (): void => void within(GRACE_MS, saving).then(() => resolve());
  ended.addEventListener("abort", onEnd, { once: true });
  if (ended.aborted) onEnd();
  try {
    await Promise.race([saving, late]);
  } finally {
    ended.removeEventListener("abort", onEnd);
  }
  ended.throwIfAborted();
}

/** Never fails: the access token will do for now. */
async function save(context: Context, login: SavedCredential, access: string, refresh: string): Promise<void> {
  const { id, provider, expires, accountId, place } = login;
  // Neither the deadline nor Ctrl-C ends this.
  const world = { ...context, endsAt: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
  try {
    await saveProfile(world, {
      type: "oauth",
      id,
      provider,
      access,
      refresh,
      ...(expires !== undefined && { expires }),
      ...(accountId !== undefined && { accountId }),
      ...(place !== "infer" && { renews: place }),
    });
  } catch (thrown) {
    context.report.warnings.push(`The renewed login of ${provider} could not be kept: ${messageOf(thrown)}`);
  }
}

function expired(saved: SavedCredential): InferError {
  return new InferError("auth", `The login in ${saved.source} has expired.`, { hint: again(saved) });
}

function again({ provider, place }: SavedCredential): string {
  return `Log in again: ${loginCommand(provider, place)}`;
}
