import { isRecord } from "../core/json.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What `${NAME}` came to in a config. */
export interface Variables {
  /** Values that it brought in: a header that has one in it may be a secret. */
  interpolated: ReadonlySet<string>;
  /** Strings that still wait for a variable, as they stand in the config now, without blanks around; and its name. */
  unset: ReadonlyMap<string, string>;
}

/** The name of a variable that a string of the config still waits for. One that looks the same by an escape waits for none. */
export function unsetVariable({ unset }: Partial<Pick<Variables, "unset">>, value: string): string | undefined {
  return unset?.get(value.trim());
}

/**
 * Puts the values of `${NAME}` in its place, in every string; `$${NAME}` is how to write `${NAME}` itself. A variable without
 * a value stays as it is: only what uses the string can say whether that matters.
 */
export function substitute(json: unknown, env: Env): Variables & { json: unknown } {
  const interpolated = new Set<string>();
  const unset = new Map<string, string>();
  const inString = (value: string): string => {
    let missing: string | undefined;
    const text = value.replace(VARIABLE_OR_ESCAPE, (whole, escaped?: string, name?: string) => {
      if (escaped !== undefined) return escaped;
      const found = env[name ?? ""];
      if (found) interpolated.add(found);
      if (found === undefined) missing ??= name;
      return found ?? whole;
    });
    if (missing !== undefined) unset.set(text.trim(), missing);
    return text;
  };
  const within = (value: unknown): unknown => {
    if (typeof value === "string") return inString(value);
    if (Array.isArray(value)) return value.map(within);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, within(entry)]));
  };
  return { json: within(json), interpolated, unset };
}

const VARIABLE_OR_ESCAPE = /\$(\$\{[A-Za-z_][A-Za-z0-9_]*\})|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * The config's own variables: `env: {NAME: "…"}`, and beneath them `env: {vars: {NAME: "…"}}`. As in OpenClaw, one that is
 * blank or waits for another variable is none.
 */
export function envBlock(json: unknown, env: Env): Record<string, string> {
  const { vars, shellEnv: _, ...direct } = members(members(json).env);
  const entries = [...Object.entries(members(vars)), ...Object.entries(direct)].flatMap(([name, written]) => {
    const { json: value, unset } = substitute(written, env);
    return typeof value === "string" && value.trim() !== "" && unset.size === 0 ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** Environments in one, the nearest first. A blank variable hides none beneath it, as in OpenClaw. */
export function layered(...layers: readonly Env[]): Env {
  // No prototype: `${constructor}` is a variable that is not set.
  const env: Record<string, string | undefined> = Object.create(null);
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (!(name in env) || (!env[name]?.trim() && value?.trim())) env[name] = value;
    }
  }
  return env;
}

function members(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
