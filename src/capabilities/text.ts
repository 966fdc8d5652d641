import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import { textRoute } from "../engine/route.ts";
import { readText } from "../http/body.ts";
import { type Reply, send } from "../http/client.ts";
import { deadline } from "../http/deadline.ts";
import { readFrames } from "../http/frames.ts";
import { type Answer, AnswerReader } from "../protocols/answer.ts";
import { failureOf, requestId } from "../protocols/failure.ts";
import { TEXT_PROTOCOLS } from "../protocols/index.ts";
import { excerpt, malformed, parseJson } from "../protocols/message.ts";
import type { Image, TextProtocol, TextRequest } from "../protocols/wire.ts";

export interface TextRun {
  request: TextRequest;
  candidates: readonly Candidate[];
  /** Gets the answer piece by piece; leave it out and failures after the first piece can be retried. */
  show?: ((piece: string) => Promise<void>) | undefined;
}

/** No error body worth reading is longer than this. */
const LONGEST_ERROR = 1024 * 1024;
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** What all five wires take inline; a larger picture is refused by every vendor. */
const LARGEST_IMAGE = 20 * 1024 * 1024;
const IMAGE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** `model.run`: one prompt, one answer. */
export async function runText(context: Context, run: TextRun): Promise<Answer> {
  let shown = false;
  const show = async (piece: string): Promise<void> => {
    if (!run.show || piece === "") return;
    shown = true;
    await run.show(piece);
  };
  const plan = { candidates: run.candidates, mayRepeat: () => !shown };
  const answer = await tryCandidates(context, plan, (candidate, call) =>
    ask(context, candidate, run.request, call, show),
  );
  if (answer.finishReason === "length") {
    context.report.warnings.push("The answer stopped at the token limit. --max-tokens sets it.");
  }
  return answer;
}

/** Pictures as a model takes them; anything else is refused before a byte is sent. */
export async function readImages(
  context: Context,
  files: readonly string[],
  allowPrivateNetwork: boolean,
): Promise<Image[]> {
  if (files.length === 0) return [];
  const { readInput } = await import("../media/input.ts");
  using limit = deadline(context, context.endsAt, () => "The files could not be read in time.");
  const options = { allowPrivateNetwork, signal: limit.signal, limit: LARGEST_IMAGE };
  const images: Image[] = [];
  for (const file of files) {
    const { origin, bytes, mimeType } = await readInput(context, file, options);
    if (mimeType === undefined || !IMAGE_TYPES.has(mimeType)) throw notAnImage(origin, mimeType);
    context.report.inputs.push({ path: origin, mimeType });
    images.push({ mimeType, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") });
  }
  return images;
}

async function ask(
  context: Context,
  candidate: Candidate,
  request: TextRequest,
  call: Call,
  show: (piece: string) => Promise<void>,
): Promise<Answer> {
  if (request.images.length > 0) await refuseTextOnly(candidate);
  const { protocol: id, route } = textRoute(candidate, context);
  const protocol = await TEXT_PROTOCOLS[id]();
  const { request: message, ignored } = protocol.build(request, route);
  const reply = await send(context, message, call.signal);
  call.status = reply.status;
  call.requestId = requestId(reply.headers);
  if (reply.status < 200 || reply.status > 299) {
    throw failureOf({ ...reply, body: await readText(reply.body, LONGEST_ERROR), now: context.now() });
  }
  const answer = await readAnswer(protocol, reply, show);
  context.report.ignoredOverrides = ignored;
  return answer;
}

async function readAnswer(
  protocol: TextProtocol,
  reply: Reply,
  show: (piece: string) => Promise<void>,
): Promise<Answer> {
  const type = reply.headers.get("content-type")?.toLowerCase() ?? "";
  const reader = new AnswerReader(reply.status);
  if (type.includes("html")) {
    throw malformed(
      `it is a web page, not ${protocol.framing === "sse" ? "an event stream" : "JSON"}: ${excerpt(await readText(reply.body, LONGEST_ANSWER))}`,
    );
  }
  if (protocol.framing === "sse" && /\bjson\b/.test(type)) {
    // Some servers answer in one piece although a stream was asked for.
    const step = protocol.readWhole(parseJson(await readText(reply.body, LONGEST_ANSWER)));
    await show(reader.push(step));
  } else {
    await readStream(protocol, reply, reader, show);
  }
  const { answer, rest } = reader.finish();
  await show(rest);
  return answer;
}

async function readStream(
  protocol: TextProtocol,
  reply: Reply,
  reader: AnswerReader,
  show: (piece: string) => Promise<void>,
): Promise<void> {
  let frames = 0;
  try {
    for await (const frame of readFrames(reply.body, protocol.framing)) {
      frames++;
      await show(reader.push(protocol.readFrame(frame)));
      if (reader.ended) return;
    }
  } catch (thrown) {
    // Once the provider has said that the answer is complete, a connection that breaks takes nothing away from it.
    if (!(reader.complete && thrown instanceof InferError && ["network", "timeout"].includes(thrown.type)))
      throw thrown;
  }
  const type = reply.headers.get("content-type");
  if (frames === 0 && type !== null && !/event-stream|ndjson|json/.test(type)) {
    throw malformed(`it is ${type}, and no event is in it.`);
  }
}

/** A model that is known to take text only would at best drop the picture in silence. */
async function refuseTextOnly({ provider, model }: Candidate): Promise<void> {
  const configured = provider.models.find(({ id }) => id === model)?.input;
  const { findModel } = await import("../catalog/index.ts");
  const input = configured ?? findModel(provider.id, model ?? "")?.input;
  if (!input || input.includes("image")) return;
  throw new InferError("usage", `${provider.id}/${model} takes text only; it cannot see the image.`, {
    hint: "Choose a model that takes images with --model, or leave --file out.",
  });
}

function notAnImage(origin: string, mimeType: string | undefined): InferError {
  const what = mimeType ?? "not a known kind of file";
  if (mimeType?.startsWith("image/")) {
    return new InferError("usage", `${origin} is ${what}, which models do not take.`, {
      hint: "Convert it to PNG, JPEG, GIF or WebP first.",
    });
  }
  return new InferError("usage", `${origin} is ${what}; model run takes images only.`);
}
