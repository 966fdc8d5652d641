import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { envelopeSchema } from "../../src/core/envelope-schema.ts";
import type { ErrorType } from "../../src/core/error.ts";
import { type CliRun, runInProcess } from "../support/context.ts";
import { type Behaviour, beginStream, chunk, endStream, FaultServer, respond } from "./fault-server.ts";
import { type FakeAnswer, type Piece, WIRES, type Wire } from "./wires.ts";

/** Every way in which an answer can be wrong, over every wire: a new fault is a row here. */
interface Fault {
  name: string;
  behaviour: (wire: Wire) => Behaviour;
  /** `null`: the command succeeds. */
  type: ErrorType | null;
  exitCode: number;
  message?: RegExp;
  status?: number;
  /** How many requests the server sees; `null` when the check says. */
  requests: number | null;
  timeoutMs?: number;
  check?: (run: Checked) => void;
}

interface Checked extends Parsed {
  /** Requests that the server saw. */
  seen: number;
}

interface Parsed extends CliRun {
  envelope: v.InferOutput<typeof envelopeSchema>;
}

const KEY = "sk-hazard-0123456789";
const WORDS = "the vendor's own words";
const ANSWER: FakeAnswer = { pieces: ["Hel", "lo ", "wörld 👋", "!"] };
const TEXT = "Hello wörld 👋!";

const says =
  (status: number, headers: Record<string, string> = {}) =>
  (wire: Wire): Behaviour =>
  (socket) =>
    respond(socket, status, wire.error(status, WORDS), { "content-type": "application/json", ...headers });

const streams =
  (answer: FakeAnswer) =>
  (wire: Wire): Behaviour =>
  (socket) => {
    beginStream(socket, wire.contentType);
    for (const message of wire.stream(answer)) chunk(socket, message);
    endStream(socket);
  };

/** All of the answer but its last piece and its end. */
const half = (wire: Wire): Piece[] => wire.stream(ANSWER).slice(0, wire.stream({ pieces: [] }).length > 3 ? 4 : 3);

const bytes = (pieces: readonly Piece[]): Buffer<ArrayBuffer> =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece)));

const fails = (type: ErrorType, exitCode: number, requests: number, message = new RegExp(WORDS)) => ({
  type,
  exitCode,
  requests,
  message,
});
const succeeds = { type: null, exitCode: 0, requests: 1 };

const FAULTS: Fault[] = [
  { name: "401", behaviour: says(401), ...fails("auth", 3, 1), status: 401 },
  { name: "403", behaviour: says(403), ...fails("auth", 3, 1), status: 403 },
  { name: "404", behaviour: says(404), ...fails("not_found", 4, 1), status: 404 },
  { name: "400", behaviour: says(400), ...fails("provider_error", 1, 1), status: 400 },
  { name: "402", behaviour: says(402), ...fails("rate_limited", 5, 1), status: 402 },
  { name: "413", behaviour: says(413), ...fails("provider_error", 1, 1), status: 413 },
  { name: "451", behaviour: says(451), ...fails("refused", 8, 1), status: 451 },
  { name: "429 without end", behaviour: says(429), ...fails("rate_limited", 5, 3), status: 429 },
  {
    name: "429 that asks to wait longer than there is time",
    behaviour: says(429, { "retry-after": "3600" }),
    ...fails("rate_limited", 5, 1),
    timeoutMs: 5000,
    check: ({ envelope }) => expect(envelope.error?.retryAfterMs).toBe(3_600_000),
  },
  {
    name: "429 that passes",
    behaviour: (wire) => (socket, seen, count) =>
      (count < 3 ? says(429, { "retry-after": "1" }) : streams(ANSWER))(wire)(socket, seen, count),
    ...succeeds,
    requests: 3,
    check: ({ envelope }) => {
      expect(envelope.attempts.map(({ outcome, status, retryOf }) => ({ outcome, status, retryOf }))).toEqual([
        { outcome: "failed", status: 429, retryOf: undefined },
        { outcome: "failed", status: 429, retryOf: 0 },
        { outcome: "success", status: 200, retryOf: 0 },
      ]);
    },
  },
  { name: "500", behaviour: says(500), ...fails("provider_error", 1, 3), status: 500 },
  { name: "529", behaviour: says(529), ...fails("provider_error", 1, 3), status: 529 },
  {
    name: "503 with a web page",
    behaviour: () => (socket) =>
      respond(socket, 503, "<html><head><title>Down for maintenance</title></head></html>", {
        "content-type": "text/html",
      }),
    ...fails("provider_error", 1, 3, /503.*Down for maintenance/),
    status: 503,
  },
  {
    name: "500 without a body",
    behaviour: () => (socket) => respond(socket, 500, ""),
    ...fails("provider_error", 1, 3, /HTTP 500/),
  },
  {
    name: "a connection that closes before the answer",
    behaviour: () => (socket) => socket.destroy(),
    ...fails("network", 6, 3, /closed the connection/),
  },
  {
    name: "something that is not HTTP",
    behaviour: () => (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
    ...fails("network", 6, 3, /127\.0\.0\.1/),
  },
  {
    name: "stalled headers",
    behaviour: () => () => undefined,
    ...fails("timeout", 7, 1, /did not answer/),
    timeoutMs: 120,
  },
  {
    name: "a stalled body",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      for (const message of half(wire)) chunk(socket, message);
    },
    ...fails("timeout", 7, 1, /began to answer/),
    timeoutMs: 600,
  },
  {
    name: "a stream that is cut",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      for (const message of half(wire)) chunk(socket, message);
      setTimeout(() => socket.destroy(), 20);
    },
    ...fails("network", 6, 3, /closed the connection|broke off/),
  },
  {
    name: "a stream that ends too early, politely",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      for (const message of half(wire)) chunk(socket, message);
      endStream(socket);
    },
    ...fails("network", 6, 3, /broke off in the middle/),
  },
  {
    name: "a stream with nothing in it",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      endStream(socket);
    },
    ...fails("empty_result", 9, 1, /nothing in it/),
  },
  { name: "204", behaviour: () => (socket) => respond(socket, 204, ""), ...fails("empty_result", 9, 1, /HTTP 204/) },
  {
    name: "a stream under the name of a web page",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType.includes("event") ? "text/html" : "application/json");
      for (const message of wire.stream(ANSWER)) chunk(socket, message);
      endStream(socket);
    },
    ...succeeds,
  },
  {
    name: "a connection that stays open after the answer is complete",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      for (const message of wire.stream(ANSWER)) if (!message.includes("[DONE]")) chunk(socket, message);
    },
    ...succeeds,
    timeoutMs: 60_000,
    check: ({ envelope }) => expect(envelope.durationMs).toBeLessThan(10_000),
  },
  {
    name: "a key that comes back cut, encoded, and as the id of the request",
    behaviour: (wire) => (socket) => {
      const cut = `${"x".repeat(180)} ${KEY}`;
      const base64 = Buffer.from(KEY).toString("base64");
      const body = wire.api === "ollama" ? `${cut} and more of it` : wire.error(400, `${base64} ${cut}`);
      respond(socket, 400, body, { "content-type": "text/plain", "x-request-id": KEY });
    },
    ...fails("provider_error", 1, 1, /xxx/),
    check: ({ stdout }) => expect(stdout).not.toContain(KEY.slice(0, 12)),
  },
  {
    name: "a web page instead of JSON",
    behaviour: () => (socket) =>
      respond(socket, 200, "<!doctype html><title>Sign in</title>", { "content-type": "text/html; charset=utf-8" }),
    ...fails("provider_error", 1, 1, /web page.*Sign in/),
  },
  {
    name: "plain text instead of an answer",
    behaviour: () => (socket) => respond(socket, 200, "OK", { "content-type": "text/plain" }),
    ...fails("provider_error", 1, 1, /cannot be understood/),
  },
  {
    name: "a message that is not JSON",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      chunk(socket, wire.message("{oops"));
      endStream(socket);
    },
    ...fails("provider_error", 1, 1, /not JSON/),
  },
  {
    name: "an error in the middle of the stream",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      chunk(socket, wire.stream(ANSWER)[0] ?? "");
      chunk(socket, wire.errorMessage(WORDS));
      endStream(socket);
    },
    type: "provider_error",
    exitCode: 1,
    message: new RegExp(WORDS),
    // Only some wires say in it whether it passes.
    requests: null,
    check: ({ envelope, seen }) => expect(seen).toBe(envelope.error?.retryable ? 3 : 1),
  },
  {
    name: "a stream that is cut inside a message",
    behaviour: (wire) => (socket) => {
      const all = bytes(half(wire));
      beginStream(socket, wire.contentType);
      chunk(socket, all.subarray(0, all.length - 9));
      endStream(socket);
    },
    ...fails("network", 6, 3, /broke off|before the answer began/),
  },
  {
    name: "an error page that takes a careless pattern minutes",
    behaviour: () => (socket) => respond(socket, 400, "<title".repeat(150_000), { "content-type": "text/html" }),
    ...fails("provider_error", 1, 1, /HTTP 400/),
    timeoutMs: 4000,
  },
  {
    name: "an error body without end",
    behaviour: (wire) => (socket) => {
      beginStream(socket, "text/plain", 401);
      chunk(socket, `no ${wire.api} for you `);
      for (let sent = 0; sent < 300; sent++) chunk(socket, "x".repeat(1000));
    },
    ...fails("auth", 3, 1, /HTTP 401: no .* for you/),
    status: 401,
  },
  {
    name: "an error body that is never finished",
    behaviour: (wire) => (socket) => {
      socket.write("HTTP/1.1 404 Not Found\r\ncontent-length: 9999\r\n\r\n");
      socket.write(wire.error(404, WORDS));
      setTimeout(() => socket.destroy(), 50);
    },
    ...fails("not_found", 4, 1),
    status: 404,
  },
  {
    name: "words that would steer the terminal, and never end",
    behaviour: (wire) => (socket) =>
      respond(socket, 400, wire.error(400, `${WORDS} \u001b]0;owned\u0007\u001b[2J${"y".repeat(100_000)}`), {
        "content-type": "application/json",
      }),
    ...fails("provider_error", 1, 1),
    check: ({ envelope }) => expect(envelope.error?.message.length).toBeLessThan(3000),
  },
  {
    name: "an error that support is asked about",
    behaviour: (wire) => says(500, { "x-request-id": "req-42" })(wire),
    ...fails("provider_error", 1, 3),
    check: ({ envelope }) => {
      expect(envelope.error?.requestId).toBe("req-42");
      expect(envelope.attempts.map(({ requestId }) => requestId)).toEqual(["req-42", "req-42", "req-42"]);
    },
  },
  { name: "an empty answer", behaviour: streams({ pieces: [] }), ...fails("empty_result", 9, 1, /no text/) },
  { name: "a blank answer", behaviour: streams({ pieces: [" ", "\n\t "] }), ...fails("empty_result", 9, 1, /no text/) },
  {
    name: "reasoning alone",
    behaviour: streams({ pieces: [], reasoning: "hmm, let me see" }),
    ...fails("empty_result", 9, 1, /only reasoning/),
  },
  {
    name: "reasoning alone, inside the text",
    behaviour: streams({ pieces: ["<thi", "nk>hmm</th", "ink>\n"] }),
    ...fails("empty_result", 9, 1, /only reasoning/),
  },
  {
    name: "reasoning that used up the token limit",
    behaviour: streams({ pieces: [], reasoning: "hmm", finish: "length" }),
    ...fails("empty_result", 9, 1, /only reasoning/),
    check: ({ envelope }) => expect(envelope.error?.hint).toContain("--max-tokens"),
  },
  {
    name: "reasoning before the answer",
    behaviour: streams({ ...ANSWER, reasoning: "SECRET THOUGHTS" }),
    ...succeeds,
    check: ({ stdout }) => expect(stdout).not.toContain("SECRET THOUGHTS"),
  },
  {
    name: "an answer that hit the token limit",
    behaviour: streams({ ...ANSWER, finish: "length" }),
    ...succeeds,
    check: ({ envelope }) => {
      expect(envelope.outputs[0]).toMatchObject({ finishReason: "length" });
      expect(envelope.warnings?.join()).toContain("--max-tokens");
    },
  },
  {
    name: "an answer in one piece although a stream was asked for",
    behaviour: (wire) => (socket) => respond(socket, 200, wire.whole(ANSWER), { "content-type": "application/json" }),
    ...succeeds,
  },
  {
    name: "an answer that arrives byte by byte",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      socket.setNoDelay(true);
      for (const byte of bytes(wire.stream(ANSWER))) chunk(socket, Buffer.from([byte]));
      endStream(socket);
    },
    ...succeeds,
  },
  {
    name: "an answer with CRLF line ends",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      // A binary message has no lines.
      const pieces = wire.stream(ANSWER).map((one) => (typeof one === "string" ? one.replaceAll("\n", "\r\n") : one));
      chunk(socket, bytes(pieces));
      endStream(socket);
    },
    ...succeeds,
  },
  {
    name: "a connection that breaks after the answer is complete",
    behaviour: (wire) => (socket) => {
      beginStream(socket, wire.contentType);
      for (const message of wire.stream(ANSWER)) chunk(socket, message);
      setTimeout(() => socket.destroy(), 20);
    },
    ...succeeds,
  },
  {
    name: "a gzipped answer",
    behaviour: (wire) => (socket) =>
      respond(socket, 200, Buffer.from(Bun.gzipSync(bytes(wire.stream(ANSWER)))), {
        "content-type": wire.contentType,
        "content-encoding": "gzip",
      }),
    ...succeeds,
  },
  {
    name: "a key that the vendor repeats in its error",
    behaviour: (wire) => (socket) =>
      respond(socket, 401, wire.error(401, `bad key ${KEY}, ${encodeURIComponent(KEY)}`), {
        "content-type": "application/json",
      }),
    ...fails("auth", 3, 1, /bad key \[redacted\]/),
  },
];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "infer-hazards-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function ask(wire: Wire, baseUrl: string, timeoutMs = 10_000, flags: string[] = ["--json"]): Promise<Parsed> {
  const config = join(folder, `${Bun.randomUUIDv7()}.json`);
  const provider = { baseUrl, apiKey: KEY, api: wire.api };
  await writeFile(config, JSON.stringify({ models: { providers: { vendor: provider } } }));
  const argv = ["model", "run", "--prompt", "hi", "--model", "vendor/m", "--config", config];
  const run = await runInProcess([...argv, "--timeout-ms", String(timeoutMs), ...flags], {
    sleep: async () => undefined,
  });
  const envelope = flags.includes("--json")
    ? v.parse(envelopeSchema, JSON.parse(run.stdout))
    : ({} as Parsed["envelope"]);
  return { ...run, envelope };
}

for (const [name, wire] of Object.entries(WIRES)) {
  describe(`${name} survives`, () => {
    for (const fault of FAULTS) {
      test(fault.name, async () => {
        await using server = await FaultServer.start(fault.behaviour(wire));
        const run = await ask(wire, server.url, fault.timeoutMs);
        const { error, ok, outputs, usage } = run.envelope;
        expect(error?.type ?? null).toBe(fault.type);
        expect(run.exitCode).toBe(fault.exitCode);
        if (fault.message) expect(error?.message).toMatch(fault.message);
        if (fault.status) expect(error?.status).toBe(fault.status);
        if (fault.requests !== null) expect(server.seen).toHaveLength(fault.requests);
        expect(run.stdout + run.stderr).not.toContain(KEY);
        expect(ok).toBe(fault.type === null);
        if (ok) {
          expect(outputs).toMatchObject([{ text: TEXT, mediaUrl: null }]);
          expect(usage).toMatchObject({ inputTokens: 11, outputTokens: 7, totalTokens: 18 });
        } else {
          expect(outputs).toEqual([]);
        }
        fault.check?.({ ...run, seen: server.seen.length });
      });
    }

    test("a refused answer", async () => {
      const pieces = name === "ollama-chat" ? [] : ["I can't"];
      await using server = await FaultServer.start(streams({ pieces, finish: "content_filter" })(wire));
      const { envelope, exitCode } = await ask(wire, server.url);
      // Ollama has no content filter: a finish reason it does not know is no refusal.
      expect(envelope.error?.type).toBe(name === "ollama-chat" ? "empty_result" : "refused");
      expect(exitCode).toBe(name === "ollama-chat" ? 9 : 8);
    });

    test("a server that is not there", async () => {
      const server = await FaultServer.start(() => undefined);
      await server[Symbol.asyncDispose]();
      const { envelope, exitCode } = await ask(wire, server.url);
      expect(envelope.error).toMatchObject({
        type: "network",
        message: expect.stringContaining("refused the connection"),
      });
      expect(envelope.attempts).toHaveLength(3);
      expect(exitCode).toBe(6);
    });

    test("a name that does not exist", async () => {
      const { envelope, exitCode } = await ask(wire, "http://no-such-host.invalid");
      expect(envelope.error).toMatchObject({ type: "network", message: expect.stringContaining("DNS") });
      expect(exitCode).toBe(6);
    });

    test("a redirect to another origin: neither key nor prompt goes there", async () => {
      await using other = await FaultServer.start(streams(ANSWER)(wire));
      await using server = await FaultServer.start((socket) =>
        respond(socket, 307, "", { location: `${other.url}/x` }),
      );
      const { envelope, exitCode } = await ask(wire, server.url);
      expect(envelope.error).toMatchObject({ type: "provider_error", status: 307 });
      expect(exitCode).toBe(1);
      expect(other.seen).toEqual([]);
    });

    test("a redirect within the origin", async () => {
      await using server = await FaultServer.start((socket, seen, count) =>
        count === 1 ? respond(socket, 308, "", { location: "/moved" }) : streams(ANSWER)(wire)(socket, seen, count),
      );
      const { envelope } = await ask(wire, server.url);
      expect(envelope.outputs).toMatchObject([{ text: TEXT }]);
      expect(server.seen[1]?.path).toBe("/moved");
      expect(server.seen[1]?.body).toBe(server.seen[0]?.body);
    });

    test("a message on stderr cannot steer the terminal", async () => {
      const nasty = wire.error(400, `${WORDS} \u001b]0;owned\u0007\u001b[2J`);
      await using server = await FaultServer.start((socket) =>
        respond(socket, 400, nasty, { "content-type": "application/json" }),
      );
      const run = await ask(wire, server.url, 5000, []);
      expect(run.stderr).toContain(WORDS);
      expect(run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    });

    test("a failure after text was shown: it is not asked again, and the exit code tells", async () => {
      await using server = await FaultServer.start((socket) => {
        beginStream(socket, wire.contentType);
        for (const message of half(wire)) chunk(socket, message);
        endStream(socket);
      });
      const run = await ask(wire, server.url, 5000, []);
      expect(run.stdout).toStartWith("Hel");
      expect(server.seen).toHaveLength(1);
      expect(run.exitCode).toBe(6);
    });
  });
}

test("every wire of the protocols room is in the hazards", async () => {
  const { TEXT_PROTOCOLS } = await import("../../src/protocols/index.ts");
  expect(Object.keys(WIRES).sort()).toEqual(Object.keys(TEXT_PROTOCOLS).sort());
});
