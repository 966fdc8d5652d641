import * as v from "valibot";
import type { HttpRequest } from "../http/client.ts";
import { multipart, type Part } from "../http/multipart.ts";
import type { BuiltImages, ImageHints, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { count, parseMessage, text } from "./message.ts";
import { inlinePicture, pictureRequest, readPicture, unsentHints, withUsage } from "./picture.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /images/generations` and `/images/edits`: OpenAI's wire for pictures, and, with fewer members, that of others. */
export const openaiImages: ImageProtocol = {
  reroute: (hints, route) => (hostOf(route) === "api.openai.com" ? withBackground(hints, route) : undefined),
  build,
  read: readOpenaiImages,
};

const MEMBERS: readonly (keyof ImageHints)[] = [
  "size",
  "quality",
  "outputFormat",
  "background",
  "openaiBackground",
  "moderation",
];

/** OpenClaw's; without one the size of DALL·E 2 and of some servers behind this wire would be anybody's guess. */
export const DEFAULT_SIZE = "1024x1024";

function build(request: ImageRequest, route: ImageRoute): BuiltImages {
  const { quirks = {}, model } = route;
  const { takes = MEMBERS } = quirks;
  const told = Object.fromEntries(takes.map((key) => [key, request.hints[key]])) as ImageHints;
  const isAzure = AZURE.test(hostOf(route));
  const fields = {
    // There it is a deployment, which the path names.
    ...(!isAzure && { model }),
    prompt: request.prompt,
    n: request.count,
    size: request.hints.size ?? DEFAULT_SIZE,
    ...defined({
      quality: told.quality,
      output_format: told.outputFormat,
      background: backgroundOf(told),
      moderation: told.moderation,
      response_format: quirks.responseFormat,
    }),
  };
  const action = request.inputs.length > 0 ? "edits" : "generations";
  const path = `/images/${action}`;
  const url = isAzure ? azureEndpoint(route, path) : endpoint(route.baseUrl, path);
  return {
    request: action === "edits" ? editRequest(url, fields, request, route) : jsonRequest(url, fields),
    ignored: unsentHints(request.hints, takes),
  };
}

function hostOf({ baseUrl }: ImageRoute): string {
  return URL.parse(baseUrl)?.hostname ?? "";
}

function editRequest(url: string, fields: object, request: ImageRequest, { quirks = {} }: ImageRoute): HttpRequest {
  const { inputs, mask } = request;
  if (quirks.inputs === "json") {
    return pictureRequest(url, { ...fields, images: inputs.map((image) => ({ image_url: inlinePicture(image) })) });
  }
  // OpenAI's description calls the part `image`; for more than one its guide has `image[]`, as OpenClaw sends it.
  const name = quirks.inputs === "one-file" ? "image" : "image[]";
  const parts: Part[] = [
    ...Object.entries(fields).map(([key, value]) => ({ name: key, value: String(value) })),
    ...inputs.map((input) => ({ name, ...input })),
    ...(mask ? [{ name: "mask", ...mask }] : []),
  ];
  const { contentType, body } = multipart(parts);
  return { method: "POST", url, headers: { "content-type": contentType }, body };
}

/** gpt-image-2 answers 400 to a transparent background; OpenClaw asks the model before it instead. */
export function withBackground(hints: ImageHints, route: ImageRoute): ImageRoute | undefined {
  const { opaque } = route.quirks ?? {};
  if (backgroundOf(hints) !== "transparent" || !opaque?.model.test(route.model)) return undefined;
  return { ...route, model: opaque.instead, limits: { ...route.limits, sizes: opaque.sizes } };
}

/** The flag that names OpenAI is the nearer one. */
export function backgroundOf({ background, openaiBackground }: ImageHints): ImageHints["background"] {
  return openaiBackground ?? background;
}

const AZURE = /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/;
const AZURE_VERSION = "2024-12-01-preview";

/**
 * Azure's deployments, whichever of its addresses the base is. They know dated versions alone: the `v1` of a base for
 * text is not one.
 */
function azureEndpoint({ baseUrl, model, params }: ImageRoute, path: string): string {
  const base = new URL(baseUrl);
  const versions = [base.searchParams.get("api-version"), params.apiVersion];
  const version = versions.find((one) => typeof one === "string" && /^\d{4}-\d\d-\d\d/.test(one)) ?? AZURE_VERSION;
  const root = base.pathname.replace(/\/+$/, "").replace(/(?:\/openai(?:\/.*)?|\/v1)$/, "");
  return `${base.origin}${root}/openai/deployments/${encodeURIComponent(model)}${path}?api-version=${version}`;
}

const answer = v.object({
  data: v.nullish(
    v.array(v.object({ b64_json: text, url: text, revised_prompt: text, respect_moderation: v.nullish(v.boolean()) })),
  ),
  usage: v.nullish(v.object({ input_tokens: count, output_tokens: count, total_tokens: count })),
  block_reason: text,
  error: v.nullish(v.unknown()),
});

/** Also of the dialects: an address instead of the picture, a `data:` URL, xAI's errors and its moderation. */
export function readOpenaiImages(json: unknown): ImageStep {
  const { data, usage, block_reason, error } = parseMessage(answer, json);
  // xAI has the code beside the words.
  if (error) return { failure: typeof error === "string" ? json : error };
  const sent = data ?? [];
  const pictures = sent.flatMap(({ b64_json, url, revised_prompt, respect_moderation }) => {
    const value = b64_json || url;
    return value && respect_moderation !== false ? [readPicture(value, revised_prompt)] : [];
  });
  const blocked = sent.some(({ respect_moderation }) => respect_moderation === false);
  const refusal = block_reason || (blocked ? "The picture did not pass the provider's moderation." : undefined);
  return {
    pictures,
    ...withUsage({
      inputTokens: usage?.input_tokens,
      outputTokens: usage?.output_tokens,
      totalTokens: usage?.total_tokens,
    }),
    ...(refusal && { refusal }),
  };
}
