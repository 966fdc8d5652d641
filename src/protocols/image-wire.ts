import type { IgnoredOverride, Usage } from "../core/envelope.ts";
import type { HttpRequest } from "../http/client.ts";
import type { Framing } from "../http/frames.ts";
import type { ByteSource } from "../http/source.ts";

/** What is asked of an image model in one request, in nobody's dialect. */
export interface ImageRequest {
  prompt: string;
  /** Pictures to change, or to go by; none for a new picture. */
  inputs: readonly InputImage[];
  /** Where to change the first input: transparent there. */
  mask?: InputImage | undefined;
  /** How many pictures; never more than the route's `maxCount`. */
  count: number;
  hints: ImageHints;
}

export interface InputImage {
  source: ByteSource;
  mimeType: string;
  /** With the extension of what it is. */
  filename: string;
}

/** Only what was asked for is there. */
export interface ImageHints {
  /** `1024x1024` */
  size?: string | undefined;
  /** `16:9` */
  aspectRatio?: string | undefined;
  resolution?: "1K" | "2K" | "4K" | undefined;
  /** In the provider's own words. */
  quality?: string | undefined;
  outputFormat?: "png" | "jpeg" | "webp" | undefined;
  background?: "transparent" | "opaque" | "auto" | undefined;
  /** Wins over `background` where the provider is OpenAI; nobody else is told. */
  openaiBackground?: "transparent" | "opaque" | "auto" | undefined;
  /** OpenAI's own. */
  moderation?: "low" | "auto" | undefined;
}

/** What a provider's image models take, as data; the inventories print it, and hints are checked against it. */
export interface ImageLimits {
  /** Most pictures of one request. */
  maxCount: number;
  /** `undefined`: it cannot edit. */
  edit?: {
    maxCount: number;
    maxInputImages: number;
    mask?: true;
    /** The picture keeps its shape. */
    keepsShape?: true;
  };
  sizes?: readonly string[];
  /** `sizes` are examples: any other is made as well. */
  anySize?: boolean;
  aspectRatios?: readonly string[];
  resolutions?: readonly ("1K" | "2K" | "4K")[];
  outputFormats?: readonly ("png" | "jpeg" | "webp")[];
  qualities?: readonly string[];
  backgrounds?: readonly ("transparent" | "opaque" | "auto")[];
}

/** Where one vendor's version of a wire differs from the rest. All of it is data in the provider's row. */
export interface ImageQuirks {
  /** openai-images: the hints that are sent. Default: all that the wire has a member for. */
  takes?: readonly (keyof ImageHints)[];
  /** openai-images: pictures to change go as the one file `image` of a form, or in JSON. Default: files named `image[]`. */
  inputs?: "one-file" | "json";
  /** openai-images: asks for the picture itself, where an address of it is the default. */
  responseFormat?: "b64_json";
  /** Models that refuse a transparent background, and the one that makes it in their place, with its sizes. */
  opaque?: { model: RegExp; instead: string; sizes: readonly string[] };
}

/** One model of one provider, ready to be asked for pictures. */
export interface ImageRoute {
  model: string;
  baseUrl: string;
  limits: ImageLimits;
  quirks?: ImageQuirks;
  /** The vendor's own settings of the config, such as ComfyUI's workflow. */
  params: Readonly<Record<string, unknown>>;
}

export interface BuiltImages {
  request: HttpRequest;
  /** Hints that this wire or this model cannot express. */
  ignored: IgnoredOverride[];
}

/** One picture in an answer. */
export type Picture = PictureContent & {
  revisedPrompt?: string;
};

type PictureContent =
  /** Base64, also as a `data:` URL; long ones are `$spilled:N`, see `src/http/spill.ts`. */
  | { base64: string }
  /** To be fetched without the key, unless it is `own`: an address of the provider itself, asked with the key. */
  | { url: string; own?: true };

/** What one answer says. A whole answer, one event of a stream, or the state of a job. */
export interface ImageStep {
  pictures?: readonly Picture[];
  /** All pictures, sent at the end by wires that repeat them; they count only when none came before. */
  wholePictures?: readonly Picture[];
  usage?: Usage;
  /** What the provider says as it declines, or why it blocked. */
  refusal?: string;
  /** What was said beside the pictures of a stream: when it ends without any, that is the refusal. */
  wholeRefusal?: string;
  /** An error that came inside a 200: the provider's own error object. */
  failure?: unknown;
  /** The last event of a stream that there has to be: without it and without pictures, the stream broke off. */
  ended?: true;
  /** The job goes on: what to ask next, and after how many milliseconds. */
  next?: { request: HttpRequest; afterMs: number; state?: string };
}

/** A wire for pictures. Everything is pure: no environment, no files, no clock, no network. */
export interface ImageProtocol {
  /** `sse`: the answer is a stream of JSON events, each read as a step. Default: one JSON document. */
  framing?: Extract<Framing, "sse">;
  /** What is sent is a job that is asked about until it is over: sent again, it may be made and paid for twice. */
  job?: true;
  /** The route to another model, where the route's own is known to refuse what is asked for. */
  reroute?(hints: ImageHints, route: ImageRoute): ImageRoute | undefined;
  /** Requests that come first, such as uploads; their answers are handed to `build` in the same order. */
  first?(request: ImageRequest, route: ImageRoute): HttpRequest[];
  build(request: ImageRequest, route: ImageRoute, answers: readonly unknown[]): BuiltImages;
  /** `from`: the address that answered, as a poll's answer may not say which job it is about. */
  read(json: unknown, route: ImageRoute, from: URL): ImageStep;
}
