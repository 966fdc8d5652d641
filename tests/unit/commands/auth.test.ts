import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SecretLine } from "../../../src/output/secret-prompt.ts";
import { type CliRun, type FakeWorld, runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const KEY = "sk-test-THE-KEY-0123456789";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

interface World extends FakeWorld {
  config?: unknown;
}

/** Runs a verb of `model auth`; no form of the key may come out of any of them. */
async function auth(argv: string[], { config, env, ...world }: World = {}): Promise<CliRun> {
  if (config !== undefined) put("openclaw.json", config);
  const paths = { HOME: folder.path, INFER_KEYCHAIN: "off", OPENCLAW_CONFIG_PATH: folder.file("openclaw.json") };
  const run = await runInProcess(["model", "auth", ...argv], { ...world, env: { ...paths, ...env } });
  for (const text of [run.stdout, run.stderr]) {
    for (const form of [KEY, encodeURIComponent(KEY), btoa(KEY), KEY.slice(3, 15), KEY.slice(-10)]) {
      expect(text).not.toContain(form);
    }
  }
  return run;
}

const login = (provider: string, world: World = {}, ...more: string[]): Promise<CliRun> =>
  auth(["login", "--provider", provider, ...more], world);
const piped = (text: string): World => ({ stdin: { kind: "pipe", text } });

function put(path: string, content: unknown): void {
  const file = folder.file(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

const STORE = ".local/state/infer/auth.json";
const stored = () => JSON.parse(readFileSync(folder.file(STORE), "utf8")).profiles;
const usage = ({ exitCode, error }: CliRun) => ({
  exitCode,
  type: error?.type,
  text: `${error?.message} ${error?.details.hint}`,
});

describe("login", () => {
  test("takes the key from a pipe, asked for or not", async () => {
    const place = folder.file(STORE);
    const run = await login("openai", piped(`${KEY}\r\n`), "--api-key", "-", "--json");
    expect(JSON.parse(run.stdout)).toEqual({ provider: "openai", profile: "openai:default", storedIn: place });
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
    const other = await login("groq", piped(` ${KEY} \n`));
    expect([other.exitCode, other.stdout, other.stderr]).toEqual([0, `groq:default is saved in ${place}\n`, ""]);
    expect(stored()).toEqual({
      "openai:default": { type: "api_key", provider: "openai", key: KEY },
      "groq:default": { type: "api_key", provider: "groq", key: KEY },
    });
  });

  test("asks for it on a terminal", async () => {
    const run = await login("openai", { stdin: { kind: "terminal" }, secret: KEY });
    expect([run.exitCode, run.stderr]).toEqual([0, "Key for OpenAI: "]);
    expect(stored()["openai:default"].key).toBe(KEY);
  });

  test("takes it from argv, and says who else can see it there", async () => {
    const run = await login("openai", {}, "--api-key", KEY);
    expect([run.exitCode, stored()["openai:default"].key]).toEqual([0, KEY]);
    expect(run.stderr).toContain("can be seen by others");
    expect((await login("openai", {}, "--api-key", KEY, "--quiet")).stderr).toBe("");
  });

  test("by an alias, or to a provider that only the config knows", async () => {
    await login("gemini", piped(KEY));
    await login("Mine", {
      ...piped(KEY),
      config: { models: { providers: { Mine: { baseUrl: "https://x.example/v1" } } } },
    });
    expect(Object.keys(stored())).toEqual(["google:default", "Mine:default"]);
    const status = await auth(["status", "--json", "--provider", "Mine"]);
    expect(JSON.parse(status.stdout).auth.providers[0].source).toBe(`Mine:default in ${folder.file(STORE)}`);
  });

  test("without a key and without a terminal it says how to pipe one in", async () => {
    const error = usage(await login("openai"));
    expect(error).toMatchObject({ exitCode: 2, type: "usage" });
    expect(error.text).toContain("--api-key -");
  });

  test.each([
    ["blank", "  \n"],
    ["two lines", `${KEY}\n${KEY}\n`],
    ["a control character", `${KEY.slice(0, 8)}\u0007${KEY.slice(8)}`],
    ["a letter that no header takes", `${KEY}é`],
    ["a blank", `${KEY} x`],
  ])("a key with %s is refused", async (_, text) => {
    for (const run of [
      await login("openai", piped(text)),
      await login("openai", { stdin: { kind: "terminal" }, secret: text }),
      await login("openai", {}, "--api-key", text),
    ]) {
      expect(usage(run)).toMatchObject({ exitCode: 2, type: "usage" });
    }
    expect(() => stored()).toThrow();
  });

  test("a key that is endless is refused", async () => {
    expect(usage(await login("openai", piped("x".repeat(70_000))))).toMatchObject({ type: "usage" });
  });

  test("a provider that nobody knows", async () => {
    const error = usage(await login("opnai", {}, "--api-key", KEY));
    expect(error).toMatchObject({ exitCode: 4, type: "not_found" });
    expect(error.text).toContain("Did you mean openai?");
  });

  test.each([
    ["ollama", "OLLAMA_API_KEY"],
    ["local", "need no login"],
    ["openai-codex", "codex login"],
    ["google-vertex", "no key to save"],
  ])("%s has nothing to log in with", async (provider, words) => {
    const error = usage(await login(provider, piped(KEY)));
    expect(error).toMatchObject({ exitCode: 2, type: "usage" });
    expect(error.text).toContain(words);
  });

  test("what comes before the saved key is said", async () => {
    const config = { models: { providers: { openai: { baseUrl: "https://x.example/v1", apiKey: "sk-configured" } } } };
    const run = await login("openai", { ...piped(KEY), config });
    expect(run.stderr).toBe(
      "infer: warning: models.providers.openai.apiKey is set as well, and comes before the saved key.\n",
    );
  });

  test("a variable does not come before it", async () => {
    const run = await login("openai", { ...piped(KEY), env: { OPENAI_API_KEY: "sk-env" } });
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
  });

  test("a store that is broken is left, and said", async () => {
    put(STORE, "{");
    const run = await login("openai", piped(KEY));
    expect([run.exitCode, run.error?.type, readFileSync(folder.file(STORE), "utf8")]).toEqual([11, "io", "{"]);
  });
});

describe("what is no key", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what was typed.
  test.each(["${OPENAI_API_KEY}", "$OPENAI_API_KEY"])("%s, which the shell has not filled in", async (text) => {
    const run = await login("openai", piped(text));
    expect([run.exitCode, run.error?.type, run.error?.details.hint]).toEqual([
      2,
      "usage",
      expect.stringMatching(/shell/),
    ]);
  });

  test("several lines, pasted on the terminal or piped", async () => {
    const line = new SecretLine(() => undefined);
    expect(line.take(new TextEncoder().encode("first-key\rsecond-key\r"))).toBe("done");
    for (const world of [
      piped("first-key\nsecond-key\n"),
      { stdin: { kind: "terminal" }, secret: line.text } as const,
    ]) {
      expect((await login("openai", world)).exitCode).toBe(2);
    }
    const one = new SecretLine(() => undefined);
    expect(one.take(new TextEncoder().encode("first-key\r\n"))).toBe("done");
    expect(one.text).toBe("first-key");
  });
});

test("without a home, status says that nothing can be saved", async () => {
  const run = await auth(["status"], { env: { HOME: "" } });
  expect(run.stdout).toContain("New keys cannot be saved: there is no home folder.");
});

describe("login with a browser", () => {
  /** Runs the login against an OpenRouter of the test's own, and goes where it says. */
  async function run(
    visit: (page: URL) => Promise<unknown>,
    answer: (body: Record<string, string>) => Response | Promise<Response>,
    patienceMs = 5_000,
  ): Promise<CliRun> {
    using server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/api/v1/auth/keys"]);
        return answer((await request.json()) as Record<string, string>);
      },
    });
    const config = { models: { providers: { openrouter: { baseUrl: `${server.url}api/v1` } } } };
    const onStderr = (text: string): void => {
      const page = /https?:\/\/\S+/.exec(text)?.[0];
      if (page) void visit(new URL(page));
    };
    return await login("openrouter", { config, onStderr }, "--method", "browser", "--timeout-ms", String(patienceMs));
  }

  const callback = (page: URL, query: string, change = (url: string) => url): Promise<Response> =>
    fetch(`${change(page.searchParams.get("callback_url") ?? "").replace("localhost", "127.0.0.1")}?${query}`);

  test("exchanges the code for a key, with the verifier of the challenge", async () => {
    let page: URL | undefined;
    let shown = "";
    const result = await run(
      async (url) => {
        page = url;
        shown = await (await callback(url, "code=the-code")).text();
      },
      ({ code, code_verifier, code_challenge_method }) => {
        const digest = new Bun.CryptoHasher("sha256").update(code_verifier ?? "").digest("base64url");
        expect([code, code_challenge_method, digest]).toEqual([
          "the-code",
          "S256",
          page?.searchParams.get("code_challenge") ?? "",
        ]);
        return Response.json({ key: KEY, user_id: "u" });
      },
    );
    expect(result.exitCode).toBe(0);
    expect(page?.pathname).toBe("/auth");
    expect(page?.searchParams.get("code_challenge_method")).toBe("S256");
    expect(page?.searchParams.get("callback_url")).toMatch(/^http:\/\/localhost:\d+\/callback\/[\w-]{43}$/);
    expect(shown).toContain("You are logged in");
    expect(stored()["openrouter:default"]).toEqual({ type: "api_key", provider: "openrouter", key: KEY });
  });

  test("a call with another state is not listened to", async () => {
    const statuses: number[] = [];
    const result = await run(
      async (url) => {
        statuses.push((await callback(url, "code=evil", (text) => `${text}x`)).status);
        statuses.push((await callback(url, "code=evil", (text) => text.replace(/callback.*/, "callback/"))).status);
        statuses.push((await callback(url, "nothing")).status);
        await callback(url, "code=good");
      },
      ({ code }) => {
        expect(code).toBe("good");
        return Response.json({ key: KEY });
      },
    );
    expect([result.exitCode, statuses]).toEqual([0, [404, 404, 400]]);
  });

  test("a refusal is auth, in OpenRouter's words", async () => {
    const denied = await run(
      (url) => callback(url, "error=access_denied"),
      () => Response.json({}),
    );
    expect([denied.exitCode, denied.error?.message]).toEqual([3, "OpenRouter did not let you in: access_denied"]);
    const refused = await run(
      (url) => callback(url, "code=old"),
      () => Response.json({ error: { message: "Invalid code or code_verifier", code: 403 } }, { status: 403 }),
    );
    expect([refused.exitCode, refused.error?.message]).toEqual([
      3,
      "OpenRouter gave no key: Invalid code or code_verifier",
    ]);
  });

  test.each([
    [429, { "retry-after": "7" }, "busy", { type: "rate_limited", details: { retryAfterMs: 7000, retryable: true } }],
    [503, {}, "down", { type: "provider_error", details: { retryable: true } }],
    [200, {}, "{}", { type: "provider_error" }],
    [302, {}, "", { type: "provider_error" }],
    [400, {}, "{}", { type: "auth" }],
  ])(
    "an exchange that ends in %d is typed, and the page does not say that it worked",
    async (status, headers, body, wanted) => {
      let shown = "";
      const { error } = await run(
        async (url) => {
          shown = await (await callback(url, "code=c")).text();
        },
        () => new Response(body, { status, headers }),
      );
      expect(error).toMatchObject(wanted);
      while (shown === "") await Bun.sleep(5);
      expect(shown).toContain("did not succeed");
    },
  );

  test("an exchange that hangs is no absence of the user", async () => {
    const { error } = await run(
      (url) => callback(url, "code=c"),
      () => new Promise<Response>(() => undefined),
      300,
    );
    expect(error).toMatchObject({ type: "timeout", message: expect.stringContaining("did not give a key") });
  });

  test("nobody comes: the deadline ends it", async () => {
    const result = await run(
      async () => {},
      () => Response.json({}),
      100,
    );
    expect([result.exitCode, result.error?.type]).toEqual([7, "timeout"]);
  });

  test("other providers say to paste a key", async () => {
    const error = usage(await login("openai", {}, "--method", "browser"));
    expect(error).toMatchObject({ exitCode: 2 });
    expect(error.text).toContain("Paste a key");
    expect(usage(await login("openrouter", {}, "--method", "browser", "--api-key", KEY))).toMatchObject({
      exitCode: 2,
    });
  });
});

describe("logout", () => {
  test("removes infer's own, and is done when there is nothing", async () => {
    await login("openai", piped(KEY));
    const run = await auth(["logout", "--provider", "openai", "--json"]);
    expect(JSON.parse(run.stdout)).toEqual({ provider: "openai", removedProfiles: ["openai:default"] });
    const again = await auth(["logout", "--provider", "openai", "--json"]);
    expect([again.exitCode, JSON.parse(again.stdout)]).toEqual([0, { provider: "openai", removedProfiles: [] }]);
  });

  test("says what is left", async () => {
    put(".openclaw/agents/main/agent/auth-profiles.json", {
      profiles: { "openai:work": { type: "api_key", provider: "openai", key: KEY } },
    });
    const run = await auth(["logout", "--provider", "openai"]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain("OpenClaw still has a login for OpenAI: openai:work in ");
    const other = await auth(["logout", "--provider", "groq", "--json"], { env: { GROQ_API_KEY: KEY } });
    expect(other.stderr).toContain("There is still a credential for Groq: GROQ_API_KEY.");
  });

  test("a provider that nobody knows and nothing was saved for", async () => {
    expect(usage(await auth(["logout", "--provider", "opnai"]))).toMatchObject({ exitCode: 4, type: "not_found" });
    put(STORE, { version: 1, profiles: { "was:default": { type: "api_key", provider: "was", key: KEY } } });
    expect((await auth(["logout", "--provider", "was"])).stdout).toBe("Removed was:default\n");
  });
});

describe("status", () => {
  const status = async (world: World = {}, ...more: string[]) => {
    const run = await auth(["status", "--json", ...more], world);
    return { ...run, value: JSON.parse(run.stdout) };
  };

  test("has OpenClaw's shape when nothing is set up", async () => {
    const { value, exitCode } = await status();
    expect(exitCode).toBe(0);
    expect(value).toEqual({
      configPath: null,
      agentDir: folder.file(".openclaw/agents/main/agent"),
      defaultModel: expect.stringMatching(/^openai\//),
      resolvedDefault: expect.stringMatching(/^openai\//),
      fallbacks: [],
      imageModel: "",
      imageFallbacks: [],
      aliases: {},
      allowed: [],
      auth: {
        storePath: folder.file(STORE),
        store: "file",
        shellEnvFallback: { enabled: false, appliedKeys: [] },
        providersWithOAuth: [],
        missingProvidersInUse: [],
        providers: [],
        unusableProfiles: [],
        oauth: { warnAfterMs: 86_400_000, profiles: [], providers: [] },
      },
    });
  });

  test("tells where each credential comes from", async () => {
    await login("openai", piped(KEY));
    put(".openclaw/agents/main/agent/auth-profiles.json", {
      profiles: {
        "mistral:x": {
          type: "api_key",
          provider: "mistral",
          keyRef: { source: "env", provider: "default", id: "MY_KEY" },
        },
        "old:x": { type: "token", provider: "mistral", token: KEY, expires: 5 },
        "openai:chatgpt": {
          type: "oauth",
          provider: "openai",
          access: KEY,
          refresh: KEY,
          expires: Date.now() + 60_000,
        },
      },
    });
    const config = {
      agents: {
        defaults: {
          model: { primary: "deepseek/deepseek-v4-flash", fallbacks: ["openai/gpt-5.5"] },
          imageModel: "google/x",
          models: { "openai/gpt-5.5": { alias: "best" } },
        },
      },
      models: { providers: { mine: { baseUrl: "https://x.example/v1", apiKey: KEY } } },
    };
    const { value } = await status({ config, env: { GROQ_API_KEY: KEY, XAI_API_KEY: "short-key", MY_KEY: KEY } });
    const byProvider = Object.fromEntries(value.auth.providers.map((row: { provider: string }) => [row.provider, row]));
    const none = { count: 0, oauth: 0, token: 0, apiKey: 0, labels: [] };
    expect(byProvider.groq).toEqual({
      provider: "groq",
      source: "GROQ_API_KEY",
      effective: { kind: "env", detail: "sk...89" },
      profiles: none,
      env: { value: "sk...89", source: "GROQ_API_KEY" },
    });
    expect(byProvider.xai.env.value).toBe("****");
    expect(byProvider.openai).toMatchObject({
      source: `openai:default in ${folder.file(STORE)}`,
      effective: { kind: "profiles", detail: folder.file(STORE) },
      profiles: { count: 1, apiKey: 1, labels: ["openai:default=sk...89"] },
    });
    expect(byProvider.mistral.profiles.labels).toEqual(["mistral:x=ref(env:MY_KEY)"]);
    expect(byProvider.mine).toMatchObject({
      source: "models.providers.mine.apiKey",
      effective: { kind: "models.json", detail: "sk...89" },
      modelsJson: { value: "sk...89", source: `${folder.file("openclaw.json")}: models.providers.mine.apiKey` },
    });
    expect(byProvider["openai-codex"]).toMatchObject({
      profiles: { oauth: 1, labels: ["openai:chatgpt=OAuth"] },
    });
    expect(byProvider.deepseek).toMatchObject({ source: null, effective: { kind: "missing", detail: "missing" } });
    expect(value).toMatchObject({
      configPath: folder.file("openclaw.json"),
      defaultModel: "deepseek/deepseek-v4-flash",
      resolvedDefault: "deepseek/deepseek-v4-flash",
      fallbacks: ["openai/gpt-5.5"],
      imageModel: "google/x",
      aliases: { best: "openai/gpt-5.5" },
      allowed: ["openai/gpt-5.5"],
    });
    expect(value.auth).toMatchObject({
      providersWithOAuth: ["openai-codex (1)"],
      missingProvidersInUse: ["deepseek", "google"],
      unusableProfiles: [{ profileId: "old:x", kind: "expired" }],
    });
    expect(value.auth.oauth.profiles).toMatchObject([
      { profileId: "openai:chatgpt", provider: "openai-codex", type: "oauth", status: "expiring", source: "store" },
    ]);
    expect(value.auth.oauth.providers).toMatchObject([{ provider: "openai-codex", status: "expiring" }]);
  });

  test("what counts is told by who has it, not by how its name reads", async () => {
    const effective = async (world: World): Promise<unknown> => {
      const { value } = await status(world, "--provider", "openai");
      return value.auth.providers[0].effective;
    };
    const reference = { source: "env", provider: "default", id: "MY_KEY" };
    const config = { models: { providers: { openai: { apiKey: reference } } } };
    expect(await effective({ config, env: { MY_KEY: KEY, OPENAI_API_KEY: KEY } })).toEqual({
      kind: "models.json",
      detail: "ref(env:MY_KEY)",
    });
    // The config's key is not there, and the variable that counts has the reference's name in its own.
    const short = { models: { providers: { openai: { apiKey: { ...reference, id: "OPENAI" } } } } };
    expect(await effective({ config: short, env: { OPENAI_API_KEY: KEY } })).toEqual({
      kind: "env",
      detail: "sk...89",
    });
    put("openclaw.json", {});
    expect(await effective({})).toEqual({ kind: "missing", detail: "missing" });
    await login("openai", piped(KEY));
    expect(await effective({})).toEqual({ kind: "profiles", detail: folder.file(STORE) });
    expect(await effective({ env: { OPENAI_API_KEY: KEY } })).toMatchObject({ kind: "profiles" });
  });

  test("what a scheme finds by itself, and what needs no key, is synthetic", async () => {
    const adc = folder.file("adc.json");
    put("adc.json", {});
    const world = { env: { GOOGLE_APPLICATION_CREDENTIALS: adc } };
    const vertex = (await status(world, "--provider", "google-vertex")).value.auth.providers[0];
    expect(vertex.effective).toEqual({ kind: "synthetic", detail: "GOOGLE_APPLICATION_CREDENTIALS" });
    const ollama = (await status({}, "--provider", "ollama")).value.auth.providers[0];
    expect(ollama.effective).toEqual({ kind: "synthetic", detail: "no key needed" });
  });

  test("the table has no mask either", async () => {
    await login("openai", piped(KEY));
    const { stdout } = await auth(["status"], { env: { GROQ_API_KEY: KEY } });
    expect(stdout).toMatch(
      /^PROVIDER +FROM +STATE\ngroq +GROQ_API_KEY +set\nopenai +openai:default in \S+ +set\n\nNew keys are saved in \S+auth\.json \(INFER_KEYCHAIN=off\)\n$/,
    );
    expect(stdout).not.toContain("...");
  });

  test("one provider, also when it has none", async () => {
    const { value, exitCode } = await status({}, "--provider", "gemini");
    expect(value.auth.providers.map((row: { provider: string }) => row.provider)).toEqual(["google"]);
    expect(exitCode).toBe(0);
    expect((await auth(["status", "--provider", "opnai"])).exitCode).toBe(4);
  });
});

describe("status --check", () => {
  let active = 0;
  let most = 0;

  async function checked(names: string[], ...more: string[]) {
    active = most = 0;
    using server = Bun.serve({
      port: 0,
      async fetch(request) {
        most = Math.max(most, ++active);
        await Bun.sleep(20);
        active--;
        const [, vendor = ""] = new URL(request.url).pathname.split("/");
        const isLetIn = request.headers.get("authorization") === `Bearer ${KEY}`;
        const list = Response.json({ data: [{ id: "m" }] });
        if (vendor.startsWith("good")) return isLetIn ? list : new Response("", { status: 401 });
        if (vendor === "public") return list;
        if (vendor === "refusing") return Response.json({ error: { message: `No such key: ${KEY}` } }, { status: 401 });
        if (vendor === "broken") return new Response("<html>", { status: 500 });
        return new Response("", { status: 404 });
      },
    });
    const providers = names.map((name) => [name, { baseUrl: `http://host.test:${server.port}/${name}`, apiKey: KEY }]);
    // A name that is not loopback, so that the key counts; no DNS is asked for it.
    const fetch = ((url: string, init: RequestInit) =>
      globalThis.fetch(url.replace("host.test", "127.0.0.1"), init)) as typeof globalThis.fetch;
    const config = { models: { providers: Object.fromEntries(providers) } };
    const run = await auth(["status", "--check", "--json", ...more], { config, fetch });
    const rows: {
      provider: string;
      check: { result: string; status?: number; message?: string; latencyMs: number };
    }[] = JSON.parse(run.stdout).auth.providers;
    return { run, rows: Object.fromEntries(rows.map(({ provider, check }) => [provider, check])) };
  }

  test("says of each whether it is taken, in the provider's words", async () => {
    const { run, rows } = await checked(["good", "public", "refusing", "broken", "listless"]);
    expect(run.exitCode).toBe(3);
    expect(rows).toMatchObject({
      good: { result: "ok", status: 200 },
      public: { result: "unknown", status: 200 },
      refusing: { result: "refused", status: 401, message: "No such key: [redacted]" },
      broken: { result: "failed", status: 500 },
      listless: { result: "unknown", status: 404 },
    });
    expect(rows.good?.latencyMs).toBeGreaterThanOrEqual(15);
  });

  test("the exit code tells refused from failed", async () => {
    expect((await checked(["good", "broken"])).run.exitCode).toBe(1);
    expect((await checked(["good", "public", "listless"])).run.exitCode).toBe(0);
  });

  test("eight at a time", async () => {
    await checked(Array.from({ length: 20 }, (_, at) => `good${at}`));
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(8);
  });

  test("one that was asked for and has no credential is no success", async () => {
    const run = await auth(["status", "--check", "--provider", "openai"]);
    expect([run.exitCode, run.stdout]).toEqual([
      3,
      expect.stringContaining("openai    -     unknown: No key for OpenAI"),
    ]);
  });

  test("goes the way that the config says, with and without the credential", async () => {
    const ways: unknown[] = [];
    const fetch = (async (_: string, init: BunFetchRequestInit) => {
      ways.push({ proxy: init.proxy, serverName: (init.tls as { serverName?: string } | undefined)?.serverName });
      return new Headers(init.headers).has("authorization")
        ? Response.json({ data: [] })
        : new Response("", { status: 401 });
    }) as unknown as typeof globalThis.fetch;
    const request = {
      proxy: { mode: "explicit-proxy", url: "http://proxy.example:3128" },
      tls: { serverName: "inside.example" },
    };
    const config = { models: { providers: { mine: { baseUrl: "https://x.example/v1", apiKey: KEY, request } } } };
    const run = await auth(["status", "--check", "--json"], { config, fetch });
    expect(JSON.parse(run.stdout).auth.providers[0].check).toMatchObject({ result: "ok" });
    const way = { proxy: "http://proxy.example:3128", serverName: "inside.example" };
    expect(ways).toEqual([way, way]);
  });

  test("a header whose secret is missing is a refusal, and nothing is sent without it", async () => {
    const asked: string[] = [];
    const fetch = (async (url: string) => {
      asked.push(url);
      return Response.json({ data: [] });
    }) as unknown as typeof globalThis.fetch;
    const mine = { baseUrl: "https://x.example/v1", apiKey: KEY, headers: { "x-team-key": "$NOT_SET" } };
    const run = await auth(["status", "--check", "--json"], { config: { models: { providers: { mine } } }, fetch });
    const { result, message } = JSON.parse(run.stdout).auth.providers[0].check;
    expect([run.exitCode, result, message]).toEqual([3, "refused", expect.stringContaining("NOT_SET")]);
    expect(asked).toEqual([]);
  });

  test("OpenRouter, whose list is for everybody, is asked about the key", async () => {
    const asked: string[] = [];
    const fetch = (async (url: string, init: RequestInit) => {
      asked.push(new URL(url).pathname);
      return new Headers(init.headers).has("authorization")
        ? Response.json({ data: {} })
        : new Response("", { status: 401 });
    }) as unknown as typeof globalThis.fetch;
    const run = await auth(["status", "--check", "--json"], { env: { OPENROUTER_API_KEY: KEY }, fetch });
    expect(JSON.parse(run.stdout).auth.providers[0].check).toMatchObject({ result: "ok", status: 200 });
    expect(asked).toEqual(["/api/v1/key", "/api/v1/key"]);
  });
});
