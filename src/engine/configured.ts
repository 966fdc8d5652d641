import { invalidConfig } from "../config/document.ts";
import type { LoadedConfig } from "../config/file.ts";
import { APIS, type ConfiguredModel, type ConfiguredProvider, type SecretValue } from "../config/schema.ts";
import type { TextQuirks, ThinkingDialect, ThinkingFields } from "../protocols/wire.ts";
import { CUSTOM_AUTH, CUSTOM_SCHEMES } from "../providers/custom.ts";
import { ENABLE_THINKING, REASONING_ENABLED } from "../providers/thinking.ts";
import type { AuthForm } from "../providers/types.ts";
import type { KnownProvider } from "./directory.ts";
import { isProcess } from "./route.ts";

/** OpenClaw's names for how a server wants to be told how hard to think, and ours. */
const THINKING_FORMATS: Readonly<Record<string, ThinkingDialect | ThinkingFields>> = {
  openai: "effort",
  openrouter: "openrouter",
  deepseek: "deepseek",
  zai: "deepseek",
  qwen: ENABLE_THINKING,
  together: REASONING_ENABLED,
  "qwen-chat-template": "chat-template",
};

/** A provider as `models.providers.<name>` redirects it. */
export function configure(provider: KnownProvider, name: string, { config, path }: LoadedConfig): KnownProvider {
  const entry = config.models?.providers?.[name];
  if (!entry) return provider;
  const located = { ...provider, ...(path !== null && { configFile: path }) };
  return redirect(located, entry, `models.providers.${name}`);
}

/** A provider as one place of the config has it: whatever stands there wins. */
export function redirect(provider: KnownProvider, entry: ConfiguredProvider, configPath: string): KnownProvider {
  const { proxy, tls } = entry.request ?? {};
  const merged: KnownProvider = {
    ...provider,
    configPath,
    ...(entry.baseUrl !== undefined && { baseUrl: entry.baseUrl, hasOwnBaseUrl: true }),
    models: entry.models ?? provider.models,
    ...(entry.apiKey !== undefined && { apiKey: { value: entry.apiKey, place: `${configPath}.apiKey` } }),
    customHeaders: {
      ...placed(entry.headers, `${configPath}.headers`),
      ...placed(entry.request?.headers, `${configPath}.request.headers`),
    },
    ...(entry.params && { params: entry.params }),
    ...((proxy || tls) && { request: { ...(proxy && { proxy }), ...(tls && { tls }) } }),
  };
  const speaker = speaking(merged, entry.api, `${configPath}.api`);
  return authorisedBy(speaker, entry, configPath);
}

/** The provider as one of its configured models departs from it. */
export function forModel(provider: KnownProvider, model: string | undefined): KnownProvider {
  const index = provider.models.findIndex(({ id }) => id === model);
  const entry = provider.models[index];
  if (!entry) return provider;
  const path = `${provider.configPath}.models.${index}`;
  const speaker = entry.api === undefined ? provider : speaking(provider, entry.api, `${path}.api`);
  const quirks = quirksOf(entry);
  return {
    ...speaker,
    ...(entry.baseUrl !== undefined && { baseUrl: entry.baseUrl, hasOwnBaseUrl: true }),
    ...(entry.headers && { customHeaders: { ...speaker.customHeaders, ...placed(entry.headers, `${path}.headers`) } }),
    ...(quirks && speaker.text && { text: { ...speaker.text, quirks: { ...speaker.text.quirks, ...quirks } } }),
  };
}

/** Gives the provider the wire that the config names; chat completions when nothing does. */
function speaking(provider: KnownProvider, api: string | undefined, place: string): KnownProvider {
  const isKnown = (name: string): name is keyof typeof APIS => Object.hasOwn(APIS, name);
  if (api !== undefined && !isKnown(api)) {
    const problem = `${place}: expected one of ${Object.keys(APIS).join(", ")}, received "${api}".`;
    const hint = "It is the wire that the server speaks: leave it out for chat completions.";
    return { ...provider, problem: invalidConfig(provider.configFile ?? "", problem, hint) };
  }
  // It makes pictures or speaks, and has no text: a base URL in the config does not change that.
  const { text, image, speech, transcription } = provider;
  if (api === undefined && !text && (image || speech || transcription)) return provider;
  const protocol = api ? APIS[api] : (provider.text?.protocol ?? "openai-chat");
  if (protocol === provider.text?.protocol) return api === undefined ? provider : withoutWires(provider);
  const { defaultModel } = provider.text ?? {};
  const { scheme: _, ...plain } = provider;
  const spoken = { protocol, ...(defaultModel && { defaultModel }) };
  if (isProcess(protocol)) return { ...plain, text: spoken };
  const scheme = CUSTOM_SCHEMES[protocol];
  return { ...plain, text: spoken, auth: CUSTOM_AUTH[protocol] ?? [], ...(scheme && { scheme }) };
}

/** A wire that the config names is every model's. */
function withoutWires(provider: KnownProvider): KnownProvider {
  if (!provider.text?.wires) return provider;
  const { wires: _, ...text } = provider.text;
  return { ...provider, text };
}

/** `authHeader` and `request.auth` say how the key travels; the latter brings one of its own. */
function authorisedBy(
  provider: KnownProvider,
  { authHeader, request }: ConfiguredProvider,
  configPath: string,
): KnownProvider {
  const { auth } = request ?? {};
  const place = `${configPath}.request.auth`;
  const by = (form: AuthForm, value: SecretValue, member: string): KnownProvider => {
    const { scheme: _, ...plain } = provider;
    return { ...plain, auth: [form], apiKey: { value, place: `${place}.${member}` } };
  };
  if (auth?.mode === "authorization-bearer") return by(BEARER, auth.token, "token");
  if (auth?.mode === "header") {
    const header = auth.headerName.toLowerCase();
    return by({ header, ...(auth.prefix !== undefined && { prefix: auth.prefix }) }, auth.value, "value");
  }
  return authHeader ? { ...provider, auth: [BEARER] } : provider;
}

const BEARER: AuthForm = { header: "authorization", prefix: "Bearer " };

function quirksOf({ compat }: ConfiguredModel): TextQuirks | undefined {
  if (!compat) return undefined;
  const { maxTokensField, thinkingFormat, requiresStringContent, supportsUsageInStreaming } = compat;
  const thinking = thinkingFormat === undefined ? undefined : THINKING_FORMATS[thinkingFormat];
  return {
    ...(maxTokensField && { maxTokensField }),
    ...(thinking && { thinking }),
    ...(compat.supportsReasoningEffort === false && !thinking && { thinking: {} }),
    ...(requiresStringContent !== undefined && { stringContent: requiresStringContent }),
    ...(supportsUsageInStreaming !== undefined && { streamOptions: supportsUsageInStreaming }),
  };
}

function placed(
  headers: Readonly<Record<string, SecretValue>> | undefined,
  place: string,
): Record<string, { value: SecretValue; place: string }> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, { value, place: `${place}.${name}` }]));
}
