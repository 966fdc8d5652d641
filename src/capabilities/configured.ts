import { configuredBy } from "../engine/candidates.ts";
import type { KnownProvider } from "../engine/directory.ts";
import type { Credential, Keyring } from "../engine/keyring.ts";

export interface Configured {
  provider: KnownProvider;
  credential: Credential;
}

/**
 * What the user has set up, in working order or not: what a run would find, the providers whose credential is there and
 * cannot be used, and whatever the config names.
 */
export async function configuredProviders(
  keyring: Keyring,
  providers: readonly KnownProvider[],
): Promise<readonly Configured[]> {
  const external = providers.filter(({ embedded }) => !embedded);
  const looked = await Promise.all(
    external.map(async (provider) => {
      const isUsable = (await configuredBy(provider, keyring)) !== null;
      return { provider, isUsable, credential: await keyring.credentialOf(provider, false) };
    }),
  );
  return looked.filter(({ provider, isUsable, credential }) => {
    if (isUsable || provider.configPath !== undefined) return true;
    return provider.variantOf === undefined && "missing" in credential && credential.spoiled;
  });
}
