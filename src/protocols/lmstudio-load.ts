import * as v from "valibot";
import type { HttpRequest } from "../http/client.ts";
import { parseMessage, text } from "./message.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** LM Studio's native API stands beside its OpenAI-compatible one. */
const COMPATIBLE_SIDE = /\/(?:api\/)?v1$/;

/** `GET /api/v1/models`: what is there, and what of it is loaded (LM Studio 0.4 and later). */
export function modelsRequest(baseUrl: string): HttpRequest {
  return { method: "GET", url: endpoint(baseUrl, "/api/v1/models", COMPATIBLE_SIDE), headers: {} };
}

/** `POST /api/v1/models/load`: answers once the model is in memory. */
export function loadRequest(baseUrl: string, model: string, contextLength: number | undefined): HttpRequest {
  const url = endpoint(baseUrl, "/api/v1/models/load", COMPATIBLE_SIDE);
  return jsonRequest(url, { model, ...defined({ context_length: contextLength }) });
}

const models = v.object({
  models: v.array(v.object({ key: text, loaded_instances: v.nullish(v.array(v.object({ id: text }))) })),
});

/** Whether a model is on the server's disk and not in its memory. One that it does not list is the server's business. */
export function needsLoading(json: unknown, model: string): boolean {
  const found = parseMessage(models, json).models.find(({ key, loaded_instances }) => {
    return key === model || loaded_instances?.some(({ id }) => id === model);
  });
  return found !== undefined && (found.loaded_instances ?? []).length === 0;
}
