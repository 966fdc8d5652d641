/**
 * `npm run quickstart`: builds the binary for this machine and does its main job for real, with no key and no network:
 * speaks a sentence into a WAV file, and finds which two of three sentences are alike.
 */
import { join, relative } from "node:path";
import type { EmbeddingOutput, Envelope, SpeechOutput } from "../src/core/envelope.ts";

const ROOT = join(import.meta.dir, "..");
const BINARY = join(ROOT, "dist", process.platform === "win32" ? "infer.exe" : "infer");
const SENTENCES = [
  "The cat is asleep on the sofa.",
  "A kitten naps on the couch.",
  "Interest rates rose again in March.",
];

await step("Building infer for this machine", [process.execPath, "build.ts"]);
await speak();
await compare();
console.log(`
The binary is ${BINARY}
It needs nothing beside it. Next:

  ${relative(process.cwd(), BINARY)} --help
  OPENAI_API_KEY=sk-... ${relative(process.cwd(), BINARY)} model run --prompt "Say hello"
  sh install.sh --from-source      puts it on your PATH`);

async function speak(): Promise<void> {
  const wav = join(ROOT, "dist/quickstart.wav");
  const text = "Hello. I am infer, and I speak without a key.";
  const [output] = await infer<SpeechOutput>(["tts", "convert", "--text", text, "--output", wav]);
  if (output) console.log(`Spoke a sentence: ${output.path} (${output.mimeType}, ${output.size} bytes)`);
}

async function compare(): Promise<void> {
  const texts = SENTENCES.flatMap((sentence) => ["--text", sentence]);
  const vectors = (await infer<EmbeddingOutput>(["embedding", "create", ...texts])).map(({ embedding }) => embedding);
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const;
  const alike = pairs
    .map(([a, b]) => ({ a, b, cosine: dot(vectors[a] ?? [], vectors[b] ?? []) }))
    .sort((x, y) => y.cosine - x.cosine);
  console.log(`Embedded ${vectors.length} sentences. Most alike first:`);
  for (const { a, b, cosine } of alike) console.log(`  ${cosine.toFixed(2)}  ${SENTENCES[a]} / ${SENTENCES[b]}`);
  if (alike[0]?.a !== 0 || alike[0]?.b !== 1) throw new Error("the two sentences about a cat should be the most alike");
}

/** Unit vectors: the dot product is the cosine. */
function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

/** Runs the binary alone: no environment, no key. */
async function infer<Output>(args: string[]): Promise<Output[]> {
  const child = Bun.spawn([BINARY, ...args, "--json"], { env: {}, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const { outputs, error } = (await new Response(child.stdout).json()) as Envelope;
  if (error) throw new Error(error.message);
  return outputs as Output[];
}

async function step(what: string, command: string[]): Promise<void> {
  console.log(`${what} ...`);
  const child = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  if ((await child.exited) !== 0) throw new Error(`${what} failed`);
}
