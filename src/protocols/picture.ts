import type { IgnoredOverride, Usage } from "../core/envelope.ts";
import type { HttpRequest } from "../http/client.ts";
import { Base64Member, jsonBody } from "../http/json-body.ts";
import type { ImageHints, InputImage, Picture } from "./image-wire.ts";
import { defined } from "./wire.ts";

/** A picture in the middle of a JSON body, as a `data:` URL. */
export function inlinePicture({ source, mimeType }: InputImage): Base64Member {
  return new Base64Member(source, `data:${mimeType};base64,`);
}

/** A JSON request with pictures in it, which are read while it is sent. */
export function pictureRequest(url: string, body: object): HttpRequest {
  return { method: "POST", url, headers: { "content-type": "application/json" }, body: jsonBody(body) };
}

/** A picture as an answer has it: an address, or the picture itself as base64, as a `data:` URL, or spilled. */
export function readPicture(value: string, revisedPrompt?: string | null): Picture {
  const content = /^https?:/i.test(value) ? { url: value } : { base64: value };
  return revisedPrompt ? { ...content, revisedPrompt } : content;
}

/** Whatever was asked for, and is not among what a wire sends. */
export function unsentHints(hints: ImageHints, sent: readonly (keyof ImageHints)[]): IgnoredOverride[] {
  return Object.entries(hints).flatMap(([key, value]) =>
    value === undefined || sent.some((known) => known === key) ? [] : [{ key, value }],
  );
}

/** Usage as a member of a step, when something was told. */
export function withUsage(told: { [Key in keyof Usage]?: Usage[Key] | null | undefined }): { usage?: Usage } {
  const usage = defined(told);
  return Object.keys(usage).length > 0 ? { usage } : {};
}
