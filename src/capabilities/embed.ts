import type { Context } from "../core/context.ts";
import type { EmbeddingOutput } from "../core/envelope.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import type { Provider } from "../providers/types.ts";

interface EmbedRun {
  texts: readonly string[];
  candidates: readonly Candidate[];
}

type Embedder = (context: Context, texts: readonly string[], call: Call) => Promise<readonly number[][]>;

/** How texts become vectors, by the protocol of the provider's row. */
const EMBEDDERS: Record<NonNullable<Provider["embedding"]>["protocol"], Embedder> = {
  "local-use-lite": embedHere,
};

/** `embedding.create`: one vector per text, in order. */
export async function createEmbeddings(context: Context, run: EmbedRun): Promise<EmbeddingOutput[]> {
  const plan = { candidates: run.candidates, mayRepeat: () => true };
  return tryCandidates(context, plan, async ({ provider }, call) => {
    if (!provider.embedding) throw new Error(`${provider.id} has no embeddings`);
    const vectors = await EMBEDDERS[provider.embedding.protocol](context, run.texts, call);
    return run.texts.map((text, index) => {
      const embedding = vectors[index];
      if (!embedding)
        throw new InferError("provider_error", `${vectors.length} vectors for ${run.texts.length} texts.`);
      return { text, embedding, dimensions: embedding.length };
    });
  });
}

async function embedHere(context: Context, texts: readonly string[], { signal }: Call): Promise<readonly number[][]> {
  const { embedLocally } = await import("../local/embed.ts");
  const { vectors, cut, unknown } = await embedLocally([...texts], signal);
  const { warnings } = context.report;
  if (cut.length > 0) {
    warnings.push(`${which(cut)} longer than the embedded model reads (some 90 words): the rest did not count.`);
  }
  if (unknown.length > 0) {
    warnings.push(
      `${which(unknown)} in no language that the embedded model knows (English): the vector means nothing.`,
    );
  }
  return vectors;
}

function which(indexes: readonly number[]): string {
  return indexes.length === 1 ? `Text ${(indexes[0] ?? 0) + 1} is` : `${indexes.length} texts are`;
}
