import { join } from "node:path";

/** What `src/local/sentence-encoder.ts` takes of TensorFlow.js and of the model's package. */
const ENTRY = `
export { env, loadGraphModel, setBackend, setWasmPaths } from "@energetic-ai/core";
export { EmbeddingsModel } from "@energetic-ai/embeddings";
`;

/**
 * TensorFlow.js and the model's tokenizer as one script, a function in the form of CommonJS. As an asset it takes a
 * twentieth of the room that it takes among the modules of the binary, where Bun keeps its bytecode beside it.
 */
export async function bundleTensorflow(root: string): Promise<Uint8Array> {
  const entry = join(root, "tensorflow-entry.ts");
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    files: { [entry]: ENTRY },
    target: "bun",
    format: "cjs",
    minify: true,
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
  });
  const [script] = outputs;
  if (!script || outputs.length !== 1) throw new Error("TensorFlow.js does not bundle into one script");
  return new Uint8Array(await script.arrayBuffer());
}
