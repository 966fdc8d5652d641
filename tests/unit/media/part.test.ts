import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isWhole } from "../../../src/media/completeness.ts";
import { dimensionsOf } from "../../../src/media/dimensions.ts";
import { PartFile } from "../../../src/media/part.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { picture } from "../../support/pictures.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** Written in pieces of this size, out of one buffer that is used again. */
async function fill(part: PartFile, bytes: Uint8Array, size: number): Promise<void> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.set(piece);
    await part.write(buffer.subarray(0, piece.length));
    buffer.fill(0);
  }
}

describe("a file as it arrives", () => {
  test.each([1, 7, 64, 1000, 600_000])("pieces of %d: known for what it is when it has ended", async (size) => {
    const bytes = size < 64 ? await picture("png") : Buffer.concat([await picture("png"), Buffer.alloc(600_000)]);
    await using part = await PartFile.create(folder.path);
    await fill(part, bytes, size);
    const stored = await part.end();
    expect(stored).toMatchObject({
      path: part.path,
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      kind: { mimeType: "image/png", extension: "png" },
      whole: size < 64,
    });
    expect(Buffer.from(stored.head).equals(bytes.subarray(0, 512 * 1024))).toBe(true);
    expect(readFileSync(part.path).equals(bytes)).toBe(true);
  });

  test("goes away unless it gets its name", async () => {
    const target = folder.file("x.png");
    writeFileSync(target, "old");
    {
      await using part = await PartFile.create(folder.path);
      await part.write(Buffer.from("new"));
      expect(readdirSync(folder.path)).toHaveLength(2);
    }
    expect(readFileSync(target, "utf8")).toBe("old");
    {
      await using part = await PartFile.create(folder.path);
      await part.write(Buffer.from("new"));
      await part.end();
      await part.moveTo(target);
    }
    expect(readFileSync(target, "utf8")).toBe("new");
    expect(readdirSync(folder.path)).toEqual(["x.png"]);
  });

  test("read without a name: all of it, and the file is gone before the first byte is taken", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    await using part = await PartFile.create(folder.path);
    for (let times = 0; times < 10; times++) await part.write(bytes);
    await part.end();
    const chunks: Uint8Array[] = [];
    for await (const chunk of part.readNameless()) {
      if (process.platform !== "win32") expect(existsSync(part.path)).toBe(false);
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(Buffer.concat(Array(10).fill(bytes)))).toBe(true);
  });

  test("a folder that is not there, or may not be written: io, with the folder's name", async () => {
    expect(await rejection(PartFile.create(folder.file("nowhere")))).toMatchObject({
      type: "io",
      message: expect.stringContaining("nowhere"),
    });
    if (process.getuid?.() === 0) return;
    chmodSync(folder.path, 0o500);
    expect((await rejection(PartFile.create(folder.path))).type).toBe("io");
    chmodSync(folder.path, 0o700);
  });
});

function whole(type: string, bytes: Uint8Array): boolean {
  return isWhole(type, bytes.subarray(0, 512 * 1024), bytes.subarray(-65_536), bytes.length);
}

describe("whether the end is there", () => {
  test.each(["png", "jpeg", "webp"] as const)("%s: at its last byte, and at none before", async (format) => {
    const bytes = await picture(format, 90, 70);
    expect(whole(`image/${format}`, bytes)).toBe(true);
    for (let missing = 1; missing < bytes.length - 20; missing++) {
      // The end of a JPEG is two bytes; without the padding byte of its last chunk, a WebP loses nothing.
      expect({ missing, whole: whole(`image/${format}`, bytes.subarray(0, -missing)) }).toEqual({
        missing,
        whole: false,
      });
    }
  });

  test("a GIF: a semicolon in the middle is no end", () => {
    const gif = Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64");
    expect(whole("image/gif", gif)).toBe(true);
    expect(whole("image/gif", Buffer.concat([gif, Buffer.alloc(4)]))).toBe(true);
    expect(whole("image/gif", gif.subarray(0, -1))).toBe(false);
    expect(whole("image/gif", Buffer.concat([gif.subarray(0, -4), Buffer.from(";12")]))).toBe(false);
  });

  test("bytes behind the end do no harm", async () => {
    for (const format of ["png", "jpeg", "webp"] as const) {
      expect(whole(`image/${format}`, Buffer.concat([await picture(format), Buffer.from("\n\0\0")]))).toBe(true);
      await using part = await PartFile.create(folder.path);
      await fill(part, Buffer.concat([await picture(format, 90, 70), Buffer.alloc(60_000)]), 1000);
      expect(await part.end()).toMatchObject({ whole: true });
    }
  });

  test("a JPEG: the end of the preview in its header is none", async () => {
    const jpeg = await picture("jpeg", 90, 70);
    const preview = await picture("jpeg");
    const segment = Buffer.from([0xff, 0xe1, (preview.length + 2) >> 8, (preview.length + 2) & 0xff]);
    const both = Buffer.concat([jpeg.subarray(0, 2), segment, preview, jpeg.subarray(2)]);
    expect(whole("image/jpeg", both)).toBe(true);
    for (let missing = 1; missing < jpeg.length; missing++) {
      expect({ missing, whole: whole("image/jpeg", both.subarray(0, -missing)) }).toEqual({ missing, whole: false });
    }
  });

  test("an APNG is a PNG", async () => {
    const png = await picture("png");
    expect(whole("image/apng", png)).toBe(true);
    expect(whole("image/apng", png.subarray(0, -9))).toBe(false);
  });

  test("a BMP says how large it is, or does not", () => {
    const bmp = Buffer.alloc(58);
    bmp.write("BM");
    expect(whole("image/bmp", bmp)).toBe(true);
    bmp.writeUInt32LE(58, 2);
    expect(whole("image/bmp", bmp)).toBe(true);
    expect(whole("image/bmp", bmp.subarray(0, -1))).toBe(false);
    expect(whole("image/bmp", Buffer.concat([bmp, Buffer.alloc(9)]))).toBe(true);
  });

  test.each(["image/avif", "image/heic", "image/heif"])("%s: its boxes", (type) => {
    const box = (name: string, size: number, told = size): Buffer => {
      const bytes = Buffer.alloc(size, 7);
      bytes.writeUInt32BE(told, 0);
      bytes.write(name, 4, "latin1");
      return bytes;
    };
    const start = [box("ftyp", 28), box("meta", 300)];
    const file = Buffer.concat([...start, box("mdat", 2_000_000)]);
    expect(whole(type, file)).toBe(true);
    expect(whole(type, Buffer.concat([file, Buffer.alloc(90)]))).toBe(true);
    expect(whole(type, file.subarray(0, -1))).toBe(false);
    expect(whole(type, file.subarray(0, 320))).toBe(false);
    expect(whole(type, file.subarray(0, 28))).toBe(false);
    const large = box("mdat", 5000, 1);
    large.writeBigUInt64BE(5000n, 8);
    expect(whole(type, Buffer.concat([...start, large]))).toBe(true);
    expect(whole(type, Buffer.concat([...start, large]).subarray(0, -1))).toBe(false);
    expect(whole(type, Buffer.concat([...start, box("mdat", 50, 0)]))).toBe(true);
  });

  test("what has no end of its own counts as whole", () => {
    expect(whole("image/tiff", Buffer.from("II*"))).toBe(true);
    expect(isWhole(undefined, new Uint8Array(), new Uint8Array(), 0)).toBe(true);
    expect(whole("image/webp", Buffer.from("RI"))).toBe(false);
  });
});

describe("an SVG", () => {
  const stored = async (text: string) => {
    await using part = await PartFile.create(folder.path);
    await part.write(Buffer.from(text));
    return part.end();
  };
  const SVG = { mimeType: "image/svg+xml", extension: "svg" };
  const root = '<svg xmlns="http://www.w3.org/2000/svg" width="9">';

  test.each([
    `${root}<path/></svg>`,
    `\ufeff<?xml version="1.0"?>\n<!-- by > hand --><!-- --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">${root}</svg>\n`,
    `<!DOCTYPE svg [ <!ENTITY a "b"> ]>\n${root}</svg><!-- the end -->`,
    `<?xml version="1.0"?><?xml-stylesheet href="a>b"?><svg:svg xmlns:svg="x"></svg:svg>`,
    '<svg xmlns="x" width="1"/>\n',
    `<!-- ${"licence ".repeat(2000)} -->${root}</svg>`,
  ])("%p", async (text) => {
    expect(await stored(text)).toMatchObject({ kind: SVG, whole: true });
  });

  test.each([`${root}<path/>`, `${root}<svg></svg><g>`, `${root}<path d="M0`, '<svg width="', `${root}<svg></svg></g`])(
    "%p is cut short",
    async (text) => {
      expect(await stored(text)).toMatchObject({ kind: SVG, whole: false });
    },
  );

  test.each([
    `<!doctype html><html><body>${root}</svg>`,
    `<div>${root}</svg></div>`,
    `No picture, but ${root}</svg>`,
    `<?xml version="1.0"?><rss>${root}</svg></rss>`,
    `<!-- ${root}</svg> -->`,
    "<!---->".repeat(5000),
    "<svgfile></svgfile>",
    `{"error":"<svg>"}`,
  ])("%p is none", async (text) => {
    const started = performance.now();
    expect((await stored(text)).kind?.mimeType).not.toBe("image/svg+xml");
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("width and height", () => {
  test.each(["png", "jpeg", "webp"] as const)("of a %s", async (format) => {
    expect(dimensionsOf(await picture(format, 90, 70))).toEqual({ width: 90, height: 70 });
  });

  test("a JPEG that lies on its side is told as it is seen", async () => {
    const jpeg = await picture("jpeg", 90, 70);
    // EXIF with one entry: orientation 6.
    const exif = Buffer.from("4578696600004d4d002a00000008000101120003000000010006000000000000", "hex");
    const segment = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
    const turned = Buffer.concat([jpeg.subarray(0, 2), segment, exif, jpeg.subarray(2)]);
    expect(dimensionsOf(turned)).toEqual({ width: 70, height: 90 });
  });

  test("of nothing that is known: none", () => {
    for (const text of ["", "x", "<!doctype html>", "\u0089PNG\r\n\u001a\n"]) {
      expect(dimensionsOf(Buffer.from(text, "latin1"))).toEqual({});
    }
  });
});
