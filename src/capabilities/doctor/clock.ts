import type { Context } from "../../core/context.ts";
import { InferError } from "../../core/error.ts";
import type { KnownProvider } from "../../engine/directory.ts";
import { baseUrlOf } from "../../engine/route.ts";
import { send } from "../../http/client.ts";
import { type Check, fail, ok, patience, type Setup, throwIfInterrupted, warn } from "./check.ts";

/** AWS refuses a signature that is off by more; other tokens end about there. */
const TOLERANCE_MS = 5 * 60_000;
/** One answer is enough, and any of them will do. */
const MOST_ASKED = 4;

/** Compares this machine's clock with what the user's own providers say. Nothing but their address is asked, without a key. */
export async function checkClock({ context, configured }: Setup): Promise<Check[]> {
  const origins = [...new Set((await configured).flatMap(({ provider }) => httpsOrigin(provider)))].slice(
    0,
    MOST_ASKED,
  );
  if (origins.length === 0) return [ok("clock", "Not compared: no provider with an https address is set up.")];
  using limit = patience(context, origins.map((origin) => new URL(origin).host).join(", "));
  try {
    const { host, ahead } = await Promise.any(origins.map((origin) => compare(context, origin, limit.signal)));
    const seconds = Math.round(Math.abs(ahead) / 1000);
    if (Math.abs(ahead) <= TOLERANCE_MS) return [ok("clock", `Within ${Math.max(1, seconds)} s of ${host}.`)];
    const off = `This machine's clock is ${duration(seconds)} ${ahead > 0 ? "ahead of" : "behind"} ${host}`;
    return [
      fail("clock", `${off}: signatures and tokens are refused.`, "Set it, for example: timedatectl set-ntp true"),
    ];
  } catch (thrown) {
    const causes = thrown instanceof AggregateError ? thrown.errors : [thrown];
    for (const cause of causes) throwIfInterrupted(cause);
    const [first] = causes;
    if (!(first instanceof InferError)) throw first;
    return [warn("clock", `Not compared: ${first.message}`, first.details.hint)];
  }
}

function httpsOrigin(provider: KnownProvider): string[] {
  try {
    const url = URL.parse(baseUrlOf(provider, {}));
    return url?.protocol === "https:" ? [url.origin] : [];
  } catch {
    // An address with parts that nobody has told yet.
    return [];
  }
}

async function compare(
  context: Context,
  origin: string,
  signal: AbortSignal,
): Promise<{ host: string; ahead: number }> {
  const before = context.now();
  const url = `${origin}/`;
  const reply = await send(context, { method: "GET", url, headers: {}, followRedirects: false }, signal);
  const { host } = reply.url;
  // Whoever answers from a cache says how old the answer is.
  const theirs = Date.parse(reply.headers.get("date") ?? "") + 1000 * (Number(reply.headers.get("age")) || 0);
  if (Number.isNaN(theirs)) throw new InferError("provider_error", `${host} does not tell the time.`);
  return { host, ahead: (before + context.now()) / 2 - theirs };
}

function duration(seconds: number): string {
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 2 * 86_400 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}
