import type { Context } from "../../core/context.ts";
import type { DescribeOutput } from "../../core/envelope.ts";
import { InferError } from "../../core/error.ts";
import type { Call } from "../../engine/attempts.ts";
import { authorise, openSession } from "../../engine/authorise.ts";
import type { Candidate } from "../../engine/candidates.ts";
import { exchange } from "../../engine/exchange.ts";
import { modelFacts } from "../../engine/known-model.ts";
import { MOST_CHARS } from "../../engine/media-choice.ts";
import { baseUrlOf, settingsOf, textProtocolOf } from "../../engine/route.ts";
import { visionWire } from "../../engine/vision.ts";
import { readText } from "../../http/body.ts";
import { COMMON_TYPES, type PictureTerms } from "../../media/image-input.ts";
import type { Picture } from "../../media/picture.ts";
import { failureInside } from "../../protocols/failure.ts";
import { VISION_PROTOCOLS } from "../../protocols/index.ts";
import { parseJson } from "../../protocols/message.ts";
import { PICTURE_BYTES } from "../../providers/vision.ts";
import { ask } from "../text.ts";

/** What a backend tells of a picture. */
export type Said = Omit<DescribeOutput, "path" | "provider" | "model">;

/** OpenClaw's. */
const MOST_BYTES = 10 * 1024 * 1024;

/**
 * Tokens. A model that is known not to reason gets what OpenClaw 2026.5.2 sends. Reasoning counts as well and would use
 * that up before the first word: whatever may reason gets what 2026.5.31 sends.
 */
const MOST_TOKENS = 512;
const MOST_TOKENS_REASONING = 4096;

/** One question about one picture, asked in the way of one backend, without another try. */
export async function askBackend(
  context: Context,
  candidate: Candidate,
  picture: Picture,
  question: string,
  call: Call,
): Promise<string> {
  return candidate.program
    ? askProgram(context, candidate, picture, question, call)
    : askModel(context, candidate, picture, question, call);
}

/**
 * The question stands beside the picture. OpenClaw sends it as the system prompt, with nothing but the picture from the
 * user, and has to make exceptions for the servers that refuse a message without text.
 */
async function askModel(
  context: Context,
  candidate: Candidate,
  picture: Picture,
  prompt: string,
  call: Call,
): Promise<string> {
  const { provider, model } = candidate;
  const wire = visionWire(provider, model ?? "");
  const image = await picture.inline(termsOf(candidate), call.signal);
  if (wire?.protocol === "minimax-vlm") return askVision(context, candidate, prompt, image, call);
  const facts = await modelFacts(provider, model);
  const most = facts.reasoning === false ? MOST_TOKENS : MOST_TOKENS_REASONING;
  const maxTokens = Math.min(most, facts.maxTokens ?? most);
  try {
    const { text, finishReason, usage } = await ask(
      context,
      candidate,
      { prompt, images: [image], maxTokens },
      call,
      async () => undefined,
    );
    if (usage) context.report.usage = usage;
    if (finishReason === "length") {
      context.report.warnings.push(`${picture.input.origin}: the answer stopped at ${maxTokens} tokens.`);
    }
    return text;
  } catch (thrown) {
    if (!(thrown instanceof InferError) || thrown.type !== "empty_result") throw thrown;
    // Its own advice is about flags that this verb does not have.
    const hint = "Try again, or use another model with --model.";
    throw new InferError(thrown.type, thrown.message, { ...thrown.details, hint });
  } finally {
    // Nobody asked for the limit: that a server takes none is nothing to tell.
    context.report.ignoredOverrides = [];
  }
}

async function askVision(
  context: Context,
  candidate: Candidate,
  prompt: string,
  image: { mimeType: string; base64: string },
  call: Call,
): Promise<string> {
  const session = await openSession(context, candidate, call.signal);
  const settings = settingsOf(candidate.provider, candidate.model ?? "", session);
  const protocol = await VISION_PROTOCOLS["minimax-vlm"]();
  const request = protocol.build(prompt, image, baseUrlOf(candidate.provider, session, settings));
  const reply = await exchange(context, call, await authorise(context, request, candidate, session, settings));
  const { text, failure } = protocol.read(parseJson(await readText(reply.body)));
  if (failure) throw failureInside(failure, reply.status);
  if (text === "") throw new InferError("empty_result", "The model returned no text.");
  return text;
}

async function askProgram(
  context: Context,
  { program, media, provider }: Candidate,
  picture: Picture,
  prompt: string,
  call: Call,
): Promise<string> {
  if (!program) throw new Error(`${provider.id} is no program`);
  const { askMediaProgram } = await import("../../engine/media-program.ts");
  const file = (folder: string) => picture.file(folder, media?.maxBytes ?? MOST_BYTES, call.signal);
  const maxChars = media?.maxChars ?? MOST_CHARS;
  return askMediaProgram(context, program, { prompt, maxChars, file }, call);
}

/** With the embedded engine, which reads the text in a picture and knows nothing of what it shows. */
export async function readHere(
  context: Context,
  { media }: Candidate,
  { input }: Picture,
  prompt: string | undefined,
  { signal }: Call,
): Promise<Said> {
  const { report } = context;
  // Nobody chose it: it is what there is.
  if (media) report.warnings.push(`No model that sees is set up: only the text in ${input.origin} was read.`);
  if (prompt?.trim()) report.ignoredOverrides = [{ key: "prompt", value: prompt.trim() }];
  const { readTextLocally } = await import("../../local/read.ts");
  const { text, confidence, format, width, height } = await readTextLocally(input.path, signal, input.origin);
  if (text.trim() === "") {
    throw new InferError("empty_result", `There is no text in ${input.origin} that could be read.`, {
      hint: "To have it described, name a model that sees with --model.",
    });
  }
  return { text, kind: "image.ocr", format, size: input.size, width, height, confidence };
}

function termsOf(candidate: Candidate): PictureTerms {
  const { provider, model, media } = candidate;
  const wire = visionWire(provider, model ?? "");
  const protocol = wire && wire.protocol !== "text" ? undefined : textProtocolOf(candidate);
  const most = (protocol && PICTURE_BYTES[protocol]) ?? Number.POSITIVE_INFINITY;
  return {
    types: wire?.types ? new Set(wire.types) : COMMON_TYPES,
    maxBytes: Math.min(media?.maxBytes ?? MOST_BYTES, most),
  };
}
