import * as v from "valibot";
import { anything, byMember, count, flag, list, map, object, oneOf, text, textOr } from "./shape.ts";

/** A text, or where to get it: OpenClaw's SecretRef. */
export const secret = textOr(
  object({ source: oneOf("env", "file", "exec"), provider: v.optional(text), id: text }),
  "a string or a secret reference",
);

/** `secrets`: where references lead. Made when a config has it. */
export function secrets() {
  return object({
    providers: v.optional(map(byMember("source", [envSource(), fileSource(), execSource()]))),
    defaults: v.optional(object({ env: v.optional(text), file: v.optional(text), exec: v.optional(text) })),
  });
}

function envSource() {
  return v.object({
    source: v.literal("env"),
    /** The only variables that may be asked for. */
    allowlist: v.optional(list(text)),
  });
}

function fileSource() {
  return v.object({
    source: v.literal("file"),
    path: text,
    mode: v.optional(oneOf("json", "singleValue")),
    maxBytes: v.optional(count),
    allowInsecurePath: v.optional(flag),
  });
}

function execSource() {
  return v.object({
    source: v.literal("exec"),
    /** Missing where a plugin of OpenClaw's brings the program. */
    command: v.optional(text),
    pluginIntegration: v.optional(anything),
    args: v.optional(list(text)),
    env: v.optional(map(text)),
    passEnv: v.optional(list(text)),
    timeoutMs: v.optional(count),
    noOutputTimeoutMs: v.optional(count),
    maxOutputBytes: v.optional(count),
    jsonOnly: v.optional(flag),
    trustedDirs: v.optional(list(text)),
    allowInsecurePath: v.optional(flag),
    allowSymlinkCommand: v.optional(flag),
  });
}

export type SecretValue = v.InferOutput<typeof secret>;
export type SecretReference = Exclude<SecretValue, string>;
export type EnvSource = v.InferOutput<ReturnType<typeof envSource>>;
export type FileSource = v.InferOutput<ReturnType<typeof fileSource>>;
export type ExecSource = v.InferOutput<ReturnType<typeof execSource>>;
