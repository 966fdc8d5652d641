import { writeFile } from "node:fs/promises";
import { TemporaryFolder } from "./folder.ts";

/** CMU's speech recogniser, and sox, which gives it the 16 kHz that it hears. */
export const CAN_HEAR = Boolean(Bun.which("pocketsphinx_continuous") && Bun.which("sox"));

const DIGITS = `#JSGF V1.0;
grammar digits;
public <digits> = (zero | one | two | three | four | five | six | seven | eight | nine)+;
`;

/** The words in a WAV. */
export async function hear(recording: Uint8Array): Promise<string> {
  return await recognise(recording);
}

/** The digits in a WAV of which nothing else is expected: voices less human than a recording are heard then, too. */
export async function hearDigits(recording: Uint8Array): Promise<string> {
  return await recognise(recording, DIGITS);
}

async function recognise(recording: Uint8Array, grammar?: string): Promise<string> {
  using folder = new TemporaryFolder();
  const [given, heard, rules] = [folder.file("given.wav"), folder.file("heard.wav"), folder.file("rules.gram")];
  await writeFile(given, recording);
  if (grammar !== undefined) await writeFile(rules, grammar);
  await run(["sox", given, "-r", "16000", "-c", "1", "-b", "16", heard]);
  const expected = grammar === undefined ? [] : ["-jsgf", rules];
  return await run(["pocketsphinx_continuous", "-infile", heard, ...expected, "-logfn", "/dev/null"]);
}

async function run(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command[0]}: ${stderr}`);
  return stdout.trim().replace(/\s+/g, " ");
}
