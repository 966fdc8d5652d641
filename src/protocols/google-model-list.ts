import * as v from "valibot";
import type { HttpRequest } from "../http/client.ts";
import {
  entries,
  flag,
  get,
  isNamedForOther,
  type ListedModel,
  list,
  type ModelList,
  type ModelPage,
  modelId,
  noList,
  PAGE_SIZE,
  parse,
  plainName,
  tokens,
  word,
  words,
} from "./listed-model.ts";
import { defined, endpoint } from "./wire.ts";

/** Gemini's own list, and Vertex AI's. */
export const googleModels: ModelList = {
  request(baseUrl, page) {
    const onVertex = vertexRequest(baseUrl, page);
    if (onVertex) return onVertex;
    const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), ...defined({ pageToken: page }) });
    return get(endpoint(baseUrl, `/models?${query}`));
  },
  read: readGoogle,
};

/** https://ai.google.dev/api/models; on Vertex AI they are `publisherModels`, of which little is told. */
const googlePage = v.object({ models: list, publisherModels: list, nextPageToken: word });
const googleModel = v.object({
  name: v.string(),
  displayName: word,
  inputTokenLimit: tokens,
  outputTokenLimit: tokens,
  supportedGenerationMethods: words,
  thinking: flag,
});

const VERTEX = /^(.*?)\/v\d\w*\/(?:projects\/[^/]+\/locations\/[^/]+\/)?(publishers\/[\w-]+)\/*$/;

/**
 * Vertex AI lists a publisher's models for everybody, outside of any project, and in this version alone.
 * https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models/list
 */
export function vertexRequest(baseUrl: string, page: string | undefined): HttpRequest | undefined {
  const [, origin, publisher] = VERTEX.exec(baseUrl) ?? [];
  if (publisher === undefined) return undefined;
  const query = new URLSearchParams({ pageSize: "100", ...defined({ pageToken: page }) });
  return get(`${origin}/v1beta1/${publisher}/models?${query}`);
}

export function isVertex(json: unknown): boolean {
  return typeof json === "object" && json !== null && "publisherModels" in json;
}

function readGoogle(json: unknown): ModelPage {
  const { models, publisherModels, nextPageToken } = parse(googlePage, json);
  const listed = models ?? publisherModels;
  // A page without a single model has no member for them.
  if (!listed && Object.keys(json ?? {}).length > 0) throw noList();
  return { models: entries(googleModel, listed ?? [], fromGoogle), ...defined({ next: nextPageToken }) };
}

function fromGoogle(told: v.InferOutput<typeof googleModel>): ListedModel | null {
  // `models/gemini-…`, `publishers/google/models/gemini-…`; the folder of a tuned model is part of its name.
  const known = v.safeParse(modelId, told.name.replace(/^(?!tunedModels\/).*models\//, ""));
  if (!known.success) return null;
  const { supportedGenerationMethods: methods, displayName: name } = told;
  const silent = methods ? !methods.includes("generateContent") : isNamedForOther(known.output);
  return {
    id: known.output,
    ...defined({ contextWindow: told.inputTokenLimit, maxTokens: told.outputTokenLimit, reasoning: told.thinking }),
    ...(name !== undefined && { name: plainName(name) }),
    // A Gemini that only speaks is asked with generateContent, too.
    ...((silent || /-tts\b/.test(known.output)) && { notText: true }),
  };
}
