import { loadConfig } from "../config/file.ts";
import { ttsSettings } from "../config/tts.ts";
import { changeTtsPrefs } from "../config/tts-prefs.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { knownProviders, speakingProvider } from "../engine/directory.ts";
import { personasPlace } from "../engine/speech-choice.ts";

/** `infer tts enable` */
export async function enable(context: Context, input: Input<"tts.enable">): Promise<Result> {
  checkLocal(input, "tts enable --local");
  await changeTtsPrefs(context, { auto: "always" });
  return { kind: "inventory", value: { enabled: true }, text: "enabled" };
}

/** `infer tts disable` */
export async function disable(context: Context, input: Input<"tts.disable">): Promise<Result> {
  checkLocal(input, "tts disable --local");
  await changeTtsPrefs(context, { auto: "off" });
  return { kind: "inventory", value: { enabled: false }, text: "disabled" };
}

/** `infer tts set-provider`: one that infer can speak through. */
export async function setProvider(context: Context, input: Input<"tts.set-provider">): Promise<Result> {
  const { provider: name } = input;
  checkLocal(input, `tts set-provider --provider ${shellWord(name)} --local`);
  const loaded = await loadConfig(context);
  const provider = speakingProvider(loaded, name);
  if (!provider?.speech) {
    const ids = knownProviders(loaded).flatMap(({ id, speech }) => (speech ? [id] : []));
    const message = provider ? `infer has no speech through ${provider.name}.` : `There is no provider "${name}".`;
    const hint = [didYouMean(name, ids), `Providers that have it: ${ids.join(", ")}`].filter(Boolean).join(" ");
    throw new InferError("not_found", message, { hint });
  }
  await changeTtsPrefs(context, { provider: provider.id });
  return { kind: "inventory", value: { provider: provider.id }, text: provider.id };
}

/** `infer tts set-persona`: one of the config's. */
export async function setPersona(context: Context, input: Input<"tts.set-persona">): Promise<Result> {
  const { persona: name, off } = input;
  if (off && name !== undefined) throw new InferError("usage", "Pass only one of --persona or --off.");
  if (!off && name === undefined) throw new InferError("usage", "--persona is required unless --off is set.");
  checkLocal(input, `tts set-persona ${off ? "--off" : `--persona ${shellWord(name ?? "")}`} --local`);
  if (off || name === undefined) {
    await changeTtsPrefs(context, { persona: null });
    return { kind: "inventory", value: { persona: null }, text: "off" };
  }
  const settings = ttsSettings(await loadConfig(context));
  const { personas } = settings;
  const found = personas.find(({ id }) => id === name.trim().toLowerCase());
  if (!found) {
    const ids = personas.map(({ id }) => id);
    const known =
      ids.length > 0
        ? `Known: ${ids.join(", ")}.`
        : `The config has none: they stand under ${personasPlace(settings)}.`;
    const hint = [didYouMean(name, ids), known].filter(Boolean).join(" ");
    throw new InferError("not_found", `There is no persona "${name}".`, { hint });
  }
  await changeTtsPrefs(context, { persona: found.id });
  return { kind: "inventory", value: { persona: found.id }, text: found.id };
}

/** As it can be typed. */
function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** As in OpenClaw these go to its Gateway, unless they are told to stay here. */
function checkLocal({ local }: { local: boolean }, command: string): void {
  if (local) return;
  throw new InferError("network", "This goes to the OpenClaw Gateway, which this build cannot reach yet.", {
    hint: `To change infer's own preferences: infer ${command}`,
  });
}
