import { loadConfig } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import { setBackend } from "../engine/attempts.ts";
import { type Candidate, type ServiceName, selectCandidates } from "../engine/candidates.ts";
import type { KnownProvider } from "../engine/directory.ts";
import { Keyring } from "../engine/keyring.ts";
import { tell } from "./warnings.ts";

interface BackendFlags {
  provider?: string | undefined;
  model?: string | undefined;
  fallback: readonly string[];
  channel?: string | undefined;
}

/** What a verb runs on, by its flags and the config. `suits` narrows what is chosen when neither names anything. */
export async function choose(
  context: Context,
  service: ServiceName,
  flags: BackendFlags,
  suits?: (provider: KnownProvider) => boolean,
): Promise<Candidate[]> {
  const { provider, model, fallback, channel } = flags;
  const candidates = await selectCandidates(
    { service, provider, model, fallback, channel, ...(suits && { suits }) },
    new Keyring(context, await loadConfig(context)),
  );
  const [first] = candidates;
  if (first) {
    setBackend(context, first);
    await explain(context, first);
  }
  return candidates;
}

/** `--verbose` tells in one line why this backend was chosen. */
async function explain(context: Context, { provider, model, reason, credential }: Candidate): Promise<void> {
  const name = model === null ? provider.id : `${provider.id}/${model}`;
  await tell(context, "verbose", `${name} (chosen by ${reason}; key: ${credential?.source ?? "none"})`);
}
