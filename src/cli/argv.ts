import type { Row } from "../core/capability.ts";
import { flagsOf } from "../core/capability.ts";
import { InferError } from "../core/error.ts";
import { type Flag, GLOBAL_FLAGS } from "../core/flags.ts";
import { childrenOf, findRow, ROWS } from "./rows.ts";
import { didYouMean } from "./suggest.ts";

/** What argv asks for. Values are still the strings that were typed. */
export type Invocation =
  | { kind: "run"; row: Row; values: Values }
  | { kind: "help"; path: string[] }
  | { kind: "version" }
  | { kind: "no-command"; path: string[] };

export type Values = Map<string, string[]>;

/** Words before the command that make an `openclaw infer …` line run unchanged. */
const ALIASES_OF_INFER = ["openclaw", "infer", "capability"];
const SHORT: Readonly<Record<string, string>> = { "-h": "--help", "-V": "--version" };

/**
 * Whether argv asks for JSON, however wrong the rest of it is: also a usage error has to be one document then.
 */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}

/** The capability that a wrong argv was about, as far as it named one. */
export function namedCapability(argv: readonly string[]): string | null {
  const words = withoutAliases(argv.filter((token) => !token.startsWith("-")));
  for (let length = Math.min(3, words.length); length > 0; length--) {
    const row = findRow(words.slice(0, length));
    if (row) return row.id;
  }
  return null;
}

/**
 * Reads argv by the contract: strict flags, repeatable flags, values that start with `-`, global flags anywhere.
 * citty's own parser accepts unknown flags, keeps the last of repeated ones and takes a flag for a value.
 */
export function parseArgv(argv: readonly string[]): Invocation {
  const tokens = [...argv];
  const values: Values = new Map();
  const path: string[] = [];
  let row: Row | undefined;
  let flagsEnded = false;
  let help = false;
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    const isFlag = !flagsEnded && token.startsWith("-") && token !== "-";
    if (isFlag && token === "--") {
      flagsEnded = true;
    } else if (isFlag) {
      const name = SHORT[token] ?? token;
      if (name === "--version" && path.length === 0) return { kind: "version" };
      if (name === "--help") help = true;
      else takeFlag(name, tokens, row, path, values);
    } else if (row) {
      throw unexpected(token, row);
    } else if (token === "help" && !childrenOf(path).includes("help")) {
      help = true;
    } else if (path.length > 0 || !ALIASES_OF_INFER.includes(token)) {
      path.push(knownWord(token, path));
      row = findRow(path);
    }
  }
  if (help) return { kind: "help", path };
  return row ? { kind: "run", row, values } : { kind: "no-command", path };
}

function takeFlag(token: string, rest: string[], row: Row | undefined, path: readonly string[], values: Values): void {
  const flags: readonly Flag[] = row ? flagsOf(row) : GLOBAL_FLAGS;
  const equals = token.indexOf("=");
  const name = equals === -1 ? token : token.slice(0, equals);
  const flag = flags.find((one) => `--${one.name}` === name);
  if (!flag) throw unknownFlag(name, flags, row, path);
  const given = values.get(flag.name) ?? [];
  values.set(flag.name, given);
  if (flag.kind === "switch") {
    if (equals !== -1) throw new InferError("usage", `${name} takes no value.`);
    given.push("");
    return;
  }
  if (equals !== -1) {
    given.push(token.slice(equals + 1));
    return;
  }
  const [next] = rest;
  if (next === undefined) throw new InferError("usage", `${name} needs a value: ${name} ${flag.value}`);
  if (isOwnFlag(next, flags)) {
    throw new InferError("usage", `${name} needs a value, and ${next} is a flag.`, {
      hint: `If ${next} is meant as the value, write ${name}=${next}`,
    });
  }
  given.push(next);
  rest.shift();
}

function isOwnFlag(token: string, flags: readonly Flag[]): boolean {
  const long = SHORT[token] ?? token;
  return flags.some((flag) => `--${flag.name}` === long);
}

function knownWord(token: string, path: readonly string[]): string {
  const children = childrenOf(path);
  if (children.includes(token)) return token;
  const where = ["infer", ...path].join(" ");
  throw new InferError("usage", `${where} has no command "${token}".`, {
    hint: didYouMean(token, children) ?? `Commands: ${children.join(", ")}`,
  });
}

function unknownFlag(name: string, flags: readonly Flag[], row: Row | undefined, path: readonly string[]): InferError {
  const where = ["infer", ...(row ? row.id.split(".") : path)].join(" ");
  const verbs = row ? [] : ROWS.filter((one) => one.flags.some((flag) => `--${flag.name}` === name));
  const guess = didYouMean(
    name,
    flags.map((flag) => `--${flag.name}`),
  );
  return new InferError("usage", `${where} has no flag ${name}.`, {
    hint: verbs.length > 0 ? `${name} belongs after the command.` : (guess ?? `See ${where} --help`),
  });
}

function unexpected(token: string, row: Row): InferError {
  const texts = row.flags.filter((flag) => flag.kind === "text");
  const main = texts.find((flag) => flag.required) ?? texts[0];
  return new InferError("usage", `infer ${row.id.replaceAll(".", " ")} takes no argument "${token}".`, {
    hint: main && `Values come with their flag: --${main.name} ${JSON.stringify(token)}`,
  });
}

function withoutAliases(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => !ALIASES_OF_INFER.includes(word));
  return start === -1 ? [] : words.slice(start);
}
