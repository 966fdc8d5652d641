import { defaultModels, imageModels, visionModels } from "../../config/agent.ts";
import { InferError } from "../../core/error.ts";
import { type Candidate, type ServiceName, selectCandidates } from "../../engine/candidates.ts";
import { speechSetup } from "../../engine/speech-choice.ts";
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
  const hearing = loaded.config.tools?.media?.audio?.models?.length ? [one(keyring, "transcription")] : [];
  const checks = await Promise.all([...services.map((service) => one(keyring, service)), ...hearing]);
  return [...checks, ...(await speech(keyring))];
}

/** Who speaks by the config and the user's preferences, where these say anything. */
async function speech(keyring: Setup["keyring"]): Promise<Check[]> {
  try {
    const { primary, persona, unknownPersona } = await speechSetup(keyring);
    const stranger = unknownPersona === undefined ? [] : [warn("models.persona", unknownPersona, PERSONA)];
    return primary || persona ? [await one(keyring, "speech"), ...stranger] : stranger;
  } catch (thrown) {
    throwIfInterrupted(thrown);
    if (!(thrown instanceof InferError)) throw thrown;
    return [fail("models.speech", thrown.message, thrown.details.hint)];
  }
}

const PERSONA = "Correct it in the config, or: infer tts set-persona --off --local";

async function one(keyring: Setup["keyring"], service: ServiceName): Promise<Check> {
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
