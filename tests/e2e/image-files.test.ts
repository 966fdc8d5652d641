import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import type { Envelope } from "../../src/core/envelope.ts";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { BINARY, infer, inferJson, type RunOptions } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { type Asked, PictureServer, picture } from "../support/pictures.ts";

const folder = new TemporaryFolder();
const KEY = "sk-image-e2e-0123456789";
const FORMATS = [
  ["png", "image/png", "png"],
  ["jpeg", "image/jpeg", "jpg"],
  ["webp", "image/webp", "webp"],
] as const;
type Format = (typeof FORMATS)[number][0];
const pictures = new Map<Format, Buffer>();

beforeAll(async () => {
  for (const [format] of FORMATS) pictures.set(format, await picture(format, 40, 30));
});
afterAll(() => folder[Symbol.dispose]());

function pictureIn(format: Format): Buffer {
  const found = pictures.get(format);
  if (!found) throw new Error(`no ${format}`);
  return found;
}

function base64(format: Format = "png"): string {
  return pictureIn(format).toString("base64");
}

/** As many pictures as were asked for. */
function answer({ body }: Asked, format: Format = "png"): Response {
  const { n } = JSON.parse(body.toString());
  return Response.json({ data: Array.from({ length: n }, () => ({ b64_json: base64(format) })) });
}

interface World extends RunOptions {
  provider?: string;
  /** More of the provider's entry in the config. */
  entry?: object;
  config?: object;
}

interface Made {
  code: number;
  envelope: Envelope;
  stderr: string;
  /** An empty folder when it began. */
  cwd: string;
}

function workplace(server: { url: string }, { provider = "openai", entry = {}, config = {} }: World) {
  const cwd = join(folder.path, Bun.randomUUIDv7());
  mkdirSync(cwd);
  const providers = { [provider]: { baseUrl: `${server.url}/v1`, apiKey: KEY, ...entry } };
  const path = `${cwd}.json`;
  writeFileSync(path, JSON.stringify({ models: { providers }, ...config }));
  return { cwd, args: ["--config", path, "--provider", provider] };
}

async function generate(server: { url: string }, args: string[], world: World = {}): Promise<Made> {
  const { cwd, args: more } = workplace(server, world);
  const { code, envelope, stderr } = await inferJson(["image", "generate", "--prompt", "A red cat", ...args, ...more], {
    cwd,
    ...world,
  });
  return { code, envelope, stderr, cwd };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("a picture that came", () => {
  test.each(FORMATS)(
    "as %s in base64: told as it is, and under an ending that fits",
    async (format, mimeType, ending) => {
      using server = new PictureServer((asked) => answer(asked, format));
      const { code, envelope, cwd } = await generate(server, ["--output", "x"]);
      const bytes = pictureIn(format);
      const path = join(cwd, `x.${ending}`);
      expect(envelope.outputs).toEqual([
        { path, mimeType, size: bytes.length, width: 40, height: 30, sha256: digest(bytes) },
      ]);
      expect(readFileSync(path).equals(bytes)).toBe(true);
      expect(readdirSync(cwd)).toEqual([`x.${ending}`]);
      expect(code).toBe(0);
    },
  );

  test.each([
    ["data:image/png;base64,", ""],
    ["", "\n"],
    ["", ""],
  ])("prefix %j, line ends %j, long", async (prefix, eol) => {
    const noise = crypto.getRandomValues(new Uint8Array(4 * 300 * 300));
    const large = Buffer.from(await new Bun.Image(bmp(300, 300, noise)).png().bytes());
    expect(large.length).toBeGreaterThan(200_000);
    const lines = large.toString("base64").replace(/(.{76})/g, `$1${eol}`);
    using server = new PictureServer(() => Response.json({ data: [{ b64_json: prefix + lines }] }));
    const { envelope, cwd } = await generate(server, ["--output", "x.png"]);
    expect(envelope.outputs).toMatchObject([{ sha256: digest(large), width: 300, height: 300 }]);
    expect(readFileSync(join(cwd, "x.png")).equals(large)).toBe(true);
    expect(readdirSync(cwd)).toEqual(["x.png"]);
  });

  test("as an address on another host: no key goes there", async () => {
    using other = new PictureServer(() => new Response(new Uint8Array(pictureIn("webp"))));
    using server = new PictureServer(() => Response.json({ data: [{ url: `${other.otherUrl}/a?sig=1` }] }));
    const { envelope, cwd } = await generate(server, ["--output", "x.webp"]);
    expect(envelope.error).toBeNull();
    expect(readFileSync(join(cwd, "x.webp")).equals(pictureIn("webp"))).toBe(true);
    expect(server.asked.map(({ headers }) => headers.get("authorization"))).toEqual([`Bearer ${KEY}`]);
    expect(other.asked).toMatchObject([{ method: "GET", path: "/a?sig=1" }]);
    expect(JSON.stringify(other.asked.map(({ headers }) => headers.toJSON()))).not.toContain(KEY.slice(0, 8));
  });

  test("as the result of a job (vydra)", async () => {
    using other = new PictureServer(() => new Response(new Uint8Array(pictureIn("jpeg"))));
    using server = new PictureServer(({ path }, count) => {
      if (path === "/v1/models/grok-imagine") return Response.json({ jobId: "j1", status: "queued" });
      if (path !== "/v1/jobs/j1") return new Response("no", { status: 404 });
      return Response.json(count === 2 ? { status: "processing" } : { status: "completed", imageUrl: other.otherUrl });
    });
    const { envelope, cwd } = await generate(server, ["--output", "x.jpg"], { provider: "vydra" });
    expect(envelope).toMatchObject({ error: null, provider: "vydra", model: "grok-imagine" });
    expect(readFileSync(join(cwd, "x.jpg")).equals(pictureIn("jpeg"))).toBe(true);
    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/models/grok-imagine",
      "GET /v1/jobs/j1",
      "GET /v1/jobs/j1",
    ]);
    expect(other.asked[0]?.headers.has("authorization")).toBe(false);
  }, 20_000);

  test("as the result of a workflow (comfy): from the server itself", async () => {
    using server = new PictureServer(({ path }) => {
      if (path === "/prompt") return Response.json({ prompt_id: "p1", node_errors: {} });
      if (path.startsWith("/view?")) return new Response(new Uint8Array(pictureIn("png")));
      return Response.json({
        p1: { outputs: { 9: { images: [{ filename: "a b.png", subfolder: "", type: "output" }] } } },
      });
    });
    const comfy = {
      baseUrl: server.url,
      workflow: { 6: { inputs: { text: "" } } },
      promptNodeId: "6",
      pollIntervalMs: 10,
    };
    const config = { plugins: { entries: { comfy: { config: comfy } } } };
    const { envelope, cwd } = await generate(server, ["--output", "x.png"], {
      provider: "comfy",
      config: { ...config, models: {} },
    });
    expect(envelope.error).toBeNull();
    expect(readFileSync(join(cwd, "x.png")).equals(pictureIn("png"))).toBe(true);
    expect(JSON.parse(server.asked[0]?.body.toString() ?? "").prompt["6"].inputs.text).toBe("A red cat");
  });
});

/** A bitmap of 32 bits: incompressible when the bytes are. */
function bmp(width: number, height: number, pixels: Uint8Array): Buffer {
  const head = Buffer.alloc(54);
  head.write("BM");
  head.writeUInt32LE(54 + pixels.length, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(32, 28);
  return Buffer.concat([head, pixels]);
}

describe("where it goes", () => {
  test("the ending follows the bytes, with a warning", async () => {
    using server = new PictureServer((asked) => answer(asked));
    const { envelope, cwd } = await generate(server, ["--output", "x.jpg"]);
    expect(readdirSync(cwd)).toEqual(["x.png"]);
    expect(envelope.warnings).toEqual([expect.stringMatching(/image\/png.*x\.png, not x\.jpg/)]);
    const { cwd: again, args } = workplace(server, {});
    const run = await infer(["image", "generate", "--prompt", "x", "--output", "x.jpg", ...args], { cwd: again });
    expect(run.stdout).toBe(`${join(again, "x.png")}\n`);
    expect(run.stderr).toContain("warning: ");
  });

  test("several are numbered, and are told in text mode as one path a line", async () => {
    using server = new PictureServer((asked) => answer(asked));
    const { cwd, args } = workplace(server, {});
    const run = await infer(["image", "generate", "--prompt", "x", "--count", "3", "--output", "x.png", ...args], {
      cwd,
    });
    const names = ["x-1.png", "x-2.png", "x-3.png"];
    expect(run).toEqual({ code: 0, stderr: "", stdout: names.map((name) => `${join(cwd, name)}\n`).join("") });
    expect(readdirSync(cwd).toSorted()).toEqual(names);
    expect(server.asked).toHaveLength(1);
  });

  test("into a folder: one that is there, and one that is made", async () => {
    using server = new PictureServer((asked) => answer(asked));
    for (const output of [".", "new/deeper/"]) {
      const { envelope, cwd } = await generate(server, ["--count", "2", "--output", output]);
      const place = join(cwd, output);
      const names = readdirSync(place).toSorted();
      expect(names).toHaveLength(2);
      for (const name of names) expect(name).toMatch(/^a-red-cat-[0-9a-f]{8}\.png$/);
      expect(envelope.outputs.map((one) => "path" in one && join(one.path)).toSorted()).toEqual(
        names.map((name) => join(place, name)),
      );
    }
  });

  test("without --output: $INFER_MEDIA_DIR, else below the state folder", async () => {
    using server = new PictureServer((asked) => answer(asked));
    const places = [
      [{ INFER_MEDIA_DIR: folder.file("media"), XDG_STATE_HOME: folder.file("unused") }, folder.file("media")],
      [{ XDG_STATE_HOME: folder.file("state") }, folder.file("state/infer/media/image")],
      [{ HOME: folder.file("home") }, folder.file("home/.local/state/infer/media/image")],
    ] as const;
    for (const [env, place] of places) {
      const { envelope, cwd } = await generate(server, [], { env });
      const [output] = envelope.outputs;
      if (!output || !("path" in output)) throw new Error("nothing was written");
      expect(dirname(output.path)).toBe(place);
      expect(readdirSync(place)).toEqual([basename(output.path)]);
      expect(readdirSync(cwd)).toEqual([]);
    }
    expect(existsSync(folder.file("unused"))).toBe(false);
  });

  test("an old file is replaced, and one that is replaced by nothing stays", async () => {
    using server = new PictureServer((asked, count) => (count === 1 ? answer(asked) : new Response("{}")));
    const { cwd, args } = workplace(server, {});
    const run = ["image", "generate", "--prompt", "x", "--output", "x.png", ...args];
    writeFileSync(join(cwd, "x.png"), "old");
    expect((await infer(run, { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, "x.png")).equals(pictureIn("png"))).toBe(true);
    expect((await infer(run, { cwd })).code).toBe(9);
    expect(readFileSync(join(cwd, "x.png")).equals(pictureIn("png"))).toBe(true);
    expect(readdirSync(cwd)).toEqual(["x.png"]);
  });

  test("--output -: the bytes and nothing else, with the rest on stderr", async () => {
    using server = new PictureServer((asked) => answer(asked, "jpeg"));
    const { cwd, args } = workplace(server, {});
    const temporary = folder.file("tmp");
    mkdirSync(temporary, { recursive: true });
    const child = Bun.spawn([BINARY, "image", "generate", "--prompt", "x", "--output", "-", "--verbose", ...args], {
      cwd,
      env: { TMPDIR: temporary },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [bytes, stderr] = await Promise.all([new Response(child.stdout).bytes(), new Response(child.stderr).text()]);
    expect(Buffer.from(bytes).equals(pictureIn("jpeg"))).toBe(true);
    expect(stderr).toContain("openai/gpt-image-2");
    expect(await child.exited).toBe(0);
    expect([...readdirSync(cwd), ...readdirSync(temporary)]).toEqual([]);
  });

  test("--output - does not go with --json, with --count, or with a terminal", async () => {
    using server = new PictureServer((asked) => answer(asked));
    for (const wrong of [["--json"], ["--count", "2"]]) {
      const { cwd, args } = workplace(server, {});
      const run = await infer(["image", "generate", "--prompt", "x", "--output", "-", ...wrong, ...args], { cwd });
      expect(run.code).toBe(2);
    }
    const { args } = workplace(server, {});
    const seen = await onTerminal([BINARY, "image", "generate", "--prompt", "x", "--output", "-", ...args]);
    expect(seen).toMatchObject({ code: 2, text: expect.stringContaining("terminal") });
    expect(server.asked).toEqual([]);
  });
});

/** Runs a program with a terminal for all of its streams, and tells what was shown. */
async function onTerminal(
  command: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; text: string }> {
  const shown: Uint8Array[] = [];
  const child = Bun.spawn(command, {
    env,
    terminal: { cols: 80, rows: 24, data: (_, bytes) => void shown.push(bytes.slice()) },
  });
  const code = await child.exited;
  // What the program wrote last may still be on its way.
  for (let before = -1; before !== shown.length; await Bun.sleep(50)) before = shown.length;
  child.terminal?.close();
  return { code, text: Buffer.concat(shown).toString() };
}

describe("a preview, and progress", () => {
  const KITTY = "\u001b_G";
  const ITERM = "\u001b]1337;File=";
  const line = '"$0" "$@" > "$OUT"';
  const run = async (env: Record<string, string>, ...flags: string[]) => {
    using server = new PictureServer((asked) => answer(asked));
    const { cwd, args } = workplace(server, {});
    const out = `${cwd}.out`;
    const command = ["image", "generate", "--prompt", "x", "--output", join(cwd, "x.png"), ...args, ...flags];
    const { code, text } = await onTerminal(["/bin/sh", "-c", line, BINARY, ...command], { ...env, OUT: out });
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(readFileSync(out, "utf8")).not.toContain("\u001b");
    return text;
  };

  test.skipIf(process.platform === "win32").each([
    [{ TERM: "xterm-kitty" }, KITTY],
    [{ TERM_PROGRAM: "iTerm.app" }, ITERM],
  ])("%j: on stderr alone", async (env, sign) => {
    const shown = await run(env);
    const payload =
      sign === KITTY
        ? [...shown.matchAll(/\u001b_G[^;]*;([A-Za-z0-9+/=]*)\u001b\\/g)].map(([, piece]) => piece).join("")
        : /:([A-Za-z0-9+/=]+)\u0007/.exec(shown)?.[1];
    const { width, height } = await new Bun.Image(Buffer.from(payload ?? "", "base64")).metadata();
    expect({ width, height }).toEqual({ width: 40, height: 30 });
    for (const flag of ["--no-preview", "--json", "--quiet"]) expect(await run(env, flag)).not.toContain(sign);
    expect(await run({ ...env, TMUX: "/tmp/tmux-0/default,1,0" })).not.toContain(sign);
  });

  test.skipIf(process.platform === "win32")("any other terminal gets none", async () => {
    expect(await run({ TERM: "xterm-256color" })).not.toContain("\u001b_G");
  });

  test.skipIf(process.platform === "win32")("a long wait is shown on a terminal, and nowhere else", async () => {
    using server = new PictureServer(async (asked) => {
      await Bun.sleep(1500);
      return answer(asked);
    });
    const { cwd, args } = workplace(server, {});
    const command = [BINARY, "image", "generate", "--prompt", "x", "--output", join(cwd, "x.png"), ...args];
    const [shown, hushed, inCi] = await Promise.all([
      onTerminal(command),
      onTerminal([...command, "--quiet"]),
      onTerminal(command, { CI: "true" }),
    ]);
    expect(shown.text).toContain("Making the picture");
    expect(shown.text).toContain("\r\u001b[K");
    for (const { text } of [hushed, inCi]) expect(text).not.toContain("Making");
    expect((await infer(command.slice(1), { cwd })).stderr).toBe("");
  });
});

describe("how many, and what they are like", () => {
  test("more than the provider makes at once are split into requests", async () => {
    using server = new PictureServer((asked) => answer(asked));
    const { envelope, cwd } = await generate(server, ["--count", "6", "--output", "x.png"]);
    expect(server.asked.map(({ body }) => JSON.parse(body.toString()).n)).toEqual([4, 2]);
    expect(envelope.outputs).toHaveLength(6);
    expect(readdirSync(cwd)).toHaveLength(6);
  });

  test("the second request fails: partial, with the files of the first", async () => {
    using server = new PictureServer((asked, count) =>
      count === 1 ? answer(asked) : Response.json({ error: { message: "out of paint" } }, { status: 500 }),
    );
    const { code, envelope, cwd } = await generate(server, ["--count", "6", "--output", "x.png"]);
    expect(code).toBe(10);
    expect(envelope).toMatchObject({
      ok: false,
      error: { type: "partial", message: expect.stringMatching(/4 of 6.*out of paint/) },
    });
    expect(envelope.outputs).toHaveLength(4);
    expect(readdirSync(cwd).toSorted()).toEqual(["x-1.png", "x-2.png", "x-3.png", "x-4.png"]);
    expect(server.asked).toHaveLength(2);
  });

  test("one of several is broken: the others are kept", async () => {
    const cut = pictureIn("png").subarray(0, -20).toString("base64");
    using server = new PictureServer(() =>
      Response.json({ data: [base64(), cut, base64()].map((b64_json) => ({ b64_json })) }),
    );
    const { code, envelope, cwd } = await generate(server, ["--count", "3", "--output", "x.png"]);
    expect(envelope.error).toMatchObject({ type: "partial", message: expect.stringMatching(/2 of 3.*cut short/) });
    expect(code).toBe(10);
    expect(readdirSync(cwd).toSorted()).toEqual(["x-1.png", "x-2.png"]);
  });

  test("what the provider has no word for is told, and what it has nearly is asked for", async () => {
    using server = new PictureServer((asked) => answer(asked));
    const { envelope } = await generate(server, ["--resolution", "2K", "--quality", "fine", "--output", "x.png"]);
    expect(envelope.ignoredOverrides).toContainEqual({ key: "quality", value: "fine" });
    const { envelope: sized } = await generate(server, ["--size", "900x900", "--output", "x.png"]);
    expect(JSON.parse(server.asked.at(-1)?.body.toString() ?? "").size).toBe("1024x1024");
    expect(sized.warnings?.join()).toMatch(/size 900x900.*1024x1024/);
  });

  test("--openai-background wins where the provider is OpenAI", async () => {
    using server = new PictureServer((asked) => answer(asked));
    await generate(server, ["--background", "transparent", "--openai-background", "opaque", "--output", "x.png"]);
    expect(JSON.parse(server.asked[0]?.body.toString() ?? "")).toMatchObject({ background: "opaque" });
    const { envelope } = await generate(server, ["--openai-background", "opaque", "--output", "x.png"], {
      provider: "xai",
    });
    expect(JSON.parse(server.asked[1]?.body.toString() ?? "")).not.toHaveProperty("background");
    expect(envelope.ignoredOverrides).toEqual([{ key: "openaiBackground", value: "opaque" }]);
  });

  test.each([
    ["--size", "banana"],
    ["--count", "0"],
    ["--count", "101"],
    ["--resolution", "9K"],
    ["--aspect-ratio", "x"],
    ["--quality", " "],
    ["--background", "blue"],
    ["--openai-background", "blue"],
    ["--output-format", "gif"],
    ["--output", ""],
  ])("%s %j: a usage error before anything is sent", async (flag, value) => {
    using server = new PictureServer((asked) => answer(asked));
    const { code, envelope } = await generate(server, [flag, value]);
    expect(envelope).toMatchObject({ capability: "image.generate", error: { type: "usage" } });
    expect(envelope.error?.message).toContain(flag);
    expect(code).toBe(2);
    expect(server.asked).toEqual([]);
  });
});

describe("what is no picture never becomes a file", () => {
  const json = (value: unknown) => () => Response.json(value);
  const inBase64 = (bytes: () => Uint8Array | string) => () =>
    Response.json({ data: [{ b64_json: Buffer.from(bytes()).toString("base64") }] });
  const cut = (format: Format) => inBase64(() => pictureIn(format).subarray(0, -12));
  const HTML = "<!doctype html><title>Sign in</title>";
  test.each<[string, () => Response, string, number, RegExp]>([
    ["a web page", () => new Response(HTML), "provider_error", 1, /web page.*Sign in/],
    ["no JSON", () => new Response("OK"), "provider_error", 1, /not JSON: OK/],
    ["an error in a 200", json({ error: { message: "no such style" } }), "provider_error", 1, /no such style/],
    [
      "a refusal in a 200",
      json({ error: { message: "Blocked.", code: "content_policy_violation" } }),
      "refused",
      8,
      /Blocked\./,
    ],
    ["nothing at all", () => new Response(""), "empty_result", 9, /nothing in it/],
    ["nothing in it", json({ data: [] }), "empty_result", 9, /no picture/],
    ["an empty picture", json({ data: [{ b64_json: "" }] }), "empty_result", 9, /no picture/],
    ["a cut PNG", cut("png"), "provider_error", 1, /cut short/],
    ["a cut JPEG", cut("jpeg"), "provider_error", 1, /cut short/],
    ["a cut WebP", cut("webp"), "provider_error", 1, /cut short/],
    ["a text", inBase64(() => "I cannot draw that."), "empty_result", 9, /I cannot draw that/],
    ["a web page as a picture", inBase64(() => HTML), "empty_result", 9, /Sign in/],
    ["an archive", inBase64(() => Bun.gzipSync("x")), "empty_result", 9, /application\/gzip/],
    ["no base64", json({ data: [{ b64_json: "§§ not base64 §§" }] }), "provider_error", 1, /not base64/],
    [
      "long, and no base64 in the end",
      json({ data: [{ b64_json: `${"QUJD".repeat(100_000)}§` }] }),
      "provider_error",
      1,
      /not base64/,
    ],
    ["long, and no picture", json({ data: [{ b64_json: "QUJD".repeat(100_000) }] }), "empty_result", 9, /ABCABC/],
    [
      "an answer that ends in a picture",
      () => new Response(`{"data":[{"b64_json":"${"QUJD".repeat(100_000)}`),
      "network",
      6,
      /broke off/,
    ],
    [
      "an answer that ends in a small picture",
      () => new Response('{"data":[{"b64_json":"QUJD'),
      "network",
      6,
      /broke off/,
    ],
  ])("%s", async (_, respond, type, exitCode, message) => {
    using server = new PictureServer(respond);
    const { code, envelope, cwd } = await generate(server, ["--output", "sub/x.png"]);
    expect(envelope).toMatchObject({ ok: false, outputs: [], error: { type } });
    expect(envelope.error?.message).toMatch(message);
    expect(code).toBe(exitCode);
    expect(readdirSync(cwd)).toEqual([]);
    expect(server.asked).toHaveLength(1);
  });

  test.each<[string, () => Response, string, RegExp]>([
    ["empty", () => new Response(""), "empty_result", /empty/],
    ["missing", () => new Response("gone", { status: 404 }), "provider_error", /HTTP 404.*gone/],
    ["a web page", () => new Response(HTML), "empty_result", /Sign in/],
    ["cut", () => new Response(pictureIn("jpeg").subarray(0, -12)), "provider_error", /cut short/],
  ])("an address whose file is %s", async (_, respond, type, message) => {
    using other = new PictureServer(respond);
    using server = new PictureServer(() => Response.json({ data: [{ url: other.url }] }));
    const { envelope, cwd } = await generate(server, ["--output", "x.png"]);
    expect(envelope.error).toMatchObject({ type, message: expect.stringMatching(message) });
    expect(readdirSync(cwd)).toEqual([]);
    // It has been made, and paid for: making it again is no way to get it.
    expect(server.asked).toHaveLength(1);
  });
});

describe("a download that fails in a way that passes", () => {
  const RESET = Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"), Buffer.alloc(50_000)]);
  test.each<[string, (socket: Socket) => void]>([
    ["an error of the server", (socket) => respond(socket, 503, "busy")],
    ["a connection that breaks in the middle", (socket) => socket.end(RESET)],
  ])("%s: is tried again, and the picture is not made again", async (_, fail) => {
    await using other = await FaultServer.start((socket, __, count) =>
      count < 3 ? fail(socket) : respond(socket, 200, pictureIn("png")),
    );
    using server = new PictureServer(() => Response.json({ data: [{ url: other.url }] }));
    const { envelope, cwd } = await generate(server, ["--output", "x.png"]);
    expect(envelope.error).toBeNull();
    expect(readFileSync(join(cwd, "x.png")).equals(pictureIn("png"))).toBe(true);
    expect(readdirSync(cwd)).toEqual(["x.png"]);
    expect([server.asked.length, other.seen.length]).toEqual([1, 3]);
  });

  test("and not for ever", async () => {
    await using other = await FaultServer.start((socket) => respond(socket, 500, "broken"));
    using server = new PictureServer(() => Response.json({ data: [{ url: other.url }] }));
    const { code, envelope, cwd } = await generate(server, ["--output", "x.png"]);
    expect(envelope.error).toMatchObject({ type: "provider_error", status: 500, retryable: false });
    expect(code).toBe(1);
    expect(readdirSync(cwd)).toEqual([]);
    expect([server.asked.length, other.seen.length]).toEqual([1, 3]);
  });
});

describe("the address of a picture", () => {
  /** As a proxy it answers for any host: infer takes the provider for one on the internet. */
  const elsewhere = (url: string) => new PictureServer(() => Response.json({ data: [{ url }] }));
  const proxied = (proxy: PictureServer) => ({
    env: { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1,localhost" },
    entry: { baseUrl: "http://images.example.com/v1" },
  });

  test("on a private network is not asked on the word of a provider on the internet", async () => {
    using inside = new PictureServer(() => new Response(new Uint8Array(pictureIn("png"))));
    for (const url of [inside.url, inside.otherUrl, "http://169.254.169.254/latest", "file:///etc/passwd"]) {
      using proxy = elsewhere(url);
      const { code, envelope, cwd } = await generate(proxy, ["--output", "x.png"], proxied(proxy));
      expect(envelope.error?.type).toBe(url.startsWith("file:") ? "provider_error" : "refused");
      expect(envelope.error?.hint ?? "").not.toContain("--allow-private-network");
      expect(code).toBe(url.startsWith("file:") ? 1 : 8);
      expect(readdirSync(cwd)).toEqual([]);
      expect(proxy.asked).toHaveLength(1);
    }
    expect(inside.asked).toEqual([]);
  });

  test("is asked where the provider lives there itself", async () => {
    using inside = new PictureServer(() => new Response(new Uint8Array(pictureIn("png"))));
    using server = elsewhere(inside.otherUrl);
    expect((await generate(server, ["--output", "x.png"])).envelope.error).toBeNull();
    expect(inside.asked).toHaveLength(1);
  });

  test("may lead on, and not to a private network", async () => {
    using inside = new PictureServer(() => new Response(new Uint8Array(pictureIn("png"))));
    using proxy = new PictureServer(({ method }) =>
      method === "POST"
        ? Response.json({ data: [{ url: "http://cdn.example.com/a.png" }] })
        : new Response(null, { status: 302, headers: { location: inside.url } }),
    );
    const { code } = await generate(proxy, ["--output", "x.png"], proxied(proxy));
    expect(code).toBe(8);
    expect(inside.asked).toEqual([]);
  });
});

describe("another try", () => {
  const failing = (status: number) =>
    new Response(JSON.stringify({ error: { message: "no" } }), { status, headers: { "retry-after-ms": "1" } });

  test.each([
    [500, 1],
    [502, 1],
    [504, 1],
    [408, 1],
    [429, 3],
    [503, 3],
    [529, 3],
  ])("HTTP %d: %d requests", async (status, requests) => {
    using server = new PictureServer(() => failing(status));
    const { envelope } = await generate(server, ["--output", "x.png"]);
    expect(server.asked).toHaveLength(requests);
    expect(envelope.attempts).toHaveLength(requests);
    expect(envelope.error?.status).toBe(status);
  });

  test("succeeds once the provider does", async () => {
    using server = new PictureServer((asked, count) => (count < 3 ? failing(503) : answer(asked)));
    const { envelope } = await generate(server, ["--output", "x.png"]);
    expect(envelope.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "success"]);
  });

  test("a connection that never opened", async () => {
    const { envelope, code } = await generate({ url: "http://127.0.0.1:1" }, ["--output", "x.png"]);
    expect(envelope.attempts).toHaveLength(3);
    expect(code).toBe(6);
  });

  test("a fallback, once, when the first one fails", async () => {
    using server = new PictureServer((asked) => {
      const { model } = JSON.parse(asked.body.toString());
      return model === "gpt-image-2" ? failing(500) : answer(asked);
    });
    const { cwd, args } = workplace(server, {});
    const [flag = "", path = ""] = args;
    const models = ["--model", "openai/gpt-image-2", "--fallback", "openai/gpt-image-1"];
    const { envelope } = await inferJson(
      ["image", "generate", "--prompt", "x", "--output", "x.png", ...models, flag, path],
      { cwd },
    );
    expect(envelope).toMatchObject({ error: null, model: "gpt-image-1" });
    expect(envelope.attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      ["gpt-image-2", "failed"],
      ["gpt-image-1", "success"],
    ]);
    expect(readdirSync(cwd)).toEqual(["x.png"]);
  });
});

test("image providers: the one that a bare run takes is selected", async () => {
  const { stdout } = await infer(["image", "providers", "--json"], { env: { OPENAI_API_KEY: "sk-x" } });
  const rows: { id: string; configured: boolean; selected: boolean }[] = JSON.parse(stdout);
  expect(rows.find(({ id }) => id === "openai")).toMatchObject({ configured: true, selected: true });
  expect(rows.filter(({ selected }) => selected)).toHaveLength(1);
  expect((await infer(["image", "providers"])).stdout).toMatch(/^comfy .*\n/m);
});
