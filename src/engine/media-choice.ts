import type { LoadedConfig } from "../config/file.ts";
import type { MediaEntry, MediaSettings } from "../config/schema.ts";
import { InferError } from "../core/error.ts";
import type { Candidate } from "./candidates.ts";
import { redirect } from "./configured.ts";
import { findProvider, type KnownProvider, unknownProvider } from "./directory.ts";
import type { Chooser } from "./specialist.ts";

/** What a file is, by the name that it has under `tools.media`. */
export type MediaKind = "image" | "audio";

/** Characters that OpenClaw asks for where the config does not say: of a description. */
export const MOST_CHARS = 500;

/**
 * What the config says of a backend that it chose for media. A backend that argv names has none of it, but the address
 * and what belongs to that: see `mediaAddress`.
 */
export interface MediaTerms {
  /** The entry names its model: no other may be asked in its place. */
  namesModel?: true;
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

/** Which entries of the config are for a kind. */
export interface MediaRules {
  kind: MediaKind;
  /** Whether an entry of the shared list that says nothing of itself is for this kind: by its provider's id. */
  isKnown(providerId: string): boolean;
}

/** The entries of `tools.media.<kind>.models`, then those of the shared list that are for this kind. */
export async function mediaEntries(chooser: Chooser, loaded: LoadedConfig, rules: MediaRules): Promise<Candidate[]> {
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

/**
 * A provider as `tools.media` has it for this kind, whoever chose it: at the common address, or nearer, at that of its
 * entry, which counts for the entry's model, or where one of the two names none.
 */
export function mediaAddress(
  provider: KnownProvider,
  model: string | undefined,
  loaded: LoadedConfig,
  rules: MediaRules,
): KnownProvider {
  const { settings, place } = commonSettings(loaded, rules.kind);
  const own = provider.mediaEntry ?? ownEntry(provider, model, loaded, rules);
  const common = withOverrides(provider, settings, place);
  return own ? withOverrides(common, own.entry, own.place) : common;
}

/** The model of a provider that is named without one: its entry's, where that has a server of its own, or nobody else knows one. */
export function mediaModel(
  provider: KnownProvider,
  usual: string | undefined,
  loaded: LoadedConfig,
  rules: MediaRules,
): string | undefined {
  if (provider.mediaEntry) return usual;
  const entry = ownEntry(provider, undefined, loaded, rules)?.entry;
  const model = entry && nameOf(entry)?.model;
  return entry?.baseUrl !== undefined || usual === undefined ? (model ?? usual) : usual;
}

/** What the config says of every backend for this kind. */
export function mediaTerms(loaded: LoadedConfig, kind: MediaKind, provider: KnownProvider): MediaTerms {
  return termsOf({}, commonSettings(loaded, kind).settings, provider.id);
}

function commonSettings({ config }: LoadedConfig, kind: MediaKind): Common {
  return { settings: config.tools?.media?.[kind] ?? {}, place: `tools.media.${kind}` };
}

/** An entry, and where it stands in the config. */
export interface PlacedEntry {
  entry: MediaEntry;
  place: string;
}

/** The entry of this provider: the one with this model before any that names none. */
function ownEntry(
  provider: KnownProvider,
  model: string | undefined,
  loaded: LoadedConfig,
  rules: MediaRules,
): PlacedEntry | undefined {
  const own = entriesFor(loaded, commonSettings(loaded, rules.kind), rules).flatMap((placed) => {
    const named = isProgram(placed.entry) ? undefined : nameOf(placed.entry);
    return named && findProvider([provider], named.provider) ? [{ placed, model: named.model }] : [];
  });
  const exact = own.find((one) => model !== undefined && one.model === model);
  const found = exact ?? own.find((one) => model === undefined || one.model === undefined);
  return found?.placed;
}

function isProgram({ type, command }: MediaEntry): boolean {
  return (type ?? (command ? "cli" : "provider")) === "cli";
}

function entriesFor(
  { config }: LoadedConfig,
  { settings, place }: Common,
  { kind, isKnown }: MediaRules,
): PlacedEntry[] {
  const own = (settings.models ?? []).map((entry, at) => ({ entry, place: `${place}.models.${at}` }));
  const shared = (config.tools?.media?.models ?? []).map((entry, at) => ({ entry, place: `tools.media.models.${at}` }));
  return [
    ...own.filter(({ entry }) => entry.capabilities?.includes(kind) ?? true),
    // What says nothing of itself there is for whatever its provider is known for.
    ...shared.filter(({ entry }) => entry.capabilities?.includes(kind) ?? isKnown(nameOf(entry)?.provider ?? "")),
  ];
}

async function candidateOf(
  entry: MediaEntry,
  reason: string,
  place: string,
  { chooser, loaded, common }: { chooser: Chooser; loaded: LoadedConfig; common: Common },
): Promise<Candidate> {
  const media = termsOf(entry, common.settings, nameOf(entry)?.provider ?? "");
  if (isProgram(entry)) {
    return { ...programOf(entry, reason, place, loaded.env), media };
  }
  try {
    const named = nameOf(entry);
    if (!named) throw new InferError("usage", `${place} has neither a provider nor a command.`);
    const { model } = named;
    const { profile } = entry;
    const chosen = {
      ...chooser.find(named.provider),
      mediaEntry: { entry, place },
      ...(profile !== undefined && { profile }),
    };
    const candidate = await chooser.candidate(chosen, model, reason);
    return { ...candidate, media: { ...media, ...(model !== undefined && { namesModel: true }) } };
  } catch (thrown) {
    // OpenClaw may know providers that infer does not: the entries after it still count.
    if (!(thrown instanceof InferError)) throw thrown;
    const provider = { ...unknownProvider(nameOf(entry)?.provider ?? "unknown"), problem: thrown };
    return { ...(await chooser.candidate(provider, entry.model, reason)), media };
  }
}

/** `undefined` where it names nobody. */
function nameOf({ provider, model }: MediaEntry): { provider: string; model: string | undefined } | undefined {
  if (provider?.trim()) return { provider: provider.trim(), model: model?.trim() || undefined };
  const [, first, rest] = /^([^/]+)\/(.+)$/.exec(model?.trim() ?? "") ?? [];
  return first && rest ? { provider: first, model: rest } : undefined;
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
  const isElsewhere = baseUrl !== undefined || request !== undefined;
  return {
    ...redirected,
    customHeaders: { ...provider.customHeaders, ...redirected.customHeaders },
    // Headers alone set nothing up that needs no key.
    ...(!isElsewhere && { configPath: provider.configPath }),
  };
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
