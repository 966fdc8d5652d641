import { imageSize } from "image-size";

/** Width and height in pixels, as the header says; nothing where it does not. Turned pictures count as they are seen. */
export function dimensionsOf(head: Uint8Array): { width?: number; height?: number } {
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    // EXIF: from 5 on, the picture is lying on its side.
    return orientation >= 5 ? { width: height, height: width } : { width, height };
  } catch {
    return {};
  }
}
