import { listVoices } from "../capabilities/voices.ts";
import { loadConfig } from "../config/file.ts";
import { ttsSettings } from "../config/tts.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { configuredBy } from "../engine/candidates.ts";
import { isOfUse, type KnownProvider, knownProviders } from "../engine/directory.ts";
import { Keyring } from "../engine/keyring.ts";
import { type Specialist, specialistFor } from "../engine/specialist.ts";
import { inSpeechOrder, speechSetup } from "../engine/speech-choice.ts";
import { findSpeechProgram } from "../engine/speech-programs.ts";
import { choose } from "./backend.ts";
import { columns } from "./columns.ts";
import { firstReady } from "./selected.ts";

/** `infer tts voices` */
export async function voices(context: Context, { provider }: Input<"tts.voices">): Promise<Result> {
  const [candidate] = await choose(context, "speech", { provider, fallback: [] });
  const value = candidate ? await listVoices(context, candidate) : [];
  const rows = value.map(({ id, name, locale, gender, description, category, personalities }) => {
    const about = description ?? personalities?.join(", ") ?? category ?? "";
    return [id, name !== undefined && name !== id ? name : "-", locale ?? "-", gender ?? "-", about];
  });
  return { kind: "inventory", value, text: columns(rows) };
}

/** `infer tts providers`: OpenClaw's list, and the embedded engine. */
export async function providers(context: Context): Promise<Result> {
  const keyring = new Keyring(context, await loadConfig(context));
  const specialist = await specialistFor("speech", keyring);
  const { id: active, ready } = await firstReady(keyring, "speech");
  const listed = inSpeechOrder(
    knownProviders(keyring.loaded).filter((provider) => provider.speech && isOfUse(provider)),
  );
  const all = [];
  for (const provider of listed) {
    const { id, name, speech } = provider;
    all.push({
      available: true,
      configured: (id === active && ready) || (await isSetUp(provider, keyring, specialist)),
      selected: id === active,
      id,
      name: speech?.label ?? name,
      models: speech?.knownModels ?? speech?.models ?? [],
      voices: (speech?.voices ?? []).map((voice) => voice.id),
    });
  }
  const rows = all.map(({ id, configured, selected, models, voices: known }, index) => [
    id,
    selected ? "active" : configured ? "configured" : "-",
    listed[index]?.speech?.defaultModel ?? models[0] ?? "-",
    listed[index]?.speech?.defaultVoice ?? known[0] ?? "-",
  ]);
  return { kind: "inventory", value: { providers: all, active: active ?? null }, text: columns(rows) };
}

/** `infer tts personas` */
export async function personas(context: Context): Promise<Result> {
  const keyring = new Keyring(context, await loadConfig(context));
  const { settings, persona: active } = await speechSetup(keyring);
  const listed = settings.personas.map(({ id, label, description, provider, fallbackPolicy, providers: bound }) => ({
    id,
    ...(label !== undefined && { label }),
    ...(description !== undefined && { description }),
    ...(provider !== undefined && { provider }),
    fallbackPolicy,
    providers: Object.keys(bound),
  }));
  const rows = listed.map(({ id, label, provider, description }) => [
    id,
    id === active?.id ? "active" : "-",
    provider ?? "-",
    [label, description].filter(Boolean).join(": "),
  ]);
  return { kind: "inventory", value: { active: active?.id ?? null, personas: listed }, text: columns(rows) };
}

/** Whether `tts convert` could take it as it is. */
async function isSetUp(
  provider: KnownProvider,
  keyring: Keyring,
  specialist: Specialist | undefined,
): Promise<boolean> {
  const { context, loaded } = keyring;
  if (provider.embedded) return true;
  const model = await specialist?.defaultModel(provider);
  if (provider.speech?.protocol === "speech-program") {
    const options = ttsSettings(loaded).of([provider.id, ...(provider.aliases ?? [])])?.options ?? {};
    return !("missing" in (await findSpeechProgram(options, loaded.env, model, context.cwd)));
  }
  const own = specialist?.at(provider, undefined) ?? provider;
  const hasModel = model !== undefined || specialist?.goesWithoutModel?.(provider);
  return !!hasModel && (await configuredBy(own, keyring)) !== null && !specialist?.unready?.(own);
}
