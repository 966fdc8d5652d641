import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { beginStream, chunk, FaultServer, respond, type Seen } from "../hazards/fault-server.ts";
import { BINARY, inferJson, oneEnvelope, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { base64Pieces, largePng, PictureServer, picture, streamed } from "../support/pictures.ts";

const folder = new TemporaryFolder();
const MB = 1024 * 1024;
const isLinux = process.platform === "linux";
const canUnshare = Bun.spawnSync(["unshare", "-rm", "true"]).exitCode === 0;
let png: Buffer;

beforeAll(async () => {
  png = await picture("png");
});
afterAll(() => folder[Symbol.dispose]());

/** A folder of its own, and a line that has the server make a picture in it. */
function workplace(url: string, provider = "openai", more: object = {}) {
  const cwd = join(folder.path, Bun.randomUUIDv7());
  mkdirSync(cwd);
  const entry = { baseUrl: `${url}/v1`, apiKey: "sk-image-limits-0123", ...more };
  writeFileSync(`${cwd}.json`, JSON.stringify({ models: { providers: { [provider]: entry } } }));
  const backend = ["--provider", provider, "--config", `${cwd}.json`, "--output", join(cwd, "x.png")];
  return { cwd, line: ["image", "generate", "--prompt", "x", ...backend] };
}

/** The most memory that a run ever had, as Linux counts it. */
async function peak(line: string[]): Promise<{ mebibytes: number; envelope: ReturnType<typeof oneEnvelope> }> {
  const child = Bun.spawn([BINARY, ...line, "--json"], { env: {}, stdout: "pipe", stderr: "inherit" });
  let kibibytes = 0;
  const timer = setInterval(() => {
    try {
      const [, most] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      kibibytes = Math.max(kibibytes, Number(most ?? 0));
    } catch {
      // It has ended.
    }
  }, 5);
  try {
    const envelope = oneEnvelope(await new Response(child.stdout).text());
    return { envelope, mebibytes: kibibytes / 1024 };
  } finally {
    clearInterval(timer);
    child.kill();
  }
}

describe.skipIf(!isLinux)("memory does not grow with the pictures", () => {
  const MOST = 150;
  const SIZE = 100 * MB;
  function* inBase64(): Generator<string> {
    yield '{"created":1,"data":[';
    for (let index = 0; index < 4; index++) {
      yield `${index > 0 ? "," : ""}{"b64_json":"`;
      yield* base64Pieces(largePng(SIZE));
      yield '"}';
    }
    yield "]}";
  }

  test("four of 100 MB in base64", async () => {
    using server = new PictureServer(() => new Response(streamed(inBase64())));
    const { cwd, line } = workplace(server.url);
    const { envelope, mebibytes } = await peak([...line, "--count", "4"]);
    expect(envelope.outputs).toMatchObject(Array(4).fill({ size: SIZE, width: 1024, height: 768 }));
    expect(readdirSync(cwd)).toHaveLength(4);
    expect(mebibytes).toBeGreaterThan(20);
    expect(mebibytes).toBeLessThanOrEqual(MOST);
  }, 120_000);

  test("four of 100 MB by their addresses", async () => {
    using other = new PictureServer(() => new Response(streamed(largePng(SIZE))));
    using server = new PictureServer(() => Response.json({ data: Array(4).fill({ url: other.url }) }));
    const { cwd, line } = workplace(server.url);
    const { envelope, mebibytes } = await peak([...line, "--count", "4"]);
    expect(envelope.outputs).toMatchObject(Array(4).fill({ size: SIZE }));
    expect(readdirSync(cwd)).toHaveLength(4);
    expect(mebibytes).toBeGreaterThan(20);
    expect(mebibytes).toBeLessThanOrEqual(MOST);
  }, 120_000);

  test.each([
    ["openai", "a form"],
    ["litellm", "JSON"],
    ["xai", "JSON"],
  ])(
    "135 MB to be edited (%s, %s), with their length told",
    async (provider) => {
      const each = 45 * MB;
      const path = folder.file("large.png");
      await Bun.write(path, Buffer.concat([...largePng(each)]));
      using server = new PictureServer(() => Response.json({ data: [{ b64_json: png.toString("base64") }] }));
      const { line } = workplace(server.url, provider);
      const files = Array(3).fill(["--file", path]).flat();
      const { envelope, mebibytes } = await peak([...line.with(1, "edit"), ...files]);
      expect(envelope.error).toBeNull();
      const [{ headers, body } = { headers: new Headers(), body: Buffer.alloc(0) }] = server.asked;
      expect(Number(headers.get("content-length"))).toBe(body.length);
      expect(headers.has("transfer-encoding")).toBe(false);
      expect(body.length).toBeGreaterThan(3 * each);
      expect(mebibytes).toBeGreaterThan(20);
      expect(mebibytes).toBeLessThanOrEqual(MOST);
    },
    60_000,
  );
});

describe("Ctrl-C and SIGTERM leave one document and no litter", () => {
  const part = Buffer.concat([...largePng(MB)]);
  interface Phase {
    name: string;
    provider: string;
    /** How many requests there are before it has begun. */
    requests: number;
    /** Something is on the disk by then. */
    arriving: boolean;
    /** What the server does; `url` is its own. */
    act(socket: Socket, seen: Seen, url: string): void;
  }
  const phases: readonly Phase[] = [
    { name: "waiting for an answer", provider: "openai", requests: 1, arriving: false, act: () => undefined },
    {
      name: "in the middle of a picture in base64",
      provider: "openai",
      requests: 1,
      arriving: true,
      act: (socket) => {
        beginStream(socket, "application/json");
        chunk(socket, `{"data":[{"b64_json":"${part.toString("base64").slice(0, -1000)}`);
      },
    },
    {
      name: "in the middle of a download",
      provider: "openai",
      requests: 2,
      arriving: true,
      act: (socket, { path }, url) => {
        if (path !== "/picture") return respond(socket, 200, JSON.stringify({ data: [{ url: `${url}/picture` }] }));
        beginStream(socket, "image/png");
        chunk(socket, part.subarray(0, -1000));
      },
    },
    {
      name: "between two questions about a job",
      provider: "vydra",
      requests: 1,
      arriving: false,
      act: (socket) => respond(socket, 200, JSON.stringify({ jobId: "j1", status: "queued" })),
    },
    {
      name: "while a job's state is asked for",
      provider: "vydra",
      requests: 2,
      arriving: false,
      act: (socket, { path }) =>
        path.includes("/jobs/") ? undefined : respond(socket, 200, JSON.stringify({ jobId: "j1" })),
    },
  ];
  const signals = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const;
  const rows = phases.flatMap((phase) => signals.map(([signal, exitCode]) => ({ ...phase, signal, exitCode })));

  test.each(rows)("$name: $signal", async ({ provider, requests, arriving, act, signal, exitCode }) => {
    let url = "";
    await using server = await FaultServer.start((socket, seen) => act(socket, seen, url));
    url = server.url;
    const { cwd, line } = workplace(server.url, provider);
    writeFileSync(join(cwd, "x.png"), "old");
    const child = spawn([...line, "--json"]);
    const begun = (): boolean => server.seen.length >= requests && readdirSync(cwd).length === (arriving ? 2 : 1);
    for (const end = Date.now() + 20_000; !begun() && Date.now() < end; ) await Bun.sleep(5);
    expect(begun()).toBe(true);
    await Bun.sleep(50);
    child.kill(signal);
    const stopped = Date.now();
    const envelope = oneEnvelope(await new Response(child.stdout).text());
    expect(envelope).toMatchObject({ ok: false, outputs: [], error: { type: "interrupted" } });
    expect(await child.exited).toBe(exitCode);
    expect(Date.now() - stopped).toBeLessThan(900);
    expect(readdirSync(cwd)).toEqual(["x.png"]);
    expect(readFileSync(join(cwd, "x.png"), "utf8")).toBe("old");
  });

  test("the pictures that are complete are kept, and told", async () => {
    await using server = await FaultServer.start((socket, _, count) => {
      const data = Array(4).fill({ b64_json: png.toString("base64") });
      if (count === 1) respond(socket, 200, JSON.stringify({ data }));
    });
    const { cwd, line } = workplace(server.url);
    const child = spawn([...line, "--json", "--count", "6"]);
    while (server.seen.length < 2) await Bun.sleep(5);
    child.kill("SIGINT");
    const envelope = oneEnvelope(await new Response(child.stdout).text());
    expect(envelope.error?.type).toBe("interrupted");
    expect(envelope.outputs).toHaveLength(4);
    expect(await child.exited).toBe(130);
    expect(readdirSync(cwd)).toHaveLength(4);
  });

  test("--output -: neither a reader that does not read nor one that goes away leaves anything behind", async () => {
    const whole = Buffer.concat([...largePng(4 * MB)]).toString("base64");
    using server = new PictureServer(() => Response.json({ data: [{ b64_json: whole }] }));
    for (const reader of ["sleep 30", "head -c 10"]) {
      const { cwd, line } = workplace(server.url);
      const temporary = `${cwd}.tmp`;
      mkdirSync(temporary);
      const pipe = `exec 3>&1; (sh -c 'echo $PPID' >&3; exec "$0" "$@") | ${reader} >&2`;
      const child = Bun.spawn(["sh", "-c", pipe, BINARY, ...line.slice(0, -1), "-"], {
        env: { PATH: process.env.PATH ?? "", TMPDIR: temporary },
        stdout: "pipe",
        stderr: "ignore",
      });
      const output = child.stdout.getReader();
      const pid = Number(new TextDecoder().decode((await output.read()).value));
      if (reader.startsWith("sleep")) {
        // It has begun to write: what it reads from is open by then.
        const asked = server.asked.length;
        await Bun.sleep(1000);
        expect(server.asked.length).toBeGreaterThanOrEqual(asked);
        process.kill(pid, "SIGINT");
      }
      while (isAlive(pid)) await Bun.sleep(10);
      child.kill();
      expect(server.asked.length).toBeGreaterThan(0);
      expect(readdirSync(temporary)).toEqual([]);
    }
  });

  test("the deadline covers the picture's own download", async () => {
    let url = "";
    await using server = await FaultServer.start((socket, { path }) => {
      if (path !== "/picture") return respond(socket, 200, JSON.stringify({ data: [{ url: `${url}/picture` }] }));
      beginStream(socket, "image/png");
      chunk(socket, part.subarray(0, -1000));
    });
    url = server.url;
    const { cwd, line } = workplace(server.url);
    const { code, envelope } = await inferJson([...line, "--timeout-ms", "600"]);
    expect(envelope.error?.type).toBe("timeout");
    expect(code).toBe(7);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a disk that takes no more", () => {
  const onSmallDisk = [
    "unshare",
    "-rm",
    "sh",
    "-c",
    'mount -t tmpfs -o size=256k none "$0" && printf old > "$0/x.png" && "$@"; echo "exit $?"; ls -A "$0"; cat "$0/x.png"',
  ];

  test.skipIf(!canUnshare).each(["base64", "url"])("full (%s): the old file stays, and nothing else", async (way) => {
    using other = new PictureServer(() => new Response(streamed(largePng(4 * MB))));
    const whole = Buffer.concat([...largePng(4 * MB)]);
    using server = new PictureServer(() =>
      Response.json({ data: [way === "url" ? { url: other.url } : { b64_json: whole.toString("base64") }] }),
    );
    const { cwd, line } = workplace(server.url);
    const child = Bun.spawn([...onSmallDisk, cwd, BINARY, ...line], {
      env: { PATH: process.env.PATH ?? "" },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect(stdout).toBe("exit 11\nx.png\nold");
    expect(stderr).toContain("cannot be written");
    expect(stderr).toContain("ENOSPC");
    expect(server.asked).toHaveLength(1);
  });

  test.skipIf(!Bun.which("setpriv") || process.getuid?.() !== 0)(
    "not writable: refused before anything is sent",
    async () => {
      using server = new PictureServer(() => Response.json({}));
      const { cwd, line } = workplace(server.url);
      const under = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
      // Whoever it is may look, and not write.
      chmodSync(folder.path, 0o755);
      for (const one of [join(cwd, "x.png"), cwd, join(cwd, "new/folder/")]) {
        const { code, envelope } = await inferJson([...line.slice(0, -1), one], { under });
        expect(envelope).toMatchObject({ error: { type: "io" }, attempts: [] });
        expect(envelope.error?.message).toBe(`${cwd} cannot be written.`);
        expect(code).toBe(11);
      }
      expect(server.asked).toEqual([]);
    },
  );
});
