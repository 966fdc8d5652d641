import { dirname } from "node:path";
import { isAbsent, messageOf } from "../core/error.ts";
import type { LoadedConfig } from "./file.ts";
import { userPath } from "./paths.ts";
import { tooOpen } from "./permission.ts";
import { readRegularFile } from "./regular-file.ts";
import type { SourceAnswer } from "./secret.ts";
import type { FileSource } from "./secret-shape.ts";

const MOST_BYTES = 1024 * 1024;

/** A secret out of a file: all of it, or the string at a JSON pointer. The file has to be the user's alone. */
export async function readSecretFile(
  { path: named, mode = "json", maxBytes = MOST_BYTES, allowInsecurePath = false }: FileSource,
  id: string,
  { path: configPath, env }: LoadedConfig,
): Promise<SourceAnswer> {
  const path = userPath(named, env, dirname(configPath ?? "."));
  try {
    const file = await readRegularFile(path, maxBytes);
    if (file === "irregular") return { why: `${path} is not a file.` };
    if (file === "too-long") return { why: `${path} is longer than ${maxBytes} bytes, which is its maxBytes.` };
    const danger = allowInsecurePath ? undefined : tooOpen(file, "read");
    if (danger) return { why: `${path} ${danger}. Run chmod 600 on it, or set allowInsecurePath.` };
    if (mode === "json") return atPointer(file.text, id, path);
    if (id === "value") return { text: file.text };
    return { why: `${path} is one single value: its id is "value", not "${id}".` };
  } catch (thrown) {
    return { why: isAbsent(thrown) ? `there is no file ${path}.` : `${path} cannot be read: ${messageOf(thrown)}` };
  }
}

function atPointer(text: string, pointer: string, path: string): SourceAnswer {
  if (!pointer.startsWith("/")) {
    return { why: `"${pointer}" is no JSON pointer: it begins with a slash, as in /providers/openai/apiKey.` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message would quote the file.
    return { why: `${path} is not JSON. For a file that is nothing but the secret, set mode: "singleValue".` };
  }
  for (const token of pointer.slice(1).split("/")) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    const isIndex = !Array.isArray(value) || /^(?:0|[1-9]\d*)$/.test(key);
    if (typeof value !== "object" || value === null || !isIndex || !Object.hasOwn(value, key)) {
      return { why: `${path} has nothing at ${pointer}.` };
    }
    value = Reflect.get(value, key);
  }
  return typeof value === "string" ? { text: value } : { why: `what ${path} has at ${pointer} is not a string.` };
}
