import { loadConfig } from "../config/file.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { configuredBy } from "../engine/candidates.ts";
import { isOfUse, type KnownProvider, knownProviders } from "../engine/directory.ts";
import { Keyring } from "../engine/keyring.ts";
import type { ImageLimits } from "../protocols/image-wire.ts";
import type { ImageService } from "../providers/types.ts";
import { columns } from "./columns.ts";
import { firstReady } from "./selected.ts";

/** `infer image providers`: OpenClaw's list, with what each can make. */
export async function providers(context: Context): Promise<Result> {
  const keyring = new Keyring(context, await loadConfig(context));
  const { id: first, ready } = await firstReady(keyring, "image", isByItself);
  const selected = ready ? first : undefined;
  const value = [];
  for (const provider of knownProviders(keyring.loaded).filter(isOfUse).toSorted(byId)) {
    const { id, name, image } = provider;
    if (!image) continue;
    value.push({
      available: true,
      configured: id === selected || (await configuredBy(provider, keyring)) !== null,
      selected: id === selected,
      id,
      label: image.label ?? name,
      defaultModel: image.defaultModel ?? null,
      models: image.knownModels ?? [],
      capabilities: capabilitiesOf(image),
    });
  }
  const rows = value.map(({ id, configured, selected: isSelected, defaultModel, capabilities }) => [
    id,
    isSelected ? "selected" : configured ? "configured" : "-",
    capabilities.edit.enabled ? "generate, edit" : "generate",
    defaultModel ?? "-",
  ]);
  return { kind: "inventory", value, text: columns(rows) };
}

/** Whether it can be chosen without a model: a deployment of the user's own has to be named. */
export function isByItself({ image }: KnownProvider): boolean {
  return image?.defaultModel !== undefined;
}

function capabilitiesOf({ limits }: ImageService) {
  const { maxCount, edit, sizes, aspectRatios, resolutions, outputFormats, qualities, backgrounds } = limits;
  const geometry = present({ sizes, aspectRatios, resolutions });
  const output = present({ formats: outputFormats, qualities, backgrounds });
  return {
    generate: { maxCount, ...shapesOf(limits) },
    edit: {
      enabled: edit !== undefined,
      maxCount: edit?.maxCount ?? maxCount,
      maxInputImages: edit?.maxInputImages ?? 0,
      ...shapesOf(limits),
      ...(edit?.keepsShape && { supportsAspectRatio: false }),
    },
    ...(Object.keys(geometry).length > 0 && { geometry }),
    ...(Object.keys(output).length > 0 && { output }),
  };
}

function shapesOf({ sizes, aspectRatios, resolutions }: ImageLimits) {
  return {
    supportsSize: (sizes ?? []).length > 0,
    supportsAspectRatio: (aspectRatios ?? []).length > 0,
    supportsResolution: (resolutions ?? []).length > 0,
  };
}

function present(lists: Record<string, readonly string[] | undefined>): Record<string, readonly string[]> {
  const entries = Object.entries(lists).filter((entry): entry is [string, readonly string[]] => {
    return entry[1] !== undefined && entry[1].length > 0;
  });
  return Object.fromEntries(entries);
}

function byId(a: KnownProvider, b: KnownProvider): number {
  return a.id < b.id ? -1 : 1;
}
