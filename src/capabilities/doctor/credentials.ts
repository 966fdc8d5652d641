import { FIRST_STEPS } from "../../providers/table.ts";
import { type Check, fail, ok, type Setup, warn } from "./check.ts";

/** Where each provider's credential comes from; one that is there and cannot be used is a failure. */
export async function checkCredentials({ keyring, configured }: Setup): Promise<Check[]> {
  const checks = await Promise.all(
    (await configured).map(async ({ provider, credential }): Promise<Check> => {
      const id = `credentials.${provider.id}`;
      if (provider.problem) return warn(id, provider.problem.message, "infer leaves this provider out until then.");
      const headers = await keyring.headersOf(provider);
      if ("missing" in headers) return fail(id, headers.missing, "Correct it in the config.");
      if (!("missing" in credential)) return ok(id, `${provider.name}: ${credential.source}`);
      const { spoiled, missing } = credential;
      const fix = `Correct it, or: infer model auth login --provider ${provider.id}`;
      return spoiled ? fail(id, missing, fix) : warn(id, missing);
    }),
  );
  if (checks.length > 0) return checks;
  const message = "No provider is set up. Embeddings and speech work without one.";
  return [warn("credentials", message, FIRST_STEPS)];
}
