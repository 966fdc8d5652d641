import type { TextProtocolId } from "../protocols/index.ts";
import type { AuthForm, SchemeId } from "./types.ts";

/** How a provider that only the config knows takes its key, by the wire it speaks. Default: bearer. */
export const CUSTOM_AUTH: Partial<Record<TextProtocolId, readonly AuthForm[]>> = {
  "anthropic-messages": [{ header: "x-api-key" }],
  "google-generate-content": [{ header: "x-goog-api-key" }],
};

/** The same for wires whose credential is more than a key. */
export const CUSTOM_SCHEMES: Partial<Record<TextProtocolId, SchemeId>> = { "bedrock-converse": "aws-sigv4" };
