import * as v from "valibot";
import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute, ImageStep, Picture } from "./image-wire.ts";
import { count, excerpt, parseMessage, text } from "./message.ts";
import { inlinePicture, pictureRequest, readPicture, unsentHints, withUsage } from "./picture.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /chat/completions` with pictures in the answer: OpenRouter's wire for them. */
export const openrouterImages: ImageProtocol = { build, read };

/**
 * The families that speak as well. A model that only draws answers 404 to `["image", "text"]`:
 * https://openrouter.ai/docs/guides/overview/multimodal/image-generation, https://github.com/openclaw/openclaw/issues/120530
 */
const SPEAKING = /^(?:google\/gemini-|openai\/gpt-[\d.]+-image|openrouter\/)/;

function build({ prompt, inputs, count: n, hints }: ImageRequest, { model, baseUrl }: ImageRoute): BuiltImages {
  const image_config = defined({ aspect_ratio: hints.aspectRatio, image_size: hints.resolution });
  const pictures = inputs.map((image) => ({ type: "image_url", image_url: { url: inlinePicture(image) } }));
  const body = {
    model,
    messages: [{ role: "user", content: inputs.length > 0 ? [{ type: "text", text: prompt }, ...pictures] : prompt }],
    modalities: SPEAKING.test(model) ? ["image", "text"] : ["image"],
    n,
    ...(Object.keys(image_config).length > 0 && { image_config }),
  };
  const url = endpoint(baseUrl, "/chat/completions");
  return {
    request: inputs.length > 0 ? pictureRequest(url, body) : jsonRequest(url, body),
    ignored: unsentHints(hints, ["aspectRatio", "resolution"]),
  };
}

const address = v.nullish(v.union([v.string(), v.object({ url: text })]));
const inlined = v.nullish(v.object({ data: text }));
const part = v.object({
  type: text,
  text,
  image_url: address,
  imageUrl: address,
  b64_json: text,
  inlineData: inlined,
  inline_data: inlined,
});
const answer = v.object({
  choices: v.nullish(
    v.array(
      v.object({
        message: v.nullish(
          v.object({
            content: v.nullish(v.union([v.string(), v.array(part)])),
            refusal: text,
            images: v.nullish(v.array(part)),
          }),
        ),
        finish_reason: text,
        native_finish_reason: text,
        error: v.nullish(v.unknown()),
      }),
    ),
  ),
  usage: v.nullish(v.object({ prompt_tokens: count, completion_tokens: count, total_tokens: count })),
  error: v.nullish(v.unknown()),
});
type Choice = NonNullable<v.InferOutput<typeof answer>["choices"]>[number];

function read(json: unknown): ImageStep {
  const { choices, usage, error } = parseMessage(answer, json);
  const failed = choices?.find((choice) => choice.error);
  if (error || failed) return { failure: error ?? failed?.error };
  const pictures = (choices ?? []).flatMap(picturesOf);
  const refusal = (choices ?? []).map(refusalOf).find(Boolean);
  return {
    pictures,
    ...withUsage({
      inputTokens: usage?.prompt_tokens,
      outputTokens: usage?.completion_tokens,
      totalTokens: usage?.total_tokens,
    }),
    ...(pictures.length === 0 && refusal && { refusal }),
  };
}

/** In `images`, as the documentation says, or in the content, as models behind it do. */
function picturesOf({ message }: Choice): Picture[] {
  const { content, images } = message ?? {};
  const parts = [...(images ?? []), ...(Array.isArray(content) ? content : [])];
  const whole = parts.flatMap((one) => {
    const place = one.image_url ?? one.imageUrl;
    const url = typeof place === "string" ? place : place?.url;
    const value = url || one.b64_json || (one.inlineData ?? one.inline_data)?.data;
    return value ? [readPicture(value)] : [];
  });
  if (typeof content !== "string") return whole;
  // Markdown with the picture in it; a content that begins with a picture may have been spilled.
  const inText = content.match(/data:image\/[\w.+-]+;base64,[\w+/=-]+|^\$spilled:\d+/g) ?? [];
  return [...whole, ...inText.map((value) => readPicture(value))];
}

function refusalOf({ message, finish_reason, native_finish_reason }: Choice): string | undefined {
  const { content, refusal } = message ?? {};
  const said = typeof content === "string" ? content : (content ?? []).map((one) => one.text ?? "").join("");
  if (refusal || said.trim()) return refusal || excerpt(said, 1000);
  if (finish_reason !== "content_filter") return undefined;
  return `The picture was blocked (${native_finish_reason || finish_reason}).`;
}
