import * as v from "valibot";
import type { BuiltImages, ImageProtocol, ImageRequest, ImageRoute, ImageStep, Picture } from "./image-wire.ts";
import { count, excerpt, malformed, parseMessage, text } from "./message.ts";
import { backgroundOf, DEFAULT_SIZE, withBackground } from "./openai-images.ts";
import { FAILED } from "./openai-responses.ts";
import { inlinePicture, pictureRequest, readPicture, unsentHints, withUsage } from "./picture.ts";
import { defined, endpoint, jsonRequest } from "./wire.ts";

/** `POST /responses` with the tool `image_generation`: pictures on a ChatGPT plan. One request makes one. */
export const openaiResponsesImages: ImageProtocol = { framing: "sse", reroute: withBackground, build, read };

/** The model that hands the prompt on to the tool; OpenClaw's choice. */
const CARRIER = "gpt-5.5";
/** The plan's server answers 400 to a request without any; these are OpenClaw's. */
const INSTRUCTIONS = "You are an image generation assistant.";

function build(request: ImageRequest, route: ImageRoute): BuiltImages {
  const { hints, inputs } = request;
  const body = {
    model: CARRIER,
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: request.prompt },
          ...inputs.map((image) => ({ type: "input_image", image_url: inlinePicture(image), detail: "auto" })),
        ],
      },
    ],
    instructions: INSTRUCTIONS,
    tools: [
      {
        type: "image_generation",
        model: route.model,
        size: hints.size ?? DEFAULT_SIZE,
        ...defined({ quality: hints.quality, output_format: hints.outputFormat, background: backgroundOf(hints) }),
      },
    ],
    tool_choice: { type: "image_generation" },
    stream: true,
    store: false,
  };
  const url = endpoint(route.baseUrl, "/responses");
  const http = inputs.length > 0 ? pictureRequest(url, body) : jsonRequest(url, body);
  return {
    request: { ...http, headers: { ...http.headers, accept: "text/event-stream" } },
    ignored: unsentHints(hints, ["size", "quality", "outputFormat", "background", "openaiBackground"]),
  };
}

const item = v.object({
  type: text,
  result: text,
  revised_prompt: text,
  content: v.nullish(v.array(v.object({ text, refusal: text }))),
});
const response = v.object({
  status: text,
  error: v.nullish(v.unknown()),
  incomplete_details: v.nullish(v.object({ reason: text })),
  output: v.nullish(v.array(item)),
  usage: v.nullish(v.object({ input_tokens: count, output_tokens: count, total_tokens: count })),
});
const event = v.object({
  type: text,
  item: v.nullish(item),
  response: v.nullish(response),
  error: v.nullish(v.unknown()),
});

/** An event of the stream; a server that does not stream answers with the response alone. */
function read(json: unknown): ImageStep {
  const { type, item: done, response: whole, error } = parseMessage(event, json);
  switch (type) {
    case "response.output_item.done":
      return done ? { pictures: picturesOf([done]), ...saidIn([done]) } : {};
    case "response.completed":
    case "response.incomplete":
      return whole ? { ...readResponse(whole), ended: true } : { ended: true };
    case "response.failed":
      return { failure: whole?.error ?? error ?? FAILED };
    case "error":
      return { failure: error ?? json };
    default:
      // Gateways put their own errors in between, without a type.
      if (error) return { failure: error };
      return type ? {} : readAlone(json);
  }
}

function readResponse({
  output,
  status,
  error,
  incomplete_details: incomplete,
  usage,
}: v.InferOutput<typeof response>) {
  if (error || status === "failed") return { failure: error ?? FAILED };
  const filtered = incomplete?.reason === "content_filter" ? "The picture was blocked (content_filter)." : undefined;
  return {
    wholePictures: picturesOf(output ?? []),
    ...(filtered && { wholeRefusal: filtered }),
    ...saidIn(output ?? []),
    ...withUsage({
      inputTokens: usage?.input_tokens,
      outputTokens: usage?.output_tokens,
      totalTokens: usage?.total_tokens,
    }),
  } satisfies ImageStep;
}

function readAlone(json: unknown): ImageStep {
  const whole = parseMessage(response, json);
  if (!whole.output && !whole.error && !whole.status) throw malformed("a message without a type.");
  const { wholePictures, wholeRefusal, ...step }: ImageStep = readResponse(whole);
  return { ...step, pictures: wholePictures ?? [], ended: true, ...(wholeRefusal && { refusal: wholeRefusal }) };
}

type Item = v.InferOutput<typeof item>;

function picturesOf(items: readonly Item[]): Picture[] {
  return items.flatMap(({ type, result, revised_prompt }) =>
    type === "image_generation_call" && result ? [readPicture(result, revised_prompt)] : [],
  );
}

function saidIn(items: readonly Item[]): { wholeRefusal?: string } {
  const parts = items.filter(({ type }) => type === "message").flatMap(({ content }) => content ?? []);
  const said = excerpt(parts.map((part) => part.refusal || part.text || "").join(""), 1000);
  return said ? { wholeRefusal: said } : {};
}
