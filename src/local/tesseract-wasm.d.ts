/**
 * The part of tesseract-wasm used here: its `exports` hide the types that it ships, and those want the DOM's.
 */
declare module "tesseract-wasm" {
  export interface Rect {
    left: number;
    top: number;
    right: number;
    bottom: number;
  }

  export interface BoxItem {
    rect: Rect;
    /** Bits of `layoutFlags`. */
    flags: number;
  }

  export interface TextItem extends BoxItem {
    text: string;
    /** 0 to 1. */
    confidence: number;
  }

  export interface OCREngine {
    setVariable(name: string, value: string): void;
    loadModel(model: Uint8Array): void;
    /** Pixels in RGBA. Sets `tessedit_pageseg_mode` to 3 (automatic). */
    loadImage(image: { data: Uint8Array; width: number; height: number }): void;
    /** Layout alone, without recognition. */
    getBoundingBoxes(unit: "line" | "word"): BoxItem[];
    getTextBoxes(unit: "line" | "word"): TextItem[];
  }

  export const layoutFlags: { StartOfLine: number; EndOfLine: number };

  export function createOCREngine(options: { wasmBinary: Uint8Array }): Promise<OCREngine>;
}
