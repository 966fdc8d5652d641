import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute } from "./image-wire.ts";
import { readOpenaiImages } from "./openai-images.ts";
import { inlinePicture, pictureRequest, unsentHints } from "./picture.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /images/generations` and `/images/edits` in xAI's way: shapes instead of sizes, and JSON for edits, too. */
export const xaiImages: ImageProtocol = { build, read: readOpenaiImages };

function build({ prompt, inputs, count, hints }: ImageRequest, { model, baseUrl }: ImageRoute): BuiltImages {
  const body = {
    model,
    prompt,
    n: count,
    // Otherwise the answer is an address that is there for a while only.
    response_format: "b64_json",
    ...defined({ aspect_ratio: hints.aspectRatio, resolution: hints.resolution?.toLowerCase() }),
  };
  const ignored = unsentHints(hints, ["aspectRatio", "resolution"]);
  const [first, ...others] = inputs.map((image) => ({ url: inlinePicture(image), type: "image_url" }));
  if (!first) return { request: jsonRequest(endpoint(baseUrl, "/images/generations"), body), ignored };
  // One input has a member of its own.
  const sources = others.length === 0 ? { image: first } : { images: [first, ...others] };
  return { request: pictureRequest(endpoint(baseUrl, "/images/edits"), { ...body, ...sources }), ignored };
}
