import type { SpeechFormat } from "../../core/capability.ts";
import type { IgnoredOverride } from "../../core/envelope.ts";
import { filledText } from "../../core/json.ts";
import type { Candidate } from "../../engine/candidates.ts";
import type { SpeechForm, SpeechPersona } from "../../protocols/speech-wire.ts";
import type { SpeechService, TextLimit } from "../../providers/types.ts";
import { type FormWish, formFor } from "./form.ts";
import { longestFor } from "./limit.ts";

/** What the user asks for beside the text. */
export interface SpeechWish extends FormWish {
  voice?: string | undefined;
  /** 1 is normal. */
  speed?: number | undefined;
  instructions?: string | undefined;
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
  /** `--format`. */
  namedFormat: SpeechFormat | undefined;
  longest: TextLimit | undefined;
  ignored: IgnoredOverride[];
}

/** Throws `usage` for what cannot be had, before anything is sent. */
export function speechTerms(candidate: Candidate, wish: SpeechWish, text: string): SpeechTerms {
  const { provider, model, speech } = candidate;
  const service = provider.speech;
  if (!service) throw new Error(`${provider.id} has no speech`);
  const options = speech?.options ?? {};
  const ignored: IgnoredOverride[] = [];
  const { format, form } = formFor(candidate, service, wish, text);
  return {
    voice: wish.voice ?? configuredVoice(service, options) ?? defaultVoice(service, text),
    speed: speedFor(service, options, wish, ignored),
    instructions: wish.instructions ?? filledText(options.instructions),
    persona: speech?.persona,
    options,
    format,
    form,
    namedFormat: wish.format,
    longest: longestFor(service, model),
    ignored,
  };
}

function configuredVoice({ voiceOption }: SpeechService, options: SpeechTerms["options"]): string | undefined {
  return filledText(options.voice) ?? (voiceOption === undefined ? undefined : filledText(options[voiceOption]));
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
