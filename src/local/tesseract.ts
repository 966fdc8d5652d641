import { createOCREngine, layoutFlags, type OCREngine, type Rect, type TextItem } from "tesseract-wasm";
import modulePath from "../../dist/assets/tesseract.wasm.zst" with { type: "file" };
import modelPath from "../../dist/assets/tesseract-english.bin.zst" with { type: "file" };
import { readAsset } from "./asset.ts";
import type { NamedPicture, Reading } from "./engine.ts";
import { type Pixels, pictureFacts, pixelsOf, turned } from "./pixels.ts";
import { unpackModel } from "./tesseract-model.ts";

/** Enough for an A4 page in 350 dpi; more takes seconds and finds nothing new. */
const MOST_PIXELS = 12_000_000;
/** Leptonica counts in 16 bits. */
const LONGEST_SIDE = 32_000;
/** Text of a screen has letters of 8 pixels; Tesseract was trained on print, where they have 30. */
const ENLARGEMENT = 2;
/** Letters above this are misread ("7" as "/"): they are read again in the size of print. */
const TALLEST_LINE = 150;
const PRINT_LINE = 48;

/** What is found in the texture of a photograph has about 0.25, text that is upside down 0.4, bad print 0.7 and more. */
const LEAST_SURE_LINE = 0.3;
const LEAST_SURE = 0.5;
const DOUBTFUL = 0.6;
/** A speck that was taken for a sign is less sure than this. */
const LEAST_SURE_SIGN = 0.6;

/** A gap between lines that is this many times a line, and this many times the usual gap, ends a paragraph. */
const GAP_OF_LINE = 0.7;
const GAP_OF_GAPS = 1.6;
/** Of the gaps by size: where there are many paragraphs, most gaps are between them. */
const USUAL_GAP = 0.25;

/** Of the modes of Tesseract's page segmentation: lines go across the whole page, as in an invoice. */
const ONE_COLUMN = "4";
/** Lines beside each other that are this many times as wide as high are columns of prose, others are cells of a table. */
const PROSE_RATIO = 14;
/** No line of upright text is this many times as high as wide, unless it is a single letter. */
const VERTICAL_RATIO = 2;

const QUARTER_TURN = 1;
const HALF_TURN = 2;

type Found = Pick<Reading, "text" | "confidence" | "words"> & { lineHeight: number };

const NOTHING: Found = { text: "", confidence: 0, words: 0, lineHeight: 0 };

/** Tesseract with its English model. */
export class Tesseract {
  private constructor(private readonly engine: OCREngine) {}

  static async load(): Promise<Tesseract> {
    const [module, model] = await Promise.all([readAsset(modulePath), readAsset(modelPath)]);
    const engine = await loadQuietly(module);
    engine.loadModel(unpackModel(model));
    return new Tesseract(engine);
  }

  async read(picture: NamedPicture): Promise<Reading> {
    const facts = await pictureFacts(picture);
    const scale = readingScale(facts);
    const sized = (by: number) => pixelsOf(picture, scaled(facts.width, by), scaled(facts.height, by));
    let pixels = await sized(scale);
    let found = this.recognise(pixels);
    if (found.lineHeight > TALLEST_LINE) {
      pixels = await sized((scale * PRINT_LINE) / found.lineHeight);
      found = surer(found, this.recognise(pixels));
    }
    if (found.words > 0 && found.confidence < DOUBTFUL) {
      found = surer(found, this.recognise(turned(pixels, HALF_TURN)));
    }
    const { text, confidence, words } = found.confidence < LEAST_SURE ? NOTHING : found;
    return { text, confidence, words, width: facts.width, height: facts.height, format: facts.format };
  }

  private recognise(picture: Pixels): Found {
    let pixels = picture;
    let lines = this.layout(pixels);
    if (areVertical(lines)) {
      pixels = turned(pixels, QUARTER_TURN);
      lines = this.layout(pixels);
    }
    if (hasRows(lines)) {
      // What was found of the layout is forgotten only with the image.
      this.engine.loadImage(pixels);
      this.engine.setVariable("tessedit_pageseg_mode", ONE_COLUMN);
    }
    return composed(this.engine.getTextBoxes("word"));
  }

  private layout(pixels: Pixels): Rect[] {
    this.engine.loadImage(pixels);
    return this.engine.getBoundingBoxes("line").map(({ rect }) => rect);
  }
}

/** Its remarks ("Empty page!!") would end up on stderr: it keeps the `console.warn` that it finds when it is made. */
async function loadQuietly(wasmBinary: Uint8Array): Promise<OCREngine> {
  const terminal = globalThis.console;
  const { log, warn } = terminal;
  const silence = { log: () => undefined, warn: () => undefined };
  try {
    Object.assign(terminal, silence);
    return await createOCREngine({ wasmBinary });
  } finally {
    Object.assign(terminal, { log, warn });
  }
}

function readingScale({ width, height }: { width: number; height: number }): number {
  const most = Math.min(Math.sqrt(MOST_PIXELS / (width * height)), LONGEST_SIDE / Math.max(width, height));
  if (most >= ENLARGEMENT) return ENLARGEMENT;
  return Math.min(most, 1);
}

function scaled(side: number, by: number): number {
  return Math.max(1, Math.round(side * by));
}

function surer(first: Found, second: Found): Found {
  return second.confidence > first.confidence ? second : first;
}

/** Whether the picture lies on its side. */
function areVertical(lines: Rect[]): boolean {
  return median(lines.map((line) => heightOf(line) / widthOf(line))) > VERTICAL_RATIO;
}

/** Whether lines that stand beside each other belong together, as in a table. */
function hasRows(lines: Rect[]): boolean {
  const beside = lines.filter((line) => lines.some((other) => areBeside(line, other)));
  return beside.length > 0 && median(beside.map((line) => widthOf(line) / heightOf(line))) < PROSE_RATIO;
}

function areBeside(one: Rect, other: Rect): boolean {
  const shared = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  const apart = one.right <= other.left || other.right <= one.left;
  return apart && shared > Math.min(heightOf(one), heightOf(other)) / 2;
}

function widthOf({ left, right }: Rect): number {
  return right - left;
}

function heightOf({ top, bottom }: Pick<Rect, "top" | "bottom">): number {
  return bottom - top;
}

/** The words, which come in reading order, as text: an empty line ends a paragraph and a column. */
function composed(items: TextItem[]): Found {
  const lines = linesOf(items);
  const words = lines.flat();
  if (words.length === 0) return NOTHING;
  const spans = lines.map(spanOf);
  const lineHeight = median(spans.map(heightOf));
  const gaps = spans.map(({ top }, index) => top - (spans[index - 1]?.bottom ?? top)).slice(1);
  const usual = quantile(
    gaps.filter((gap) => gap > 0),
    USUAL_GAP,
  );
  const widest = Math.max(lineHeight * GAP_OF_LINE, usual * GAP_OF_GAPS);
  const text = lines.map((line, index) => {
    const gap = gaps[index - 1] ?? 0;
    const isNext = index > 0 && (gap > widest || gap < -lineHeight);
    return `${isNext ? "\n" : ""}${line.map((word) => word.text.trim()).join(" ")}`;
  });
  const confidence = Math.round(sureness(words) * 1000) / 1000;
  return { text: text.join("\n"), confidence, words: words.length, lineHeight };
}

function linesOf(items: TextItem[]): TextItem[][] {
  const lines: TextItem[][] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (!last || item.flags & layoutFlags.StartOfLine) lines.push([item]);
    else last.push(item);
  }
  return lines.map((line) => line.filter(isWord)).filter((line) => sureness(line) >= LEAST_SURE_LINE);
}

function isWord({ text, confidence }: TextItem): boolean {
  return /[\p{L}\p{N}]/u.test(text) || (text.trim() !== "" && confidence >= LEAST_SURE_SIGN);
}

/** The mean confidence; 0 without words. */
function sureness(words: TextItem[]): number {
  return words.reduce((total, { confidence }) => total + confidence, 0) / Math.max(words.length, 1);
}

function spanOf(line: TextItem[]): Pick<Rect, "top" | "bottom"> {
  return {
    top: Math.min(...line.map(({ rect }) => rect.top)),
    bottom: Math.max(...line.map(({ rect }) => rect.bottom)),
  };
}

function median(numbers: number[]): number {
  return quantile(numbers, 0.5);
}

/** 0 for no numbers. */
function quantile(numbers: number[], share: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? 0;
}
