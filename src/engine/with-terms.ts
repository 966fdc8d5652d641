import type { Candidate } from "./candidates.ts";

/** A candidate with what the config says of it, also once its credential has been looked up. */
export function withTerms(candidate: Candidate, say: (candidate: Candidate) => Candidate): Candidate {
  const { complete } = candidate;
  return {
    ...say(candidate),
    ...(complete && { complete: async () => withTerms(await complete(), say) }),
  };
}
