import * as v from "valibot";
import { isRecord } from "../core/json.ts";

// The words that the schema is written in. Each one's message is what was expected; `problemOf` makes the sentence.

export const text = v.string("a string");
export const flag = v.boolean("true or false");
export const anything = v.unknown();

const POSITIVE = "a number above 0";
const COUNT = "a whole number above 0";

export const positive = v.pipe(
  v.number(POSITIVE),
  v.check((value) => value > 0, POSITIVE),
);

export const count = v.pipe(
  v.number(COUNT),
  v.check((value) => Number.isInteger(value) && value > 0, COUNT),
);

/** These members, when they are there, have to be right; any other is OpenClaw's business. */
export function object<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(anything, v.check(isRecord, AN_OBJECT), v.object(entries));
}

/** Any names, and the same kind of value under each. */
export function map<Value extends v.GenericSchema>(value: Value) {
  return v.pipe(anything, v.check(isRecord, AN_OBJECT), v.record(v.string(), value));
}

export function list<Item extends v.GenericSchema>(item: Item) {
  return v.array(item, "an array");
}

export function oneOf<const Option extends string>(...options: readonly Option[]) {
  const isOption = (input: unknown): boolean => options.some((option) => option === input);
  return v.custom<Option>(isOption, `one of ${options.map((option) => `"${option}"`).join(", ")}`);
}

/** A string in short, or the whole object. `expected` says so for what is neither. */
export function textOr<Long extends v.GenericSchema>(long: Long, expected: string) {
  const neither = v.never(expected);
  return v.lazy((input) => (typeof input === "string" ? text : isRecord(input) ? long : neither));
}

/** Objects that differ by what one member says. */
export function byMember<const Key extends string, const Options extends v.VariantOptions<Key>>(
  key: Key,
  options: Options,
) {
  const expected = (issue: v.VariantIssue): string =>
    `one of ${issue.expected.replace(/[()]/g, "").replace(/ \| /g, ", ")}`;
  return v.pipe(anything, v.check(isRecord, AN_OBJECT), v.variant(key, options, expected));
}

/**
 * `models.providers.x.baseUrl: expected a string, received a number`. Of what was received only the kind is told, since
 * a key may stand in the wrong place.
 */
export function problemOf(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue) ?? "the whole of it";
  if (issue.input === undefined) return `${place} is missing`;
  return `${place}: expected ${issue.message}, received ${kindOf(issue)}`;
}

const AN_OBJECT = "an object";

function kindOf({ input, type, message }: v.BaseIssue<unknown>): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "an array";
  if (typeof input === "number" && (message === COUNT || message === POSITIVE)) return `${input}`;
  if (typeof input === "string" && (type === "custom" || type === "variant")) return "another string";
  return KINDS[typeof input] ?? "something else";
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  object: "an object",
};
