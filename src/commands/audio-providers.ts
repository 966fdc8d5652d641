import { loadConfig } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { configuredBy, selectCandidates, specialistFor } from "../engine/candidates.ts";
import { type KnownProvider, knownProviders } from "../engine/directory.ts";
import { Keyring } from "../engine/keyring.ts";
import { findTranscriber, isTranscriber } from "../engine/transcription-program.ts";
import { VISION_SERVICES } from "../providers/vision.ts";
import { columns } from "./columns.ts";

/** `infer audio providers`: OpenClaw's list, and the programs of this machine that write down recordings. */
export async function providers(context: Context): Promise<Result> {
  const keyring = new Keyring(context, await loadConfig(context));
  const selected = await selectedBy(keyring);
  const listed = knownProviders(keyring.loaded).filter(
    ({ transcription, variantOf, configPath }) =>
      transcription && (variantOf === undefined || configPath !== undefined),
  );
  const value = [];
  for (const provider of listed.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const { id, transcription } = provider;
    const image = VISION_SERVICES[id]?.defaultModel;
    value.push({
      available: true,
      configured: await isConfigured(provider, keyring),
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

/** A program is set up when it is there, with its model. */
async function isConfigured(provider: KnownProvider, keyring: Keyring): Promise<boolean> {
  const { context, loaded } = keyring;
  if (isTranscriber(provider.id)) {
    return !("missing" in (await findTranscriber(provider.id, loaded.env, undefined, context.cwd)));
  }
  const specialist = await specialistFor("transcription", keyring);
  return (await configuredBy(specialist?.at(provider, undefined) ?? provider, keyring)) !== null;
}

/** The provider that a bare `audio transcribe` takes. */
async function selectedBy(keyring: Keyring): Promise<string | undefined> {
  try {
    const [first] = await selectCandidates({ service: "transcription", fallback: [] }, keyring);
    return first?.provider.id;
  } catch (thrown) {
    // Nothing is set up: that is no failure of a list.
    if (thrown instanceof InferError && thrown.type !== "interrupted") return undefined;
    throw thrown;
  }
}
