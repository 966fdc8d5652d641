import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { textRoute } from "../engine/route.ts";
import { readTextAnswer, type Show } from "../engine/text-answer.ts";
import { deadline } from "../http/deadline.ts";
import type { Answer } from "../protocols/answer.ts";
import { TEXT_PROTOCOLS } from "../protocols/index.ts";
import type { Image, TextRequest } from "../protocols/wire.ts";

interface TextRun {
  request: TextRequest;
  candidates: readonly Candidate[];
  /** Gets the answer piece by piece; leave it out and failures after the first piece can be retried. */
  show?: Show | undefined;
}

/** What all five wires take inline; a larger picture is refused by every vendor. */
const LARGEST_IMAGE = 20 * 1024 * 1024;
const IMAGE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** `model.run`: one prompt, one answer. */
export async function runText(context: Context, run: TextRun): Promise<Answer> {
  let shown = false;
  const show: Show = async (piece) => {
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
  show: Show,
): Promise<Answer> {
  if (request.images.length > 0) await refuseTextOnly(candidate);
  const { protocol: id, route } = textRoute(candidate);
  const protocol = await TEXT_PROTOCOLS[id]();
  const { request: message, ignored } = protocol.build(request, route);
  const reply = await exchange(context, call, authorise(context, message, candidate));
  const answer = await readTextAnswer(protocol, reply, show);
  context.report.ignoredOverrides = ignored;
  return answer;
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
