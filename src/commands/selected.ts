import { InferError } from "../core/error.ts";
import { type Candidate, type ServiceName, selectCandidates } from "../engine/candidates.ts";
import type { KnownProvider } from "../engine/directory.ts";
import type { Keyring } from "../engine/keyring.ts";

/** Whom a bare run takes. */
interface Selected {
  /** Without anybody who is ready, the first that infer has for the service. */
  id?: string;
  /** It has what it needs. */
  ready: boolean;
}

/** The first provider that a run would really ask, for the lists. `suits`: see `selectCandidates`. */
export async function firstReady(
  keyring: Keyring,
  service: ServiceName,
  suits: (provider: KnownProvider) => boolean = () => true,
): Promise<Selected> {
  const wanted = { service, fallback: [], probe: false, suits } as const;
  const candidates = (await orNothing(() => selectCandidates(wanted, keyring))) ?? [];
  for (const candidate of candidates) {
    const whole = await orNothing(async () => completed(candidate));
    if (whole && !whole.problem) return { id: whole.provider.id, ready: true };
  }
  const known = candidates.find(({ provider }) => provider[service]);
  return { ...(known && { id: known.provider.id }), ready: false };
}

/** That nothing is set up is no failure of a list. */
async function orNothing<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (thrown) {
    if (thrown instanceof InferError && thrown.type !== "interrupted") return undefined;
    throw thrown;
  }
}

/** A later one's credential is looked up when its turn comes. */
async function completed(candidate: Candidate): Promise<Candidate> {
  return candidate.complete ? candidate.complete() : candidate;
}
