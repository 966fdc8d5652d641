import type { Session } from "../auth/scheme.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readText } from "../http/body.ts";
import type { HttpRequest } from "../http/client.ts";
import { loadRequest, modelsRequest, needsLoading } from "../protocols/lmstudio-load.ts";
import { parseJson } from "../protocols/message.ts";
import type { Route } from "../protocols/wire.ts";
import type { Call } from "./attempts.ts";
import { authorise } from "./authorise.ts";
import type { Candidate } from "./candidates.ts";
import { exchange } from "./exchange.ts";

/** Has a server load a model before it is asked: with loading on demand switched off, it would refuse. */
export async function loadModel(
  context: Context,
  candidate: Candidate,
  session: Session,
  route: Route,
  call: Call,
): Promise<void> {
  const ask = async (request: HttpRequest): Promise<string> => {
    // The attempt tells of the answer itself, not of this.
    const own = { signal: call.signal };
    const reply = await exchange(context, own, await authorise(context, request, candidate, session));
    return readText(reply.body);
  };
  if (!(await isOnDiskOnly(() => ask(modelsRequest(route.baseUrl)), route.model))) return;
  const window = candidate.provider.models.find(({ id }) => id === candidate.model)?.contextWindow;
  await ask(loadRequest(route.baseUrl, route.model, window));
}

/** `false` where it cannot be known: before version 0.4 there is no such list, and models are loaded on demand. */
async function isOnDiskOnly(list: () => Promise<string>, model: string): Promise<boolean> {
  try {
    return needsLoading(parseJson(await list()), model);
  } catch (thrown) {
    const unknown = thrown instanceof InferError && ["not_found", "provider_error"].includes(thrown.type);
    if (unknown) return false;
    throw thrown;
  }
}
