import { deadline } from "../core/deadline.ts";
import { InferError, toInferError } from "../core/error.ts";
import type { KnownProvider } from "./directory.ts";
import type { Keyring } from "./keyring.ts";
import { isListable, listModels, withoutModel } from "./model-list.ts";

interface LocalServer {
  provider: KnownProvider;
  /** The first of its models that gives text. */
  model: string;
}

/** Whoever listens on this machine answers at once; nobody else is worth waiting for. */
const PATIENCE_MS = 400;

/** Asks all of them at the same time which models they have; the ones that answer, in the given order. */
export async function probe(keyring: Keyring, providers: readonly KnownProvider[]): Promise<LocalServer[]> {
  const answers = await Promise.all(providers.map((provider) => ask(keyring, provider)));
  return answers.filter((answer) => answer !== null);
}

/** The first model of one server that the user has named, or why there is none. */
export async function firstModel(keyring: Keyring, provider: KnownProvider): Promise<string | InferError> {
  const { context } = keyring;
  using limit = deadline(context, context.endsAt, () => `${provider.name} did not answer.`);
  try {
    const candidate = await withoutModel(provider, keyring);
    const models = await listModels(context, candidate, { signal: limit.signal }, { pages: 1 });
    const model = models.find(({ notText }) => !notText)?.id;
    return model ?? new InferError("not_found", `${provider.name} has no model that gives text.`);
  } catch (thrown) {
    const error = toInferError(thrown);
    if (error.type === "interrupted") throw error;
    const start = provider.start && error.details.unsent ? `Start it: ${provider.start}. ` : "";
    const hint = `${start}It was asked for its models; to name one: --model ${provider.id}/<model>`;
    return new InferError(error.type, error.message, { ...error.details, hint });
  }
}

async function ask(keyring: Keyring, provider: KnownProvider): Promise<LocalServer | null> {
  const { context } = keyring;
  if (!isListable(provider)) return null;
  const endsAt = Math.min(context.now() + PATIENCE_MS, context.endsAt);
  using limit = deadline(context, endsAt, () => `${provider.name} did not answer.`);
  try {
    const candidate = await withoutModel(provider, keyring);
    const models = await listModels(context, candidate, { signal: limit.signal }, { pages: 1 });
    const model = models.find(({ notText }) => !notText)?.id;
    return model ? { provider, model } : null;
  } catch (thrown) {
    // Nobody there, or somebody else: only Ctrl-C is more than that.
    if (thrown instanceof InferError && thrown.type === "interrupted") throw thrown;
    return null;
  }
}
