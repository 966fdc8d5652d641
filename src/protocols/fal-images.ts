import * as v from "valibot";
import { EDGES, type Extent, extentOf, ratioOf } from "./geometry.ts";
import type { BuiltImages, ImageHints, ImageProtocol, ImageRequest, ImageRoute, ImageStep } from "./image-wire.ts";
import { parseMessage } from "./message.ts";
import { inlinePicture, pictureRequest, readPicture, unsentHints } from "./picture.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST https://fal.run/<model>`: the model is the path, and each family of models has members of its own. */
export const falImages: ImageProtocol = { build, read };

interface Dialect {
  /** The ids of the family. */
  models: RegExp;
  /** A size, or the name of one; else the shape in the vendor's own words. */
  sized?: true;
  takes: readonly (keyof ImageHints)[];
  /** Where pictures to change go. */
  inputs: "image_url" | "image_urls" | "image_style_references";
  /** What the path of a model ends in that changes pictures; none where it is the same one. */
  editPath?: "edit" | "image-to-image";
  /** One picture per request, in a format of its own. */
  plain?: true;
}

/** As OpenClaw asks them (extensions/fal/image-generation-provider.ts); the first that matches counts. */
const DIALECTS: readonly Dialect[] = [
  { models: /^krea\/v2\//, takes: ["aspectRatio"], inputs: "image_style_references", plain: true },
  {
    models: /^fal-ai\/nano-banana(?:[-/]|$)/,
    takes: ["aspectRatio", "resolution", "outputFormat"],
    inputs: "image_urls",
    editPath: "edit",
  },
  {
    models: /^openai\/gpt-image-/,
    sized: true,
    takes: ["size", "aspectRatio", "resolution", "outputFormat"],
    inputs: "image_urls",
    editPath: "edit",
  },
];

/** Everything else is asked as flux is. */
const FLUX: Dialect = {
  models: /^/,
  sized: true,
  takes: ["size", "aspectRatio", "resolution", "outputFormat"],
  inputs: "image_url",
  editPath: "image-to-image",
};

/** Shapes that fal has a name for. */
const NAMED_SHAPES: Readonly<Record<string, string>> = {
  "1:1": "square_hd",
  "4:3": "landscape_4_3",
  "3:4": "portrait_4_3",
  "16:9": "landscape_16_9",
  "9:16": "portrait_16_9",
};
/** How freely Krea reads a prompt: `models.providers.fal.params.creativity`. */
const CREATIVITY = ["raw", "low", "medium", "high"];

function build({ prompt, inputs, count, hints }: ImageRequest, route: ImageRoute): BuiltImages {
  const dialect = DIALECTS.find(({ models }) => models.test(route.model)) ?? FLUX;
  const isEdit = inputs.length > 0;
  const takes = takenHints(dialect, hints, isEdit);
  const told = Object.fromEntries(takes.map((key) => [key, hints[key]])) as ImageHints;
  const body = {
    prompt,
    ...(dialect.plain
      ? { creativity: CREATIVITY.find((level) => level === route.params.creativity) ?? "medium" }
      : { num_images: count, output_format: told.outputFormat ?? "png" }),
    ...defined(
      dialect.sized ? { image_size: sizeOf(told) } : { aspect_ratio: told.aspectRatio, resolution: told.resolution },
    ),
  };
  const ignored = unsentHints(hints, takes);
  const url = endpoint(route.baseUrl, pathOf(route.model, dialect, isEdit));
  if (!isEdit) return { request: jsonRequest(url, body), ignored };
  const pictures = inputs.map(inlinePicture);
  const sources = {
    image_url: pictures[0],
    image_urls: pictures,
    image_style_references: pictures.map((image_url) => ({ image_url })),
  };
  return { request: pictureRequest(url, { ...body, [dialect.inputs]: sources[dialect.inputs] }), ignored };
}

/** A size says all that a shape and a resolution could, and the editor of flux keeps the shape that a picture has. */
function takenHints({ takes, inputs }: Dialect, { size }: ImageHints, isEdit: boolean): readonly (keyof ImageHints)[] {
  const isSized = size !== undefined && takes.includes("size");
  const without: (keyof ImageHints)[] = isSized ? ["aspectRatio", "resolution"] : [];
  if (isEdit && inputs === "image_url") without.push("aspectRatio");
  return takes.filter((key) => !without.includes(key));
}

function sizeOf({ size, aspectRatio, resolution }: ImageHints): Extent | string | undefined {
  if (size !== undefined) return extentOf(size);
  if (aspectRatio === undefined) {
    return resolution && { width: EDGES[resolution], height: EDGES[resolution] };
  }
  const named = NAMED_SHAPES[aspectRatio];
  if (named !== undefined && resolution === undefined) return named;
  const ratio = ratioOf(aspectRatio);
  const edge = EDGES[resolution ?? "1K"];
  if (ratio === undefined) return undefined;
  return ratio >= 1
    ? { width: edge, height: Math.max(1, Math.round(edge / ratio)) }
    : { width: Math.max(1, Math.round(edge * ratio)), height: edge };
}

function pathOf(model: string, { editPath }: Dialect, isEdit: boolean): string {
  const path = `/${model.split("/").map(encodeURIComponent).join("/")}`;
  const isEditor = /\/edit$|\/image-to-image(?:\/|$)/.test(path);
  return isEdit && editPath && !isEditor ? `${path}/${editPath}` : path;
}

const answer = v.object({
  images: v.nullish(v.array(v.object({ url: v.string() }))),
  error: v.nullish(v.unknown()),
  detail: v.nullish(v.unknown()),
});

function read(json: unknown): ImageStep {
  const { images, error, detail } = parseMessage(answer, json);
  if (error || (detail && !images?.length)) return { failure: error ? { error } : { detail } };
  return { pictures: (images ?? []).map(({ url }) => readPicture(url)) };
}
