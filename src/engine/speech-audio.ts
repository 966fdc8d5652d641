import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readExcerpt } from "../http/body.ts";
import type { Reply } from "../http/client.ts";
import { type Frame, readFrames } from "../http/frames.ts";
import { readSpilling } from "../http/spill.ts";
import { PartFile } from "../media/part.ts";
import { failureInside } from "../protocols/failure.ts";
import { excerpt, parseJson } from "../protocols/message.ts";
import type { SpeechProtocol, SpeechRoute, SpeechStep } from "../protocols/speech-wire.ts";
import { decode, keepInline } from "./inline-bytes.ts";
import { unrepeatable } from "./job.ts";
import { type Arrivals, download, type Fetching, type Kept, keep } from "./media-download.ts";

/** The audio of one text, on the disk as it came. */
export interface ArrivedSpeech extends Kept {
  /** Of bare samples, where the answer tells it. */
  sampleRate?: number;
}

/** One answer as its wire says; `audio` is where it was written. */
export interface ReadSpeech extends SpeechStep {
  arrived?: Kept;
}

/** For messages. */
const WHAT = "the audio";

/** Reads an answer, and writes what it has of audio to the disk as it comes. */
export async function readSpeech(
  protocol: SpeechProtocol,
  route: SpeechRoute,
  reply: Reply,
  arrivals: Arrivals,
): Promise<ReadSpeech> {
  switch (protocol.answer) {
    case "body":
      return readBody(reply, arrivals);
    case "json":
      return readDocument(protocol, route, reply, arrivals);
    case "ndjson":
      return readStream(protocol, route, reply, arrivals);
  }
}

/** The audio of an answer, fetched where it only says where it is. */
export async function collectSpeech(
  context: Context,
  answer: ReadSpeech,
  arrivals: Arrivals,
  fetching: Fetching,
): Promise<ArrivedSpeech> {
  const { arrived, url, sampleRate, words } = answer;
  const kept = arrived ?? (url === undefined ? undefined : await download(context, { url }, arrivals, fetching));
  if (!kept || kept.stored.size === 0) throw empty(words);
  return { ...kept, ...(sampleRate !== undefined && { sampleRate }) };
}

async function readBody(reply: Reply, arrivals: Arrivals): Promise<ReadSpeech> {
  const type = reply.headers.get("content-type") ?? "";
  if (/json|text\/(?:html|plain)/i.test(type)) throw notAudio(await readExcerpt(reply.body), type, reply.status);
  // Nearer than what is known of the vendor: `audio/pcm;rate=24000;channels=1`.
  const rate = /^audio\/(?:pcm|l16)\b.*?\brate=(\d+)/i.exec(type)?.[1];
  const arrived = await written(reply.body, arrivals);
  return { arrived, ...(rate !== undefined && { sampleRate: Number(rate) }) };
}

/** What came instead may say why. */
function notAudio(text: string, type: string, status: number): InferError {
  if (text.trim() === "") return empty();
  try {
    const json: unknown = JSON.parse(text);
    return failureInside(json, status);
  } catch {
    return new InferError("empty_result", `What came as audio is ${type}: ${excerpt(text)}`);
  }
}

async function readDocument(
  protocol: SpeechProtocol,
  route: SpeechRoute,
  reply: Reply,
  arrivals: Arrivals,
): Promise<ReadSpeech> {
  const { encoding = "base64" } = protocol;
  const open = async () => {
    const part = arrivals.litter.use(await PartFile.create(arrivals.folder));
    return {
      write: (bytes: Uint8Array) => part.write(bytes),
      end: async (): Promise<Kept> => ({ part, stored: await part.end() }),
    };
  };
  const { text, spilled, cut } = await readSpilling(reply.body, open, { decoding: encoding });
  if (text.trim() === "") throw empty();
  if (cut) throw brokeOff();
  const step = checked(protocol, parseJson(text), route, reply);
  const pieces: Kept[] = [];
  for (const audio of audioOf(step.audio)) {
    pieces.push(await keepInline(audio, { spilled, arrivals, what: WHAT, encoding }));
  }
  const [first, ...others] = pieces;
  if (!first) return step;
  return { ...step, arrived: others.length === 0 ? first : await inARow(pieces, arrivals) };
}

function audioOf(audio: SpeechStep["audio"] = []): string[] {
  return [audio].flat().filter(Boolean);
}

async function inARow(pieces: readonly Kept[], arrivals: Arrivals): Promise<Kept> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const { part } of pieces) yield* part.readNameless();
  }
  return written(bytes(), arrivals);
}

async function readStream(
  protocol: SpeechProtocol,
  route: SpeechRoute,
  reply: Reply,
  arrivals: Arrivals,
): Promise<ReadSpeech> {
  const answer: ReadSpeech = {};
  let isPaid = false;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const frame of readFrames(reply.body, "ndjson")) {
      const { audio, ...step } = checked(protocol, messageIn(frame), route, reply);
      Object.assign(answer, step);
      for (const one of audioOf(audio)) {
        isPaid = true;
        yield decode(one, WHAT, protocol.encoding);
      }
    }
    if (protocol.endsWithWord && !answer.ended) throw brokeOff();
  }
  try {
    const arrived = await written(pieces(), arrivals);
    return { ...answer, arrived };
  } catch (thrown) {
    throw isPaid ? unrepeatable(thrown) : thrown;
  }
}

/** Of the last one, its end may be missing. */
function messageIn({ data, unterminated }: Frame): unknown {
  try {
    return parseJson(data);
  } catch (thrown) {
    throw unterminated ? brokeOff() : thrown;
  }
}

function checked(protocol: SpeechProtocol, json: unknown, route: SpeechRoute, { url, status }: Reply): SpeechStep {
  if (!protocol.read) throw new Error("a wire without a way to read its answers");
  const step = protocol.read(json, route, url);
  if (step.failure !== undefined) throw failureInside(step.failure, status);
  if (step.refusal !== undefined) throw new InferError("refused", step.refusal);
  return step;
}

/** Audio as it comes, in a file of its own. */
export function written(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, arrivals: Arrivals): Promise<Kept> {
  return keep(chunks, arrivals, WHAT);
}

function empty(words?: string): InferError {
  const instead = words === undefined ? "." : `, but these words: ${excerpt(words)}`;
  return new InferError("empty_result", `The provider said success and sent no audio${instead}`);
}

function brokeOff(): InferError {
  return new InferError("network", "The answer broke off in the middle.", { retryable: true });
}
