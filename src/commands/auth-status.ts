import { configuredProviders } from "../capabilities/configured.ts";
import { loadConfig } from "../config/file.ts";
import { hasKeychain, keychainOf } from "../config/keychain.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { EXIT_CODES } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import type { CredentialCheck } from "../engine/check.ts";
import { findProvider, type KnownProvider, knownProviders } from "../engine/directory.ts";
import { type Credential, Keyring } from "../engine/keyring.ts";
import { unknown } from "./auth.ts";
import { checkAll } from "./auth-check.ts";
import { providersInUse, summary } from "./auth-summary.ts";
import { authTable } from "./auth-table.ts";
import { providerAuth } from "./provider-auth.ts";
import { tellWarnings } from "./warnings.ts";

/** `infer model auth status`, in OpenClaw's shape, with where each credential comes from, and never the credential. */
export async function status(context: Context, input: Input<"model.auth.status">): Promise<Result> {
  const keyring = new Keyring(context, await loadConfig(context));
  const entries = await chosen(keyring, input.provider);
  const checks = input.check ? await checkAll(context, keyring, entries) : new Map<string, CredentialCheck>();
  const saved = (await Promise.all((await keyring.saved()).map((one) => one.read()))).filter(
    (one) => one !== undefined,
  );
  const providers = entries
    .map((entry) => ({ ...providerAuth(entry, keyring, saved), ...withCheck(checks.get(entry.provider.id)) }))
    .toSorted((a, b) => (a.provider < b.provider ? -1 : 1));
  const store = (await hasKeychain(keychainOf(context))) ? "keychain" : "file";
  const value = await summary(context, keyring, { providers, saved, store });
  await tellWarnings(context);
  return { kind: "inventory", value, text: authTable(context, value.auth), exitCode: exitCode(entries, checks, input) };
}

interface Entry {
  provider: KnownProvider;
  credential: Credential;
}

/** The one that was asked for, else all that are set up or that the default models need. */
async function chosen(keyring: Keyring, name: string | undefined): Promise<Entry[]> {
  const providers = knownProviders(keyring.loaded);
  if (name !== undefined) {
    const provider = findProvider(providers, name) ?? unknown(name, providers);
    return [{ provider, credential: await keyring.credentialOf(provider, true) }];
  }
  const entries = [...(await configuredProviders(keyring, providers))];
  for (const id of providersInUse(keyring)) {
    const provider = findProvider(providers, id);
    if (!provider || provider.embedded || entries.some((entry) => entry.provider.id === provider.id)) continue;
    entries.push({ provider, credential: await keyring.credentialOf(provider, true) });
  }
  return entries;
}

function withCheck(check: CredentialCheck | undefined): { check?: CredentialCheck } {
  return check ? { check } : {};
}

/** A provider that was asked for by name and has no credential is no success either. */
function exitCode(
  entries: readonly Entry[],
  checks: ReadonlyMap<string, CredentialCheck>,
  { provider, check }: Input<"model.auth.status">,
): number {
  if (!check) return 0;
  const results = [...checks.values()].map(({ result }) => result);
  const isMissing = provider !== undefined && entries.some(({ credential }) => "missing" in credential);
  if (isMissing || results.includes("refused")) return EXIT_CODES.auth;
  return results.includes("failed") ? EXIT_CODES.provider_error : 0;
}
