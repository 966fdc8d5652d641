import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FaultServer } from "../hazards/fault-server.ts";
import { inferJson, oneEnvelope, type RunOptions, spawn } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { type Asked, PictureServer, picture } from "../support/pictures.ts";

const folder = new TemporaryFolder();
/** The first bytes of a HEIC file, and of a TIFF. */
const HEIC = Buffer.from("0000001c66747970686569630000000068656963000000006d696631", "hex");
const TIFF = Buffer.from("49492a0008000000000000000000", "hex");
let png: Buffer;
let jpeg: Buffer;
let webp: Buffer;

beforeAll(async () => {
  [png, jpeg, webp] = await Promise.all([picture("png"), picture("jpeg"), picture("webp")]);
  mkdirSync(folder.file("in"));
  const files = { "a.jpg": png, "b.jpeg": jpeg, "c.heic": HEIC, "d.tiff": TIFF, "e.png": "just text", "f.png": "" };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(folder.file(`in/${name}`), bytes);
});
afterAll(() => folder[Symbol.dispose]());

function vendor(): PictureServer {
  return new PictureServer(() => Response.json({ data: [{ b64_json: png.toString("base64") }] }));
}

async function edit(server: PictureServer, args: string[], options: RunOptions & { provider?: string } = {}) {
  const { provider = "openai", ...rest } = options;
  const out = folder.file(`${Bun.randomUUIDv7()}`);
  mkdirSync(out);
  const config = `${out}.json`;
  const entry = { baseUrl: `${server.url}/v1`, apiKey: "sk-image-edit-0123" };
  writeFileSync(config, JSON.stringify({ models: { providers: { [provider]: entry } } }));
  const backend = ["--provider", provider, "--config", config, "--output", join(out, "x.png")];
  const run = await inferJson(["image", "edit", "--prompt", "Make it snow", ...args, ...backend], {
    cwd: folder.file("in"),
    ...rest,
  });
  return { ...run, written: readdirSync(out) };
}

/** A name that no other upload has. */
function upload(ending: string) {
  return expect.stringMatching(new RegExp(`^infer-[0-9a-f-]{36}\\${ending}$`));
}

/** The form as Bun's own parser reads it. */
async function formOf({ headers, body }: Asked) {
  const type = { "content-type": headers.get("content-type") ?? "" };
  return new Response(new Uint8Array(body), { headers: type }).formData();
}

async function filesIn(form: Awaited<ReturnType<typeof formOf>>, name: string) {
  const files = form.getAll(name).filter((value) => typeof value !== "string");
  const bytesOf = async (file: Blob): Promise<Buffer> => Buffer.from(await file.arrayBuffer());
  return Promise.all(files.map(async (file) => ({ name: file.name, type: file.type, bytes: await bytesOf(file) })));
}

describe("image edit", () => {
  test("a path, a URL, a data: URL and stdin, in order, each typed by its content", async () => {
    using web = new PictureServer(({ path }) =>
      path === "/moved"
        ? new Response(null, { status: 302, headers: { location: "/a" } })
        : new Response(new Uint8Array(webp), { headers: { "content-type": "text/plain" } }),
    );
    using server = vendor();
    const url = `${web.url}/moved`;
    const data = `data:text/plain;base64,${jpeg.toString("base64")}`;
    const files = ["a.jpg", url, data, "-"].flatMap((file) => ["--file", file]);
    const { code, envelope, written } = await edit(server, [...files, "--allow-private-network"], {
      stdin: new Uint8Array(png),
    });
    expect(envelope.error).toBeNull();
    expect(code).toBe(0);
    expect(written).toEqual(["x.png"]);
    expect(envelope).toMatchObject({
      capability: "image.edit",
      inputs: [
        { path: folder.file("in/a.jpg"), mimeType: "image/png" },
        { path: url, mimeType: "image/webp" },
        { path: "data:", mimeType: "image/jpeg" },
        { path: "-", mimeType: "image/png" },
      ],
    });
    const [asked] = server.asked;
    if (!asked) throw new Error("nothing was sent");
    expect(asked.path).toBe("/v1/images/edits");
    const form = await formOf(asked);
    expect(await filesIn(form, "image[]")).toEqual([
      { name: upload(".png"), type: "image/png", bytes: png },
      { name: upload(".webp"), type: "image/webp", bytes: webp },
      { name: upload(".jpg"), type: "image/jpeg", bytes: jpeg },
      { name: upload(".png"), type: "image/png", bytes: png },
    ]);
    expect(form.get("prompt")).toBe("Make it snow");
    expect(form.get("n")).toBe("1");
  });

  test("a mask goes beside the pictures", async () => {
    using server = vendor();
    await edit(server, ["--file", "b.jpeg", "--mask", "a.jpg"]);
    const [asked] = server.asked;
    if (!asked) throw new Error("nothing was sent");
    const form = await formOf(asked);
    expect(await filesIn(form, "mask")).toEqual([{ name: upload(".png"), type: "image/png", bytes: png }]);
    expect(await filesIn(form, "image[]")).toMatchObject([{ bytes: jpeg }]);
  });

  test("is sent again whole when the provider was busy, and once more for each request", async () => {
    using server = new PictureServer(({ body }, count) => {
      if (count === 1) return new Response("{}", { status: 503, headers: { "retry-after-ms": "1" } });
      const many = body.includes('name="n"\r\n\r\n4') ? 4 : 1;
      return Response.json({ data: Array(many).fill({ b64_json: png.toString("base64") }) });
    });
    const { envelope, written } = await edit(server, ["--file", "-", "--count", "5"], { stdin: new Uint8Array(jpeg) });
    expect(envelope.error).toBeNull();
    expect(written).toHaveLength(5);
    const forms = await Promise.all(server.asked.map(formOf));
    expect(forms.map((form) => form.get("n"))).toEqual(["4", "4", "1"]);
    for (const form of forms) expect(await filesIn(form, "image[]")).toMatchObject([{ bytes: jpeg }]);
  });
});

test("Ctrl-C while it is sent: what came from stdin and from a URL is gone", async () => {
  await using silent = await FaultServer.start(() => undefined);
  using web = new PictureServer(() => new Response(new Uint8Array(webp)));
  const temporary = folder.file("tmp");
  mkdirSync(temporary);
  const config = folder.file("silent.json");
  writeFileSync(
    config,
    JSON.stringify({ models: { providers: { openai: { baseUrl: silent.url, apiKey: "sk-edit-01" } } } }),
  );
  const files = ["--file", "-", "--file", web.url, "--allow-private-network"];
  const child = spawn(
    ["image", "edit", "--prompt", "x", ...files, "--config", config, "--output", temporary, "--json"],
    {
      env: { TMPDIR: temporary },
      stdin: new Uint8Array(png),
    },
  );
  while (silent.seen.length === 0) await Bun.sleep(5);
  expect(readdirSync(temporary)).toHaveLength(2);
  child.kill("SIGINT");
  expect(oneEnvelope(await new Response(child.stdout).text())).toMatchObject({ error: { type: "interrupted" } });
  expect(await child.exited).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
});

const MANY = Array(6).fill(["--file", "a.jpg"]).flat();
describe("refused before anything is sent", () => {
  test.each<[string, string[], string, number, RegExp]>([
    ["no file", [], "usage", 2, /--file is missing/],
    ["a blank file", ["--file", " "], "usage", 2, /--file is blank/],
    ["a text", ["--file", "e.png"], "usage", 2, /e\.png is not a known kind of file, not a picture/],
    ["an empty file", ["--file", "f.png"], "usage", 2, /empty/],
    ["a missing file", ["--file", "g.png"], "not_found", 4, /no file/],
    ["a folder", ["--file", "."], "io", 11, /folder/],
    ["too many", MANY, "usage", 2, /at most 5 input images, not 6/],
    ["a mask that is no picture", ["--file", "a.jpg", "--mask", "e.png"], "usage", 2, /not a picture/],
    ["stdin twice", ["--file", "-", "--mask", "-"], "usage", 2, /stdin can be read once/],
    ["another scheme", ["--file", "ftp://example.com/a.png"], "usage", 2, /ftp/],
    ["a broken data: URL", ["--file", "data:image/png;base64,@@"], "usage", 2, /data: URL/],
  ])("%s", async (_, args, type, exitCode, message) => {
    using server = vendor();
    const { code, envelope, written } = await edit(server, args);
    expect(envelope).toMatchObject({ ok: false, capability: "image.edit", error: { type } });
    expect(envelope.error?.message).toMatch(message);
    expect(code).toBe(exitCode);
    expect(server.asked).toEqual([]);
    expect(written).toEqual([]);
  });

  test("a URL on this machine, without leave", async () => {
    using web = new PictureServer(() => new Response(new Uint8Array(png)));
    using server = vendor();
    const { code, envelope } = await edit(server, ["--file", web.url]);
    expect(code).toBe(8);
    expect(envelope.error?.hint).toContain("--allow-private-network");
    expect([...web.asked, ...server.asked]).toEqual([]);
  });

  // macOS and Windows decode both by themselves.
  test.skipIf(process.platform !== "linux").each(["c.heic", "d.tiff"])("%s, with a way out", async (file) => {
    using server = vendor();
    const { code, envelope } = await edit(server, ["--file", file]);
    expect(envelope.error).toMatchObject({
      type: "usage",
      message: expect.stringMatching(/image\/(?:heic|tiff), which cannot be converted on this machine/),
      hint: expect.stringContaining("PNG, JPEG or WebP"),
    });
    expect(code).toBe(2);
    expect(server.asked).toEqual([]);
  });

  test.each([
    ["a mask that the provider does not take", "xai", ["--file", "a.jpg", "--mask", "a.jpg"], /no mask/],
    ["a provider that makes new pictures only", "vydra", ["--file", "a.jpg"], /edit|vydra/i],
  ] as const)("%s", async (_, provider, args, message) => {
    using server = vendor();
    const { code, envelope } = await edit(server, [...args], { provider });
    expect(envelope.error).toMatchObject({ type: "usage", message: expect.stringMatching(message) });
    expect(code).toBe(2);
    expect(server.asked).toEqual([]);
  });
});
