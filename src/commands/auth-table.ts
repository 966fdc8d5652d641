import { keychainOf } from "../config/keychain.ts";
import type { Context } from "../core/context.ts";
import type { CredentialCheck } from "../engine/check.ts";
import type { AuthRow } from "./auth-summary.ts";
import { columns } from "./columns.ts";

interface AuthRows {
  providers: readonly AuthRow[];
  store: string;
  storePath: string | null;
}

/** `infer model auth status` for people: no key is in it, not even masked. */
export function authTable(context: Pick<Context, "env">, auth: AuthRows): string {
  const rows = auth.providers.map(({ provider, source, check, effective, problem }) => [
    provider,
    source ?? "-",
    check ? checkWords(check) : stateOf(effective.kind, problem),
  ]);
  const lines = rows.length > 0 ? columns([["PROVIDER", "FROM", "STATE"], ...rows]) : "No provider is set up.";
  const where = auth.store === "keychain" ? "the keychain" : auth.storePath;
  const off = keychainOf(context) === null ? " (INFER_KEYCHAIN=off)" : "";
  const told =
    where === null ? "New keys cannot be saved: there is no home folder." : `New keys are saved in ${where}${off}`;
  return [lines, "", told].join("\n");
}

function stateOf(kind: AuthRow["effective"]["kind"], problem: string | undefined): string {
  if (problem !== undefined) return `unusable: ${problem}`;
  return kind === "missing" ? "missing" : "set";
}

function checkWords({ result, status, latencyMs, message }: CredentialCheck): string {
  const facts = [status, latencyMs > 0 ? `${latencyMs} ms` : undefined].filter((fact) => fact !== undefined);
  return `${result}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}${message ? `: ${message}` : ""}`;
}
