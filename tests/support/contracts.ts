import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";

const FOLDER = join(import.meta.dir, "../../../shared/contracts");

export const contractsPresent = existsSync(FOLDER);

/** Checks request bodies against a vendor's own OpenAPI description. */
export class Contract {
  readonly #document: Json;
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(readonly file: string) {
    this.#document = relaxed(JSON.parse(readFileSync(join(FOLDER, file), "utf8")));
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, validateSchema: false });
    addFormats(this.#ajv);
    for (const format of ["int32", "int64", "float", "double", "binary", "byte", "password", "decimal"]) {
      this.#ajv.addFormat(format, true);
    }
    this.#ajv.addSchema({ ...this.#document, $id: "contract:///document" }, "contract:///document");
  }

  /** What is wrong with the body; empty when it is as the vendor describes it. */
  problems(method: string, path: string, body: unknown): string[] {
    const pointer = `/paths/${jsonPointer(path)}/${method.toLowerCase()}/requestBody/content/${jsonPointer("application/json")}/schema`;
    if (at(this.#document, pointer) === undefined) return [`${this.file} has no ${method} ${path} with a JSON body`];
    let validate = this.#compiled.get(pointer);
    if (!validate) {
      validate = this.#ajv.compile({ $ref: `contract:///document#${encodeURI(pointer)}` });
      this.#compiled.set(pointer, validate);
    }
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath || "/"} ${error.message} ${JSON.stringify(error.params)}`,
    );
  }
}

type Json = Record<string, unknown>;

/** OpenAPI 3.0 says things that JSON Schema 2020-12 says otherwise. */
function relaxed<T>(node: T): T {
  if (Array.isArray(node)) {
    for (const entry of node) relaxed(entry);
    return node;
  }
  if (typeof node !== "object" || node === null) return node;
  const schema = node as Json;
  if (schema.nullable === true && typeof schema.type === "string") schema.type = [schema.type, "null"];
  if (typeof schema.nullable === "boolean") delete schema.nullable;
  if (schema.type === "any") delete schema.type;
  for (const bound of ["exclusiveMinimum", "exclusiveMaximum"]) {
    if (typeof schema[bound] === "boolean") delete schema[bound];
  }
  if (typeof schema.discriminator === "object") delete schema.discriminator;
  for (const value of Object.values(schema)) relaxed(value);
  return node;
}

function at(document: Json, pointer: string): unknown {
  let node: unknown = document;
  for (const key of pointer.split("/").slice(1)) {
    if (typeof node !== "object" || node === null) return undefined;
    node = (node as Json)[key.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return node;
}

function jsonPointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
