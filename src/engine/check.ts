import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError, toInferError } from "../core/error.ts";
import { redact } from "../core/redact.ts";
import { readExcerpt } from "../http/body.ts";
import { type HttpRequest, send } from "../http/client.ts";
import { MODEL_LISTS } from "../protocols/model-list.ts";
import type { LoginId } from "../providers/types.ts";
import type { Call } from "./attempts.ts";
import { authorise, openSession } from "./authorise.ts";
import type { Candidate } from "./candidates.ts";
import { exchange } from "./exchange.ts";
import { isGiven } from "./keyring.ts";
import { baseUrlOf, isProcess, settingsOf } from "./route.ts";

/** What became of the cheapest request that needs a provider's credential. */
export interface CredentialCheck {
  /** `unknown`: nothing that was answered says anything about the credential. */
  result: "ok" | "refused" | "failed" | "unknown";
  status?: number;
  latencyMs: number;
  /** The provider's own words, with no secret in them. */
  message?: string;
}

/** Nothing is made and nothing is billed: a provider that takes longer has a problem. */
const PATIENCE_MS = 15_000;

/** Tries a credential. Throws on Ctrl-C only. */
export async function checkCredential(context: Context, candidate: Candidate): Promise<CredentialCheck> {
  const startedAt = context.now();
  const end = Math.min(context.endsAt, startedAt + PATIENCE_MS);
  using limit = deadline(context, end, () => `${candidate.provider.name} did not answer in time.`);
  const call: Call = { signal: limit.signal };
  const done = (result: CredentialCheck["result"], message?: string): CredentialCheck => ({
    result,
    ...(call.status !== undefined && { status: call.status }),
    latencyMs: Math.max(0, Math.round(context.now() - startedAt)),
    ...(message !== undefined && { message: redact(message, context.secrets) }),
  });
  try {
    if (candidate.problem) throw candidate.problem;
    const request = await requestFor(context, candidate, call.signal);
    if (!request) return done("unknown", "There is no request that would try it without being billed.");
    const reply = await exchange(context, call, request.authorised);
    await readExcerpt(reply.body);
    const isTried =
      !isGiven(candidate.credential) || (await needsCredential(context, request.plain, candidate, call.signal));
    return isTried ? done("ok") : done("unknown", "The provider answers this without a credential, too.");
  } catch (thrown) {
    const error = thrown instanceof InferError ? thrown : toInferError(thrown);
    if (error.type === "interrupted") throw error;
    if (error.type === "auth") return done("refused", error.message);
    // Not every server has a list of its models.
    return done([404, 405, 501].includes(call.status ?? 0) ? "unknown" : "failed", error.message);
  }
}

/** Where the list of models is for everybody, and something else asks for the key: the path below the base URL. */
const KEY_PATHS: Readonly<Record<LoginId, string>> = {
  // https://openrouter.ai/docs/api/reference/limits
  "openrouter-pkce": "/key",
};

interface Trial {
  plain: HttpRequest;
  authorised: HttpRequest;
}

async function requestFor(context: Context, candidate: Candidate, signal: AbortSignal): Promise<Trial | undefined> {
  const { provider } = candidate;
  const protocol = provider.text?.protocol;
  const list = protocol && !isProcess(protocol) ? MODEL_LISTS[protocol] : undefined;
  if (!list) return undefined;
  const session = await openSession(context, candidate, signal);
  const settings = settingsOf(provider, "", session);
  const baseUrl = baseUrlOf(provider, session, settings);
  const plain: HttpRequest = provider.login
    ? { method: "GET", url: baseUrl.replace(/\/+$/, "") + KEY_PATHS[provider.login], headers: {} }
    : list.request(baseUrl);
  return { plain, authorised: await authorise(context, plain, candidate, session, settings) };
}

/** Whether the same request fails without the credential: some lists are for everybody. */
async function needsCredential(
  context: Context,
  request: HttpRequest,
  { transport }: Candidate,
  signal: AbortSignal,
): Promise<boolean> {
  const reply = await send(context, { ...request, ...(transport && { transport }) }, signal);
  await readExcerpt(reply.body);
  return reply.status < 200 || reply.status > 299;
}
