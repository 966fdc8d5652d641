import * as v from "valibot";
import { Base64Member } from "../http/json-body.ts";
import { extentOf, nearestRatio, resolutionOf } from "./geometry.ts";
import { geminiEndpoint, geminiUsage, usageOfGemini } from "./google-generate-content.ts";
import type { BuiltImages, ImageHints, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { excerpt, parseMessage, text } from "./message.ts";
import { pictureRequest, readPicture, unsentHints } from "./picture.ts";
import { defined, jsonRequest } from "./wire.ts";

/** `POST /models/{model}:generateContent` with pictures in the answer: Gemini's wire for them. */
export const googleImages: ImageProtocol = { build, read };

/** There is no member for the count: an answer has as many pictures as the model likes. */
function build({ prompt, inputs, hints }: ImageRequest, route: ImageRoute): BuiltImages {
  const imageConfig = configOf(hints, route);
  const pictures = inputs.map(({ mimeType, source }) => ({ inlineData: { mimeType, data: new Base64Member(source) } }));
  const body = {
    contents: [{ role: "user", parts: [...pictures, { text: prompt }] }],
    generationConfig: {
      responseModalities: ["TEXT", "IMAGE"],
      ...(Object.keys(imageConfig).length > 0 && { imageConfig }),
    },
  };
  const url = geminiEndpoint(route, "generateContent");
  return {
    request: inputs.length > 0 ? pictureRequest(url, body) : jsonRequest(url, body),
    ignored: unsentHints(hints, ["size", "aspectRatio", "resolution"]),
  };
}

/** Gemini is told a shape and how fine; a size says both, and is held to be less exact than what says one of them. */
function configOf({ size, aspectRatio, resolution }: ImageHints, { limits }: ImageRoute) {
  const extent = size === undefined ? undefined : extentOf(size);
  const fine = extent && resolutionOf(extent);
  const shape = extent && nearestRatio(limits.aspectRatios ?? [], extent.width / extent.height);
  return defined({
    aspectRatio: aspectRatio ?? shape,
    // 1K is what it makes unasked.
    imageSize: resolution ?? (fine && fine !== "1K" && limits.resolutions?.includes(fine) ? fine : undefined),
  });
}

const data = v.nullish(v.object({ data: text }));
const answer = v.object({
  candidates: v.nullish(
    v.array(
      v.object({
        content: v.nullish(
          v.object({
            parts: v.nullish(
              v.array(v.object({ text, thought: v.nullish(v.boolean()), inlineData: data, inline_data: data })),
            ),
          }),
        ),
        finishReason: text,
        finishMessage: text,
      }),
    ),
  ),
  promptFeedback: v.nullish(v.object({ blockReason: text, blockReasonMessage: text })),
  usageMetadata: v.nullish(geminiUsage),
  error: v.nullish(v.unknown()),
});

/** https://ai.google.dev/api/generate-content#FinishReason */
const BLOCKED =
  /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|IMAGE_SAFETY|IMAGE_PROHIBITED_CONTENT|IMAGE_RECITATION)$/;

function read(json: unknown): ImageStep {
  const { candidates, promptFeedback, usageMetadata, error } = parseMessage(answer, json);
  if (error) return { failure: error };
  // A model that thinks draws sketches on the way.
  const parts = (candidates ?? []).flatMap(({ content }) => content?.parts ?? []).filter(({ thought }) => !thought);
  const pictures = parts.flatMap(({ inlineData, inline_data }) => {
    const value = inlineData?.data || inline_data?.data;
    return value ? [readPicture(value)] : [];
  });
  const blocked = candidates?.find(({ finishReason }) => finishReason && BLOCKED.test(finishReason));
  const said = parts.map((part) => part.text ?? "").join("");
  const refusal =
    (promptFeedback?.blockReason &&
      (promptFeedback.blockReasonMessage || blockedBy("prompt", promptFeedback.blockReason))) ||
    (blocked && (blocked.finishMessage || blockedBy("picture", blocked.finishReason))) ||
    excerpt(said, 1000);
  return {
    pictures,
    ...(usageMetadata && { usage: usageOfGemini(usageMetadata) }),
    ...(pictures.length === 0 && refusal && { refusal }),
  };
}

function blockedBy(what: string, reason: string | null | undefined): string {
  return `The ${what} was blocked (${reason}).`;
}
