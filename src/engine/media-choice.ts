import { visionModels } from "../config/agent.ts";
import type { LoadedConfig } from "../config/file.ts";
import type { MediaEntry, MediaSettings } from "../config/schema.ts";
import { InferError } from "../core/error.ts";
import { VISION_SERVICES } from "../providers/vision.ts";
import type { Candidate } from "./candidates.ts";
import { redirect } from "./configured.ts";
import { type KnownProvider, unknownProvider } from "./directory.ts";
import { seesPictures } from "./known-model.ts";

/** Characters that OpenClaw asks for where the config does not say. */
export const MOST_CHARS = 500;

/** What the config says of a backend that it chose for media. A backend that argv names has none of it. */
export interface MediaTerms {
  prompt?: string;
  /** Of the answer. */
  maxChars?: number;
  /** Of the file. */
  maxBytes?: number;
  timeoutMs?: number;
}

/** A program of the user's own that reads a file and prints what is in it. */
export interface MediaProgram {
  command: string;
  /** With `{{MediaPath}}` and the like in them. */
  args: readonly string[];
  env: LoadedConfig["env"];
}

/** How one service chooses its backends, see `candidates.ts`. */
interface Chooser {
  find(name: string): KnownProvider;
  candidate(provider: KnownProvider, model: string | undefined, reason: string): Promise<Candidate>;
  configured(ref: string, reason: string, later?: "later"): Promise<Candidate>;
}

type Common = { settings: MediaSettings; place: string };

/**
 * What describes pictures by the config: the entries of `tools.media.image.models`, then those of the shared list that
 * are for pictures; without any, `agents.defaults.imageModel`, then the default model when it is known to see.
 */
export async function configuredVision(chooser: Chooser, loaded: LoadedConfig): Promise<Candidate[]> {
  const common = commonSettings(loaded);
  if (common.settings.enabled === false) {
    throw new InferError("refused", `${common.place}.enabled is false in ${loaded.path}.`, {
      hint: "Name a model with --model: that counts nevertheless.",
    });
  }
  const candidates: Candidate[] = [];
  for (const { entry, place } of entriesFor(loaded, common)) {
    candidates.push(await candidateOf(entry, `${place} in ${loaded.path}`, place, { chooser, loaded, common }));
  }
  if (candidates.length > 0) return candidates;
  const { refs, place, mustSee } = visionModels(loaded);
  for (const ref of refs) {
    const isFirst = candidates.length === 0;
    const candidate = await chooser.configured(ref, `${place} in ${loaded.path}`, isFirst ? undefined : "later");
    if (!mustSee || (await seesPictures(candidate.provider, candidate.model))) candidates.push(candidate);
  }
  return candidates.map((candidate) => onTerms(candidate, loaded));
}

/** A backend that nobody named, with what the config says of all of them. */
export function onTerms(candidate: Candidate, loaded: LoadedConfig): Candidate {
  const { complete } = candidate;
  return {
    ...candidate,
    media: termsOf({}, commonSettings(loaded).settings),
    ...(complete && { complete: async () => onTerms(await complete(), loaded) }),
  };
}

function commonSettings({ config }: LoadedConfig): Common {
  return { settings: config.tools?.media?.image ?? {}, place: "tools.media.image" };
}

interface Placed {
  entry: MediaEntry;
  place: string;
}

function entriesFor({ config }: LoadedConfig, { settings, place }: Common): Placed[] {
  const own = (settings.models ?? []).map((entry, at) => ({ entry, place: `${place}.models.${at}` }));
  const shared = (config.tools?.media?.models ?? []).map((entry, at) => ({ entry, place: `tools.media.models.${at}` }));
  return [
    ...own.filter(({ entry }) => entry.capabilities?.includes("image") ?? true),
    // What says nothing of itself there is for whatever its provider is known for.
    ...shared.filter(
      ({ entry }) => entry.capabilities?.includes("image") ?? Object.hasOwn(VISION_SERVICES, entry.provider ?? ""),
    ),
  ];
}

async function candidateOf(
  entry: MediaEntry,
  reason: string,
  place: string,
  { chooser, loaded, common }: { chooser: Chooser; loaded: LoadedConfig; common: Common },
): Promise<Candidate> {
  const media = termsOf(entry, common.settings);
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

function termsOf(entry: MediaEntry, common: MediaSettings): MediaTerms {
  const { prompt, maxChars, maxBytes, timeoutSeconds } = { ...common, ...entry };
  return {
    ...(prompt?.trim() && { prompt: prompt.trim() }),
    ...(maxChars !== undefined && { maxChars }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
  };
}
