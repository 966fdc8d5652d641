import type { CapabilityId } from "../../core/capability.ts";
import type { Context } from "../../core/context.ts";
import { InferError } from "../../core/error.ts";
import type { Candidate, ServiceName } from "../../engine/candidates.ts";
import { createEmbeddings } from "../embed.ts";
import { speak } from "../speech.ts";
import { runText } from "../text.ts";

/** The smallest real request of one capability. A capability that is not in the list has no smoke test. */
export interface SmokeRequest {
  capability: CapabilityId;
  service: ServiceName;
  /** Succeeds when the answer is one that the verb itself would take. Writes nothing. */
  send(context: Context, candidates: readonly Candidate[]): Promise<unknown>;
}

/**
 * Enough for a model that thinks first: a smaller limit would end it before its first word, and fail a provider that
 * works. What a model that does not stop may cost is bounded all the same.
 */
const MOST_TOKENS = 1024;

export const SMOKE_REQUESTS: readonly SmokeRequest[] = [
  {
    capability: "model.run",
    service: "text",
    send: (context, candidates) => {
      const request = { prompt: "Reply with OK", images: [], maxTokens: MOST_TOKENS };
      return runText(context, { request, candidates });
    },
  },
  {
    capability: "tts.convert",
    service: "speech",
    send: async (context, candidates) => {
      const { bytes } = await speak(context, { speech: { text: "Hello" }, candidates });
      if (bytes.length === 0) throw new InferError("empty_result", "The audio is empty.");
    },
  },
  {
    capability: "embedding.create",
    service: "embedding",
    send: (context, candidates) => createEmbeddings(context, { texts: ["hello"], candidates }),
  },
];
