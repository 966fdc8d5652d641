import { InferError } from "../../core/error.ts";
import { forModel } from "../../engine/configured.ts";
import { headersOf, transportOf } from "../../engine/configured-request.ts";
import type { KnownProvider } from "../../engine/directory.ts";
import { baseUrlOf } from "../../engine/route.ts";
import { FIRST_STEPS } from "../../providers/table.ts";
import { type Check, fail, ok, type Setup, warn } from "./check.ts";

/** Where each provider's credential comes from; one that is there and cannot be used is a failure. */
export async function checkCredentials({ keyring, configured }: Setup): Promise<Check[]> {
  const checks = await Promise.all(
    (await configured).map(async ({ provider, credential }): Promise<Check> => {
      const id = `credentials.${provider.id}`;
      const models = provider.models.map((model) => forModel(provider, model.id));
      const problem = [provider, ...models].map((one) => one.problem).find(Boolean);
      // It may be OpenClaw's business alone: whoever chooses it is told.
      if (problem) return warn(id, problem.message, problem.details.hint ?? CORRECT);
      const wrong = [provider, ...models].map(addressProblem).find(Boolean);
      if (wrong) return fail(id, wrong.message, wrong.details.hint ?? CORRECT);
      const headers = await headersOf(keyring, provider);
      if ("missing" in headers) return fail(id, headers.missing, CORRECT);
      const way = await transportOf(keyring, provider);
      if ("missing" in way) return fail(id, way.missing, CORRECT);
      if ("problem" in way) return fail(id, way.problem.message, CORRECT);
      if (!("missing" in credential)) return ok(id, `${provider.name}: ${credential.source}`);
      const { spoiled, missing, hint } = credential;
      const fix = hint ?? `Correct it, or: infer model auth login --provider ${provider.id}`;
      return spoiled ? fail(id, missing, fix) : warn(id, missing);
    }),
  );
  if (checks.length > 0) return checks;
  const message = "No provider is set up. Embeddings and speech work without one.";
  return [warn("credentials", message, FIRST_STEPS)];
}

const CORRECT = "Correct it in the config.";

/** What a run would stumble over before it asks anybody. */
function addressProblem(provider: KnownProvider): InferError | undefined {
  const { scheme, hasOwnBaseUrl, baseUrl } = provider;
  // The parts of an address may be told by the credential itself, and without one its models have theirs.
  if (baseUrl === "" || (scheme !== undefined && !hasOwnBaseUrl)) return undefined;
  try {
    baseUrlOf(provider, {});
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof InferError)) throw thrown;
    return thrown;
  }
}
