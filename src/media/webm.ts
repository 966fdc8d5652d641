/** Element names of Matroska: https://www.matroska.org/technical/elements.html */
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const CLUSTER = 0x1f43b675;

const VIDEO = 1;
const AUDIO = 2;

/** Whether there is sound in a WebM file, and no picture, as far as its beginning tells. */
export function isSoundOnly(head: Uint8Array): boolean {
  const types = trackTypes(head);
  return types.includes(AUDIO) && !types.includes(VIDEO);
}

function trackTypes(head: Uint8Array): number[] {
  const types: number[] = [];
  for (const segment of elements(head)) {
    if (segment.name !== SEGMENT) continue;
    for (const element of elements(segment.content)) {
      // What is heard and seen begins: all tracks have been told.
      if (element.name === CLUSTER) break;
      if (element.name !== TRACKS) continue;
      for (const track of elements(element.content)) {
        if (track.name !== TRACK_ENTRY) continue;
        const type = elements(track.content).find(({ name }) => name === TRACK_TYPE);
        types.push(type?.content.at(-1) ?? 0);
      }
    }
  }
  return types;
}

interface Element {
  name: number;
  /** Cut off where the bytes end; all the rest where its size is not told, as in a live recording. */
  content: Uint8Array;
}

/** The elements of EBML (RFC 8794) in a row, as far as they are there. */
function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const name = numberAt(bytes, at, 4);
    const size = name && numberAt(bytes, at + name.length, 8);
    if (!size) break;
    const start = at + name.length + size.length;
    // All ones: it is not known.
    const end = size.value === 2 ** (7 * size.length) - 1 ? bytes.length : start + size.value;
    found.push({ name: name.name, content: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

/** A number whose first bits say how many bytes it has: as a size without those bits, as a name with them. */
function numberAt(
  bytes: Uint8Array,
  at: number,
  longest: number,
): { value: number; name: number; length: number } | undefined {
  const length = Math.clz32(bytes[at] ?? 0) - 23;
  if (length > longest || at + length > bytes.length) return undefined;
  const [first = 0, ...rest] = bytes.subarray(at, at + length);
  const from = (start: number): number => rest.reduce((value, byte) => value * 256 + byte, start);
  return { value: from(first & (0xff >> length)), name: from(first), length };
}
