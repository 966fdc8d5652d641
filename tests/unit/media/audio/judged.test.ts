import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { SpeechFormat } from "../../../../src/core/capability.ts";
import { TemporaryFolder } from "../../../support/folder.ts";
import { joined, tone } from "./joined.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function run(...command: string[]): { said: Buffer; complaint: string } {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command);
  expect({ command: command[0], exitCode }).toEqual({ command: command[0], exitCode: 0 });
  return { said: stdout, complaint: stderr.toString().trim() };
}

async function write(format: SpeechFormat, names: readonly string[]): Promise<string> {
  const path = folder.file(`joined.${format}`);
  writeFileSync(path, await joined(format, ...names.map(tone)));
  return path;
}

const JOINED = [
  ["wav", ["300ms.wav", "250ms-streamed.wav"], 4400],
  // 14 and 12 frames of 576 samples: nothing of either is cut off, and the frame that counts is not heard.
  ["mp3", ["300ms.mp3", "250ms.mp3"], 14_976],
  ["mp3", ["vbr-24khz.mp3", "tagged-24khz.mp3"], (13 + 15) * 576],
  // 16 and 13 packets of 960 samples, without the 312 at the beginning and the 168 at the end that are no sound.
  ["opus", ["300ms.opus", "250ms.opus"], 27_360],
  ["aac", ["300ms.aac", "250ms.aac"], 16_384],
] as const;

/** What others make of the files: they are installed where this is developed, and not needed. */
describe("joined files as other programs read them", () => {
  test.skipIf(Bun.which("ffmpeg") === null).each(JOINED)(
    "%s of %j: %d samples, and no complaint (skipped without ffmpeg)",
    async (format, names, samples) => {
      const path = await write(format, names);
      const { said, complaint } = run("ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-f", "s16le", "pipe:1");
      expect({ samples: said.length / 2, complaint }).toEqual({ samples, complaint: "" });
    },
  );

  test.skipIf(Bun.which("soxi") === null)("the length in a WAV's header (skipped without sox)", async () => {
    const path = await write("wav", ["300ms.wav", "250ms-streamed.wav"]);
    expect(run("soxi", "-D", path)).toEqual({ said: Buffer.from("0.550000\n"), complaint: "" });
  });

  test.skipIf(Bun.which("ffprobe") === null)(
    "the length in an MP3's first frame (skipped without ffmpeg)",
    async () => {
      const path = await write("mp3", ["300ms.mp3", "250ms.mp3"]);
      const { said } = run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path);
      expect(said.toString().trim()).toBe("0.679184");
    },
  );

  test.skipIf(Bun.which("opusinfo") === null)(
    "one stream, and nothing wrong in it (skipped without opus-tools)",
    async () => {
      const path = await write("opus", ["300ms.opus", "250ms.opus", "300ms.opus"]);
      const said = run("opusinfo", path).said.toString();
      expect(said).not.toMatch(/warning|error|hole|gap|negative/i);
      expect(said.match(/New logical stream/g)?.length).toBe(1);
      expect(said).toContain("Playback length: 0m:00.880s");
    },
  );
});
