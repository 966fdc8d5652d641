import type { Allowance } from "../core/allowance.ts";
import type { Context } from "../core/context.ts";
import { deadline } from "../core/deadline.ts";
import type { DescribeOutput } from "../core/envelope.ts";
import { type Call, tryCandidates } from "../engine/attempts.ts";
import type { Candidate } from "../engine/candidates.ts";
import { MOST_CHARS } from "../engine/media-choice.ts";
import { Picture } from "../media/picture.ts";
import { askBackend, readHere, type Said } from "./describe/backend.ts";

export interface DescribeRun {
  prompt: string | undefined;
  candidates: readonly Candidate[];
  allowPrivateNetwork: boolean;
  /** Bytes of pictures that may be in memory, where several are described. */
  memory?: Allowance;
}

/** OpenClaw's. */
const PROMPT = "Describe the image.";

/** `image.describe`: what a picture shows, in the words of the first candidate that can tell. */
export async function describeImage(context: Context, file: string, run: DescribeRun): Promise<DescribeOutput> {
  await using litter = new AsyncDisposableStack();
  using limit = deadline(context, context.endsAt, () => "The picture could not be read in time.");
  const { allowPrivateNetwork } = run;
  const picture = await Picture.open(context, file, { allowPrivateNetwork, signal: limit.signal, litter });
  using _ = await run.memory?.take(picture.input.size, limit.signal);
  const plan = { candidates: run.candidates, mayRepeat: () => true };
  // Awaited here: what has arrived in a temporary file must be there until the end.
  return await tryCandidates(context, plan, async (candidate, call) => {
    const { text, ...said } = await tellOf(context, candidate, picture, run.prompt, call);
    return {
      path: picture.input.origin,
      text: cut(context, text, picture, candidate),
      provider: candidate.provider.id,
      model: candidate.model ?? "",
      ...said,
    };
  });
}

async function tellOf(
  context: Context,
  candidate: Candidate,
  picture: Picture,
  prompt: string | undefined,
  call: Call,
): Promise<Said> {
  if (candidate.provider.vision?.protocol === "local-tesseract") {
    return readHere(context, candidate, picture, prompt, call);
  }
  const text = await askBackend(context, candidate, picture, questionFor(candidate, prompt), call);
  return { text, kind: "image.description" };
}

/** What the user asks is asked as it is. Without that, the config's prompt, and how long the answer may be. */
function questionFor({ media }: Candidate, prompt: string | undefined): string {
  if (prompt?.trim()) return prompt.trim();
  if (!media) return PROMPT;
  return `${media.prompt ?? PROMPT} Respond in at most ${media.maxChars ?? MOST_CHARS} characters.`;
}

/** The config's limit is the user's word, where the model did not heed it. */
function cut(context: Context, text: string, { input }: Picture, { media }: Candidate): string {
  const most = media?.maxChars;
  if (most === undefined || text.length <= most) return text;
  context.report.warnings.push(`${input.origin}: the answer was cut to ${most} characters, as the config says.`);
  // Half of a character outside the basic plane is none.
  return text
    .slice(0, most)
    .replace(/[\uD800-\uDBFF]$/, "")
    .trim();
}
