import { SPEECH_FORMATS, type SpeechFormat } from "../../core/capability.ts";
import { InferError } from "../../core/error.ts";
import { filledText } from "../../core/json.ts";
import type { Candidate } from "../../engine/candidates.ts";
import { JOINABLE } from "../../media/audio/join.ts";
import type { SpeechForm } from "../../protocols/speech-wire.ts";
import type { SpeechService } from "../../providers/types.ts";
import { longestFor, needsParts } from "./limit.ts";
import { isVoiceNoteChannel } from "./voice-note.ts";

/** What is told of the form in which the audio is wanted. */
export interface FormWish {
  /** `--format`. */
  format?: SpeechFormat | undefined;
  /** By what the file is to be called: nothing is lost when it is called otherwise. */
  likelyFormat?: SpeechFormat | undefined;
  channel?: string | undefined;
}

interface ChosenForm {
  /** `undefined`: the config asks for a form that only the vendor knows. */
  format: SpeechFormat | undefined;
  form: SpeechForm;
}

/** The forms in which a candidate can give all of a text. */
export function offeredFormats({ provider: { speech: service }, model }: Candidate, text: string): SpeechFormat[] {
  if (!service) return [];
  const isLong = needsParts(text, longestFor(service, model));
  return SPEECH_FORMATS.filter((one) => isUsable(service, one, isLong));
}

/** What was asked for by name, by the file's name, by the config, by the channel; what there is otherwise. */
export function formFor(
  { provider: { id, name }, model, speech }: Candidate,
  service: SpeechService,
  { format, likelyFormat, channel }: FormWish,
  text: string,
): ChosenForm {
  const isLong = needsParts(text, longestFor(service, model));
  const usable = (one: SpeechFormat | undefined): SpeechForm | undefined =>
    one !== undefined && isUsable(service, one, isLong) ? service.formats[one] : undefined;
  if (format !== undefined && !usable(format)) {
    throw notGiven(name, format, SPEECH_FORMATS.filter(usable), service.formats[format] !== undefined);
  }
  for (const one of [format, likelyFormat]) {
    const form = usable(one);
    if (form) return { format: one, form };
  }
  const setting = configuredFormat(speech?.options ?? {}, isVoiceNoteChannel(channel));
  const configured = setting && configuredForm(service.formats, setting.word);
  if (configured && configured.form.sampleRate === undefined && BARE.test(setting.word)) throw bareSound(id, setting);
  if (setting && configured && !configured.format && isOurs(setting.word)) throw notOffered(id, setting);
  if (configured && (configured.format ? usable(configured.format) : !isLong)) return configured;
  const opus = isVoiceNoteChannel(channel) ? usable("opus") : undefined;
  if (opus) return { format: "opus", form: opus };
  const other = [service.defaultFormat, ...SPEECH_FORMATS].find(usable);
  const form = usable(other);
  if (form) return { format: other, form };
  throw new InferError("usage", `The text is too long for ${name}: its audio cannot be joined.`);
}

function isUsable({ formats }: SpeechService, format: SpeechFormat, isLong: boolean): boolean {
  return formats[format] !== undefined && (!isLong || JOINABLE.has(format));
}

/** Before anything is spent: who names a form wants that one. */
function notGiven(name: string, format: SpeechFormat, given: readonly SpeechFormat[], isTooLong: boolean): InferError {
  const why = isTooLong ? ` for a text of this length: its parts could not be joined` : "";
  return new InferError("usage", `${name} gives no ${format}${why}.`, { hint: `Use --format ${given.join(" or ")}.` });
}

interface FormatSetting {
  name: string;
  word: string;
}

/** What the config says of the form: one of our names, or the vendor's own word. */
function configuredFormat(options: Readonly<Record<string, unknown>>, isVoiceNote: boolean): FormatSetting | undefined {
  const names = [...(isVoiceNote ? ["voiceNoteOutputFormat"] : []), "responseFormat", "outputFormat", "format"];
  return names.map((name) => ({ name, word: filledText(options[name]) ?? "" })).find(({ word }) => word !== "");
}

function configuredForm(formats: SpeechService["formats"], word: string): ChosenForm {
  const known = SPEECH_FORMATS.find((name) => name === word.toLowerCase() || formats[name]?.ask === word);
  const form = known && formats[known];
  if (form) return { format: known, form };
  const sampleRate = bareRate(word);
  return sampleRate === undefined
    ? { format: undefined, form: { ask: word } }
    : { format: "pcm", form: { ask: word, sampleRate } };
}

/** For telephones, without a header: ElevenLabs' `ulaw_8000`, Azure's `raw-8khz-8bit-mono-mulaw`, xAI's `mulaw`. */
const BARE = /^(?:u-?law|mu-?law|a-?law|raw|g722)(?:[-_]|$)/i;

/** Nothing in such sound tells what it is, so that no file can be made of it that anything plays. */
function bareSound(id: string, { name, word }: FormatSetting): InferError {
  return new InferError("usage", `${name} of ${id} is "${word}", which is sound without a header: no file plays it.`, {
    hint: `Leave ${name} out of the config, or use --format.`,
  });
}

function isOurs(word: string): boolean {
  return SPEECH_FORMATS.some((name) => name === word.toLowerCase());
}

function notOffered(id: string, { name, word }: FormatSetting): InferError {
  return new InferError("usage", `${name} of ${id} is "${word}", which it does not give.`, {
    hint: `Leave ${name} out of the config, or use --format.`,
  });
}

/** Of `pcm_16000` and `raw-16khz-16bit-mono-pcm`. */
function bareRate(word: string): number | undefined {
  const [, rate, kilo] = /^(?:pcm_(\d+)|raw-(\d+)khz-16bit-mono-pcm)$/i.exec(word) ?? [];
  return rate ? Number(rate) : kilo ? Number(kilo) * 1000 : undefined;
}
