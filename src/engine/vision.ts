import { visionModels } from "../config/agent.ts";
import type { LoadedConfig } from "../config/file.ts";
import { VISION_SERVICES } from "../providers/vision.ts";
import type { Candidate } from "./candidates.ts";
import type { KnownProvider } from "./directory.ts";
import { seesPictures } from "./known-model.ts";
import { type MediaRules, mediaAddress, mediaEntries, mediaModel, mediaTerms } from "./media-choice.ts";
import type { Chooser, Specialist } from "./specialist.ts";
import { withTerms } from "./with-terms.ts";

/** How backends that describe pictures are chosen. */
export function visionSpecialist(loaded: LoadedConfig): Specialist {
  return {
    configured: (chooser) => configuredVision(chooser, loaded),
    at: (provider, model) =>
      provider.vision ? atVision(mediaAddress(provider, model, loaded, PICTURES), model) : provider,
    defaultModel: async (provider) => mediaModel(provider, await visionDefault(provider), loaded, PICTURES),
    inOrder: inOrderOfVision,
    onTerms: (candidate, named) => (named ? candidate : onTerms(candidate, loaded)),
  };
}

const PICTURES: MediaRules = { kind: "image", isKnown: (id) => Object.hasOwn(VISION_SERVICES, id) };

/**
 * The entries of the config; without any, `agents.defaults.imageModel`, then the default model when it is known to see.
 */
async function configuredVision(chooser: Chooser, loaded: LoadedConfig): Promise<Candidate[]> {
  const entries = await mediaEntries(chooser, loaded, PICTURES);
  if (entries.length > 0) return entries;
  const candidates: Candidate[] = [];
  const { refs, place, mustSee } = visionModels(loaded);
  for (const ref of refs) {
    const isFirst = candidates.length === 0;
    const candidate = await chooser.configured(ref, `${place} in ${loaded.path}`, isFirst ? undefined : "later");
    if (!mustSee || (await seesPictures(candidate.provider, candidate.model))) candidates.push(candidate);
  }
  return candidates.map((candidate) => withTerms(candidate, (one) => onTerms(one, loaded)));
}

function onTerms(candidate: Candidate, loaded: LoadedConfig): Candidate {
  return { ...candidate, media: mediaTerms(loaded, "image", candidate.provider) };
}

/** Who is asked first to describe a picture: whom the config has a seeing model for, then as the table has them. */
function inOrderOfVision(providers: readonly KnownProvider[]): KnownProvider[] {
  const order = Object.keys(VISION_SERVICES);
  const rank = ({ id, configPath, models }: KnownProvider): number => {
    const place = order.indexOf(id);
    const isConfigured = configPath !== undefined && (place !== -1 || models.some(sees));
    return isConfigured ? -1 : place === -1 ? order.length : place;
  };
  return providers.toSorted((a, b) => rank(a) - rank(b));
}

/** The model that describes pictures when the provider alone is named: the config's, the table's, or the one for text. */
export async function visionDefault(provider: KnownProvider): Promise<string | undefined> {
  const { vision, text, models } = provider;
  // What the config says of MiniMax's chat models is out of date: OpenClaw never asks them.
  const configured = vision?.wires?.some(({ protocol }) => protocol !== "text") ? undefined : models.find(sees)?.id;
  const known = configured ?? vision?.defaultModel;
  if (known !== undefined) return known;
  const forText = text?.defaultModel;
  return forText !== undefined && (await seesPictures(provider, forText)) ? forText : undefined;
}

/** The provider as its seeing model departs from it. */
function atVision(provider: KnownProvider, model: string | undefined): KnownProvider {
  const { vision, hasOwnBaseUrl, isMoved } = provider;
  const baseUrl = visionWire(provider, model ?? "")?.baseUrl;
  return !vision || baseUrl === undefined || hasOwnBaseUrl || isMoved ? provider : { ...provider, baseUrl };
}

/** What is special about asking this model, if anything. */
export function visionWire({ vision }: KnownProvider, model: string) {
  return vision?.wires?.find((wire) => wire.model.test(model));
}

function sees({ input }: KnownProvider["models"][number]): boolean {
  return input?.includes("image") ?? false;
}
