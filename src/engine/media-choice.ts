import type { LoadedConfig } from "../config/file.ts";
import type { MediaEntry, MediaSettings } from "../config/schema.ts";
import { InferError } from "../core/error.ts";
import type { Candidate, Chooser } from "./candidates.ts";
import { redirect } from "./configured.ts";
import { type KnownProvider, unknownProvider } from "./directory.ts";

/** What a file is, by the name that it has under `tools.media`. */
export type MediaKind = "image" | "audio";

/** Characters that OpenClaw asks for where the config does not say: of a description. */
export const MOST_CHARS = 500;

/** What the config says of a backend that it chose for media. A backend that argv names has none of it. */
export interface MediaTerms {
  prompt?: string;
  /** Of the answer. */
  maxChars?: number;
  /** Of the file. */
  maxBytes?: number;
  timeoutMs?: number;
  /** Spoken in the recording. */
  language?: string;
  /** The vendor's own: `{smart_format: true}`. */
  options?: VendorOptions;
}

/** A program of the user's own that reads a file and prints what is in it. */
export interface MediaProgram {
  command: string;
  /** With `{{MediaPath}}` and the like in them. */
  args: readonly string[];
  env: LoadedConfig["env"];
}

type Common = { settings: MediaSettings; place: string };

interface Rules {
  kind: MediaKind;
  /** Whether an entry of the shared list that says nothing of itself is for this kind: by its provider's id. */
  isKnown(providerId: string): boolean;
}

/** The entries of `tools.media.<kind>.models`, then those of the shared list that are for this kind. */
export async function mediaEntries(chooser: Chooser, loaded: LoadedConfig, rules: Rules): Promise<Candidate[]> {
  const common = commonSettings(loaded, rules.kind);
  if (common.settings.enabled === false) {
    throw new InferError("refused", `${common.place}.enabled is false in ${loaded.path}.`, {
      hint: "Name a model with --model: that counts nevertheless.",
    });
  }
  const candidates: Candidate[] = [];
  for (const { entry, place } of entriesFor(loaded, common, rules)) {
    candidates.push(await candidateOf(entry, `${place} in ${loaded.path}`, place, { chooser, loaded, common }));
  }
  return candidates;
}

/** What the config says of every backend for this kind. */
export function mediaTerms(loaded: LoadedConfig, kind: MediaKind, provider: KnownProvider): MediaTerms {
  return termsOf({}, commonSettings(loaded, kind).settings, provider.id);
}

function commonSettings({ config }: LoadedConfig, kind: MediaKind): Common {
  return { settings: config.tools?.media?.[kind] ?? {}, place: `tools.media.${kind}` };
}

interface Placed {
  entry: MediaEntry;
  place: string;
}

function entriesFor({ config }: LoadedConfig, { settings, place }: Common, { kind, isKnown }: Rules): Placed[] {
  const own = (settings.models ?? []).map((entry, at) => ({ entry, place: `${place}.models.${at}` }));
  const shared = (config.tools?.media?.models ?? []).map((entry, at) => ({ entry, place: `tools.media.models.${at}` }));
  return [
    ...own.filter(({ entry }) => entry.capabilities?.includes(kind) ?? true),
    // What says nothing of itself there is for whatever its provider is known for.
    ...shared.filter(({ entry }) => entry.capabilities?.includes(kind) ?? isKnown(entry.provider ?? "")),
  ];
}

async function candidateOf(
  entry: MediaEntry,
  reason: string,
  place: string,
  { chooser, loaded, common }: { chooser: Chooser; loaded: LoadedConfig; common: Common },
): Promise<Candidate> {
  const media = termsOf(entry, common.settings, entry.provider?.trim() ?? "");
  if ((entry.type ?? (entry.command ? "cli" : "provider")) === "cli") {
    return { ...programOf(entry, reason, place, loaded.env), media };
  }
  try {
    const [named, model] = nameOf(entry, place);
    const provider = withOverrides(withOverrides(chooser.find(named), common.settings, common.place), entry, place);
    const { profile } = entry;
    const chosen = profile === undefined ? provider : { ...provider, profile };
    return { ...(await chooser.candidate(chosen, model, reason)), media };
  } catch (thrown) {
    // OpenClaw may know providers that infer does not: the entries after it still count.
    if (!(thrown instanceof InferError)) throw thrown;
    const provider = { ...unknownProvider(entry.provider ?? "unknown"), problem: thrown };
    return { ...(await chooser.candidate(provider, entry.model, reason)), media };
  }
}

function nameOf({ provider, model }: MediaEntry, place: string): [string, string | undefined] {
  if (provider?.trim()) return [provider.trim(), model?.trim() || undefined];
  const [, first, rest] = /^([^/]+)\/(.+)$/.exec(model?.trim() ?? "") ?? [];
  if (first && rest) return [first, rest];
  throw new InferError("usage", `${place} has neither a provider nor a command.`);
}

/** The nearer address and headers win. */
function withOverrides(provider: KnownProvider, settings: MediaSettings, place: string): KnownProvider {
  const { baseUrl, headers, request } = settings;
  if (baseUrl === undefined && !headers && !request) return provider;
  const redirected = redirect(
    provider,
    { ...(baseUrl !== undefined && { baseUrl }), ...(headers && { headers }), ...(request && { request }) },
    place,
  );
  return { ...redirected, customHeaders: { ...provider.customHeaders, ...redirected.customHeaders } };
}

function programOf(entry: MediaEntry, reason: string, place: string, env: LoadedConfig["env"]): Candidate {
  const command = entry.command?.trim() ?? "";
  return {
    // As OpenClaw names it in its outputs.
    provider: { ...unknownProvider("cli"), name: command },
    model: command || null,
    credential: null,
    headers: {},
    secrets: [],
    reason,
    program: { command, args: entry.args ?? [], env },
    ...(command === "" && { problem: new InferError("usage", `${place}.command is missing.`) }),
  };
}

function termsOf(entry: MediaEntry, common: MediaSettings, providerId: string): MediaTerms {
  const { prompt, maxChars, maxBytes, timeoutSeconds, language } = { ...common, ...entry };
  const options = optionsFor([common, entry], providerId.toLowerCase());
  return {
    ...(prompt?.trim() && { prompt: prompt.trim() }),
    ...(maxChars !== undefined && { maxChars }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
    ...(language?.trim() && { language: language.trim() }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

type VendorOptions = Readonly<Record<string, string | number | boolean>>;

/** The nearer settings last. Deepgram had a block of its own before `providerOptions`, which wins; both may be in camel case. */
function optionsFor(settings: readonly MediaSettings[], providerId: string): VendorOptions {
  const isDeepgram = providerId === "deepgram";
  const named = settings.flatMap(({ providerOptions = {} }) =>
    Object.entries(providerOptions).flatMap(([id, options]) => (id.toLowerCase() === providerId ? [options] : [])),
  );
  const legacy = isDeepgram ? settings.map(({ deepgram }) => deepgram ?? {}) : [];
  const entries = [...legacy, ...named].flatMap((options) => Object.entries(options));
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[isDeepgram ? snakeCase(name) : name, value]])),
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
