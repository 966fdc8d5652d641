/**
 * Whether a file ends as its format says that it must. A transfer that broke off without an error looks like a picture
 * from its beginning; formats without an end of their own count as whole.
 */
export function isWhole(mimeType: string | undefined, head: Uint8Array, tail: Uint8Array, size: number): boolean {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  switch (mimeType) {
    case "image/png":
      // The last chunk: its length 0, its name, its checksum. Some writers pad behind it.
      return end.includes("IEND");
    case "image/jpeg":
      return end.includes(Buffer.from([0xff, 0xd9]));
    case "image/gif":
      return end.includes(0x3b);
    case "image/webp":
      return size >= littleEndian(head, 4) + 8;
    default:
      return true;
  }
}

/** RIFF says how much follows its first eight bytes. */
function littleEndian(bytes: Uint8Array, at: number): number {
  return bytes.length < at + 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
