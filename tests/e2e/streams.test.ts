import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { beginStream, chunk, endStream, FaultServer } from "../hazards/fault-server.ts";
import { BINARY, infer, inferJson, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const config = folder.file("openclaw.json");
const BIG = 4_000_000;
const servers: FaultServer[] = [];
/** Lets the slow answer go on. */
let next: () => void = () => undefined;

const piece = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const END = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;

beforeAll(async () => {
  const big = await FaultServer.start((socket) => {
    beginStream(socket, "text/event-stream");
    for (let sent = 0; sent < BIG; sent += 10_000) chunk(socket, piece(`${"x".repeat(9_999)}\n`));
    chunk(socket, END);
    endStream(socket);
  });
  const slow = await FaultServer.start((socket) => {
    beginStream(socket, "text/event-stream");
    chunk(socket, piece("first"));
    next = () => {
      chunk(socket, piece(" second") + END);
      endStream(socket);
    };
  });
  const echo = await FaultServer.start((socket, { body }) => {
    beginStream(socket, "text/event-stream");
    chunk(socket, piece(`You said: ${JSON.stringify(JSON.parse(body).messages.at(-1).content)}`) + END);
    endStream(socket);
  });
  servers.push(big, slow, echo);
  const providers = { big: { baseUrl: big.url }, slow: { baseUrl: slow.url }, echo: { baseUrl: echo.url } };
  await writeFile(config, JSON.stringify({ models: { providers } }));
});

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const to = (model: string, ...more: string[]): string[] => [
  "model",
  "run",
  "--model",
  `${model}/m`,
  "--config",
  config,
  ...more,
];
const shell = (line: string) =>
  Bun.spawn(["sh", "-c", line], {
    env: { INFER: BINARY, CONFIG: config, PATH: process.env.PATH ?? "" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
const BIG_RUN = '"$INFER" model run --prompt x --model big/m --config "$CONFIG"';

describe("stdout", () => {
  test("tokens arrive as they come", async () => {
    const child = spawn(to("slow", "--prompt", "x"));
    const reader = child.stdout.getReader();
    const text = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await text()).toBe("first");
    next();
    let rest = "";
    while (!rest.endsWith("\n")) rest += await text();
    expect(rest).toBe(" second\n");
    expect(await child.exited).toBe(0);
  });

  test("is complete on a slow pipe", async () => {
    const child = shell(`${BIG_RUN} | { sleep 0.3; wc -c; }`);
    expect(Number(await new Response(child.stdout).text())).toBe(BIG);
  });

  test("stops quietly when the reader goes away", async () => {
    const child = shell(`{ ${BIG_RUN}; echo "exit $?" >&2; } | head -c 10`);
    expect(await new Response(child.stdout).text()).toBe("x".repeat(10));
    expect(await new Response(child.stderr).text()).toBe("exit 0\n");
  });

  test.skipIf(!existsSync("/dev/full"))("fails loudly on a full disk, as text and as JSON", async () => {
    for (const flag of ["", " --json"]) {
      const child = shell(`${BIG_RUN}${flag} > /dev/full`);
      expect(await new Response(child.stderr).text()).toContain("cannot be written to stdout");
      expect(await child.exited).toBe(11);
    }
  });

  test("a file gets the same bytes", async () => {
    const out = folder.file("out.txt");
    await shell(`${BIG_RUN} > "${out}"`).exited;
    expect(await Bun.file(out).text()).toBe(`${"x".repeat(9_999)}\n`.repeat(BIG / 10_000));
  });

  test.each([10, 1023, 1024, 1025, 5000, 65_536, 70_000])(
    "a file that is appended to: %d bytes, and no padding",
    async (size) => {
      const out = folder.file(`log-${size}`);
      const text = "y".repeat(size);
      const echo = `"$INFER" model run --prompt "$(cat "${out}.prompt")" --model echo/m --config "$CONFIG"`;
      await writeFile(`${out}.prompt`, text);
      await writeFile(out, "HEAD\n");
      await shell(`${echo} >> "${out}"; ${echo} --json >> "${out}"`).exited;
      const [head, answer, ...document] = (await Bun.file(out).text()).split("\n");
      expect(head).toBe("HEAD");
      expect(answer).toBe(`You said: "${text}"`);
      expect(JSON.parse(document.join("\n")).outputs[0].text).toBe(answer);
    },
  );

  test("audio appended to a file is whole", async () => {
    const [alone, twice] = [folder.file("alone.wav"), folder.file("twice.wav")];
    const speak = '"$INFER" tts convert --text "Hello." --output -';
    await shell(`${speak} > "${alone}"; ${speak} >> "${twice}"; ${speak} >> "${twice}"`).exited;
    const bytes = Buffer.from(await Bun.file(alone).bytes());
    expect(Buffer.from(await Bun.file(twice).bytes()).equals(Buffer.concat([bytes, bytes]))).toBe(true);
  });

  test("a reader that is slow does not make the deadline pass", async () => {
    const child = shell(`${BIG_RUN} --timeout-ms 3000 | { sleep 3.5; wc -c; }`);
    expect(Number(await new Response(child.stdout).text())).toBe(BIG);
    expect(await new Response(child.stderr).text()).toBe("");
  }, 30_000);
});

describe("stdin", () => {
  test("a prompt in argv never waits for it", async () => {
    const { code, stdout } = await infer(to("echo", "--prompt", "from argv"), { stdin: "open" });
    expect(stdout).toBe('You said: "from argv"\n');
    expect(code).toBe(0);
  });

  test("a pipe stands in for a missing prompt, and - asks for it", async () => {
    for (const more of [[], ["--prompt", "-"]]) {
      const { stdout } = await infer(to("echo", ...more), { stdin: "from a pipe\n" });
      expect(stdout).toBe('You said: "from a pipe"\n');
    }
  });

  test("a pipe that stays open is bounded by --timeout-ms", async () => {
    const { code, envelope } = await inferJson(to("echo", "--prompt", "-", "--timeout-ms", "150"), { stdin: "open" });
    expect(envelope.error?.type).toBe("timeout");
    expect(code).toBe(7);
  });

  test("an image through a pipe", async () => {
    const png = await new Bun.Image(PIXEL).png().bytes();
    const { stdout, stderr } = await infer(to("echo", "--prompt", "what", "--file", "-"), { stdin: png });
    expect(stderr).toBe("");
    expect(stdout).toContain(`data:image/png;base64,${Buffer.from(png).toString("base64").slice(0, 20)}`);
  });
});

/** A GIF of one pixel. */
const PIXEL = Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64");
