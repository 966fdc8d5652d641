import { type KnownProvider, namesOf } from "./directory.ts";

/** What is known of a model before it is asked; a member is absent where nobody told. */
export interface ModelFacts {
  input?: readonly string[];
  reasoning?: boolean;
  /** Longest answer, in tokens. */
  maxTokens?: number;
}

/** The config's word on a model, and the catalog's where it has none. */
export async function modelFacts(provider: KnownProvider, model: string | null): Promise<ModelFacts> {
  const told = provider.models.find(({ id }) => id === model);
  const { findModel } = await import("../catalog/index.ts");
  const listed = findModel(namesOf(provider), model ?? "");
  const input = told?.input ?? listed?.input;
  const reasoning = told?.reasoning ?? listed?.reasoning;
  return {
    ...(input && { input }),
    ...(reasoning !== undefined && { reasoning }),
    ...(told?.maxTokens !== undefined && { maxTokens: told.maxTokens }),
  };
}

/** Whether a model takes pictures; `undefined` where nobody told. */
export async function seesPictures(provider: KnownProvider, model: string | null): Promise<boolean | undefined> {
  const { input } = await modelFacts(provider, model);
  return input?.includes("image");
}
