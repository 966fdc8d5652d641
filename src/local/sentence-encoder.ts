import { createRequire } from "node:module";
import weightsPath from "../../dist/assets/sentence-encoder.bin.zst" with { type: "file" };
import jsonPath from "../../dist/assets/sentence-encoder.json.zst" with { type: "file" };
import scriptPath from "../../dist/assets/tensorflow.js.zst" with { type: "file" };
import tensorflowPath from "../../dist/assets/tensorflow.wasm.zst" with { type: "file" };
import { InferError } from "../core/error.ts";
import { readAsset } from "./asset.ts";
import type { SentenceEncoderJson } from "./assets/sentence-encoder.ts";
import type { Embedded } from "./engine.ts";

const DIMENSIONS = 512;
const BATCH = 32;

/**
 * Far more than the 128 word pieces that the model reads: a piece has at most 16 characters. Without it the
 * tokenizer, which is quadratic in the length, would spend minutes on text that the model then drops.
 */
const READ_CHARACTERS = 4096;

/** The model's own limit: it drops the word pieces after these. */
const READ_PIECES = 128;

/** Universal Sentence Encoder lite on TensorFlow.js. Memory grows with each instance: one for all texts of a process. */
export class SentenceEncoder {
  private constructor(private readonly model: PackagedModel) {}

  static async load(): Promise<SentenceEncoder> {
    const tensorflow = await loadTensorflow();
    const json: SentenceEncoderJson = JSON.parse(new TextDecoder().decode(await readAsset(jsonPath)));
    const weights = await readAsset(weightsPath);
    const model = await tensorflow.loadGraphModel({
      load: async () => ({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightSpecs,
        weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
      }),
    });
    return new SentenceEncoder(new tensorflow.EmbeddingsModel({ model, vocabulary: json.vocabulary }));
  }

  /** One vector of unit length per text, in the order given. No text may be empty. */
  async embed(texts: string[]): Promise<Embedded> {
    const vectors: number[][] = [];
    for (let start = 0; start < texts.length; start += BATCH) {
      const batch = texts.slice(start, start + BATCH).map((text) => text.slice(0, READ_CHARACTERS));
      const found = await this.model.embed(batch);
      if (found.length !== batch.length || !found.every(isUsable)) {
        throw new InferError("provider_error", "The embedded model gave a vector that cannot be used.");
      }
      vectors.push(...found);
      // Each batch leaves some 10 MB of dead tensor copies, which would pile up to 500 MB before Bun collects by itself.
      Bun.gc(true);
    }
    const which = (is: (text: string) => boolean) => texts.flatMap((text, index) => (is(text) ? [index] : []));
    return { vectors, cut: which((text) => this.isCut(text)), unknown: which(isForeign) };
  }

  private isCut(text: string): boolean {
    // No word piece is shorter than a character: most texts need no second look.
    if (text.length <= READ_PIECES) return false;
    return text.length > READ_CHARACTERS || this.model.tokenizer.encode(text).length > READ_PIECES;
  }
}

/** The model has seen English: most of the letters in another script, or no letter and no digit at all, is noise to it. */
function isForeign(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return letters === 0 ? !/\p{N}/u.test(text) : latin * 2 < letters;
}

function isUsable(vector: number[]): boolean {
  return vector.length === DIMENSIONS && vector.every(Number.isFinite);
}

interface PackagedModel {
  tokenizer: { encode(text: string): number[] };
  embed(inputs: string[]): Promise<number[][]>;
}

/** The part of TensorFlow.js used here: the package's own types refer to packages that it does not depend on. */
interface Tensorflow {
  setWasmPaths(paths: Record<string, string>, usePlatformFetch: boolean): void;
  env(): { set(flag: string, value: boolean): void };
  setBackend(name: string): Promise<boolean>;
  loadGraphModel(handler: { load(): Promise<unknown> }): Promise<never>;
  EmbeddingsModel: new (parts: { model: never; vocabulary: SentenceEncoderJson["vocabulary"] }) => PackagedModel;
}

/** As Bun wraps CommonJS. */
type Script = (exports: object, require: NodeJS.Require, module: { exports: object }) => void;

async function loadTensorflow(): Promise<Tensorflow> {
  const url = URL.createObjectURL(new Blob([await readAsset(tensorflowPath)], { type: "application/wasm" }));
  const code = new TextDecoder().decode(await readAsset(scriptPath));
  // biome-ignore lint/security/noGlobalEval: the script is the build's own, from inside the binary.
  const script: Script = globalThis.eval(code);
  const module = { exports: {} };
  // The package starts its backend as it loads, and a moment later would read the file from where it was built. Between
  // the two there is time for one thing only that is not asynchronous: saying where the file is.
  script(module.exports, createRequire(import.meta.url), module);
  const tensorflow = module.exports as Tensorflow;
  // It insists on a path for every variant; threads are off, since they would load a script of their own.
  const variants = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
  tensorflow.setWasmPaths(Object.fromEntries(variants.map((name) => [name, url])), true);
  tensorflow.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const ready = await tensorflow.setBackend("wasm");
  URL.revokeObjectURL(url);
  if (!ready) throw new Error("TensorFlow.js cannot use its WebAssembly backend");
  return tensorflow;
}
