/** `1536x1024` */
export interface Extent {
  width: number;
  height: number;
}

export type Resolution = "1K" | "2K" | "4K";

/** Pixels of the longer edge. */
export const EDGES: Readonly<Record<Resolution, number>> = { "1K": 1024, "2K": 2048, "4K": 4096 };

export function extentOf(size: string): Extent | undefined {
  const [, width = 0, height = 0] = (/^\s*(\d{1,6})\s*x\s*(\d{1,6})\s*$/i.exec(size) ?? []).map(Number);
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** Width by height: of `16:9`, and of `2.35:1`. */
export function ratioOf(shape: string): number | undefined {
  const number = "(\\d{1,4}(?:\\.\\d{1,4})?)";
  const [, width = 0, height = 0] = (new RegExp(`^\\s*${number}\\s*:\\s*${number}\\s*$`).exec(shape) ?? []).map(Number);
  return width > 0 && height > 0 ? width / height : undefined;
}

/** Where OpenClaw draws the lines for a size that is to be told as a resolution. */
export function resolutionOf({ width, height }: Extent): Resolution {
  const edge = Math.max(width, height);
  return edge >= 3072 ? "4K" : edge >= 1536 ? "2K" : "1K";
}

export function nearestRatio(ratios: readonly string[], wanted: number): string | undefined {
  return nearest(ratios, (shape) => {
    const ratio = ratioOf(shape);
    return ratio === undefined ? undefined : [distance(ratio, wanted)];
  });
}

export function nearestResolution<R extends Resolution>(resolutions: readonly R[], wanted: Resolution): R | undefined {
  return nearest(resolutions, (resolution) => [distance(EDGES[resolution], EDGES[wanted])]);
}

/** What a size is to be like: the shape counts most, then how large it is; without either, the smaller and squarer. */
export interface WantedSize {
  ratio?: number | undefined;
  area?: number | undefined;
  resolution?: Resolution | undefined;
}

export function nearestSize(sizes: readonly string[], { ratio, area, resolution }: WantedSize): string | undefined {
  return nearest(sizes, (size) => {
    const extent = extentOf(size);
    if (!extent) return undefined;
    const { width, height } = extent;
    const own = { ratio: width / height, area: width * height, edge: Math.max(width, height) };
    return [
      ratio === undefined ? 0 : distance(own.ratio, ratio),
      resolution === undefined ? 0 : distance(own.edge, EDGES[resolution]),
      ratio === undefined ? distance(own.ratio, 1) : 0,
      area === undefined ? own.area : distance(own.area, area),
    ];
  });
}

/** The one with the least score, its first member counting most; of equal ones, the first. */
function nearest<T>(candidates: readonly T[], scoreOf: (candidate: T) => readonly number[] | undefined): T | undefined {
  let best: { candidate: T; score: readonly number[] } | undefined;
  for (const candidate of candidates) {
    const score = scoreOf(candidate);
    if (score && (!best || isLess(score, best.score))) best = { candidate, score };
  }
  return best?.candidate;
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((value, index) => Math.abs(value - (other[index] ?? 0)) > 1e-9);
  return at !== -1 && (one[at] ?? 0) < (other[at] ?? 0);
}

/** Twice as large is as far as half as large. */
function distance(one: number, other: number): number {
  return Math.abs(Math.log(one / other));
}
