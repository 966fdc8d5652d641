/** Reads an asset of the build: from inside the compiled binary, or from `dist/assets/` when run from source. */
export async function readAsset(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Bun.zstdDecompressSync(await Bun.file(path).bytes());
  // Bun's types allow for a SharedArrayBuffer, which this never is; a copy to prove it would cost 17 MB.
  return bytes as Uint8Array<ArrayBuffer>;
}
