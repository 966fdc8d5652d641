import { createParser } from "eventsource-parser";
import { InferError } from "../core/error.ts";
import { awsEvents } from "./event-stream.ts";

/** One message of a stream: an SSE event, a line of NDJSON, or a binary message of AWS's. */
export interface Frame {
  event?: string | undefined;
  data: string;
  /** The framing itself says that this is an error; `event` is its name. */
  failed?: true;
  /** The stream ended before the message did: it may be cut short. */
  unterminated?: true;
}

export type Framing = "sse" | "ndjson" | "aws-event-stream";

/** No vendor sends a message this long; a server that never ends its line must not fill the memory. */
const LONGEST_MESSAGE = 64 * 1024 * 1024;

export async function* readFrames(body: AsyncIterable<Uint8Array>, framing: Framing): AsyncGenerator<Frame> {
  yield* READERS[framing](body);
}

const READERS = { sse: events, ndjson: lines, "aws-event-stream": awsEvents } as const satisfies Record<
  Framing,
  (body: AsyncIterable<Uint8Array>) => AsyncGenerator<Frame>
>;

async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const ready: Frame[] = [];
  let pending = 0;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      ready.push({ event, data });
      pending = 0;
    },
  });
  for await (const text of decoded(body)) {
    pending += text.length;
    parser.feed(text);
    yield* ready.splice(0);
    if (pending > LONGEST_MESSAGE) throw tooLong();
  }
  // Some servers leave out the blank line that ends the last event.
  parser.feed("\n\n");
  for (const frame of ready) yield { ...frame, unterminated: true };
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest = "";
  for await (const text of decoded(body)) {
    // Only the new text is searched: a long line comes in many pieces.
    const pieces = text.split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      const line = (rest + piece).trim();
      rest = "";
      if (line) yield { data: line };
    }
    rest += last;
    if (rest.length > LONGEST_MESSAGE) throw tooLong();
  }
  if (rest.trim()) yield { data: rest.trim(), unterminated: true };
}

/** Text as it arrives; a character that is cut between two chunks waits for its other half. */
async function* decoded(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    if (text) yield text;
  }
  const last = decoder.decode();
  if (last) yield last;
}

function tooLong(): InferError {
  return new InferError("provider_error", `The stream sent a message of more than ${LONGEST_MESSAGE} characters.`);
}
