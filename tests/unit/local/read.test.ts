import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { makeAssets } from "../../../src/local/assets/stage.ts";
import type { Reading } from "../../../src/local/engine.ts";
import { readTextLocally } from "../../../src/local/read.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { PICTURE, WORDS } from "../../support/words.ts";

const signal = new AbortController().signal;
const READ = join(import.meta.dir, "../../../src/local/read.ts");

beforeAll(() => makeAssets(), 120_000);

/** One transparent black pixel, to make pictures of nothing from. */
const NOTHING = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII=",
);

async function read(picture: string | Uint8Array): Promise<Reading> {
  return await readTextLocally(picture, signal);
}

describe("readTextLocally", () => {
  test("reads a small screenshot, and says what the picture is", async () => {
    const { confidence, ...rest } = await read(PICTURE);
    expect(rest).toEqual({ text: WORDS, words: 8, width: 176, height: 43, format: "png" });
    expect(confidence).toBeWithin(0.9, 1);
  });

  test("reads a path like the bytes in it", async () => {
    using folder = new TemporaryFolder();
    const path = folder.file("data:image,x.png");
    await Bun.write(path, PICTURE);
    expect(await read(path)).toEqual(await read(PICTURE));
  });

  test.each(["jpeg", "webp"] as const)("reads %s", async (format) => {
    const picture = await new Bun.Image(PICTURE).resize(352, 86)[format]({ quality: 95 }).bytes();
    expect(await read(picture)).toMatchObject({ text: WORDS, width: 352, height: 86, format });
  });

  test.each([90, 180, 270])("reads a picture that was turned by %i degrees", async (degrees) => {
    const turned = await new Bun.Image(await enlarged()).rotate(degrees).png().bytes();
    expect((await read(turned)).text).toBe(WORDS);
  });

  test("turns a JPEG as its EXIF says, and so are the dimensions", async () => {
    const onItsSide = await new Bun.Image(await enlarged()).rotate(90).jpeg({ quality: 95 }).bytes();
    const picture = withOrientation(onItsSide, 8);
    expect(await read(picture)).toMatchObject({ text: WORDS, width: 352, height: 86 });
  });

  test("reads letters of any size", async () => {
    const large = await new Bun.Image(PICTURE)
      .resize(176 * 40, 43 * 40)
      .png()
      .bytes();
    expect(await read(large)).toMatchObject({ text: WORDS, width: 7040, height: 1720 });
  });

  test.each([
    ["a blank picture", 400, 300],
    ["a single pixel", 1, 1],
    ["a thread", 5000, 1],
    ["an upright thread", 1, 40_000],
  ])("finds no text in %s", async (_, width, height) => {
    const picture = await new Bun.Image(NOTHING).resize(width, height).png().bytes();
    expect(await read(picture)).toEqual({ text: "", confidence: 0, words: 0, width, height, format: "png" });
  });

  test.each([
    ["text", new TextEncoder().encode("hello"), "is not a picture"],
    ["nothing", new Uint8Array(), "is not a picture"],
    ["half a picture", PICTURE.slice(0, 700), "cannot be decoded"],
    ["a TIFF", new Uint8Array([73, 73, 42, 0, 8, 0, 0, 0, 0, 0]), "decode"],
    ["a header of 60,000 by 60,000", withSize(60_000), "is too large"],
    ["a header of 10,001 by 10,001", withSize(10_001), "is too large"],
  ])("refuses %s and says what to do", async (_, bytes, message) => {
    const refusal = await read(bytes).catch((error) => error);
    expect(refusal).toMatchObject({
      name: "InferError",
      type: "usage",
      details: { hint: expect.stringMatching(/PNG|smaller/) },
    });
    expect(refusal.message).toContain(message);
  });

  test("says what is wrong with a path", async () => {
    using folder = new TemporaryFolder();
    await expect(read(folder.file("absent.png"))).rejects.toMatchObject({ type: "not_found" });
    await expect(read(folder.path)).rejects.toMatchObject({ type: "io" });
  });

  test("calls a picture what the user calls it", async () => {
    using folder = new TemporaryFolder();
    const path = folder.file("temporary.part");
    await Bun.write(path, "hello");
    const refusal = await readTextLocally(path, signal, "https://example.com/x.png").catch((error) => error);
    expect(refusal.message).toBe("https://example.com/x.png is not a picture that is known here.");
  });

  test("leaves the bytes to the caller", async () => {
    const bytes = PICTURE.slice();
    await Promise.all([read(bytes), read(bytes)]);
    expect(bytes).toEqual(PICTURE);
  });

  test("stops in the middle with the reason of the abort", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const running = readTextLocally(await new Bun.Image(PICTURE).resize(5000, 5000).jpeg().bytes(), controller.signal);
    await Bun.sleep(200);
    const start = performance.now();
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(200);
  });

  test("prints nothing of its own, and lets the process end", async () => {
    const blank = await new Bun.Image(NOTHING).resize(400, 300).png().bytes();
    const code = `
      import { readTextLocally } from ${JSON.stringify(READ)};
      const { signal } = new AbortController();
      for (const picture of [${JSON.stringify(PICTURE.toBase64())}, ${JSON.stringify(blank.toBase64())}]) {
        console.log((await readTextLocally(Uint8Array.fromBase64(picture), signal)).text);
      }
      console.warn("the end");`;
    const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe", timeout: 20_000 });
    const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: `${WORDS}\n\n`, stderr: "the end\n", exitCode: 0 });
  });
});

/** Twice the size, as a step of its own: `Bun.Image` would turn before it resizes, whatever the order of the calls. */
async function enlarged(): Promise<Uint8Array> {
  return await new Bun.Image(PICTURE).resize(352, 86).png().bytes();
}

/** A JPEG with an EXIF segment that holds nothing but how the picture is to be turned. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const exif = [..."Exif\0\0MM\0*"].map((letter) => letter.charCodeAt(0));
  const directory = [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const segment = [0xff, 0xe1, 0, 2 + exif.length + directory.length, ...exif, ...directory];
  return new Uint8Array([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]);
}

/** A PNG whose header claims a canvas of this size; the checksum is right. */
function withSize(side: number): Uint8Array {
  const png = PICTURE.slice();
  const view = new DataView(png.buffer);
  view.setUint32(16, side);
  view.setUint32(20, side);
  view.setUint32(29, Bun.hash.crc32(png.subarray(12, 29)));
  return png;
}

const MAGICK = ["magick", "convert"].find((name) => {
  const { success, stdout } = Bun.which(name)
    ? Bun.spawnSync([name, "-version"], { stderr: "ignore" })
    : { success: false, stdout: "" };
  return success && stdout.toString().includes("ImageMagick");
});

const FONT = ["Liberation-Sans", "DejaVu-Sans", "Helvetica", "Arial"].find((name) => {
  if (!MAGICK) return false;
  return Bun.spawnSync([MAGICK, "-list", "font"], { stderr: "ignore" }).stdout.toString().includes(`Font: ${name}\n`);
});

/** A picture drawn by ImageMagick, in the format of the extension. */
function drawn(args: string[], format = "png"): Uint8Array {
  const [before, after] = [args.slice(0, -1), args.slice(-1)];
  const run = Bun.spawnSync([MAGICK ?? "", "-font", FONT ?? "", ...before, ...after, `${format}:-`]);
  if (!run.success) throw new Error(run.stderr.toString());
  return run.stdout;
}

const SENTENCE = "The quick brown fox jumps\nover the lazy dog 42 times.";
const label = (size: number, ink: string, paper: string, text = SENTENCE) => [
  ...["-background", paper, "-fill", ink, "-pointsize", `${size}`, `label:${text}`],
];

describe.skipIf(!FONT)("pictures drawn by ImageMagick", () => {
  test.each([
    ["black on white", label(36, "black", "white")],
    ["white on dark", label(30, "#e0e0e0", "#1e1e2e")],
    ["grey on grey", label(24, "#eeeeee", "#888888")],
    ["small letters", label(11, "black", "white")],
    ["small letters on black", label(11, "white", "black")],
    ["letters of a poster", label(300, "black", "white")],
    ["nothing behind the letters", label(30, "black", "none")],
    ["nothing behind white letters", label(30, "white", "none")],
    ["noise", [...label(36, "black", "white"), "-seed", "7", "-attenuate", "0.4", "+noise", "Gaussian"]],
  ])("%s", async (_, args) => {
    expect((await read(drawn(args))).text).toBe(SENTENCE);
  });

  test.each(["gif", "webp", "jpg", "bmp3", "png8"])("as %s", async (format) => {
    const args = [...label(36, "black", "white"), "-type", format === "bmp3" ? "TrueColor" : "Palette"];
    expect((await read(drawn(args, format))).text).toBe(SENTENCE);
  });

  test("an invoice, line by line", async () => {
    const cells: [x: number, y: number, text: string][] = [
      ...([[60, 80, "INVOICE 2024-0117"]] as [number, number, string][]),
      ...row(150, [60, "Northwind Traders Ltd"], [620, "Date: 15 March 2024"]),
      ...row(185, [60, "12 Harbour Street, Bristol"], [620, "Due: 14 April 2024"]),
      ...row(280, [60, "Description"], [520, "Qty"], [620, "Price"], [760, "Total"]),
      ...row(330, [60, "Office chair"], [520, "2"], [620, "120.00"], [760, "240.00"]),
      ...row(370, [60, "Desk lamp"], [520, "5"], [620, "19.50"], [760, "97.50"]),
      ...row(410, [60, "Printer paper"], [520, "10"], [620, "4.25"], [760, "42.50"]),
      ...row(480, [620, "Subtotal"], [760, "380.00"]),
      ...row(560, [620, "Amount due"], [760, "456.00"]),
    ];
    const strokes = cells.flatMap(([x, y, text]) => ["-annotate", `+${x}+${y}`, text]);
    const { text } = await read(
      drawn(["-size", "900x620", "xc:white", "-fill", "black", "-pointsize", "22", ...strokes]),
    );
    expect(text.split("\n").filter(Boolean)).toEqual([
      "INVOICE 2024-0117",
      "Northwind Traders Ltd Date: 15 March 2024",
      "12 Harbour Street, Bristol Due: 14 April 2024",
      "Description Qty Price Total",
      "Office chair 2 120.00 240.00",
      "Desk lamp 5 19.50 97.50",
      "Printer paper 10 4.25 42.50",
      "Subtotal 380.00",
      "Amount due 456.00",
    ]);
    expect(text).toContain("Bristol Due: 14 April 2024\n\nDescription");
  });

  test("two columns of prose, one after the other", async () => {
    const column = (text: string, x: number) => [
      ...["(", "-size", "420x640", `caption:${text}`, ")", "-geometry", `+${x}+40`, "-composite"],
    ];
    const left = `It was the best of times, it was the worst of times, ${"it was the age of wisdom, ".repeat(6)}and so on.`;
    const right = `Call me Ishmael. Some years ago, ${"never mind how long precisely, ".repeat(6)}all at sea.`;
    const page = ["-size", "1000x700", "xc:white", "-fill", "black", "-pointsize", "20"];
    const { text } = await read(drawn([...page, ...column(left, 40), ...column(right, 540)]));
    expect(text.split("\n\n").map((paragraph) => paragraph.replaceAll("\n", " "))).toEqual([left, right]);
  });

  test.each([
    ["clouds", ["-size", "800x600", "-seed", "3", "plasma:red-blue"]],
    ["a gradient", ["-size", "640x480", "gradient:skyblue-tan"]],
    ["noise", ["-size", "400x300", "-seed", "3", "xc:gray", "+noise", "Random"]],
  ])("no text in a picture of %s", async (_, args) => {
    expect(await read(drawn(args, "jpg"))).toMatchObject({ text: "", confidence: 0, words: 0 });
  });

  test.skipIf(!Bun.which("tesseract"))("the words that Tesseract itself reads, on print of its own size", async () => {
    using folder = new TemporaryFolder();
    const path = folder.file("page.png");
    const prose = "Call me Ishmael. Some years ago, having little or no money in my purse, we went to see the world. ";
    await Bun.write(
      path,
      drawn(["-size", "1200x", "-background", "white", "-pointsize", "40", `caption:${prose.repeat(4).trim()}`]),
    );
    const judge = Bun.spawnSync(["tesseract", path, "-", "-l", "eng"], { stderr: "ignore" }).stdout.toString();
    expect(words((await read(path)).text)).toEqual(words(judge));
  });
});

function row(y: number, ...cells: [x: number, text: string][]): [number, number, string][] {
  return cells.map(([x, text]) => [x, y, text]);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
