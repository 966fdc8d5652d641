import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import type { HttpRequest, Reply } from "../http/client.ts";
import type { Call } from "./attempts.ts";

/** What to ask next, and when. */
export interface NextQuestion {
  request: HttpRequest;
  afterMs: number;
  /** In the provider's words: `queued`, `processing`. */
  state?: string;
}

/** A question that may fail this often in a row: the job goes on whether or not its state can be read. */
const MOST_LOST_POLLS = 5;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Asks, and asks again as long as the provider says that the job goes on. Once it has been submitted, a poll that fails
 * in a way that passes is repeated: submitting anew would pay twice. What an answer says of the job is its last word.
 */
export async function followJob<Step extends { next?: NextQuestion }>(
  context: Context,
  call: Call,
  first: HttpRequest,
  ask: (request: HttpRequest) => Promise<Reply>,
  read: (reply: Reply) => Promise<Step>,
  onState: (state: string) => void,
): Promise<Step> {
  let step = await read(await ask(first));
  while (step.next) {
    const { request, afterMs, state } = step.next;
    if (state !== undefined) onState(state);
    await context.sleep(afterMs, call.signal);
    step = await patiently(context, call, afterMs, async () => {
      const reply = await ask(request);
      return read(reply).catch((thrown) => Promise.reject(brokeOff(thrown) ? thrown : unrepeatable(thrown)));
    });
  }
  return step;
}

async function patiently<T>(context: Context, call: Call, pauseMs: number, ask: () => Promise<T>): Promise<T> {
  for (let lost = 1; ; lost++) {
    try {
      return await ask();
    } catch (thrown) {
      const passes = thrown instanceof InferError && thrown.retryable && thrown.type !== "timeout";
      if (!passes || lost === MOST_LOST_POLLS) throw unrepeatable(thrown);
      const wait = thrown.details.retryAfterMs ?? pauseMs * 2 ** (lost - 1);
      await context.sleep(Math.min(wait, LONGEST_PAUSE_MS), call.signal);
    }
  }
}

/** The answer never came to its end, so that nothing is known of the job. */
function brokeOff(thrown: unknown): boolean {
  return thrown instanceof InferError && thrown.type === "network";
}

/** The job stands: trying the whole of it again would submit it a second time. */
export function unrepeatable(thrown: unknown): unknown {
  if (!(thrown instanceof InferError)) return thrown;
  return new InferError(thrown.type, thrown.message, { ...thrown.details, retryable: false });
}
