import * as v from "valibot";
import { secret } from "./secret-shape.ts";
import { anything, byMember, count, flag, list, map, object, oneOf, positive, text } from "./shape.ts";

/** `api` may be one that infer does not speak: that matters only once the model is chosen. */
export const configuredModel = object({
  id: text,
  name: v.optional(text),
  api: v.optional(text),
  baseUrl: v.optional(text),
  input: v.optional(list(text)),
  reasoning: v.optional(flag),
  contextWindow: v.optional(positive),
  maxTokens: v.optional(count),
  headers: v.optional(map(secret)),
  compat: v.optional(v.lazy(compat)),
});

/** `models.providers.<id>`. `api` and `auth` may be ones that infer does not know. */
export const configuredProvider = object({
  baseUrl: v.optional(text),
  apiKey: v.optional(secret),
  api: v.optional(text),
  auth: v.optional(text),
  authHeader: v.optional(flag),
  headers: v.optional(map(secret)),
  request: v.optional(v.lazy(providerRequest)),
  region: v.optional(text),
  params: v.optional(map(anything)),
  models: v.optional(list(configuredModel)),
});

/** Where a server departs from its wire. */
function compat() {
  return object({
    maxTokensField: v.optional(oneOf("max_completion_tokens", "max_tokens")),
    thinkingFormat: v.optional(text),
    requiresStringContent: v.optional(flag),
    supportsUsageInStreaming: v.optional(flag),
    supportsReasoningEffort: v.optional(flag),
  });
}

/** How a request is sent, in place of what the provider would do by itself. Made when a config has it. */
export function configuredRequest() {
  return object(requestEntries());
}

function requestEntries() {
  const tls = object({
    ca: v.optional(secret),
    cert: v.optional(secret),
    key: v.optional(secret),
    passphrase: v.optional(secret),
    serverName: v.optional(text),
    insecureSkipVerify: v.optional(flag),
  });
  const auth = byMember("mode", [
    v.object({ mode: v.literal("provider-default") }),
    v.object({ mode: v.literal("authorization-bearer"), token: secret }),
    v.object({ mode: v.literal("header"), headerName: text, value: secret, prefix: v.optional(text) }),
  ]);
  const proxy = byMember("mode", [
    v.object({ mode: v.literal("env-proxy"), tls: v.optional(tls) }),
    v.object({ mode: v.literal("explicit-proxy"), url: text, tls: v.optional(tls) }),
  ]);
  return {
    headers: v.optional(map(secret)),
    auth: v.optional(auth),
    proxy: v.optional(proxy),
    tls: v.optional(tls),
  };
}

function providerRequest() {
  return object({ ...requestEntries(), allowPrivateNetwork: v.optional(flag) });
}

export type ConfiguredModel = v.InferOutput<typeof configuredModel>;
export type ConfiguredProvider = v.InferOutput<typeof configuredProvider>;
export type ConfiguredRequest = v.InferOutput<ReturnType<typeof providerRequest>>;
