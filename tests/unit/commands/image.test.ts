import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { FaultServer, respond } from "../../hazards/fault-server.ts";
import { type FakeWorld, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, PictureServer, picture } from "../../support/pictures.ts";

const folder = new TemporaryFolder();
let png: Buffer;
let base64 = "";

beforeAll(async () => {
  png = await picture("png");
  base64 = png.toString("base64");
});
afterAll(() => folder[Symbol.dispose]());

const failing = (status: number, headers: Record<string, string> = { "retry-after-ms": "1" }) =>
  Response.json({ error: { message: "no" } }, { status, headers });
const made = (many: number) => Response.json({ data: Array(many).fill({ b64_json: base64 }) });
/** As many pictures as were asked for. */
const obliging = ({ body }: Asked) => made(JSON.parse(body.toString()).n);
const inWords = (path: string) => Response.json({ data: [{ url: path }] });

interface World extends FakeWorld {
  verb?: "generate" | "edit";
  provider?: string;
  entry?: object;
  config?: object;
  output?: string;
}

async function run(url: string, args: string[] = [], world: World = {}) {
  const { verb = "generate", provider = "openai", entry, config, output = "o.png", ...rest } = world;
  const cwd = join(folder.path, Bun.randomUUIDv7());
  mkdirSync(cwd);
  const providers = { [provider]: { baseUrl: `${url}/v1`, apiKey: "sk-image-unit-0123", ...entry } };
  writeFileSync(`${cwd}.json`, JSON.stringify(config ?? { models: { providers } }));
  const env = { HOME: `${cwd}.home`, INFER_MEDIA_DIR: `${cwd}.media`, ...rest.env };
  const backend = ["--provider", provider, "--config", `${cwd}.json`, "--output", output];
  const line = ["image", verb, "--prompt", "A cat", ...backend, ...args];
  const sleeps: number[] = [];
  const sleep = async (ms: number) => void sleeps.push(ms);
  const { context, error, exitCode, stderr } = await runInProcess(line, { sleep, cwd, ...rest, env });
  const { attempts, outputs, warnings } = context.report;
  const paths = outputs.map((one) => ("path" in one ? one.path : ""));
  return { cwd, context, error, exitCode, stderr, attempts, warnings, paths, sleeps, written: readdirSync(cwd).sort() };
}

describe("a request beyond the first", () => {
  test("is tried again where nothing was made, and the attempts tell it", async () => {
    using server = new PictureServer((asked, count) => ([2, 3].includes(count) ? failing(429) : obliging(asked)));
    const { error, attempts, written } = await run(server.url, ["--count", "6"]);
    expect(error).toBeNull();
    expect(written).toHaveLength(6);
    expect(attempts.map(({ outcome, status, retryOf }) => [outcome, status, retryOf])).toEqual([
      ["success", 200, undefined],
      ["failed", 429, undefined],
      ["failed", 429, 1],
      ["success", 200, 1],
    ]);
  });

  test.each([
    [429, 3],
    [503, 3],
    [500, 1],
  ])("HTTP %d for good: what was made is kept, after %d tries", async (status, tries) => {
    using server = new PictureServer((asked, count) => (count === 1 ? obliging(asked) : failing(status)));
    const { error, attempts, written, exitCode } = await run(server.url, ["--count", "6"]);
    expect(error?.type).toBe("partial");
    expect(error?.message).toBe("4 of 6 pictures were made: no");
    expect(error?.details.retryable).toBe(false);
    expect(exitCode).toBe(10);
    expect(written).toHaveLength(4);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["success", ...Array(tries).fill("failed")]);
    expect(attempts.map((one) => one.status)).toEqual([200, ...Array(tries).fill(status)]);
  });

  test("waits as long as it is told, and not beyond the deadline", async () => {
    using server = new PictureServer((asked, count) =>
      count === 1 ? obliging(asked) : failing(429, { "retry-after": count === 2 ? "7" : "9999" }),
    );
    const { error, sleeps } = await run(server.url, ["--count", "6", "--timeout-ms", "60000"]);
    expect(sleeps).toEqual([7000]);
    expect(server.asked).toHaveLength(3);
    expect(error?.type).toBe("partial");
  });
});

describe("the submit of a job", () => {
  test.each([
    [429, 3],
    [503, 1],
    [529, 1],
    [500, 1],
  ])("HTTP %d: %d requests", async (status, requests) => {
    using server = new PictureServer(() => failing(status));
    const { error } = await run(server.url, [], { provider: "vydra" });
    expect(server.asked).toHaveLength(requests);
    expect(error?.details.status).toBe(status);
  });

  test("a connection that never opened is opened again", async () => {
    const { attempts } = await run("http://127.0.0.1:1", [], { provider: "vydra" });
    expect(attempts).toHaveLength(3);
  });
});

test("a job that has failed for good is asked about once, a busy answer and a broken one again", async () => {
  for (const [answers, polls] of [
    [[[200, '{"status":"failed","error":{"message":"Overloaded","code":503}}']], 1],
    [
      [
        [503, "{}"],
        [200, '{"id":"j1'],
        [200, '{"status":"failed","error":"no"}'],
      ],
      3,
    ],
  ] as [[number, string][], number][]) {
    using server = new PictureServer(({ path }, count) => {
      if (!path.includes("/jobs/")) return Response.json({ id: "j1", status: "queued" });
      const [status, body] = answers[count - 2] ?? [200, answers.at(-1)?.[1] ?? ""];
      return new Response(body, { status });
    });
    const { error } = await run(server.url, [], { provider: "vydra" });
    expect(error?.type).toBe("provider_error");
    expect(server.asked).toHaveLength(1 + polls);
  }
});

test("every upload has a name of its own", async () => {
  const names: (string | undefined)[] = [];
  using server = new PictureServer(({ path, body }) => {
    if (path === "/upload/image") {
      names.push(/filename="([^"]+)"/.exec(body.toString("latin1"))?.[1]);
      expect(body.toString("latin1")).toMatch(/name="overwrite"\r\n\r\ntrue/);
      return Response.json({ name: names.at(-1) });
    }
    if (path === "/prompt") {
      expect(JSON.parse(body.toString()).prompt["7"].inputs.image).toBe(names.at(-1));
      return Response.json({ prompt_id: "p1" });
    }
    if (path.startsWith("/view")) return new Response(new Uint8Array(png));
    return Response.json({ p1: { outputs: { 9: { images: [{ filename: "a.png" }] } } } });
  });
  const comfy = {
    baseUrl: server.url,
    workflow: { 6: { inputs: { text: "" } }, 7: { inputs: { image: "" } } },
    promptNodeId: "6",
    inputImageNodeId: "7",
  };
  writeFileSync(folder.file("mine.jpg"), png);
  for (let time = 0; time < 2; time++) {
    const { error } = await run("", ["--file", folder.file("mine.jpg")], {
      verb: "edit",
      provider: "comfy",
      config: { plugins: { entries: { comfy: { config: comfy } } } },
    });
    expect(error).toBeNull();
  }
  for (const name of names) expect(name).toMatch(/^infer-[0-9a-f-]{36}\.png$/);
  expect(new Set(names).size).toBe(2);
});

describe("a picture that cannot be placed", () => {
  test("costs no other, and is kept in the media folder", async () => {
    using server = new PictureServer(obliging);
    const cwd = folder.file("placed");
    for (const name of ["o-1.png", "o-3.png"]) mkdirSync(join(cwd, name, "in"), { recursive: true });
    const { error, exitCode, paths, context } = await run(server.url, ["--count", "3"], { output: join(cwd, "o.png") });
    expect(exitCode).toBe(11);
    expect(error?.type).toBe("io");
    expect(paths).toHaveLength(3);
    expect(paths[1]).toBe(join(cwd, "o-2.png"));
    for (const path of paths) expect(readFileSync(path).equals(png)).toBe(true);
    for (const path of [paths[0], paths[2]]) {
      expect(path).toStartWith(context.env.INFER_MEDIA_DIR ?? "?");
      expect(error?.message).toContain(`The picture is kept as ${path}.`);
    }
    expect(readdirSync(cwd).sort()).toEqual(["o-1.png", "o-2.png", "o-3.png"]);
  });

  test("or beside, where there is no media folder either", async () => {
    using server = new PictureServer(obliging);
    const cwd = folder.file("beside");
    mkdirSync(join(cwd, "o.png.d"), { recursive: true });
    mkdirSync(join(cwd, "o-1.png"));
    writeFileSync(folder.file("no-folder"), "");
    const { error, paths } = await run(server.url, ["--count", "2"], {
      output: join(cwd, "o.png"),
      env: { INFER_MEDIA_DIR: folder.file("no-folder") },
    });
    expect(paths[0]).toStartWith(join(cwd, "a-cat-"));
    expect(paths[1]).toBe(join(cwd, "o-2.png"));
    expect(error?.message).toContain(`The picture is kept as ${paths[0]}.`);
  });
});

describe("more pictures than were asked for, and fewer", () => {
  const cut = () => png.subarray(0, -20).toString("base64");
  const gemini = (...pictures: string[]) =>
    Response.json({
      candidates: [{ content: { parts: pictures.map((data) => ({ inlineData: { mimeType: "image/png", data } })) } }],
    });

  test("a surplus one that is broken is no failure", async () => {
    using server = new PictureServer(() => gemini(base64, cut()));
    const { error, written } = await run(server.url, [], { provider: "google" });
    expect(error).toBeNull();
    expect(written).toEqual(["o.png"]);
  });

  test("the first of one keeps its name", async () => {
    using server = new PictureServer(() => gemini(base64, base64));
    const { error, written } = await run(server.url, [], { provider: "google" });
    expect(error).toBeNull();
    expect(written).toEqual(["o-2.png", "o.png"]);
  });

  test("one of two is the first of two", async () => {
    using server = new PictureServer(() => gemini(base64, cut()));
    const { error, written } = await run(server.url, ["--count", "2"], { provider: "google" });
    expect(error?.message).toMatch(/^1 of 2 pictures were made/);
    expect(written).toEqual(["o-1.png"]);
  });

  test("--output - gives the first, and says so", async () => {
    using server = new PictureServer(() => gemini(base64, base64));
    const { error, stderr } = await run(server.url, [], { provider: "google", output: "-" });
    expect(error).toBeNull();
    expect(stderr).toContain("2 pictures came: --output - gives the first one");
  });
});

describe("a download", () => {
  test.each([
    [425, {}, 3],
    [404, {}, 1],
  ])("HTTP %d: %d", async (status, headers, tries) => {
    using other = new PictureServer(() => new Response("no", { status, headers }));
    using server = new PictureServer(() => inWords(`${other.url}/a.png?sig=secret`));
    const { error, written } = await run(server.url);
    expect(other.asked).toHaveLength(tries);
    expect(error?.details.hint).toBe(`The picture was made: ${other.url}/a.png`);
    expect(written).toEqual([]);
  });

  test("waits as long as it is told, and leaves nothing of a failed try", async () => {
    const left: string[][] = [];
    let at = "";
    const half = Buffer.concat([
      Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"),
      Buffer.alloc(50_000),
    ]);
    await using other = await FaultServer.start((socket, _, count) => {
      left.push(readdirSync(at));
      if (count === 1) socket.end(half);
      else if (count === 2) socket.end("HTTP/1.1 429 No\r\nretry-after: 3\r\ncontent-length: 0\r\n\r\n");
      else respond(socket, 200, png);
    });
    using server = new PictureServer(() => inWords(other.url));
    at = folder.file("empty");
    mkdirSync(at);
    const { error, sleeps } = await run(server.url, [], { output: join(at, "o.png") });
    expect(error).toBeNull();
    expect(sleeps.at(-1)).toBe(3000);
    expect(left).toEqual([[], [], []]);
  });

  test("does not wait beyond the deadline", async () => {
    using other = new PictureServer(() => new Response("no", { status: 429, headers: { "retry-after": "9999" } }));
    using server = new PictureServer(() => inWords(other.url));
    const { error } = await run(server.url);
    expect(other.asked).toHaveLength(1);
    expect(error?.details.status).toBe(429);
  });

  test.each(["http://", "file:///etc/passwd", "http://[bad"])(
    "from the provider that leads to %j",
    async (location) => {
      using server = new PictureServer(({ path }) => {
        if (path === "/prompt") return Response.json({ prompt_id: "p1" });
        if (path.startsWith("/view")) return new Response(null, { status: 302, headers: { location } });
        return Response.json({ p1: { outputs: { 9: { images: [{ filename: "a.png" }] } } } });
      });
      const comfy = { baseUrl: server.url, workflow: { 6: { inputs: { text: "" } } }, promptNodeId: "6" };
      const config = { plugins: { entries: { comfy: { config: comfy } } } };
      const { error, exitCode } = await run("", [], { provider: "comfy", config });
      expect(error?.type).toBe("provider_error");
      expect(exitCode).toBe(1);
      expect(error?.details.hint).toContain("/view?filename=a.png");
    },
  );

  test.each(["http://192.168.77.1/admin", "http://169.254.169.254/latest", "http://inside.local/"])(
    "the word of a provider on this machine does not lead to %s",
    async (url) => {
      using server = new PictureServer(() => inWords(url));
      const { error } = await run(server.url);
      expect(error?.type).toBe("refused");
    },
  );

  test("of the provider's own goes its own way", async () => {
    using proxy = new PictureServer(({ method }) =>
      method === "POST" ? inWords("http://images.example.com/a.png") : new Response(new Uint8Array(png)),
    );
    const entry = {
      baseUrl: "http://images.example.com/v1",
      request: { proxy: { mode: "explicit-proxy", url: proxy.url } },
    };
    const { error } = await run("", [], { entry });
    expect(error).toBeNull();
    expect(proxy.asked).toHaveLength(2);
  });
});

describe("hints", () => {
  const hinted = async (provider: string, args: string[], world: World = {}) => {
    using server = new PictureServer(() => failing(400));
    const { context, warnings } = await run(server.url, args, { provider, ...world });
    const [asked] = server.asked;
    const body = JSON.parse(asked?.body.toString() || "{}");
    return {
      ignored: context.report.ignoredOverrides,
      warnings: warnings.join("\n"),
      body,
      model: context.report.model,
    };
  };
  /** OpenAI's own host, by a proxy that answers for it. */
  const atOpenai = (url: string): World => ({
    entry: { baseUrl: "http://api.openai.com/v1", request: { proxy: { mode: "explicit-proxy", url } } },
  });

  test("that are replaced are told by the user's own words, and what was asked for instead", async () => {
    const { ignored, warnings } = await hinted("xai", ["--aspect-ratio", "21:9", "--resolution", "4K"]);
    expect(ignored).toEqual([
      { key: "aspectRatio", value: "21:9" },
      { key: "resolution", value: "4K" },
    ]);
    expect(warnings).toContain("makes no aspectRatio 21:9: asked for 16:9");
    expect(warnings).toContain("makes no resolution 4K: asked for 2K");
    const { ignored: fal } = await hinted("fal", ["--size", "800x123", "--aspect-ratio", "17:9"]);
    expect(fal).toEqual([{ key: "aspectRatio", value: "17:9" }]);
    const { ignored: google, warnings: words } = await hinted("google", ["--size", "800x123"]);
    expect(google).toEqual([{ key: "size", value: "800x123" }]);
    expect(words).toContain("makes no size 800x123: asked for 21:9");
  });

  test("are told by the flag's name", async () => {
    const { ignored } = await hinted("xai", ["--openai-moderation", "low"]);
    expect(ignored).toEqual([{ key: "openaiModeration", value: "low" }]);
  });

  test("are fitted to the model that is asked in the end", async () => {
    using openai = new PictureServer(obliging);
    const transparent = ["--background", "transparent"];
    const { context, written, warnings } = await run(
      "",
      [...transparent, "--aspect-ratio", "16:9"],
      atOpenai(openai.url),
    );
    expect(written).toEqual(["o.png"]);
    expect(JSON.parse(openai.asked[0]?.body.toString() ?? "")).toMatchObject({
      model: "gpt-image-1.5",
      size: "1536x1024",
    });
    expect(context.report.ignoredOverrides).toEqual([{ key: "aspectRatio", value: "16:9" }]);
    expect(context.report.model).toBe("gpt-image-1.5");
    expect(warnings.join()).toContain("openai/gpt-image-1.5 makes no aspectRatio 16:9: asked for 1536x1024");
    const sized = await run("", [...transparent, "--size", "3840x2160", "--count", "5"], atOpenai(openai.url));
    expect(sized.context.report.ignoredOverrides).toEqual([{ key: "size", value: "3840x2160" }]);
    expect(sized.context.report.model).toBe("gpt-image-1.5");
    expect(sized.attempts.map(({ model }) => model)).toEqual(["gpt-image-1.5", "gpt-image-1.5"]);
  });
});

test("image edit with a key of a provider that only makes new ones says so", async () => {
  writeFileSync(folder.file("a.png"), png);
  const line = ["image", "edit", "--prompt", "x", "--file", folder.file("a.png"), "--output", folder.file("e.png")];
  const { error, exitCode } = await runInProcess(line, { env: { HOME: "/nowhere", VYDRA_API_KEY: "k" } });
  expect(error?.message).toBe("vydra/grok-imagine makes new pictures only; it cannot edit one.");
  expect(exitCode).toBe(2);
  const { exitCode: nothing } = await runInProcess(line, { env: { HOME: "/nowhere" } });
  expect(nothing).toBe(3);
  expect(readdirSync(folder.path).map((path) => basename(path))).not.toContain("e.png");
});

describe("Azure", () => {
  const AZURE = { AZURE_OPENAI_API_KEY: "k", AZURE_OPENAI_ENDPOINT: "https://mine.openai.azure.com" };
  const ask = async (args: string[], more: Record<string, string> = {}) => {
    const asked: string[] = [];
    const fetch = (async (url: string, init: RequestInit) => {
      asked.push(`${url} ${new Headers(init.headers).get("api-key")}`);
      return failing(400);
    }) as unknown as typeof globalThis.fetch;
    const env = { HOME: folder.file("azure"), ...AZURE, ...more };
    const { error, context } = await runInProcess(["image", "generate", "--prompt", "x", ...args], { env, fetch });
    return { asked, error, left: context.endsAt - context.startedAt };
  };
  const deployment = "https://mine.openai.azure.com/openai/deployments/drawing/images/generations?api-version=";

  test("is asked for a deployment, with a dated version and ten minutes", async () => {
    const named = ["--model", "azure-openai/drawing"];
    const { asked, left } = await ask(named);
    expect(asked).toEqual([`${deployment}2024-12-01-preview k`]);
    expect(left).toBeGreaterThanOrEqual(590_000);
    const { asked: dated } = await ask(named, { AZURE_OPENAI_API_VERSION: "2025-04-01-preview" });
    expect(dated).toEqual([`${deployment}2025-04-01-preview k`]);
  });

  test("is not chosen by its key while another is there, and alone asks for the deployment", async () => {
    const { asked } = await ask([], { XAI_API_KEY: "k" });
    expect(asked).toEqual(["https://api.x.ai/v1/images/generations null"]);
    const { error } = await ask([]);
    expect(error?.message).toContain("no default model");
  });
});
