import type { Context } from "../../core/context.ts";
import { InferError } from "../../core/error.ts";
import type { KnownProvider } from "../../engine/directory.ts";
import { isLoopback, type Keyring } from "../../engine/keyring.ts";
import { isListable, listModels, withoutModel } from "../../engine/model-list.ts";
import { type Check, ok, patience, type Setup, throwIfInterrupted, warn } from "./check.ts";

/** Which model servers on this machine answer, and how many models they have. */
export async function checkServers({ context, keyring, providers, configured }: Setup): Promise<Check[]> {
  const expected = new Set((await configured).map(({ provider }) => provider.id));
  const local = providers.filter(
    (provider) => isListable(provider) && (provider.probe || isLoopback(provider.baseUrl)),
  );
  const isExpected = ({ id, hostEnv, isMoved, problem }: KnownProvider): boolean =>
    // Whoever names its host means it.
    expected.has(id) || (hostEnv !== undefined && (isMoved === true || problem !== undefined));
  const found = await Promise.all(local.map((provider) => one(context, keyring, provider, isExpected(provider))));
  const checks = found.filter((check) => check !== null);
  if (checks.length > 0) return checks;
  return [ok("servers", `None of the ${local.length} that infer looks for answers; none is needed.`)];
}

function otherwise({ hostEnv = [], configPath, id }: KnownProvider): string {
  const place = configPath === undefined ? hostEnv[0] : `${configPath}.baseUrl`;
  return `Look what listens there, or correct ${place ?? `the address of ${id}`}.`;
}

/** `null`: it is not there, and nobody said that it would be. */
async function one(
  context: Context,
  keyring: Keyring,
  provider: KnownProvider,
  isExpected: boolean,
): Promise<Check | null> {
  const id = `servers.${provider.id}`;
  const name = `${provider.name} (${URL.parse(provider.baseUrl)?.host})`;
  using limit = patience(context, name);
  try {
    const { length } = await listModels(context, await withoutModel(provider, keyring), limit, { pages: 1 });
    return length > 0
      ? ok(id, `${name} answers with ${length} model${length === 1 ? "" : "s"}.`)
      : warn(id, `${name} answers, and has no models.`, "Give it one first.");
  } catch (thrown) {
    throwIfInterrupted(thrown);
    if (!(thrown instanceof InferError)) throw thrown;
    // Somebody listens and says nothing: whoever chooses this server will wait for nothing.
    const isSilent = thrown.type === "timeout";
    if (!isExpected && !isSilent) return null;
    const start = thrown.type === "network" && provider.start ? `Start it: ${provider.start}` : undefined;
    return warn(id, `${name}: ${thrown.message}`, start ?? thrown.details.hint ?? otherwise(provider));
  }
}
