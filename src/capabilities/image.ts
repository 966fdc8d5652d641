import type { Session } from "../auth/scheme.ts";
import type { Context } from "../core/context.ts";
import type { IgnoredOverride } from "../core/envelope.ts";
import { InferError, toInferError } from "../core/error.ts";
import { addUsage } from "../core/usage.ts";
import { beforeAJobWasTaken, beforeAnythingWasMade, type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise, openSession } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { followJob, unrepeatable } from "../engine/job.ts";
import type { Arrivals, Fetching } from "../engine/media-download.ts";
import { type ArrivedPicture, collectPictures, readImages } from "../engine/pictures.ts";
import { imageRoute } from "../engine/route.ts";
import { readText } from "../http/body.ts";
import { type HttpRequest, type Reply, send as sendRequest } from "../http/client.ts";
import type { ImageHints, ImageLimits, ImageRequest, InputImage } from "../protocols/image-wire.ts";
import { IMAGE_PROTOCOLS } from "../protocols/index.ts";
import { parseJson } from "../protocols/message.ts";
import { usableHints } from "./image-hints.ts";

export interface ImageRun {
  prompt: string;
  inputs: readonly InputImage[];
  mask?: InputImage | undefined;
  count: number;
  hints: ImageHints;
  candidates: readonly Candidate[];
  arrivals: Arrivals;
  /** Told what the provider says of a job: `queued`. */
  onState(state: string): void;
}

/** What came of it; `missing` is why there are fewer pictures than were asked for. */
export interface MadeImages {
  pictures: ArrivedPicture[];
  missing?: InferError;
}

/** `image.generate` and `image.edit`: pictures on the disk, complete and checked, not yet under their names. */
export async function makeImages(context: Context, run: ImageRun): Promise<MadeImages> {
  let isJob = false;
  const plan = {
    candidates: run.candidates,
    mayRepeat: () => true,
    mayRetry: (error: InferError) => (isJob ? beforeAJobWasTaken(error) : beforeAnythingWasMade(error)),
  };
  const { maker, made } = await tryCandidates(context, plan, async (candidate, call) => {
    isJob = false;
    const chosen = await makerOf(context, candidate, run, call);
    isJob = chosen.isJob;
    return { maker: chosen, made: await chosen.make(call, run.count) };
  });
  const { model } = context.report;
  // What has been made has been paid for: the rest is asked of the same model, and may be missing.
  while (made.pictures.length < run.count && !made.missing) {
    const rest = { ...plan, candidates: [maker.candidate] };
    try {
      const more = await tryCandidates(context, rest, (_, call) => maker.make(call, run.count - made.pictures.length));
      made.pictures.push(...more.pictures);
      if (more.missing) made.missing = more.missing;
    } catch (thrown) {
      made.missing = toInferError(thrown);
    }
    context.report.model = model;
  }
  const isEnough = made.pictures.length >= run.count && made.missing?.type !== "interrupted";
  return isEnough ? { pictures: made.pictures } : made;
}

/** A candidate that is ready to be asked, as often as it takes. */
interface Maker {
  /** With its credential. */
  candidate: Candidate;
  isJob: boolean;
  /** One request, for at most so many pictures. */
  make(call: Call, count: number): Promise<MadeImages>;
}

async function makerOf(context: Context, candidate: Candidate, run: ImageRun, opening: Call): Promise<Maker> {
  const session = await openSession(context, candidate, opening.signal);
  const { protocol: id, route: own, settings } = await routeOf(context, candidate, session, run);
  const protocol = await IMAGE_PROTOCOLS[id]();
  const other = protocol.reroute?.(run.hints, own);
  const route = other ?? own;
  const most = checkInputs(candidate, route.limits, run);
  const { hints, ignored, replaced } = usableHints(run.hints, route.limits);
  context.report.ignoredOverrides = [];
  remember(context, run.hints, ignored);
  for (const { key, value, by } of replaced) {
    warn(context, `${candidate.provider.id}/${route.model} makes no ${key} ${value}: asked for ${by}, the nearest.`);
  }
  const make = async (call: Call, wanted: number): Promise<MadeImages> => {
    const send = async (request: HttpRequest): Promise<Reply> =>
      exchange(context, call, await authorise(context, request, candidate, session, settings));
    // A redirect to a signed address is no failure, and a download that fails is no reason to make the picture again.
    const fetchOwn = async (request: HttpRequest): Promise<Reply> =>
      sendRequest(context, await authorise(context, request, candidate, session, settings), call.signal);
    const home = { baseUrl: route.baseUrl, transport: candidate.transport };
    const fetching: Fetching = { own: fetchOwn, what: "picture", home, signal: call.signal };
    const { prompt, inputs, mask } = run;
    const request: ImageRequest = { prompt, inputs, mask, count: Math.min(most, wanted), hints };
    const answers: unknown[] = [];
    for (const first of protocol.first?.(request, route) ?? []) {
      answers.push(parseJson(await readText((await send(first)).body)));
    }
    const built = protocol.build(request, route, answers);
    remember(context, run.hints, built.ignored);
    if (other) {
      warn(context, `${candidate.model} cannot make what was asked for: ${other.model} was asked instead.`);
      context.report.model = other.model;
      call.model = other.model;
    }
    const read = (reply: Reply) => readImages(protocol, route, reply, run.arrivals);
    const answer = await followJob(context, call, built.request, send, read, run.onState);
    if (answer.usage) context.report.usage = addUsage(context.report.usage, answer.usage);
    const { arrived, failure } = await collectPictures(context, answer, run.arrivals, fetching).catch((thrown) =>
      Promise.reject(unrepeatable(thrown)),
    );
    return { pictures: arrived, ...(failure && { missing: failure }) };
  };
  const { complete: _, ...completed } = candidate;
  return { candidate: completed, isJob: protocol.job ?? false, make };
}

/** A wire reads no files: ComfyUI's workflow is read for it. */
async function routeOf(
  context: Context,
  candidate: Candidate,
  session: Session,
  { inputs }: ImageRun,
): Promise<ReturnType<typeof imageRoute>> {
  const found = imageRoute(candidate, session);
  if (found.protocol !== "comfy-images") return found;
  const { comfyParams } = await import("../config/comfy-workflow.ts");
  const options = { edits: inputs.length > 0, key: session.key };
  const params = await comfyParams(context, candidate.provider, options);
  return { ...found, route: { ...found.route, params } };
}

/** How many pictures one request may ask for; refuses inputs that the provider does not take. */
function checkInputs({ provider, model }: Candidate, limits: ImageLimits, run: ImageRun): number {
  const { inputs, mask } = run;
  const who = `${provider.id}/${model}`;
  if (inputs.length === 0) return limits.maxCount;
  if (!limits.edit) throw new InferError("usage", `${who} makes new pictures only; it cannot edit one.`);
  const { maxInputImages, maxCount, mask: takesMask } = limits.edit;
  if (inputs.length > maxInputImages) {
    throw new InferError("usage", `${who} takes at most ${maxInputImages} input images, not ${inputs.length}.`);
  }
  if (mask && !takesMask) throw new InferError("usage", `${who} takes no mask.`);
  return maxCount;
}

/** Once, however often it is tried. */
function warn({ report }: Context, words: string): void {
  if (!report.warnings.includes(words)) report.warnings.push(words);
}

/** Under the name of the flag, and as it was given; what was made of a hint on the way is nobody's own word. */
function remember({ report }: Context, asked: ImageHints, more: readonly IgnoredOverride[]): void {
  for (const { key: name } of more) {
    const value = Object.entries(asked).find(([known]) => known === name)?.[1];
    const key = name === "moderation" ? "openaiModeration" : name;
    if (value === undefined || report.ignoredOverrides.some((known) => known.key === key)) continue;
    report.ignoredOverrides.push({ key, value });
  }
}
