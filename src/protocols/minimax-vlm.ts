import * as v from "valibot";
import { parseMessage, text } from "./message.ts";
import { dataUrl, endpoint, type Image, type JsonRequest, jsonRequest } from "./wire.ts";

/** `POST /v1/coding_plan/vlm`: MiniMax's own wire for one question about one picture. It takes neither model nor limit. */
export const minimaxVlm: VisionProtocol = { build, read };

/** A wire for one question about one picture. Everything is pure, as for text. */
export interface VisionProtocol {
  build(prompt: string, image: Image, baseUrl: string): JsonRequest;
  /** `failure`: an error that came inside a 200. */
  read(json: unknown): { text: string; failure?: unknown };
}

/** Their bases for text end so; pictures are looked at beside them. */
export const TEXT_PATH = /(?:\/anthropic)?(?:\/v1)?$/;

function build(prompt: string, image: Image, baseUrl: string): JsonRequest {
  return jsonRequest(endpoint(baseUrl, "/v1/coding_plan/vlm", TEXT_PATH), { prompt, image_url: dataUrl(image) });
}

const answer = v.object({
  content: text,
  base_resp: v.nullish(v.object({ status_code: v.nullish(v.number()), status_msg: text })),
});

function read(json: unknown): { text: string; failure?: unknown } {
  const { content, base_resp } = parseMessage(answer, json);
  // `failure.ts` knows its numbers.
  if (base_resp?.status_code) return { text: "", failure: base_resp };
  return { text: content?.trim() ?? "" };
}
