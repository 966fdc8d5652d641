import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise, openSession } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { seesPictures } from "../engine/known-model.ts";
import { isProcess, textRoute } from "../engine/route.ts";
import { readTextAnswer, type Show } from "../engine/text-answer.ts";
import type { Answer } from "../protocols/answer.ts";
import { TEXT_PROTOCOLS } from "../protocols/index.ts";
import type { Image, TextRequest, ThinkingLevel } from "../protocols/wire.ts";

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

/** One question to one model, without another try. */
export async function ask(
  context: Context,
  candidate: Candidate,
  request: TextRequest,
  call: Call,
  show: Show,
): Promise<Answer> {
  if (request.images.length > 0) await refuseTextOnly(candidate);
  if (candidate.provider.text && isProcess(candidate.provider.text.protocol)) {
    return askProgram(context, candidate, request, call, show);
  }
  const session = await openSession(context, candidate, call.signal);
  const { protocol: id, route, settings } = textRoute(candidate, session);
  if (candidate.provider.prepare) {
    const { loadModel } = await import("../engine/prepare.ts");
    await loadModel(context, candidate, session, route, call);
  }
  const protocol = await TEXT_PROTOCOLS[id]();
  const { request: message, ignored } = protocol.build(request, route);
  const reply = await exchange(context, call, await authorise(context, message, candidate, session, settings));
  const answer = await readTextAnswer(protocol, reply, show);
  context.report.ignoredOverrides = ignored;
  return answer;
}

/** Codex's own words; it has none for a model that decides by itself. */
const CODEX_EFFORTS: Readonly<Partial<Record<ThinkingLevel, string>>> = {
  off: "none",
  minimal: "minimal",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "xhigh",
  ultra: "xhigh",
};

/** Through the user's own Codex; what it has no words for is said. */
async function askProgram(
  context: Context,
  { model }: Candidate,
  { thinking, maxTokens, temperature, ...question }: TextRequest,
  call: Call,
  show: Show,
): Promise<Answer> {
  const { askCodex } = await import("../process/codex-app-server.ts");
  const effort = thinking && CODEX_EFFORTS[thinking];
  const answer = await askCodex(context, { ...question, effort }, model, call.signal, show);
  const dropped = { maxTokens, temperature, ...(thinking === "adaptive" && { thinking }) };
  context.report.ignoredOverrides = Object.entries(dropped).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value }],
  );
  return answer;
}

/** A model that is known to take text only would at best drop the picture in silence. */
async function refuseTextOnly({ provider, model }: Candidate): Promise<void> {
  if ((await seesPictures(provider, model)) !== false) return;
  throw new InferError("usage", `${provider.id}/${model} takes text only; it cannot see the image.`, {
    hint: "Choose a model that takes images with --model.",
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
