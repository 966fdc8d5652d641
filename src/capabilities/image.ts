import type { Session } from "../auth/scheme.ts";
import type { Context } from "../core/context.ts";
import type { IgnoredOverride, Usage } from "../core/envelope.ts";
import { InferError, toInferError } from "../core/error.ts";
import { beforeAnythingWasMade, type Call, tryCandidates } from "../engine/attempts.ts";
import { authorise, openSession } from "../engine/authorise.ts";
import type { Candidate } from "../engine/candidates.ts";
import { exchange } from "../engine/exchange.ts";
import { followJob, unrepeatable } from "../engine/job.ts";
import { type Arrivals, type ArrivedPicture, collectPictures, type Fetching, readImages } from "../engine/pictures.ts";
import { imageRoute } from "../engine/route.ts";
import { readText } from "../http/body.ts";
import { type HttpRequest, type Reply, send as sendRequest } from "../http/client.ts";
import { isOnPrivateNetwork } from "../http/foreign.ts";
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
  const plan = { candidates: run.candidates, mayRepeat: () => true, mayRetry: beforeAnythingWasMade };
  return tryCandidates(context, plan, (candidate, call) => makeWith(context, candidate, run, call));
}

/** As many requests as it takes: each gives at most what the provider makes at once. */
async function makeWith(context: Context, candidate: Candidate, run: ImageRun, call: Call): Promise<MadeImages> {
  const session = await openSession(context, candidate, call.signal);
  const { protocol: id, route, settings } = await routeOf(context, candidate, session, run);
  const protocol = await IMAGE_PROTOCOLS[id]();
  const most = checkInputs(candidate, route.limits, run);
  const { hints, ignored, replaced } = usableHints(run.hints, route.limits);
  context.report.ignoredOverrides = ignored;
  for (const { key, value, by } of replaced) {
    warn(
      context,
      `${candidate.provider.id}/${candidate.model} makes no ${key} ${value}: asked for ${by}, the nearest.`,
    );
  }
  const send = async (request: HttpRequest): Promise<Reply> =>
    exchange(context, call, await authorise(context, request, candidate, session, settings));
  // A redirect to a signed address is no failure, and a download that fails is no reason to make the picture again.
  const fetchOwn = async (request: HttpRequest): Promise<Reply> =>
    sendRequest(context, await authorise(context, request, candidate, session, settings), call.signal);
  const allowPrivateNetwork = () => isOnPrivateNetwork(context, route.baseUrl);
  const fetching: Fetching = { own: fetchOwn, allowPrivateNetwork, signal: call.signal };
  const made: MadeImages = { pictures: [] };
  while (made.pictures.length < run.count) {
    const count = Math.min(most, run.count - made.pictures.length);
    const request: ImageRequest = { prompt: run.prompt, inputs: run.inputs, mask: run.mask, count, hints };
    try {
      const answers: unknown[] = [];
      for (const first of protocol.first?.(request, route) ?? []) {
        answers.push(parseJson(await readText((await send(first)).body)));
      }
      const built = protocol.build(request, route, answers);
      remember(context.report.ignoredOverrides, built.ignored);
      if (built.model !== undefined) {
        warn(context, `${candidate.model} cannot make what was asked for: ${built.model} was asked instead.`);
        context.report.model = built.model;
        call.model = built.model;
      }
      const read = (reply: Reply) => readImages(protocol, route, reply, run.arrivals);
      const answer = await followJob(context, call, built.request, send, read, run.onState);
      if (answer.usage) context.report.usage = sum(context.report.usage, answer.usage);
      const { arrived, failure } = await collectPictures(context, answer, run.arrivals, fetching).catch((thrown) =>
        Promise.reject(unrepeatable(thrown)),
      );
      made.pictures.push(...arrived);
      if (failure) return { ...made, missing: failure };
    } catch (thrown) {
      // What has been made has been paid for.
      if (made.pictures.length === 0) throw thrown;
      return { ...made, missing: toInferError(thrown) };
    }
  }
  return made;
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

/** Several requests are paid for together. */
function sum(before: Usage | undefined, more: Usage): Usage {
  const total: Usage = { ...before };
  for (const [name, amount] of Object.entries(more) as [keyof Usage, number][]) {
    total[name] = (total[name] ?? 0) + amount;
  }
  return total;
}

function remember(known: IgnoredOverride[], more: readonly IgnoredOverride[]): void {
  for (const one of more) if (!known.some(({ key }) => key === one.key)) known.push(one);
}
