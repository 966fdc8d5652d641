import type { SpeechService, TextLimit } from "../../providers/types.ts";

/** The longest text of one request to this model. */
export function longestFor({ modelLimits, longest }: SpeechService, model: string | null): TextLimit | undefined {
  return modelLimits?.find((one) => one.model.test(model ?? ""))?.longest ?? longest;
}

/** Whether a text needs more than one request, so that the form must be one that can be joined. */
export function needsParts(text: string, longest: TextLimit | undefined): boolean {
  return longest !== undefined && lengthOf(text, longest) > limitOf(longest);
}

function limitOf(limit: TextLimit): number {
  return "bytes" in limit ? limit.bytes : limit.characters;
}

function lengthOf(text: string, limit: TextLimit): number {
  return "bytes" in limit ? Buffer.byteLength(text) : text.length;
}
