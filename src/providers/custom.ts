import type { TextProtocolId } from "../protocols/index.ts";
import type { AuthForm } from "./types.ts";

/** How a provider that only the config knows takes its key, by the wire it speaks. Default: bearer. */
export const CUSTOM_AUTH: Partial<Record<TextProtocolId, readonly AuthForm[]>> = {
  "anthropic-messages": [{ header: "x-api-key" }],
  "google-generate-content": [{ header: "x-goog-api-key" }],
};
