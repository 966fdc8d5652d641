import { filledText, isRecord } from "../core/json.ts";
import { agentId } from "./agent.ts";
import type { LoadedConfig } from "./file.ts";
import type { PersonaBlock, TtsBlock } from "./schema.ts";

/** What the config says about speech, for the run's agent and its channel. */
export interface TtsSettings {
  /** As written, trimmed. */
  provider?: string;
  /** Where providers have their blocks, for messages: `messages.tts.providers`. */
  place: string;
  /** What one provider is told, by any of its names; older places of its block included. */
  of(names: readonly string[]): SpeechBlock | undefined;
  /** The id of the active one, as `personas` has it. There may be none of that id. */
  persona?: string;
  /** Sorted by id. */
  personas: readonly Persona[];
  /** Characters. */
  maxTextLength?: number;
  timeoutMs?: number;
  /** As written: the file that OpenClaw keeps the user's preferences in. */
  prefsPath?: string;
}

export interface SpeechBlock {
  /**
   * In OpenClaw's spelling, with one name for the voice, `voice`, and one for the model, `model`. `apiKey` and `headers`
   * may be references to secrets.
   */
  options: Record<string, unknown>;
  /** Where the block stands, for messages: `messages.tts.providers.openai`. Of several, the one that has the key. */
  path: string;
}

/** Somebody who speaks, whichever provider does. */
export interface Persona {
  /** In lower case, as the keys of `providers` are. */
  id: string;
  label?: string;
  description?: string;
  /** As written, trimmed. */
  provider?: string;
  /** What is done with a provider that the persona has no settings for. */
  fallbackPolicy: "preserve-persona" | "provider-defaults" | "fail";
  prompt?: NonNullable<PersonaBlock["prompt"]>;
  /** As `SpeechBlock.options`. */
  providers: Record<string, Record<string, unknown>>;
}

/** The common settings, over them the agent's, and over those the channel's, member by member as OpenClaw has it. */
export function ttsSettings(loaded: LoadedConfig, channel?: string): TtsSettings {
  const layers = layersOf(loaded, channel);
  const nearest = <Value>(read: (settings: TtsBlock) => Value | undefined): Value | undefined =>
    layers.map(({ settings }) => read(settings)).findLast((value) => value !== undefined);
  const provider = nearest((settings) => settings.provider?.trim() || undefined);
  // A blank one is how a nearer place has none.
  const persona = nearest((settings) => settings.persona && plain(settings.persona));
  const maxTextLength = nearest((settings) => settings.maxTextLength);
  const timeoutMs = nearest((settings) => settings.timeoutMs);
  const prefsPath = nearest((settings) => settings.prefsPath?.trim() || undefined);
  return {
    ...(provider && { provider }),
    place: `${placeOf(loaded)}.providers`,
    of: (names) => blockOf(layers, names),
    ...(persona && { persona }),
    personas: personasOf(layers),
    ...(maxTextLength !== undefined && { maxTextLength }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(prefsPath && { prefsPath }),
  };
}

interface Layer {
  settings: TtsBlock;
  place: string;
}

/** September's place counts alone when it is there: OpenClaw moves all of May's to it. */
function placeOf({ config }: LoadedConfig): "tts" | "messages.tts" {
  return config.tts ? "tts" : "messages.tts";
}

/** The nearest last. */
function layersOf(loaded: LoadedConfig, channel: string | undefined): Layer[] {
  const { config, agent } = loaded;
  const agents = config.agents?.list ?? [];
  const at = agents.findIndex(({ id }) => agentId(id) === agent.id);
  const channels = config.channels ?? {};
  const wanted = channel?.trim() ?? "";
  const name = Object.hasOwn(channels, wanted) ? wanted : keyOf(channels, wanted);
  const layers = [
    { settings: config.tts ?? config.messages?.tts, place: placeOf(loaded) },
    { settings: agents[at]?.tts, place: `agents.list.${at}.tts` },
    { settings: name === undefined ? undefined : channels[name]?.tts, place: `channels.${name}.tts` },
  ];
  return layers.flatMap(({ settings, place }) => (settings ? [{ settings, place }] : []));
}

function blockOf(layers: readonly Layer[], names: readonly string[]): SpeechBlock | undefined {
  const found = layers.flatMap((layer) => blockIn(layer, names) ?? []);
  // Most messages are about the key.
  const shown = found.findLast(({ options }) => options.apiKey !== undefined) ?? found[0];
  if (!shown) return undefined;
  const options = found.reduce<Options>((base, block) => merged(base, block.options), {});
  return { options: withoutNull(options), path: shown.path };
}

/** A provider's block of one layer: under its own name before its other ones, among `providers` before beside them. */
function blockIn({ settings, place }: Layer, names: readonly string[]): SpeechBlock | undefined {
  const { providers = {}, personas: _, modelOverrides: __, ...beside } = settings;
  const holders: [Options, string][] = [
    [providers, `${place}.providers`],
    [beside, place],
  ];
  for (const name of names) {
    for (const [blocks, path] of holders) {
      const key = keyOf(blocks, name);
      const block = key === undefined ? undefined : blocks[key];
      if (isRecord(block)) return { options: inOneSpelling(block), path: `${path}.${key}` };
    }
  }
  return undefined;
}

function personasOf(layers: readonly Layer[]): Persona[] {
  const found = new Map<string, PersonaBlock>();
  for (const { settings } of layers) {
    for (const [name, block] of Object.entries(settings.personas ?? {})) {
      const id = plain(name);
      const providers = Object.entries(block.providers ?? {}).map(([key, options]) => [
        plain(key),
        inOneSpelling(options),
      ]);
      if (id) found.set(id, merged(found.get(id) ?? {}, { ...block, providers: Object.fromEntries(providers) }));
    }
  }
  return [...found].map(([id, block]) => toPersona(id, block)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function toPersona(
  id: string,
  { label, description, provider, fallbackPolicy, prompt, providers }: PersonaBlock,
): Persona {
  const vendor = provider?.trim();
  const bindings = Object.entries(providers ?? {}).map(([name, options]) => [name, withoutNull(options)]);
  return {
    id,
    ...(label !== undefined && { label }),
    ...(description !== undefined && { description }),
    ...(vendor && { provider: vendor }),
    fallbackPolicy: fallbackPolicy ?? "preserve-persona",
    ...(prompt && { prompt }),
    providers: Object.fromEntries(bindings),
  };
}

type Options = Record<string, unknown>;

/** Vendors that go by ids take no name, and those that go by names have no id: where both stand, the id is meant. */
const VOICE = ["speakerVoiceId", "voiceId", "speakerVoice", "voice", "voiceName"];
const MODEL = ["modelId", "model"];

/** Of OpenClaw's names for the same thing one is kept, so that a nearer place wins whichever name it uses. */
function inOneSpelling(block: Options): Options {
  const others = Object.entries(block).filter(([name]) => !VOICE.includes(name) && !MODEL.includes(name));
  return Object.fromEntries([...others, ...named("voice", block, VOICE), ...named("model", block, MODEL)]);
}

/** A blank one stands for none, and hides what a farther place says. */
function named(kept: string, block: Options, spellings: readonly string[]): [string, string | null][] {
  const written = spellings.map((spelling) => block[spelling]).filter((value) => value !== undefined);
  const words = written.flatMap((value) => filledText(value) ?? []);
  return written.length === 0 ? [] : [[kept, words[0] ?? null]];
}

/** `over` laid upon `base`, deep down; of the same shape as they are. */
function merged<Shape extends object>(base: Shape, over: Shape): Shape {
  return mergedValue(base, over) as Shape;
}

function mergedValue(base: unknown, over: unknown): unknown {
  if (!isRecord(over)) return over;
  // Of a reference to a secret, no part goes with another one.
  const isWhole = "source" in over && "id" in over;
  const below = isRecord(base) && !isWhole ? base : {};
  const members = Object.entries(over).filter(([name]) => !UNSAFE.includes(name));
  return { ...below, ...Object.fromEntries(members.map(([name, value]) => [name, mergedValue(below[name], value)])) };
}

/** Names that would reach what every object has. */
const UNSAFE = ["__proto__", "prototype", "constructor"];

function withoutNull(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}

/** A name in a map as it stands there, in whatever case. */
function keyOf(entries: object, name: string): string | undefined {
  return Object.keys(entries).find((key) => plain(key) === plain(name));
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}
