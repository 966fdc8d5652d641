import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import {
  checkDestination,
  type Destination,
  endingOf,
  keepMedia,
  type MediaFile,
  saveMedia,
} from "../../../src/media/file.ts";
import { PartFile } from "../../../src/media/part.ts";
import { fakeContext } from "../../support/context.ts";

const SOURCE = join(import.meta.dir, "../../..");
const PNG: MediaFile = { bytes: Buffer.from("not really a PNG"), mimeType: "image/png", extension: "png" };
const JPEG: MediaFile = { bytes: Buffer.from("not really a JPEG"), mimeType: "image/jpeg", extension: "jpg" };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "infer-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function world(env: Record<string, string> = {}) {
  return fakeContext({ cwd: folder, env });
}

function to(output: string | undefined, more: Partial<Destination> = {}): Destination {
  return { output, family: "image", subject: "A Lobster!", ...more };
}

/** Everything below the folder, as paths relative to it. */
function everything(): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

describe("what is told about a file", () => {
  test("is true: absolute path, type, size, sha256", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const output = await saveMedia(world(), { ...PNG, bytes }, to("x.png"));
    const written = readFileSync(join(folder, "x.png"));
    expect(written.equals(bytes)).toBe(true);
    expect(output).toEqual({
      path: join(folder, "x.png"),
      mimeType: "image/png",
      size: written.length,
      sha256: createHash("sha256").update(written).digest("hex"),
    });
    expect(everything()).toEqual(["x.png"]);
  });

  test("is true for a view into a larger buffer", async () => {
    const bytes = new TextEncoder().encode("0123456789").subarray(3, 6);
    const { size } = await saveMedia(world(), { ...PNG, bytes }, to("x.png"));
    expect(size).toBe(3);
    expect(readFileSync(join(folder, "x.png"), "utf8")).toBe("345");
  });
});

describe("--output names a file", () => {
  test.each<[string, MediaFile, string, boolean]>([
    ["x.png", PNG, "x.png", false],
    ["x.PNG", PNG, "x.PNG", false],
    ["x.jpg", PNG, "x.png", true],
    ["x.jpeg", JPEG, "x.jpeg", false],
    ["x.JPG", JPEG, "x.JPG", false],
    ["x.png", JPEG, "x.jpg", true],
    ["x", PNG, "x.png", false],
    ["v1.tar.jpg", PNG, "v1.tar.png", true],
    [".hidden", PNG, ".hidden.png", false],
    ["a/b/c.png", PNG, "a/b/c.png", false],
    ["naïve name.png", PNG, "naïve name.png", false],
  ])("%s, given %o → %s", async (output, media, name, warned) => {
    const context = world();
    const { path, mimeType } = await saveMedia(context, media, to(output));
    expect(path).toBe(join(folder, name));
    expect(mimeType).toBe(media.mimeType);
    expect(readFileSync(path).equals(media.bytes)).toBe(true);
    expect(context.report.warnings).toHaveLength(warned ? 1 : 0);
    if (warned) {
      expect(context.report.warnings[0]).toContain(basename(name));
      expect(context.report.warnings[0]).toContain(basename(output));
      expect(existsSync(join(folder, output))).toBe(false);
    }
  });

  test("a name that nobody asked for replaces nothing", async () => {
    writeFileSync(join(folder, "photo.png"), "the input");
    const context = world();
    const { path } = await saveMedia(context, PNG, to("photo.jpg"));
    expect(path).toBe(join(folder, "photo-1.png"));
    expect(context.report.warnings).toEqual([
      "The file is image/png: written as photo-1.png, not photo.jpg, as photo.png exists already.",
    ]);
    symlinkSync("nowhere", join(folder, "photo-2.png"));
    expect((await saveMedia(world(), PNG, to("photo.jpg"))).path).toBe(join(folder, "photo-3.png"));
    expect((await saveMedia(context, PNG, to("photo"))).path).toBe(join(folder, "photo-4.png"));
    expect(context.report.warnings[1]).toContain("photo.png exists already");
    expect(readFileSync(join(folder, "photo.png"), "utf8")).toBe("the input");
    expect(everything()).toEqual(["photo-1.png", "photo-2.png", "photo-3.png", "photo-4.png", "photo.png"]);
  });

  test("a path that is absolute", async () => {
    const path = join(folder, "deep", "x.png");
    expect((await saveMedia(fakeContext({ cwd: "/" }), PNG, to(path))).path).toBe(path);
  });

  test("an older file is replaced", async () => {
    writeFileSync(join(folder, "x.png"), "old and much longer than the new one");
    await saveMedia(world(), PNG, to("x.png"));
    expect(readFileSync(join(folder, "x.png")).equals(PNG.bytes)).toBe(true);
    expect(everything()).toEqual(["x.png"]);
  });

  test("an older file is replaced as a whole: who has it open still reads the old one", async () => {
    const path = join(folder, "x.png");
    writeFileSync(path, "old");
    const reader = openSync(path, "r");
    await saveMedia(world(), PNG, to("x.png"));
    const seen = readFileSync(reader, "utf8");
    closeSync(reader);
    expect(seen).toBe("old");
  });

  test("a name as long as the file system takes", async () => {
    const name = `${"n".repeat(251)}.png`;
    expect((await saveMedia(world(), PNG, to(name))).path).toBe(join(folder, name));
    expect(everything()).toEqual([name]);
  });
});

describe("--output names a folder", () => {
  test.each(["out/", "out/deep/", "exists"])("%s: the file gets a name of its own in it", async (output) => {
    mkdirSync(join(folder, "exists"));
    const { path } = await saveMedia(world(), PNG, to(output));
    expect(dirname(path)).toBe(join(folder, output).replace(/\/$/, ""));
    expect(basename(path)).toMatch(/^a-lobster-[0-9a-z]+\.png$/);
  });

  test("two files never share a name", async () => {
    const saved = await Promise.all(Array.from({ length: 20 }, () => saveMedia(world(), PNG, to("out/"))));
    expect(new Set(saved.map(({ path }) => path)).size).toBe(20);
    expect(readdirSync(join(folder, "out"))).toHaveLength(20);
  });
});

describe("without --output", () => {
  test.each<[string, () => Record<string, string>, () => string]>([
    [
      "INFER_MEDIA_DIR",
      () => ({ INFER_MEDIA_DIR: join(folder, "m"), XDG_STATE_HOME: "/nowhere" }),
      () => join(folder, "m"),
    ],
    ["INFER_MEDIA_DIR, relative", () => ({ INFER_MEDIA_DIR: "m" }), () => join(folder, "m")],
    [
      "XDG_STATE_HOME",
      () => ({ XDG_STATE_HOME: join(folder, "s"), HOME: "/nowhere" }),
      () => join(folder, "s/infer/media/tts"),
    ],
    ["HOME", () => ({ HOME: folder, XDG_STATE_HOME: "" }), () => join(folder, ".local/state/infer/media/tts")],
  ])("the file goes where %s says", async (_name, env, expected) => {
    const { path } = await saveMedia(world(env()), PNG, to(undefined, { family: "tts" }));
    expect(dirname(path)).toBe(expected());
    expect(isAbsolute(path)).toBe(true);
    expect(existsSync(path)).toBe(true);
  });

  test("no home folder at all → usage that names --output", async () => {
    await expect(saveMedia(world(), PNG, to(undefined))).rejects.toMatchObject({
      type: "usage",
      details: { hint: expect.stringContaining("--output") },
    });
  });

  test.each([
    ["A Lobster, reading: a book!", "a-lobster-reading-a-book"],
    ["Ünïcödé", /^u.*n.*i.*c.*o.*d.*e/],
    ["日本語", "media"],
    ["", "media"],
    ["../../etc/passwd", "etc-passwd"],
    ["--flag", "flag"],
    ["word ".repeat(100), /^[a-z-]{1,40}$/],
  ])("the subject %p names it", async (subject, stem) => {
    const { path } = await saveMedia(world({ INFER_MEDIA_DIR: folder }), PNG, to(undefined, { subject }));
    expect(dirname(path)).toBe(folder);
    const [, slug = ""] = /^(.*)-[0-9a-z]+\.png$/.exec(basename(path)) ?? [];
    if (typeof stem === "string") expect(slug).toBe(stem);
    else expect(slug).toMatch(stem);
    expect(slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  });
});

describe("a write that fails", () => {
  test("a folder is in the place of the file: it stays, and the file gets another name", async () => {
    mkdirSync(join(folder, "x.png/inner"), { recursive: true });
    await saveMedia(world(), PNG, to("x.jpg"));
    expect(everything()).toEqual(["x-1.png", "x.png", "x.png/inner"]);
  });

  test("a file is in the place of the folder → io", async () => {
    writeFileSync(join(folder, "file"), "");
    const failing = saveMedia(world(), PNG, to("file/x.png"));
    await expect(failing).rejects.toMatchObject({ type: "io", message: expect.stringContaining("x.png") });
    expect(everything()).toEqual(["file"]);
  });

  // The limit on a file's size stands in for a full disk: the write fails half way.
  test.skipIf(process.platform === "win32")("a full disk → io, the old file stays and no .part is left", async () => {
    writeFileSync(join(folder, "x.png"), "old");
    const script = `
      import { saveMedia } from "${SOURCE}/src/media/file.ts";
      import { fakeContext } from "${SOURCE}/tests/support/context.ts";
      const media = { bytes: new Uint8Array(4_000_000), mimeType: "image/png", extension: "png" };
      await saveMedia(fakeContext({ cwd: "${folder}" }), media, { output: "x.png", family: "image", subject: "x" })
        .then(() => console.log("written"), (error) => console.log(error.type));`;
    const child = Bun.spawn(
      ["bash", "-c", `trap '' XFSZ; ulimit -f 1024; exec "$0" -e "$1"`, process.execPath, script],
      {
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect({ stdout, stderr }).toEqual({ stdout: "io\n", stderr: "" });
    expect(readFileSync(join(folder, "x.png"), "utf8")).toBe("old");
    expect(everything()).toEqual(["x.png"]);
  });
});

describe("what has been paid for", () => {
  test("is kept where files go, when it cannot be where it was to be", async () => {
    writeFileSync(join(folder, "file"), "");
    const context = world({ INFER_MEDIA_DIR: join(folder, "media") });
    const { file, failure } = await keepMedia(context, PNG, to("file/x.png"), "picture");
    expect(dirname(file?.path ?? "")).toBe(join(folder, "media"));
    expect(readFileSync(file?.path ?? "").equals(PNG.bytes)).toBe(true);
    expect(failure).toMatchObject({ type: "io", message: expect.stringContaining(`is kept as ${file?.path}.`) });
  });

  test("is kept among the temporary files, when it cannot be there either", async () => {
    writeFileSync(join(folder, "file"), "");
    const context = world({ INFER_MEDIA_DIR: join(folder, "file/media") });
    const { file } = await keepMedia(context, PNG, to("file/x.png"), "picture");
    expect(dirname(file?.path ?? "")).toBe(tmpdir());
    rmSync(file?.path ?? "");
  });
});

describe("a named pipe", () => {
  test.skipIf(process.platform === "win32")("takes what arrived in a file, and keeps its rights", async () => {
    const pipe = join(folder, "pipe");
    Bun.spawnSync(["mkfifo", "-m", "622", pipe]);
    const mode = statSync(pipe).mode;
    const reader = Bun.spawn(["cat", pipe], { stdout: "pipe" });
    await using part = await PartFile.create(folder);
    await part.write(PNG.bytes);
    const stored = await part.end();
    await saveMedia(world(), { part, stored, mimeType: "image/png", extension: "png" }, to("pipe"));
    expect(await reader.stdout.text()).toBe("not really a PNG");
    expect(statSync(pipe).isFIFO()).toBe(true);
    expect(statSync(pipe).mode).toBe(mode);
  });
});

describe("a file that is being written", () => {
  test("is not seen under its name before it is complete", async () => {
    const bytes = new Uint8Array(20_000_000).fill(7);
    const path = join(folder, "x.png");
    const saving = saveMedia(world(), { ...PNG, bytes }, to("x.png"));
    let done = false;
    const watching = (async () => {
      while (!done) {
        if (existsSync(path)) expect(statSync(path).size).toBe(bytes.length);
        await Bun.sleep(0);
      }
    })();
    await saving;
    done = true;
    await watching;
    expect(everything()).toEqual(["x.png"]);
  });
});

describe("the ending of --output", () => {
  test.each([
    ["x.SRT", "srt"],
    ["a.b/x.tar.gz", "gz"],
    ["x", ""],
    [".hidden", ""],
    ["new.d/", ""],
    ["old.d", ""],
    ["-", ""],
    [undefined, ""],
  ])("%p has %p: a folder has none", async (output, ending) => {
    mkdirSync(join(folder, "old.d"));
    expect(await endingOf(world(), output)).toBe(ending);
  });
});

describe("checkDestination", () => {
  test.each(["x.png", "new/deep/x.png", "new/", "exists/", "exists", "exists/x.png", "-"])(
    "%p can be written, and nothing is made for that",
    async (output) => {
      mkdirSync(join(folder, "exists"));
      await checkDestination(world(), output, "image");
      expect(everything()).toEqual(["exists"]);
    },
  );

  test.each(["file/x.png", "file/", "file/deep/x.png", "file/deep/"])("%s is below a file → io", async (output) => {
    writeFileSync(join(folder, "file"), "");
    await expect(checkDestination(world(), output, "image")).rejects.toMatchObject({ type: "io" });
  });

  test.skipIf(process.getuid?.() === 0)("a folder that cannot be written → io", async () => {
    mkdirSync(join(folder, "locked"), { mode: 0o555 });
    for (const output of ["locked/x.png", "locked/", "locked"]) {
      await expect(checkDestination(world(), output, "image")).rejects.toMatchObject({ type: "io" });
    }
  });

  test.each(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])("%s would take the path as well", async (output) => {
    const error = { type: "usage", details: { hint: "Use --output -" } };
    await expect(checkDestination(world(), output, "image")).rejects.toMatchObject(error);
  });

  test.skipIf(process.platform !== "linux")("a folder where nothing can be made, whatever it says → io", async () => {
    for (const output of ["/proc/x.png", "/proc/x/y.png", "/proc/x/"]) {
      await expect(checkDestination(world(), output, "image")).rejects.toMatchObject({ type: "io" });
    }
    const elsewhere = fakeContext({ cwd: folder, env: { INFER_MEDIA_DIR: "/proc/x" } });
    await expect(checkDestination(elsewhere, undefined, "tts")).rejects.toMatchObject({ type: "io" });
  });

  test("without --output it is the media folder that counts", async () => {
    const check = (env: Record<string, string>): Promise<void> =>
      checkDestination(fakeContext({ env, cwd: folder }), undefined, "tts");
    await check({ INFER_MEDIA_DIR: join(folder, "media") });
    writeFileSync(join(folder, "file"), "");
    await expect(check({ INFER_MEDIA_DIR: join(folder, "file/media") })).rejects.toMatchObject({ type: "io" });
    await expect(check({})).rejects.toMatchObject({ type: "usage", message: expect.stringContaining("home") });
    expect(everything()).toEqual(["file"]);
  });

  test("a device takes the bytes as it is, and a link stays", async () => {
    await checkDestination(world(), "/dev/null", "image");
    expect((await saveMedia(world(), PNG, to("/dev/null"))).path).toBe("/dev/null");
    expect((await saveMedia(world(), PNG, to("/dev/null", { number: 2 }))).path).toBe("/dev/null");
    writeFileSync(join(folder, "target.png"), "old");
    symlinkSync(join(folder, "target.png"), join(folder, "link.png"));
    await saveMedia(world(), PNG, to("link.png"));
    expect(lstatSync(join(folder, "link.png")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "target.png"))).toHaveLength(PNG.bytes.length);
    symlinkSync("not-there-yet.png", join(folder, "dangling.png"));
    await saveMedia(world(), PNG, to("dangling.png"));
    expect(readFileSync(join(folder, "not-there-yet.png"))).toHaveLength(PNG.bytes.length);
  });

  test("agrees with saveMedia about the extension of a name without one", async () => {
    await checkDestination(world(), "plain", "image");
    expect(extname((await saveMedia(world(), PNG, to("plain"))).path)).toBe(".png");
  });
});
