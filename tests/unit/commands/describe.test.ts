import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { envelopeSchema } from "../../../src/core/envelope-schema.ts";
import { makeAssets } from "../../../src/local/assets/stage.ts";
import { type Behaviour, FaultServer, respond } from "../../hazards/fault-server.ts";
import { WIRES } from "../../hazards/wires.ts";
import { type CliRun, type FakeWorld, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { PICTURE, WORDS } from "../../support/words.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const KEY = "sk-describe-test";
const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const FAKE_CODEX = join(import.meta.dir, "../../support/fake-codex.ts");
let png: string;

/** What is sent of the files. */
const base64: Record<"png" | "jpeg" | "webp" | "gif", string> = { png: "", jpeg: "", webp: "", gif: "" };

beforeAll(async () => {
  for (const format of ["png", "jpeg", "webp"] as const) {
    const bytes = Buffer.from(await new Bun.Image(PIXEL)[format]().bytes());
    base64[format] = bytes.toString("base64");
    await writeFile(folder.file(`pixel.${format}`), bytes);
  }
  base64.gif = PIXEL.toString("base64");
  await writeFile(folder.file("pixel.gif"), PIXEL);
  await writeFile(folder.file("notes.png"), "These are words.");
  await writeFile(folder.file("words.png"), PICTURE);
  png = folder.file("pixel.png");
});

interface World {
  env?: Record<string, string>;
  config?: object;
  answer?: Behaviour;
  world?: FakeWorld;
}

interface Run extends CliRun {
  /** Addresses as they were asked for: every one of them leads to the same server. */
  asked: string[];
  seen: FaultServer["seen"];
}

const chat = (content: string): string =>
  JSON.stringify({ choices: [{ message: { content }, finish_reason: "stop" }], usage: { prompt_tokens: 5 } });
const answering =
  (status: number, body: string, headers = {}): Behaviour =>
  (socket) =>
    respond(socket, status, body, { "content-type": "application/json", ...headers });
const SEEN = answering(200, chat("A single pixel."));

/** One command line, on a machine without a home; whatever it asks for is answered by one server. */
async function infer(argv: string[], { env = {}, config = {}, answer = SEEN, world }: World = {}): Promise<Run> {
  await using server = await FaultServer.start(answer);
  const path = folder.file(`${Bun.randomUUIDv7()}.json`);
  await writeFile(path, JSON.stringify(config));
  const asked: string[] = [];
  const fetch = (text: string, init: RequestInit): Promise<Response> => {
    asked.push(text);
    const { pathname, search } = new URL(text);
    return globalThis.fetch(`${server.url}${pathname}${search}`, init);
  };
  const all = {
    env: { HOME: "/nowhere", ...env },
    cwd: folder.path,
    fetch: fetch as typeof globalThis.fetch,
    ...world,
  };
  const run = await runInProcess([...argv, "--config", path], all);
  return { ...run, asked, seen: [...server.seen] };
}

const look = (argv: string[], world?: World) => infer(["image", "describe", ...argv], world);
const lookAtAll = (argv: string[], world?: World) => infer(["image", "describe-many", ...argv], world);

interface Envelope {
  ok: boolean;
  provider: string | null;
  model: string | null;
  attempts: { provider: string; model: string; outcome: string; error?: { message: string }; retryOf?: number }[];
  outputs: Record<string, unknown>[];
  warnings?: string[];
  ignoredOverrides?: object[];
  usage?: object;
  error: { type: string; message: string; hint?: string } | null;
}

/** The one document, which fits the published schema. */
function envelope({ stdout }: CliRun): Envelope {
  const document: unknown = JSON.parse(stdout);
  expect(v.safeParse(envelopeSchema, document).issues).toBeUndefined();
  return document as Envelope;
}

const body = ({ seen }: Run, at = 0): Record<string, unknown> => JSON.parse(seen[at]?.body ?? "{}");

/** The text beside the picture, on any wire. */
function promptIn(run: Run): string | undefined {
  return /"text":"((?:Describe|What|In a word)[^"]*)"/.exec(run.seen.at(-1)?.body ?? "")?.[1];
}

/** A server of one's own, with a model that sees. */
const mine = (models: object[] = [{ id: "m", input: ["text", "image"] }], more = {}) => ({
  models: { providers: { mine: { baseUrl: "http://127.0.0.1:9/v1", models, ...more } } },
});

type WireName = keyof typeof ASKED;

/** The request that each wire makes of a prompt and a PNG, written out. */
const ASKED = {
  "openai-chat": (prompt: string, limit = "max_completion_tokens") => ({
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: prompt },
          { type: "image_url", image_url: { url: `data:image/png;base64,${base64.png}` } },
        ],
      },
    ],
    [limit]: 4096,
  }),
  "openai-responses": (prompt: string) => ({
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: prompt },
          { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${base64.png}` },
        ],
      },
    ],
    max_output_tokens: 4096,
  }),
  "anthropic-messages": (prompt: string) => ({
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: base64.png } },
          { type: "text", text: prompt },
        ],
      },
    ],
    max_tokens: 4096,
  }),
  "google-generate-content": (prompt: string) => ({
    contents: [
      { role: "user", parts: [{ text: prompt }, { inlineData: { mimeType: "image/png", data: base64.png } }] },
    ],
    generationConfig: { maxOutputTokens: 4096 },
  }),
  "ollama-chat": (prompt: string) => ({
    messages: [{ role: "user", content: prompt, images: [base64.png] }],
    options: { num_predict: 4096 },
  }),
  vlm: (prompt: string) => ({ prompt, image_url: `data:image/png;base64,${base64.png}` }),
} as const;

interface Vendor {
  provider: string;
  env: string;
  url: string;
  model: string;
  /** As the request has it, where that is not the model's own name or not in the body. */
  sent?: string | null;
  wire: WireName;
  limit?: string;
  header?: string;
  /** The body of a 401, as the vendor writes it. */
  refusal: (message: string) => string;
}

const openaiError = (message: string): string => JSON.stringify({ error: { message, type: "x", code: null } });

/** The facts' fourteen rows, `codex` and `ollama` apart: neither is opened by a key. */
const VENDORS: readonly Vendor[] = [
  {
    provider: "openai",
    env: "OPENAI_API_KEY",
    url: "https://api.openai.com/v1/responses",
    model: "gpt-5.5",
    wire: "openai-responses",
    refusal: openaiError,
  },
  {
    provider: "anthropic",
    env: "ANTHROPIC_API_KEY",
    url: "https://api.anthropic.com/v1/messages",
    model: "claude-opus-4-8",
    wire: "anthropic-messages",
    header: "x-api-key",
    refusal: (message) => JSON.stringify({ type: "error", error: { type: "authentication_error", message } }),
  },
  {
    provider: "google",
    env: "GEMINI_API_KEY",
    url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse",
    model: "gemini-3-flash-preview",
    sent: null,
    wire: "google-generate-content",
    header: "x-goog-api-key",
    refusal: (message) => JSON.stringify({ error: { code: 401, message, status: "UNAUTHENTICATED" } }),
  },
  {
    provider: "qwen",
    env: "DASHSCOPE_API_KEY",
    url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
    model: "qwen-vl-max-latest",
    wire: "openai-chat",
    limit: "max_tokens",
    refusal: (message) => JSON.stringify({ code: "InvalidApiKey", message, request_id: "r" }),
  },
  {
    provider: "deepinfra",
    env: "DEEPINFRA_API_KEY",
    url: "https://api.deepinfra.com/v1/openai/chat/completions",
    model: "moonshotai/Kimi-K2.5",
    wire: "openai-chat",
    refusal: (message) => JSON.stringify({ detail: { error: message } }),
  },
  {
    provider: "zai",
    env: "ZAI_API_KEY",
    url: "https://api.z.ai/api/paas/v4/chat/completions",
    model: "glm-4.6v",
    wire: "openai-chat",
    limit: "max_tokens",
    refusal: openaiError,
  },
  {
    provider: "minimax",
    env: "MINIMAX_API_KEY",
    url: "https://api.minimax.io/v1/coding_plan/vlm",
    model: "MiniMax-VL-01",
    sent: null,
    wire: "vlm",
    refusal: (status_msg) => JSON.stringify({ base_resp: { status_code: 1004, status_msg } }),
  },
  {
    provider: "minimax-portal",
    env: "MINIMAX_OAUTH_TOKEN",
    url: "https://api.minimax.io/v1/coding_plan/vlm",
    model: "MiniMax-VL-01",
    sent: null,
    wire: "vlm",
    refusal: (status_msg) => JSON.stringify({ base_resp: { status_code: 1004, status_msg } }),
  },
  {
    provider: "moonshot",
    env: "MOONSHOT_API_KEY",
    url: "https://api.moonshot.ai/v1/chat/completions",
    model: "kimi-k2.6",
    wire: "openai-chat",
    limit: "max_tokens",
    refusal: openaiError,
  },
  {
    provider: "opencode",
    env: "OPENCODE_API_KEY",
    url: "https://opencode.ai/zen/v1/responses",
    model: "gpt-5-nano",
    wire: "openai-responses",
    refusal: openaiError,
  },
  {
    provider: "opencode-go",
    env: "OPENCODE_API_KEY",
    url: "https://opencode.ai/zen/go/v1/chat/completions",
    model: "kimi-k2.6",
    wire: "openai-chat",
    refusal: openaiError,
  },
  {
    provider: "openrouter",
    env: "OPENROUTER_API_KEY",
    url: "https://openrouter.ai/api/v1/chat/completions",
    model: "auto",
    sent: "openrouter/auto",
    wire: "openai-chat",
    refusal: (message) => JSON.stringify({ error: { code: 401, message }, user_id: "u" }),
  },
];

function wholeAnswer(wire: WireName, text: string): string {
  if (wire === "vlm") return JSON.stringify({ content: text, base_resp: { status_code: 0, status_msg: "success" } });
  return WIRES[wire]?.whole({ pieces: [text] }) ?? "";
}

describe.each([...VENDORS])(
  "$provider",
  ({ provider, env, url, model, sent = model, wire, limit, header, refusal }) => {
    const keys = { [env]: KEY };
    const answer = answering(200, wholeAnswer(wire, " A single pixel.\n"));

    test("is asked as the facts have it, with the question beside the picture", async () => {
      const run = await look(["--file", png, "--prompt", "What is it?", "--provider", provider, "--json"], {
        env: keys,
        answer,
      });
      expect(run.asked).toEqual([url]);
      expect(run.seen[0]?.headers[header ?? "authorization"]).toBe(header ? KEY : `Bearer ${KEY}`);
      expect(body(run)).toMatchObject(ASKED[wire]("What is it?", limit));
      expect(body(run).model).toBe(sent ?? undefined);
      expect(JSON.stringify(body(run))).not.toMatch(/"(?:system|instructions|systemInstruction)"/);
      const { ok, outputs, attempts, ...told } = envelope(run);
      expect(ok).toBe(true);
      expect(outputs).toEqual([{ path: png, text: "A single pixel.", provider, model, kind: "image.description" }]);
      expect(Object.keys(outputs[0] ?? {})).toEqual(["path", "text", "provider", "model", "kind"]);
      expect({ provider: told.provider, model: told.model }).toEqual({ provider, model });
      expect(attempts).toMatchObject([{ provider, model, outcome: "success" }]);
      expect([run.exitCode, run.stderr, told.warnings, told.ignoredOverrides]).toEqual([0, "", undefined, undefined]);
    });

    test("the credential alone chooses it", async () => {
      const { exitCode, stdout, asked } = await look(["--file", png], { env: keys, answer });
      const other = { "opencode-go": "https://opencode.ai/zen/v1/responses" }[provider];
      expect(asked).toEqual([other ?? url]);
      if (!other) expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "A single pixel.\n" });
    });

    test("its refusal of a key is said in its own words", async () => {
      const status = wire === "vlm" ? 200 : 401;
      const run = await look(["--file", png, "--provider", provider], {
        env: keys,
        answer: answering(status, refusal("No such key here")),
      });
      expect(run.exitCode).toBe(3);
      expect(run.stderr).toContain("No such key here");
      expect(run.stderr).toContain(env);
      expect(run.stdout).toBe("");
    });

    test("a blank answer is none", async () => {
      const run = await look(["--file", png, "--provider", provider], {
        env: keys,
        answer: answering(200, wholeAnswer(wire, " \n")),
      });
      expect([run.exitCode, run.stdout]).toEqual([9, ""]);
      expect(run.stderr).not.toContain("--max-tokens");
    });
  },
);

describe("the two that need no key", () => {
  test("ollama, named with its model", async () => {
    const run = await look(["--file", png, "--prompt", "What is it?", "--model", "ollama/qwen2.5vl:7b", "--json"], {
      answer: answering(200, WIRES["ollama-chat"]?.whole({ pieces: ["A pixel."] }) ?? ""),
    });
    expect(run.asked).toEqual(["http://127.0.0.1:11434/api/chat"]);
    expect(run.seen[0]?.headers.authorization).toBeUndefined();
    expect(body(run)).toMatchObject({ model: "qwen2.5vl:7b", ...ASKED["ollama-chat"]("What is it?") });
    expect(envelope(run).outputs).toMatchObject([{ text: "A pixel.", provider: "ollama", model: "qwen2.5vl:7b" }]);
  });

  test("ollama has no model of its own choice", async () => {
    const { exitCode, stderr, asked } = await look(["--file", png, "--provider", "ollama"]);
    expect([exitCode, asked]).toEqual([2, []]);
    expect(stderr).toContain("--model ollama/<model>");
  });

  test("codex is the user's own program", async () => {
    const log = folder.file("codex.jsonl");
    const env = {
      PATH: process.env.PATH ?? "",
      OPENCLAW_CODEX_APP_SERVER_BIN: process.execPath,
      OPENCLAW_CODEX_APP_SERVER_ARGS: `"${FAKE_CODEX}" '' ${log}`,
    };
    const run = await look(["--file", png, "--provider", "codex", "--json"], { env });
    const { outputs, ignoredOverrides } = envelope(run);
    expect(outputs).toMatchObject([{ text: "Hello there", provider: "codex", model: "gpt-5.5" }]);
    expect([ignoredOverrides, run.asked]).toEqual([undefined, []]);
    const log_ = readFileSync(log, "utf8");
    expect(log_).toContain(`data:image/png;base64,${base64.png}`);
    expect(log_).toContain("Describe the image.");
  });
});

describe("what is asked", () => {
  const named = ["--model", "mine/m"];

  test("OpenClaw's question, of a model that argv names", async () => {
    expect(promptIn(await look(["--file", png, ...named], { config: mine() }))).toBe("Describe the image.");
    expect(promptIn(await look(["--file", png, ...named, "--prompt", " "], { config: mine() }))).toBe(
      "Describe the image.",
    );
  });

  test("and how long the answer may be, of one that nobody named; never added to the user's own question", async () => {
    const config = mine();
    expect(promptIn(await look(["--file", png], { config }))).toBe(
      "Describe the image. Respond in at most 500 characters.",
    );
    expect(promptIn(await look(["--file", png, "--prompt", "What is it?"], { config }))).toBe("What is it?");
  });

  test.each(["png", "jpeg", "webp", "gif"] as const)(
    "%s goes as what it is, whatever its name says",
    async (format) => {
      const lie = folder.file(`${format}-in-truth.jpg`);
      await writeFile(lie, Buffer.from(base64[format], "base64"));
      const run = await look(["--file", lie, ...named], { config: mine() });
      expect(JSON.stringify(body(run))).toContain(`"data:image/${format};base64,${base64[format]}"`);
    },
  );

  test("what comes from a pipe, an address or a data: URL is sent all the same", async () => {
    const config = mine();
    await using web = await FaultServer.start((socket) => respond(socket, 200, Buffer.from(base64.png, "base64")));
    const sources = [
      [`data:image/gif;base64,${base64.png}`, "data:"],
      [`${web.url}/a/picture`, `${web.url}/a/picture`],
    ] as const;
    for (const [file, path] of sources) {
      const world = { fetch: globalThis.fetch };
      const argv = ["--file", file, "--allow-private-network", "--json"];
      await using server = await FaultServer.start(SEEN);
      const models = { providers: { mine: { baseUrl: server.url, models: [{ id: "m", input: ["image"] }] } } };
      const run = await look(argv, { config: { models }, world });
      expect(envelope(run).outputs).toMatchObject([{ path, text: "A single pixel." }]);
      expect(server.seen[0]?.body).toContain(`data:image/png;base64,${base64.png}`);
    }
    const refused = await look(["--file", `${web.url}/picture`], { config, world: { fetch: globalThis.fetch } });
    expect([refused.exitCode, refused.asked]).toEqual([8, []]);
  });

  test("MiniMax takes no GIF: it is converted, which is said", async () => {
    const run = await look(["--file", folder.file("pixel.gif"), "--provider", "minimax", "--json"], {
      env: { MINIMAX_API_KEY: KEY },
      answer: answering(200, wholeAnswer("vlm", "A pixel.")),
    });
    expect(body(run).image_url).toMatch(/^data:image\/webp;base64,/);
    expect(envelope(run).warnings).toEqual([expect.stringContaining("image/gif")]);
  });

  test.each([
    ["a model that is known not to reason", { reasoning: false }, 512],
    ["one that does", { reasoning: true }, 4096],
    ["one of which nothing is known", {}, 4096],
    ["one with a limit of its own", { maxTokens: 300 }, 300],
  ])("the limit of %s", async (_, more, limit) => {
    const run = await look(["--file", png, ...named], {
      config: mine([{ id: "m", input: ["text", "image"], ...more }]),
    });
    expect(body(run).max_completion_tokens).toBe(limit);
  });

  test("an answer that stopped at the limit is given, with a warning", async () => {
    const answer = answering(200, WIRES["openai-chat"]?.whole({ pieces: ["A sin"], finish: "length" }) ?? "");
    const run = await look(["--file", png, ...named], { config: mine(), answer });
    expect([run.exitCode, run.stdout]).toEqual([0, "A sin\n"]);
    expect(run.stderr).toContain("stopped at 4096 tokens");
    expect(run.stderr).not.toContain("--max-tokens");
  });

  test("a picture over 10 MiB is made smaller, which is said", async () => {
    const large = folder.file("large.bmp");
    await writeFile(large, noise(2000, 2000));
    const run = await look(["--file", large, ...named, "--json"], { config: mine() });
    expect(run.exitCode).toBe(0);
    expect(JSON.stringify(body(run))).toContain("data:image/webp;base64,");
    expect(envelope(run).warnings).toEqual([expect.stringMatching(/^\S+large\.bmp is .*: sent as WEBP/)]);
    expect(run.seen[0]?.body.length).toBeLessThan(14_000_000);
  });

  test("Claude takes less: 5 MB of base64", async () => {
    const gif = folder.file("padded.gif");
    await writeFile(gif, Buffer.concat([PIXEL, Buffer.alloc(4_000_000)]));
    const run = await look(["--file", gif, "--provider", "anthropic", "--json"], {
      env: { ANTHROPIC_API_KEY: KEY },
      answer: answering(200, wholeAnswer("anthropic-messages", "A pixel.")),
    });
    expect(envelope(run).warnings).toEqual([expect.stringContaining("larger than 3.8 MiB")]);
    expect(run.seen[0]?.body.length).toBeLessThan(5 * 1024 * 1024);
  });
});

/** A BMP that nothing can compress. */
function noise(width: number, height: number): Buffer {
  const head = Buffer.alloc(54);
  head.write("BM");
  head.writeUInt32LE(54 + width * height * 3, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0, state = 1; at < pixels.length; at++) {
    state = (state * 48_271) % 2_147_483_647;
    pixels[at] = state;
  }
  return Buffer.concat([head, pixels]);
}

test.each([
  [1026, 8, "input sensitive"],
  [1008, 5, "insufficient balance"],
  [2013, 1, "invalid params"],
])("MiniMax's error %i inside a 200 is exit %i", async (status_code, code, status_msg) => {
  const answer = JSON.stringify({ content: "", base_resp: { status_code, status_msg } });
  const run = await look(["--file", png, "--provider", "minimax", "--json"], {
    env: { MINIMAX_API_KEY: KEY },
    answer: answering(200, answer, { "trace-id": "t-1" }),
  });
  expect([run.exitCode, envelope(run).outputs]).toEqual([code, []]);
  expect(envelope(run).error?.message).toContain(status_msg);
  expect(envelope(run).attempts[0]).toMatchObject({ requestId: "t-1", outcome: "failed" });
});

describe("what cannot be described", () => {
  test.each([
    ["no such file", ["--file", "nosuch.png"], 4, "nosuch.png"],
    ["no picture", ["--file", "notes.png"], 2, "not a picture"],
    ["no such provider", ["--file", "pixel.png", "--model", "nosuch/x"], 4, 'There is no provider "nosuch"'],
    ["a provider of something else", ["--file", "pixel.png", "--model", "fal/x"], 4, "descriptions of images"],
    [
      "a model that is known not to see",
      ["--file", "pixel.png", "--model", "groq/llama-3.3-70b-versatile"],
      2,
      "text only",
    ],
    [
      "one that the config says does not see",
      ["--file", "pixel.png", "--model", "mine/blind"],
      2,
      "mine/blind takes text only",
    ],
    ["MiniMax's chat models", ["--file", "pixel.png", "--model", "minimax/MiniMax-M2.7"], 2, "text only"],
    ["no file at all", [], 2, "--file"],
  ])("%s", async (_, argv, code, words) => {
    const env = { GROQ_API_KEY: KEY, MINIMAX_API_KEY: KEY, FAL_KEY: KEY };
    const config = mine([{ id: "blind", input: ["text"] }]);
    const { exitCode, stderr, stdout, asked } = await look(argv, { env, config });
    expect([exitCode, stdout, asked]).toEqual([code, "", []]);
    expect(stderr).toContain(words);
  });

  test("a key that cannot be sent is not passed over for the embedded engine", async () => {
    const { exitCode, stderr } = await look(["--file", png], { env: { OPENAI_API_KEY: "sk with blanks" } });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("OPENAI_API_KEY cannot be sent");
  });

  test("no key for what is named", async () => {
    const { exitCode, stderr } = await look(["--file", png, "--model", "openai/gpt-5.5"]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("OPENAI_API_KEY");
  });
});

describe("who is chosen", () => {
  const ALL = Object.fromEntries(VENDORS.map(({ env }) => [env, KEY]));
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(ALL).filter(([name]) => !names.includes(name)));
  /** Whoever is asked refuses: only who it was matters. */
  const chosen = async (world: World, ...argv: string[]): Promise<string[]> => {
    const run = await look(["--file", png, ...argv, "--json"], { answer: answering(403, openaiError("no")), ...world });
    return envelope(run).attempts.map(({ provider, model }) => `${provider}/${model}`);
  };

  test("by a credential, in OpenClaw's order", async () => {
    const order: string[] = [];
    const gone: string[] = [];
    for (const _ of VENDORS) {
      const [ref = ""] = await chosen({ env: without(...gone) });
      order.push(ref);
      const { env = "" } = VENDORS.find(({ provider }) => ref.startsWith(`${provider}/`)) ?? {};
      gone.push(env);
      // Both read it.
      if (env === "OPENCODE_API_KEY") break;
    }
    expect(order).toEqual([
      "openai/gpt-5.5",
      "anthropic/claude-opus-4-8",
      "google/gemini-3-flash-preview",
      "minimax/MiniMax-VL-01",
      "deepinfra/moonshotai/Kimi-K2.5",
      "minimax-portal/MiniMax-VL-01",
      "zai/glm-4.6v",
      "openrouter/auto",
      "qwen/qwen-vl-max-latest",
      "moonshot/kimi-k2.6",
      "opencode/gpt-5-nano",
    ]);
  });

  test("then anybody whose model for text is known to see", async () => {
    expect(await chosen({ env: { MISTRAL_API_KEY: KEY } })).toEqual(["mistral/mistral-large-latest"]);
    expect(await chosen({ env: { DEEPSEEK_API_KEY: KEY, MISTRAL_API_KEY: KEY } })).toEqual([
      "mistral/mistral-large-latest",
    ]);
  });

  test("a provider of the config with a model that sees comes before all of them", async () => {
    expect(await chosen({ env: ALL, config: mine() })).toEqual(["mine/m"]);
    expect(await chosen({ env: ALL, config: mine([{ id: "blind", input: ["text"] }]) })).toEqual(["openai/gpt-5.5"]);
  });

  test("the default model when it sees, before that; never when it does not", async () => {
    const defaults = (model: unknown) => ({ ...mine(), agents: { defaults: { model } } });
    expect(await chosen({ env: ALL, config: defaults("google/gemini-2.5-flash") })).toEqual([
      "google/gemini-2.5-flash",
    ]);
    expect(
      await chosen({
        env: ALL,
        config: defaults({ primary: "groq/llama-3.3-70b-versatile", fallbacks: ["openai/gpt-4.1"] }),
      }),
    ).toEqual(["openai/gpt-4.1"]);
    expect(await chosen({ env: ALL, config: defaults("groq/llama-3.3-70b-versatile") })).toEqual(["mine/m"]);
  });

  test("agents.defaults.imageModel and its fallbacks, before that", async () => {
    const agents = {
      defaults: { model: "openai/gpt-5.5", imageModel: { primary: "zai/glm-4.6v", fallbacks: ["mine/m"] } },
    };
    expect(await chosen({ env: ALL, config: { ...mine(), agents } })).toEqual(["zai/glm-4.6v", "mine/m"]);
    const image = { maxChars: 8 };
    const answer: Behaviour = (socket, { body: sent }) =>
      sent.includes('"glm-4.6v"') ? respond(socket, 400, "{}") : respond(socket, 200, chat("A single pixel."));
    const config = { ...mine(), agents, tools: { media: { image } } };
    const second = await look(["--file", png], { env: ALL, config, answer });
    expect([promptIn(second), second.stdout]).toEqual([
      "Describe the image. Respond in at most 8 characters.",
      "A single\n",
    ]);
  });

  test("mediaModels.image draws, and describes nothing", async () => {
    const agents = { defaults: { mediaModels: { image: "google/gemini-3-pro-image-preview" } } };
    expect(await chosen({ env: ALL, config: { agents } })).toEqual(["openai/gpt-5.5"]);
  });

  test("tools.media.image.models, before that: in order, and what is for other media is left out", async () => {
    const image = {
      models: [
        { provider: "nosuch", model: "x" },
        { provider: "zai" },
        { provider: "openai", model: "whisper-1", capabilities: ["audio"] },
        { provider: "mine", model: "m", capabilities: ["image", "video"] },
      ],
    };
    const config = { ...mine(), agents: { defaults: { imageModel: "openai/gpt-5.5" } }, tools: { media: { image } } };
    expect(await chosen({ env: ALL, config })).toEqual(["nosuch/x", "zai/glm-4.6v", "mine/m"]);
  });

  test("the shared list of September 2026", async () => {
    const models = [
      { provider: "groq", model: "whisper-large-v3", capabilities: ["audio"] },
      { provider: "anthropic", model: "claude-opus-4-8" },
      { provider: "elevenlabs", model: "scribe_v2" },
      { provider: "mine", model: "m", capabilities: ["image"] },
      { type: "cli", command: "nosuch-program" },
    ];
    expect(await chosen({ env: ALL, config: { ...mine(), tools: { media: { models } } } })).toEqual([
      "anthropic/claude-opus-4-8",
      "mine/m",
    ]);
  });

  test("argv before everything, alone but for --fallback; none of the config's terms count for it", async () => {
    const image = { prompt: "In a word?", maxChars: 3, models: [{ provider: "zai" }] };
    const config = { ...mine(), tools: { media: { image } } };
    expect(
      await chosen({ env: ALL, config }, "--model", "openai/gpt-4.1", "--fallback", "google/gemini-2.5-flash"),
    ).toEqual(["openai/gpt-4.1", "google/gemini-2.5-flash"]);
    const run = await look(["--file", png, "--model", "mine/m"], { config });
    expect([promptIn(run), run.stdout]).toEqual(["Describe the image.", "A single pixel.\n"]);
  });

  test("a model without its provider is the default provider's", async () => {
    const config = { ...mine(), agents: { defaults: { model: "mine/m" } } };
    expect(await chosen({ config }, "--model", "gpt-mock")).toEqual(["mine/gpt-mock"]);
    expect(await chosen({ env: ALL }, "--model", "gpt-mock")).toEqual(["openai/gpt-mock"]);
  });

  test("switched off: the config's word, unless argv names a model", async () => {
    const config = { ...mine(), tools: { media: { image: { enabled: false } } } };
    const { exitCode, stderr } = await look(["--file", png], { config });
    expect(exitCode).toBe(8);
    expect(stderr).toContain("tools.media.image.enabled is false");
    expect((await look(["--file", png, "--model", "mine/m"], { config })).exitCode).toBe(0);
  });
});

describe("an entry of tools.media.image.models", () => {
  const entry = (one: object, common: object = {}) => ({
    ...mine(),
    tools: { media: { image: { ...common, models: [{ provider: "mine", model: "m", ...one }] } } },
  });

  test("has its own prompt, address and headers; the nearer wins", async () => {
    const config = entry(
      { prompt: "In a word?", baseUrl: "http://127.0.0.1:8/near/v1", headers: { "x-near": "1", "x-both": "entry" } },
      { prompt: "What?", baseUrl: "http://127.0.0.1:8/far/v1", headers: { "x-far": "1", "x-both": "common" } },
    );
    const run = await look(["--file", png], { config });
    expect(run.asked).toEqual(["http://127.0.0.1:8/near/v1/chat/completions"]);
    expect(run.seen[0]?.headers).toMatchObject({ "x-near": "1", "x-far": "1", "x-both": "entry" });
    expect(promptIn(run)).toBe("In a word? Respond in at most 500 characters.");
    expect(promptIn(await look(["--file", png, "--prompt", "What is it?"], { config }))).toBe("What is it?");
  });

  test("maxChars is asked for, and held to", async () => {
    const run = await look(["--file", png], { config: entry({ maxChars: 8 }, { maxChars: 100 }) });
    expect(promptIn(run)).toBe("Describe the image. Respond in at most 8 characters.");
    expect(run.stdout).toBe("A single\n");
    expect(run.stderr).toContain("cut to 8 characters");
  });

  test("maxBytes: a larger picture is made smaller", async () => {
    const gif = folder.file("padded-a-little.gif");
    await writeFile(gif, Buffer.concat([PIXEL, Buffer.alloc(5000)]));
    const run = await look(["--file", gif, "--json"], { config: entry({ maxBytes: 4096 }) });
    expect(JSON.stringify(body(run))).toContain("data:image/webp");
    expect(envelope(run).warnings).toHaveLength(1);
    const asIs = await look(["--file", gif, "--json"], { config: entry({}) });
    expect(envelope(asIs).warnings).toBeUndefined();
  });

  test("timeoutSeconds: the next one is asked when it is over", async () => {
    const config = {
      ...mine(),
      tools: {
        media: {
          image: {
            models: [
              { provider: "mine", model: "slow", timeoutSeconds: 0.2 },
              { provider: "mine", model: "m" },
            ],
          },
        },
      },
    };
    const answer: Behaviour = (socket, { body: sent }) => {
      if (!sent.includes('"slow"')) respond(socket, 200, chat("A single pixel."));
    };
    const run = await look(["--file", png, "--json"], { config, answer });
    const { attempts, model } = envelope(run);
    expect(attempts).toMatchObject([
      { model: "slow", outcome: "failed", error: { type: "timeout" } },
      { outcome: "success" },
    ]);
    expect(model).toBe("m");
  });

  test("profile: the saved credential of that name, and no other", async () => {
    const state = folder.file("state");
    const profiles = {
      "zai:default": { type: "api_key", provider: "zai", key: "sk-default-key" },
      "zai:vision": { type: "api_key", provider: "zai", key: "sk-vision-key" },
    };
    const place = join(state, "agents/main/agent/auth-profiles.json");
    await Bun.write(place, JSON.stringify({ version: 1, profiles }));
    await chmod(place, 0o600);
    const config = (profile?: string) => ({ tools: { media: { image: { models: [{ provider: "zai", profile }] } } } });
    const env = { OPENCLAW_STATE_DIR: state, ZAI_API_KEY: "sk-env-key" };
    const keyOf = async (profile?: string) =>
      (await look(["--file", png], { env, config: config(profile) })).seen[0]?.headers.authorization;
    expect(await keyOf()).toBe("Bearer sk-default-key");
    expect(await keyOf("zai:vision")).toBe("Bearer sk-vision-key");
    const missing = await look(["--file", png], { env, config: config("zai:nosuch") });
    expect([missing.exitCode, missing.asked]).toEqual([3, []]);
    expect(missing.stderr).toContain('no saved credential "zai:nosuch"');
  });
});

describe("a program of the user's own", () => {
  const cli = (command: string, args: string[], more: object = {}) => ({
    tools: { media: { image: { models: [{ type: "cli", command, args, ...more }] } } },
  });
  const script = async (name: string, text: string): Promise<string> => {
    await writeFile(folder.file(name), `#!/bin/sh\n${text}\n`);
    await chmod(folder.file(name), 0o755);
    return folder.file(name);
  };
  const env = { PATH: process.env.PATH ?? "", SOME_SETTING: "set" };

  test("gets the file, the question and a folder, and what it prints is the description", async () => {
    const program = await script("tell", 'touch "$5.out"; printf "%s|" "$@" "$SOME_SETTING"; test -d "$4" && echo yes');
    const args = [
      "{{MediaPath}}",
      "{{ MediaDir }}",
      "{{Prompt}}",
      "{{OutputDir}}",
      "{{OutputBase}}",
      "{{MaxChars}}-{{Nothing}}",
    ];
    const run = await look(["--file", png, "--json"], { env, config: cli(program, args, { maxChars: 400 }) });
    const { outputs, provider, model, attempts } = envelope(run);
    const [path, dir, prompt, out = "", base, most, setting, there] = String(outputs[0]?.text).split("|");
    expect([path, dir, prompt]).toEqual([png, folder.path, "Describe the image. Respond in at most 400 characters."]);
    expect([base, most, setting, there]).toEqual([join(out, "pixel"), "400-", "set", "yes"]);
    expect(await Bun.file(out).exists()).toBe(false);
    expect(outputs).toMatchObject([{ path: png, provider: "cli", model: program, kind: "image.description" }]);
    expect({ provider, model }).toEqual({ provider: "cli", model: program });
    expect(attempts).toMatchObject([{ provider: "cli", model: program, outcome: "success" }]);
  });

  test("a prompt is one argument, whatever is in it", async () => {
    const program = await script("args", 'echo "$#: $1"');
    const prompt = 'it\'s "$(touch pwned)"; {{MediaPath}} -x';
    const { stdout } = await look(["--file", png, "--prompt", prompt], { env, config: cli(program, ["{{Prompt}}"]) });
    expect(stdout).toBe(`1: ${prompt}\n`);
  });

  test("what came from elsewhere, or is too large, is a file with a name in the folder", async () => {
    const program = await script("copy", 'head -c 4 "$1" | tail -c 3; echo " $1"');
    const config = cli(program, ["{{MediaPath}}"]);
    const { stdout } = await look(["--file", `data:image/gif;base64,${base64.png}`], { env, config });
    expect(stdout).toMatch(/^PNG \/\S+\/infer-media-\w+\/picture\.png\n$/);
    const gif = folder.file("holiday.gif");
    await writeFile(gif, Buffer.concat([PIXEL, Buffer.alloc(5000)]));
    const small = await look(["--file", gif], { env, config: cli(program, ["{{MediaPath}}"], { maxBytes: 4096 }) });
    expect(small.stdout).toMatch(/^\S+ \/\S+\/infer-media-\w+\/holiday\.\w+\n$/);
    expect(small.stderr).toContain("larger than");
    // Of the file that it is given, not of the one that it came from.
    const types = await script("types", 'echo "$1 $2"');
    const args = ["{{MediaPath}}", "{{MediaType}}"];
    expect((await look(["--file", gif], { env, config: cli(types, args) })).stdout).toBe(`${gif} image/gif\n`);
    const converted = await look(["--file", gif], { env, config: cli(types, args, { maxBytes: 4096 }) });
    expect(converted.stdout).toMatch(/\/holiday\.jpeg image\/jpeg\n$/);
  });

  test("Gemini's own prints JSON with more in it", async () => {
    const program = await script("gemini", `echo 'Loaded.'; echo '{"response": " A pixel. ", "stats": {"a": {}}}'`);
    expect((await look(["--file", png], { env, config: cli(program, []) })).stdout).toBe("A pixel.\n");
  });

  test("its failure is told with what it said; the next one is asked", async () => {
    const program = await script("fail", 'echo "no model loaded" >&2; exit 3');
    const alone = await look(["--file", png], { env, config: cli(program, []) });
    expect(alone.exitCode).toBe(1);
    expect(alone.stderr).toContain("fail ended with exit code 3. It said: no model loaded");
    const models = [
      { command: program },
      { command: "nosuch-program-here" },
      { type: "cli" },
      { provider: "mine", model: "m" },
    ];
    const run = await look(["--file", png, "--json"], {
      env,
      config: { ...mine(), tools: { media: { image: { models } } } },
    });
    const { attempts, outputs } = envelope(run);
    expect(attempts.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
      "cli failed",
      "cli failed",
      "cli skipped",
      "mine success",
    ]);
    expect(attempts[1]?.error?.message).toContain("There is no program nosuch-program-here");
    expect(outputs).toMatchObject([{ text: "A single pixel." }]);
  });

  test("nothing printed is nothing; one that hangs is ended", async () => {
    const silent = await look(["--file", png], { env, config: cli("true", []) });
    expect([silent.exitCode, silent.stdout]).toEqual([9, ""]);
    const began = performance.now();
    const stuck = await look(["--file", png], { env, config: cli("sleep", ["30"], { timeoutSeconds: 0.2 }) });
    expect(stuck.exitCode).toBe(7);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("describe-many", () => {
  const config = mine();
  const files = (...names: string[]) => names.flatMap((name) => ["--file", name]);
  /** Says which of the numbered files it was shown: their bytes after the picture. */
  const numbered = async (count: number): Promise<string[]> => {
    const names = Array.from({ length: count }, (_, at) => folder.file(`numbered-${at}.gif`));
    for (const [at, name] of names.entries()) await writeFile(name, Buffer.concat([PIXEL, Buffer.from([0, at, at])]));
    return names;
  };
  const numberIn = (sent: string): number => {
    const [, data = ""] = /data:image\/gif;base64,([^"]+)"/.exec(sent) ?? [];
    return Buffer.from(data, "base64").at(-1) ?? -1;
  };

  test("one by one, in the order given, at most four at a time, whoever answers first", async () => {
    let most = 0;
    let now = 0;
    const answer: Behaviour = (socket, { body: sent }) => {
      most = Math.max(most, ++now);
      const number = numberIn(sent);
      setTimeout(
        () => {
          now--;
          respond(socket, 200, chat(`picture ${number}`));
        },
        60 - number * 5,
      );
    };
    const names = await numbered(10);
    const run = await lookAtAll([...files(...names), "--json"], { config, answer });
    const { outputs, attempts, provider, model, usage } = envelope(run);
    expect(outputs.map(({ path, text }) => [path, text])).toEqual(names.map((name, at) => [name, `picture ${at}`]));
    expect([most, attempts.length, provider, model]).toEqual([4, 10, "mine", "m"]);
    expect(usage).toMatchObject({ inputTokens: 50 });
  });

  test("large ones: as many at a time as fit in memory", async () => {
    let most = 0;
    let now = 0;
    const answer: Behaviour = (socket) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        respond(socket, 200, chat("seen"));
      }, 100);
    };
    const names = Array.from({ length: 5 }, (_, at) => folder.file(`large-${at}.gif`));
    for (const name of names) await writeFile(name, Buffer.concat([PIXEL, Buffer.alloc(9_500_000)]));
    const { outputs } = envelope(await lookAtAll([...files(...names), "--json"], { config, answer }));
    expect(outputs).toHaveLength(5);
    expect(most).toBe(2);
  }, 30_000);

  test("for people: each headed by its path, when there are several", async () => {
    const [a = "", b = ""] = await numbered(2);
    const { stdout, exitCode } = await lookAtAll(files(a, b), { config });
    expect({ stdout, exitCode }).toEqual({
      exitCode: 0,
      stdout: `${a}\nA single pixel.\n\n${b}\nA single pixel.\n`,
    });
    expect((await lookAtAll(files(a), { config })).stdout).toBe("A single pixel.\n");
  });

  test("some fail: the others are there, and each that failed is told of", async () => {
    const [a = "", b = "", c = ""] = await numbered(3);
    const answer: Behaviour = (socket, { body: sent }) =>
      numberIn(sent) === 1 ? respond(socket, 400, openaiError("too odd")) : respond(socket, 200, chat("seen"));
    const argv = files(a, "nosuch.png", b, "notes.png", c);
    const run = await lookAtAll([...argv, "--json"], { config, answer });
    const { error, outputs, attempts, ok } = envelope(run);
    expect([run.exitCode, ok, error?.type]).toEqual([10, false, "partial"]);
    expect(outputs.map(({ path }) => path)).toEqual([a, c]);
    expect(error?.message).toStartWith("3 of 5 images could not be described. ");
    expect(error?.message).toMatch(/nosuch\.png: There is no file .*numbered-1\.gif: mine\/m: too odd · notes\.png: /);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["success", "failed", "success"]);

    const text = await lookAtAll(argv, { config, answer });
    expect(text.exitCode).toBe(10);
    expect(text.stdout).toBe(`${a}\nseen\n\n${c}\nseen\n`);
    const lines = text.stderr.trim().split("\n");
    expect(lines[0]).toContain("infer: nosuch.png: There is no file");
    expect(lines[1]).toContain("numbered-1.gif: mine/m: too odd");
    expect(lines[2]).toContain("notes.png: ");
    expect(lines[3]).toBe("infer: 3 of 5 images could not be described.");
    expect(lines).toHaveLength(4);
  });

  test("all fail: as the first one did; one alone: as itself", async () => {
    const all = await lookAtAll([...files("nosuch.png", "notes.png"), "--json"], { config });
    expect([all.exitCode, envelope(all).outputs]).toEqual([4, []]);
    expect(envelope(all).error?.message).toContain("notes.png");
    const one = await lookAtAll(files("notes.png"), { config });
    expect(one.exitCode).toBe(2);
    expect(one.stderr).toStartWith("infer: ");
    expect(one.stderr.trim().split("\n")).toHaveLength(1);
  });

  test("each file has its own tries and fallbacks, and a retry names its own first try", async () => {
    const [a = "", b = ""] = await numbered(2);
    const failed = new Set<string>();
    const answer: Behaviour = (socket, { body: sent }) => {
      const again = failed.has(sent);
      failed.add(sent);
      if (sent.includes('"first"') && numberIn(sent) === 0) return respond(socket, 400, openaiError("not this one"));
      return again || numberIn(sent) === 0 ? respond(socket, 200, chat("seen")) : respond(socket, 500, "{}");
    };
    const argv = [...files(a, b), "--model", "mine/first", "--fallback", "mine/m", "--json"];
    const { attempts, outputs, provider, model } = envelope(await lookAtAll(argv, { config, answer }));
    expect(attempts.map((one) => [one.model, one.outcome, one.retryOf])).toEqual([
      ["first", "failed", undefined],
      ["m", "success", undefined],
      ["first", "failed", undefined],
      ["first", "success", 2],
    ]);
    expect(outputs.map(({ model: used }) => used)).toEqual(["m", "first"]);
    expect({ provider, model }).toEqual({ provider: "mine", model: "m" });
  });

  test("Ctrl-C: what is complete is told", async () => {
    const names = await numbered(6);
    const stop = new AbortController();
    const { InferError } = await import("../../../src/core/error.ts");
    const answer: Behaviour = (socket, { body: sent }) => {
      if (numberIn(sent) > 0) return;
      respond(socket, 200, chat("seen"));
      setTimeout(() => stop.abort(new InferError("interrupted", "Interrupted.")), 100);
    };
    const world = { signal: stop.signal };
    const run = await lookAtAll([...files(...names), "--json"], { config, answer, world });
    expect([run.exitCode, run.seen.length]).toEqual([130, 5]);
    expect(envelope(run).outputs).toMatchObject([{ path: names[0], text: "seen" }]);
  });

  test("memory does not grow with their number: 16 of 9.5 MB in less than 4 more would take", async () => {
    const server = Bun.serve({
      port: 0,
      maxRequestBodySize: 2 ** 30,
      fetch: async (request) => {
        await request.arrayBuffer();
        return new Response(chat("seen"));
      },
    });
    const names = Array.from({ length: 16 }, (_, at) => folder.file(`heavy-${at}.gif`));
    for (const name of names) await writeFile(name, Buffer.concat([PIXEL, Buffer.alloc(9_500_000)]));
    const settings = folder.file("heavy.json");
    await writeFile(settings, JSON.stringify(mine(undefined, { baseUrl: `http://127.0.0.1:${server.port}/v1` })));
    const peak = async (some: readonly string[]): Promise<number> => {
      const main = join(import.meta.dir, "../../../src/main.ts");
      const child = Bun.spawn({
        cmd: [process.execPath, main, "image", "describe-many", ...files(...some), "--config", settings, "--quiet"],
        env: { HOME: "/nowhere" },
        stdout: "ignore",
      });
      expect(await child.exited).toBe(0);
      return child.resourceUsage()?.maxRSS ?? 0;
    };
    const few = await peak(names.slice(0, 4));
    const many = await peak(names);
    await server.stop(true);
    // Four are under way at a time; each is there as bytes, as base64, and in the request.
    expect(many - few).toBeLessThan(150 * 1024 * 1024);
  }, 60_000);
});

describe("the embedded engine", () => {
  beforeAll(() => makeAssets(), 120_000);
  const words = folder.file("words.png");

  test("reads the text when nothing is set up, and says that it does no more", async () => {
    const run = await look(["--file", words, "--prompt", "What is it?", "--json"]);
    const { outputs, warnings, ignoredOverrides } = envelope(run);
    const { confidence, ...output } = outputs[0] ?? {};
    expect(output).toEqual({
      path: words,
      text: WORDS,
      provider: "local",
      model: "tesseract",
      kind: "image.ocr",
      format: "png",
      size: PICTURE.length,
      width: 176,
      height: 43,
    });
    expect(confidence).toBeWithin(0.9, 1.0001);
    expect(warnings).toEqual([`No model that sees is set up: only the text in ${words} was read.`]);
    expect(ignoredOverrides).toEqual([{ key: "prompt", value: "What is it?" }]);
    expect(run.asked).toEqual([]);
  }, 30_000);

  test("named, it needs no excuse; a picture without text is an empty result", async () => {
    const named = await look(["--file", words, "--provider", "local"]);
    expect([named.exitCode, named.stdout, named.stderr]).toEqual([0, `${WORDS}\n`, ""]);
    const blank = await look(["--file", png, "--model", "local/tesseract"]);
    expect([blank.exitCode, blank.stdout]).toEqual([9, ""]);
    const wrong = await look(["--file", png, "--model", "local/nosuch"]);
    expect(wrong.exitCode).toBe(4);
  }, 30_000);

  test("never when something else is set up, however that ends", async () => {
    const run = await look(["--file", words, "--json"], {
      env: { OPENAI_API_KEY: KEY },
      answer: answering(401, openaiError("no")),
    });
    expect([run.exitCode, envelope(run).attempts.map(({ provider }) => provider)]).toEqual([3, ["openai"]]);
  });
});
