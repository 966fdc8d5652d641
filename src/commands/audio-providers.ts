import { loadConfig } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { configuredBy } from "../engine/candidates.ts";
import { isOfUse, type KnownProvider, knownProviders } from "../engine/directory.ts";
import { Keyring } from "../engine/keyring.ts";
import { type Specialist, specialistFor } from "../engine/specialist.ts";
import { findTranscriber, isTranscriber } from "../engine/transcription-program.ts";
import { VISION_SERVICES } from "../providers/vision.ts";
import { columns } from "./columns.ts";
import { firstReady } from "./selected.ts";

/** `infer audio providers`: OpenClaw's list, and the programs of this machine that write down recordings. */
export async function providers(context: Context): Promise<Result> {
  const keyring = new Keyring(context, await loadConfig(context));
  const specialist = await specialistFor("transcription", keyring);
  const { id: first, ready } = await firstReady(keyring, "transcription");
  const selected = ready ? first : undefined;
  const listed = knownProviders(keyring.loaded).filter((provider) => provider.transcription && isOfUse(provider));
  const value = [];
  for (const provider of listed.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const { id, transcription } = provider;
    const image = VISION_SERVICES[id]?.defaultModel;
    value.push({
      available: true,
      configured: id === selected || (await isConfigured(provider, keyring, specialist)),
      selected: id === selected,
      id,
      capabilities: [...(image === undefined ? [] : ["image"]), "audio"],
      defaultModels: {
        ...(image !== undefined && { image }),
        ...(transcription?.defaultModel !== undefined && { audio: transcription.defaultModel }),
      },
    });
  }
  const rows = value.map(({ id, configured, selected: isSelected, defaultModels }) => [
    id,
    isSelected ? "selected" : configured ? "configured" : "-",
    defaultModels.audio ?? "-",
  ]);
  return { kind: "inventory", value, text: columns(rows) };
}

/** Whether it can be asked when it is named alone; a program is set up when it is there, with its model. */
async function isConfigured(
  provider: KnownProvider,
  keyring: Keyring,
  specialist: Specialist | undefined,
): Promise<boolean> {
  const { context, loaded } = keyring;
  // A server that only the config knows can be asked for nothing, unless the config names a model for this, too.
  const model = await specialist?.defaultModel(provider);
  if (isTranscriber(provider.id)) {
    return !("missing" in (await findTranscriber(provider.id, loaded.env, model, context.cwd)));
  }
  if (!specialist || model === undefined) return false;
  return (await configuredBy(specialist.at(provider, model), keyring)) !== null;
}
