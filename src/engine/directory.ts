import { comfySetup } from "../config/comfy.ts";
import type { LoadedConfig } from "../config/file.ts";
import type { ConfiguredModel, ConfiguredRequest, SecretValue } from "../config/schema.ts";
import { InferError } from "../core/error.ts";
import { IMAGE_PROVIDERS, IMAGE_SERVICES } from "../providers/images.ts";
import { COMPATIBLE_SPEECH, SPEECH_PROVIDERS, SPEECH_SERVICES } from "../providers/speech.ts";
import { PROVIDERS } from "../providers/table.ts";
import {
  COMPATIBLE_TRANSCRIPTION,
  TRANSCRIPTION_PROVIDERS,
  TRANSCRIPTION_SERVICES,
} from "../providers/transcription.ts";
import type { Provider, VisionService } from "../providers/types.ts";
import { VISION_SERVICES } from "../providers/vision.ts";
import { configure } from "./configured.ts";
import type { PlacedEntry } from "./media-choice.ts";

/** A provider as this user has it: its row, and what the config and the environment say about it. */
export interface KnownProvider extends Provider {
  /** The row that this one is another address of. */
  variantOf?: string;
  /** `models.providers.<id>` as the config has it, for messages; `undefined` when it says nothing. */
  configPath?: string;
  /** The file of that config. */
  configFile?: string;
  /** The config's own key, and its path there. */
  apiKey?: { value: SecretValue; place: string };
  /** The saved credential that the config names; no other one counts then. */
  profile?: string;
  /** What is saved under its name is for something else. */
  unsaved?: true;
  /** The config's own headers, each with its path there. */
  customHeaders?: Readonly<Record<string, { value: SecretValue; place: string }>>;
  /** The config's own proxy and certificates. */
  request?: Pick<ConfiguredRequest, "proxy" | "tls">;
  models: readonly ConfiguredModel[];
  /** `baseUrl` is the config's: it stands for every wire and every setting. */
  hasOwnBaseUrl?: true;
  /** `baseUrl` is not the row's own, so that no other address of the row stands for it. */
  isMoved?: true;
  /** The parts of the base URL that the config and the environment tell. */
  settingValues?: Readonly<Record<string, string>>;
  /** The entry of `tools.media` that chose it. */
  mediaEntry?: PlacedEntry;
  /** `models.providers.<id>.params`: the vendor's own settings. */
  params?: Readonly<Record<string, unknown>>;
  /** The config's strings that still wait for a variable, see `unsetVariable`. */
  unset?: LoadedConfig["unset"];
  /** What is wrong with its config; said once the provider is chosen. */
  problem?: InferError;
}

/** Another address of a vendor counts once the config names it: the key alone does not tell which one it is for. */
export function isOfUse({ variantOf, configPath }: KnownProvider): boolean {
  return variantOf === undefined || configPath !== undefined;
}

/** The names under which something may be kept for it: its own, and the vendor's whose other address it is. */
export function namesOf({ id, aliases = [], variantOf }: KnownProvider): string[] {
  return [id, ...aliases, ...(variantOf ? [variantOf] : [])];
}

/** Every provider infer can reach: the rows, redirected by the config, then the ones that only the config knows. */
export function knownProviders(loaded: LoadedConfig): KnownProvider[] {
  const known = rows();
  const own = configuredNames(loaded).filter((name) => !findProvider(known, name));
  return [...known.map((row) => asConfigured(row, loaded)), ...own.map((name) => onlyConfigured(name, loaded))];
}

/** One of them by its id or an alias; the others are not looked at, which a run of one model has no time for. */
export function knownProvider(loaded: LoadedConfig, name: string): KnownProvider | undefined {
  const row = findRow(name);
  if (row) return asConfigured(row, loaded);
  const own = configuredNames(loaded).find((one) => one.toLowerCase() === name.toLowerCase());
  return own === undefined ? undefined : onlyConfigured(own, loaded);
}

/** The same where speech is meant: some names are another provider's where text is. */
export function speakingProvider(loaded: LoadedConfig, name: string): KnownProvider | undefined {
  const provider = knownProvider(loaded, name);
  if (provider?.speech) return provider;
  const id = name.toLowerCase();
  return knownProviders(loaded).find(({ speech }) => speech?.alsoNamed?.includes(id)) ?? provider;
}

function configuredNames({ config }: LoadedConfig): string[] {
  return Object.keys(config.models?.providers ?? {});
}

/** A row as the config, under whichever of its names, and the environment redirect it. */
function asConfigured(row: KnownProvider, loaded: LoadedConfig): KnownProvider {
  const { config, env, unset } = loaded;
  const names = configuredNames(loaded).filter((name) => isNamed(row, name));
  const merged = names.reduce((before, name) => configure(before, name, loaded), row);
  const provider = { ...merged, ...comfySetup(merged, loaded), unset };
  const params = names.map((name) => {
    const { region, params: own } = config.models?.providers?.[name] ?? {};
    return { ...(region !== undefined && { region }), ...own };
  });
  return withVision(withEnvironment(provider, env, params));
}

function onlyConfigured(name: string, loaded: LoadedConfig): KnownProvider {
  const { unset } = loaded;
  return withVision(withAudio({ ...addressed(configure(unknownProvider(name), name, loaded)), unset }));
}

/** A server that speaks OpenAI's wire for text mostly has the ones for audio as well, with models of its own. */
function withAudio(provider: KnownProvider): KnownProvider {
  const { protocol } = provider.text ?? {};
  if (protocol !== "openai-chat" && protocol !== "openai-responses") return provider;
  return { ...provider, speech: COMPATIBLE_SPEECH, transcription: COMPATIBLE_TRANSCRIPTION };
}

const THROUGH_TEXT: VisionService = { protocol: "text" };

/** A picture can be shown to whoever gives text; whether its model sees is the model's affair. */
function withVision(provider: KnownProvider): KnownProvider {
  const vision =
    provider.vision ?? VISION_SERVICES[provider.variantOf ?? provider.id] ?? (provider.text && THROUGH_TEXT);
  return vision ? { ...provider, vision } : provider;
}

const MAIN = [...PROVIDERS, ...IMAGE_PROVIDERS, ...SPEECH_PROVIDERS, ...TRANSCRIPTION_PROVIDERS];

/** The table, with each variant as a provider of its own. They come last: none is ever chosen by its key alone. */
function rows(): KnownProvider[] {
  return [...MAIN.map(asRow), ...MAIN.flatMap(variantsOf)];
}

/** The same as `findProvider(rows(), name)`, without making all of them. */
function findRow(name: string): KnownProvider | undefined {
  const row = MAIN.find(({ id }) => id === name.toLowerCase());
  if (row) return asRow(row);
  const variants = MAIN.flatMap((one) => (one.variants ? variantsOf(one) : []));
  const alias = MAIN.find((one) => isNamed(one, name));
  return findProvider(variants, name) ?? (alias && asRow(alias));
}

function asRow(row: Provider): KnownProvider {
  const image = row.image ?? IMAGE_SERVICES[row.id];
  const speech = SPEECH_SERVICES[row.id];
  const transcription = TRANSCRIPTION_SERVICES[row.id];
  return {
    ...row,
    ...(image && { image }),
    ...(speech && { speech }),
    ...(transcription && { transcription }),
    models: [],
  };
}

function variantsOf(provider: Provider): KnownProvider[] {
  const { variants = {}, aliases: names = [], hostEnv: _, ...row } = asRow(provider);
  return Object.entries(variants).map(([name, baseUrl]) => ({
    ...row,
    id: `${row.id}-${name}`,
    name: `${row.name} (${name})`,
    aliases: names.map((alias) => `${alias}-${name}`),
    baseUrl,
    variantOf: row.id,
    isMoved: true,
  }));
}

function isNamed({ id, aliases }: Provider, name: string): boolean {
  return id === name.toLowerCase() || (aliases?.includes(name.toLowerCase()) ?? false);
}

export function findProvider(providers: readonly KnownProvider[], name: string): KnownProvider | undefined {
  const id = name.toLowerCase();
  return (
    providers.find((provider) => provider.id.toLowerCase() === id) ??
    providers.find((provider) => provider.aliases?.includes(id))
  );
}

/** A provider of which no more than the name is known. */
export function unknownProvider(name: string): KnownProvider {
  return { id: name, name, env: [], baseUrl: "", models: [] };
}

function withEnvironment(
  provider: KnownProvider,
  env: LoadedConfig["env"],
  params: readonly (Readonly<Record<string, unknown>> | undefined)[],
): KnownProvider {
  const settingValues = Object.entries(provider.settings ?? {}).flatMap(([name, setting]) => {
    const configured = params.map((entry) => plainText(entry?.[name])).find(Boolean);
    const value = configured ?? setting.env.map((variable) => plainText(env[variable])).find(Boolean);
    return value ? [[name, value] as const] : [];
  });
  const hosts = provider.hasOwnBaseUrl ? [] : (provider.hostEnv ?? []);
  const host = hosts.map((variable) => plainText(env[variable])).find(Boolean);
  return {
    ...provider,
    ...(settingValues.length > 0 && { settingValues: Object.fromEntries(settingValues) }),
    ...(host && moved(provider, host)),
  };
}

function plainText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
}

/** One that only the config knows has no address but the config's. */
function addressed(provider: KnownProvider): KnownProvider {
  const { baseUrl, problem, models, configPath } = provider;
  if (problem || baseUrl !== "" || models.some((model) => model.baseUrl)) return provider;
  return { ...provider, problem: new InferError("usage", `${configPath}.baseUrl is missing.`) };
}

function moved(provider: KnownProvider, host: string): Partial<KnownProvider> {
  const baseUrl = onHost(provider.baseUrl, host);
  if (baseUrl !== null) return { baseUrl, isMoved: true };
  const names = provider.hostEnv?.join(" or ");
  const hint = "Write it as host, host:port or http://host:port.";
  return { problem: new InferError("usage", `${names} names no host that can be reached.`, { hint }) };
}

/**
 * `MINIMAX_API_HOST=https://api.minimaxi.com`, `OLLAMA_HOST=box:11500`: another host for the same path. `null` for what
 * is no host: the prompt must not go to another one than the user meant.
 */
function onHost(baseUrl: string, host: string): string | null {
  const base = new URL(baseUrl);
  const parts = /^(?:(https?):\/\/)?(\[[\da-f:.]+\]|[\w.-]*)(?::(\d{1,5}))?(?:[/?#].*)?$/i.exec(host);
  if (!parts) return null;
  const [, scheme, name = "", port = ""] = parts;
  if (Number(port) > 65_535 || (name === "" && port === "")) return null;
  if (scheme !== undefined) base.protocol = scheme;
  // A server's own variable says where it listens: everywhere is here as well.
  if (name !== "") base.hostname = name === "0.0.0.0" || name === "[::]" ? "127.0.0.1" : name;
  // A scheme's own port is none in a URL, and so it must be written, not left.
  if (port !== "" || scheme !== undefined) base.port = port;
  return base.href.replace(/\/$/, "");
}
