import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BINARY, infer, inferJson } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** A network namespace of its own has no way out, not even to loopback. */
const noNetwork = Bun.spawnSync(["unshare", "-rn", "true"]).exitCode === 0 ? ["unshare", "-rn"] : undefined;

async function emptyFolder(name: string): Promise<string> {
  const path = folder.file(name);
  await mkdir(path);
  return path;
}

/** The checkout out of sight: nothing that it was built from may be read. */
const withoutCheckout = [
  "unshare",
  "-rm",
  "sh",
  "-c",
  'mount -t tmpfs none "$0" && exec "$@"',
  join(import.meta.dir, "../.."),
];
const canHide = Bun.spawnSync([...withoutCheckout, "true"]).exitCode === 0;

describe("the binary alone: a copy of it, with the checkout out of sight", () => {
  const lines = [
    ["embedding", "create", "--text", "a cat"],
    ["tts", "convert", "--text", "Hello.", "--output", "hello.wav"],
  ];
  test.skipIf(!canHide).each(lines)("%s %s", async (...argv) => {
    const cwd = await emptyFolder(`hidden-${argv[0]}`);
    const copy = join(cwd, "infer");
    await copyFile(BINARY, copy);
    const child = Bun.spawn([...withoutCheckout, copy, ...argv, "--json"], {
      cwd,
      env: { PATH: "/usr/bin:/bin" },
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, provider: "local" });
  });
});

describe("the binary alone: an empty folder, an empty environment", () => {
  test.skipIf(!noNetwork)("embeds and speaks without any network", async () => {
    const cwd = await emptyFolder("no-network");
    const under = noNetwork ?? [];
    const embedded = await inferJson(["embedding", "create", "--text", "a cat", "--text", "a kitten"], { cwd, under });
    expect(embedded.envelope).toMatchObject({ ok: true, provider: "local", model: "use-lite" });
    expect(embedded.envelope.outputs).toMatchObject([{ dimensions: 512 }, { dimensions: 512 }]);
    const spoken = await inferJson(["tts", "convert", "--text", "Hello there.", "--output", "hello.wav"], {
      cwd,
      under,
    });
    expect(spoken.envelope.outputs).toMatchObject([{ path: `${cwd}/hello.wav`, mimeType: "audio/wav", format: "wav" }]);
    expect(await readdir(cwd)).toEqual(["hello.wav"]);
  });

  test("text mode: vectors as one JSON array a line, speech as its path", async () => {
    const cwd = await emptyFolder("text-mode");
    const embedded = await infer(["embedding", "create", "--text", "one", "--text", "two"], { cwd });
    const vectors = embedded.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(vectors.map((vector) => vector.length)).toEqual([512, 512]);
    const spoken = await infer(["tts", "convert", "--text", "Hi.", "--output", "sub/"], { cwd });
    expect(spoken.stdout).toMatch(/\/text-mode\/sub\/hi-\w+\.wav\n$/);
    expect(existsSync(spoken.stdout.trimEnd())).toBe(true);
  });

  test("audio on stdout is a WAV", async () => {
    const child = Bun.spawn([BINARY, "tts", "convert", "--output", "-"], {
      env: {},
      stdin: Buffer.from("Hello."),
      stdout: "pipe",
    });
    const bytes = await new Response(child.stdout).bytes();
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe("RIFF");
    expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(bytes.length - 8);
  });

  test("an extension that is not the bytes' own is put right, and said", async () => {
    const cwd = await emptyFolder("extension");
    const { envelope } = await inferJson(["tts", "convert", "--text", "Hi.", "--output", "x.mp3"], { cwd });
    expect(envelope.outputs).toMatchObject([{ path: `${cwd}/x.wav` }]);
    expect(envelope.warnings?.join()).toContain("x.wav");
  });

  test("what the engines leave out is said", async () => {
    const long = await inferJson(["embedding", "create", "--text", "the end ".repeat(100)]);
    expect(long.envelope.warnings?.join()).toContain("longer than");
    const foreign = await inferJson(["embedding", "create", "--text", "fine", "--text", "日本語"]);
    expect(foreign.envelope.warnings?.join()).toContain("Text 2 is in no language");
    const cwd = await emptyFolder("unspoken");
    const mixed = await infer(["tts", "convert", "--text", "Hello, мир.", "--output", "x.wav"], { cwd });
    expect(mixed).toMatchObject({ code: 0, stderr: expect.stringContaining("мир") });
    const quiet = await infer(["tts", "convert", "--text", "Hello, мир.", "--output", "x.wav", "--quiet"], { cwd });
    expect(quiet.stderr).toBe("");
  });

  test.skipIf(!Bun.which("setpriv") || process.getuid?.() !== 0)(
    "a folder that may not be written: io, before any work",
    async () => {
      const cwd = await emptyFolder("read-only");
      const under = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
      const { code, envelope } = await inferJson(["tts", "convert", "--text", "Hi.", "--output", `${cwd}/x.wav`], {
        under,
      });
      expect(envelope).toMatchObject({ error: { type: "io" }, attempts: [] });
      expect(code).toBe(11);
      expect(await readdir(cwd)).toEqual([]);
    },
  );

  test("voices: listed, and a wrong one refused", async () => {
    const voices = JSON.parse((await infer(["tts", "voices", "--provider", "local", "--json"])).stdout);
    expect(voices.length).toBeGreaterThan(1);
    expect(voices[0]).toMatchObject({ id: expect.any(String), name: expect.any(String) });
    const cwd = await emptyFolder("voices");
    const wrong = await inferJson(["tts", "convert", "--text", "Hi.", "--voice", "nobody", "--output", "x.wav"], {
      cwd,
    });
    expect(wrong.envelope.error).toMatchObject({ type: "not_found", message: expect.stringContaining("nobody") });
    expect(wrong.code).toBe(4);
    expect(await readdir(cwd)).toEqual([]);
  });

  test("what nothing is set up for: exit 3 and a way out", async () => {
    const { code, stderr } = await infer(["model", "run", "--prompt", "x"]);
    expect(code).toBe(3);
    expect(stderr).toContain("OPENAI_API_KEY");
  });
});

test("a hostile bunfig.toml, .env, package.json and tsconfig.json in the folder change nothing", async () => {
  const cwd = await emptyFolder("hostile");
  const proof = folder.file("preloaded");
  await writeFile(`${cwd}/evil.ts`, `await Bun.write(${JSON.stringify(proof)}, "ran");`);
  await writeFile(`${cwd}/bunfig.toml`, 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n');
  await writeFile(`${cwd}/.env`, "OPENAI_API_KEY=sk-from-the-folder\nINFER_CONFIG=/no/such/config\n");
  await writeFile(`${cwd}/package.json`, '{"name":"x","imports":{"#x":"./evil.ts"}}');
  await writeFile(`${cwd}/tsconfig.json`, '{"compilerOptions":{"paths":{"*":["./evil.ts"]}}}');
  const { code, envelope } = await inferJson(["model", "run", "--prompt", "x"], { cwd });
  expect(envelope.error?.type).toBe("auth");
  expect(code).toBe(3);
  expect((await infer(["--version"], { cwd })).stdout).toStartWith("infer ");
  expect((await infer(["embedding", "create", "--text", "x"], { cwd })).code).toBe(0);
  expect(existsSync(proof)).toBe(false);
});
