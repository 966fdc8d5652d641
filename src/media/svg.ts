/** What may stand before the root: a byte order mark, space, `<?xml …?>`, comments, and a DOCTYPE that says SVG. */
const BEFORE_ROOT = [
  /\u00ef\u00bb\u00bf/y,
  /\s+/y,
  /<\?.*?\?>/sy,
  /<!--.*?-->/sy,
  /<!DOCTYPE\s+(?:\w+:)?svg\b[^[>]*(?:\[[^\]]*\]\s*)?>/iy,
];
const ROOT = /<(?:\w+:)?svg(?=[\s/>])/iy;

/** Enough for a licence in a comment. */
const HEAD = 64 * 1024;

/** Whether a file is an SVG, by what it begins with: a web page or a feed may have one in it. */
export function isSvg(head: Uint8Array): boolean {
  return rootAt(textOf(head.subarray(0, HEAD))) !== -1;
}

/** Whether the root of an SVG is closed, and nothing is open behind that. */
export function isWholeSvg(head: Uint8Array, tail: Uint8Array): boolean {
  const end = textOf(tail);
  const [close] = [...end.matchAll(/<\/(?:\w+:)?svg\s*>/gi)].slice(-1);
  // Comments may follow, but no other element.
  if (close) return !/<[^!?]/.test(end.slice(close.index + close[0].length));
  const start = textOf(head);
  return /^[^<]*\/>\s*$/.test(start.slice(rootAt(start) + 1));
}

function rootAt(text: string): number {
  for (let at = 0; ; ) {
    const next = BEFORE_ROOT.map((pattern) => endOf(pattern, text, at)).find((end) => end > at);
    if (next === undefined) return endOf(ROOT, text, at) === -1 ? -1 : at;
    at = next;
  }
}

/** Where a match that begins here ends; -1 without one. */
function endOf(pattern: RegExp, text: string, at: number): number {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : -1;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
