import { defaultModels, imageModels, visionModels } from "../../config/agent.ts";
import { InferError } from "../../core/error.ts";
import { type Candidate, selectCandidates } from "../../engine/candidates.ts";
import { type Check, fail, ok, type Setup, throwIfInterrupted, warn } from "./check.ts";

/** The models that the config names: whether a run could ask them. Nobody is asked here. */
export async function checkModels({ keyring, loaded }: Setup): Promise<Check[]> {
  const seeing = visionModels(loaded);
  const named = {
    text: defaultModels(loaded).refs,
    image: imageModels(loaded).refs,
    // The default models need not see.
    vision: seeing.mustSee ? [] : seeing.refs,
  } as const;
  const services = (["text", "image", "vision"] as const).filter((service) => named[service].length > 0);
  return Promise.all(services.map((service) => one(keyring, service)));
}

async function one(keyring: Setup["keyring"], service: "text" | "image" | "vision"): Promise<Check> {
  const id = `models.${service}`;
  try {
    const chosen = await selectCandidates({ service, fallback: [], probe: false }, keyring);
    const whole = await Promise.all(chosen.map(async (candidate) => (await candidate.complete?.()) ?? candidate));
    const broken = whole.filter(({ problem }) => problem);
    if (broken.length === 0) return ok(id, whole.map(nameOf).join(", "));
    const message = broken.map(
      (candidate) => `${nameOf(candidate)} (${candidate.reason}): ${candidate.problem?.message}`,
    );
    const fix = broken[0]?.problem?.details.hint ?? "Correct it in the config.";
    // Another one stands in for it.
    return broken.length < whole.length ? warn(id, message.join(" "), fix) : fail(id, message.join(" "), fix);
  } catch (thrown) {
    throwIfInterrupted(thrown);
    if (!(thrown instanceof InferError)) throw thrown;
    return fail(id, thrown.message, thrown.details.hint ?? "Correct it in the config.");
  }
}

function nameOf({ provider, model }: Candidate): string {
  return model === null ? provider.id : `${provider.id}/${model}`;
}
