import additions from "./additions.json";
import models from "./models.json";

/** One model as the catalog knows it. */
export interface CatalogModel {
  id: string;
  name?: string;
  provider: string;
  /** Tokens. */
  contextWindow?: number;
  reasoning?: boolean;
  input?: string[];
}

/**
 * How old the compiled-in list is. `models.json` is OpenClaw 2026.5.2's, as its `model list` printed it on that day;
 * `additions.json` has what OpenClaw 2026.5.31 names as default models and examples beside it, by id alone: no more is
 * known of them.
 */
export const CATALOG_DATE = { version: "2026.5.2", listed: "2026-11-22", additions: "2026.5.31" } as const;

/** All of it, the providers one after the other. */
export function catalogModels(): readonly CatalogModel[] {
  return [...models, ...additions];
}

/** One model, by any of its provider's names. */
export function findModel(provider: string | readonly string[], id: string): CatalogModel | undefined {
  const names = typeof provider === "string" ? [provider] : provider;
  const fits = (model: CatalogModel): boolean => model.id === id && names.includes(model.provider);
  return models.find(fits) ?? additions.find(fits);
}
