import { offered, ROWS } from "../commands/index.ts";
import type { Row } from "../core/capability.ts";
import { CAPABILITIES, flagsOf } from "../core/capability.ts";
import { InferError } from "../core/error.ts";
import { type Flag, GLOBAL_FLAGS } from "../core/flags.ts";
import { didYouMean } from "../core/suggest.ts";
import { childrenOf, findRow } from "./rows.ts";

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

/** Whether a switch is given, however wrong the rest of argv is: also a usage error has to be JSON with `--json`. */
export function hasSwitch(argv: readonly string[], name: "json" | "no-color"): boolean {
  const { values, unread } = read(argv);
  return values.has(name) || unread.includes(`--${name}`);
}

/** The capability that argv is about, as far as it names one, however wrong the rest of it is. */
export function namedCapability(argv: readonly string[]): string | null {
  const { path, unread } = read(argv);
  const words = [...path, ...withoutAliases(unread.filter((token) => !token.startsWith("-")))];
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
  const { outcome } = read(argv);
  if (outcome instanceof InferError) throw outcome;
  return outcome;
}

interface Reading {
  outcome: Invocation | InferError;
  values: Values;
  path: string[];
  /** The flags and words that come after a mistake. */
  unread: string[];
}

function read(argv: readonly string[]): Reading {
  const tokens = [...argv];
  const state: State = { values: new Map(), path: [], row: undefined, flagsEnded: false, help: false, version: false };
  const { values, path } = state;
  try {
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
      take(token, tokens, state);
    }
  } catch (thrown) {
    if (!(thrown instanceof InferError)) throw thrown;
    const end = tokens.indexOf("--");
    const unread = state.flagsEnded ? [] : tokens.slice(0, end === -1 ? undefined : end);
    return { outcome: thrown, values, path, unread };
  }
  const { row, help, version } = state;
  if (version) return { outcome: { kind: "version" }, values, path, unread: [] };
  const outcome: Invocation = help
    ? { kind: "help", path }
    : row
      ? { kind: "run", row, values }
      : { kind: "no-command", path };
  return { outcome, values, path, unread: [] };
}

interface State {
  values: Values;
  path: string[];
  row: Row | undefined;
  flagsEnded: boolean;
  help: boolean;
  version: boolean;
}

function take(token: string, rest: string[], state: State): void {
  const { values, path, row } = state;
  const isFlag = !state.flagsEnded && token.startsWith("-") && token !== "-";
  if (isFlag && token === "--") {
    state.flagsEnded = true;
  } else if (isFlag) {
    const name = SHORT[token] ?? token;
    if (name === "--version" && path.length === 0) state.version = true;
    else if (name === "--help") state.help = true;
    else takeFlag(name, rest, row, path, values);
  } else if (row) {
    throw unexpected(token, row, values);
  } else if (token === "help") {
    state.help = true;
  } else if (path.length > 0 || !ALIASES_OF_INFER.includes(token)) {
    path.push(knownWord(token, path));
    state.row = findRow(path);
  }
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
  const asked = [...path, token].join(".");
  if (CAPABILITIES.some(({ id }) => id === asked || id.startsWith(`${asked}.`))) {
    throw new InferError("usage", `This build has no ${asked.replaceAll(".", " ")} yet.`, { hint: "See infer list" });
  }
  // `infer run` for `infer model run`; `infer version` for the flag.
  const full = ROWS.find(({ id }) => id.endsWith(`.${token}`))?.id.replaceAll(".", " ");
  const guess = token === "version" ? "Did you mean --version?" : full && `Did you mean ${full}?`;
  throw new InferError("usage", `${where} has no command "${token}".`, {
    hint: guess ?? didYouMean(token, children) ?? `Commands: ${children.join(", ")}`,
  });
}

function unknownFlag(name: string, flags: readonly Flag[], row: Row | undefined, path: readonly string[]): InferError {
  const where = ["infer", ...(row ? row.id.split(".") : path)].join(" ");
  const verbs = row ? [] : ROWS.filter((one) => one.flags.some((flag) => `--${flag.name}` === name));
  const known = offered(flags).map((flag) => `--${flag.name}`);
  const guess = didYouMean(name, path.length === 0 ? [...known, "--version"] : known);
  return new InferError("usage", `${where} has no flag ${name}.`, {
    hint: verbs.length > 0 ? `${name} belongs after the command.` : (guess ?? `See ${where} --help`),
  });
}

function unexpected(token: string, row: Row, values: Values): InferError {
  const texts = row.flags.filter((flag) => flag.kind === "text");
  const main = texts.find((flag) => flag.required) ?? texts[0];
  const hint = values.has(main?.name ?? "")
    ? `If it belongs to --${main?.name}, put all of that text in quotes.`
    : main && `Values come with their flag: --${main.name} ${JSON.stringify(token)}`;
  return new InferError("usage", `infer ${row.id.replaceAll(".", " ")} takes no argument "${token}".`, { hint });
}

function withoutAliases(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => !ALIASES_OF_INFER.includes(word));
  return start === -1 ? [] : words.slice(start);
}
