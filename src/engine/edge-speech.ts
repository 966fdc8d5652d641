import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { rememberUserInfo } from "../core/redact.ts";
import { readExcerpt } from "../http/body.ts";
import { type HttpRequest, type Reply, send, webUrl } from "../http/client.ts";
import { openSocket, type Socket } from "../http/web-socket.ts";
import {
  configFrame,
  edgeHeaders,
  edgeUrl,
  readEdgeFrame,
  securityToken,
  ssmlFrame,
} from "../protocols/edge-read-aloud.ts";
import { failureOf } from "../protocols/failure.ts";
import type { SpeechRequest } from "../protocols/speech-wire.ts";
import type { Call } from "./attempts.ts";
import { authorise, openSession } from "./authorise.ts";
import type { Candidate } from "./candidates.ts";

/** One text, spoken by Microsoft's keyless service: the audio as it arrives. An end without audio is `empty_result`. */
export async function* speakOverEdge(
  context: Context,
  candidate: Candidate,
  request: SpeechRequest,
  baseUrl: string,
  call: Call,
): AsyncGenerator<Uint8Array> {
  using socket = await connect(context, candidate, request, baseUrl, call);
  socket.send(configFrame(request, context.now()));
  socket.send(ssmlFrame(request, context.now()));
  let isHeard = false;
  for await (const message of heard(socket)) {
    const { audio, ended } = readEdgeFrame(message);
    if (audio) yield audio;
    isHeard ||= audio !== undefined;
    if (!ended) continue;
    if (!isHeard) throw silence();
    return;
  }
  throw new InferError("network", "Microsoft closed the connection before the speech was complete.", {
    retryable: true,
  });
}

/** The token hangs on the clock. When this machine's is wrong, the server's is used once. */
async function connect(
  context: Context,
  candidate: Candidate,
  speech: SpeechRequest,
  baseUrl: string,
  call: Call,
): Promise<Socket> {
  const session = await openSession(context, candidate, call.signal);
  const now = context.now();
  for (let clock = now; ; ) {
    const url = edgeUrl(baseUrl, { token: securityToken(clock), connectionId: speech.id });
    const bare: HttpRequest = { method: "GET", url, headers: edgeHeaders(speech.id) };
    const request = withOwnProxy(context, await authorise(context, bare, candidate, session), speech);
    try {
      const socket = await openSocket(context, request, call.signal);
      call.status = 101;
      return socket;
    } catch (thrown) {
      if (!(thrown instanceof InferError) || thrown.details.status === undefined) throw thrown;
      const { status } = thrown.details;
      call.status = status;
      const reply = await askPlainly(context, request, call.signal);
      const theirs = Date.parse(reply?.headers.get("date") ?? "");
      const isLate = status === 403 && clock === now && securityToken(theirs) !== securityToken(now);
      if (!isLate || Number.isNaN(theirs)) throw await refusal(context, status, reply);
      clock = theirs;
    }
  }
}

/** OpenClaw's setting of the speech config; it comes before the provider's. */
function withOwnProxy(context: Context, request: HttpRequest, { options: { proxy } }: SpeechRequest): HttpRequest {
  if (typeof proxy !== "string" || proxy.trim() === "") return request;
  rememberUserInfo(context, proxy);
  // Not quoted: a name and a password may stand in it.
  if (!webUrl(proxy)) throw new InferError("usage", "The proxy of the speech config for Microsoft is no http(s) URL.");
  return { ...request, transport: { ...request.transport, proxy } };
}

/** How long a server that has refused is asked why. */
const PATIENCE_MS = 5000;

/** The same request without the wish for a WebSocket: of an answer to that, Bun tells nothing but the status. */
async function askPlainly(context: Context, request: HttpRequest, signal: AbortSignal): Promise<Reply | null> {
  const url = request.url.replace(/^ws/i, "http");
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return await send(context, { ...request, url, followRedirects: false }, patience);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return null;
  }
}

async function refusal(context: Context, status: number, reply: Reply | null): Promise<InferError> {
  const said = reply ? await readExcerpt(reply.body) : "";
  const headers = reply?.headers ?? new Headers();
  // To the plain question it may have said something else.
  const body = reply?.status === status ? said : "";
  return failureOf({ status, headers, body, now: context.now() }).with({
    unsent: true,
    ...([401, 403].includes(status) && { hint: REFUSED }),
  });
}

const REFUSED =
  "Check this machine's clock. Microsoft gives this service to its own browser, and may refuse others or a whole network: choose another --provider, local for one.";

async function* heard(socket: Socket): AsyncGenerator<string | Uint8Array> {
  try {
    yield* socket.messages();
  } catch (thrown) {
    // It closes with 1007 and says "Unsupported voice …".
    if (thrown instanceof InferError && /voice/i.test(thrown.message)) throw thrown.with({ hint: VOICES });
    throw thrown;
  }
}

const VOICES = "infer tts voices --provider microsoft lists the voices that there are.";

/** It passes at times: OpenClaw asks twice, too. */
function silence(): InferError {
  return new InferError("empty_result", "Microsoft sent no audio.", {
    retryable: true,
    hint: `Does the voice speak the language of the text? ${VOICES}`,
  });
}
