import type { IgnoredOverride } from "../core/envelope.ts";
import {
  extentOf,
  nearestRatio,
  nearestResolution,
  nearestSize,
  ratioOf,
  resolutionOf,
  type WantedSize,
} from "../protocols/geometry.ts";
import type { ImageHints, ImageLimits } from "../protocols/image-wire.ts";

export interface UsableHints {
  /** What can be sent. */
  hints: ImageHints;
  /** What is not asked for as it was given: left out, or replaced. */
  ignored: IgnoredOverride[];
  /** Of these, what is asked for by the nearest that there is: `{key: "size", value: "800x600", by: "1024x1024"}`. */
  replaced: { key: keyof ImageHints; value: string; by: string }[];
}

/** What a model takes of what is asked for. */
export function usableHints(asked: ImageHints, limits: ImageLimits): UsableHints {
  const usable: UsableHints = { hints: { ...asked }, ignored: [], replaced: [] };
  const { hints } = usable;
  // No size and no shape at all.
  if (hints.size !== undefined && !extentOf(hints.size)) drop(usable, "size");
  if (hints.aspectRatio !== undefined && ratioOf(hints.aspectRatio) === undefined) drop(usable, "aspectRatio");
  if (limits.aspectRatios?.length) fitShape(usable, limits);
  else fitSize(usable, limits.sizes ?? []);
  const { qualities, outputFormats, backgrounds } = limits;
  const known = { quality: qualities, outputFormat: outputFormats, background: backgrounds } as const;
  for (const [key, values] of Object.entries(known) as [keyof typeof known, readonly string[] | undefined][]) {
    const value = hints[key];
    if (value !== undefined && !values?.includes(value)) drop(usable, key);
  }
  return usable;
}

/** A model that is told a shape, and how fine. One that takes sizes as well is told by its wire what a size means. */
function fitShape(usable: UsableHints, limits: ImageLimits): void {
  const { sizes = [], anySize = false, aspectRatios = [], resolutions = [] } = limits;
  const { hints } = usable;
  const { size, aspectRatio, resolution } = hints;
  const isSized = anySize && sizes.length > 0;
  const extent = size === undefined || isSized ? undefined : extentOf(size);
  if (aspectRatio !== undefined && !aspectRatios.includes(aspectRatio)) {
    const by = nearestRatio(aspectRatios, ratioOf(aspectRatio) ?? 1) ?? aspectRatio;
    replace(usable, "aspectRatio", aspectRatio, by);
    hints.aspectRatio = by;
  }
  if (resolution !== undefined && !resolutions.includes(resolution)) {
    const by = nearestResolution(resolutions, resolution);
    if (by) {
      replace(usable, "resolution", resolution, by);
      hints.resolution = by;
    } else drop(usable, "resolution");
  }
  if (!extent) return;
  // Two shapes at once: the one that was called so.
  if (aspectRatio !== undefined) {
    drop(usable, "size");
    return;
  }
  const ratio = extent.width / extent.height;
  const nearest = nearestRatio(aspectRatios, ratio);
  const fine = resolution ?? nearestResolution(resolutions, resolutionOf(extent));
  // A model that is said to take sizes: its wire tells what this one means, and only another shape is another picture.
  if (sizes.length > 0) {
    if (!isShape(ratioOf(nearest ?? "") ?? 0, ratio)) replace(usable, "size", size ?? "", nearest ?? "");
    return;
  }
  hints.aspectRatio = nearest;
  hints.resolution = fine;
  replace(usable, "size", size ?? "", [nearest, fine].filter((word) => word !== undefined).join(", "));
  delete hints.size;
}

/** A model that is told a size, of the ones it has. */
function fitSize(usable: UsableHints, sizes: readonly string[]): void {
  const { hints } = usable;
  const { size, aspectRatio, resolution } = hints;
  const extent = size === undefined ? undefined : extentOf(size);
  const ratio = aspectRatio === undefined ? undefined : ratioOf(aspectRatio);
  const wanted: WantedSize = extent
    ? { ratio: extent.width / extent.height, area: extent.width * extent.height }
    : { ratio, resolution };
  const isAsked = extent ?? ratio ?? resolution;
  const best = isAsked === undefined ? undefined : nearestSize(sizes, wanted);
  const made = best === undefined ? undefined : extentOf(best);
  if (!best || !made || extent) {
    if (!best) drop(usable, "size");
    drop(usable, "aspectRatio");
    drop(usable, "resolution");
    if (best && size !== undefined && best !== size) replace(usable, "size", size, best);
  } else {
    // What the size is not, it was not asked for.
    if (resolution !== undefined && resolutionOf(made) !== resolution) drop(usable, "resolution");
    if (ratio !== undefined && !isShape(made.width / made.height, ratio)) {
      replace(usable, "aspectRatio", aspectRatio ?? "", best);
    }
    delete hints.aspectRatio;
    delete hints.resolution;
  }
  if (best) hints.size = best;
}

/** Within what rounding to whole pixels makes of it. */
function isShape(one: number, other: number): boolean {
  return Math.abs(Math.log(one / other)) < 0.02;
}

function replace({ ignored, replaced }: UsableHints, key: keyof ImageHints, value: string, by: string): void {
  ignored.push({ key, value });
  replaced.push({ key, value, by });
}

function drop({ hints, ignored }: UsableHints, key: keyof ImageHints): void {
  const value = hints[key];
  if (value === undefined) return;
  ignored.push({ key, value });
  delete hints[key];
}
