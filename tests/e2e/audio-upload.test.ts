import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { open, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { wavHeader } from "../support/audio.ts";
import { infer, inferJson, oneEnvelope, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const GIB = 1024 ** 3;
const KEY = "sk-upload-test";
const folder = new TemporaryFolder();
const recording = folder.file("meeting.wav");
const config = folder.file("openclaw.json");

/** A request that was read to its end, and not kept. */
interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  bytes: number;
  /** The first 4 KiB. */
  head: string;
}

let server: Server;
let received: Received[] = [];

const ANSWERS: Record<string, unknown> = {
  "/v1/listen": {
    metadata: { duration: 1 },
    results: { channels: [{ alternatives: [{ transcript: "It arrived." }] }] },
  },
  "/v1/speech-to-text": { language_code: "eng", language_probability: 1, text: "It arrived.", words: [] },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/\?.*/, "");
    const seen: Received = { path, headers: request.headers, bytes: 0, head: "" };
    request.on("data", (chunk: Buffer) => {
      if (seen.head.length < 4096) seen.head += chunk.toString("latin1", 0, 4096 - seen.head.length);
      seen.bytes += chunk.length;
    });
    request.on("end", () => {
      received.push(seen);
      response.setHeader("content-type", "application/json").end(JSON.stringify(ANSWERS[path] ?? { text: "?" }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const providers = {
    deepgram: { baseUrl: `${origin}/v1`, apiKey: KEY },
    elevenlabs: { baseUrl: origin, apiKey: KEY },
    openai: { baseUrl: `${origin}/v1`, apiKey: KEY },
  };
  await writeFile(config, JSON.stringify({ models: { providers } }));
  await sparseWav(recording, GIB);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  folder[Symbol.dispose]();
});

const transcribe = (provider: string, file: string): string[] => [
  "audio",
  "transcribe",
  "--provider",
  provider,
  "--file",
  file,
  "--config",
  config,
];

describe.skipIf(process.platform !== "linux")(
  "a recording of 1 GiB (only where /proc tells how much memory is held)",
  () => {
    test.each([
      ["deepgram", "/v1/listen"],
      ["elevenlabs", "/v1/speech-to-text"],
    ])(
      "goes to %s whole, under a Content-Length, in 120 MiB of memory",
      async (provider, path) => {
        received = [];
        const child = spawn([...transcribe(provider, recording), "--json"]);
        const peak = peakMemory(child.pid, child.exited);
        const [stdout, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
        expect(oneEnvelope(stdout)).toMatchObject({ ok: true, provider, outputs: [{ text: "It arrived." }] });
        expect(code).toBe(0);
        expect(received).toHaveLength(1);
        const [seen] = received;
        expect(seen?.path).toBe(path);
        expect(seen?.headers["transfer-encoding"]).toBeUndefined();
        expect(seen?.headers["content-length"]).toBe(String(seen?.bytes));
        const form = provider === "elevenlabs";
        expect(seen?.headers["content-type"]).toMatch(form ? /^multipart\/form-data; boundary=/ : /^audio\/(x-)?wav$/);
        // The form's other fields are small.
        expect(seen?.bytes).toBeGreaterThanOrEqual(GIB);
        expect(seen?.bytes).toBeLessThan(GIB + (form ? 4096 : 1));
        expect(seen?.head).toContain("RIFF");
        expect(await peak).toBeGreaterThan(0);
        expect(await peak).toBeLessThanOrEqual(120 * 1024);
      },
      120_000,
    );
  },
);

describe("a recording that is too large for the vendor", () => {
  test("is refused before anything is sent; the message has the limit, and a way out", async () => {
    const large = folder.file("large.wav");
    await sparseWav(large, 25 * 1024 * 1024 + 1);
    received = [];
    const run = await inferJson(transcribe("openai", large));
    expect(run.code).toBe(2);
    expect(run.envelope.error).toMatchObject({ type: "usage" });
    expect(`${run.envelope.error?.message} ${run.envelope.error?.hint}`).toMatch(/25 ?Mi?B/);
    // Another provider, another form of the file, or its parts.
    expect(run.envelope.error?.hint).toMatch(/--provider|convert|compress|split|ffmpeg/i);
    expect(received).toEqual([]);
  });

  test("at its limit it is sent", async () => {
    const whole = folder.file("whole.wav");
    await sparseWav(whole, 25 * 1024 * 1024);
    received = [];
    await infer(transcribe("openai", whole));
    expect(received).toHaveLength(1);
  });
});

/** A WAV of that many bytes, silent, of which the disk holds nothing but the header. */
async function sparseWav(path: string, size: number): Promise<void> {
  const handle = await open(path, "w");
  try {
    await handle.write(wavHeader(size - 44, 16_000));
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

/** The most memory that a process held, in KiB: the kernel keeps count, and is asked for as long as there is an answer. */
async function peakMemory(pid: number, exited: Promise<number>): Promise<number> {
  let peak = 0;
  let over = false;
  void exited.then(() => {
    over = true;
  });
  while (!over) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0));
    await Bun.sleep(20);
  }
  return peak;
}
