import { realpath } from "node:fs/promises";
import { delimiter, dirname, resolve } from "node:path";
import { type InferError, isAbsent, messageOf } from "../core/error.ts";
import { isRecord } from "../core/json.ts";
import { type Document, invalidConfig, parseDocument } from "./document.ts";
import { isBelow, userPath } from "./paths.ts";
import { readRegularFile } from "./regular-file.ts";

/** OpenClaw's limits. */
const DEEPEST = 10;
const LONGEST_PATH = 4096;
const MOST_BYTES = 2 * 1024 * 1024;

/** Ten levels of files that include one another twice and more would never come to an end. */
const MOST_FILES = 500;

/**
 * Puts the files that `$include` names in its place, as OpenClaw does: several are merged in their order, objects into
 * one another, arrays one behind the other, and the keys beside `$include` come last. Only files in the config's own
 * folder are read, and in the folders that the user's OPENCLAW_INCLUDE_ROOTS lists. Fails as `usage`, with the file and
 * the cause.
 */
export async function expandIncludes(
  json: unknown,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Document> {
  const folder = dirname(path);
  const listed = (env.OPENCLAW_INCLUDE_ROOTS ?? "").split(delimiter).filter((entry) => entry.trim() !== "");
  const lexical = [folder, ...listed.map((entry) => userPath(entry, env, folder))];
  const real = await Promise.all(lexical.map((root) => realpath(root).catch(() => root)));
  const includes = new Includes(folder, lexical, real);
  const whole = await includes.expand(json, [await realpath(path).catch(() => path)], path);
  return { json: whole.value, fileOf: (keys) => includes.fileOf(whole, keys) };
}

/** A value, and the file that it comes from. */
interface Part {
  value: unknown;
  file: string;
}

class Includes {
  /** By object and key, where a member comes from. */
  readonly #origins = new WeakMap<object, ReadonlyMap<string, string>>();
  #files = 0;

  constructor(
    readonly folder: string,
    readonly lexicalRoots: readonly string[],
    readonly realRoots: readonly string[],
  ) {}

  fileOf(whole: Part, keys: readonly unknown[]): string {
    let part: Part | undefined = whole;
    let { file } = whole;
    for (const key of keys) {
      part = part && this.#members(part)?.get(String(key));
      file = part?.file ?? file;
    }
    return file;
  }

  /** `chain`: the files that include one another up to this one, by their real paths. */
  async expand(value: unknown, chain: readonly string[], file: string): Promise<Part> {
    if (Array.isArray(value)) {
      const items: Part[] = [];
      for (const item of value) items.push(await this.expand(item, chain, file));
      return this.#array(items, file);
    }
    if (!isRecord(value)) return { value, file };
    const members = new Map<string, Part>();
    for (const [key, member] of Object.entries(value)) {
      if (key !== "$include") members.set(key, await this.expand(member, chain, file));
    }
    const beside = this.#object(members, file);
    if (!Object.hasOwn(value, "$include")) return beside;
    const included = await this.#included(value.$include, chain, file);
    if (members.size === 0) return included;
    if (!isRecord(included.value)) {
      throw invalidConfig(file, "the keys beside $include need an included file that has an object.");
    }
    return this.#merge(included, beside);
  }

  async #included(value: unknown, chain: readonly string[], file: string): Promise<Part> {
    if (typeof value === "string") return this.#load(value, chain, file);
    if (!Array.isArray(value) || !value.every((path) => typeof path === "string")) {
      throw invalidConfig(file, "$include: expected the path of a file, or an array of paths.");
    }
    let merged = this.#object(new Map(), file);
    for (const path of value) merged = this.#merge(merged, await this.#load(path, chain, file));
    return merged;
  }

  async #load(named: string, chain: readonly string[], file: string): Promise<Part> {
    const fail = (why: string, hint?: string): InferError => invalidConfig(file, `$include "${named}" ${why}.`, hint);
    if (named.includes("\0") || named.length >= LONGEST_PATH) throw invalidConfig(file, "an $include is no path.");
    const path = resolve(dirname(file), named);
    const outside = `Only files in ${this.folder} can be included; OPENCLAW_INCLUDE_ROOTS can list more folders.`;
    if (!this.lexicalRoots.some((root) => isBelow(root, path))) throw fail("leads out of the config's folder", outside);
    try {
      const real = await realpath(path);
      if (!this.realRoots.some((root) => isBelow(root, real)))
        throw fail("is a link that leads out of the config's folder", outside);
      if (chain.includes(real)) throw fail(`includes itself: ${[...chain, real].join(" → ")}`);
      if (chain.length > DEEPEST) throw fail(`is more than ${DEEPEST} files deep`);
      if (++this.#files > MOST_FILES) throw fail(`is one too many: ${MOST_FILES} files have been included`);
      const found = await readRegularFile(real, MOST_BYTES);
      if (found === "irregular") throw fail("is not a file");
      if (found === "too-long") throw fail(`is longer than ${MOST_BYTES} bytes`);
      return await this.expand(parseDocument(found.text, path), [...chain, real], path);
    } catch (thrown) {
      if (isAbsent(thrown)) throw fail(`names a file that is not there: ${path}`);
      throw isSystemError(thrown) ? fail(`cannot be read: ${messageOf(thrown)}`) : thrown;
    }
  }

  #merge(under: Part, over: Part): Part {
    if (Array.isArray(under.value) && Array.isArray(over.value)) {
      return this.#array(
        [...(this.#members(under)?.values() ?? []), ...(this.#members(over)?.values() ?? [])],
        over.file,
      );
    }
    if (!isRecord(under.value) || !isRecord(over.value)) return over;
    const members = new Map(this.#members(under));
    for (const [key, member] of this.#members(over) ?? []) {
      const known = members.get(key);
      // What OpenClaw leaves out, too: these would be taken for parts of every object.
      if (!["__proto__", "prototype", "constructor"].includes(key)) {
        members.set(key, known ? this.#merge(known, member) : member);
      }
    }
    return this.#object(members, over.file);
  }

  #members({ value, file }: Part): Map<string, Part> | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    const origins = this.#origins.get(value);
    return new Map(
      Object.entries(value).map(([key, member]) => [key, { value: member, file: origins?.get(key) ?? file }]),
    );
  }

  #array(items: readonly Part[], file: string): Part {
    const value = items.map((item) => item.value);
    this.#origins.set(value, new Map(items.map((item, at) => [String(at), item.file])));
    return { value, file };
  }

  #object(members: ReadonlyMap<string, Part>, file: string): Part {
    const value = Object.fromEntries([...members].map(([key, member]) => [key, member.value]));
    this.#origins.set(value, new Map([...members].map(([key, member]) => [key, member.file])));
    return { value, file };
  }
}

function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}
