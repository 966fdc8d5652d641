import { InferError } from "../core/error.ts";
import { configuredBy } from "../engine/candidates.ts";
import type { KnownProvider } from "../engine/directory.ts";
import type { Credential, Keyring } from "../engine/keyring.ts";
import { specialistFor } from "../engine/specialist.ts";

export interface Configured {
  provider: KnownProvider;
  credential: Credential;
}

const AUDIO = ["speech", "transcription"] as const;

/**
 * What the user has set up, in working order or not: what a run would find, the providers whose credential is there and
 * cannot be used, and whatever the config names.
 */
export async function configuredProviders(
  keyring: Keyring,
  providers: readonly KnownProvider[],
): Promise<readonly Configured[]> {
  const external = providers.filter(({ embedded }) => !embedded);
  const specialists = await Promise.all(AUDIO.map((service) => specialistFor(service, keyring).catch(withoutIt)));
  const looked = await Promise.all(
    external.map(async (provider) => {
      // Speech and recordings may have keys of their own.
      for (const own of [provider, ...specialists.flatMap((specialist) => specialist?.at(provider, undefined) ?? [])]) {
        if (await configuredBy(own, keyring)) {
          return { provider: own, isUsable: true, credential: await keyring.credentialOf(own, false) };
        }
      }
      return { provider, isUsable: false, credential: await keyring.credentialOf(provider, false) };
    }),
  );
  return looked.filter(({ provider, isUsable, credential }) => {
    if (isUsable || provider.configPath !== undefined) return true;
    return provider.variantOf === undefined && "missing" in credential && credential.spoiled;
  });
}

/** The user's preferences may be damaged, which is no business of a list of credentials. */
function withoutIt(thrown: unknown): undefined {
  if (!(thrown instanceof InferError) || thrown.type === "interrupted") throw thrown;
  return undefined;
}
