import type { SpeechFormat } from "../../core/capability.ts";
import { SPEECH_FORMATS } from "../../core/capability.ts";
import type { IgnoredOverride } from "../../core/envelope.ts";
import { InferError } from "../../core/error.ts";
import type { Candidate } from "../../engine/candidates.ts";
import type { KnownProvider } from "../../engine/directory.ts";
import { JOINABLE } from "../../media/audio/join.ts";
import type { SpeechForm, SpeechPersona } from "../../protocols/speech-wire.ts";
import type { SpeechService, TextLimit } from "../../providers/types.ts";

/** What the user asks for beside the text. */
export interface SpeechWish {
  voice?: string | undefined;
  /** 1 is normal. */
  speed?: number | undefined;
  instructions?: string | undefined;
  /** `--format`. */
  format?: SpeechFormat | undefined;
  /** By what the file is to be called: nothing is lost when it is called otherwise. */
  likelyFormat?: SpeechFormat | undefined;
  channel?: string | undefined;
}

/** What one candidate is asked for, every text alike. */
export interface SpeechTerms {
  voice: string | undefined;
  speed: number | undefined;
  instructions: string | undefined;
  persona: SpeechPersona | undefined;
  options: Readonly<Record<string, unknown>>;
  /** `undefined`: the config asks for a form that only the vendor knows. */
  format: SpeechFormat | undefined;
  form: SpeechForm;
  longest: TextLimit | undefined;
  ignored: IgnoredOverride[];
}

/** Channels where OpenClaw sends speech as a voice message, which is Opus. */
const VOICE_NOTE_CHANNELS: ReadonlySet<string> = new Set(["discord", "feishu", "matrix", "telegram", "whatsapp"]);

/** `isLong`: the text needs more than one request, so that the form must be one that can be joined. */
export function speechTerms({ provider, model, speech }: Candidate, wish: SpeechWish, text: string): SpeechTerms {
  const service = provider.speech;
  if (!service) throw new Error(`${provider.id} has no speech`);
  const special = service.modelLimits?.find((one) => one.model.test(model ?? ""));
  const formats = special?.formats ?? service.formats;
  const longest = special?.longest ?? service.longest;
  const options = speech?.options ?? {};
  const ignored: IgnoredOverride[] = [];
  const isLong = longest !== undefined && lengthOf(text, longest) > limitOf(longest);
  const { format, form } = formFor(provider, formats, options, wish, isLong);
  return {
    voice: wish.voice ?? textOf(options.voice) ?? defaultVoice(service, text),
    speed: speedFor(service, options, wish, ignored),
    instructions: wish.instructions ?? textOf(options.instructions),
    persona: speech?.persona,
    options,
    format,
    form,
    longest,
    ignored,
  };
}

/** As OpenClaw computes it: whether the channel's app plays the file as a voice message. */
export function isVoiceCompatible({ voiceNote }: SpeechService, format: string, channel: string | undefined): boolean {
  const isPlayed = voiceNote?.formats.some((one) => one === format) ?? false;
  return isPlayed && (voiceNote?.always === true || isVoiceNoteChannel(channel));
}

function isVoiceNoteChannel(channel: string | undefined): boolean {
  return VOICE_NOTE_CHANNELS.has(channel?.trim().toLowerCase() ?? "");
}

/** What was asked for by name, by the file's name, by the config, by the channel; what there is otherwise. */
function formFor(
  { name, speech: service }: KnownProvider,
  formats: SpeechService["formats"],
  options: Readonly<Record<string, unknown>>,
  { format, likelyFormat, channel }: SpeechWish,
  isLong: boolean,
): { format: SpeechFormat | undefined; form: SpeechForm } {
  const usable = (one: SpeechFormat | undefined): SpeechForm | undefined =>
    one === undefined || (isLong && !JOINABLE.has(one)) ? undefined : formats[one];
  if (format !== undefined && !usable(format)) throw notGiven(name, format, SPEECH_FORMATS.filter(usable), isLong);
  for (const one of [format, likelyFormat]) {
    const form = usable(one);
    if (form) return { format: one, form };
  }
  const configured = configuredForm(formats, options, isVoiceNoteChannel(channel));
  if (configured && (configured.format ? usable(configured.format) : !isLong)) return configured;
  const opus = isVoiceNoteChannel(channel) ? usable("opus") : undefined;
  if (opus) return { format: "opus", form: opus };
  const other = [service?.defaultFormat, ...SPEECH_FORMATS].find(usable);
  const form = usable(other);
  if (form) return { format: other, form };
  throw new InferError("usage", `The text is too long for ${name}: its audio cannot be joined.`);
}

/** Before anything is spent: who names a form wants that one. */
function notGiven(name: string, format: SpeechFormat, given: readonly SpeechFormat[], isLong: boolean): InferError {
  const why = isLong ? ` for a text of this length: its parts could not be joined` : "";
  return new InferError("usage", `${name} gives no ${format}${why}.`, { hint: `Use --format ${given.join(" or ")}.` });
}

/** `responseFormat`, `outputFormat` and `format` of the config: one of our names, or the vendor's own word. */
function configuredForm(
  formats: SpeechService["formats"],
  options: Readonly<Record<string, unknown>>,
  isVoiceNote: boolean,
): { format: SpeechFormat | undefined; form: SpeechForm } | undefined {
  const names = ["responseFormat", "outputFormat", "format"].map((name) => options[name]);
  const word = textOf(isVoiceNote ? options.voiceNoteOutputFormat : undefined) ?? names.map(textOf).find(Boolean);
  if (word === undefined) return undefined;
  const known = SPEECH_FORMATS.find((name) => name === word.toLowerCase() || formats[name]?.ask === word);
  const form = known && formats[known];
  if (form) return { format: known, form };
  const sampleRate = bareRate(word);
  return sampleRate === undefined
    ? { format: undefined, form: { ask: word } }
    : { format: "pcm", form: { ask: word, sampleRate } };
}

/** Of `pcm_16000` and `raw-16khz-16bit-mono-pcm`. */
function bareRate(word: string): number | undefined {
  const [, rate, kilo] = /^(?:pcm_(\d+)|raw-(\d+)khz-16bit-mono-pcm)$/i.exec(word) ?? [];
  return rate ? Number(rate) : kilo ? Number(kilo) * 1000 : undefined;
}

function speedFor(
  { speed: range }: SpeechService,
  options: Readonly<Record<string, unknown>>,
  wish: SpeechWish,
  ignored: IgnoredOverride[],
): number | undefined {
  const speed = wish.speed ?? (typeof options.speed === "number" ? options.speed : undefined);
  if (speed === undefined) return undefined;
  const fits = range !== undefined && speed >= range.min && speed <= range.max;
  if (fits) return speed;
  if (wish.speed !== undefined) ignored.push({ key: "speed", value: wish.speed });
  return undefined;
}

/** Once for all of the text: its parts are spoken by one. */
function defaultVoice({ defaultVoice: usual, chineseVoice }: SpeechService, text: string): string | undefined {
  return chineseVoice !== undefined && isMostlyChinese(text) ? chineseVoice : usual;
}

/** OpenClaw's rule. */
function isMostlyChinese(text: string): boolean {
  const characters = text.replace(/\s+/g, "");
  const chinese = characters.match(/[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]/g)?.length ?? 0;
  return chinese / characters.length > 0.3;
}

export function limitOf(limit: TextLimit): number {
  return "bytes" in limit ? limit.bytes : limit.characters;
}

export function lengthOf(text: string, limit: TextLimit): number {
  return "bytes" in limit ? Buffer.byteLength(text) : text.length;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() ? value.trim() : undefined;
}
