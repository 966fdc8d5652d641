import * as v from "valibot";
import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { parseMessage, text } from "./message.ts";
import { TEXT_PATH } from "./minimax-vlm.ts";
import { inlinePicture, pictureRequest, readPicture, unsentHints } from "./picture.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /v1/image_generation`: MiniMax's own wire for pictures. */
export const minimaxImages: ImageProtocol = { build, read };

function build({ prompt, inputs, count: n, hints }: ImageRequest, { model, baseUrl }: ImageRoute): BuiltImages {
  const body = {
    model,
    prompt,
    // Otherwise the answer is addresses that are there for a day.
    response_format: "base64",
    n,
    ...defined({ aspect_ratio: hints.aspectRatio }),
  };
  const url = endpoint(baseUrl, "/v1/image_generation", TEXT_PATH);
  const ignored = unsentHints(hints, ["aspectRatio"]);
  if (inputs.length === 0) return { request: jsonRequest(url, body), ignored };
  // The one type there is: https://platform.minimax.io/docs/api-reference/image-generation-i2i
  const subject_reference = inputs.map((image) => ({ type: "character", image_file: inlinePicture(image) }));
  return { request: pictureRequest(url, { ...body, subject_reference }), ignored };
}

const answer = v.object({
  data: v.nullish(v.object({ image_base64: v.nullish(v.array(text)), image_urls: v.nullish(v.array(text)) })),
  // Counts are numbers in the documentation, and text in answers.
  metadata: v.nullish(v.object({ failed_count: v.nullish(v.union([v.number(), v.string()])) })),
  base_resp: v.nullish(v.object({ status_code: v.nullish(v.number()), status_msg: text })),
});

function read(json: unknown): ImageStep {
  const { data, metadata, base_resp } = parseMessage(answer, json);
  // An error comes inside a 200; `failure.ts` knows its numbers.
  if (base_resp?.status_code) return { failure: base_resp };
  const pictures = [...(data?.image_base64 ?? []), ...(data?.image_urls ?? [])].flatMap((value) =>
    value ? [readPicture(value)] : [],
  );
  const failed = Number(metadata?.failed_count ?? 0);
  if (pictures.length > 0 || !(failed > 0)) return { pictures };
  // "The number of images blocked due to content safety checks", in the same documentation.
  return { pictures, refusal: `${failed} of the pictures did not pass MiniMax's check of contents.` };
}
