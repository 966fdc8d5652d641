import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { unsentHints } from "./picture.ts";
import { readVydra, vydraModelUrl } from "./vydra-answer.ts";
import { jsonRequest } from "./wire.ts";

/** `POST /models/<model>`, and `GET /jobs/<id>` until there is a picture: Vydra's own wire, as OpenClaw speaks it. */
export const vydraImages: ImageProtocol = { job: true, build, read };

function build({ prompt, hints }: ImageRequest, { baseUrl, model }: ImageRoute): BuiltImages {
  const url = vydraModelUrl(baseUrl, model);
  return { request: jsonRequest(url, { prompt, model: "text-to-image" }), ignored: unsentHints(hints, []) };
}

function read(json: unknown, { baseUrl }: ImageRoute, from: URL): ImageStep {
  const answer = readVydra(json, { baseUrl, from, kind: "image", what: "a picture" });
  if (!("urls" in answer)) return answer;
  const [url] = answer.urls;
  return { pictures: url === undefined ? [] : [{ url }] };
}
