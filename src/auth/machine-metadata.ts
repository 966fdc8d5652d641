import type { Context } from "../core/context.ts";
import { type Deadline, deadline } from "../core/deadline.ts";
import { InferError } from "../core/error.ts";
import { readBytes } from "../http/body.ts";
import { toNetworkError } from "../http/network-error.ts";

/** What the machine's own service answered, whatever its status. */
export interface MachineAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/** Credentials and names are all there is to be told. */
const LONGEST_ANSWER = 256 * 1024;

/**
 * Asks a service that a cloud puts on the machine's own link: the metadata servers of EC2 and Google, the agents of ECS
 * and EKS. A proxy cannot reach them, and must not see the token. No redirect is followed.
 */
export async function askMachine(
  context: Pick<Context, "fetch">,
  url: URL,
  init: { method?: "GET" | "PUT"; headers: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<MachineAnswer> {
  try {
    const response = await context.fetch(url, { ...init, proxy: false, redirect: "manual" });
    const { status, headers } = response;
    const bytes = response.body ? await readBytes(response.body, LONGEST_ANSWER, () => tooLarge(url)) : undefined;
    return { status, headers, body: new TextDecoder().decode(bytes) };
  } catch (thrown) {
    throw toNetworkError(thrown, url, init.signal);
  }
}

/** How long it may take to find out whether such a service is there: never beyond the end of the run. */
export function patience(context: Pick<Context, "now" | "signal" | "endsAt">, ms: number): Deadline {
  return deadline(
    context,
    Math.min(context.endsAt, context.now() + ms),
    () => "The machine's own service is not there.",
  );
}

/** Nobody there is an answer; a run that has ended meanwhile is none. */
export function throwIfOver(
  { signal, now, endsAt }: Pick<Context, "now" | "signal" | "endsAt">,
  thrown: unknown,
): void {
  if (signal.aborted) throw thrown;
  // A timer may fire a touch early.
  if (now() < endsAt - 5) return;
  throw new InferError("timeout", "There was no time left to look for credentials.", {
    retryable: true,
    hint: "Give it longer with --timeout-ms.",
  });
}

function tooLarge({ host }: URL): InferError {
  return new InferError("provider_error", `${host} answered with more than ${LONGEST_ANSWER / 1024} KiB.`);
}
