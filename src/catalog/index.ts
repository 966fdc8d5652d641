import models from "./models.json";

/** One model as the catalog knows it. */
interface CatalogModel {
  id: string;
  name: string;
  provider: string;
  /** Tokens. */
  contextWindow?: number;
  reasoning: boolean;
  input: string[];
}

/** The compiled-in list: OpenClaw 2026.5.2's, as `model list` printed it on 22 November 2026. */
export function findModel(provider: string, id: string): CatalogModel | undefined {
  return (models as CatalogModel[]).find((model) => model.provider === provider && model.id === id);
}
