import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { infer, inferJson, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { CAN_HEAR, hear, hearDigits } from "../support/pocketsphinx.ts";
import { transcriptionVendor, VENDOR_KEY } from "../support/transcription-vendors.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const SENTENCE = "The quick brown fox jumped over the lazy dog.";
const WORDS = ["quick", "brown", "fox", "lazy", "dog"];

/** A program that nobody here wrote, how it is made to speak into a WAV, and what is heard of that. */
interface Speaker {
  program: string;
  args: (path: string) => string[];
  hear: (recording: Uint8Array) => Promise<string>;
  words: readonly string[];
}

const SPEAKERS: readonly Speaker[] = [
  {
    program: "espeak-ng",
    args: (path) => ["-v", "en-us", "-s", "120", "-w", path, "five. one. four. six. three."],
    hear: hearDigits,
    words: ["five one four six three"],
  },
  { program: "flite", args: (path) => ["-voice", "rms", "-t", SENTENCE, "-o", path], hear, words: WORDS },
];

describe("speech goes out and comes back", () => {
  test.skipIf(!CAN_HEAR)(
    "what infer says, pocketsphinx hears (skipped without pocketsphinx and sox)",
    async () => {
      const path = folder.file("said.wav");
      const args = ["tts", "convert", "--provider", "local", "--voice", "rms", "--text", SENTENCE, "--output", path];
      const { envelope } = await inferJson(args);
      expect(envelope).toMatchObject({ ok: true, provider: "local", outputs: [{ path, format: "wav" }] });
      const heard = await hear(await Bun.file(path).bytes());
      for (const word of WORDS) expect(heard).toContain(word);
    },
    60_000,
  );

  for (const { program, args, hear: listen, words } of SPEAKERS)
    test.skipIf(!CAN_HEAR || !Bun.which(program))(
      `what ${program} says and pocketsphinx hears, infer prints (skipped without pocketsphinx, sox and ${program})`,
      async () => {
        const path = folder.file(`${program}.wav`);
        expect(Bun.spawnSync([program, ...args(path)]).exitCode).toBe(0);
        await using vendor = transcriptionVendor("openai", listen);
        const config = folder.file(`${program}.json`);
        const openai = { baseUrl: vendor.baseUrl, apiKey: VENDOR_KEY };
        await writeFile(config, JSON.stringify({ models: { providers: { openai } } }));
        const run = await infer(["audio", "transcribe", "--file", path, "--config", config]);
        expect(run.stderr).toBe("");
        expect(run.code).toBe(0);
        // Nobody but the recogniser knows the words.
        for (const word of words) expect(run.stdout).toContain(word);
      },
      60_000,
    );

  test.skipIf(!CAN_HEAR)(
    "infer speaks to infer through a pipe (skipped without pocketsphinx and sox)",
    async () => {
      await using vendor = transcriptionVendor("openai", hear);
      const config = folder.file("pipe.json");
      const openai = { baseUrl: vendor.baseUrl, apiKey: VENDOR_KEY };
      await writeFile(config, JSON.stringify({ models: { providers: { openai } } }));
      const speaks = spawn(["tts", "convert", "--provider", "local", "--text", SENTENCE, "--output", "-"]);
      const hears = spawn(["audio", "transcribe", "--file", "-", "--config", config], { stdin: "open" });
      const pipe = hears.stdin;
      if (typeof pipe !== "object") throw new Error("no pipe");
      for await (const chunk of speaks.stdout) pipe.write(chunk);
      await pipe.end();
      const [heard, ...complaints] = await Promise.all(
        [hears.stdout, hears.stderr, speaks.stderr].map((stream) => new Response(stream).text()),
      );
      expect(complaints).toEqual(["", ""]);
      expect([await speaks.exited, await hears.exited]).toEqual([0, 0]);
      for (const word of ["brown", "fox", "dog"]) expect(heard).toContain(word);
    },
    60_000,
  );
});
