import { InferError } from "../core/error.ts";
import { readExcerpt, readText } from "../http/body.ts";
import type { Reply } from "../http/client.ts";
import { type Frame, readFrames } from "../http/frames.ts";
import { type Answer, AnswerReader } from "../protocols/answer.ts";
import { excerpt, malformed, parseJson } from "../protocols/message.ts";
import type { Step, TextProtocol } from "../protocols/wire.ts";

/** Gets the answer piece by piece, as it comes. */
export type Show = (piece: string) => Promise<void>;

/** Reads an answer as its wire says, and as servers really send it: streamed, or in one piece. */
export async function readTextAnswer(protocol: TextProtocol, reply: Reply, show: Show): Promise<Answer> {
  const type = reply.headers.get("content-type")?.toLowerCase() ?? "";
  const reader = new AnswerReader(reply.status);
  if (type.includes("html")) throw malformed(`it is a web page: ${excerpt(await readExcerpt(reply.body))}`);
  if (protocol.framing === "sse" && /\bjson\b/.test(type)) {
    // Some servers answer in one piece although a stream was asked for.
    await show(reader.push(protocol.readWhole(parseJson(await readText(reply.body)))));
  } else {
    await readStream(protocol, reply, reader, show);
  }
  const { answer, rest } = reader.finish();
  await show(rest);
  return answer;
}

async function readStream(protocol: TextProtocol, reply: Reply, reader: AnswerReader, show: Show): Promise<void> {
  let understood = 0;
  try {
    for await (const frame of readFrames(reply.body, protocol.framing)) {
      const step = readStep(protocol, frame);
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
  const type = reply.headers.get("content-type");
  if (understood === 0 && type !== null && !/event-stream|ndjson|json/.test(type)) {
    throw malformed(`it is ${type}, and no event is in it.`);
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
