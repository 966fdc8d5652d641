import { InferError } from "../core/error.ts";
import { within } from "../core/patience.ts";
import { readText } from "../http/body.ts";
import type { Reply } from "../http/client.ts";
import { type Frame, readFrames } from "../http/frames.ts";
import { type Answer, AnswerReader } from "../protocols/answer.ts";
import { excerpt, malformed, parseJson } from "../protocols/message.ts";
import type { Step, TextProtocol } from "../protocols/wire.ts";

/** Gets the answer piece by piece, as it comes. */
export type Show = (piece: string) => Promise<void>;

type Body = AsyncIterable<Uint8Array>;

/** How long a server that has said all may take to say that it has. */
const GRACE_MS = 1000;

/** Reads an answer as its wire says, and as servers really send it: under another content type, or in one piece. */
export async function readTextAnswer(protocol: TextProtocol, reply: Reply, show: Show): Promise<Answer> {
  const { start, body } = await peek(reply.body);
  if (start === "") throw new InferError("empty_result", `HTTP ${reply.status}, and nothing in it.`);
  const type = reply.headers.get("content-type")?.toLowerCase() ?? "";
  const reader = new AnswerReader(reply.status);
  // A binary message begins with its length, and none is so long that the first byte of it counts.
  const begins = protocol.framing === "aws-event-stream" ? /^\0/ : /^(?:data|event|id|retry)?:/;
  const isEvents = begins.test(start);
  const isJson = start.startsWith("{");
  if (!isEvents && !isJson && (type.includes("html") || start.startsWith("<"))) {
    throw malformed(`it is a web page: ${excerpt(await readText(body))}`);
  }
  if (protocol.framing !== "ndjson" && !isEvents && (/\bjson\b/.test(type) || isJson)) {
    await show(reader.push(protocol.readWhole(parseJson(await readText(body)))));
  } else {
    await readStream(protocol, body, type, reader, show);
  }
  const { answer, rest } = reader.finish();
  await show(rest);
  return answer;
}

async function readStream(
  protocol: TextProtocol,
  body: Body,
  type: string,
  reader: AnswerReader,
  show: Show,
): Promise<void> {
  const frames = readFrames(body, protocol.framing);
  let understood = 0;
  try {
    for (;;) {
      const next = await (reader.complete ? within(GRACE_MS, frames.next()) : frames.next());
      const step = next?.done === false ? readStep(protocol, next.value) : null;
      if (!step) break;
      understood++;
      await show(reader.push(step));
      if (reader.ended) return;
    }
  } catch (thrown) {
    // Once the provider has said that the answer is complete, a connection that breaks takes nothing away from it.
    const broke = thrown instanceof InferError && (thrown.type === "network" || thrown.type === "timeout");
    if (!broke || !reader.complete) throw thrown;
  }
  if (understood === 0 && type !== "" && !/event-?stream|ndjson|json/.test(type)) {
    // Only what looks like a type is repeated: anything could stand there.
    const [name = "of an unknown type"] = /^[a-z]{1,20}\/[a-z0-9.+-]{1,40}(?=;|$)/.exec(type) ?? [];
    throw malformed(`it is ${name}, and no message of an answer is in it.`);
  }
}

/** `null` for a message that the end of the stream cut short: it is no message. */
function readStep(protocol: TextProtocol, frame: Frame): Step | null {
  try {
    return protocol.readFrame(frame);
  } catch (thrown) {
    if (frame.unterminated) return null;
    throw thrown;
  }
}

/** The beginning of a body as text, without the white space before it, and the whole body still to be read. */
async function peek(body: Body): Promise<{ start: string; body: Body }> {
  const chunks = body[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let start = "";
  while (start === "") {
    const next = await chunks.next();
    if (next.done) break;
    read.push(next.value);
    start = Buffer.concat(read)
      .toString()
      .replace(/^[\s\uFEFF]+/, "");
  }
  return { start, body: again(read, chunks) };
}

async function* again(read: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* read;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
