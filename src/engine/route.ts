import type { Session } from "../auth/scheme.ts";
import { unsetVariable } from "../config/variables.ts";
import { InferError } from "../core/error.ts";
import { webUrl } from "../http/client.ts";
import type { ImageRoute } from "../protocols/image-wire.ts";
import type { ImageProtocolId, TextProtocolId } from "../protocols/index.ts";
import type { SpeechRoute } from "../protocols/speech-wire.ts";
import type { TranscriptionRoute } from "../protocols/transcription-wire.ts";
import { endpoint, type Route } from "../protocols/wire.ts";
import type { ProcessProtocolId, TextService } from "../providers/types.ts";
import type { Candidate } from "./candidates.ts";
import type { KnownProvider } from "./directory.ts";

/** The user's own parts of an address: `{region: "eu-west-1"}`. */
export type Settings = Readonly<Record<string, string>>;

interface TextRoute {
  protocol: TextProtocolId;
  route: Route;
  settings: Settings;
}

/** Where and how to call a candidate's model. */
export function textRoute(candidate: Candidate, session: Session = {}): TextRoute {
  const { provider, model } = candidate;
  const { text } = provider;
  if (!text || model === null || isProcess(text.protocol)) throw new Error(`${provider.id} has no text route`);
  const vendor = vendorModel(model, text);
  const configured = provider.models.find(({ id }) => id === model);
  const wire = text.wires?.find((one) => one.model.test(vendor));
  const settings = settingsOf(provider, vendor, session);
  return {
    protocol: wire?.protocol ?? text.protocol,
    route: {
      model: vendor,
      baseUrl: baseUrlOf(provider, session, settings, wire?.baseUrl),
      quirks: { ...text.quirks, ...wire?.quirks },
      maxTokens: configured?.maxTokens,
      project: settings.project,
    },
    settings,
  };
}

interface PictureRoute {
  protocol: ImageProtocolId;
  route: ImageRoute;
  settings: Settings;
}

/** The same for pictures. */
export function imageRoute(candidate: Candidate, session: Session = {}): PictureRoute {
  const { provider, model } = candidate;
  const { image } = provider;
  if (!image || model === null) throw new Error(`${provider.id} has no image route`);
  const settings = settingsOf(provider, model, session);
  const special = image.modelLimits?.find((one) => one.model.test(model))?.limits;
  return {
    protocol: image.protocol,
    route: {
      model,
      baseUrl: baseUrlOf(provider, session, settings, image.baseUrl),
      limits: { ...image.limits, ...special },
      ...(image.quirks && { quirks: image.quirks }),
      params: { ...provider.params, ...settings },
    },
    settings,
  };
}

/** The same for speech. */
export function speechRoute(candidate: Candidate, session: Session = {}): { route: SpeechRoute; settings: Settings } {
  const { provider, model } = candidate;
  const { speech } = provider;
  if (!speech) throw new Error(`${provider.id} has no speech route`);
  const settings = settingsOf(provider, model ?? "", session);
  const baseUrl = baseUrlOf(provider, session, settings);
  return { route: { model, baseUrl, ...(speech.quirks && { quirks: speech.quirks }) }, settings };
}

/** The same for recordings. */
export function transcriptionRoute(
  candidate: Candidate,
  session: Session = {},
): { route: TranscriptionRoute; settings: Settings } {
  const { provider, model, media } = candidate;
  const { transcription } = provider;
  if (!transcription || model === null) throw new Error(`${provider.id} has no transcription route`);
  const settings = settingsOf(provider, model, session);
  const baseUrl = baseUrlOf(provider, session, settings);
  const { quirks } = transcription;
  return { route: { model, baseUrl, ...(quirks && { quirks }), options: media?.options ?? {} }, settings };
}

/** The wire of a candidate's text; `undefined` where a program of the user's own is asked. */
export function textProtocolOf({ provider: { text }, model }: Candidate): TextProtocolId | undefined {
  if (!text || model === null || isProcess(text.protocol)) return undefined;
  const vendor = vendorModel(model, text);
  return text.wires?.find((one) => one.model.test(vendor))?.protocol ?? text.protocol;
}

/** Whether text comes through a program of the user's own. */
export function isProcess(protocol: TextProtocolId | ProcessProtocolId): protocol is ProcessProtocolId {
  return protocol === "codex-app-server";
}

function vendorModel(model: string, { bareModelPrefix, modelAliases, modelRewrites }: TextService): string {
  const known = modelAliases && Object.hasOwn(modelAliases, model) ? (modelAliases[model] ?? model) : model;
  const rewrite = modelRewrites?.find(({ id }) => id.test(known));
  const written = rewrite ? known.replace(rewrite.id, rewrite.by) : known;
  return bareModelPrefix && !written.includes("/") ? bareModelPrefix + written : written;
}

/** The address with every part filled in; a part that nothing tells is a usage error. */
export function baseUrlOf(
  provider: KnownProvider,
  session: Session,
  settings: Settings = settingsOf(provider, "", session),
  ofWire?: string,
): string {
  if (provider.hasOwnBaseUrl) {
    const place = `${provider.configPath}.baseUrl`;
    const unset = unsetVariable(provider, provider.baseUrl);
    if (unset) throw new InferError("usage", `${place} names the variable ${unset}, which is not set.`);
    // Not quoted: a name and a password may stand in it.
    if (!webUrl(provider.baseUrl)) {
      const hint = "Write it with its scheme: https://host/path";
      throw new InferError("usage", `${place}: expected an http(s) URL.`, { hint });
    }
    return versioned(provider);
  }
  const special = Object.entries(provider.settings ?? {}).flatMap(([name, { baseUrls }]) => {
    const value = settings[name];
    return value !== undefined && baseUrls && Object.hasOwn(baseUrls, value) ? (baseUrls[value] ?? []) : [];
  });
  const own = provider.isMoved ? provider.baseUrl : (ofWire ?? provider.baseUrl);
  const template = session.baseUrl ?? special[0] ?? own;
  if (template === "") throw new InferError("usage", `models.providers.${provider.id}.baseUrl is missing.`);
  return template.replace(/\{(\w+)\}/g, (_, name: string) => settings[name] ?? missing(provider, name));
}

/** One with a version in it (a proxy's, say) is left alone. */
function versioned({ baseUrl, version }: KnownProvider): string {
  return version === undefined || /\/v\d\w*\/*(?:\?|$)/.test(baseUrl) ? baseUrl : endpoint(baseUrl, version);
}

/** Whatever else stood in it would lead to another host, and the credential with it. */
const HOST_PART = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/** Nearest first: the model's own word, the config, the environment, the credential's files, the row's default. */
export function settingsOf(provider: KnownProvider, model: string, session: Session): Settings {
  const entries = Object.entries(provider.settings ?? {}).flatMap(([name, setting]) => {
    const told = setting.fromModel?.exec(model)?.[1];
    const value = told ?? provider.settingValues?.[name] ?? session.settings?.[name] ?? setting.default;
    const unset = value === undefined ? undefined : unsetVariable(provider, value);
    if (unset) {
      const place = `${provider.configPath}.params.${name}`;
      throw new InferError("usage", `${place} names the variable ${unset}, which is not set.`);
    }
    if (value !== undefined && !HOST_PART.test(value)) {
      throw new InferError(
        "usage",
        `The ${setting.name} for ${provider.name} cannot be part of an address: "${value}".`,
      );
    }
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function missing(provider: KnownProvider, name: string): never {
  const setting = provider.settings?.[name];
  const variables = setting?.env.length ? `set ${setting.env[0]}, or ` : "";
  throw new InferError("usage", `${provider.name} wants to know the ${setting?.name ?? name}.`, {
    hint: `Tell it: ${variables}put params.${name} into models.providers.${provider.id} of the config.`,
  });
}
