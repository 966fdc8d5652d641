import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { readExcerpt } from "../http/body.ts";
import type { Reply } from "../http/client.ts";
import { readFrames } from "../http/frames.ts";
import { readSpilling, SPILLED } from "../http/spill.ts";
import { PartFile, type StoredFile } from "../media/part.ts";
import { failureInside } from "../protocols/failure.ts";
import { excerpt, malformed, parseJson } from "../protocols/message.ts";
import type { SpeechProtocol, SpeechRoute, SpeechStep } from "../protocols/speech-wire.ts";
import { type Arrivals, download, type Fetching, type Kept } from "./media-download.ts";

/** The audio of one text, on the disk as it came. */
export interface ArrivedSpeech extends Kept {
  /** Of bare samples, where the answer tells it. */
  sampleRate?: number;
}

/** One answer as its wire says; `audio` is where it was written. */
export interface ReadSpeech extends SpeechStep {
  arrived?: Kept;
}

/** No recording of one request is larger; an endless answer must not fill the disk. */
const LARGEST_AUDIO = 2 * 1024 ** 3;

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
    default:
      return readStream(protocol, protocol.answer, route, reply, arrivals);
  }
}

/** The audio of an answer, fetched where it only says where it is. */
export async function collectSpeech(
  context: Context,
  answer: ReadSpeech,
  arrivals: Arrivals,
  fetching: Fetching,
): Promise<ArrivedSpeech> {
  const { arrived, url, sampleRate } = answer;
  const kept = arrived ?? (url === undefined ? undefined : await download(context, { url }, arrivals, fetching));
  if (!kept || kept.stored.size === 0) throw empty();
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
  const decoding = protocol.encoding ?? "base64";
  const open = async () => {
    const part = await newPart(arrivals);
    return {
      write: (bytes: Uint8Array) => part.write(bytes),
      end: async (): Promise<Kept> => ({ part, stored: await part.end() }),
    };
  };
  const { text, spilled, cut } = await readSpilling(reply.body, open, { decoding });
  if (text.trim() === "") throw empty();
  if (cut) throw brokeOff();
  const step = checked(protocol, parseJson(text), route, reply);
  const { audio } = step;
  if (audio === undefined || audio === "") return step;
  const there = audio.startsWith(SPILLED) ? spilled[Number.parseInt(audio.slice(SPILLED.length), 10)] : undefined;
  if (there) return { ...step, arrived: there };
  return { ...step, arrived: await written([decoded(audio, decoding)], arrivals) };
}

async function readStream(
  protocol: SpeechProtocol,
  framing: "ndjson" | "sse",
  route: SpeechRoute,
  reply: Reply,
  arrivals: Arrivals,
): Promise<ReadSpeech> {
  const part = await newPart(arrivals);
  const answer: ReadSpeech = {};
  let size = 0;
  for await (const { data } of readFrames(reply.body, framing)) {
    if (data.trim() === "[DONE]") {
      answer.ended = true;
      break;
    }
    const { audio, ...step } = checked(protocol, parseJson(data), route, reply);
    Object.assign(answer, step);
    if (!audio) continue;
    const bytes = decoded(audio, protocol.encoding ?? "base64");
    size += bytes.length;
    if (size > LARGEST_AUDIO) throw tooLarge();
    await part.write(bytes);
  }
  const arrived = { part, stored: await part.end() };
  if (protocol.endsWithWord && !answer.ended) throw brokeOff();
  return { ...answer, arrived };
}

function checked(protocol: SpeechProtocol, json: unknown, route: SpeechRoute, { url, status }: Reply): SpeechStep {
  if (!protocol.read) throw new Error("a wire without a way to read its answers");
  const step = protocol.read(json, route, url);
  if (step.failure !== undefined) throw failureInside(step.failure, status);
  if (step.refusal !== undefined) throw new InferError("refused", step.refusal);
  return step;
}

/** Bytes as they come, into a file of their own. */
export async function written(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  arrivals: Arrivals,
): Promise<{ part: PartFile; stored: StoredFile }> {
  const part = await newPart(arrivals);
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > LARGEST_AUDIO) throw tooLarge();
    await part.write(chunk);
  }
  return { part, stored: await part.end() };
}

async function newPart({ folder, litter }: Arrivals): Promise<PartFile> {
  return litter.use(await PartFile.create(folder));
}

function decoded(text: string, encoding: "base64" | "hex"): Uint8Array {
  const plain = text.replace(/^data:[^,]*,/, "").replace(/\s+/g, "");
  const isRight = encoding === "hex" ? /^(?:[\da-f]{2})*$/i.test(plain) : /^[\w+/-]*={0,2}$/.test(plain);
  if (!isRight) throw malformed(`the audio in it is not ${encoding}.`);
  return Buffer.from(plain, encoding);
}

function empty(): InferError {
  return new InferError("empty_result", "The provider said success and sent no audio.");
}

function brokeOff(): InferError {
  return new InferError("network", "The answer broke off in the middle.", { retryable: true });
}

function tooLarge(): InferError {
  return new InferError("provider_error", "The audio is larger than 2 GiB.");
}
