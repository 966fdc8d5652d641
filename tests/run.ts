/**
 * The whole test suite, and an honest count of it: builds the binary, runs `bun test` and prints
 * `N passed, N failed, N skipped` from what really ran.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skippedNames, summarise } from "./support/summary.ts";

const ROOT = join(import.meta.dir, "..");
const BUN = process.execPath;

const folder = mkdtempSync(join(tmpdir(), "infer-tests-"));
try {
  process.exitCode = (await build()) ? await runTests(process.argv.slice(2)) : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function build(): Promise<boolean> {
  const child = Bun.spawn([BUN, "build.ts"], { cwd: ROOT, stdout: "inherit", stderr: "inherit" });
  if ((await child.exited) === 0) return true;
  console.log("0 passed, 1 failed, 0 skipped");
  console.error("tests: the build failed, so nothing was tested");
  return false;
}

async function runTests(args: string[]): Promise<number> {
  const report = join(folder, "junit.xml");
  // A test that hangs has to end; one on a busy machine may take its time.
  const command = [BUN, "test", "--timeout=60000", "--reporter=junit", `--reporter-outfile=${report}`, ...args];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "inherit", stderr: "pipe" });
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr) {
    output += decoder.decode(chunk, { stream: true });
    await Bun.write(Bun.stderr, chunk);
  }
  const code = await child.exited;
  const xml = await Bun.file(report)
    .text()
    .catch(() => "");
  const { passed, failed, skipped, doubt } = summarise(code, output, xml);
  for (const name of skippedNames(xml)) console.log(`skipped: ${name}`);
  if (doubt) console.error(`tests: ${doubt}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && code === 0 ? 0 : 1;
}
