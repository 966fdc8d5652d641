import type { SpeechFormat } from "../core/capability.ts";
import type { ImageLimits, ImageQuirks } from "../protocols/image-wire.ts";
import type {
  ImageProtocolId,
  SpeechProtocolId,
  TextProtocolId,
  TranscriptionProtocolId,
  VoiceListId,
} from "../protocols/index.ts";
import type { SpeechForm, SpeechQuirks, SpeechVoice } from "../protocols/speech-wire.ts";
import type { TranscriptionQuirks } from "../protocols/transcription-wire.ts";
import type { TextQuirks } from "../protocols/wire.ts";

/** How a key is put on a request. The first form whose `keys` the key matches is used. */
export interface AuthForm {
  /** When it has a group, that is what is sent of the key. */
  keys?: RegExp;
  /** Only for requests to these hosts. */
  hosts?: RegExp;
  /** Only for requests to these paths: a gateway takes its key as the wire does that it passes on. */
  paths?: RegExp;
  header: string;
  /** Before the key, with its space. */
  prefix?: string;
  /** Headers that go with this form. */
  also?: Readonly<Record<string, string>>;
}

/** One thing that a provider can do, and the wire it is done over. */
interface Service<Protocol extends string> {
  protocol: Protocol;
  /** Used when the provider is chosen without a model. */
  defaultModel?: string;
  /** All the models there are; without it the vendor decides. */
  models?: readonly string[];
}

/** Another wire for some models of a provider. */
export interface WireByModel {
  /** Matched against the model's id as the vendor knows it. */
  model: RegExp;
  protocol: TextProtocolId;
  /** In place of the row's own base URL; a configured one still wins. */
  baseUrl?: string;
  quirks?: TextQuirks;
}

export interface TextService extends Service<TextProtocolId | ProcessProtocolId> {
  quirks?: TextQuirks;
  /** The wires of models that are not on `protocol`; the first whose pattern matches counts. */
  wires?: readonly WireByModel[];
  /** Put before a model id that has no `/` in it. */
  bareModelPrefix?: string;
  /** Model ids that the vendor knows by another name now, and short names of its own. */
  modelAliases?: Readonly<Record<string, string>>;
  /** Ids that are written otherwise than the vendor does, after the aliases: the first pattern that matches is replaced. */
  modelRewrites?: readonly { id: RegExp; by: string }[];
}

export interface ImageService extends Service<ImageProtocolId> {
  /** OpenClaw's name for it, where that is another than the row's. */
  label?: string;
  /** The models that the inventories name; any other is sent as it is. */
  knownModels?: readonly string[];
  quirks?: ImageQuirks;
  limits: ImageLimits;
  /** Where single models differ; the first whose pattern matches counts. */
  modelLimits?: readonly { model: RegExp; limits: Partial<ImageLimits> }[];
  /** In place of the row's own base URL; a configured one still wins. */
  baseUrl?: string;
  /** Milliseconds, where pictures take longer than the verb's own deadline. */
  timeoutMs?: number;
}

/** Pictures described in words. */
export interface VisionService extends Service<VisionProtocolId> {
  /** Models that are not asked as they are for text; the first whose pattern matches counts. */
  wires?: readonly VisionWire[];
}

interface VisionWire {
  model: RegExp;
  protocol: VisionProtocolId;
  /** In place of the row's own base URL; a configured one still wins. */
  baseUrl?: string;
  /** MIME types that are sent as they are; without it, the ones that everybody takes. */
  types?: readonly string[];
}

/** `text`: over the provider's wire for text, with the picture beside the question. */
export type VisionProtocolId = "text" | "minimax-vlm" | "local-tesseract";

/** Where a service departs from its provider's row: what stands here takes the row's place for this service. */
export interface ServiceOverride {
  /** Another product of the vendor, with keys of its own: the provider's are none for it, at the service's own address. */
  ownKeys?: true;
  env?: readonly string[];
  auth?: readonly AuthForm[];
  headers?: Readonly<Record<string, string>>;
  /** In place of the row's own base URL; a configured one still wins. */
  baseUrl?: string;
  /** Variables that hold another base URL, the first that is set wins; a configured one comes before them. */
  baseUrlEnv?: readonly string[];
}

/** Text spoken. */
export interface SpeechService
  extends Service<SpeechProtocolId | "edge-read-aloud" | "speech-program" | "local-flite">,
    ServiceOverride {
  /** OpenClaw's name for the provider, where that is another than the row's. */
  label?: string;
  /** Other ids that it goes by where speech is meant, and another provider where text is. */
  alsoNamed?: readonly string[];
  /** The vendor's API has no models: a voice is all there is to choose. `unless-named`: where nobody names one. */
  withoutModel?: "always" | "unless-named";
  /** The models that the inventories name; any other is sent as it is. */
  knownModels?: readonly string[];
  quirks?: SpeechQuirks;
  /** What the vendor calls a voice, and so may the config. */
  voiceOption?: string;
  /** Used when nobody names one. */
  defaultVoice?: string;
  /** The same for text that is mostly Chinese, where the usual voice would be silent. */
  chineseVoice?: string;
  /** The voices that are known without asking; any other is sent as it is. */
  voices?: readonly SpeechVoice[];
  /** How the vendor is asked for the voices that there are. */
  voiceList?: VoiceListId;
  /** What can be asked for. */
  formats: Readonly<Partial<Record<SpeechFormat, SpeechForm>>>;
  /** Asked for when nothing else is wanted. */
  defaultFormat: SpeechFormat;
  /** The longest text of one request; without one the vendor names none. */
  longest?: TextLimit;
  /** Where single models differ; the first whose pattern matches counts. */
  modelLimits?: readonly { model: RegExp; longest: TextLimit }[];
  /** The rates that can be asked for; without it, none can. */
  speed?: { min: number; max: number };
  /** The formats that chat apps play as a voice message; `always`: also for a channel that has none. OpenClaw's rule. */
  voiceNote?: { formats: readonly SpeechFormat[]; always?: true };
  /** Settings of OpenClaw's that variables give, when the config does not: `{voice: ["MINIMAX_TTS_VOICE_ID"]}`. */
  optionEnv?: Readonly<Record<string, readonly string[]>>;
  /** The setting that holds the key where `apiKey` does not. */
  keyOption?: string;
}

/** `characters` as JavaScript counts them (UTF-16 units), or `bytes` of UTF-8. */
export type TextLimit = { characters: number } | { bytes: number };

/** Recordings written down. */
export interface TranscriptionService
  extends Service<TranscriptionProtocolId | "transcription-program">,
    ServiceOverride {
  /** The models that the inventories name; any other is sent as it is. */
  knownModels?: readonly string[];
  quirks?: TranscriptionQuirks;
  /** Bytes of the largest file. */
  maxBytes?: number;
  /** Extensions of what is taken, by content; without it, whatever is sound or a video with sound. */
  takes?: readonly string[];
  /** Models that tell times; without it, none does. */
  timed?: RegExp;
  /** Asked in place of the default model where times are needed. */
  timedModel?: string;
  /** Nobody knows whether it tells times: it is asked for them only where they are needed. */
  timesOnRequest?: true;
}

/** Text through a program of the user's own instead of HTTP. */
export type ProcessProtocolId = "codex-app-server";

/**
 * How a credential that is more than one key in a header is had: from files, by an exchange, or by signing. Without one
 * the key itself is sent, in the row's `auth` forms. See `src/auth/`.
 */
export type SchemeId =
  | "aws-sigv4"
  | "aws-bearer"
  | "github-copilot"
  | "google-adc"
  | "google-gemini-cli"
  | "openai-codex";

/** A part of the base URL that is the user's own: `{region}`, `{project}`. */
export interface Setting {
  /** What it is, for messages: `AWS region`. */
  name: string;
  /** Environment variables, the first that is set wins; `models.providers.<id>.params.<setting>` comes before them. */
  env: readonly string[];
  default?: string;
  /** Where a model id tells it itself: the pattern's first group. It comes before everything else. */
  fromModel?: RegExp;
  /** Base URLs of values that do not fit into the pattern of the others: `{ global: "https://…" }`. */
  baseUrls?: Readonly<Record<string, string>>;
}

/** How to log in without pasting a key, where the vendor documents it for other people's tools. */
export type LoginId = "openrouter-pkce";

/** How an expired OAuth token is renewed. */
export interface OAuthClient {
  tokenUrl: string;
  clientId: string;
}

/**
 * One vendor, as data. A vendor that speaks a wire which exists already needs no more than this row; there is no
 * control flow in this room.
 */
export interface Provider {
  /** OpenClaw's spelling. */
  id: string;
  name: string;
  aliases?: readonly string[];
  /** Environment variables that may hold the key, the first that is set wins. */
  env: readonly string[];
  /**
   * Variables that hold a credential which is mostly meant for something else, as GITHUB_TOKEN is in CI: they count once
   * the provider is named, and never choose it.
   */
  ambientEnv?: readonly string[];
  /** A value of the variables that means "no key": it says that the server is there. */
  placeholder?: string;
  /** `{name}` in it is filled in from `settings`. */
  baseUrl: string;
  /** Put behind a configured address that has no version in it: `/v1beta`. */
  version?: string;
  /** Other addresses of the same vendor, by region or plan: `cn` of `moonshot` is the provider `moonshot-cn`. */
  variants?: Readonly<Record<string, string>>;
  /** Variables that name another host: `MINIMAX_API_HOST`, `OLLAMA_HOST`; the first that is set wins, its path does not count. */
  hostEnv?: readonly string[];
  settings?: Readonly<Record<string, Setting>>;
  /** Default: `Authorization: Bearer <key>`. */
  auth?: readonly AuthForm[];
  scheme?: SchemeId;
  login?: LoginId;
  /** The provider that a subscription's login goes to, when there is no key. */
  loginProvider?: string;
  oauth?: OAuthClient;
  /** Works without a key: servers on the user's own machine. */
  keyless?: true;
  /** One short request finds out whether it is there, when nothing else is set up. */
  probe?: true;
  /** What a server has to be told before a model is asked. */
  prepare?: "lmstudio-load";
  /** The command that starts it, for a server on the user's own machine. */
  start?: string;
  /** The engines of `src/local/`: there without being set up. */
  embedded?: true;
  headers?: Readonly<Record<string, string>>;
  /** Headers that carry a second credential, when its variable is set. */
  headersFromEnv?: Readonly<Record<string, { env: string; prefix?: string }>>;
  text?: TextService;
  image?: ImageService;
  vision?: VisionService;
  embedding?: Service<"local-use-lite">;
  speech?: SpeechService;
  transcription?: TranscriptionService;
}
