import type { Context } from "../core/context.ts";
import type { LoadedConfig } from "./file.ts";
import type { SecretValue } from "./schema.ts";
import type { EnvSource, SecretReference } from "./secret-shape.ts";
import { unsetVariable } from "./variables.ts";

/** A secret's text and where it comes from, or why it cannot be had. `source` and `missing` are safe to print. */
export type Secret = { text: string; source: string } | { missing: string };

/** What one of `secrets.providers` gives: the text as it is, or why there is none, as the end of a sentence. */
export type SourceAnswer = { text: string } | { why: string };

/**
 * A text of the config that may stand somewhere else: in a variable, in a file, or with a program, as OpenClaw's secret
 * references say. `place` is its path, for messages. Fails only when the run itself is interrupted, or out of time.
 */
export async function readSecret(
  context: Context,
  value: SecretValue,
  place: string,
  loaded: LoadedConfig,
): Promise<Secret> {
  const reference = typeof value === "string" ? referenceIn(value) : value;
  if (reference) return resolve(context, reference, place, loaded);
  const text = typeof value === "string" ? value : "";
  const unset = unsetVariable(loaded, text);
  if (unset) return { missing: `${place} names the variable ${unset}, which is not set.` };
  return text.trim() === "" ? { missing: `${place} is blank.` } : { text: text.trim(), source: place };
}

/** OpenClaw's short forms: `$NAME`, `${NAME}` that an escape has brought through, and two that it used to write itself. */
function referenceIn(value: string): SecretReference | undefined {
  const id = /^(?:\$(\w+)|\$\{(\w+)\}|(?:secretref-env|__env__):(\w+))$/.exec(value.trim())?.slice(1).find(Boolean);
  return id !== undefined && /^[A-Z][A-Z0-9_]{0,127}$/.test(id) ? { source: "env", id } : undefined;
}

async function resolve(
  context: Context,
  { source, id, provider }: SecretReference,
  place: string,
  loaded: LoadedConfig,
): Promise<Secret> {
  const { providers = {}, defaults = {} } = loaded.config.secrets ?? {};
  const standard = defaults[source]?.trim() || "default";
  const name = provider?.trim() || standard;
  const configured = Object.hasOwn(providers, name) ? providers[name] : undefined;
  const where = `secrets.providers.${name}`;
  const missing = (why: string): Secret => ({ missing: `${place} cannot be read: ${why}` });
  if (configured === undefined) {
    // The environment is there without being set up.
    if (source === "env" && name === standard) return fromEnv({ source }, id, place, where, loaded);
    return missing(`its source is ${where}, which the config does not have.`);
  }
  if (configured.source === "env" && source === "env") return fromEnv(configured, id, place, where, loaded);
  let answer: SourceAnswer;
  if (configured.source === "file" && source === "file") {
    const { readSecretFile } = await import("./secret-file.ts");
    answer = await readSecretFile(configured, id, loaded);
  } else if (configured.source === "exec" && source === "exec") {
    const { askSecretProgram } = await import("./secret-program.ts");
    answer = await askSecretProgram(context, configured, { name, id }, loaded);
  } else {
    return missing(`it asks for source "${source}", and ${where} has source "${configured.source}".`);
  }
  if ("why" in answer) return missing(`${where}: ${answer.why}`);
  const text = answer.text.trim();
  return text === "" ? missing(`${where} gave a blank for "${id}".`) : { text, source: where };
}

function fromEnv({ allowlist }: EnvSource, id: string, place: string, where: string, { env }: LoadedConfig): Secret {
  if (allowlist && !allowlist.includes(id)) {
    return { missing: `${place} names the variable ${id}, which is not in ${where}.allowlist.` };
  }
  const text = Object.hasOwn(env, id) ? env[id]?.trim() : undefined;
  return text ? { text, source: id } : { missing: `${place} names the variable ${id}, which is not set.` };
}
