import type { Context } from "../core/context.ts";
import type { EmbeddingOutput } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import { tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";

export interface EmbedRun {
  texts: readonly string[];
  candidates: readonly Candidate[];
}

/** `embedding.create`: one vector per text, in order. */
export async function createEmbeddings(context: Context, run: EmbedRun): Promise<EmbeddingOutput[]> {
  const plan = { candidates: run.candidates, mayRepeat: () => true };
  return tryCandidates(context, plan, async (_candidate, { signal }) => {
    const { embedLocally } = await import("../local/embed.ts");
    const { vectors, cut } = await embedLocally([...run.texts], signal);
    if (cut.length > 0) context.report.warnings.push(cutWarning(cut));
    return run.texts.map((text, index) => {
      const embedding = vectors[index];
      if (!embedding)
        throw new InferError("provider_error", `${vectors.length} vectors for ${run.texts.length} texts.`);
      return { text, embedding, dimensions: embedding.length };
    });
  });
}

function cutWarning(cut: readonly number[]): string {
  const which = cut.length === 1 ? `Text ${(cut[0] ?? 0) + 1} is` : `${cut.length} texts are`;
  return `${which} longer than the embedded model reads (some 90 words): the rest did not count.`;
}
