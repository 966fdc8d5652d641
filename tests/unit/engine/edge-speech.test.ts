import { afterAll, describe, expect, test } from "bun:test";
import type { Server, ServerWebSocket } from "bun";
import { InferError } from "../../../src/core/error.ts";
import type { Call } from "../../../src/engine/attempts.ts";
import type { Candidate } from "../../../src/engine/candidates.ts";
import { speakOverEdge } from "../../../src/engine/edge-speech.ts";
import type { SpeechRequest } from "../../../src/protocols/speech-wire.ts";
import { SPEECH_PROVIDERS, SPEECH_SERVICES } from "../../../src/providers/speech.ts";
import { type FakeContext, type FakeWorld, fakeContext } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";

/** Tue, 14 Nov 2023 22:13:20 GMT, and its token: printf 1334447340000000006A5AA1D4EAFF4E9FB37E23D68491D6F4 | sha256sum */
const NOW = 1_700_000_000_000;
const DATE = "Tue, 14 Nov 2023 22:13:20 GMT";
const TOKEN = "42301B335578FEFDAE2637DED1ABD614505D432559EC08032B82048483726AFF";

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

type Client = ServerWebSocket;

interface Service {
  /** What follows the request to speak. */
  speak?(client: Client): unknown;
  /** Before a WebSocket comes about; `undefined` lets it. */
  answer?(request: Request): Response | undefined;
}

/** Microsoft's service, as its clients know it. */
function serve({ speak, answer }: Service) {
  const requests: { url: URL; isSocket: boolean; headers: Headers }[] = [];
  const frames: string[] = [];
  const closed = Promise.withResolvers<number>();
  const server: Server<undefined> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, self) {
      const isSocket = request.headers.get("upgrade") === "websocket";
      requests.push({ url: new URL(request.url), isSocket, headers: request.headers });
      const refusal = answer?.(request);
      if (refusal) return refusal;
      return self.upgrade(request) ? undefined : new Response("no", { status: 400 });
    },
    websocket: {
      async message(client, message) {
        frames.push(String(message));
        if (frames.length % 2 === 0) await speak?.(client);
      },
      close: (_, code) => closed.resolve(code),
    },
  });
  stops.push(() => server.stop(true));
  return { baseUrl: `http://127.0.0.1:${server.port}/edge/v1`, requests, frames, closed: closed.promise };
}

function audio(bytes: string): Uint8Array {
  const head = "X-RequestId:a\r\nContent-Type:audio/mpeg\r\nX-StreamId:b\r\nPath:audio\r\n";
  return new Uint8Array(Buffer.concat([Buffer.from([0, head.length]), Buffer.from(head), Buffer.from(bytes)]));
}

const START = "X-RequestId:a\r\nContent-Type:application/json; charset=utf-8\r\nPath:turn.start\r\n\r\n{}";
const METADATA = 'X-RequestId:a\r\nPath:audio.metadata\r\n\r\n{"Metadata":[]}';
const END = "X-RequestId:a\r\nContent-Type:application/json; charset=utf-8\r\nPath:turn.end\r\n\r\n{}";
const LAST_AUDIO = new Uint8Array([0, 12, ...Buffer.from("Path:audio\r\n")]);

const spoken = (client: Client): void => {
  client.send(START);
  client.send(audio("mp3 one "));
  client.send(METADATA);
  client.send(audio("two "));
  client.send(audio("three"));
  client.send(LAST_AUDIO);
  client.send(END);
};

const REQUEST: SpeechRequest = {
  text: "Fish & chips",
  voice: "en-GB-SoniaNeural",
  form: { ask: "audio-24khz-48kbitrate-mono-mp3" },
  options: {},
  id: "0b6bcd6f-0a0b-4c0d-8e0f-102132435465",
};

const CANDIDATE: Candidate = {
  provider: { id: "microsoft", name: "Microsoft", env: [], baseUrl: "", models: [] },
  model: null,
  credential: null,
  headers: {},
  secrets: [],
  reason: "a test",
};

interface Asked {
  request?: Partial<SpeechRequest>;
  candidate?: Partial<Candidate>;
  world?: FakeWorld;
  signal?: AbortSignal;
}

function ask(baseUrl: string, { request, candidate, world, signal }: Asked = {}) {
  const context: FakeContext = fakeContext({ now: () => NOW, ...world });
  const call: Call = { signal: signal ?? context.signal };
  const pieces = speakOverEdge(context, { ...CANDIDATE, ...candidate }, { ...REQUEST, ...request }, baseUrl, call);
  return { context, call, pieces };
}

async function speech(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(pieces)).toString();
}

describe("speech over Edge", () => {
  test("is asked for as the browser does, and comes as it is", async () => {
    const service = serve({ speak: spoken });
    const { pieces, call } = ask(service.baseUrl);
    expect(await speech(pieces)).toBe("mp3 one two three");
    expect(call.status).toBe(101);
    const [request, ...others] = service.requests;
    expect(others).toEqual([]);
    expect(request?.url.pathname).toBe("/edge/v1");
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({
      TrustedClientToken: "6A5AA1D4EAFF4E9FB37E23D68491D6F4",
      ConnectionId: "0b6bcd6f0a0b4c0d8e0f102132435465",
      "Sec-MS-GEC": TOKEN,
      "Sec-MS-GEC-Version": "1-143.0.3650.75",
    });
    expect(request?.headers.get("origin")).toBe("chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold");
    expect(request?.headers.get("user-agent")).toEndWith("Edg/143.0.0.0");
    expect(request?.headers.get("authorization")).toBeNull();
    const [config = "", ssml = ""] = service.frames;
    expect(config).toContain("\r\nPath:speech.config\r\n\r\n{");
    expect(JSON.parse(config.split("\r\n\r\n")[1] ?? "").context.synthesis.audio.outputFormat).toBe(
      "audio-24khz-48kbitrate-mono-mp3",
    );
    expect(ssml).toContain("\r\nPath:ssml\r\n\r\n<speak ");
    expect(ssml).toContain("<voice name='en-GB-SoniaNeural'>");
    expect(ssml).toContain(">Fish &amp; chips</prosody>");
    expect(await service.closed).toBe(1000);
  });

  test("comes while it is made", async () => {
    const first = Promise.withResolvers<void>();
    const service = serve({
      async speak(client) {
        client.send(audio("one"));
        await first.promise;
        client.send(audio("two"));
        client.send(END);
      },
    });
    const { pieces } = ask(service.baseUrl);
    expect(Buffer.from((await pieces.next()).value ?? "").toString()).toBe("one");
    first.resolve();
    expect(await speech(pieces)).toBe("two");
  });

  test("may come in many pieces, and in large ones", async () => {
    const large = "x".repeat(8 * 1024 * 1024);
    const service = serve({
      speak(client) {
        for (let index = 0; index < 2000; index++) client.send(audio(`${index},`));
        client.send(audio(large));
        client.send(END);
      },
    });
    const heard = await speech(ask(service.baseUrl).pieces);
    expect(heard).toStartWith("0,1,2,3,");
    expect(heard.length).toBe(8890 + large.length);
  });

  test("is let go of when nobody wants more", async () => {
    const service = serve({ speak: (client) => void client.send(audio("one")) });
    for await (const _ of ask(service.baseUrl).pieces) break;
    expect(await service.closed).toBe(1000);
  });

  test("takes the headers of the config along", async () => {
    const service = serve({ speak: spoken });
    const headers = { "x-own": "1", "user-agent": "mine" };
    expect(await speech(ask(service.baseUrl, { candidate: { headers } }).pieces)).toBe("mp3 one two three");
    expect(service.requests[0]?.headers.get("x-own")).toBe("1");
    expect(service.requests[0]?.headers.get("user-agent")).toBe("mine");
  });

  test("goes through the proxy of the speech config", async () => {
    const service = serve({ speak: spoken });
    const proxy = "http://me:hush-hush@127.0.0.1:9";
    const { pieces, context } = ask(service.baseUrl, { request: { options: { proxy } } });
    const error = await rejection(speech(pieces));
    expect(error.type).toBe("network");
    expect(error.message).toContain("The proxy 127.0.0.1:9");
    expect(context.secrets.has("hush-hush")).toBe(true);
    const wrong = await rejection(
      speech(ask(service.baseUrl, { request: { options: { proxy: "socks5://x" } } }).pieces),
    );
    expect(wrong.type).toBe("usage");
    expect(service.requests).toEqual([]);
  });
});

describe("the clock", () => {
  /** Takes the right token only. */
  const strict = (request: Request): Response | undefined =>
    new URL(request.url).searchParams.get("Sec-MS-GEC") === TOKEN
      ? undefined
      : new Response("", { status: 403, headers: { date: DATE } });

  test("of the server counts when this machine's is wrong", async () => {
    const service = serve({ speak: spoken, answer: strict });
    const { pieces, call } = ask(service.baseUrl, { world: { now: () => NOW - 86_400_000 } });
    expect(await speech(pieces)).toBe("mp3 one two three");
    expect(call.status).toBe(101);
    // Refused, asked why, and asked again.
    expect(service.requests.map(({ isSocket }) => isSocket)).toEqual([true, false, true]);
  });

  test("is corrected once", async () => {
    const service = serve({ answer: () => new Response("", { status: 403, headers: { date: DATE } }) });
    const { pieces, call } = ask(service.baseUrl, { world: { now: () => NOW - 86_400_000 } });
    const error = await rejection(speech(pieces));
    expect(error.type).toBe("auth");
    expect(error.message).toBe("HTTP 403 without a word of explanation.");
    expect(error.details).toMatchObject({ status: 403, unsent: true });
    expect(error.details.hint).toContain("clock");
    expect(call.status).toBe(403);
    expect(service.requests.map(({ isSocket }) => isSocket)).toEqual([true, false, true, false]);
  });

  test.each([DATE, "yesterday"])("is not to blame when the server's says %s", async (date) => {
    const service = serve({ answer: () => new Response("", { status: 403, headers: { date } }) });
    expect((await rejection(speech(ask(service.baseUrl).pieces))).type).toBe("auth");
    expect(service.requests.map(({ isSocket }) => isSocket)).toEqual([true, false]);
  });
});

describe("a refusal", () => {
  test("is told in the service's own words", async () => {
    const headers = { "retry-after": "7" };
    const service = serve({
      answer: () => Response.json({ error: { message: "Slow down." } }, { status: 429, headers }),
    });
    const error = await rejection(speech(ask(service.baseUrl).pieces));
    expect(error.type).toBe("rate_limited");
    expect(error.message).toBe("Slow down.");
    expect(error.details).toMatchObject({ status: 429, retryable: true, retryAfterMs: 7000, unsent: true });
  });

  test("keeps its status when the plain question is answered otherwise", async () => {
    const service = serve({
      answer: (request) =>
        request.headers.has("upgrade")
          ? new Response("", { status: 503 })
          : Response.json({ error: { message: "Not this way." } }, { status: 400 }),
    });
    const error = await rejection(speech(ask(service.baseUrl).pieces));
    expect(error.type).toBe("provider_error");
    expect(error.message).toBe("HTTP 503 without a word of explanation.");
    expect(error.details).toMatchObject({ status: 503, retryable: true });
  });

  test("stands when the plain question is not answered at all", async () => {
    const service = serve({ answer: () => new Response("", { status: 404 }) });
    const fetch = Object.assign(() => Promise.reject(new Error("no network")), { preconnect: () => undefined });
    const error = await rejection(speech(ask(service.baseUrl, { world: { fetch } }).pieces));
    expect(error.type).toBe("not_found");
  });
});

describe("a service that misbehaves", () => {
  test("by ending without audio gives an empty_result", async () => {
    const service = serve({
      speak(client) {
        client.send(START);
        client.send(LAST_AUDIO);
        client.send(END);
      },
    });
    const error = await rejection(speech(ask(service.baseUrl).pieces));
    expect(error.type).toBe("empty_result");
    expect(error.retryable).toBe(true);
    expect(error.details.hint).toContain("tts voices");
  });

  test.each([
    ["in good order", (client: Client) => client.close(1000)],
    ["abruptly", (client: Client) => client.terminate()],
    ["for reasons of its own", (client: Client) => client.close(1011, "Internal error")],
  ])("by closing early %s is network, and may pass", async (_, close) => {
    const service = serve({
      speak(client) {
        client.send(audio("one"));
        close(client);
      },
    });
    const { pieces } = ask(service.baseUrl);
    const error = await rejection(speech(pieces));
    expect(error.type).toBe("network");
    expect(error.retryable).toBe(true);
  });

  test("by not knowing the voice is told so", async () => {
    const service = serve({ speak: (client) => client.close(1007, "Unsupported voice en-GB-SoniaNeural.") });
    const error = await rejection(speech(ask(service.baseUrl).pieces));
    expect(error.type).toBe("provider_error");
    expect(error.message).toContain("Unsupported voice en-GB-SoniaNeural.");
    expect(error.details.hint).toContain("tts voices --provider microsoft");
  });

  test.each([
    ["bytes without a header", new Uint8Array([7])],
    ["bytes without a path", new Uint8Array([0, 2, 13, 10, 1])],
    ["words without a path", "Content-Type:application/json\r\n\r\n{}"],
  ])("by sending %s is a provider_error", async (_, message) => {
    const service = serve({
      speak(client) {
        client.send(audio("one"));
        client.send(message);
        client.send(END);
      },
    });
    expect((await rejection(speech(ask(service.baseUrl).pieces))).type).toBe("provider_error");
    expect(await service.closed).toBe(1000);
  });

  test("by falling silent is given up on when the signal fires", async () => {
    const controller = new AbortController();
    const service = serve({
      speak(client) {
        client.send(audio("one"));
        controller.abort(new InferError("timeout", "too late"));
      },
    });
    const error = await rejection(speech(ask(service.baseUrl, { signal: controller.signal }).pieces));
    expect(error).toBe(controller.signal.reason);
    await service.closed;
  });
});

test("the row has what the service gives", () => {
  expect(SPEECH_PROVIDERS.find(({ id }) => id === "microsoft")).toEqual({
    id: "microsoft",
    name: "Microsoft",
    aliases: ["edge"],
    env: [],
    keyless: true,
    baseUrl: "wss://speech.platform.bing.com/consumer/speech/synthesize/readaloud/edge/v1",
  });
  expect(SPEECH_SERVICES.microsoft).toMatchObject({
    protocol: "edge-read-aloud",
    defaultVoice: "en-US-MichelleNeural",
    formats: { mp3: { ask: "audio-24khz-48kbitrate-mono-mp3" } },
    longest: { bytes: 3000 },
  });
});
