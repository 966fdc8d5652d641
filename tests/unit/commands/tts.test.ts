import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { RECORDINGS } from "../../support/audio.ts";
import { runInProcess } from "../../support/context.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { type Asked, PictureServer } from "../../support/pictures.ts";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.file("work"));
  mkdirSync(folder.file("bin"));
});
afterEach(() => folder[Symbol.dispose]());

const MP3 = Buffer.from(RECORDINGS.mp3.bytes);
/** Whatever is asked for, where the test has it. */
function obliging({ body }: Asked): Response {
  const { response_format: form } = JSON.parse(body.toString());
  return new Response(
    Buffer.from(form === "wav" ? RECORDINGS.wav.bytes : form === "opus" ? RECORDINGS.opus.bytes : MP3),
  );
}
const failing = () => Response.json({ error: { message: "no" } }, { status: 500 });

interface World {
  answer?: (asked: Asked) => Response;
  config?: object;
  now?: () => number;
}

/** OpenAI, and a second one like it, on one server. */
async function tts(args: string[], { answer = obliging, config = {}, now = Date.now }: World = {}) {
  using server = new PictureServer(answer);
  const entry = { baseUrl: `${server.url}/v1`, apiKey: "sk-speech-unit-0123" };
  const models = { providers: { openai: entry, deepinfra: { ...entry, baseUrl: `${server.url}/v2` } } };
  writeFileSync(folder.file("config.json"), JSON.stringify({ models, ...config }));
  const cwd = folder.file("work");
  const own = { HOME: folder.file("home"), INFER_MEDIA_DIR: folder.file("media"), PATH: folder.file("bin") };
  const line = ["tts", ...args, "--config", folder.file("config.json")];
  const run = await runInProcess(line, { env: own, cwd, now, sleep: async () => {} });
  return { ...run, asked: server.asked, report: run.context.report, left: readdirSync(cwd).sort() };
}

const convert = (args: string[], world?: World) => tts(["convert", "--text", "Hello there", ...args], world);
const work = (name: string): string => folder.file(`work/${name}`);

describe("what comes of it", () => {
  test("a file, by a name of its own, and its path", async () => {
    const { stdout, left } = await convert([]);
    expect(stdout.trim()).toMatch(/media[/\\]hello-there-[0-9a-f]{8}\.mp3$/);
    expect(readFileSync(stdout.trim()).equals(MP3)).toBe(true);
    expect(left).toEqual([]);
  });

  test("--json: OpenClaw's members and more", async () => {
    const { stdout } = await convert(["--json", "--output", "o.opus", "--channel", "telegram"]);
    const { capability, provider, model, outputs } = JSON.parse(stdout);
    expect({ capability, provider, model }).toEqual({
      capability: "tts.convert",
      provider: "openai",
      model: "gpt-4o-mini-tts",
    });
    expect(outputs).toEqual([
      {
        path: work("o.opus"),
        mimeType: "audio/ogg",
        size: RECORDINGS.opus.bytes.length,
        sha256: new Bun.CryptoHasher("sha256").update(RECORDINGS.opus.bytes).digest("hex"),
        format: "opus",
        voiceCompatible: true,
        durationSeconds: 0.6,
      },
    ]);
  });

  test.each([
    ["o.wav", [], "wav", "o.wav"],
    ["o.ogg", [], "opus", "o.ogg"],
    ["o.mp3", [], "mp3", "o.mp3"],
    ["o", [], "mp3", "o.mp3"],
    ["o.wav", ["--format", "mp3"], "mp3", "o.mp3"],
    ["o.m4a", [], "mp3", "o.mp3"],
    ["folder.wav/", [], "mp3", "folder.wav"],
    ["there.wav", [], "mp3", "there.wav"],
  ])("--output %s %j asks for %s, and is %s", async (output, args, form, name) => {
    if (output === "there.wav") mkdirSync(work(output));
    const { asked, left, report } = await convert(["--output", output, ...args]);
    expect(asked.map(({ body }) => JSON.parse(body.toString()).response_format)).toEqual([form]);
    expect(left).toEqual([name]);
    expect(report.warnings).toHaveLength(output.startsWith(name) || output === "o" ? 0 : 1);
  });

  test("--output - is the bytes, and leaves nothing", async () => {
    const { context, left } = await convert(["--output", "-"]);
    expect(context.out()).toBe(MP3.toString());
    expect(left).toEqual([]);
    expect(existsSync(folder.file("media"))).toBe(false);
  });

  test("nothing, where it fails: an old file stays", async () => {
    writeFileSync(work("o.mp3"), "old");
    const cut = () => new Response(MP3.subarray(0, MP3.length - 200));
    for (const answer of [failing, cut]) {
      const { error, left, stdout } = await convert(["--output", "o.mp3"], { answer });
      expect({ type: error?.type, left, stdout }).toEqual({ type: "provider_error", left: ["o.mp3"], stdout: "" });
    }
    expect(readFileSync(work("o.mp3"), "utf8")).toBe("old");
  });

  test("a place that cannot be written is refused before anything is spent", async () => {
    writeFileSync(work("file"), "");
    const { error, asked } = await convert(["--output", "file/o.mp3"]);
    expect({ type: error?.type, asked }).toEqual({ type: "io", asked: [] });
  });
});

describe("who speaks", () => {
  const config = { tts: { provider: "openai" } };
  const first = ({ path }: Asked) => path.startsWith("/v1");
  const answer = (asked: Asked) => (first(asked) ? failing() : obliging(asked));

  test("the config's, and where it fails the next that is set up", async () => {
    const { report, error } = await convert(["--output", "o.mp3"], { config, answer });
    expect(error).toBeNull();
    expect(report.attempts.map(({ provider }) => provider)).toEqual(["openai", "deepinfra"]);
  });

  test("--voice is one provider's: nobody else is asked for it", async () => {
    const { report, error } = await convert(["--voice", "nova"], { config, answer });
    expect(error?.type).toBe("provider_error");
    expect(report.attempts.map(({ provider }) => provider)).toEqual(["openai"]);
  });

  test("--voice with a fallback that is named", async () => {
    const args = ["--voice", "nova", "--fallback", "deepinfra/hexgrad/Kokoro-82M"];
    const { report, asked } = await convert(args, { config, answer });
    expect(report.attempts.map(({ provider }) => provider)).toEqual(["openai", "deepinfra"]);
    expect(asked.map(({ body }) => JSON.parse(body.toString()).voice)).toEqual(["nova", "nova"]);
  });

  test("with nothing set up: the embedded voices", async () => {
    const none = { models: { providers: {} } };
    const { error, report } = await convert(["--output", "o.wav"], { config: none });
    expect(error).toBeNull();
    expect(report.outputs).toMatchObject([{ format: "wav", mimeType: "audio/wav", voiceCompatible: false }]);
    const unknown = await convert(["--voice", "nova"], { config: none });
    expect(unknown.error).toMatchObject({ type: "not_found" });
  });
});

test("a long text may take longer than the verb's own deadline, and not longer than --timeout-ms", async () => {
  const text = "Hello there. ".repeat(2500);
  const args = ["convert", "--provider", "deepinfra", "--text", text, "--output", "o.mp3"];
  const now = () => 1_800_000_000_000;
  const allowed = async (...more: string[]) => (await tts([...args, ...more], { now })).context.endsAt - now();
  // 20 ms a character.
  expect(await allowed()).toBe(650_000);
  expect(await allowed("--timeout-ms", "60000")).toBe(60_000);
});

describe.skipIf(process.platform === "win32")("--play", () => {
  const install = (script: string): void =>
    writeFileSync(folder.file("bin/ffplay"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  test("plays the file once it is there", async () => {
    install(`for last; do :; done; echo "$last" > "${folder.file("played")}"`);
    const { error } = await convert(["--play", "--output", "o.mp3"]);
    expect(error).toBeNull();
    expect(readFileSync(folder.file("played"), "utf8")).toBe(`${work("o.mp3")}\n`);
  });

  const formsOf = (asked: readonly Asked[]) => asked.map(({ body }) => JSON.parse(body.toString()).response_format);

  test("asks for what can be played here, where nothing else is named", async () => {
    writeFileSync(folder.file("bin/aplay"), "#!/bin/sh\n", { mode: 0o755 });
    for (const output of [[], ["--output", "o"]]) {
      const { error, asked } = await convert(["--play", ...output]);
      expect(error).toBeNull();
      expect(formsOf(asked)).toEqual(["wav"]);
    }
  });

  test.each<string[]>([
    ["--format", "opus"],
    ["--output", "o.mp3"],
  ])("refuses %s %s that cannot be played here, unsent", async (...named) => {
    writeFileSync(folder.file("bin/aplay"), "#!/bin/sh\n", { mode: 0o755 });
    const { error, asked } = await convert(["--play", ...named]);
    expect({ type: error?.type, asked }).toEqual({ type: "io", asked: [] });
    expect(error?.details.hint).toStartWith("Use --format wav. Install one");
  });

  test("a file that could not be played is kept, and told", async () => {
    install("echo 'no sound card' >&2; exit 1");
    const { error, left, report } = await convert(["--play", "--output", "o.mp3"]);
    expect(error?.type).toBe("io");
    expect(error?.message).toContain("no sound card");
    expect(left).toEqual(["o.mp3"]);
    expect(report.outputs).toMatchObject([{ path: work("o.mp3") }]);
  });

  test.each([
    [["--play"], "io"],
    [["--play", "--output", "-"], "usage"],
  ])("%j without a player or a file is refused before anything is spent", async (args, type) => {
    const { error, asked } = await convert(args);
    expect({ type: error?.type, asked }).toEqual({ type: type as "io", asked: [] });
  });
});

describe("the lists", () => {
  interface Listed {
    providers: { id: string; configured: boolean; selected: boolean; models: string[]; voices: string[] }[];
    active: string | null;
  }
  const json = async (args: string[], config: object = { models: { providers: {} } }) =>
    JSON.parse((await tts([...args, "--json"], { config })).stdout);

  test("providers: OpenClaw's members, and who is active", async () => {
    const { providers, active }: Listed = await json(["providers"], { tts: { provider: "deepinfra" } });
    expect(active).toBe("deepinfra");
    expect(providers.filter(({ selected }) => selected).map(({ id }) => id)).toEqual(["deepinfra"]);
    const configured = providers.filter((one) => one.configured).map(({ id }) => id);
    expect(configured).toEqual(["openai", "deepinfra", "local"]);
    const [openai] = providers;
    expect(Object.keys(openai ?? {})).toEqual([
      "available",
      "configured",
      "selected",
      "id",
      "name",
      "models",
      "voices",
    ]);
    expect(openai).toMatchObject({ id: "openai", name: "OpenAI", models: ["gpt-4o-mini-tts", "tts-1", "tts-1-hd"] });
    expect(openai?.voices).toHaveLength(14);
  });

  test("providers: one that is named and has no credential is active, and not set up", async () => {
    const { providers, active }: Listed = await json(["providers"], { models: {}, tts: { provider: "elevenlabs" } });
    expect(active).toBe("elevenlabs");
    expect(providers.filter((one) => one.configured).map(({ id }) => id)).toEqual(["local"]);
  });

  test("providers: all of OpenClaw's, with nothing set up", async () => {
    const { providers, active }: Listed = await json(["providers"]);
    const theirs =
      "azure-speech deepinfra elevenlabs google gradium inworld litellm microsoft minimax openai openrouter tts-local-cli volcengine vydra xai xiaomi";
    expect(providers.map(({ id }) => id).toSorted()).toEqual(
      [...theirs.split(" "), "deepgram", "local", "mistral"].toSorted(),
    );
    expect(active).toBe("local");
  });

  test("providers: a server whose models only its owner knows is not set up by its place in the config", async () => {
    const server = { baseUrl: "http://127.0.0.1:9", apiKey: "k" };
    const { providers, active }: Listed = await json(["providers"], { models: { providers: { litellm: server } } });
    expect([providers.filter((one) => one.configured).map(({ id }) => id), active]).toEqual([["local"], "local"]);
  });

  test("personas", async () => {
    expect(await json(["personas"])).toEqual({ active: null, personas: [] });
    const personas = {
      Host: { label: "H", providers: { openai: {} } },
      anna: { provider: "xai", fallbackPolicy: "fail" },
    };
    expect(await json(["personas"], { tts: { persona: "host", personas } })).toEqual({
      active: "host",
      personas: [
        { id: "anna", provider: "xai", fallbackPolicy: "fail", providers: [] },
        { id: "host", label: "H", fallbackPolicy: "preserve-persona", providers: ["openai"] },
      ],
    });
  });

  test("voices: of the one that is named, or that would speak", async () => {
    expect((await json(["voices", "--provider", "openai"]))[0]).toEqual({ id: "alloy", name: "alloy" });
    expect((await json(["voices"])).map(({ id }: { id: string }) => id)).toEqual(["slt", "rms", "awb"]);
    const { stdout } = await tts(["voices", "--provider", "local"]);
    expect(stdout.split("\n")[0]).toContain("en-US");
  });
});
