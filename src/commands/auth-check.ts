import type { Context } from "../core/context.ts";
import { toInferError } from "../core/error.ts";
import { pooled } from "../core/pool.ts";
import { redact } from "../core/redact.ts";
import { type CredentialCheck, checkCredential } from "../engine/check.ts";
import type { KnownProvider } from "../engine/directory.ts";
import type { Credential, Keyring, Missing } from "../engine/keyring.ts";
import { withoutModel } from "../engine/model-list.ts";

interface Entry {
  provider: KnownProvider;
  credential: Credential;
}

const MOST_AT_ONCE = 8;

/** Tries every credential that is there, a few at a time; what came of it, by provider. */
export async function checkAll(
  context: Context,
  keyring: Keyring,
  entries: readonly Entry[],
): Promise<Map<string, CredentialCheck>> {
  const checks = await pooled(MOST_AT_ONCE, entries, async ({ provider, credential }) => {
    const check = "missing" in credential ? without(credential) : await tried(context, keyring, provider);
    return [provider.id, check] as const;
  });
  return new Map(checks);
}

function without({ missing, spoiled }: Missing): CredentialCheck {
  return { result: spoiled ? "refused" : "unknown", latencyMs: 0, message: missing };
}

/** As a run would go there: with the config's own headers, proxy and certificates. Throws on Ctrl-C only. */
async function tried(context: Context, keyring: Keyring, provider: KnownProvider): Promise<CredentialCheck> {
  try {
    return await checkCredential(context, await withoutModel(provider, keyring));
  } catch (thrown) {
    const { type, message } = toInferError(thrown);
    if (type === "interrupted") throw thrown;
    return {
      result: type === "auth" ? "refused" : "failed",
      latencyMs: 0,
      message: redact(message, context.secrets),
    };
  }
}
