import type { Context } from "../core/context.ts";
import { readExcerpt } from "../http/body.ts";
import { type HttpRequest, type Reply, send } from "../http/client.ts";
import { failureOf, requestId } from "../protocols/failure.ts";
import type { Call } from "./attempts.ts";

/**
 * One request and its answer, whose body is still to be read. What is learned on the way goes into the attempt; a status
 * other than 2xx is thrown as the vendor's own error.
 */
export async function exchange(context: Context, call: Call, request: HttpRequest): Promise<Reply> {
  const reply = await send(context, request, call.signal);
  call.status = reply.status;
  call.requestId = requestId(reply.headers);
  if (reply.status >= 200 && reply.status <= 299) return reply;
  throw failureOf({ ...reply, body: await readExcerpt(reply.body), now: context.now() });
}
