import type { Usage } from "./envelope.ts";

/** Of several requests that are told as one. */
export function addUsage(one: Usage | undefined, other: Usage): Usage {
  const total: Usage = { ...one };
  for (const [name, amount] of Object.entries(other) as [keyof Usage, number][]) {
    total[name] = (total[name] ?? 0) + amount;
  }
  return total;
}
