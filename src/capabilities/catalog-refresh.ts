import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { type InferError, toInferError } from "../core/error.ts";
import { pooled } from "../core/pool.ts";
import type { Call } from "../engine/attempts.ts";
import type { KnownProvider } from "../engine/directory.ts";
import type { Keyring } from "../engine/keyring.ts";
import { listModels, withoutModel } from "../engine/model-list.ts";
import type { ListedModel } from "../protocols/listed-model.ts";

/** The own list of one provider, or why there is none. */
interface Answer {
  provider: KnownProvider;
  models: readonly ListedModel[];
  failure?: InferError;
}

/** How many providers are asked at the same time, and how long each may take. */
const AT_ONCE = 8;
const PATIENCE_MS = 15_000;

/** Asks the providers for their own lists; the answers are in the given order. Throws on Ctrl-C, and on a bug. */
export async function askForModels(
  context: Context,
  keyring: Keyring,
  providers: readonly KnownProvider[],
): Promise<Answer[]> {
  return pooled(AT_ONCE, providers, (provider) => ask(context, keyring, provider));
}

async function ask(context: Context, keyring: Keyring, provider: KnownProvider): Promise<Answer> {
  const endsAt = Math.min(context.endsAt, context.now() + PATIENCE_MS);
  const waited = Math.max(1, Math.round(endsAt - context.now()));
  using limit = deadline(context, endsAt, () => `${provider.name} did not list its models within ${waited} ms.`);
  const call: Call = { signal: limit.signal };
  try {
    const candidate = await withoutModel(provider, keyring);
    return { provider, models: await listModels(context, candidate, call) };
  } catch (thrown) {
    const failure = toInferError(thrown).with({ provider: provider.id, requestId: call.requestId });
    if (failure.type === "interrupted" || failure.type === "internal") throw failure;
    return { provider, models: [], failure };
  }
}
