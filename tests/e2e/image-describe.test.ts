import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, infer, inferJson, oneEnvelope } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { PictureServer, picture } from "../support/pictures.ts";
import { PICTURE, WORDS } from "../support/words.ts";

const folder = new TemporaryFolder();
const TEXT = "Invoice 4711";
const screenshot = folder.file("screenshot.png");
const magick = Bun.which("magick") ?? Bun.which("convert");
/** Its own default font is on few machines. */
const canDraw = ["DejaVu-Sans", "Liberation-Sans", "Helvetica"].some((font) => {
  const draw = ["-size", "600x120", "xc:white", "-font", font, "-pointsize", "48", "-annotate", "+30+75", TEXT];
  return magick !== null && Bun.spawnSync([magick, ...draw, screenshot]).exitCode === 0;
});
/** The checkout out of sight, and no way out to any network. */
const alone = ["unshare", "-rmn", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', join(import.meta.dir, "../..")];
const canHide = Bun.spawnSync([...alone, "true"]).exitCode === 0;
/** Nothing that answers on loopback may be asked in place of the engine. */
const noNetwork = Bun.spawnSync(["unshare", "-rn", "true"]).exitCode === 0 ? ["unshare", "-rn"] : [];

beforeAll(() => writeFileSync(folder.file("words.png"), PICTURE));
afterAll(() => folder[Symbol.dispose]());

describe("nothing is set up: the words in a picture", () => {
  test.skipIf(!canDraw || !canHide)("a copy of the binary, no checkout, no network, no environment", async () => {
    const cwd = folder.file("alone");
    mkdirSync(cwd);
    const copy = join(cwd, "infer");
    copyFileSync(BINARY, copy);
    const run = async (...more: string[]) => {
      const child = Bun.spawn([...alone, "env", "-i", copy, "image", "describe", "--file", screenshot, ...more], {
        cwd,
        env: { PATH: "/usr/bin:/bin" },
        stdout: "pipe",
        stderr: "pipe",
      });
      const [stdout, stderr] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      return { stdout, stderr, code: await child.exited };
    };
    const { stdout, code } = await run("--json");
    const envelope = oneEnvelope(stdout);
    expect(envelope).toMatchObject({
      ok: true,
      capability: "image.describe",
      provider: "local",
      outputs: [{ path: screenshot, text: TEXT, kind: "image.ocr", width: 600, height: 120 }],
    });
    expect(envelope.warnings?.join()).toContain("only the text");
    expect(code).toBe(0);
    expect(await run()).toMatchObject({ stdout: `${TEXT}\n`, code: 0 });
    expect(readdirSync(cwd)).toEqual(["infer"]);
  });

  test("text mode prints the words", async () => {
    const run = await infer(["image", "describe", "--file", folder.file("words.png")], { under: noNetwork });
    expect(run).toMatchObject({ code: 0, stdout: `${WORDS}\n` });
    expect(run.stderr).toContain("only the text");
  });

  test("stdin, and a data: URL", async () => {
    for (const [file, stdin] of [
      ["-", PICTURE],
      [`data:image/png;base64,${PICTURE.toBase64()}`, undefined],
    ] as const) {
      const { envelope } = await inferJson(["image", "describe", "--provider", "local", "--file", file], {
        ...(stdin && { stdin }),
      });
      expect(envelope.outputs).toMatchObject([{ text: WORDS, kind: "image.ocr" }]);
    }
  });

  test("a picture without words is no success", async () => {
    const blank = folder.file("blank.png");
    writeFileSync(blank, await picture("png", 200, 100));
    const { code, envelope } = await inferJson(["image", "describe", "--provider", "local", "--file", blank]);
    expect(envelope).toMatchObject({ outputs: [], error: { type: "empty_result" } });
    expect(code).toBe(9);
  });
});

describe("describe-many", () => {
  const files = ["words.png", "missing.png", "words.png"].flatMap((name) => ["--file", name]);
  const many = ["image", "describe-many", "--provider", "local", ...files];

  test("partial: the others are told", async () => {
    const { code, envelope } = await inferJson(many, { cwd: folder.path });
    expect(code).toBe(10);
    expect(envelope).toMatchObject({
      ok: false,
      capability: "image.describe-many",
      outputs: [
        { path: folder.file("words.png"), text: WORDS },
        { path: folder.file("words.png"), text: WORDS },
      ],
      error: { type: "partial", message: expect.stringMatching(/1 of 3.*missing\.png/) },
    });
    const run = await infer(many, { cwd: folder.path });
    const block = `${folder.file("words.png")}\n${WORDS}`;
    expect(run).toMatchObject({ code: 10, stdout: `${block}\n\n${block}\n` });
    expect(run.stderr).toContain("missing.png");
  });

  test("through a model: one request for each, and the one that fails keeps no other from its answer", async () => {
    using server = new PictureServer(({ body }) =>
      body.includes("image/webp")
        ? Response.json({ error: { message: "cannot see it" } }, { status: 400 })
        : Response.json({ choices: [{ message: { content: "A cat." }, finish_reason: "stop" }] }),
    );
    writeFileSync(folder.file("a.png"), await picture("png"));
    writeFileSync(folder.file("b.webp"), await picture("webp"));
    const config = folder.file("seeing.json");
    writeFileSync(config, JSON.stringify({ models: { providers: { seeing: { baseUrl: server.url } } } }));
    const { code, envelope } = await inferJson(
      ["image", "describe-many", "--file", "b.webp", "--file", "a.png", "--model", "seeing/m", "--config", config],
      { cwd: folder.path },
    );
    expect(code).toBe(10);
    expect(envelope.outputs).toMatchObject([{ path: folder.file("a.png"), text: "A cat.", kind: "image.description" }]);
    expect(envelope.error?.message).toContain("cannot see it");
    expect(server.asked).toHaveLength(2);
  });
});
