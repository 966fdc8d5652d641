import { expect, test } from "bun:test";
import type { Output } from "../../../src/core/envelope.ts";
import { newReport, toEnvelope } from "../../../src/core/report.ts";

const scrub = (text: string): string => text.replaceAll("local", "[redacted]");

function pathIn(path: string): string | undefined {
  const spoken: Output = { path, text: "Hi.", kind: "audio.transcription", provider: "openai", model: "whisper-1" };
  const [output] = toEnvelope({ ...newReport(), outputs: [spoken] }, 1, null, scrub).outputs;
  return output && "path" in output ? output.path : undefined;
}

test("a file is found by its path, whatever the keys are", () => {
  expect(pathIn("/home/me/.local/hi.mp3")).toBe("/home/me/.local/hi.mp3");
});

test("an address may have a password in it", () => {
  expect(pathIn("https://me:local@example.com/hi.mp3")).toBe("https://me:[redacted]@example.com/hi.mp3");
});
