import * as v from "valibot";
import { TRANSPORTS } from "../commands/index.ts";
import { flagsOf, type Row } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import { type ChoiceFlag, type Flag, type NumberFlag, STATE_TRANSPORT, type TextFlag } from "../core/flags.ts";
import { readBytes } from "../http/body.ts";
import type { Values } from "./argv.ts";

type VerbInput = Record<string, unknown>;

/** Checks what was typed against the row's flags and gives it the types that the handlers know. */
export function validate(row: Row, values: Values): VerbInput {
  const flags = flagsOf(row);
  const stdins = flags
    .flatMap((flag) => (takesStdin(flag) ? (values.get(flag.name) ?? []) : []))
    .filter((value) => value === "-");
  if (stdins.length > 1) throw new InferError("usage", "stdin can be read once only: - is given more than once.");
  if (values.has("local") && values.has("gateway")) {
    throw new InferError("usage", "Pass only one of --local or --gateway.");
  }
  // What goes there anyway says so itself.
  const isDefault = STATE_TRANSPORT.every((flag) => row.flags.includes(flag));
  if (values.has("gateway") && !isDefault && !TRANSPORTS.includes("gateway")) {
    throw new InferError("usage", "This build cannot run over the OpenClaw Gateway yet.", {
      hint: "Leave --gateway out to run here.",
    });
  }
  if (values.has("json") && values.get("output")?.at(-1) === "-") {
    throw new InferError("usage", "--output - puts the bytes on stdout, where --json puts its document.", {
      hint: "Use one of them.",
    });
  }
  const entries = flags.map((flag) => [camelCase(flag.name), convert(flag, values.get(flag.name))]);
  return Object.fromEntries(entries);
}

/**
 * Checks the texts, and reads stdin for the one that asked for it with `-`, or that is missing while something is piped
 * in. What is wrong with the others is said before stdin is touched.
 */
export async function completeTexts(row: Row, input: VerbInput, context: Context): Promise<VerbInput> {
  const complete = { ...input };
  const wantsStdin = row.flags.find(
    (flag) => flag.kind === "text" && flag.stdin === true && readsFrom(flag, row, input, context),
  );
  for (const flag of flagsOf(row)) if (flag !== wantsStdin) checkText(flag, textsOf(flag, input));
  if (wantsStdin?.kind !== "text") return complete;
  const stdin = await stdinText(context);
  const given = textsOf(wantsStdin, input);
  const texts = given.length === 0 ? [stdin] : given.map((text) => (text === "-" ? stdin : text));
  checkText(wantsStdin, texts);
  complete[camelCase(wantsStdin.name)] = wantsStdin.repeat ? texts : texts.at(-1);
  return complete;
}

function readsFrom(flag: TextFlag, row: Row, input: VerbInput, context: Context): boolean {
  const given = textsOf(flag, input);
  if (given.length > 0) return given.includes("-");
  if (!flag.required) return false;
  const taken = row.flags.some((other) => takesStdin(other) && textsOf(other, input).includes("-"));
  return !taken && ["pipe", "file"].includes(context.stdio.stdinKind());
}

function textsOf(flag: Flag, input: VerbInput): string[] {
  const value = input[camelCase(flag.name)];
  return value === undefined ? [] : [value].flat().map(String);
}

function checkText(flag: Flag, texts: readonly string[]): void {
  if (flag.kind !== "text") return;
  if (flag.required && texts.length === 0) {
    throw new InferError("usage", `--${flag.name} is missing.`, {
      hint: `Give it: --${flag.name} ${flag.value}${flag.stdin === true ? ", or pipe it in" : ""}`,
    });
  }
  if (flag.filled && texts.some((text) => text.trim() === ""))
    throw new InferError("usage", `--${flag.name} is blank.`);
  const { form } = flag;
  const odd = form && texts.find((text) => !form.pattern.test(text.trim()));
  if (odd !== undefined) {
    throw new InferError("usage", `--${flag.name}: ${JSON.stringify(odd)} does not look like ${form?.example}.`);
  }
}

/** No model reads this much. */
const LONGEST_TEXT = 64 * 1024 * 1024;

/** A pipe's last newline is the shell's, not the user's. */
async function stdinText(context: Context): Promise<string> {
  using limit = deadline(context, context.endsAt, () => "stdin was not closed in time.");
  const bytes = await readBytes(context.stdio.stdin(limit.signal), LONGEST_TEXT, () => {
    return new InferError("usage", `stdin is larger than ${LONGEST_TEXT / 1024 / 1024} MiB.`);
  });
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
}

function takesStdin(flag: Flag): boolean {
  return flag.kind === "text" && flag.stdin !== undefined;
}

function convert(flag: Flag, values: readonly string[] | undefined): unknown {
  if (flag.kind === "switch") return values !== undefined;
  if (flag.kind === "text") return flag.repeat ? (values ?? []) : values?.at(-1);
  if (!values) return undefined;
  const schema = v.array<v.GenericSchema<unknown, unknown>>(
    flag.kind === "number" ? numberSchema(flag) : choiceSchema(flag),
  );
  const result = v.safeParse(schema, values);
  if (result.success) return result.output.at(-1);
  throw new InferError("usage", `--${flag.name}: ${result.issues[0].message}`);
}

function numberSchema({ integer, min, max }: NumberFlag) {
  const what = integer ? "a whole number" : "a number";
  const message = ({ input }: { input: unknown }): string =>
    `${JSON.stringify(String(input))} is not ${what} from ${min} to ${max}.`;
  return v.pipe(
    v.string(),
    v.regex(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i, message),
    v.transform(Number),
    v.finite(message),
    v.check((number) => !integer || Number.isInteger(number), message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

function choiceSchema({ choices }: ChoiceFlag) {
  return v.picklist([...choices], ({ input }) => `"${input}" is not one of ${choices.join(", ")}.`);
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
