import * as v from "valibot";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { type ErrorType, InferError } from "../core/error.ts";
import { unlessAborted } from "../core/patience.ts";
import { readExcerpt } from "../http/body.ts";
import { send } from "../http/client.ts";
import { retryAfter } from "../http/retry-after.ts";

interface BrowserLogin {
  /** The provider's base URL: the pages are on its host. */
  baseUrl: string;
  /** Shows the user where to go. */
  show(url: string): Promise<void>;
}

/**
 * OpenRouter's login for other people's tools: the user agrees in a browser, which comes back to a port of this machine with
 * a code, which is exchanged for a key. https://openrouter.ai/docs/guides/overview/auth/oauth
 */
export async function loginToOpenrouter(context: Context, { baseUrl, show }: BrowserLogin): Promise<string> {
  const { origin } = new URL(baseUrl);
  const verifier = random();
  const state = random();
  const { promise: code, resolve, reject } = Promise.withResolvers<string>();
  // Nobody may be waiting yet when it comes.
  code.catch(() => undefined);
  const { promise: outcome, resolve: settle } = Promise.withResolvers<boolean>();
  using server = listen(state, { resolve, reject, outcome });
  const page = new URL("/auth", origin);
  // Localhost is taken on any port. The state is in the path, where nothing that is added to the query can touch it.
  page.searchParams.set("callback_url", `http://localhost:${server.port}${PATH}${state}`);
  page.searchParams.set("code_challenge", challengeOf(verifier));
  page.searchParams.set("code_challenge_method", METHOD);
  await show(page.href);
  try {
    const given = await comesBack(context, code);
    const key = await exchange(context, `${origin}/api/v1/auth/keys`, { code: given, verifier });
    settle(true);
    return key;
  } finally {
    // Once it is settled, this says nothing more.
    settle(false);
  }
}

async function comesBack(context: Context, code: Promise<string>): Promise<string> {
  using limit = deadline(context, context.endsAt, () => "Nobody logged in in time.");
  return await unlessAborted(limit.signal, () => code);
}

/** Nothing but a few bytes is made out for it. */
const EXCHANGE_MS = 30_000;

const METHOD = "S256";
const PATH = "/callback/";

function random(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

function challengeOf(verifier: string): string {
  return new Bun.CryptoHasher("sha256").update(verifier).digest("base64url");
}

interface Visit {
  resolve(code: string): void;
  reject(error: InferError): void;
  /** Whether the code was worth a key. */
  outcome: Promise<boolean>;
}

interface Listener extends Disposable {
  port: number;
}

/** One answer to the browser for whatever it asks; only the page with the right state in it counts. */
function listen(state: string, { resolve, reject, outcome }: Visit): Listener {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // The page waits for the exchange, which has to end first.
    idleTimeout: (2 * EXCHANGE_MS) / 1000,
    async fetch(request) {
      const url = new URL(request.url);
      if (request.method !== "GET" || url.pathname !== PATH + state) return page("Nothing is here.", 404);
      const error = url.searchParams.get("error");
      const code = url.searchParams.get("code");
      if (error !== null) {
        const words = url.searchParams.get("error_description") ?? error;
        reject(new InferError("auth", `OpenRouter did not let you in: ${words.slice(0, 300)}`));
        return page("The login did not succeed. You can close this window.", 200);
      }
      if (!code) return page("There is no code in this address.", 400);
      resolve(code);
      if (!(await outcome)) return page("The login did not succeed: infer says why. You can close this window.", 200);
      return page("You are logged in. You can close this window and go back to infer.", 200);
    },
  });
  return {
    port: server.port ?? 0,
    // What is being answered is answered to its end.
    [Symbol.dispose]: () => void server.stop(),
  };
}

function page(text: string, status: number): Response {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    connection: "close",
    "cache-control": "no-store",
    // The address of this page has the code in it.
    "referrer-policy": "no-referrer",
  };
  return new Response(`<!doctype html><title>infer</title><p>${text}</p>`, { status, headers });
}

const keySchema = v.object({ key: v.pipe(v.string(), v.trim(), v.nonEmpty()) });
const errorSchema = v.object({ error: v.union([v.string(), v.object({ message: v.string() })]) });

async function exchange(
  context: Context,
  url: string,
  { code, verifier }: { code: string; verifier: string },
): Promise<string> {
  const { host } = new URL(url);
  const endsAt = Math.min(context.endsAt, context.now() + EXCHANGE_MS);
  using limit = deadline(context, endsAt, () => `${host} did not give a key for the login in time.`, AGAIN);
  context.secrets.add(code).add(verifier);
  const reply = await send(
    context,
    {
      method: "POST",
      url,
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ code, code_verifier: verifier, code_challenge_method: METHOD }),
    },
    limit.signal,
  );
  const body = await readExcerpt(reply.body);
  const answer = v.safeParse(keySchema, parse(body));
  if (reply.status === 200 && answer.success) return answer.output.key;
  const complaint = v.safeParse(errorSchema, parse(body));
  const error = complaint.success ? complaint.output.error : undefined;
  const words = typeof error === "string" ? error : (error?.message ?? `HTTP ${reply.status} without a key`);
  const { status } = reply;
  const retryAfterMs = status === 429 ? retryAfter(reply.headers, context.now()) : undefined;
  throw new InferError(typeOf(status), `OpenRouter gave no key: ${words.slice(0, 300)}`, {
    status,
    retryAfterMs,
    retryable: status === 429 || status >= 500,
    hint: AGAIN,
  });
}

const AGAIN = "Log in again, or paste a key: infer model auth login --provider openrouter";

/** A success without a key is none, and no word about the login either. */
function typeOf(status: number): ErrorType {
  if (status === 429) return "rate_limited";
  return status >= 400 && status < 500 ? "auth" : "provider_error";
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
