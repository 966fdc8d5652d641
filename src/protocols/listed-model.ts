import * as v from "valibot";
import { oneLine } from "../core/terminal-text.ts";
import type { HttpRequest } from "../http/client.ts";
import { malformed } from "./message.ts";

/** A model as a provider's own list has it; what the list does not tell is absent. */
export interface ListedModel {
  id: string;
  name?: string;
  /** Tokens. */
  contextWindow?: number;
  /** Longest answer, in tokens. */
  maxTokens?: number;
  /** `text`, `image`, `audio`, `video`, `document`. */
  input?: string[];
  reasoning?: boolean;
  /** It is there for embeddings, speech or pictures: no text comes from it. */
  notText?: true;
}

/** One page of a list, and what asks for the one after it. */
export interface ModelPage {
  models: ListedModel[];
  next?: string;
}

export interface ModelList {
  /** `page`: what the page before told as `next`. */
  request(baseUrl: string, page?: string): HttpRequest;
  /** Throws a `provider_error` when there is no list in it. One entry that cannot be understood is left out. */
  read(json: unknown): ModelPage;
}

/** More than one page of them is rare: Anthropic and Google take as many, the others send all. */
export const PAGE_SIZE = 1000;

/** A member of another type than it should be is not told: vendors' lists are no contracts. */
export const flag = v.fallback(v.optional(v.boolean()), undefined);
export const word = v.fallback(v.optional(v.pipe(v.string(), v.trim(), v.nonEmpty())), undefined);
export const words = v.fallback(v.optional(v.array(v.string())), undefined);
export const tokens = v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))), undefined);
export const anything = v.optional(v.unknown());
export const list = v.fallback(v.optional(v.array(v.unknown())), undefined);

export function part<Entries extends v.ObjectEntries>(members: Entries) {
  return v.fallback(v.optional(v.object(members)), undefined);
}

/** Those of a list that are words. */
export function wordsIn(listed: readonly unknown[] | undefined): string[] {
  return (listed ?? []).filter((one): one is string => typeof one === "string" && one.trim() !== "");
}

/** An id goes into commands and onto terminals: one with a blank, an escape or an unseen sign in it is no id. */
export const modelId = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty(),
  v.maxLength(500),
  v.regex(/^[^\x00-\x1f\x7f-\x9f\s\p{Cf}]+$/u),
);

export function get(url: string): HttpRequest {
  return { method: "GET", url, headers: {} };
}

export function entries<Schema extends v.GenericSchema>(
  schema: Schema,
  listed: readonly unknown[],
  read: (told: v.InferOutput<Schema>) => ListedModel | null,
): ListedModel[] {
  return listed.flatMap((entry) => {
    const told = v.safeParse(schema, entry);
    const listedModel = told.success ? read(told.output) : null;
    return listedModel ? [listedModel] : [];
  });
}

/** A page, or a `provider_error` when there is no list in it. */
export function parse<Schema extends v.GenericSchema>(schema: Schema, json: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, json);
  if (!result.success || Array.isArray(json)) throw noList();
  return result.output;
}

export function noList() {
  return malformed("there is no list of models in it.");
}

const OUR_WORDS = ["text", "image", "audio", "video", "document"];

/** What a model takes, as infer and OpenClaw call it. */
export function inOurWords(named: readonly string[]): string[] {
  const lower = named.map((one) =>
    one
      .toLowerCase()
      .replace(/^(?:file|pdf)$/, "document")
      .replace(/^speech$/, "audio"),
  );
  return OUR_WORDS.filter((one) => lower.includes(one));
}

/** A name goes onto terminals, and some are essays. */
export function plainName(name: string): string {
  return oneLine(name).slice(0, 500);
}

const OTHER_NAME =
  /embed|minilm|\bbge-|rerank|whisper|transcri|moderation|realtime|dall-e|imagen|gpt-image|stable-diffusion|(?<![a-z])(?:tts|sora|veo|flux)(?![a-z])/i;

/** Whether a model is for something else than text, by its name: what counts when nothing else tells. */
export function isNamedForOther(name: string): boolean {
  return OTHER_NAME.test(name);
}
