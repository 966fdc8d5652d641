/**
 * Flag fragments that the capability table is made of. A flag is declared once, here or in its row; the parser,
 * validation, help, `inspect` and the input types all read the declaration.
 */
interface FlagBase {
  /** Long name without the dashes. */
  name: string;
  summary: string;
  required?: true;
}

/**
 * Any text. `stdin: true`: `-` reads stdin, and so does leaving a required one out when fd 0 is a pipe or a file.
 * `stdin: "bytes"`: `-` means stdin as a file, for whoever opens it.
 */
export interface TextFlag extends FlagBase {
  kind: "text";
  value: string;
  repeat?: true;
  stdin?: true | "bytes";
  /** Blank text is a usage error. */
  filled?: true;
  /** What the text must look like, and an example of it for the message. */
  form?: { pattern: RegExp; example: string };
}

export interface NumberFlag extends FlagBase {
  kind: "number";
  value: string;
  integer?: true;
  min: number;
  max: number;
}

export interface ChoiceFlag extends FlagBase {
  kind: "choice";
  value: string;
  choices: readonly string[];
}

interface SwitchFlag extends FlagBase {
  kind: "switch";
}

export type Flag = TextFlag | NumberFlag | ChoiceFlag | SwitchFlag;

/** The type of a verb's input, read off its flags: `--max-tokens` becomes `maxTokens`. */
export type InputOf<F extends readonly Flag[]> = {
  [One in F[number] as Camel<One["name"]>]: One extends { required: true } ? ValueOf<One> : Absent<One>;
};

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;
type ValueOf<F extends Flag> = F extends { kind: "switch" }
  ? boolean
  : F extends { kind: "number" }
    ? number
    : F extends { kind: "choice"; choices: readonly (infer Choice)[] }
      ? Choice
      : F extends { repeat: true }
        ? string[]
        : string;
type Absent<F extends Flag> = F extends { kind: "switch" } | { repeat: true } ? ValueOf<F> : ValueOf<F> | undefined;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Accepted by every verb, before or after the command. */
export const GLOBAL_FLAGS = [
  { kind: "switch", name: "json", summary: "Print exactly one JSON document" },
  {
    kind: "number",
    name: "timeout-ms",
    value: "<ms>",
    integer: true,
    min: 1,
    max: DAY,
    summary: "Deadline for the whole command, answer included",
  },
  { kind: "switch", name: "quiet", summary: "No progress and no warnings on stderr" },
  { kind: "switch", name: "verbose", summary: "Say on stderr which backend was chosen, and how long it took" },
  {
    kind: "text",
    name: "config",
    value: "<path>",
    filled: true,
    summary: "Config file to use (infer doctor names the one in force)",
  },
  { kind: "text", name: "agent", value: "<id>", filled: true, summary: "Agent whose settings and credentials apply" },
  { kind: "switch", name: "no-color", summary: "No colour" },
  { kind: "switch", name: "help", summary: "Show help" },
] as const satisfies readonly Flag[];

export const prompt = { kind: "text", name: "prompt", value: "<text>", stdin: true, filled: true } as const;
export const file = { kind: "text", name: "file", value: "<path|url|->", stdin: "bytes" } as const;
export const model = {
  kind: "text",
  name: "model",
  value: "<provider/model>",
  summary: "Model to use",
  filled: true,
} as const satisfies Flag;
export const provider = {
  kind: "text",
  name: "provider",
  value: "<id>",
  summary: "Provider to use",
  filled: true,
} as const satisfies Flag;
export const fallback = {
  kind: "text",
  name: "fallback",
  value: "<provider/model>",
  repeat: true,
  filled: true,
  summary: "Next model to try when the one before fails (repeatable)",
} as const satisfies Flag;
export const output = {
  kind: "text",
  name: "output",
  value: "<path>",
  filled: true,
  summary: "File, directory, or - for the bytes on stdout",
} as const satisfies Flag;
export const allowPrivateNetwork = {
  kind: "switch",
  name: "allow-private-network",
  summary: "Let --file URLs point to private addresses",
} as const satisfies Flag;

/** Where a backend can be chosen. */
export const BACKEND = [provider, model, fallback] as const;

/** Where OpenClaw can run a verb over its Gateway. */
export const TRANSPORT = [
  { kind: "switch", name: "local", summary: "Run here (default)" },
  { kind: "switch", name: "gateway", summary: "Run over the OpenClaw Gateway" },
] as const satisfies readonly Flag[];

/** The same for verbs that are the Gateway's own business unless they are told to stay here. */
export const STATE_TRANSPORT = [
  { kind: "switch", name: "local", summary: "Change infer's own preferences" },
  { kind: "switch", name: "gateway", summary: "Change those of the OpenClaw Gateway (default)" },
] as const satisfies readonly Flag[];

/** OpenClaw's hints for pictures, shared by generating and editing. */
export const IMAGE_HINTS = [
  { kind: "number", name: "count", value: "<n>", integer: true, min: 1, max: 100, summary: "Number of images" },
  {
    kind: "text",
    name: "size",
    value: "<WxH>",
    form: { pattern: /^(?:[1-9]\d{1,4}x[1-9]\d{1,4}|auto)$/, example: "1024x1024" },
    summary: "Size such as 1024x1024",
  },
  {
    kind: "text",
    name: "aspect-ratio",
    value: "<W:H>",
    form: { pattern: /^[1-9]\d{0,2}(?:\.\d+)?:[1-9]\d{0,2}(?:\.\d+)?$/, example: "16:9" },
    summary: "Aspect ratio such as 16:9",
  },
  { kind: "choice", name: "resolution", value: "<value>", choices: ["1K", "2K", "4K"], summary: "Resolution" },
  { kind: "text", name: "quality", value: "<value>", filled: true, summary: "Quality, in the provider's words" },
  {
    kind: "choice",
    name: "output-format",
    value: "<format>",
    choices: ["png", "jpeg", "webp"],
    summary: "File format",
  },
  {
    kind: "choice",
    name: "background",
    value: "<value>",
    choices: ["transparent", "opaque", "auto"],
    summary: "Background",
  },
  {
    kind: "choice",
    name: "openai-background",
    value: "<value>",
    choices: ["transparent", "opaque", "auto"],
    summary: "Background, for OpenAI alone",
  },
  {
    kind: "choice",
    name: "openai-moderation",
    value: "<value>",
    choices: ["low", "auto"],
    summary: "Moderation, for OpenAI alone",
  },
  { kind: "switch", name: "no-preview", summary: "Show no preview, also in a terminal that could" },
] as const satisfies readonly Flag[];
