import { afterAll, describe, expect, test } from "bun:test";
import { inferJson } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const SENTENCE = "The quick brown fox jumped over the lazy dog.";

async function speak(voice: string): Promise<string> {
  const args = ["tts", "convert", "--text", SENTENCE, "--voice", voice, "--output", folder.file(`${voice}.wav`)];
  const { envelope } = await inferJson(args);
  const [output] = envelope.outputs;
  if (!output || !("path" in output)) throw new Error(JSON.stringify(envelope.error));
  return output.path;
}

describe("speech, judged by programs that nobody here wrote", () => {
  test.skipIf(!Bun.which("soxi"))("sox: a sound WAV of a plausible length", async () => {
    const path = await speak("slt");
    const ask = (flag: string): string => Bun.spawnSync(["soxi", flag, path]).stdout.toString().trim();
    expect([ask("-t"), ask("-r"), ask("-c"), ask("-b")]).toEqual(["wav", "16000", "1", "16"]);
    expect(Number(ask("-D"))).toBeGreaterThan(1.5);
    expect(Number(ask("-D"))).toBeLessThan(6);
    const stat = Bun.spawnSync(["sox", path, "-n", "stat"]).stderr.toString();
    expect(Number(/RMS\s+amplitude:\s+([\d.]+)/.exec(stat)?.[1])).toBeGreaterThan(0.02);
  });

  test.skipIf(!Bun.which("pocketsphinx_continuous"))("pocketsphinx: hears the words", async () => {
    const heard = Bun.spawnSync(["pocketsphinx_continuous", "-infile", await speak("rms"), "-logfn", "/dev/null"]);
    const words = heard.stdout.toString();
    for (const word of ["quick", "brown", "fox", "lazy", "dog"]) expect(words).toContain(word);
  });
});
