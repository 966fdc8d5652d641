import { describe, expect, test } from "bun:test";
import { InferError } from "../../../src/core/error.ts";
import { findProvider, type KnownProvider, knownProviders } from "../../../src/engine/directory.ts";
import { Keyring } from "../../../src/engine/keyring.ts";
import { probe } from "../../../src/engine/probe.ts";
import { runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import {
  type Asked,
  bareContext,
  type Env,
  keyOf,
  known,
  loaded,
  machine,
  NOTHING,
  only,
  refs,
  rowsWith,
  select,
  withEnv,
} from "./selection.ts";

const OLLAMA = row("ollama");
const LMSTUDIO = row("lmstudio");
const VLLM = row("vllm");
const LOCAL = [OLLAMA, LMSTUDIO, VLLM];
const [OLLAMA_HOST, LMSTUDIO_HOST, VLLM_HOST] = ["127.0.0.1:11434", "localhost:1234", "127.0.0.1:8000"] as const;

function row(id: string): KnownProvider {
  const provider = findProvider(knownProviders(NOTHING), id);
  if (!provider) throw new Error(`there is no ${id}`);
  return provider;
}

const tags = (...names: string[]) => Response.json({ models: names.map((name) => ({ name, model: name, size: 1 })) });
const models = (...ids: string[]) =>
  Response.json({ object: "list", data: ids.map((id) => ({ id, object: "model" })) });

/** Accepts the connection and says nothing until it is closed. */
function hang(_: string, { signal }: RequestInit): Promise<Response> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Sends its headers, a part of its list, and nothing more until it is closed. */
function stall(_: string, { signal }: RequestInit): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"models":['));
        signal?.addEventListener("abort", () => controller.error(signal.reason), { once: true });
      },
    }),
  );
}

/** The patience of 400 ms, on a busy machine. */
const MOST_DELAY_MS = 1_500;

async function timed<T>(run: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  const value = await run();
  return { value, ms: performance.now() - started };
}

describe("a probe", () => {
  test("asks each for its models, at its own address, without a key", async () => {
    const sent: [string, RequestInit][] = [];
    const answer = (url: string, init: RequestInit): Response => {
      sent.push([url, init]);
      return url.endsWith("/api/tags") ? tags("gemma4") : models("m");
    };
    const { fetch } = machine({ [OLLAMA_HOST]: answer, [LMSTUDIO_HOST]: answer, [VLLM_HOST]: answer });
    await probe(new Keyring(bareContext({ fetch }), NOTHING), LOCAL);
    expect(sent.map(([url]) => url)).toEqual([
      "http://127.0.0.1:11434/api/tags",
      "http://localhost:1234/v1/models",
      "http://127.0.0.1:8000/v1/models",
    ]);
    for (const [, { method, headers }] of sent) {
      expect(method).toBe("GET");
      expect([...new Headers(headers).keys()]).not.toContain("authorization");
    }
  });

  test("asks all of them before the first has answered", async () => {
    const everyone = Promise.withResolvers<void>();
    const wait = async (url: string): Promise<Response> => {
      if (asked.length === 3) everyone.resolve();
      await everyone.promise;
      return url.endsWith("/api/tags") ? tags("m") : models("m");
    };
    const { fetch, asked } = machine({ [OLLAMA_HOST]: wait, [LMSTUDIO_HOST]: wait, [VLLM_HOST]: wait });
    expect(refs(await probe(new Keyring(bareContext({ fetch }), NOTHING), LOCAL))).toEqual([
      "ollama/m",
      "lmstudio/m",
      "vllm/m",
    ]);
  });

  test("hands out those that answer in the given order, not in the order of their answers", async () => {
    const slow = async (): Promise<Response> => {
      await Bun.sleep(20);
      return tags("gemma4");
    };
    const { fetch } = machine({ [OLLAMA_HOST]: slow, [VLLM_HOST]: () => models("m") });
    expect(refs(await probe(new Keyring(bareContext({ fetch }), NOTHING), LOCAL))).toEqual(["ollama/gemma4", "vllm/m"]);
  });

  test.each([
    ["ollama", () => tags("nomic-embed-text:latest", "all-minilm", "llama3.2:1b", "gemma4"), "llama3.2:1b"],
    ["lmstudio", () => models("text-embedding-nomic-embed-text-v1.5", "qwen3-4b"), "qwen3-4b"],
  ] as const)("takes the first model of %s that gives text", async (id, reply, model) => {
    const { fetch } = machine({ [OLLAMA_HOST]: reply, [LMSTUDIO_HOST]: reply });
    expect(refs(await probe(new Keyring(bareContext({ fetch }), NOTHING), [row(id)]))).toEqual([`${id}/${model}`]);
  });

  test.each([
    ["has no model", () => tags()],
    ["has models for embeddings only", () => tags("nomic-embed-text:latest")],
    ["is something else, which answers a web page", () => new Response("<html>hello</html>")],
    ["is something else, which answers other JSON", () => Response.json({ ok: true })],
    ["is something else, which answers null", () => Response.json(null)],
    ["wants a key", () => new Response("no", { status: 401 })],
    ["has no such page", () => new Response("no", { status: 404 })],
    ["is broken", () => Response.json({ models: [{ name: "gemma4" }] }, { status: 500 })],
    ["points to another machine", () => Response.redirect("https://elsewhere.example/api/tags", 307)],
    ["answers nothing", () => new Response(null)],
  ] as [string, () => Response][])("passes over a server that %s", async (_, serve) => {
    const { fetch, asked } = machine({ [OLLAMA_HOST]: serve });
    expect(await probe(new Keyring(bareContext({ fetch }), NOTHING), [OLLAMA])).toEqual([]);
    expect(asked).toEqual(["http://127.0.0.1:11434/api/tags"]);
  });

  test("passes over an address that cannot be asked", async () => {
    const baseUrls = ["", "not a url", "ftp://127.0.0.1"];
    const providers = baseUrls.map((baseUrl) => known({ baseUrl, text: { protocol: "openai-chat" } }));
    const { fetch, asked } = machine();
    expect(await probe(new Keyring(bareContext({ fetch }), NOTHING), providers)).toEqual([]);
    expect(asked).toEqual([]);
  });

  test.each([
    ["hang", hang],
    ["stop in the middle of their answer", stall],
  ])("is over at the same moment for all that %s, and hears the one that answers", async (_, silent) => {
    const hosts = [1, 2, 3, 4, 5, 6, 7, 8].map((port) => `127.0.0.1:${port}`);
    const many = hosts.map((host) => known({ baseUrl: `http://${host}/v1`, text: { protocol: "openai-chat" } }));
    const servers = { ...Object.fromEntries(hosts.map((host) => [host, silent])), [VLLM_HOST]: () => models("m") };
    const { value, ms } = await timed(() =>
      probe(new Keyring(bareContext({ fetch: machine(servers).fetch }), NOTHING), [...many, VLLM]),
    );
    expect(refs(value)).toEqual(["vllm/m"]);
    // Eight that were waited for in turn would take 3200 ms.
    expect(ms).toBeLessThan(MOST_DELAY_MS);
  });

  test("closes what it has stopped waiting for", async () => {
    let closed = false;
    const serve = (url: string, init: RequestInit): Promise<Response> => {
      init.signal?.addEventListener("abort", () => {
        closed = true;
      });
      return hang(url, init);
    };
    await probe(new Keyring(bareContext({ fetch: machine({ [OLLAMA_HOST]: serve }).fetch }), NOTHING), [OLLAMA]);
    expect(closed).toBe(true);
  });

  test("does not outlast the deadline", async () => {
    const context = bareContext({ fetch: machine({ [OLLAMA_HOST]: hang }).fetch });
    context.endsAt = context.now() + 20;
    const { ms } = await timed(async () => await probe(new Keyring(context, NOTHING), [OLLAMA]).catch(() => null));
    expect(ms).toBeLessThan(300);
  });

  test("ends with Ctrl-C, and is not told as nobody there", async () => {
    const controller = new AbortController();
    const { fetch } = machine({ [OLLAMA_HOST]: hang });
    const run = probe(new Keyring(bareContext({ fetch, signal: controller.signal }), NOTHING), [OLLAMA]);
    controller.abort(new InferError("interrupted", "Interrupted.", { exitCode: 143 }));
    expect(await rejection(run)).toMatchObject({ type: "interrupted", exitCode: 143 });
  });
});

/** The same through the choice, for the rows that say they can be probed. */
describe.if(rowsWith("probe").length > 0)("4: a server on this machine", () => {
  const PROBED = rowsWith("probe");
  const hasOllama = PROBED.some(({ id }) => id === "ollama");
  /** Every server that could be asked, and each would answer. */
  const everywhere = () =>
    machine(
      Object.fromEntries(
        PROBED.map(({ baseUrl }) => [
          new URL(baseUrl).host,
          (url: string) => (url.endsWith("/api/tags") ? tags("m") : models("m")),
        ]),
      ),
    );

  test.if(hasOllama)("is chosen with its first model that gives text when nothing is set up", async () => {
    const { fetch } = machine({ [OLLAMA_HOST]: () => tags("nomic-embed-text:latest", "llama3.2:1b", "gemma4") });
    const candidate = await only({}, NOTHING, bareContext({ fetch }));
    expect(refs([candidate])).toEqual(["ollama/llama3.2:1b"]);
    expect(candidate.problem).toBeUndefined();
    expect(candidate.reason).toContain("on this machine");
    expect({ key: await keyOf(candidate), source: candidate.credential?.source }).toEqual({
      key: null,
      source: "no key needed",
    });
  });

  test.if(hasOllama)("gives the answer of a whole run", async () => {
    const chat = '{"model":"m","message":{"role":"assistant","content":"pong"},"done":true,"done_reason":"stop"}\n';
    const serve = (url: string): Response => (url.endsWith("/api/tags") ? tags("gemma4") : new Response(chat));
    const { fetch } = machine({ [OLLAMA_HOST]: serve });
    const run = await runInProcess(["model", "run", "--prompt", "ping", "--json"], {
      env: { HOME: "/nowhere" },
      fetch,
    });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: true, provider: "ollama", model: "gemma4" });
  });

  test("that comes first in the table is taken when several answer", async () => {
    const { fetch } = everywhere();
    expect((await only({}, NOTHING, bareContext({ fetch }))).provider.id).toBe(PROBED[0]?.id ?? "");
  });

  test("is followed by the fallbacks that argv names", async () => {
    const { fetch } = everywhere();
    const [first, second] = await select({ fallback: ["groq/x"] }, NOTHING, bareContext({ fetch }));
    expect(refs(first ? [first] : [])).toEqual([`${PROBED[0]?.id}/m`]);
    expect(refs(second ? [second] : [])).toEqual(["groq/x"]);
  });

  test("is asked for once, and only at the addresses of the table", async () => {
    const { fetch, asked } = everywhere();
    await only({}, NOTHING, bareContext({ fetch }));
    expect(asked.map((url) => new URL(url).host).toSorted()).toEqual(
      PROBED.map(({ baseUrl }) => new URL(baseUrl).host).toSorted(),
    );
  });

  const MINE = { mine: { baseUrl: "http://127.0.0.1:9/v1", models: [{ id: "m1" }] } };
  const DEFAULT = { agents: { defaults: { model: "anthropic/claude-x" } } };
  test.each([
    ["there is a key", {}, withEnv({ GROQ_API_KEY: "k" })],
    ["the config has a default, even one without a key", {}, loaded(DEFAULT)],
    ["the config names a server of the user's own", {}, loaded({ models: { providers: MINE } })],
    ["--model names another", { model: "openai/x" }, NOTHING],
    ["--model names it", { model: "ollama/x" }, NOTHING],
    ["--model names one without a default model", { model: "lmstudio/x" }, NOTHING],
    ["--model has no provider", { model: "x" }, NOTHING],
    ["--model comes with fallbacks", { model: "groq/x", fallback: ["ollama/x", "lmstudio/y"] }, NOTHING],
    ["--provider names another", { provider: "groq" }, NOTHING],
    ["--provider comes with --model", { provider: "lmstudio", model: "x" }, NOTHING],
    ["it is about embeddings", { service: "embedding" }, NOTHING],
    ["it is about speech", { service: "speech" }, NOTHING],
  ] as [string, Asked, typeof NOTHING][])("is not asked when %s", async (_, wanted, from) => {
    const { fetch, asked } = everywhere();
    await select(wanted, from, bareContext({ fetch }));
    expect(asked).toEqual([]);
  });

  const UNNAMED = PROBED.find(({ text }) => text && text.defaultModel === undefined);

  test.if(UNNAMED !== undefined)(
    "that --provider names says itself which model it has, and no other is asked",
    async () => {
      const { fetch, asked } = everywhere();
      const id = UNNAMED?.id ?? "";
      expect(refs(await select({ provider: id }, NOTHING, bareContext({ fetch })))).toEqual([`${id}/m`]);
      expect(asked).toHaveLength(1);
    },
  );

  test.if(UNNAMED !== undefined)("that --provider names and is not there: why it is not, and what to do", async () => {
    const { problem } = await only({ provider: UNNAMED?.id ?? "" }, NOTHING);
    expect(problem?.type).toBe("network");
    expect(problem?.details.hint).toContain(`Start it: ${UNNAMED?.start}`);
    expect(problem?.details.hint).toContain(`--model ${UNNAMED?.id}/<model>`);
  });

  test.each([
    ["nobody is there", {}],
    ["there is something else", { [OLLAMA_HOST]: () => new Response("hello"), [VLLM_HOST]: () => models() }],
  ])("6: %s: exit 3, and what to do", async (_, servers) => {
    const world = { env: { HOME: "/nowhere" } as Env, fetch: machine(servers).fetch };
    const { stdout, exitCode } = await runInProcess(["model", "run", "--prompt", "x", "--json"], world);
    const { ok, error, attempts } = JSON.parse(stdout);
    expect({ exitCode, ok, type: error.type, attempts }).toEqual({
      exitCode: 3,
      ok: false,
      type: "auth",
      attempts: [],
    });
    expect(error.hint).toContain("OPENAI_API_KEY");
    expect(error.hint).toContain("ollama/");
  });

  test("6: they all hang: exit 3, soon", async () => {
    const servers = Object.fromEntries(PROBED.map(({ baseUrl }) => [new URL(baseUrl).host, hang]));
    const context = bareContext({ fetch: machine(servers).fetch });
    const { value, ms } = await timed(() => rejection(select({}, NOTHING, context)));
    expect({ type: value.type, exitCode: value.exitCode }).toEqual({ type: "auth", exitCode: 3 });
    expect(ms).toBeLessThan(MOST_DELAY_MS);
  });

  test("Ctrl-C in the meantime is exit 130", async () => {
    const controller = new AbortController();
    const stop = (url: string, init: RequestInit): Promise<Response> => {
      queueMicrotask(() => controller.abort(new InferError("interrupted", "Interrupted.")));
      return hang(url, init);
    };
    const servers = Object.fromEntries(PROBED.map(({ baseUrl }) => [new URL(baseUrl).host, stop]));
    const { exitCode } = await runInProcess(["model", "run", "--prompt", "x"], {
      env: { HOME: "/nowhere" },
      fetch: machine(servers).fetch,
      signal: controller.signal,
    });
    expect(exitCode).toBe(130);
  });
});
