import * as v from "valibot";
import { InferError } from "../core/error.ts";

/** Checks one message of a provider against what its wire promises. */
export function parseMessage<Schema extends v.GenericSchema>(schema: Schema, message: unknown): v.InferOutput<Schema> {
  // valibot takes a list for an object.
  if (Array.isArray(message)) throw malformed("a list where an object belongs.");
  const result = v.safeParse(schema, message);
  if (result.success) return result.output;
  throw malformed(problemOf(result.issues[0]));
}

/** In plain words; of what came only the kind is told: an answer may repeat what it was asked. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (issue.input === undefined) return `${path ?? "all of it"} is missing.`;
  const place = path ? `${path}: ` : "";
  const wanted = KINDS[issue.type];
  return `${place}${kindOf(issue.input)} ${wanted ? `where ${wanted} belongs` : "does not belong there"}.`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  finite: "a finite number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  loose_object: "an object",
  record: "an object",
};

function kindOf(input: unknown): string {
  if (input === null) return "null";
  if (Number.isNaN(input)) return "no number";
  return (Array.isArray(input) ? KINDS.array : KINDS[typeof input]) ?? "something else";
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(BINARY.test(text.slice(0, 200)) ? "it is no text." : `it is not JSON: ${excerpt(text)}`);
  }
}

/** What bytes that are no text become. */
const BINARY = /[\0\uFFFD]/;

export function malformed(reason: string): InferError {
  return new InferError("provider_error", `The answer cannot be understood: ${reason}`, {
    hint: "Check that baseUrl and api in the config fit this server.",
  });
}

/** The beginning of a text on one line, for a message. */
export function excerpt(text: string, length = 200): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

export const count = v.nullish(v.pipe(v.number(), v.finite()));
export const text = v.nullish(v.string());
